"""Another time, a colleague, cancelled, by phone: each once, told to whoever must know, and safe against races."""

from typing import Any

import pytest

from chalicelib import protocol as p
from chalicelib.carriers import NotSent
from chalicelib.errors import BadRequest, Forbidden, IllegalTransition, NotFound
from chalicelib.lifecycle import Role, State
from chalicelib.protocol import Delivery, GuestKind, Seat
from chalicelib.records import Consultation, Guest, News
from chalicelib.rest import Arrival, HandOver, Move, Rules, SendInvitation
from chalicelib.rights import system
from chalicelib.store import Replace
from tests.fakes.clinic import ORIGIN, SETTINGS, Clinic

DAY = 86_400
LATER = "2027-03-02T12:00:00Z"
LATER_EPOCH = 1_803_988_800
COLLEAGUE = "omar-haddad"


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def far(clinic: Clinic, **changes: Any) -> Consultation:
    """Booked for a day so far ahead that nothing has gone out."""
    return clinic.book(send=SendInvitation.BY_RULE, starts="2027-03-01T10:00:00Z", **changes)


def move(clinic: Clinic, consultation: Consultation, starts: str = LATER, minutes: int = 30) -> Consultation:
    return clinic.services.desk.move(clinic.by, consultation.id, Move(starts=starts, minutes=minutes))


def cancel(clinic: Clinic, consultation: Consultation) -> Consultation:
    return clinic.services.desk.cancel(clinic.by, consultation.id)


def hand_over(clinic: Clinic, consultation: Consultation, to: str = COLLEAGUE, by: str = "") -> None:
    clinic.services.desk.hand_over(clinic.as_(by or clinic.staff), consultation.id, HandOver(staff=to))


def phone(clinic: Clinic, consultation: Consultation) -> Consultation:
    return clinic.services.desk.phone(clinic.by, consultation.id)


def texts(clinic: Clinic) -> list[str]:
    return [text for _, text in clinic.carrier.texts]


def closing(consultation: Consultation) -> str:
    return f"close-{consultation.ends + SETTINGS.link_grace_seconds}"


def with_guest(clinic: Clinic, consultation: Consultation, *, told: bool) -> None:
    """With a guest as if invited before."""
    guest = Guest(id="g1", seat=Seat.GUEST_1, kind=GuestKind.INTERPRETER, name="Amal", phone="+4790000009", told=told)
    clinic.services.consultations.note(system(clinic.trust), consultation.id, "guest", lambda _: {"guests": (guest,)})


# ---------------------------------------------------------------- another time


def test_who_was_invited_is_told_the_new_time_and_both_links_open(clinic: Clinic) -> None:
    booked = clinic.book(email="kari@example.no")
    moved = move(clinic, booked)
    assert (moved.starts, moved.day, moved.state) == (LATER_EPOCH, "2027-03-02", State.INVITED)
    assert (moved.news, moved.sms, moved.mail) == (News.MOVED, Delivery.SENT, Delivery.SENT)
    assert "flyttet til tirsdag 2. mars 2027 kl. 13.00" in texts(clinic)[-1]
    for text in texts(clinic):
        secret = text.split(f"{ORIGIN}/i#")[1].split()[0]
        assert clinic.services.invites.enter(secret, "192.0.2.1").consultation == booked.id
    assert len(texts(clinic)) == len(clinic.carrier.mails) == 2


def test_who_knows_of_nothing_is_invited_by_the_rule_of_the_new_time(clinic: Clinic) -> None:
    moved = move(clinic, far(clinic))
    assert (moved.state, moved.sms, moved.news) == (State.BOOKED, Delivery.DUE, News.INVITED)
    assert moved.invite_at == clinic.scheduler.planned[moved.id, "invite-2"] == moved.starts - Rules().lead_days * DAY
    clinic.clock.time = clinic.scheduler.planned[moved.id, "invite-1"]
    clinic.deliver(moved, "invite-1")
    assert texts(clinic) == [], "what was planned for the old time does not go"
    clinic.clock.time = moved.invite_at
    clinic.deliver(moved, "invite-2")
    assert "Du har videotime" in texts(clinic)[0]
    assert clinic.now(moved).state is State.INVITED


def test_moving_again_to_the_same_time_tells_nobody_twice_and_plans_again(clinic: Clinic) -> None:
    booked = clinic.book()
    move(clinic, booked)
    version = clinic.now(booked).version
    clinic.scheduler.planned.clear()
    assert move(clinic, booked).version == version
    assert {reason for _, reason in clinic.scheduler.planned} == {
        closing(clinic.now(booked)),
        f"remind-{clinic.now(booked).starts}-2",
        f"missing-{clinic.now(booked).starts}-2",
    }
    assert len(texts(clinic)) == 2


def test_another_length_alone_is_no_news(clinic: Clinic) -> None:
    booked = clinic.book(starts=LATER)
    longer = move(clinic, booked, minutes=60)
    assert (longer.minutes, len(texts(clinic))) == (60, 1)
    assert (booked.id, closing(longer)) in clinic.scheduler.planned


def test_its_end_follows_and_the_old_end_closes_nothing(clinic: Clinic) -> None:
    booked = clinic.book()
    moved = move(clinic, booked)
    clinic.clock.time = clinic.scheduler.planned[booked.id, closing(booked)]
    clinic.deliver(booked, closing(booked))
    assert clinic.now(booked).state is State.INVITED
    clinic.clock.time = clinic.scheduler.planned[booked.id, closing(moved)]
    clinic.deliver(booked, closing(moved))
    assert clinic.now(booked).state is State.MISSED


def test_the_list_is_told_the_new_day_and_the_trail_who_did_it(clinic: Clinic) -> None:
    booked = far(clinic)
    clinic.clinician("C")
    move(clinic, booked)
    told = [m for m in clinic.push.to("C") if isinstance(m, p.Changed)]
    assert told[-1].day == "2027-03-02"
    entries = clinic.services.trail.entries(booked)
    assert [(e.what, e.who) for e in entries][-1] == ("rescheduled", clinic.staff)
    assert clinic.services.consultations.day(clinic.by, clinic.staff, "2027-03-01") == []


def test_one_who_was_missed_gets_another_time_and_may_come(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.clock.time = booked.ends + SETTINGS.link_grace_seconds
    clinic.deliver(booked, closing(booked))
    assert move(clinic, booked).state is State.MISSED
    assert "flyttet" in texts(clinic)[-1]
    clinic.patient("P", booked)
    assert clinic.say("P", p.CheckIn(devices=p.DeviceReport())) == "check_in"


def test_one_from_the_fixed_address_gets_a_link(clinic: Clinic) -> None:
    arrival = Arrival(clinician=clinic.staff, name="Nils", phone="90000001")
    arrived = clinic.services.bookings.arrive(clinic.trust, "medisinsk", arrival)
    assert move(clinic, arrived).sms is Delivery.SENT
    assert f"{ORIGIN}/i#" in texts(clinic)[0]


def test_nothing_moves_in_a_call_or_after(clinic: Clinic) -> None:
    called = clinic.calling()
    with pytest.raises(IllegalTransition):
        move(clinic, called)
    booked = clinic.book()
    cancel(clinic, booked)
    with pytest.raises(IllegalTransition):
        move(clinic, booked)


@pytest.mark.parametrize("starts", ["2020-01-01T10:00:00Z", "2099-01-01T10:00:00Z", "2027-02-31T10:00:00Z"])
def test_a_time_that_cannot_be(clinic: Clinic, starts: str) -> None:
    booked = clinic.book()
    with pytest.raises(BadRequest):
        move(clinic, booked, starts=starts)
    assert clinic.now(booked) == booked


def test_a_message_on_its_way_while_it_is_moved_is_followed_by_the_new_time(clinic: Clinic) -> None:
    """Between the decision to send and the sending: the patient may know of the old time, so the new one is told."""
    booked = far(clinic)
    assert booked.invite_at is not None
    clinic.clock.time = booked.invite_at
    send = clinic.carrier.send_sms

    def moved_meanwhile(number: str, text: str, **more: str) -> str:
        clinic.carrier.send_sms = send  # type: ignore[method-assign]
        move(clinic, booked)
        return send(number, text, **more)

    clinic.carrier.send_sms = moved_meanwhile  # type: ignore[method-assign]
    clinic.deliver(booked, "invite-1")
    assert sorted("flyttet" in text for text in texts(clinic)) == [False, True]
    assert (clinic.now(booked).sms, clinic.now(booked).news) == (Delivery.SENT, News.MOVED)


def test_a_message_claimed_but_not_begun_when_it_is_moved_does_not_tell_the_old_time(clinic: Clinic) -> None:
    booked = far(clinic)
    assert booked.invite_at is not None
    clinic.clock.time = booked.invite_at
    write = clinic.store.write

    def moved_first(writes: Any) -> None:
        if any(isinstance(w, Replace) for w in writes):
            clinic.store.write = write
            move(clinic, booked)
        write(writes)

    clinic.store.write = moved_first
    clinic.deliver(booked, "invite-1")
    assert texts(clinic) == []
    assert (clinic.now(booked).sms, clinic.now(booked).invitation) == (Delivery.DUE, 2)


def test_two_times_at_once_are_told_in_the_end_as_the_one_that_holds(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.store.before_write = lambda: move(clinic, booked, starts="2027-03-05T12:00:00Z")
    move(clinic, booked)
    assert clinic.now(booked).starts == LATER_EPOCH
    assert ["5. mars" in text for text in texts(clinic)[1:]] == [True, False]


# ---------------------------------------------------------------- cancelled


def test_who_was_invited_is_told_that_it_is_cancelled_once_and_without_a_link(clinic: Clinic) -> None:
    booked = clinic.book(email="kari@example.no")
    for _ in range(2):
        cancelled = cancel(clinic, booked)
    assert (cancelled.state, cancelled.sms, cancelled.mail) == (State.CANCELLED, Delivery.SENT, Delivery.SENT)
    assert len(texts(clinic)) == len(clinic.carrier.mails) == 2
    assert "avlyst" in texts(clinic)[-1]
    assert "/i#" not in texts(clinic)[-1] + clinic.carrier.mails[-1].as_string()


def test_who_knows_of_nothing_is_told_nothing(clinic: Clinic) -> None:
    clinic.carrier.fail = NotSent("InvalidParameter", retry=False)
    unreached = clinic.book()
    clinic.carrier.fail = None
    for nobody_told in (far(clinic), unreached):
        assert cancel(clinic, nobody_told).news is News.INVITED
        clinic.clock.time += DAY
        clinic.deliver(nobody_told, "invite-1")
    assert texts(clinic) == []


def test_that_it_is_cancelled_goes_out_late_when_it_could_not_at_once(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.carrier.fail = NotSent("Throttling", retry=True)
    assert cancel(clinic, booked).sms is Delivery.FAILED
    clinic.carrier.fail = None
    clinic.clock.time = clinic.scheduler.planned[booked.id, "invite-2"]
    for reason in ("invite-1", "invite-2", "invite-2"):
        clinic.deliver(booked, reason)
    assert ["avlyst" in text for text in texts(clinic)] == [False, True]


def test_an_invitation_on_its_way_while_it_is_cancelled_is_followed_by_the_news(clinic: Clinic) -> None:
    booked = far(clinic)
    assert booked.invite_at is not None
    clinic.clock.time = booked.invite_at
    send = clinic.carrier.send_sms

    def cancelled_meanwhile(number: str, text: str, **more: str) -> str:
        clinic.carrier.send_sms = send  # type: ignore[method-assign]
        done = send(number, text, **more)
        cancel(clinic, booked)
        return done

    clinic.carrier.send_sms = cancelled_meanwhile  # type: ignore[method-assign]
    clinic.deliver(booked, "invite-1")
    assert ["avlyst" in text for text in texts(clinic)] == [False, True]
    assert clinic.now(booked).state is State.CANCELLED


@pytest.mark.parametrize("told", [True, False])
def test_guests_who_were_told_learn_it_too(clinic: Clinic, told: bool) -> None:
    booked = far(clinic)
    with_guest(clinic, booked, told=told)
    move(clinic, booked)
    cancel(clinic, booked)
    assert [("flyttet" in text, "avlyst" in text) for text in texts(clinic)] == (
        [(True, False), (False, True)] if told else []
    )


# ---------------------------------------------------------------- handed over


def test_a_colleague_gets_it_and_everybody_learns(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    clinic.clinician("O", staff=COLLEAGUE)
    hand_over(clinic, waiting)
    after = clinic.now(waiting)
    assert (after.staff, after.state) == (COLLEAGUE, State.CHECKED_IN)
    assert clinic.push.to("C")[-1] == p.HandedOver(consultation=waiting.id, version=after.version)
    got = clinic.push.to("O")[-1]
    assert isinstance(got, p.Changed)
    assert got.consultation.consultation == waiting.id
    seen = [m.visit.clinician_name for m in clinic.push.to("P") if isinstance(m, p.Visit)]
    assert (seen[0], seen[-1]) == ("Ingrid Berg", "Omar Haddad")
    assert clinic.say("C", p.Call(consultation=waiting.id)) == "not_found"
    assert clinic.say("O", p.Call(consultation=waiting.id)) == "call"


def test_handing_over_twice_is_once_and_the_old_page_is_told_again(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    for _ in range(2):
        hand_over(clinic, waiting)
    after = clinic.now(waiting)
    told = [m for m in clinic.push.to("C") if isinstance(m, p.HandedOver)]
    assert told == [p.HandedOver(consultation=waiting.id, version=after.version)] * 2
    entries = clinic.services.trail.entries(waiting)
    assert [e.what for e in entries].count("handed_over") == 1


def test_to_whom_it_cannot_be_handed_and_by_whom(clinic: Clinic) -> None:
    booked = clinic.book()
    for to, error in (("sunniva-lie", Forbidden), ("nobody", NotFound)):
        with pytest.raises(error):
            hand_over(clinic, booked, to)
    with pytest.raises(NotFound):
        hand_over(clinic, booked, clinic.staff, by=COLLEAGUE)
    with pytest.raises(NotFound):
        hand_over(clinic, booked, COLLEAGUE, by=COLLEAGUE)
    hand_over(clinic, booked, clinic.staff)
    assert clinic.now(booked) == booked


def test_not_during_a_call_and_a_call_at_once_is_hers_or_the_colleagues(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    clinic.store.before_write = lambda: clinic.say("C", p.Call(consultation=waiting.id))
    with pytest.raises(IllegalTransition):
        hand_over(clinic, waiting)
    assert clinic.now(waiting).staff == clinic.staff


def test_who_calls_while_it_is_handed_over_calls_nobody(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    place = clinic.services.placing._place

    def handed_over_first(*given):
        hand_over(clinic, waiting)
        return place(*given)

    clinic.services.placing._place = handed_over_first  # type: ignore[method-assign]
    assert clinic.say("C", p.Call(consultation=waiting.id)) == "not_found"
    assert clinic.now(waiting).state is State.CHECKED_IN
    assert [w.rooms for w in clinic.workers()] == [frozenset()]


def test_the_page_of_who_called_before_is_not_told_of_a_newer_page(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("C", p.WithdrawCall(consultation=called.id, call=1))
    hand_over(clinic, called)
    clinic.clinician("O", staff=COLLEAGUE)
    assert clinic.say("O", p.Call(consultation=called.id)) == "call"
    assert not any(isinstance(m, p.SeatTaken) for m in clinic.push.to("C"))


def test_colleagues_are_those_who_share_a_department(clinic: Clinic) -> None:
    me = clinic.services.register.me(clinic.by, (Role.CLINICIAN,))
    assert COLLEAGUE in {c.id for c in me.colleagues}
    assert not {clinic.staff, "sunniva-lie"} & {c.id for c in me.colleagues}
    mine = {d.id for d in me.departments}
    assert all(set(c.departments) <= mine for c in me.colleagues)


# ---------------------------------------------------------------- by phone


def test_a_call_that_goes_on_ends_for_all_and_its_place_is_free(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    ended = phone(clinic, called)
    assert (ended.state, ended.by_phone) == (State.ENDED, True)
    over = p.CallEnded(consultation=called.id, call=1, reason=p.EndReason.PHONE)
    assert over in clinic.push.to("P")
    assert over in clinic.push.to("C")
    assert p.CloseRoom(room=f"elvenes.{called.id}.1") in clinic.push.to("W")
    assert [w.rooms for w in clinic.workers()] == [frozenset()]
    assert phone(clinic, called).version == ended.version


def test_before_any_call_it_just_ends(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    phone(clinic, waiting)
    last = clinic.push.to("P")[-1]
    assert isinstance(last, p.Visit)
    assert (last.visit.state, last.visit.by_phone) == (State.ENDED, True)
    assert not any(isinstance(m, p.CallEnded) for m in clinic.push.to("P"))


def test_what_ended_by_video_stays_so_and_what_was_cancelled_is_not_phoned(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    clinic.say("C", p.HangUp(consultation=called.id, call=1))
    assert not phone(clinic, called).by_phone
    booked = clinic.book()
    cancel(clinic, booked)
    with pytest.raises(IllegalTransition):
        phone(clinic, booked)


def test_who_phones_while_it_rings_is_not_overruled_by_the_call(clinic: Clinic) -> None:
    """The call is placed while she presses "phone instead": whoever asked people in tells them how it ended."""
    waiting = clinic.waiting()
    send = clinic.push.send

    def phones_while_it_is_told(connection: str, message: p.Message) -> bool:
        if isinstance(message, p.Ringing):
            clinic.push.send = send  # type: ignore[method-assign]
            phone(clinic, waiting)
        return send(connection, message)

    clinic.push.send = phones_while_it_is_told  # type: ignore[method-assign]
    clinic.say("C", p.Call(consultation=waiting.id))
    over = [m for m in clinic.push.to("P") if isinstance(m, p.CallEnded)]
    assert {m.reason for m in over} == {p.EndReason.PHONE}
    assert clinic.now(waiting).state is State.ENDED
