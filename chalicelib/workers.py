"""Media workers come, beat, tire, drain and are lost; what they carry then moves to others."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from chalicelib.crew import Crew
from chalicelib.log import fault, log
from chalicelib.metrics import Metric, measure
from chalicelib.placement import alive, free
from chalicelib.placing import Place, Placing
from chalicelib.protocol import CloseRoom, Heartbeat, Register, Registered
from chalicelib.records import Socket, Worker
from chalicelib.settings import Settings
from chalicelib.sockets import Sockets
from chalicelib.store import Store

KEEP_SECONDS: Final = 3600
"""How long a lost worker's row is kept at most for whoever still has to clear up after it."""
FULL: Final = 1.0
"""How loaded a worker counts that has just refused a call: two that refuse must not pass it to and fro."""
MOVING_SECONDS: Final = 6
"""How long one message's function moves calls. The functions of messages and of `$disconnect` have ten seconds."""
SWEEPING_SECONDS: Final = 40
"""The same of the sweep, which has fifty."""


class Workers:
    """The list of workers, kept by what they say of themselves and by what they no longer say."""

    def __init__(
        self,
        store: Store,
        crew: Crew,
        placing: Placing,
        sockets: Sockets,
        settings: Settings,
        now: Callable[[], float],
        side_by_side: Callable[[Callable[[str], str], Iterable[str]], Iterable[str]],
    ) -> None:
        """``side_by_side``: does something for many, one waiting for AWS while another does."""
        self._store = store
        self._crew = crew
        self._placing = placing
        self._sockets = sockets
        self._settings = settings
        self._now = now
        self._side_by_side = side_by_side

    def register(self, socket: Socket, message: Register) -> None:
        """A worker is here, perhaps again: what it carries is held against what the table gives it.

        It is in the list first and compared then: whoever moves a call of it meanwhile reaches it and tells it.
        """
        row = self._store.enlist(self._row(socket, message.capacity, draining=message.draining))
        told = Registered(
            heartbeat_seconds=self._settings.heartbeat_seconds,
            lease_seconds=self._settings.lease_seconds,
            socket_seconds=self._settings.socket_seconds,
            address=socket.address,
        )
        self._sockets.to(socket.connection, told)
        here = frozenset(message.rooms)
        mine = frozenset(room for room in here if self._placing.is_there(Place(row.id, room)))
        for room in here - mine:
            self._sockets.to(socket.connection, CloseRoom(room=room, moved=self._placing.goes_on(room)))
        if mine - row.rooms:  # it was away for longer than its row was kept
            row = self._store.enlist(msgspec.structs.replace(row, rooms=mine))
        # A worker that started anew under its old name carries nothing of what it carried, but has room for it; what
        # was placed on it while it was away never reached it.
        self._move_all(row.id, row.rooms - mine, self._now() + MOVING_SECONDS, back=True, give_up=True)
        if message.draining:
            self.relieve(row.id)
        else:
            self._relieve_others(row.id)

    def heartbeat(self, socket: Socket, message: Heartbeat) -> bool:
        """Still here; False when it is not in the list, or by another socket: then it must register (again)."""
        row = self._crew.find(socket.worker)
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

    def relieve(self, worker: str) -> None:
        """Move away all that a worker carries; what has no place elsewhere stays, and is tried again later."""
        if row := self._crew.find(worker):
            self._relieve(row, self._now() + MOVING_SECONDS)

    def refused(self, socket: Socket, room: str) -> None:
        """A worker has no place or no strength for a call that was placed on it: another one gets it, or it is lost."""
        self._store.note_load(socket.worker, FULL)  # until its next heartbeat
        if stuck := self._placing.move(Place(socket.worker, room)):
            self._placing.drop(stuck)

    def room_ended(self, socket: Socket, room: str) -> None:
        """The worker closed a room. If the call was going on there, both had gone: it may be called again."""
        self._placing.drop(Place(socket.worker, room))

    def gone(self, socket: Socket) -> None:
        """A worker's socket closed: its calls move at once, unless it has a newer one.

        Where there is no other place they stay: it keeps its lease, may be back before that runs out, and media goes
        on. The row loses the socket first, so that nothing is placed there.
        """
        self._store.unplug(socket.worker, socket.connection)
        row = self._crew.find(socket.worker)
        if row is not None and not row.connection:
            self._relieve(row, self._now() + MOVING_SECONDS)

    def sweep(self) -> int:
        """Clear up behind every worker that is lost, silent or draining; returns how many calls were dropped.

        All of them get back the places of calls that are not there any more, and are asked for the rooms of those that
        only they would tell of: a function may die on its way.
        """
        until, dropped = self._now() + SWEEPING_SECONDS, 0
        crew = self._crew.all()
        self._measure(crew)
        for worker in crew:
            for room in worker.rooms:
                if not self._placing.is_there(Place(worker.id, room)):
                    self._store.release_room(worker.id, room)
            if self._is_to_be_left(worker):
                dropped += self._relieve(worker, until)
            if self._crew.is_lost(worker):
                self._store.dismiss(worker.id, int(self._now()))
        for worker in crew:
            for room in worker.rooms:
                if self._now() <= until:
                    self._placing.ask(Place(worker.id, room))
        return dropped

    # ------------------------------------------------------------ parts

    def _measure(self, crew: list[Worker]) -> None:
        """Once a minute: so that the workers themselves need not know how to tell anybody."""
        able = alive(crew, self._now())
        measure(
            {
                Metric.WORKERS: len(able),
                Metric.WORKERS_LOST: sum(self._crew.is_lost(worker) and not worker.draining for worker in crew),
                Metric.FREE_PLACES: free(crew, self._now()),
                Metric.CALLS: sum(len(worker.rooms) for worker in crew),
                Metric.LOAD: 100 * max((worker.load for worker in able), default=0.0),
            }
        )

    def _relieve_others(self, newcomer: str) -> None:
        """What had no place before this worker came has one now."""
        until = self._now() + MOVING_SECONDS
        for worker in self._crew.all():
            if worker.id != newcomer and self._is_to_be_left(worker):
                self._relieve(worker, until)

    def _is_to_be_left(self, worker: Worker) -> bool:
        return worker.draining or self._crew.is_lost(worker) or self._crew.is_silent(worker)

    def _relieve(self, worker: Worker, until: float) -> int:
        calmly, give_up = self._crew.is_only_late(worker), self._crew.is_given_up(worker)
        return self._move_all(worker.id, worker.rooms, until, calmly=calmly, give_up=give_up)

    def _move_all(
        self,
        worker: str,
        rooms: Iterable[str],
        until: float,
        *,
        back: bool = False,
        calmly: bool = False,
        give_up: bool = False,
    ) -> int:
        """Move calls of a worker, a few at a time, as far as time goes; returns how many were dropped.

        What is left over is taken up by the next heartbeat, by the pages themselves (`trouble`), or by the sweep.
        ``back``, ``calmly``: as `Placing.move`; ``give_up``: drop what has no place.
        """
        is_full = False

        def move(room: str) -> str:
            nonlocal is_full
            if is_full or self._now() > until:
                return "left"
            try:
                stuck = self._placing.move(Place(worker, room), back=back, calmly=calmly)
                if stuck and give_up:
                    return "dropped" if self._placing.drop(stuck) else "away"
                is_full = stuck is not None  # then there is no place for the others either
            except Exception as error:  # noqa: BLE001 - what fails with one call must not keep the others from moving
                return fault(error)
            return "left" if stuck else "away"

        became = Counter(self._side_by_side(move, rooms))
        for outcome, calls in became.items():
            log(door="move", outcome=outcome, calls=calls)
        return became["dropped"]

    def _lease(self) -> dict[str, int]:
        lease = int(self._now()) + self._settings.lease_seconds
        return {"lease": lease, "expires": lease + KEEP_SECONDS}

    def _row(self, socket: Socket, capacity: int, *, draining: bool) -> Worker:
        return Worker(
            id=socket.worker,
            connection=socket.connection,
            capacity=capacity,
            rooms=frozenset(),
            draining=draining,
            resting=False,  # whoever was in the list and rested goes on to
            **self._lease(),
        )
