"""Media workers: their registration and lease, reserving one for a call, and what happens when one is lost."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from chalicelib.consultations import SYSTEM, Actor, Consultations, only_in
from chalicelib.errors import Conflict, NotFound, NoWorker
from chalicelib.lifecycle import WITH_CALL, Event, Role
from chalicelib.placement import choose
from chalicelib.protocol import (
    CallEnded,
    CloseRoom,
    EndReason,
    Heartbeat,
    IceServer,
    OpenRoom,
    ProbeRelay,
    Register,
    Registered,
    Room,
    Seat,
)
from chalicelib.records import Consultation, Socket, Worker
from chalicelib.settings import Settings
from chalicelib.sockets import Sockets
from chalicelib.store import Refused, ReserveRoom, Store, Write

# How long a lost worker's row is kept for whoever still has to clear up after it.
KEEP_SECONDS: Final = 3600


class Workers:
    """The list of workers, and the calls they carry."""

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        sockets: Sockets,
        settings: Settings,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._sockets = sockets
        self._settings = settings
        self._now = now

    def register(self, socket: Socket, message: Register) -> None:
        """A worker is here, perhaps again: what it carries is held against what the table gives it."""
        mine = frozenset(room for room in message.rooms if self._carried_by(socket.worker, room))
        row = self._store.enlist(self._row(socket, message.capacity, mine, draining=message.draining))
        self._sockets.to(
            socket.connection,
            Registered(heartbeat_seconds=self._settings.heartbeat_seconds, lease_seconds=self._settings.lease_seconds),
        )
        for room in frozenset(message.rooms) - mine:
            self._sockets.to(socket.connection, CloseRoom(room=room))
        # A worker that started anew under its old name carries nothing of what it carried; one that was placed on it
        # while it was away never reached it.
        self._drop(socket.worker, row.rooms - mine)

    def heartbeat(self, socket: Socket, message: Heartbeat) -> bool:
        """Still here; False when it is not in the list (any more) and must register again."""
        row = self._find(socket.worker)
        if row is None:
            return False
        renewed = msgspec.structs.replace(row, connection=socket.connection, draining=message.draining, **self._lease())
        return self._store.renew_lease(renewed)

    def reserve(self, consultation: Consultation, staff: str, ice_servers: list[IceServer]) -> Consultation:
        """Let the clinician call: the consultation and a place on a worker change in one step.

        The worker is told to open the room. Raises NoWorker when there is no place, else as Consultations.happen.
        """
        if consultation.state in WITH_CALL:
            return consultation  # pressed twice; perhaps it is this very call that fills the worker
        gone: set[str] = set()
        while candidates := choose((w for w in self._all() if w.id not in gone), self._now()):
            chosen = candidates[0]
            gone.add(chosen.id)
            try:
                called = self._place(consultation, staff, chosen)
            except Refused:
                continue  # filled up or lost since it was read
            opened = OpenRoom(room=str(room_of(called)), ice_servers=ice_servers)
            if called.worker != chosen.id or self._sockets.to(chosen.connection, opened):
                return called
            self._end_of_line(room_of(called))
            self._store.release_room(chosen.id, str(room_of(called)))
        raise NoWorker

    def _place(self, consultation: Consultation, staff: str, worker: Worker) -> Consultation:
        def alter(present: Consultation) -> dict[str, Any]:
            return {"call": present.call + 1, "worker": worker.id}

        def also(present: Consultation) -> list[Write]:
            return [ReserveRoom(worker, str(room_of(present, present.call + 1)), int(self._now()))]

        by = Actor(Role.CLINICIAN, staff)
        return self._consultations.happen(consultation.trust, consultation.id, Event.CALL, by, alter=alter, also=also)

    def to_worker_of(self, consultation: Consultation, message: Any) -> bool:
        """Send to the worker that carries a consultation's call; False when that worker is gone."""
        worker = self._find(consultation.worker)
        if worker is None or worker.lease <= self._now():
            return False
        return self._sockets.to(worker.connection, message)

    def probe(self, connection: str, probe: str, sdp: str) -> None:
        """Hand a network test to a worker that is alive, full or not. Raises NoWorker."""
        alive = [w for w in self._all() if w.lease > self._now() and not w.draining]
        for worker in sorted(alive, key=lambda w: len(w.rooms)):
            if self._sockets.to(worker.connection, ProbeRelay(reply_to=connection, probe=probe, sdp=sdp)):
                return
        raise NoWorker

    def end(self, consultation: Consultation) -> None:
        """A call is over: tell its worker and free the place."""
        if consultation.call:
            self.to_worker_of(consultation, CloseRoom(room=str(room_of(consultation))))
            self._store.release_room(consultation.worker, str(room_of(consultation)))

    def room_ended(self, socket: Socket, room: str) -> None:
        """The worker closed a room. If the call was going on, both had gone: it may be called again."""
        self._drop(socket.worker, [room])

    def gone(self, socket: Socket) -> None:
        """A worker's socket closed. It keeps its lease: it may be back before that runs out, and media goes on."""
        self._sockets.forget(socket)

    def is_lost(self, consultation: Consultation) -> bool:
        """Look at the lease of the worker that carries a call, and clear up when it has run out."""
        worker = self._find(consultation.worker)
        if worker is not None and worker.lease > self._now():
            return False
        self._drop(consultation.worker, [str(room_of(consultation))])
        return True

    def sweep(self) -> int:
        """Clear up after every worker whose lease ran out; returns how many calls were dropped.

        A live worker gets back the places of calls that ended without freeing theirs: a function may die on its way.
        """
        dropped = 0
        for worker in self._all():
            if worker.lease <= self._now():
                dropped += self._drop(worker.id, worker.rooms)
                continue
            for room in worker.rooms:
                if not self._carried_by(worker.id, room):
                    self._store.release_room(worker.id, room)
        return dropped

    def _drop(self, worker: str, rooms: Iterable[str]) -> int:
        """The worker carries these calls no longer: both sides learn it, and the clinician may call again."""
        dropped = 0
        for name in rooms:
            room = Room.parse(name)
            over = not self._carried_by(worker, name) or not self._end_of_line(room)
            # Last, so that the sweep finds what a function that died here left behind.
            self._store.release_room(worker, name)
            if over:
                continue
            ended = CallEnded(consultation=room.consultation, call=room.call, reason=EndReason.WORKER_LOST)
            for seat in Seat:
                self._sockets.to_seat(room.trust, room.consultation, seat, ended)
            dropped += 1
        return dropped

    def _end_of_line(self, room: Room) -> bool:
        """Take back a call whose worker is lost; False when it ended in another way meanwhile."""
        try:
            self._consultations.happen(room.trust, room.consultation, Event.DROP, SYSTEM, alter=only_in(room.call))
        except Conflict:
            return False
        return True

    def _carried_by(self, worker: str, name: str) -> bool:
        """Whether the table says that this worker carries this call now."""
        room = Room.parse(name)
        try:
            consultation = self._consultations.find(room.trust, room.consultation)
        except NotFound:
            return False
        present = consultation.state in WITH_CALL and consultation.call == room.call
        return present and consultation.worker == worker

    def _find(self, worker: str) -> Worker | None:
        return self._store.get(Worker, (Worker.PARTITION, f"W#{worker}"))

    def _all(self) -> list[Worker]:
        return self._store.query(Worker, Worker.PARTITION, "W#")

    def _lease(self) -> dict[str, int]:
        lease = int(self._now()) + self._settings.lease_seconds
        return {"lease": lease, "expires": lease + KEEP_SECONDS}

    def _row(self, socket: Socket, capacity: int, rooms: frozenset[str], *, draining: bool) -> Worker:
        return Worker(
            id=socket.worker,
            connection=socket.connection,
            capacity=capacity,
            rooms=rooms,
            draining=draining,
            **self._lease(),
        )


def room_of(consultation: Consultation, call: int | None = None) -> Room:
    """The full name of a consultation's present call, or of another one by its number."""
    return Room(consultation.trust, consultation.id, consultation.call if call is None else call)
