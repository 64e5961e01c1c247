"""Picture and sound know nothing of it when the signalling sockets end."""

import pytest

from tests.faults import faults
from tests.faults.talk import Talk


@pytest.mark.parametrize("fault", [faults.sockets_closed, faults.sockets_reset])
def test_a_call_without_its_sockets(talk: Talk, fault) -> None:
    outcome = fault(talk)
    assert outcome.stayed
    for before, after in zip(outcome.before, outcome.after, strict=True):
        assert after.lost == before.lost
    talk.expect_going_on()
