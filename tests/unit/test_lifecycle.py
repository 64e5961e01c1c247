"""The table of a consultation's life, checked whole: every state, event and role."""

from itertools import product

import pytest

from chalicelib.errors import Forbidden, IllegalTransition
from chalicelib.lifecycle import ALLOWED, FINAL, REPEATS, TRANSITIONS, WITH_CALL, Event, Role, State, step

EVERYTHING = list(product(State, Event, Role))


@pytest.mark.parametrize(("state", "event", "role"), EVERYTHING)
def test_every_state_event_and_role_has_one_answer(state: State, event: Event, role: Role) -> None:
    if role not in ALLOWED[event]:
        with pytest.raises(Forbidden):
            step(state, event, role)
    elif (state, event) in REPEATS:
        assert step(state, event, role) is state
    elif (state, event) in TRANSITIONS:
        assert step(state, event, role) is TRANSITIONS[state, event]
    else:
        with pytest.raises(IllegalTransition):
            step(state, event, role)


def test_each_event_has_somebody_who_may_do_it_and_somewhere_it_can_happen() -> None:
    assert set(ALLOWED) == set(Event)
    assert all(ALLOWED.values())
    assert {event for _, event in TRANSITIONS} == set(Event)


def test_nothing_both_changes_and_repeats_and_no_change_stays_where_it_is() -> None:
    assert not REPEATS & TRANSITIONS.keys()
    assert all(before is not after for (before, _), after in TRANSITIONS.items())


def test_a_repeat_repeats_what_may_just_have_happened() -> None:
    for state, event in REPEATS:
        reachable = {after for (_, e), after in TRANSITIONS.items() if e is event}
        onward = set(reachable)
        while more := {after for (before, _), after in TRANSITIONS.items() if before in onward} - onward:
            onward |= more
        assert state in onward, f"{event} cannot have happened before {state}"


def test_what_is_over_stays_over() -> None:
    assert not {before for before, _ in TRANSITIONS} & FINAL


def test_every_state_can_be_reached_and_every_other_than_a_final_one_left() -> None:
    reached = {State.BOOKED}
    while more := {after for (before, _), after in TRANSITIONS.items() if before in reached} - reached:
        reached |= more
    assert reached == set(State)
    assert {before for before, _ in TRANSITIONS} == set(State) - FINAL


def test_only_a_call_leads_into_a_call() -> None:
    into = {event for (before, event), after in TRANSITIONS.items() if after in WITH_CALL and before not in WITH_CALL}
    assert into == {Event.CALL}
