"""What takes minutes, side by side: a network that is away for 84 seconds, and a laptop that sleeps for two minutes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.service import Service, now, service
from tests.faults.talk import Stage

OUTAGE_SECONDS = 84
SLEEP_SECONDS = 120


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Service]:
    with service(folder, phones=("outage", "sleeper")) as started:
        yield started


def test_a_long_outage_and_a_long_sleep(stage: Stage) -> None:
    """The second call begins while the first one's patient sleeps: two at a time are much for two cores."""
    away, sleeper = stage.service.phones
    asleep = stage.talk(sleeper, "Omar Haddad", department="Medisinsk poliklinikk")
    with sleeper.asleep():
        begun = now()
        cut_off = stage.talk(away)
        away.wifi.cut()
        cut_off.pass_time(OUTAGE_SECONDS)
        away.mend()
        cut_off.until_calm(now())
        cut_off.expect_going_on()
        cut_off.clinician.hang_up()
        cut_off.patient.expect_step("feedback")
        cut_off.pass_time(max(0.0, SLEEP_SECONDS - (now() - begun) / 1000))
    asleep.until_calm(now())
    asleep.expect_going_on()
