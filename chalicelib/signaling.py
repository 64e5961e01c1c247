"""The socket: who connects, every message that arrives, and who leaves. One method for each message.

Identity, role and trust come from the socket's row. What cannot be is answered with `error` and changes nothing.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from chalicelib import protocol as p
from chalicelib.auth import Auth
from chalicelib.calls import Calls
from chalicelib.consultations import PATIENT, TRIES, Actor, Consultations, only_in
from chalicelib.errors import (
    Forbidden,
    NotFound,
    Overtaken,
    TooManyAttempts,
    Unauthenticated,
    VenteromError,
    WorkerLost,
)
from chalicelib.figures import Figures
from chalicelib.lifecycle import WITH_CALL, Event, Role, State, step
from chalicelib.log import fault
from chalicelib.protocol import EndReason, Message, Room, Seat
from chalicelib.records import Consultation, Socket
from chalicelib.register import Register
from chalicelib.settings import Settings
from chalicelib.sockets import Sockets
from chalicelib.store import Put, Store
from chalicelib.tokens import mint
from chalicelib.workers import Workers, room_of

PROBES_PER_HOUR: Final = 60
PROBE_RATES_KBPS: Final = (100, 250, 600, 1200)
PROBE_MILLISECONDS: Final = 1000
SEATS: Final = {Role.PATIENT: Seat.PATIENT, Role.CLINICIAN: Seat.CLINICIAN}
PARSERS: Final[dict[Role, Callable[[str | bytes], Message]]] = {
    Role.PATIENT: p.parse_patient,
    Role.CLINICIAN: p.parse_clinician,
    Role.WORKER: p.parse_worker,
}


class Signaling:
    """What the three WebSocket functions do."""

    def __init__(
        self,
        store: Store,
        auth: Auth,
        consultations: Consultations,
        sockets: Sockets,
        workers: Workers,
        calls: Calls,
        figures: Figures,
        register: Register,
        settings: Settings,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._auth = auth
        self._consultations = consultations
        self._sockets = sockets
        self._workers = workers
        self._calls = calls
        self._figures = figures
        self._register = register
        self._settings = settings
        self._now = now

    # ------------------------------------------------------------ coming and going

    def connect(self, connection: str, ticket: str) -> Role:
        """Let a socket in. Nothing can be sent to it yet. Raises TicketInvalid."""
        socket = self._auth.redeem(ticket, connection, self._sockets.expiry())
        self._store.write(self._sockets.rows(socket))
        return socket.role

    def disconnect(self, connection: str) -> None:
        """A socket closed; this may never be called, so nothing relies on it."""
        socket = self._sockets.find(connection)
        if socket is None:
            return
        if socket.role is Role.WORKER:
            self._workers.gone(socket)
            return
        self._sockets.forget(socket)
        if socket.role is Role.PATIENT:
            self._tell_of_presence(socket)
        else:
            self._tell_waiting_patients(socket)

    def message(self, connection: str, data: str | bytes) -> str:
        """Take one message; returns its type, or an error's code, for the log. Nothing a peer sends makes it raise."""
        socket = self._sockets.find(connection)
        if socket is None:
            return Unauthenticated.code
        about = ""
        try:
            message = PARSERS[socket.role](data)
            about = str(message.__struct_config__.tag)
            handler: Callable[[Socket, Any], None] = getattr(self, f"_on_{about}")
            handler(socket, message)
        except VenteromError as error:
            told = p.Error(code=error.code, message=error.text, retry=error.retry, about=about)
            self._sockets.to(connection, told)
            return error.code
        except Exception as error:  # noqa: BLE001 - the socket lives on, and nobody but the log learns what it was
            told = p.Error(code=VenteromError.code, message=VenteromError.text, retry=True, about=about)
            self._sockets.to(connection, told)
            return fault(error)
        return about

    # ------------------------------------------------------------ both sides

    def _on_hello(self, socket: Socket, _: p.Hello) -> None:
        if socket.role is Role.CLINICIAN:
            zone = ZoneInfo(self._register.trust(socket.trust).time_zone)
            today = datetime.fromtimestamp(self._now(), zone).date().isoformat()
            self._show(socket, today)
            self._resume_calls(socket, today)
            self._tell_waiting_patients(socket)
            return
        self._sockets.sit(socket.trust, socket.consultation, Seat.PATIENT, socket.connection)
        consultation = self._consultations.find(socket.trust, socket.consultation)
        self._sockets.tell_patient(consultation)
        if consultation.state in WITH_CALL:
            self._calls.ask(consultation, Seat.PATIENT)
        self._tell_of_presence(socket)

    def _on_ping(self, socket: Socket, _: p.Ping) -> None:
        self._sockets.to(socket.connection, p.Pong())

    def _on_offer(self, socket: Socket, message: p.Offer) -> None:
        consultation = self._present_call(socket, message.consultation, message.call)
        self._claim_seat(socket, consultation)
        offer = p.RelayOffer(room=str(room_of(consultation)), seat=SEATS[socket.role], n=message.n, sdp=message.sdp)
        if not self._workers.to_worker_of(consultation, offer):
            self._workers.is_lost(consultation)
            raise WorkerLost

    def _on_media(self, socket: Socket, message: p.Media) -> None:
        consultation = self._present_call(socket, message.consultation, message.call)
        seat = SEATS[socket.role]
        self._claim_seat(socket, consultation)
        taken = self._sockets.seat(socket.trust, consultation.id, seat)
        if taken is not None and taken.connection == socket.connection:
            self._sockets.sends(taken, camera=message.camera, microphone=message.microphone, screen=message.screen)
        self._calls.tell_what_is_sent(consultation, seat)

    def _on_hang_up(self, socket: Socket, message: p.HangUp) -> None:
        present = self._own(socket, message.consultation)
        if present.call != message.call:
            raise Overtaken
        by, alter = self._actor(socket), only_in(message.call)
        ended = self._consultations.happen(present.trust, present.id, Event.HANG_UP, by, alter=alter)
        self._end(ended, EndReason.HANG_UP)

    def _on_trouble(self, socket: Socket, message: p.Trouble) -> None:
        present = self._own(socket, message.consultation)
        if message.call < present.call and present.state in WITH_CALL:
            self._calls.ask(
                present, SEATS[socket.role]
            )  # it was placed anew, and whoever did that died before saying so
            return
        self._workers.is_lost(self._present_call(socket, message.consultation, message.call))

    # ------------------------------------------------------------ patient

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

    def _on_probe_start(self, socket: Socket, _: p.ProbeStart) -> None:
        self._limit(socket, "probe")
        ready = p.ProbeReady(
            probe=mint(),
            ice_servers=self._calls.ice_servers(socket.consultation),
            relay_only=self._settings.relay_only,
            rates_kbps=list(PROBE_RATES_KBPS),
            milliseconds=PROBE_MILLISECONDS,
        )
        self._sockets.to(socket.connection, ready)

    def _on_probe_offer(self, socket: Socket, message: p.ProbeOffer) -> None:
        self._limit(socket, "probe_offer")
        self._workers.probe(socket.connection, message.probe, message.sdp)

    # ------------------------------------------------------------ clinician

    def _on_watch(self, socket: Socket, message: p.Watch) -> None:
        self._show(socket, message.day)

    def _on_call(self, socket: Socket, message: p.Call) -> None:
        present = self._own(socket, message.consultation)
        step(present.state, Event.CALL, socket.role)  # before the seat: what cannot be takes none from another page
        self._sockets.sit(socket.trust, present.id, Seat.CLINICIAN, socket.connection)
        self._store.write([Put(msgspec.structs.replace(socket, consultation=present.id))])
        consultation = self._workers.reserve(present, socket.staff, self._calls.ice_servers(present.id))
        if consultation.state is State.CALLING:
            self._calls.ask_everybody(consultation)
        else:
            self._calls.ask(consultation, Seat.CLINICIAN)

    def _on_withdraw_call(self, socket: Socket, message: p.WithdrawCall) -> None:
        present = self._own(socket, message.consultation)
        if present.call != message.call:
            raise Overtaken
        by, alter = self._actor(socket), only_in(message.call)
        after = self._consultations.happen(present.trust, present.id, Event.WITHDRAW_CALL, by, alter=alter)
        self._end(after, EndReason.WITHDRAWN)

    # ------------------------------------------------------------ worker

    def _on_register(self, socket: Socket, message: p.Register) -> None:
        self._workers.register(socket, message)

    def _on_heartbeat(self, socket: Socket, message: p.Heartbeat) -> None:
        if not self._workers.heartbeat(socket, message):
            raise NotFound
        self._sockets.to(socket.connection, p.Pong())

    def _on_room_opened(self, socket: Socket, message: p.RoomOpened) -> None:
        """Nothing waits for it: an offer opens the room as well."""

    def _on_room_refused(self, socket: Socket, message: p.RoomRefused) -> None:
        servers = self._calls.ice_servers(Room.parse(message.room).consultation)
        if moved := self._workers.refused(socket, message.room, servers):
            self._calls.ask_everybody(moved)

    def _on_room_quality(self, socket: Socket, message: p.RoomQuality) -> None:
        self._figures.count(socket.worker, message)

    def _on_relay_answer(self, socket: Socket, message: p.RelayAnswer) -> None:
        if room := self._carried(socket, message.room):
            answer = p.Answer(consultation=room.consultation, call=room.call, n=message.n, sdp=message.sdp)
            self._sockets.to_seat(room.trust, room.consultation, message.seat, answer)

    def _on_relay_refused(self, socket: Socket, message: p.RelayRefused) -> None:
        if room := self._carried(socket, message.room):
            told = p.Error(code=message.code, message=VenteromError.text, retry=True, about="offer")
            self._sockets.to_seat(room.trust, room.consultation, message.seat, told)

    def _on_room_ended(self, socket: Socket, message: p.RoomEnded) -> None:
        self._workers.room_ended(socket, message.room)

    def _on_probe_answered(self, socket: Socket, message: p.ProbeAnswered) -> None:
        asker = self._sockets.find(message.reply_to)
        if asker is not None and asker.role is Role.PATIENT:
            self._sockets.to(asker.connection, p.ProbeAnswer(probe=message.probe, sdp=message.sdp))

    def _on_probe_refused(self, socket: Socket, message: p.ProbeRefused) -> None:
        """Another worker cannot be asked: the offer is gone. The page may try again."""
        asker = self._sockets.find(message.reply_to)
        if asker is not None and asker.role is Role.PATIENT:
            told = p.Error(code=message.code, message=VenteromError.text, retry=True, about="probe_offer")
            self._sockets.to(asker.connection, told)

    # ------------------------------------------------------------ parts

    def _own(self, socket: Socket, consultation: str) -> Consultation:
        """A consultation of the socket's owner. Raises Forbidden or NotFound for any other."""
        if socket.role is Role.CLINICIAN:
            return self._consultations.own(socket.trust, socket.staff, consultation)
        if consultation != socket.consultation:
            raise Forbidden
        return self._consultations.find(socket.trust, consultation)

    def _present_call(self, socket: Socket, consultation: str, call: int) -> Consultation:
        """As `_own`, and the call is the present one. Raises Overtaken when it is over."""
        present = self._own(socket, consultation)
        if present.call != call or present.state not in WITH_CALL:
            raise Overtaken
        return present

    def _claim_seat(self, socket: Socket, consultation: Consultation) -> None:
        """Only the socket that holds the seat speaks for it; a free seat is taken. Raises Overtaken."""
        seat = SEATS[socket.role]
        held = self._sockets.seat(socket.trust, consultation.id, seat)
        if held is None:
            self._sockets.sit(socket.trust, consultation.id, seat, socket.connection)
        elif held.connection != socket.connection:
            raise Overtaken

    def _limit(self, socket: Socket, what: str) -> None:
        """Count what a visit asks of the workers. Raises TooManyAttempts."""
        hour = int(self._now()) // 3600
        name = f"{what}#{socket.trust}#{socket.consultation}#{hour}"
        if self._store.count(name, (hour + 2) * 3600) > PROBES_PER_HOUR:
            raise TooManyAttempts

    def _actor(self, socket: Socket) -> Actor:
        return Actor(socket.role, socket.staff)

    def _end(self, consultation: Consultation, reason: EndReason) -> None:
        self._workers.end(consultation)
        self._calls.over(consultation, reason)

    def _show(self, socket: Socket, day: str) -> None:
        found = self._consultations.day(socket.trust, socket.staff, day)
        board = p.Board(day=day, consultations=[self._sockets.for_clinician(c) for c in found], delay_minutes=0)
        self._sockets.to(socket.connection, board)

    def _resume_calls(self, socket: Socket, day: str) -> None:
        """After a reload the clinician's page takes up the call that it was in."""
        for consultation in self._consultations.day(socket.trust, socket.staff, day):
            if consultation.state in WITH_CALL:
                self._sockets.sit(socket.trust, consultation.id, Seat.CLINICIAN, socket.connection)
                self._store.write([Put(msgspec.structs.replace(socket, consultation=consultation.id))])
                self._calls.ask(consultation, Seat.CLINICIAN)

    def _tell_of_presence(self, socket: Socket) -> None:
        """A patient came or went. No version orders presence, so whoever told it looks whether it still holds."""
        told: bool | None = None
        for _ in range(TRIES):
            consultation = self._consultations.find(socket.trust, socket.consultation)
            view = self._sockets.for_clinician(consultation)
            if view.patient_present == told:
                return
            told = view.patient_present
            changed = p.Changed(day=consultation.day, consultation=view)
            self._sockets.to_watchers(socket.trust, consultation.staff, changed)

    def _tell_waiting_patients(self, socket: Socket) -> None:
        """A clinician came or went: those who wait see it."""
        zone = ZoneInfo(self._register.trust(socket.trust).time_zone)
        today = datetime.fromtimestamp(self._now(), zone).date().isoformat()
        for consultation in self._consultations.day(socket.trust, socket.staff, today):
            if consultation.state is State.CHECKED_IN:
                self._sockets.tell_patient(consultation)

    def _carried(self, socket: Socket, name: str) -> Room | None:
        """The room, if this worker carries it now; what is late from an older call is dropped."""
        room = Room.parse(name)
        try:
            consultation = self._consultations.find(room.trust, room.consultation)
        except NotFound:
            return None
        present = consultation.state in WITH_CALL and consultation.call == room.call
        return room if present and consultation.worker == socket.worker else None
