"""What a clinician's page says: one method for each message of `FromClinician`."""

from typing import Any, Final

from chalicelib import protocol as p
from chalicelib.call_messages import CallMessages
from chalicelib.errors import IllegalTransition, NotFound
from chalicelib.guests import altered, guest_of
from chalicelib.lifecycle import FINAL, WITH_CALL, Event, State, step
from chalicelib.lines import Lines
from chalicelib.lists import Lists
from chalicelib.protocol import EndReason, Seat
from chalicelib.records import Consultation, Socket
from chalicelib.rest import WhichDay
from chalicelib.rights import Actor, own
from chalicelib.suspensions import Suspensions

DAY: Final = 86400


class ClinicianMessages(CallMessages):
    """The clinician watches her list, calls and talks."""

    def __init__(self, lists: Lists, lines: Lines, suspensions: Suspensions, *means: Any) -> None:
        super().__init__(*means)
        self._lists = lists
        self._lines = lines
        self._suspensions = suspensions

    def gone(self, socket: Socket) -> None:
        """A clinician's socket has ended. It remembers where it sat last only, and may hold seats besides."""
        for day in self._days(socket):
            for consultation in self._store.day(socket.trust, socket.staff, day):
                held = self._sockets.holder(consultation, Seat.CLINICIAN)
                if held and held.connection == socket.connection:
                    self._sockets.leave(held)
        self._tell_waiting_patients(socket)

    def _on_hello(self, socket: Socket, _: p.Hello) -> None:
        today = self._today(socket.trust)
        self._lists.show(socket, self._actor(socket), WhichDay(day=today))
        self._resume_calls(socket)
        self._tell_waiting_patients(socket)

    def _on_watch(self, socket: Socket, message: p.Watch) -> None:
        self._lists.watch(socket, message)

    def _on_delay(self, socket: Socket, message: p.Delay) -> None:
        self._waiting.delay(socket.trust, socket.staff, self._today(socket.trust), message.minutes)

    def _on_call(self, socket: Socket, message: p.Call) -> None:
        present = self._own(socket, message.consultation)
        step(present.state, Event.CALL, socket.role)  # before the seat: what cannot be takes none from another page
        self._suspensions.let_call(present)
        self._sockets.sit(socket, present.id, Seat.CLINICIAN, asked=True)
        consultation = self._lines.call(self._actor(socket), present)
        if isinstance(consultation, p.Queued):
            self._sockets.to(socket.connection, consultation)
        elif consultation.state is State.CALLING:
            self._calls.ask_everybody(consultation)
        else:
            self._calls.ask(consultation, Seat.CLINICIAN)

    def _on_withdraw_call(self, socket: Socket, message: p.WithdrawCall) -> None:
        self._lines.give_up(self._own(socket, message.consultation))
        self._finish(socket, message, Event.WITHDRAW_CALL, EndReason.WITHDRAWN)

    def _on_admit(self, socket: Socket, message: p.Admit) -> None:
        by, present = self._actor(socket), self._own(socket, message.consultation)

        def decide(present: Consultation) -> dict[str, Any] | None:
            guest = guest_of(own(by, present), message.guest)
            if guest is None:
                raise NotFound
            if present.state in FINAL:
                raise IllegalTransition
            return None if guest.admitted else {"guests": altered(present, guest.id, admitted=True)}

        after = self._consultations.note(by, present.id, "guest_admitted", decide)
        self._calls.ring(after, [guest.seat for guest in after.guests if guest.id == message.guest])

    # ------------------------------------------------------------ parts

    def _own(self, socket: Socket, consultation: str) -> Consultation:
        return self._consultations.own(self._actor(socket), consultation)

    def _actor(self, socket: Socket) -> Actor:
        """As the register says now. Raises Forbidden when she is no clinician any more."""
        return self._register.actors(socket, [socket.role])[0]

    def _seat(self, socket: Socket, consultation: Consultation) -> Seat:
        return Seat.CLINICIAN

    def _resume_calls(self, socket: Socket) -> None:
        """A clinician's page takes up the call that it was in, be it of yesterday by now, or of tomorrow."""
        for day in self._days(socket):
            for consultation in self._consultations.day(self._actor(socket), socket.staff, day):
                if consultation.state in WITH_CALL:
                    self._sockets.sit(socket, consultation.id, Seat.CLINICIAN)
                    self._calls.resume(consultation, Seat.CLINICIAN)

    def _days(self, socket: Socket) -> list[str]:
        """Yesterday, today and tomorrow, where the trust is."""
        now = int(self._now())
        return sorted({self._consultations.day_of(socket.trust, now + n * DAY) for n in (-1, 0, 1)})

    def _tell_waiting_patients(self, socket: Socket) -> None:
        """A clinician came or went: those who wait see it."""
        self._waiting.tell_all(socket.trust, socket.staff, self._today(socket.trust))
