"""A run as log lines that CloudWatch makes metrics of (embedded metric format). Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from probe.outcome import Outcome

NAMESPACE: Final = "Venterom"
SYSTEM: Final = "System"
"""Dimension: which deployment, as of the functions' metrics."""
OK: Final = "ProbeOk"
JOIN: Final = "ProbeJoinMs"
FIRST_PICTURE: Final = "ProbeFirstPictureMs"
ROUND_TRIP: Final = "ProbeRoundTripMs"


def lines(found: Outcome, system: str) -> Iterator[str]:
    """One for the run, which also says what was wrong, and one for each way through TURN that was measured."""
    values = {OK: int(found.ok)} | ({JOIN: found.join_ms} if found.join_ms else {})
    said = {"cause": found.cause, "parts": found.parts}
    yield _line(found, {SYSTEM: system}, values, said)
    for path, first in found.first_picture_ms.items():
        measured = {FIRST_PICTURE: first}
        if path in found.round_trip_ms:
            measured[ROUND_TRIP] = found.round_trip_ms[path]
        yield _line(found, {SYSTEM: system, "Path": path}, measured, {})


def _line(found: Outcome, dimensions: dict[str, str], values: dict[str, int], said: dict[str, Any]) -> str:
    units = [{"Name": name, "Unit": "Count" if name == OK else "Milliseconds"} for name in values]
    metrics = [{"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": units}]
    head = {"_aws": {"Timestamp": found.at * 1000, "CloudWatchMetrics": metrics}}
    return json.dumps(head | dimensions | values | said, separators=(",", ":"))
