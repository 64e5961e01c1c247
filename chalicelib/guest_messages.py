"""What a guest's page says: one method for each message of `FromGuest`.

Guests live the patient's life, by the same steps, but change nothing of the consultation's own state.
"""

from collections.abc import Callable
from typing import Any

from chalicelib import protocol as p
from chalicelib.consultations import within
from chalicelib.errors import Overtaken
from chalicelib.guests import altered, expected, standing, state_of, without_pause
from chalicelib.lifecycle import WITH_CALL, Event, Role, State, step
from chalicelib.protocol import Seat
from chalicelib.records import Consultation, Guest, Socket
from chalicelib.visit_messages import VisitMessages


class GuestMessages(VisitMessages):
    """A guest comes, waits, is let in and talks. Everything raises LinkWithdrawn once they were shown out."""

    def _on_hello(self, socket: Socket, _: p.Hello) -> None:
        consultation = self._own(socket, socket.consultation)
        guest = expected(consultation, socket.guest)
        self._sockets.sit(socket, consultation.id, guest.seat)
        self._sockets.tell_guest(consultation, guest)
        self._calls.resume(consultation, guest.seat)
        self._tell_of_presence(socket)

    def _on_check_in(self, socket: Socket, _: p.CheckIn) -> None:
        seat = expected(self._own(socket, socket.consultation), socket.guest).seat
        self._sockets.sit(socket, socket.consultation, seat)

        def alter(present: Consultation, guest: Guest) -> dict[str, Any] | None:
            step(state_of(present, guest), Event.CHECK_IN, Role.PATIENT)
            return None if guest.ready else {"guests": altered(present, guest.id, ready=True)}

        after = self._note(socket, "guest_ready", alter)
        self._sockets.tell_guest(after, expected(after, socket.guest))
        self._calls.ring(after, [self._seat(socket, after)])

    def _on_leave(self, socket: Socket, _: p.Leave) -> None:
        def alter(present: Consultation, guest: Guest) -> dict[str, Any] | None:
            step(state_of(present, guest), Event.LEAVE, Role.PATIENT)
            return _out(present, guest) if guest.ready else None

        after = self._note(socket, "guest_left", alter)
        self._sockets.tell_guest(after, expected(after, socket.guest))

    def _on_accept(self, socket: Socket, message: p.Accept) -> None:
        present = self._own(socket, message.consultation)
        self._claim_seat(socket, present)

        def alter(present: Consultation, guest: Guest) -> dict[str, Any] | None:
            state = state_of(present, guest)
            within(message.call)(present)
            if state not in WITH_CALL:
                raise Overtaken
            return None if state is State.IN_CALL else {"guests": altered(present, guest.id, call=present.call)}

        after = self._note(socket, "guest_joined", alter)
        self._calls.ask_everybody(after, [self._seat(socket, after)])

    def _on_offer(self, socket: Socket, message: p.Offer) -> None:
        seat = self._seat(socket, self._own(socket, message.consultation))
        super()._on_offer(socket, message)
        self._look_again(socket, seat)

    def _on_media(self, socket: Socket, message: p.Media) -> None:
        seat = self._seat(socket, self._own(socket, message.consultation))
        super()._on_media(socket, message)
        self._look_again(socket, seat)

    def _on_hang_up(self, socket: Socket, message: p.HangUp) -> None:
        """Only for themselves: the others go on."""
        is_this = within(message.call)
        is_this(self._own(socket, message.consultation))

        def alter(present: Consultation, guest: Guest) -> dict[str, Any] | None:
            is_this(present)
            return _out(present, guest) if state_of(present, guest) is State.IN_CALL else None

        after = self._note(socket, "guest_left", alter)
        guest = expected(after, socket.guest)
        self._empty(after, guest.seat)  # also when this is said again: whoever took it first may have died on the way
        self._sockets.tell_guest(after, guest)

    # ------------------------------------------------------------ parts

    def _own(self, socket: Socket, consultation: str) -> Consultation:
        present = super()._own(socket, consultation)
        expected(present, socket.guest)
        return present

    def _seat(self, socket: Socket, consultation: Consultation) -> Seat:
        return expected(consultation, socket.guest).seat

    def _present_call(self, socket: Socket, consultation: str, call: int) -> Consultation:
        present = super()._present_call(socket, consultation, call)
        if state_of(present, expected(present, socket.guest)) is not State.IN_CALL:
            raise Overtaken
        return present

    def _look_again(self, socket: Socket, seat: Seat) -> None:
        """They may have left or been shown out while something of theirs was on its way, and the others told before."""
        self._empty(self._consultations.find(socket.trust, socket.consultation), seat)

    def _empty(self, consultation: Consultation, seat: Seat) -> None:
        """Whoever sits there without being in the call is out of it."""
        if consultation.state in WITH_CALL and standing(consultation, seat) is not State.IN_CALL:
            self._crew.close_seat(consultation, seat)
            self._calls.left(consultation, seat)

    def _note(
        self, socket: Socket, what: str, alter: Callable[[Consultation, Guest], dict[str, Any] | None]
    ) -> Consultation:
        """Change what is known of this guest."""

        def decide(present: Consultation) -> dict[str, Any] | None:
            return alter(present, expected(present, socket.guest))

        return self._consultations.note(self._actor(socket), socket.consultation, what, decide)


def _out(present: Consultation, guest: Guest) -> dict[str, Any]:
    """The fields when a guest leaves: neither ready nor in the call, and their pause is over."""
    return {
        "guests": altered(present, guest.id, ready=False, call=0),
        "pausers": without_pause(present, guest.seat),
    }
