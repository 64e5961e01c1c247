"""What a patient's page says: one method for each message of `FromPatient`."""

from typing import Any, Final

import msgspec

from chalicelib import protocol as p
from chalicelib.consultations import within
from chalicelib.errors import Overtaken
from chalicelib.guests import SEATS
from chalicelib.lifecycle import WITH_CALL, Event, State
from chalicelib.protocol import Answer3, EndReason, Seat
from chalicelib.records import Consultation, Socket
from chalicelib.visit_messages import VisitMessages

BEFORE_THE_CALL: Final = frozenset({State.BOOKED, State.INVITED, State.CHECKED_IN, State.MISSED})
SAID_TWICE_SECONDS: Final = 60
"""Within this time the same results are the same message, come twice."""


class PatientMessages(VisitMessages):
    """The patient comes, waits, is called and talks."""

    def _on_hello(self, socket: Socket, _: p.Hello) -> None:
        self._sockets.sit(socket, socket.consultation, Seat.PATIENT)
        consultation = self._consultations.find(socket.trust, socket.consultation)
        self._waiting.tell(consultation)
        self._calls.resume(consultation, Seat.PATIENT)
        self._tell_of_presence(socket)

    def _on_check_in(self, socket: Socket, message: p.CheckIn) -> None:
        self._sockets.sit(socket, socket.consultation, Seat.PATIENT)
        consultation = self._consultations.happen(
            self._actor(socket),
            socket.consultation,
            Event.CHECK_IN,
            alter=lambda present: {"checked_in_at": int(self._now()), **self._shown(present, message)},
        )
        self._waiting.tell(consultation)

    def _on_tested(self, socket: Socket, message: p.Tested) -> None:
        self._limit(socket, "tested")

        def decide(present: Consultation) -> dict[str, Any] | None:
            shown = self._shown(present, message)
            same = (present.devices, present.network) == (shown["devices"], shown["network"])
            just_said = same and int(self._now()) - (present.tested_at or 0) < SAID_TWICE_SECONDS
            return None if present.state not in BEFORE_THE_CALL or just_said else shown

        self._consultations.note(self._actor(socket), socket.consultation, "tested", decide)

    def _on_running_late(self, socket: Socket, message: p.RunningLate) -> None:
        self._limit(socket, "running_late")

        def decide(present: Consultation) -> dict[str, Any] | None:
            idle = present.state not in BEFORE_THE_CALL or present.running_late == message.minutes
            return None if idle else {"running_late": message.minutes}

        self._consultations.note(self._actor(socket), socket.consultation, "running_late", decide)

    def _on_leave(self, socket: Socket, _: p.Leave) -> None:
        left: State | None = None  # what it was when the change was written, which may be later than any read before it

        def alter(present: Consultation) -> dict[str, Any]:
            nonlocal left
            left = present.state
            return {"checked_in_at": None}

        after = self._consultations.happen(self._actor(socket), socket.consultation, Event.LEAVE, alter=alter)
        if left is State.CALLING:
            self._end(after, EndReason.WITHDRAWN)
        self._waiting.tell(after)

    def _on_accept(self, socket: Socket, message: p.Accept) -> None:
        present = self._own(socket, message.consultation)
        if present.state not in WITH_CALL:
            raise Overtaken
        is_this = within(message.call)
        is_this(present)
        self._claim_seat(socket, present)

        def alter(present: Consultation) -> dict[str, Any]:
            return {**is_this(present), "running_late": 0}

        consultation = self._consultations.happen(self._actor(socket), present.id, Event.ACCEPT, alter=alter)
        self._calls.ask(consultation, Seat.PATIENT)
        self._calls.ring(consultation, SEATS)

    # ------------------------------------------------------------ parts

    def _shown(self, present: Consultation, message: p.Tested | p.CheckIn) -> dict[str, Any]:
        """The fields of what tests have shown: what was not tested again stays as it was."""
        again = {k: v for k, v in msgspec.structs.asdict(message.devices).items() if v is not Answer3.UNTESTED}
        return {
            "devices": msgspec.structs.replace(present.devices, **again),
            "network": message.network or present.network,
            "tested_at": int(self._now()),
        }

    def _seat(self, socket: Socket, consultation: Consultation) -> Seat:
        return Seat.PATIENT
