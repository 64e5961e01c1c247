"""A call over TURN outlives its TURN server."""

from tests.faults import faults
from tests.faults.talk import Stage


def test_the_relay_is_restarted_in_mid_call(stage: Stage) -> None:
    talk = stage.talk(stage.service.phones[0], relay=True)
    assert talk.relayed
    outcome = faults.turn_restarted(talk)
    assert outcome.after[0].relayed
    talk.expect_going_on()
