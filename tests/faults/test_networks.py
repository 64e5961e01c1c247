"""The call goes on, or comes back by itself, when the patient's network or device fails."""

import pytest

from tests.faults import faults
from tests.faults.talk import Talk


def test_a_bad_network_ends_no_call(talk: Talk) -> None:
    assert not talk.relayed, "over TCP nothing is lost"
    outcome = faults.bad_network(talk)
    assert outcome.after[0].lost > outcome.before[0].lost, "the wire lost nothing"
    talk.expect_going_on()


@pytest.mark.parametrize("seconds", [5, 25])
def test_an_outage(talk: Talk, seconds: float) -> None:
    faults.outage(seconds)(talk)
    talk.expect_going_on()


def test_from_one_network_to_another_and_back(talk: Talk) -> None:
    faults.roaming(talk)
    talk.expect_going_on()


def test_udp_is_blocked_in_mid_call(talk: Talk) -> None:
    outcome = faults.udp_blocked(talk)
    assert outcome.after[0].relayed  # over TCP; it may have been relayed over UDP before, after the other network
    talk.expect_going_on()


def test_a_phone_call_interrupts(talk: Talk) -> None:
    faults.interrupted(talk)
    talk.expect_going_on()


def test_a_phone_call_interrupts_after_a_bad_network(talk: Talk) -> None:
    """While there are no pictures the browser looks for more room with packets of nothing, beside the sound."""
    faults.bad_network(talk)
    faults.interrupted(talk)
    talk.expect_going_on()
