"""Guests: invited, waiting, let in, talking, leaving, coming back; and each rule when it is broken."""

import pytest

from chalicelib import protocol as p
from chalicelib.errors import BadRequest, Conflict, IllegalTransition, LinkWithdrawn, NotFound
from chalicelib.guests import SEATS, concerned, standing, state_of
from chalicelib.lifecycle import FINAL, Role, State
from chalicelib.protocol import Delivery, DeviceReport, EndReason, GuestKind, Language, Seat
from chalicelib.records import Consultation, Guest
from chalicelib.rest import NewGuest
from chalicelib.visit_messages import PROBES_PER_HOUR
from tests.fakes.clinic import Clinic
from tests.unit.test_protocol import SDP
from tests.unit.test_signaling import all_of, last


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def state(clinic: Clinic, connection: str) -> State:
    return last(clinic, connection, p.Visit).visit.state


# ---------------------------------------------------------------- pure


@pytest.mark.parametrize("consultation", list(State))
@pytest.mark.parametrize("ready", [False, True])
@pytest.mark.parametrize("admitted", [False, True])
@pytest.mark.parametrize("call", [0, 1, 2])
def test_where_a_guest_is(consultation: State, ready: bool, admitted: bool, call: int) -> None:
    guest = Guest(
        id="g", seat=Seat.GUEST_1, kind=GuestKind.INTERPRETER, name="Per", ready=ready, admitted=admitted, call=call
    )
    of = Consultation(
        trust="t", id="c", version=1, state=consultation, starts=0, minutes=30, day="", department="", staff="",
        patient_name="", call=2, guests=(guest,),
    )  # fmt: skip
    at = state_of(of, guest)
    assert standing(of, Seat.GUEST_1) is at
    assert (at in FINAL) == (consultation in FINAL)
    if consultation in FINAL:
        assert at is consultation
    elif not ready:
        assert at is State.INVITED
    elif consultation is State.IN_CALL and admitted:
        assert at is (State.IN_CALL if call == 2 else State.CALLING)
    else:
        assert at is State.CHECKED_IN
    assert (Seat.GUEST_1 in concerned(of)) == (ready and admitted)
    assert standing(of, Seat.GUEST_2) is State.CANCELLED


# ---------------------------------------------------------------- the whole way


def test_from_the_invitation_to_the_end(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    guest = clinic.invite(waiting, kind=GuestKind.INTERPRETER, language=Language.POLISH)
    assert (guest.seat, guest.sms, guest.mail) == (Seat.GUEST_1, Delivery.SENT, Delivery.NONE)
    number, text = clinic.carrier.texts[-1]
    assert number == "+4790000001"
    assert "/i#" in text

    clinic.guest("G", waiting, guest)
    visit = last(clinic, "G", p.Visit).visit
    assert (visit.seat, visit.state, visit.logged_in, visit.language) == (
        Seat.GUEST_1, State.INVITED, True, Language.POLISH,
    )  # fmt: skip
    assert [(g.seat, g.kind, g.name) for g in last(clinic, "P", p.Visit).visit.guests] == [
        (Seat.GUEST_1, GuestKind.INTERPRETER, "Per Testesen")
    ]
    assert [(g.present, g.ready) for g in last(clinic, "C", p.Changed).consultation.guests] == [(True, False)]

    clinic.say("G", p.CheckIn(devices=DeviceReport()))
    assert state(clinic, "G") is State.CHECKED_IN
    assert last(clinic, "C", p.Changed).consultation.guests[0].ready
    assert clinic.now(waiting).state is State.CHECKED_IN

    clinic.say("C", p.Call(consultation=waiting.id))
    assert last(clinic, "C", p.Join).seats == [Seat.PATIENT, Seat.CLINICIAN, Seat.GUEST_1], "three sizes from the start"
    clinic.say("P", p.Accept(consultation=waiting.id, call=1))
    assert not all_of(clinic, "G", p.Ringing), "nobody has let them in"
    clinic.say("C", p.Admit(consultation=waiting.id, guest=guest.id))
    assert last(clinic, "G", p.Ringing).call == 1
    assert state(clinic, "G") is State.CALLING

    clinic.say("G", p.Accept(consultation=waiting.id, call=1))
    assert state(clinic, "G") is State.IN_CALL
    join = last(clinic, "G", p.Join)
    assert (join.seat, join.seats) == (Seat.GUEST_1, [Seat.PATIENT, Seat.CLINICIAN, Seat.GUEST_1])
    clinic.say("G", p.Offer(consultation=waiting.id, call=1, n=1, sdp=SDP))
    offered = last(clinic, "W", p.RelayOffer)
    assert offered.seat is Seat.GUEST_1
    clinic.say("W", p.RelayAnswer(room=offered.room, seat=offered.seat, n=1, sdp=SDP))
    assert last(clinic, "G", p.Answer).n == 1
    clinic.say("G", p.Media(consultation=waiting.id, call=1, camera=True, microphone=True, interrupted=True))
    for other in "PC":
        told = last(clinic, other, p.PeerMedia)
        assert (told.seat, told.camera, told.interrupted) == (Seat.GUEST_1, True, True)

    clinic.say("P", p.HangUp(consultation=waiting.id, call=1))
    assert last(clinic, "G", p.CallEnded).reason is EndReason.HANG_UP
    assert state(clinic, "G") is State.ENDED
    trail = clinic.services.trail.entries(waiting)
    assert [(e.what, e.who) for e in trail if e.what.startswith("guest")] == [
        ("guest_invited", clinic.staff),
        ("guest_ready", "guest"),
        ("guest_admitted", clinic.staff),
        ("guest_joined", "guest"),
    ]


def test_whoever_was_let_in_beforehand_is_rung_for_when_the_two_talk(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    guest = clinic.invite(waiting)
    clinic.guest("G", waiting, guest)
    clinic.say("C", p.Admit(consultation=waiting.id, guest=guest.id))
    clinic.say("G", p.CheckIn(devices=DeviceReport()))
    clinic.say("C", p.Call(consultation=waiting.id))
    assert not all_of(clinic, "G", p.Ringing), "patient and guest are not to meet alone"
    clinic.say("P", p.Accept(consultation=waiting.id, call=1))
    assert last(clinic, "G", p.Ringing).call == 1


def test_who_comes_late_is_rung_for_at_once(clinic: Clinic) -> None:
    talking = clinic.talking()
    guest = clinic.invite(talking)
    clinic.say("C", p.Admit(consultation=talking.id, guest=guest.id))
    clinic.guest("G", talking, guest)
    assert not all_of(clinic, "G", p.Ringing)
    clinic.say("G", p.CheckIn(devices=DeviceReport()))
    assert last(clinic, "G", p.Ringing).call == 1


def test_a_guest_invited_during_the_call_gets_slots_on_the_pages_of_all_in_it(clinic: Clinic) -> None:
    talking, _ = clinic.joined()
    clinic.push.sent.clear()
    clinic.invite(talking, name="Nina")
    for connection in "PCG":
        assert last(clinic, connection, p.Join).seats[-1] is Seat.GUEST_2


def test_while_it_rings_only_the_clinicians_page_gets_them(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.push.sent.clear()
    clinic.invite(called)
    assert last(clinic, "C", p.Join).seats[-1] is Seat.GUEST_1
    assert not all_of(clinic, "P", p.Ringing)


def test_a_guest_who_hangs_up_leaves_alone_and_may_come_back(clinic: Clinic) -> None:
    talking, guest = clinic.joined()
    clinic.say("G", p.Media(consultation=talking.id, call=1, camera=True, microphone=True))
    for _ in range(2):
        assert clinic.say("G", p.HangUp(consultation=talking.id, call=1)) == "hang_up"
    assert clinic.now(talking).state is State.IN_CALL
    assert state(clinic, "G") is State.INVITED
    assert last(clinic, "W", p.CloseSeat) == p.CloseSeat(room=f"elvenes.{talking.id}.1", seat=Seat.GUEST_1)
    for other in "PC":
        assert last(clinic, other, p.PeerLeft).seat is Seat.GUEST_1
    assert not all_of(clinic, "P", p.CallEnded)
    assert clinic.say("G", p.Offer(consultation=talking.id, call=1, n=2, sdp=SDP)) == "overtaken"
    held = clinic.services.sockets.guest_seat(clinic.trust, talking.id, guest.id)
    assert held is not None
    assert (held.camera, held.microphone) == (False, False), "what they sent is over"

    clinic.push.sent.clear()
    clinic.say("G", p.CheckIn(devices=DeviceReport()))
    assert last(clinic, "G", p.Ringing).call == 1, "let in once is let in"
    clinic.say("G", p.Accept(consultation=talking.id, call=1))
    assert state(clinic, "G") is State.IN_CALL


def test_a_lost_socket_keeps_the_guest_in_the_call(clinic: Clinic) -> None:
    talking, guest = clinic.joined()
    clinic.leave("G")
    assert not all_of(clinic, "P", p.PeerLeft)
    assert not last(clinic, "C", p.Changed).consultation.guests[0].present
    clinic.guest("G2", talking, guest)
    assert last(clinic, "G2", p.Join).call == 1
    assert last(clinic, "C", p.Changed).consultation.guests[0].present
    assert clinic.say("G2", p.Offer(consultation=talking.id, call=1, n=1, sdp=SDP)) == "offer"


def test_a_newer_page_takes_the_guests_seat(clinic: Clinic) -> None:
    talking, guest = clinic.joined()
    clinic.guest("G2", talking, guest)
    assert p.SeatTaken() in clinic.push.to("G")
    assert clinic.say("G", p.Media(consultation=talking.id, call=1, camera=True, microphone=True)) == "overtaken"


def test_who_waits_may_leave(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    guest = clinic.invite(waiting)
    clinic.guest("G", waiting, guest)
    clinic.say("G", p.CheckIn(devices=DeviceReport()))
    for _ in range(2):
        assert clinic.say("G", p.Leave()) == "leave"
    assert state(clinic, "G") is State.INVITED
    assert clinic.now(waiting).state is State.CHECKED_IN


def test_a_later_call_rings_for_guests_again(clinic: Clinic) -> None:
    talking, _ = clinic.joined()
    clinic.say("W", p.RoomEnded(room=f"elvenes.{talking.id}.1"))
    assert last(clinic, "G", p.CallEnded).reason is EndReason.WORKER_LOST
    assert state(clinic, "G") is State.CHECKED_IN
    clinic.say("C", p.Call(consultation=talking.id))
    clinic.say("P", p.Accept(consultation=talking.id, call=2))
    assert last(clinic, "G", p.Ringing).call == 2
    assert clinic.say("G", p.Accept(consultation=talking.id, call=1)) == "overtaken"
    assert clinic.say("G", p.Accept(consultation=talking.id, call=2)) == "accept"


def test_a_call_that_moves_takes_its_guests_along(clinic: Clinic) -> None:
    talking, _ = clinic.joined()
    clinic.worker("X", "w2")
    clinic.say("W", p.RoomRefused(room=f"elvenes.{talking.id}.1"))
    assert last(clinic, "G", p.Join).call == 2
    assert state(clinic, "G") is State.IN_CALL


# ---------------------------------------------------------------- inviting


def test_four_guests_each_with_a_seat_and_no_fifth(clinic: Clinic) -> None:
    booked = clinic.book()
    assert [clinic.invite(booked).seat for _ in range(4)] == list(SEATS)
    with pytest.raises(Conflict):
        clinic.invite(booked)
    clinic.remove(booked, clinic.now(booked).guests[1])
    assert clinic.invite(booked).seat is Seat.GUEST_2
    assert clinic.now(booked).seats == tuple(Seat)


def test_the_same_request_twice_is_one_guest_and_one_message(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.store.before_write = lambda: clinic.invite(booked, once="same")
    clinic.invite(booked, once="same")
    clinic.invite(booked, once="same")
    assert len(clinic.now(booked).guests) == 1
    assert [number for number, _ in clinic.carrier.texts].count("+4790000001") == 1


def test_two_guests_at_once_get_two_seats(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.store.before_write = lambda: clinic.invite(booked, name="Nina")
    clinic.invite(booked)
    assert {guest.seat for guest in clinic.now(booked).guests} == {Seat.GUEST_1, Seat.GUEST_2}


@pytest.mark.parametrize("new", [{"phone": "", "email": ""}, {"phone": "12345"}, {"phone": "+4712345678"}])
def test_a_guest_who_cannot_be_reached_is_not_invited(clinic: Clinic, new: dict[str, str]) -> None:
    booked = clinic.book()
    with pytest.raises(BadRequest):
        clinic.invite(booked, **new)
    assert clinic.now(booked).guests == ()


def test_when_it_is_over_nobody_is_invited_or_let_in_or_shown_out(clinic: Clinic) -> None:
    talking, guest = clinic.joined()
    company, ids = clinic.services.company, (clinic.by, talking.id)
    clinic.say("C", p.HangUp(consultation=talking.id, call=1))
    with pytest.raises(IllegalTransition):
        clinic.invite(talking)
    for act in (company.invite_again, company.remove):
        with pytest.raises(IllegalTransition):
            act(*ids, guest.id)
    assert clinic.say("C", p.Admit(consultation=talking.id, guest=guest.id)) == "illegal_transition"


def test_a_link_that_would_not_open_is_not_sent(clinic: Clinic) -> None:
    booked = clinic.book()
    guest = clinic.invite(booked)
    clinic.clock.time = clinic.services.consultations.closing_time(booked)
    sent = len(clinic.carrier.texts)
    with pytest.raises(IllegalTransition):
        clinic.invite(booked)
    with pytest.raises(IllegalTransition):
        clinic.services.company.invite_again(clinic.by, booked.id, guest.id)
    assert len(clinic.carrier.texts) == sent


def test_a_colleagues_consultation_is_not_there(clinic: Clinic) -> None:
    booked = clinic.book()
    guest = clinic.invite(booked)
    company, new = clinic.services.company, NewGuest(kind=GuestKind.COMPANION, name="Nina", phone="90000002")
    with pytest.raises(NotFound):
        company.invite(clinic.as_("sunniva-lie"), booked.id, new, "key")
    for act in (company.invite_again, company.remove):
        with pytest.raises(NotFound):
            act(clinic.as_("sunniva-lie"), booked.id, guest.id)
    with pytest.raises(NotFound):
        company.invite_again(clinic.by, booked.id, "nobody")
    clinic.clinician("C")
    assert clinic.say("C", p.Admit(consultation=booked.id, guest="nobody")) == "not_found"


def test_trail_entries_of_guests_are_by_role(clinic: Clinic) -> None:
    talking, _ = clinic.joined()
    clinic.say("G", p.HangUp(consultation=talking.id, call=1))
    trail = clinic.services.trail.entries(talking)
    assert {e.who for e in trail if e.what in ("guest_ready", "guest_joined", "guest_left")} == {Role.GUEST}


# ---------------------------------------------------------------- showing out


def test_who_is_shown_out_is_told_and_the_others_go_on(clinic: Clinic) -> None:
    talking, guest = clinic.joined()
    clinic.push.sent.clear()
    clinic.remove(talking, guest)
    assert last(clinic, "G", p.CallEnded).reason is EndReason.REMOVED
    assert last(clinic, "W", p.CloseSeat).seat is Seat.GUEST_1
    for other in "PC":
        assert last(clinic, other, p.PeerLeft).seat is Seat.GUEST_1
        assert not all_of(clinic, other, p.CallEnded)
    assert last(clinic, "P", p.Visit).visit.guests == []
    assert clinic.now(talking).state is State.IN_CALL
    for message in (
        p.Hello(),
        p.CheckIn(devices=DeviceReport()),
        p.Leave(),
        p.Accept(consultation=talking.id, call=1),
        p.Offer(consultation=talking.id, call=1, n=2, sdp=SDP),
        p.Media(consultation=talking.id, call=1, camera=True, microphone=True),
        p.Pause(consultation=talking.id, call=1, paused=True),
        p.HangUp(consultation=talking.id, call=1),
        p.Trouble(consultation=talking.id, call=1),
    ):
        assert clinic.say("G", message) == "link_withdrawn"


def test_a_seat_that_is_somebody_elses_now_tells_its_former_holder_nothing(clinic: Clinic) -> None:
    talking, guest = clinic.joined()
    clinic.remove(talking, guest)
    other = clinic.invite(talking, name="Nina")
    assert other.seat is guest.seat
    clinic.push.sent.clear()
    clinic.join("H", talking, other)
    clinic.say("H", p.Offer(consultation=talking.id, call=1, n=1, sdp=SDP))
    clinic.say("W", p.RelayAnswer(room=f"elvenes.{talking.id}.1", seat=other.seat, n=1, sdp=SDP))
    assert last(clinic, "H", p.Answer).n == 1
    assert clinic.push.to("G") == []
    clinic.leave("G")
    assert clinic.services.sockets.guest_seat(clinic.trust, talking.id, other.id) is not None


def test_whoever_comes_while_being_shown_out_sits_on_nobodys_seat(clinic: Clinic) -> None:
    talking = clinic.talking()
    guest = clinic.invite(talking)
    clinic.guest("G", talking, guest)
    clinic.leave("G")
    clinic.push.gone.clear()
    others: list[Guest] = []

    def shown_out() -> None:
        clinic.remove(talking, guest)
        others.append(clinic.invite(talking, name="Nina"))

    sit = clinic.services.sockets.sit

    def sits_late(*given: str) -> None:
        clinic.services.sockets.sit = sit  # type: ignore[method-assign]
        shown_out()
        sit(*given)  # type: ignore[arg-type]

    clinic.services.sockets.sit = sits_late  # type: ignore[method-assign,assignment]
    clinic.guest("G", talking, guest)
    assert others[0].seat is guest.seat
    assert not clinic.services.sockets.holder(clinic.now(talking), guest.seat)
    assert not last(clinic, "C", p.Changed).consultation.guests[0].present


def test_each_guest_loses_only_what_is_theirs(clinic: Clinic) -> None:
    talking, first = clinic.joined()
    second = clinic.invite(talking, name="Nina")
    clinic.join("H", talking, second)
    clinic.push.sent.clear()
    clinic.remove(talking, second)
    assert last(clinic, "H", p.CallEnded).reason is EndReason.REMOVED
    assert not all_of(clinic, "G", p.CallEnded)
    assert last(clinic, "G", p.PeerLeft).seat is Seat.GUEST_2
    clinic.leave("H")
    held = clinic.services.sockets.holder(clinic.now(talking), first.seat)
    assert held is not None
    assert held.connection == "G"


def test_a_link_of_who_was_shown_out_begins_no_visit(clinic: Clinic) -> None:
    booked = clinic.book()
    guest = clinic.invite(booked)
    secret = clinic.carrier.texts[-1][1].split("/i#")[1].split()[0]
    assert clinic.services.invites.enter(secret, "192.0.2.1").guest == guest.id
    clinic.remove(booked, guest)
    with pytest.raises(LinkWithdrawn):
        clinic.services.invites.enter(secret, "192.0.2.1")


def test_guests_take_no_network_tests_from_the_patient(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    clinic.guest("G", waiting, clinic.invite(waiting))
    said = [clinic.say("G", p.ProbeStart()) for _ in range(PROBES_PER_HOUR + 1)]
    assert said[-2:] == ["probe_start", "too_many_attempts"]
    assert clinic.say("P", p.ProbeStart()) == "probe_start"
    clinic.say("G", p.ProbeOffer(probe="x", sdp=SDP))
    asked = last(clinic, "W", p.ProbeRelay)
    clinic.say("W", p.ProbeAnswered(reply_to=asked.reply_to, probe="x", sdp=SDP))
    assert last(clinic, "G", p.ProbeAnswer).probe == "x"


def test_showing_out_is_finished_by_whoever_says_it_again(clinic: Clinic) -> None:
    talking, guest = clinic.joined()

    class Died(BaseException):
        pass

    def die(*_: object) -> None:
        raise Died

    whole, clinic.services.sockets.guest_seat = clinic.services.sockets.guest_seat, die  # type: ignore[method-assign,assignment]
    with pytest.raises(Died):
        clinic.remove(talking, guest)
    clinic.services.sockets.guest_seat = whole  # type: ignore[method-assign]
    assert not all_of(clinic, "W", p.CloseSeat)
    clinic.remove(talking, guest)
    assert last(clinic, "G", p.CallEnded).reason is EndReason.REMOVED
    assert Seat.GUEST_1 in [m.seat for m in all_of(clinic, "W", p.CloseSeat)]
    version = clinic.now(talking).version
    clinic.remove(talking, guest)
    assert clinic.now(talking).version == version


def test_an_offer_that_was_on_its_way_does_not_bring_them_back(clinic: Clinic) -> None:
    talking, guest = clinic.joined()
    to_worker = clinic.services.crew.to_worker_of

    def shown_out_first(consultation: Consultation, message: p.Message) -> bool:
        clinic.services.crew.to_worker_of = to_worker  # type: ignore[method-assign]
        clinic.remove(talking, guest)
        return to_worker(consultation, message)

    clinic.services.crew.to_worker_of = shown_out_first  # type: ignore[method-assign]
    clinic.say("G", p.Offer(consultation=talking.id, call=1, n=2, sdp=SDP))
    to_w = [m for m in clinic.push.to("W") if isinstance(m, p.RelayOffer | p.CloseSeat)]
    assert [type(m) for m in to_w[-2:]] == [p.RelayOffer, p.CloseSeat]


def test_what_was_on_its_way_does_not_bring_their_tile_back(clinic: Clinic) -> None:
    talking, _ = clinic.joined()
    tell = clinic.services.calls.tell_what_is_sent

    def hung_up_first(consultation: Consultation, of: Seat) -> None:
        clinic.services.calls.tell_what_is_sent = tell  # type: ignore[method-assign]
        clinic.say("G", p.HangUp(consultation=talking.id, call=1))
        tell(consultation, of)

    clinic.services.calls.tell_what_is_sent = hung_up_first  # type: ignore[method-assign]
    clinic.say("G", p.Media(consultation=talking.id, call=1, camera=True, microphone=True))
    told = [m for m in clinic.push.to("P") if isinstance(m, p.PeerMedia | p.PeerLeft)]
    assert isinstance(told[-1], p.PeerLeft)


def test_a_pause_of_who_was_shown_out_meanwhile_is_none(clinic: Clinic) -> None:
    talking, guest = clinic.joined()

    def somebody_else_has_the_seat() -> None:
        clinic.remove(talking, guest)
        clinic.join("H", talking, clinic.invite(talking, name="Nina"))

    clinic.store.before_write = somebody_else_has_the_seat
    assert clinic.say("G", p.Pause(consultation=talking.id, call=1, paused=True)) == "link_withdrawn"
    assert clinic.now(talking).pausers == ()
