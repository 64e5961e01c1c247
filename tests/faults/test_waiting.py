"""Who waits keeps their place, and is rung for, though their socket is lost or too old."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.front import Limits
from tests.faults.service import Service, now, service
from tests.faults.talk import Stage, Talk

SOCKET_SECONDS = 20
LIMIT = 30


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Service]:
    """Sockets of browsers and workers live for half a minute here, instead of two hours."""
    settings = {"socket_seconds": str(SOCKET_SECONDS), "ping_seconds": "5"}
    with service(folder, settings=settings, limits=Limits(socket_seconds=LIMIT)) as started:
        yield started


def test_a_socket_lost_while_waiting(stage: Stage) -> None:
    clinician = stage.arrive()
    patient, consultation = stage.wait(stage.service.phones[0], clinician)
    assert stage.service.close_sockets(role="patient") >= 1
    clinician.call(consultation)
    patient.accept()
    talk = Talk(stage.service, stage.service.phones[0], clinician, patient, consultation)
    talk.until_calm()
    clinician.hang_up()
    patient.expect_step("feedback")
    stage.close()


def test_sockets_that_reach_their_age(stage: Stage) -> None:
    """The next one is open before the last one ends: of the patient, the clinician and both workers."""
    talk = stage.talk(stage.service.phones[0])
    before, begun = talk.counts(), now()
    for watch in talk.watches:
        watch.until_sockets(3)
    for watch in talk.watches:
        lives = watch.sockets()
        ended = [life.closed for life in lives if life.closed is not None]
        assert len(ended) >= 2
        for closed in ended:
            others = [life for life in lives if life.closed != closed]
            assert any(o.opened <= closed and (o.closed is None or o.closed > closed) for o in others), lives
    talk.until_calm(begun)
    after = talk.counts()
    assert [c.connections for c in before] == [c.connections for c in after]
    assert [c.lost for c in before] == [c.lost for c in after]
    for name in stage.service.workers:
        assert "socket_lost" not in stage.service.system.child(name).log.read_text()
    talk.expect_going_on()
