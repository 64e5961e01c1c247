"""What a patient's page says: one method for each message of `FromPatient`."""

from typing import Any

from chalicelib import protocol as p
from chalicelib.consultations import PATIENT, only_in
from chalicelib.guests import SEATS
from chalicelib.lifecycle import WITH_CALL, Event, State
from chalicelib.protocol import EndReason, Seat
from chalicelib.records import Consultation, Socket
from chalicelib.visit_messages import VisitMessages


class PatientMessages(VisitMessages):
    """The patient comes, waits, is called and talks."""

    def _on_hello(self, socket: Socket, _: p.Hello) -> None:
        self._sockets.sit(socket.trust, socket.consultation, Seat.PATIENT, socket.connection)
        consultation = self._consultations.find(socket.trust, socket.consultation)
        self._sockets.tell_patient(consultation)
        if consultation.state in WITH_CALL:
            self._calls.ask(consultation, Seat.PATIENT)
        self._tell_of_presence(socket)

    def _on_check_in(self, socket: Socket, message: p.CheckIn) -> None:
        self._sockets.sit(socket.trust, socket.consultation, Seat.PATIENT, socket.connection)
        consultation = self._consultations.happen(
            socket.trust,
            socket.consultation,
            Event.CHECK_IN,
            PATIENT,
            alter=lambda _: {
                "checked_in_at": int(self._now()),
                "devices": message.devices,
                "network": message.network,
            },
        )
        self._sockets.tell_patient(consultation)

    def _on_leave(self, socket: Socket, _: p.Leave) -> None:
        left: State | None = None  # what it was when the change was written, which may be later than any read before it

        def alter(present: Consultation) -> dict[str, Any]:
            nonlocal left
            left = present.state
            return {"checked_in_at": None}

        after = self._consultations.happen(socket.trust, socket.consultation, Event.LEAVE, PATIENT, alter=alter)
        if left is State.CALLING:
            self._end(after, EndReason.WITHDRAWN)
        self._sockets.tell_patient(after)

    def _on_accept(self, socket: Socket, message: p.Accept) -> None:
        consultation = self._present_call(socket, message.consultation, message.call)
        self._claim_seat(socket, consultation)
        alter = only_in(message.call)
        consultation = self._consultations.happen(
            consultation.trust, consultation.id, Event.ACCEPT, PATIENT, alter=alter
        )
        self._calls.ask(consultation, Seat.PATIENT)
        self._calls.ring(consultation, SEATS)

    # ------------------------------------------------------------ parts

    def _seat(self, socket: Socket, consultation: Consultation) -> Seat:
        return Seat.PATIENT
