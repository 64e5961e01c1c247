"""Media workers: their registration and lease, reserving one for a call, and what happens when one is lost."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from chalicelib.consultations import Consultations, only_in
from chalicelib.errors import Conflict, NotFound, NoWorker, Overtaken
from chalicelib.guests import carried_on
from chalicelib.lifecycle import WITH_CALL, Event
from chalicelib.placement import choose, choose_for_probe
from chalicelib.protocol import (
    CallEnded,
    CloseRoom,
    CloseSeat,
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
from chalicelib.rights import Actor, own, system
from chalicelib.settings import Settings
from chalicelib.sockets import Sockets
from chalicelib.store import Refused, ReserveRoom, Store, Write

# How long a lost worker's row is kept for whoever still has to clear up after it.
KEEP_SECONDS: Final = 3600
# How loaded a worker counts that has just refused a call: two that refuse must not pass it to and fro.
FULL: Final = 1.0


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
            Registered(
                heartbeat_seconds=self._settings.heartbeat_seconds,
                lease_seconds=self._settings.lease_seconds,
                socket_seconds=self._settings.socket_seconds,
            ),
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
        renewed = msgspec.structs.replace(
            row,
            connection=socket.connection,
            draining=message.draining,
            load=round(message.load, 3),
            **self._lease(),
        )
        return self._store.renew_lease(renewed)

    def reserve(self, by: Actor, consultation: Consultation, ice_servers: list[IceServer]) -> Consultation:
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
                called = self._place(by, consultation, chosen)
            except Refused:
                continue  # filled up or lost since it was read
            opened = OpenRoom(room=str(room_of(called)), ice_servers=ice_servers)
            if called.worker != chosen.id or self._sockets.to(chosen.connection, opened):
                return called
            self._end_of_line(room_of(called))
            self._store.release_room(chosen.id, str(room_of(called)))
        raise NoWorker

    def _place(self, by: Actor, consultation: Consultation, worker: Worker) -> Consultation:
        def alter(present: Consultation) -> dict[str, Any]:
            return {"call": own(by, present).call + 1, "worker": worker.id}

        def also(present: Consultation) -> list[Write]:
            return [ReserveRoom(worker, str(room_of(present, present.call + 1)), int(self._now()))]

        return self._consultations.happen(by, consultation.id, Event.CALL, alter=alter, also=also)

    def refused(self, socket: Socket, name: str, ice_servers: list[IceServer]) -> Consultation | None:
        """A worker has no place or no strength for a call that was placed on it: another one gets the call.

        Returns the consultation with the call's next number. None when nothing moved: the message was late or about
        another worker's call, or there is no other worker, and then both sides have been told that the call is lost.
        """
        self._store.note_load(socket.worker, FULL)  # until its next heartbeat
        worker, tried = socket.worker, {socket.worker}
        while others := choose((w for w in self._all() if w.id not in tried), self._now()):
            other = others[0]
            tried.add(other.id)
            try:
                moved = self._place_again(worker, name, other)
            except Refused:
                continue  # filled up or lost since it was read
            except (Conflict, NotFound):
                break  # over, or elsewhere by now
            if worker == socket.worker:
                # An offer under the old number may still reach it, and must not open the room after all.
                self._sockets.to(socket.connection, CloseRoom(room=name))
            self._store.release_room(worker, name)
            worker, name = other.id, str(room_of(moved))
            if self._sockets.to(other.connection, OpenRoom(room=name, ice_servers=ice_servers)):
                return moved
        self._drop(worker, [name])
        return None

    def _place_again(self, worker: str, name: str, other: Worker) -> Consultation:
        """Move a call from ``worker`` to ``other``, under its next number. Raises Overtaken when it is not there."""
        room = Room.parse(name)

        def decide(present: Consultation) -> dict[str, Any]:
            if not _carries(worker, present, room):
                raise Overtaken
            call = present.call + 1
            return {"call": call, "worker": other.id, "guests": carried_on(present, call)}

        def also(present: Consultation) -> list[Write]:
            return [ReserveRoom(other, str(room_of(present, present.call + 1)), int(self._now()))]

        return self._consultations.note(system(room.trust), room.consultation, "moved", decide, also)

    def to_worker_of(self, consultation: Consultation, message: Any) -> bool:
        """Send to the worker that carries a consultation's call; False when that worker is gone."""
        worker = self._find(consultation.worker)
        if worker is None or worker.lease <= self._now():
            return False
        return self._sockets.to(worker.connection, message)

    def probe(self, connection: str, probe: str, sdp: str) -> None:
        """Hand a network test to a worker. Raises NoWorker."""
        for worker in choose_for_probe(self._all(), self._now()):
            if self._sockets.to(worker.connection, ProbeRelay(reply_to=connection, probe=probe, sdp=sdp)):
                return
        raise NoWorker

    def end(self, consultation: Consultation) -> None:
        """A call is over: tell its worker and free the place."""
        if consultation.call:
            self.to_worker_of(consultation, CloseRoom(room=str(room_of(consultation))))
            self._store.release_room(consultation.worker, str(room_of(consultation)))

    def close_seat(self, consultation: Consultation, seat: Seat) -> None:
        """Somebody left a call that goes on: its worker drops them."""
        self.to_worker_of(consultation, CloseSeat(room=str(room_of(consultation)), seat=seat))

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
            lost = self._end_of_line(room) if self._carried_by(worker, name) else None
            # Last, so that the sweep finds what a function that died here left behind.
            self._store.release_room(worker, name)
            if lost is None:
                continue
            ended = CallEnded(consultation=room.consultation, call=room.call, reason=EndReason.WORKER_LOST)
            self._sockets.to_call(lost, ended)
            dropped += 1
        return dropped

    def _end_of_line(self, room: Room) -> Consultation | None:
        """Take back a call whose worker is lost; None when it ended in another way meanwhile."""
        by, alter = system(room.trust), only_in(room.call)
        try:
            return self._consultations.happen(by, room.consultation, Event.DROP, alter=alter)
        except Conflict:
            return None

    def _carried_by(self, worker: str, name: str) -> bool:
        """Whether the table says that this worker carries this call now."""
        room = Room.parse(name)
        try:
            present = self._consultations.find(room.trust, room.consultation)
        except NotFound:
            return False
        return _carries(worker, present, room)

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


def _carries(worker: str, present: Consultation, room: Room) -> bool:
    """Whether ``room`` is a consultation's present call, and on this worker."""
    return present.state in WITH_CALL and present.call == room.call and present.worker == worker


def room_of(consultation: Consultation, call: int | None = None) -> Room:
    """The full name of a consultation's present call, or of another one by its number."""
    return Room(consultation.trust, consultation.id, consultation.call if call is None else call)
