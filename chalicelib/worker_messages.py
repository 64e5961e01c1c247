"""What a media worker says: one method for each message of `FromWorker`."""

from collections.abc import Callable
from typing import Final

from chalicelib import protocol as p
from chalicelib import xray
from chalicelib.consultations import Consultations
from chalicelib.errors import Gone, NotFound, Unavailable, VenteromError, known
from chalicelib.figures import Figures
from chalicelib.lifecycle import WITH_CALL, Role
from chalicelib.metrics import Metric, measure
from chalicelib.protocol import Room
from chalicelib.records import Consultation, Socket
from chalicelib.sockets import Sockets
from chalicelib.workers import Workers

TESTERS: Final = frozenset({Role.PATIENT, Role.GUEST})
"""Who tests the network."""


class WorkerMessages:
    """Its rooms are told to their people; what is late from an older call goes nowhere."""

    def __init__(
        self,
        consultations: Consultations,
        sockets: Sockets,
        workers: Workers,
        figures: Figures,
        now: Callable[[], float],
    ) -> None:
        self._consultations = consultations
        self._sockets = sockets
        self._workers = workers
        self._figures = figures
        self._now = now

    def gone(self, socket: Socket) -> None:
        """Its socket has ended."""
        self._workers.gone(socket)

    def _on_register(self, socket: Socket, message: p.Register) -> None:
        self._workers.register(socket, message)

    def _on_heartbeat(self, socket: Socket, message: p.Heartbeat) -> None:
        if not self._workers.heartbeat(socket, message):
            raise NotFound
        self._sockets.to(socket.connection, p.Pong())
        if message.draining:
            self._workers.relieve(socket.worker)

    def _on_room_opened(self, socket: Socket, message: p.RoomOpened) -> None:
        """Nothing waits for it: an offer opens the room as well."""

    def _on_room_refused(self, socket: Socket, message: p.RoomRefused) -> None:
        self._workers.refused(socket, message.room)

    def _on_room_quality(self, socket: Socket, message: p.RoomQuality) -> None:
        self._figures.count(socket.worker, message)

    def _on_relay_answer(self, socket: Socket, message: p.RelayAnswer) -> None:
        if carried := self._carried(socket, message.room):
            answer = p.Answer(consultation=carried.id, call=carried.call, n=message.n, sdp=message.sdp)
            self._sockets.to_seat(carried, message.seat, answer)
            measure({Metric.ANSWER: message.milliseconds})
            xray.told("worker", message.trace, message.milliseconds, self._now(), "answer")

    def _on_relay_refused(self, socket: Socket, message: p.RelayRefused) -> None:
        """A room that is over, or has no place: it said so by itself, but whoever was to take that may have died."""
        carried = self._carried(socket, message.room)
        if carried is None:
            return
        if message.code == Gone.code:
            self._workers.room_ended(socket, message.room)
        elif message.code == Unavailable.code:
            self._workers.refused(socket, message.room)
        else:
            told = p.Error(code=known(message.code), message=VenteromError.text, retry=True, about="offer")
            self._sockets.to_seat(carried, message.seat, told)

    def _on_room_ended(self, socket: Socket, message: p.RoomEnded) -> None:
        self._workers.room_ended(socket, message.room)

    def _on_probe_answered(self, socket: Socket, message: p.ProbeAnswered) -> None:
        self._to_tester(message.reply_to, p.ProbeAnswer(probe=message.probe, sdp=message.sdp))

    def _on_probe_waiting(self, socket: Socket, message: p.ProbeWaiting) -> None:
        self._to_tester(message.reply_to, p.ProbeQueued(probe=message.probe, place=message.place))

    def _on_probe_refused(self, socket: Socket, message: p.ProbeRefused) -> None:
        """Another worker cannot be asked: the offer is gone. The page may try again."""
        told = p.Error(code=known(message.code), message=VenteromError.text, retry=True, about="probe_offer")
        self._to_tester(message.reply_to, told)

    def _to_tester(self, connection: str, message: p.Message) -> None:
        """Only to who tests the network: a worker's word reaches nobody else."""
        asker = self._sockets.find(connection)
        if asker is not None and asker.role in TESTERS:
            self._sockets.to(asker.connection, message)

    def _carried(self, socket: Socket, name: str) -> Consultation | None:
        """A room's consultation, if this worker carries it now; what is late from an older call is dropped."""
        room = Room.parse(name)
        try:
            consultation = self._consultations.find(room.trust, room.consultation)
        except NotFound:
            return None
        present = consultation.state in WITH_CALL and consultation.call == room.call
        return consultation if present and consultation.worker == socket.worker else None
