"""Functions racing for one consultation on DynamoDB Local: one wins, the others get a clear answer."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from chalicelib import protocol as p
from chalicelib.errors import Conflict, Unauthenticated
from chalicelib.lifecycle import State
from chalicelib.protocol import LoginLevel
from chalicelib.records import Happening, Opened, Session, consultation_key
from chalicelib.rest import Booking, SendInvitation
from chalicelib.sessions import SEEN_SECONDS
from chalicelib.store import DynamoStore, Store
from tests.fakes.clinic import Clinic

AT_ONCE = 6


@pytest.fixture
def clinic(dynamo_store: DynamoStore, clock) -> Clinic:
    return Clinic(store=dynamo_store, clock=clock)


def together(*acts: Callable[[], object]) -> list[object]:
    """Run all at the same moment; what each returned, or the error it raised."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        start.wait()
        try:
            return act()
        except (Conflict, Unauthenticated) as error:
            return error.code

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def trail(clinic: Clinic, consultation: str) -> list[str]:
    return [h.what for h in clinic.store.query(Happening, consultation_key("elvenes", consultation), "TRAIL#")]


def test_from_booking_to_the_end_on_both_stores(store: Store, clock) -> None:
    clinic = Clinic(store=store, clock=clock)
    called = clinic.calling()
    assert clinic.say("P", p.Accept(consultation=called.id, call=1)) == "accept"
    assert clinic.say("C", p.HangUp(consultation=called.id, call=1)) == "hang_up"
    ended = clinic.now(called)
    assert (ended.state, clinic.workers()[0].rooms) == (State.ENDED, frozenset())
    told = ["booked", "sending", "sms_sent", "invite", "check_in", "call", "accept", "hang_up"]
    assert trail(clinic, called.id) == told
    assert [c.id for c in clinic.services.consultations.day(clinic.by, "ingrid-berg", called.day)] == [called.id]


def test_pressing_ready_many_times_at_once_is_pressing_once(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.patient("P", booked)
    ready = p.CheckIn(devices=p.DeviceReport())
    assert set(together(*[lambda: clinic.say("P", ready)] * AT_ONCE)) == {"check_in"}
    assert trail(clinic, booked.id).count("check_in") == 1


def test_calling_from_many_pages_at_once_is_one_call_on_one_worker(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    clinic.worker("X", "w2")
    pages = [f"page-{n}" for n in range(AT_ONCE)]
    for page in pages:
        clinic.clinician(page)
    said = together(*[lambda c=page: clinic.say(c, p.Call(consultation=waiting.id)) for page in pages])
    assert set(said) == {"call"}
    present = clinic.now(waiting)
    assert (present.state, present.call) == (State.CALLING, 1)
    places = {w.id: len(w.rooms) for w in clinic.workers()}
    assert places == {"w1": 0, "w2": 0} | {present.worker: 1}


def test_two_patients_and_one_place(clinic: Clinic) -> None:
    first, second = clinic.waiting(), clinic.book()
    clinic.patient("Q", second)
    clinic.say("Q", p.CheckIn(devices=p.DeviceReport()))
    clinic.clinician("D")
    said = together(
        lambda: clinic.say("C", p.Call(consultation=first.id)), lambda: clinic.say("D", p.Call(consultation=second.id))
    )
    assert sorted(map(str, said)) == ["call", "call"]
    assert len(clinic.workers()[0].rooms) == 1
    assert Counter([clinic.now(first).state, clinic.now(second).state]) == {State.CALLING: 1, State.CHECKED_IN: 1}


def test_a_call_refused_many_times_at_once_is_moved_once(clinic: Clinic) -> None:
    called = clinic.calling()
    for n in range(2, 5):
        clinic.worker(f"W{n}", f"w{n}")
    refused = p.RoomRefused(room=f"elvenes.{called.id}.1")
    assert set(together(*[lambda: clinic.say("W", refused)] * AT_ONCE)) == {"room_refused"}
    present = clinic.now(called)
    assert (present.state, present.call) == (State.CALLING, 2)
    assert {w.id: w.rooms for w in clinic.workers() if w.rooms} == {present.worker: {f"elvenes.{called.id}.2"}}
    assert trail(clinic, called.id).count("moved") == 1


def test_hanging_up_while_the_call_is_moved(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.worker("X", "w2")
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    refused, hung_up = together(
        lambda: clinic.say("W", p.RoomRefused(room=f"elvenes.{called.id}.1")),
        lambda: clinic.say("P", p.HangUp(consultation=called.id, call=1)),
    )
    present = clinic.now(called)
    if hung_up == "hang_up":  # it is meant for the call, whatever number that has by then
        assert present.state is State.ENDED
        assert all(not w.rooms for w in clinic.workers())
    else:
        assert (present.state, present.worker, hung_up) == (State.IN_CALL, "w2", "overtaken")
    assert refused == "room_refused"


def test_rooms_that_close_at_once_are_all_counted_and_each_once(clinic: Clinic) -> None:
    called = clinic.calling()
    for call in range(1, AT_ONCE):
        clinic.say("C", p.WithdrawCall(consultation=called.id, call=call))
        clinic.say("C", p.Call(consultation=called.id))
    rooms = [f"elvenes.{called.id}.{call}" for call in range(1, AT_ONCE + 1)]
    said = [p.RoomQuality(room=room, participants=2, good=60, fair=0, poor=0, loss=0.01) for room in rooms]
    acts = [lambda quality=quality: clinic.say("W", quality) for quality in said]
    assert set(together(*acts)) == {"room_quality"}
    assert set(together(*acts)) == {"room_quality"}
    day = clinic.services.figures.day("elvenes", "2027-01-15")
    assert (day.calls, day.participants, day.good) == (AT_ONCE, 2 * AT_ONCE, 60 * AT_ONCE)


def test_accepting_and_withdrawing_at_once(clinic: Clinic) -> None:
    called = clinic.calling()
    accepted, withdrawn = together(
        lambda: clinic.say("P", p.Accept(consultation=called.id, call=1)),
        lambda: clinic.say("C", p.WithdrawCall(consultation=called.id, call=1)),
    )
    state = clinic.now(called).state
    if state is State.IN_CALL:
        assert (accepted, withdrawn) == ("accept", "illegal_transition")
    else:
        assert state is State.CHECKED_IN
        assert withdrawn == "withdraw_call"
        assert accepted in ("overtaken", "illegal_transition")
    assert bool(clinic.workers()[0].rooms) is (state is State.IN_CALL)


def test_cancelling_while_the_patient_checks_in(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.patient("P", booked)
    checked_in, _ = together(
        lambda: clinic.say("P", p.CheckIn(devices=p.DeviceReport())),
        lambda: clinic.services.desk.cancel(clinic.by, booked.id),
    )
    assert clinic.now(booked).state is State.CANCELLED, "both orders end here"
    assert checked_in in ("check_in", "illegal_transition")


def test_delivering_many_times_at_once_sends_once(clinic: Clinic) -> None:
    booked = clinic.book(send=SendInvitation.BY_RULE, starts="2027-03-01T10:00:00Z")
    together(*[lambda: clinic.deliver(booked, "invite-1")] * AT_ONCE)
    assert len(clinic.carrier.texts) == 1
    assert clinic.now(booked).state is State.INVITED


def test_the_same_key_many_times_at_once_books_once(clinic: Clinic) -> None:
    booking = Booking(department="medisinsk", patient_name="K", starts="2027-03-01T10:00:00Z", phone="90000000")
    book = clinic.services.bookings.book
    made = together(*[lambda: book(clinic.by, booking, "key").id] * AT_ONCE)
    assert len(set(made)) == 1
    assert len(clinic.services.consultations.day(clinic.by, "ingrid-berg", "2027-03-01")) == 1


def test_one_of_many_with_the_same_ticket_gets_in(clinic: Clinic) -> None:
    session, _ = clinic.services.sessions.begin_visit(clinic.book())
    ticket = clinic.services.tickets.issue(session).ticket
    connect = clinic.services.signaling.connect
    let_in = together(*[lambda n=n: connect(f"P{n}", ticket) for n in range(AT_ONCE)])
    assert Counter(map(str, let_in)) == {"patient": 1, "ticket_invalid": AT_ONCE - 1}


def test_many_requests_of_one_session_at_once_write_once_that_it_was_seen(clinic: Clinic) -> None:
    booked, sessions = clinic.book(), clinic.services.sessions
    session, cookie = sessions.begin_visit(booked)
    clinic.clock.time += SEEN_SECONDS
    together(*[lambda: sessions.visitor(booked.id, cookie)] * AT_ONCE)
    seen = clinic.store.get(Session, session.key())
    assert (seen.seen, seen.version) == (clinic.clock.time, 2)


def test_sockets_that_open_while_their_owner_logs_out(clinic: Clinic) -> None:
    session, _ = clinic.services.sessions.begin_visit(clinic.book())
    tickets = [clinic.services.tickets.issue(session).ticket for _ in range(AT_ONCE)]
    connect = clinic.services.signaling.connect
    opening = [lambda n=n, ticket=ticket: connect(f"P{n}", ticket) for n, ticket in enumerate(tickets)]
    together(*opening, lambda: clinic.services.sessions.log_out(session))
    assert {clinic.say(f"P{n}", p.Ping()) for n in range(AT_ONCE)} <= {"ended", "unauthenticated"}
    assert clinic.store.query(Opened, session.key()[0], "CONN#") == []


def test_a_login_that_comes_back_many_times_at_once_is_one_session(clinic: Clinic) -> None:
    booked, sessions = clinic.book(login_level=LoginLevel.HIGH), clinic.services.sessions
    session, _ = sessions.begin_visit(booked)
    proven = together(*[lambda: sessions.prove(session, LoginLevel.HIGH)] * AT_ONCE)
    good = [cookie for cookie in map(str, proven) if sessions.of(cookie)]
    assert len(good) == 1


def test_a_guests_way_on_both_stores(store: Store, clock) -> None:
    clinic = Clinic(store=store, clock=clock)
    talking, guest = clinic.joined()
    assert clinic.say("G", p.Pause(consultation=talking.id, call=1, paused=True)) == "pause"
    assert clinic.now(talking).paused_by is guest.seat
    assert clinic.say("G", p.HangUp(consultation=talking.id, call=1)) == "hang_up"
    clinic.remove(talking, guest)
    assert clinic.say("G", p.Hello()) == "link_withdrawn"
    present = clinic.now(talking)
    assert (present.state, present.guests, present.paused_by) == (State.IN_CALL, (), None)


def test_of_many_guests_invited_at_once_no_two_share_a_seat(clinic: Clinic) -> None:
    booked = clinic.book()
    requests = [lambda n=n: clinic.invite(booked, once=str(n)) for n in range(AT_ONCE)]
    told = [*together(*requests), *together(*requests[:4])]  # whoever was overtaken may ask again
    assert {said for said in told if isinstance(said, str)} <= {"conflict", "overtaken"}
    guests = clinic.now(booked).guests
    assert len({guest.seat for guest in guests}) == len(guests) <= 4


def test_the_same_guest_invited_many_times_at_once_is_one(clinic: Clinic) -> None:
    booked = clinic.book()
    together(*[lambda: clinic.invite(booked, once="same")] * AT_ONCE)
    assert len(clinic.now(booked).guests) == 1
    assert [number for number, _ in clinic.carrier.texts].count("+4790000001") == 1


def test_a_lost_workers_calls_move_side_by_side_while_their_pages_ask_for_it(clinic: Clinic) -> None:
    with ThreadPoolExecutor(4) as pool:
        vars(clinic.services)["side_by_side"] = pool.map
        clinic.worker("W", "w1", capacity=12)
        clinic.clinician("C")
        called = [clinic.book() for _ in range(12)]
        for n, consultation in enumerate(called):
            clinic.patient(f"P{n}", consultation)
            clinic.say(f"P{n}", p.CheckIn(devices=p.DeviceReport()))
            assert clinic.say("C", p.Call(consultation=consultation.id)) == "call"
        clinic.worker("X", "w2", capacity=12)
        clinic.push.gone.add("W")
        troubles = [
            lambda c=c, n=n: clinic.say(f"P{n}", p.Trouble(consultation=c.id, call=1)) for n, c in enumerate(called[:2])
        ]
        together(lambda: clinic.services.signaling.disconnect("W"), *troubles)
    assert [(clinic.now(c).worker, clinic.now(c).call) for c in called] == [("w2", 2)] * 12
    assert {w.id: len(w.rooms) for w in clinic.workers()} == {"w1": 0, "w2": 12}
    assert [sum(isinstance(m, p.Ringing) for m in clinic.push.to(f"P{n}")) for n in range(12)] == [2] * 12
