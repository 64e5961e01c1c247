"""Plans that change on both stores, and many who change the same one at once on DynamoDB Local."""

import pytest

from chalicelib import protocol as p
from chalicelib.consultations import instant
from chalicelib.lifecycle import State
from chalicelib.protocol import Delivery
from chalicelib.records import News
from chalicelib.rest import HandOver, Move, SendInvitation
from chalicelib.store import DynamoStore, Store
from tests.contract.test_at_once import AT_ONCE, together, trail
from tests.fakes.clinic import Clinic

LATER = Move(starts="2027-03-02T12:00:00Z", minutes=30)
COLLEAGUE = HandOver(staff="omar-haddad")


@pytest.fixture
def clinic(dynamo_store: DynamoStore, clock) -> Clinic:
    return Clinic(store=dynamo_store, clock=clock)


def day(clinic: Clinic, staff: str, of: str) -> list[str]:
    return [c.id for c in clinic.services.consultations.day(clinic.as_(staff), staff, of)]


def test_another_day_another_clinician_and_cancelled_on_both_stores(store: Store, clock) -> None:
    clinic = Clinic(store=store, clock=clock)
    booked, desk = clinic.book(), clinic.services.desk
    moved = desk.move(clinic.by, booked.id, LATER)
    assert (moved.news, moved.sms) == (News.MOVED, Delivery.SENT)
    assert (day(clinic, clinic.staff, booked.day), day(clinic, clinic.staff, moved.day)) == ([], [booked.id])
    desk.hand_over(clinic.by, booked.id, COLLEAGUE)
    assert (day(clinic, clinic.staff, moved.day), day(clinic, COLLEAGUE.staff, moved.day)) == ([], [booked.id])
    assert desk.cancel(clinic.as_(COLLEAGUE.staff), booked.id).news is News.CANCELLED
    assert len(clinic.carrier.texts) == 3
    found = clinic.services.references.look_up(clinic.by, booked.reference.lower())
    assert (found.state, found.clinician) == (State.CANCELLED, "Omar Haddad")


def test_a_delay_on_both_stores(store: Store, clock) -> None:
    clinic = Clinic(store=store, clock=clock)
    clinic.clinician("C")
    for minutes in (20, 0, 10):
        assert clinic.say("C", p.Delay(minutes=minutes)) == "delay"
        assert clinic.services.queues.delay(clinic.trust, clinic.staff, "2027-01-15") == minutes
    clock.time += 4 * 86400
    assert clinic.services.queues.delay(clinic.trust, clinic.staff, "2027-01-15") == 0


def test_moved_many_times_at_once_to_the_same_time_is_told_once(clinic: Clinic) -> None:
    booked = clinic.book()
    together(*[lambda: clinic.services.desk.move(clinic.by, booked.id, LATER)] * AT_ONCE)
    assert trail(clinic, booked.id).count("rescheduled") == 1
    assert ["flyttet" in text for _, text in clinic.carrier.texts] == [False, True]


def test_moved_while_the_invitation_goes_out_never_leaves_the_old_time_as_the_last_word(clinic: Clinic) -> None:
    booked = clinic.book(send=SendInvitation.BY_RULE, starts="2027-03-01T10:00:00Z")
    assert booked.invite_at is not None
    clinic.clock.time = booked.invite_at
    together(
        lambda: clinic.deliver(booked, "invite-1"),
        lambda: clinic.services.desk.move(clinic.by, booked.id, LATER),
    )
    old = [text for _, text in clinic.carrier.texts if "1. mars" in text]
    new = [text for _, text in clinic.carrier.texts if "2. mars" in text]
    present = clinic.now(booked)
    if old:
        assert ["flyttet" in text for text in new] == [True]
    else:  # nobody knew of anything: invited to the new time by the rule
        assert (new, present.news, present.sms) == ([], News.INVITED, Delivery.DUE)
    assert present.starts == 1_803_988_800


def test_handed_over_while_she_calls_is_one_or_the_other(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    called, handed = together(
        lambda: clinic.say("C", p.Call(consultation=waiting.id)),
        lambda: clinic.services.desk.hand_over(clinic.by, waiting.id, COLLEAGUE),
    )
    present = clinic.now(waiting)
    if present.state is State.CALLING:
        assert (present.staff, called, handed) == (clinic.staff, "call", "illegal_transition")
    else:
        assert (present.staff, called, handed) == (COLLEAGUE.staff, "not_found", None)
        assert not clinic.workers()[0].rooms


def test_phoned_and_hung_up_at_once_is_over_and_the_place_free(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    together(
        lambda: clinic.services.desk.phone(clinic.by, called.id),
        lambda: clinic.say("P", p.HangUp(consultation=called.id, call=1)),
    )
    assert clinic.now(called).state is State.ENDED
    assert not clinic.workers()[0].rooms


def test_many_who_come_at_once_end_with_their_true_places(clinic: Clinic) -> None:
    booked = [clinic.book(starts=instant(clinic.clock.time + 600 * (n + 1))) for n in range(AT_ONCE)]
    for n, consultation in enumerate(booked):
        clinic.patient(f"P{n}", consultation)
    ready = p.CheckIn(devices=p.DeviceReport())
    together(*[lambda n=n: clinic.say(f"P{n}", ready) for n in range(AT_ONCE)])
    last = [[m.visit.place for m in clinic.push.to(f"P{n}") if isinstance(m, p.Visit)][-1] for n in range(AT_ONCE)]
    assert last == list(range(1, AT_ONCE + 1))


def test_delays_said_at_once_end_as_one_everywhere(clinic: Clinic) -> None:
    pages = [f"page-{n}" for n in range(AT_ONCE)]
    for page in pages:
        clinic.clinician(page)
    together(*[lambda n=n, page=page: clinic.say(page, p.Delay(minutes=n + 1)) for n, page in enumerate(pages)])
    kept = clinic.services.queues.delay(clinic.trust, clinic.staff, "2027-01-15")
    assert {clinic.push.to(page)[-1] for page in pages} == {
        p.Delayed(day="2027-01-15", clinician=clinic.staff, minutes=kept)
    }
