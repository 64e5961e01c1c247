"""What takes minutes, side by side: a network that is away for 84 seconds, and a laptop that sleeps for two minutes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.service import Service, now, service
from tests.faults.talk import Stage
from tests.nets.wires import possible

OUTAGE_SECONDS = 84
SLEEP_SECONDS = 120


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Service]:
    if not possible():
        pytest.skip("networks take root and /dev/net/tun")
    with service(folder, phones=("outage", "sleeper")) as started:
        yield started


def test_a_long_outage_and_a_long_sleep(stage: Stage) -> None:
    away, sleeper = stage.service.phones
    talks = [stage.talk(away, "Ingrid Berg"), stage.talk(sleeper, "Omar Haddad")]
    with sleeper.asleep():
        away.wifi.cut()
        talks[0].pass_time(OUTAGE_SECONDS)
        away.mend()
        talks[0].until_calm(now())
        talks[0].pass_time(SLEEP_SECONDS - OUTAGE_SECONDS)
    talks[1].until_calm(now())
    for talk in talks:
        talk.expect_going_on()
