"""Picture and sound need no function: they go on while functions are slow, fail or are away, and so does the call."""

import pytest

from tests.faults import faults
from tests.faults.talk import Stage, Talk


@pytest.mark.parametrize(
    "fault", [faults.functions_slow, faults.functions_failing, faults.functions_restarted], ids=lambda f: f.__name__
)
def test_a_call_without_functions(talk: Talk, fault: faults.Fault) -> None:
    outcome = fault(talk)
    assert outcome.stayed
    talk.expect_going_on()


def test_what_is_said_while_functions_are_away_is_heard_afterwards(talk: Talk) -> None:
    with talk.service.frozen("aws"):
        talk.patient.page.get_by_role("button", name="Avslutt samtale").click()
        talk.patient.page.get_by_role("alertdialog").get_by_role("button", name="Avslutt samtale").click()
    talk.patient.expect_step("feedback")
    talk.clinician.expect_state(talk.consultation, "ended")


def test_a_page_that_came_back_while_functions_failed_has_its_seat_afterwards(stage: Stage) -> None:
    stage.close()
    talk = stage.talk(stage.service.phones[0])
    faults.functions_failing(talk)
    talk.clinician.hang_up()
    talk.patient.expect_step("feedback")
