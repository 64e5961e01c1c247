"""What a change of a consultation counts as, in the metrics."""

from typing import Final

from chalicelib.lifecycle import State
from chalicelib.metrics import Metric
from chalicelib.protocol import Verdict
from chalicelib.records import Consultation

PASSED: Final = frozenset({Verdict.GOOD, Verdict.IMPROVABLE})
"""After these a network test has said that video will work."""


def passed(consultation: Consultation) -> bool:
    """Whether the patient's network test said that video will work."""
    return consultation.network is not None and consultation.network.verdict in PASSED


def counted(before: Consultation, after: Consultation) -> dict[Metric, float]:
    """What to count of a change, if anything."""
    figures: dict[Metric, float] = {}
    if before.state is State.CALLING and after.state is State.IN_CALL:
        figures[Metric.CONSULTATIONS_BEGUN] = 1
        if passed(after):
            figures[Metric.JOINS_TRIED] = 1
    if before.state is State.IN_CALL and after.state is State.ENDED:
        figures[Metric.CONSULTATIONS_ENDED] = 1
    return figures
