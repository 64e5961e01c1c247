"""Two at once, or one who dies half-way: each loser gets a clear answer, and nothing is left behind."""

import pytest

from chalicelib import protocol as p
from chalicelib.carriers import NotSent
from chalicelib.errors import TicketInvalid
from chalicelib.lifecycle import State
from chalicelib.protocol import Delivery, Seat
from chalicelib.rest import SendInvitation
from chalicelib.store import LeaveSeat
from tests.fakes.clinic import SETTINGS, Clinic


class Died(BaseException):
    """The function was cut off here."""


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def test_calling_twice_is_one_call_even_when_it_fills_the_worker(clinic: Clinic) -> None:
    called = clinic.calling()
    assert clinic.say("C", p.Call(consultation=called.id)) == "call"
    joins = [m for m in clinic.push.to("C") if isinstance(m, p.Join)]
    assert [j.call for j in joins] == [1, 1]
    assert clinic.now(called).call == 1


def test_two_sockets_call_at_once(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    clinic.clinician("C2")
    said: list[str] = []

    def other_first() -> None:
        said.append(clinic.say("C2", p.Call(consultation=waiting.id)))

    _before_change(clinic, other_first)
    assert clinic.say("C", p.Call(consultation=waiting.id)) == "call"
    assert said == ["call"]
    assert clinic.now(waiting).call == 1
    assert [w.rooms for w in clinic.workers()] == [{f"elvenes.{waiting.id}.1"}]


def test_who_leaves_while_being_called_frees_the_line_and_the_clinician_is_told(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    clinic.store.before_write = lambda: clinic.say("C", p.Call(consultation=waiting.id))
    assert clinic.say("P", p.Leave()) == "leave"
    assert clinic.now(waiting).state is State.INVITED
    assert [w.rooms for w in clinic.workers()] == [frozenset()]
    ended = p.CallEnded(consultation=waiting.id, call=1, reason=p.EndReason.WITHDRAWN)
    assert ended in clinic.push.to("C")


def test_accepting_a_call_that_was_withdrawn_and_placed_again_does_not_take_the_new_one(clinic: Clinic) -> None:
    called = clinic.calling()

    def again() -> None:
        clinic.say("C", p.WithdrawCall(consultation=called.id, call=1))
        clinic.say("C", p.Call(consultation=called.id))

    clinic.store.before_write = again
    assert clinic.say("P", p.Accept(consultation=called.id, call=1)) == "overtaken"
    assert (clinic.now(called).state, clinic.now(called).call) == (State.CALLING, 2)


def test_a_reload_keeps_the_seat_when_the_old_socket_closes_late(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    write = clinic.store.write

    def new_page_first(writes) -> None:
        if any(isinstance(w, LeaveSeat) for w in writes):
            clinic.store.write = write
            clinic.patient("P2", waiting)
        write(writes)

    clinic.store.write = new_page_first
    clinic.leave("P")
    held = clinic.services.sockets.seat(clinic.trust, waiting.id, Seat.PATIENT)
    assert held is not None
    assert held.connection == "P2"


def test_the_last_word_about_presence_is_the_true_one(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    send = clinic.push.send

    def comes_back_while_it_is_told(connection: str, message: p.Message) -> bool:
        if isinstance(message, p.Changed):
            clinic.push.send = send  # type: ignore[method-assign]
            clinic.patient("P2", waiting)
        return send(connection, message)

    clinic.push.send = comes_back_while_it_is_told  # type: ignore[method-assign]
    clinic.leave("P")
    said = [m.consultation.patient_present for m in clinic.push.to("C") if isinstance(m, p.Changed)]
    assert said[-3:] == [True, False, True]


def test_a_clinicians_page_that_closes_leaves_the_seats_of_all_its_calls(clinic: Clinic) -> None:
    first, other = clinic.two_calls()
    clinic.leave("C")
    seat = clinic.services.sockets.seat
    assert [seat(clinic.trust, one.id, Seat.CLINICIAN) for one in (first, other)] == [None, None]


def test_a_lost_workers_call_that_ended_meanwhile_does_not_stop_the_sweep(clinic: Clinic) -> None:
    first, other = clinic.two_calls()
    clinic.clock.time += SETTINGS.lease_seconds + SETTINGS.rescue_seconds
    clinic.store.before_write = lambda: clinic.say("P", p.Leave())
    clinic.services.workers.sweep()
    clinic.services.workers.sweep()
    assert clinic.now(first).state is State.INVITED
    assert clinic.now(other).state is State.CHECKED_IN
    lost = p.CallEnded(consultation=other.id, call=1, reason=p.EndReason.WORKER_LOST)
    assert lost in clinic.push.to("C")
    assert lost in clinic.push.to("Q")


def test_a_place_that_nobody_freed_comes_back(clinic: Clinic) -> None:
    called = clinic.calling()

    def die(*_: str) -> None:
        raise Died

    release, clinic.store.release_room = clinic.store.release_room, die
    with pytest.raises(Died):
        clinic.say("C", p.WithdrawCall(consultation=called.id, call=1))
    clinic.store.release_room = release
    assert clinic.workers()[0].rooms
    clinic.services.workers.sweep()
    assert not clinic.workers()[0].rooms


def test_a_worker_that_is_gone_is_passed_over(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    clinic.worker("X", "w0")  # the first in the order, and gone without a word
    clinic.push.gone.add("X")
    assert clinic.say("C", p.Call(consultation=waiting.id)) == "call"
    present = clinic.now(waiting)
    assert (present.state, present.worker) == (State.CALLING, "w1")
    assert {w.id: len(w.rooms) for w in clinic.workers()} == {"w0": 0, "w1": 1}


def test_who_dies_before_handing_it_over_is_stood_in_for_by_the_schedule(clinic: Clinic) -> None:
    def die(*_: object) -> None:
        raise Died

    hand_over = clinic.services.sendings.hand_over
    clinic.services.sendings.hand_over = die  # type: ignore[method-assign,assignment]
    with pytest.raises(Died):
        clinic.book()
    clinic.services.sendings.hand_over = hand_over  # type: ignore[method-assign]
    ((consultation, when),) = [(c, w) for (c, reason), w in clinic.scheduler.planned.items() if reason == "invite-1"]
    clinic.clock.time = when
    for _ in range(2):
        clinic.services.invites.deliver(clinic.trust, consultation, "invite-1")
    assert len(clinic.carrier.texts) == 1
    booked = clinic.services.consultations.find(clinic.trust, consultation)
    assert (booked.state, booked.sms) == (State.INVITED, Delivery.SENT)


def test_sending_again_has_the_schedule_behind_it_and_what_failed_is_tried_once_more(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.carrier.fail = NotSent("Throttling", retry=True)
    clinic.clock.time += 600
    again = clinic.services.invites.send_again(clinic.by, booked.id)
    assert again.sms is Delivery.FAILED
    clinic.carrier.fail = None
    clinic.clock.time = clinic.scheduler.planned[booked.id, "invite-2"]
    clinic.deliver(booked, "invite-2")
    assert clinic.now(booked).sms is Delivery.SENT
    links = {text.split("/i#")[1].split()[0] for _, text in clinic.carrier.texts}
    assert len(links) == 2, "every message carries a link of its own"


def test_two_deliveries_at_once_send_one_message(clinic: Clinic) -> None:
    booked = clinic.book(send=SendInvitation.BY_RULE, starts="2027-03-01T10:00:00Z")
    assert clinic.carrier.texts == []
    assert booked.invite_at is not None
    clinic.clock.time = booked.invite_at
    clinic.store.before_write = lambda: clinic.deliver(booked, "invite-1")
    clinic.deliver(booked, "invite-1")
    assert len(clinic.carrier.texts) == 1
    assert clinic.now(booked).state is State.INVITED


def test_what_nobody_foresaw_is_told_without_its_text(clinic: Clinic) -> None:
    waiting = clinic.waiting()

    def broken(*_: object) -> int:
        raise RuntimeError("Kari Testesen +4790000000")

    clinic.store.count = broken
    logged = clinic.say("P", p.ProbeStart())
    assert logged.startswith("RuntimeError visit_messages.py:")
    assert "Kari" not in logged
    told = clinic.push.to("P")[-1]
    assert isinstance(told, p.Error)
    assert (told.code, told.about) == ("internal", "probe_start")
    assert clinic.now(waiting).state is State.CHECKED_IN


@pytest.mark.parametrize("presented", ["worker.w1.1.n.æ", "worker.", "worker", "", "æ", "worker.a.b.c.d.e\ud800"])
def test_no_pass_of_any_shape_lets_in(clinic: Clinic, presented: str) -> None:
    with pytest.raises(TicketInvalid):
        clinic.services.signaling.connect("X", presented)


def _before_change(clinic: Clinic, act) -> None:
    """Let ``act`` happen between the next decision about a call and its write."""
    reserve = clinic.services.placing._place

    def place(*given):
        clinic.services.placing._place = reserve  # type: ignore[method-assign]
        clinic.store.before_write = act
        return reserve(*given)

    clinic.services.placing._place = place  # type: ignore[method-assign]
