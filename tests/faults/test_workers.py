"""The call goes on when its worker dies, is cut off, or ends because it was asked to."""

from tests.faults import faults
from tests.faults.talk import Talk


def test_without_a_fault_nothing_is_lost(talk: Talk) -> None:
    outcome = faults.nothing(talk)
    assert outcome.stayed
    talk.expect_going_on()


def test_a_worker_that_dies(talk: Talk) -> None:
    number = talk.row()["call"]
    outcome = faults.worker_killed(talk)
    assert not outcome.stayed
    talk.expect_going_on()
    assert talk.row()["call"] > number


def test_a_worker_that_drains(talk: Talk) -> None:
    outcome = faults.worker_drained(talk)
    assert not outcome.stayed
    talk.expect_going_on()


def test_a_worker_that_is_cut_off_and_comes_back(talk: Talk) -> None:
    outcome = faults.worker_cut_off(talk)
    assert not outcome.stayed
    talk.expect_going_on()
