"""A trust's bad day: no call begins, none that goes on is disturbed, everybody is told once, and all goes on after."""

from typing import Any

import pytest
from msgspec.structs import replace

import app as doors
from chalicelib import protocol as p
from chalicelib import rest
from chalicelib.announcements import PART, REASON
from chalicelib.carriers import NotSent
from chalicelib.consultations import instant
from chalicelib.errors import BadRequest, Conflict, Overtaken, Suspended
from chalicelib.lifecycle import Event, Role, State
from chalicelib.outcomes import Outcome
from chalicelib.protocol import Delivery, LoginLevel, MessageKind, Seat
from chalicelib.records import Consultation
from chalicelib.rest import Arrival, FailureCause, Move, PhoneList, Rules, SendInvitation, Suspension, TrustRules
from chalicelib.rights import Actor, system
from chalicelib.store import Put
from tests.fakes.browser import Browser, open_doors
from tests.fakes.clinic import Clinic

WORDS = "Nettet er nede på sykehuset. Vi ringer deg."
DAY = 86_400
HOUR = 3600


class Died(BaseException):
    """The function was cut off here."""


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def administrator(clinic: Clinic) -> Actor:
    return clinic.as_("turid-moe", Role.ADMINISTRATOR)


def switch(clinic: Clinic, *, on: bool, words: str = WORDS, tell: bool = False) -> Suspension:
    present = clinic.services.suspensions.of(clinic.trust)
    new = Suspension(version=present.version, on=on, words=words, tell=tell)
    return clinic.services.announcements.change(administrator(clinic), new)


def deliver(clinic: Clinic, consultation: str, reason: str) -> None:
    """As ``app.deliver`` does."""
    if reason.startswith(REASON):
        clinic.services.announcements.run(clinic.trust, reason)
    else:
        clinic.services.invites.deliver(clinic.trust, consultation, reason)


def run(clinic: Clinic, seconds: int) -> None:
    """What the scheduler does in the next ``seconds``, in its order; and what that asks it for."""
    until = int(clinic.clock.time) + seconds
    while due := sorted((at, *key) for key, at in clinic.scheduler.planned.items() if at <= until):
        at, consultation, reason = due[0]
        clinic.clock.time = max(clinic.clock.time, at)
        del clinic.scheduler.planned[consultation, reason]
        deliver(clinic, consultation, reason)
    clinic.clock.time = until


def told(clinic: Clinic, number: str = "+4790000000") -> list[str]:
    """The SMS about a suspension that a number got."""
    return [text for to, text in clinic.carrier.texts if to == number and "ikke på video" in text]


def phone_list(clinic: Clinic, *actors: Actor, day: str | None = None) -> PhoneList:
    return clinic.services.phone_lists.read(actors or (clinic.by,), rest.WhichPhoneList(day=day))


def trail(clinic: Clinic) -> list[str]:
    return [entry.what for entry in clinic.services.trail.happened(clinic.trust, "")]


def words_seen(clinic: Clinic, connection: str) -> str:
    """What a visitor's page was told last."""
    views = [m.visit for m in clinic.push.to(connection) if isinstance(m, p.Visit)]
    return views[-1].suspended


# ---------------------------------------------------------------- no call begins


def test_no_call_begins_and_nothing_is_changed_by_trying(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    switch(clinic, on=True)
    before, seat = clinic.now(waiting), clinic.services.sockets.seat(clinic.trust, waiting.id, Seat.CLINICIAN)
    assert clinic.say("C", p.Call(consultation=waiting.id)) == "suspended"
    refused = clinic.push.to("C")[-1]
    assert isinstance(refused, p.Error)
    assert (refused.code, refused.about) == ("suspended", "call")
    assert clinic.now(waiting) == before
    assert clinic.services.sockets.seat(clinic.trust, waiting.id, Seat.CLINICIAN) == seat
    assert [w.rooms for w in clinic.workers()] == [frozenset()]


def test_a_call_that_goes_on_is_left_in_peace_when_both_come_back_and_when_it_moves(clinic: Clinic) -> None:
    talking = clinic.talking()
    switch(clinic, on=True, tell=True)
    run(clinic, 300)
    assert clinic.now(talking) == talking
    assert told(clinic) == []
    clinic.clinician("C2")
    clinic.patient("P2", talking)
    assert clinic.say("C2", p.Call(consultation=talking.id)) == "call"
    assert clinic.say("P2", p.Media(consultation=talking.id, call=1, camera=True, microphone=True)) == "media"
    clinic.worker("W2", "w2", capacity=2)
    assert clinic.say("W", p.RoomRefused(f"elvenes.{talking.id}.1")) == "room_refused"
    assert (clinic.now(talking).state, clinic.now(talking).call) == (State.IN_CALL, 2)


def test_a_patient_who_is_being_called_may_still_accept(clinic: Clinic) -> None:
    called = clinic.calling()
    switch(clinic, on=True)
    assert clinic.say("P", p.Accept(consultation=called.id, call=1)) == "accept"
    assert clinic.now(called).state is State.IN_CALL


def test_calling_in_the_moment_of_suspending_is_a_whole_call_or_none(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    clinic.store.before_write = lambda: switch(clinic, on=True)
    assert clinic.say("C", p.Call(consultation=waiting.id)) == "call"
    assert clinic.say("P", p.Accept(consultation=waiting.id, call=1)) == "accept"
    assert clinic.say("C", p.HangUp(consultation=waiting.id, call=1)) == "hang_up"
    assert clinic.now(waiting).state is State.ENDED


def test_nobody_arrives_at_a_department(clinic: Clinic) -> None:
    switch(clinic, on=True)
    arrival = Arrival(clinician=clinic.staff, name="Kari Testesen", phone="90000000")
    with pytest.raises(Suspended):
        clinic.services.bookings.arrive(clinic.trust, "medisinsk", arrival)
    switch(clinic, on=False)
    assert clinic.services.bookings.arrive(clinic.trust, "medisinsk", arrival).drop_in


def test_booking_for_another_day_goes_on_as_ever(clinic: Clinic) -> None:
    switch(clinic, on=True, tell=True)
    clinic.book(starts=instant(clinic.clock.time + 2 * DAY))
    run(clinic, 300)
    assert len(clinic.carrier.texts) == 1
    assert "Du har videotime" in clinic.carrier.texts[0][1]


# ---------------------------------------------------------------- pages


def test_open_pages_learn_of_it_at_once_and_of_its_end(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    guest = clinic.invite(waiting)
    clinic.guest("G", waiting, guest)
    clinic.secretary("S")
    clinic.say("S", p.Watch(day=waiting.day, clinician=clinic.staff))
    switch(clinic, on=True)
    for connection in ("C", "S"):
        assert clinic.push.to(connection)[-1] == p.Suspended(words=WORDS)
    assert (words_seen(clinic, "P"), words_seen(clinic, "G")) == (WORDS, WORDS)
    switch(clinic, on=False)
    for connection in ("C", "S"):
        assert clinic.push.to(connection)[-1] == p.Suspended(words="")
    assert (words_seen(clinic, "P"), words_seen(clinic, "G")) == ("", "")
    assert clinic.now(waiting).state is State.CHECKED_IN
    assert clinic.say("C", p.Call(consultation=waiting.id)) == "call"


def test_who_comes_later_sees_it_but_not_before_the_day(clinic: Clinic) -> None:
    today, tomorrow = clinic.book(), clinic.book(starts=instant(clinic.clock.time + DAY))
    switch(clinic, on=True)
    clinic.patient("P", today)
    clinic.patient("P2", tomorrow)
    clinic.clinician("C")
    assert (words_seen(clinic, "P"), words_seen(clinic, "P2")) == (WORDS, "")
    boards = [m for m in clinic.push.to("C") if isinstance(m, p.Board)]
    assert boards[-1].suspended == WORDS
    assert clinic.say("P", p.CheckIn(devices=p.DeviceReport())) == "check_in"
    assert clinic.now(today).state is State.CHECKED_IN


def test_whoever_is_cut_off_before_telling_the_pages_is_made_up_for_by_the_schedule(clinic: Clinic) -> None:
    clinic.waiting()
    send = clinic.push.send

    def dies(connection: str, message: p.Message) -> bool:
        raise Died

    vars(clinic.push)["send"] = dies
    with pytest.raises(Died):
        switch(clinic, on=True)
    vars(clinic.push)["send"] = send
    run(clinic, 120)
    assert words_seen(clinic, "P") == WORDS
    assert p.Suspended(words=WORDS) in clinic.push.to("C")


# ---------------------------------------------------------------- the switch


def test_it_cannot_be_on_without_words(clinic: Clinic) -> None:
    with pytest.raises(BadRequest):
        switch(clinic, on=True, words="  ")
    assert not clinic.services.suspensions.of(clinic.trust).on


def test_of_two_administrators_one_is_told_that_the_other_was_faster(clinic: Clinic) -> None:
    new = Suspension(version=0, on=True, words=WORDS)
    switch(clinic, on=True)
    with pytest.raises(Overtaken):
        clinic.services.announcements.change(administrator(clinic), new)
    opened = Suspension(version=1, on=False)
    clinic.store.before_write = lambda: switch(clinic, on=True, words="Andre ord", tell=True)
    with pytest.raises(Overtaken):
        clinic.services.announcements.change(administrator(clinic), opened)
    assert clinic.services.suspensions.words(clinic.trust) == "Andre ord"


def test_the_trusts_trail_says_who_did_what(clinic: Clinic) -> None:
    switch(clinic, on=True)
    switch(clinic, on=True, words="Andre ord")
    phone_list(clinic)
    switch(clinic, on=False)
    assert trail(clinic) == ["suspended", "suspension_changed", "phone_list_read", "reopened"]


def test_an_administrator_sees_how_many_would_be_told_and_by_what(clinic: Clinic) -> None:
    clinic.book()
    clinic.invite(clinic.book(phone="", email="kari@example.no"))
    declined = clinic.book(phone="90000002")
    clinic.services.wishes.wish(clinic.trust, declined.phone, wanted=False)
    clinic.book(starts=instant(clinic.clock.time + DAY))
    shown = clinic.services.announcements.shown
    assert shown(administrator(clinic)).reach == rest.Reach(sms=2, mail=1, neither=1)
    assert shown(clinic.by).reach is None
    assert switch(clinic, on=True).since == instant(clinic.clock.time)


# ---------------------------------------------------------------- told once


def test_everybody_of_today_is_told_once_by_sms_or_where_there_is_none_by_mail(clinic: Clinic) -> None:
    both = clinic.book(email="kari@example.no")
    guest = clinic.invite(both)
    clinic.book(phone="", email="ola@example.no")
    clinic.book(starts=instant(clinic.clock.time + DAY), phone="90000003")
    over = clinic.book(phone="90000004")
    clinic.services.desk.cancel(clinic.by, over.id)
    run(clinic, 1)
    mails = len(clinic.carrier.mails)
    switch(clinic, on=True, tell=True)
    assert told(clinic) == []  # the administrator's own request returns at once
    run(clinic, 300)
    run(clinic, 300)
    (text,) = told(clinic)
    assert "Medisinsk poliklinikk" in text
    assert "55 50 01 00" in text
    assert "http" not in text
    assert len(told(clinic, guest.phone)) == 1
    assert [m["To"] for m in clinic.carrier.mails[mails:]] == ["ola@example.no"]
    assert told(clinic, "+4790000003") + told(clinic, "+4790000004") == []
    entries = clinic.services.trail.entries(clinic.now(both))
    assert "suspended_sms_sent" in [entry.what for entry in entries]


def test_a_number_that_wants_no_sms_is_told_by_mail_or_stands_on_the_list_as_not_told(clinic: Clinic) -> None:
    first, second = clinic.book(), clinic.book(phone="90000002", email="ola@example.no")
    for number in (first.phone, second.phone):
        clinic.services.wishes.wish(clinic.trust, number, wanted=False)
    switch(clinic, on=True, tell=True)
    mails = len(clinic.carrier.mails)
    run(clinic, 300)
    assert told(clinic, first.phone) + told(clinic, second.phone) == []
    assert [m["To"] for m in clinic.carrier.mails[mails:]] == ["ola@example.no"]
    assert {row.phone: row.told for row in phone_list(clinic).consultations} == {
        first.phone: Delivery.OPTED_OUT,
        second.phone: Delivery.SENT,
    }


def test_quiet_hours_do_not_hold_it_back(clinic: Clinic) -> None:
    version = clinic.services.rules.read(clinic.trust).version
    always = TrustRules(version=version, rules=Rules(quiet_from=0, quiet_to=23))
    clinic.services.rules.change(administrator(clinic), always)
    clinic.book(starts=instant(clinic.clock.time + 5 * HOUR))
    switch(clinic, on=True, tell=True)
    clinic.carrier.fail = NotSent(FailureCause.CARRIER, retry=True)
    run(clinic, 130)
    clinic.carrier.fail = None
    run(clinic, 100)
    assert len(told(clinic)) == 1


def test_other_words_tell_nobody_again_and_another_suspension_does(clinic: Clinic) -> None:
    clinic.book(starts=instant(clinic.clock.time + 5 * HOUR))
    switch(clinic, on=True, tell=True)
    run(clinic, 300)
    switch(clinic, on=True, words="Andre ord", tell=True)
    run(clinic, 300)
    assert len(told(clinic)) == 1
    switch(clinic, on=False)
    switch(clinic, on=True, tell=True)
    run(clinic, 300)
    assert len(told(clinic)) == 2


def test_reopened_before_the_minute_is_over_nobody_is_told(clinic: Clinic) -> None:
    clinic.book()
    switch(clinic, on=True, tell=True)
    switch(clinic, on=False)
    run(clinic, 300)
    assert told(clinic) == []


def test_who_comes_to_be_of_today_while_it_lasts_is_told_too(clinic: Clinic) -> None:
    later = clinic.book(starts=instant(clinic.clock.time + 2 * DAY), phone="90000002")
    switch(clinic, on=True, tell=True)
    run(clinic, 120)
    booked = clinic.book()
    clinic.services.desk.move(clinic.by, later.id, Move(starts=instant(clinic.clock.time + HOUR), minutes=30))
    run(clinic, 300)
    assert (len(told(clinic)), len(told(clinic, later.phone))) == (1, 1)
    assert clinic.now(booked).sms is Delivery.DUE  # its invitation waits


@pytest.mark.parametrize("deaths", range(1, 9))
def test_whoever_dies_in_the_middle_of_telling_is_gone_on_from(clinic: Clinic, deaths: int) -> None:
    for number in range(6):
        clinic.book(phone=f"9000010{number}")
    switch(clinic, on=True, tell=True)
    at, left = clinic.scheduler.at, deaths

    def dies(*what: Any) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Died
        at(*what)

    vars(clinic.scheduler)["at"] = dies
    (planned,) = [reason for _, reason in clinic.scheduler.planned if reason.startswith(REASON)]
    for _ in range(2):  # Lambda tries again
        try:
            deliver(clinic, clinic.trust, planned)
        except Died:
            run(clinic, 61)  # some are told before it does
    run(clinic, 300)
    assert [len(told(clinic, f"+479000010{number}")) for number in range(6)] == [1] * 6


def test_a_day_that_one_run_cannot_do_is_done_by_several(clinic: Clinic) -> None:
    clinic.push.gone = set()
    for number in range(PART + 3):
        clinic.book(phone=f"91{number:06}", send=SendInvitation.BY_RULE)
    clinic.carrier.texts.clear()
    switch(clinic, on=True, tell=True)
    run(clinic, 61)
    assert len([key for key in clinic.scheduler.planned if key[1].startswith("suspended-1")]) == PART
    run(clinic, 600)
    assert len({to for to, text in clinic.carrier.texts if "ikke på video" in text}) == PART + 3


def test_a_bad_day_that_becomes_two_tells_the_next_days_people_in_the_morning(clinic: Clinic) -> None:
    later = clinic.book(starts=instant(clinic.clock.time + DAY), phone="90000002")
    switch(clinic, on=True, tell=True)
    run(clinic, 300)
    assert told(clinic, "+4790000002") == []
    run(clinic, 21 * HOUR)
    clinic.patient("P", later)
    assert words_seen(clinic, "P") == WORDS  # the day has come
    clinic.push.sent.clear()
    run(clinic, HOUR)
    assert len(told(clinic, "+4790000002")) == 1
    assert words_seen(clinic, "P") == WORDS


def test_who_was_told_and_is_moved_to_a_day_that_is_not_held_either_is_told_of_that_one_once(clinic: Clinic) -> None:
    booked = clinic.book(starts=instant(clinic.clock.time + HOUR))
    guest = clinic.invite(booked)
    switch(clinic, on=True, tell=True)
    run(clinic, 300)
    clinic.services.desk.move(clinic.by, booked.id, Move(starts=instant(clinic.clock.time + DAY), minutes=30))
    run(clinic, 300)
    assert (len(told(clinic)), len(told(clinic, guest.phone))) == (1, 1)
    tomorrow = instant(clinic.clock.time + DAY)[:10]
    assert [row.told for row in phone_list(clinic, day=tomorrow).consultations] == [Delivery.NONE]
    run(clinic, 22 * HOUR)
    assert (len(told(clinic)), len(told(clinic, guest.phone))) == (2, 2)
    assert [row.told for row in phone_list(clinic).consultations] == [Delivery.SENT]
    switch(clinic, on=True, words="Andre ord", tell=True)
    run(clinic, 300)
    assert (len(told(clinic)), len(told(clinic, guest.phone))) == (2, 2)


def test_a_suspension_that_an_older_release_began_goes_on_as_it_was(clinic: Clinic) -> None:
    clinic.book(starts=instant(clinic.clock.time + 5 * HOUR))
    switch(clinic, on=True, tell=True)
    run(clinic, 300)
    present = clinic.services.suspensions.of(clinic.trust)
    clinic.store.write([Put(replace(present, day=""))])
    switch(clinic, on=True, words="Andre ord", tell=True)
    run(clinic, 300)
    assert len(told(clinic)) == 1
    assert [row.told for row in phone_list(clinic).consultations] == [Delivery.SENT]


# ---------------------------------------------------------------- other messages


def test_nothing_asks_anybody_to_come_by_video_and_what_waited_goes_out_when_it_is_over(clinic: Clinic) -> None:
    switch(clinic, on=True)
    booked = clinic.book(starts=instant(clinic.clock.time + 3 * HOUR))
    guest = clinic.invite(booked)
    run(clinic, HOUR)
    assert clinic.carrier.texts == []
    assert clinic.now(booked).sms is Delivery.DUE
    switch(clinic, on=False)
    run(clinic, 300)
    assert {to for to, _ in clinic.carrier.texts} == {booked.phone, guest.phone}
    assert clinic.now(booked).state is State.INVITED


def test_nobody_is_reminded_of_or_missed_in_what_is_not_held(clinic: Clinic) -> None:
    version = clinic.services.rules.read(clinic.trust).version
    soon = TrustRules(version=version, rules=Rules(remind_hours=1, quiet_from=0, quiet_to=0))
    clinic.services.rules.change(administrator(clinic), soon)
    clinic.book(starts=instant(clinic.clock.time + 4 * HOUR))
    clinic.carrier.texts.clear()
    switch(clinic, on=True)
    run(clinic, 5 * HOUR)
    assert clinic.carrier.texts == []


def test_that_it_is_cancelled_is_told_all_the_same(clinic: Clinic) -> None:
    booked = clinic.book()
    switch(clinic, on=True)
    clinic.services.desk.cancel(clinic.by, booked.id)
    run(clinic, 120)
    assert "avlyst" in clinic.carrier.texts[-1][1]


# ---------------------------------------------------------------- the list of whom to phone


def elsewhere(clinic: Clinic) -> Consultation:
    """One that is neither Ingrid's nor of the secretary's department."""
    by = clinic.as_("omar-haddad")
    booking = rest.Booking(
        department="kirurgisk",
        patient_name="Ola Testesen",
        starts=instant(clinic.clock.time + 1800),
        phone="90000009",
        login_level=LoginLevel.NONE,
    )
    return clinic.services.bookings.book(by, booking, "elsewhere")


def test_the_list_is_by_the_rights_of_who_asks(clinic: Clinic) -> None:
    own, other = clinic.book(), elsewhere(clinic)
    secretary, omar = clinic.as_("berit-solli", Role.SECRETARY), clinic.as_("omar-haddad")
    switch(clinic, on=True)
    for actors, seen in (
        ((clinic.by,), [own.id]),
        ((secretary,), [own.id]),
        ((omar,), [other.id]),
        ((administrator(clinic),), [other.id, own.id]),
        ((omar, clinic.as_("omar-haddad", Role.ADMINISTRATOR)), [other.id, own.id]),
    ):
        assert [row.consultation for row in phone_list(clinic, *actors).consultations] == seen


def test_an_administrator_sees_no_names_but_while_it_is_needed(clinic: Clinic) -> None:
    clinic.book()
    with pytest.raises(Conflict):
        phone_list(clinic, administrator(clinic))
    switch(clinic, on=True)
    tomorrow = instant(clinic.clock.time + DAY)[:10]
    with pytest.raises(Conflict):
        phone_list(clinic, administrator(clinic), day=tomorrow)
    assert len(phone_list(clinic, administrator(clinic)).consultations) == 1
    switch(clinic, on=False)
    with pytest.raises(Conflict):
        phone_list(clinic, administrator(clinic))
    assert len(phone_list(clinic).consultations) == 1


def test_the_list_holds_whom_to_phone_and_whether_they_were_told(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    done = clinic.book(phone="90000002")
    clinic.services.desk.phone(clinic.by, done.id)
    switch(clinic, on=True, tell=True)
    (row,) = phone_list(clinic).consultations
    assert row == rest.ToPhone(
        consultation=waiting.id,
        starts=instant(waiting.starts),
        minutes=30,
        patient_name="Kari Testesen",
        phone="+4790000000",
        language=p.Language.BOKMAL,
        department="Medisinsk poliklinikk",
        clinician_name="Ingrid Berg",
        state=State.CHECKED_IN,
        reference=waiting.reference,
        told=Delivery.DUE,
    )
    run(clinic, 300)
    assert [row.told for row in phone_list(clinic).consultations] == [Delivery.SENT]


def test_a_receipt_of_it_is_noted_with_it(clinic: Clinic) -> None:
    booked = clinic.book()
    switch(clinic, on=True, tell=True)
    run(clinic, 300)
    message = f"id-{len(clinic.carrier.keys)}"
    clinic.services.outcomes.take(Outcome("fake", message, True, FailureCause.NONE, clinic.clock.time))
    assert [row.told for row in phone_list(clinic).consultations] == [Delivery.DELIVERED]
    assert "suspended_sms_delivered" in [e.what for e in clinic.services.trail.entries(clinic.now(booked))]


def test_a_line_that_is_lost_stays_lost_while_it_lasts(clinic: Clinic) -> None:
    talking = clinic.talking()
    switch(clinic, on=True)
    clinic.services.consultations.happen(system(clinic.trust), talking.id, Event.DROP)
    assert clinic.say("C", p.Call(consultation=talking.id)) == "suspended"


def test_what_the_message_says_is_the_trusts_to_change(clinic: Clinic) -> None:
    new = rest.NewText(
        kind=MessageKind.SUSPENDED,
        way=p.Way.SMS,
        language=p.Language.BOKMAL,
        text="Det blir ikke på video i dag. Ring {phone}",
    )
    assert clinic.services.wordings.change(administrator(clinic), new).problems == []
    clinic.book()
    switch(clinic, on=True, tell=True)
    run(clinic, 300)
    assert told(clinic) == ["Det blir ikke på video i dag. Ring +47 55 50 01 00"]


def test_over_http_it_is_stopped_announced_by_the_schedule_and_the_department_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_doors(monkeypatch) as clinic:
        clinic.book()
        turid = Browser().be(clinic, "turid-moe")
        body = {"version": 0, "on": True, "words": WORDS, "tell": True}
        put = turid.ask("PUT", "/staff/elvenes/suspension", body)
        assert (put.status_code, put.json_body["version"], put.json_body["reach"]["sms"]) == (200, 1, 1)
        assert turid.ask("PUT", "/staff/elvenes/suspension", body).json_body["code"] == "overtaken"
        ((_, reason),) = [key for key in clinic.scheduler.planned if key[1].startswith(REASON)]
        doors.deliver({"trust": "elvenes", "consultation": "elvenes", "reason": reason}, None)
        ((consultation, told_by),) = [key for key in clinic.scheduler.planned if key[1].startswith("suspended")]
        doors.deliver({"trust": "elvenes", "consultation": consultation, "reason": told_by}, None)
        assert len(told(clinic)) == 1
        assert Browser().get("/departments/elvenes/medisinsk")["suspended"] == WORDS
        assert len(turid.get("/staff/elvenes/phone_list")["consultations"]) == 1
