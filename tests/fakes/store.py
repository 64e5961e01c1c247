"""The store in memory: the same contract as DynamoDB, one transaction at a time."""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from chalicelib.lifecycle import Role
from chalicelib.records import Consultation, Record, Slot, Socket, Taken, Worker, day_partition
from chalicelib.store import (
    Add,
    Create,
    Delete,
    KeepSeat,
    KeepSocket,
    LeaveSeat,
    Put,
    Refused,
    Remove,
    Replace,
    Require,
    ReserveRoom,
    Take,
    TakeSeat,
    Write,
)

R = TypeVar("R", bound=Record)


class FakeStore:
    """See chalicelib.store.Store. ``before_write`` lets a test do something between a decision and its write."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.rows: dict[tuple[str, str], Record] = {}
        self.counters: dict[str, tuple[int, int]] = {}
        self.before_write: Callable[[], None] = lambda: None
        self._now = now

    def get(self, kind: type[R], key: tuple[str, str]) -> R | None:
        row = self.rows.get(key)
        if row is None or self._expired(row):
            return None
        assert isinstance(row, kind)
        return row

    def many(self, kind: type[R], keys: Sequence[tuple[str, str]]) -> list[R]:
        return [row for key in keys if (row := self.get(kind, key)) is not None]

    def query(self, kind: type[R], partition: str, prefix: str) -> list[R]:
        keys = sorted(k for k in self.rows if k[0] == partition and k[1].startswith(prefix))
        return [row for key in keys if (row := self.get(kind, key)) is not None]

    def between(self, kind: type[R], partition: str, first: str, last: str) -> list[R]:
        return [row for row in self.query(kind, partition, "") if first <= row.key()[1] <= last]

    def listed(self, kind: type[R], partition: str, after: str = "", most: int | None = None) -> list[R]:
        found = ((r.day_key(), r) for r in list(self.rows.values()) if not self._expired(r))
        there = sorted((k[1], r.key(), r) for k, r in found if k is not None and k[0] == partition and k[1] > after)
        assert all(isinstance(row, kind) for _, _, row in there)
        return [row for _, _, row in there[:most]]  # type: ignore[misc]

    def day(self, trust: str, staff: str, day: str) -> list[Consultation]:
        return self.listed(Consultation, day_partition(trust, staff, day))

    def keys(self, partition: str) -> list[tuple[str, str]]:
        return sorted(key for key in self.rows if key[0] == partition)

    def write(self, writes: Sequence[Write]) -> None:
        self._interrupted()
        failed = frozenset(i for i, write in enumerate(writes) if not self._holds(write))
        if failed:
            raise Refused(failed)
        for write in writes:
            self._do(write)

    def release_room(self, worker: str, room: str) -> None:
        self._interrupted()
        row = self.rows.get((Worker.PARTITION, f"W#{worker}"))
        if isinstance(row, Worker):
            self.rows[row.key()] = msgspec.structs.replace(row, rooms=row.rooms - {room})

    def enlist(self, worker: Worker) -> Worker:
        self._interrupted()
        row = self.rows.get(worker.key())
        kept: dict[str, Any] = {}
        if isinstance(row, Worker):
            kept = {"rooms": worker.rooms | row.rooms, "load": row.load, "resting": row.resting}
        enlisted = self.rows[worker.key()] = msgspec.structs.replace(worker, **kept)
        return enlisted

    def renew_lease(self, worker: Worker) -> bool:
        self._interrupted()
        row = self.rows.get(worker.key())
        if not isinstance(row, Worker) or row.connection != worker.connection:
            return False
        self.rows[worker.key()] = msgspec.structs.replace(
            worker, capacity=row.capacity, rooms=row.rooms, resting=row.resting
        )
        return True

    def unplug(self, worker: str, connection: str) -> None:
        self._interrupted()
        row = self.rows.get((Worker.PARTITION, f"W#{worker}"))
        if isinstance(row, Worker) and row.connection == connection:
            self.rows[row.key()] = msgspec.structs.replace(row, connection="")

    def dismiss(self, worker: str, now: int) -> None:
        self._interrupted()
        row = self.rows.get((Worker.PARTITION, f"W#{worker}"))
        if isinstance(row, Worker) and row.lease <= now and not row.rooms:
            del self.rows[row.key()]

    def rest(self, worker: str, *, resting: bool) -> Worker | None:
        self._interrupted()
        row = self.rows.get((Worker.PARTITION, f"W#{worker}"))
        if not isinstance(row, Worker):
            return None
        self.rows[row.key()] = msgspec.structs.replace(row, resting=resting)
        return self.get(Worker, row.key())

    def note_load(self, worker: str, load: float) -> None:
        self._interrupted()
        row = self.rows.get((Worker.PARTITION, f"W#{worker}"))
        if isinstance(row, Worker):
            self.rows[row.key()] = msgspec.structs.replace(row, load=load)

    def renew_socket(self, connection: str, lease: int) -> bool:
        self._interrupted()
        row = self.rows.get(Socket(connection=connection, role=Role.PATIENT).key())
        if not isinstance(row, Socket) or not row.lease:
            return False
        self.rows[row.key()] = msgspec.structs.replace(row, lease=lease)
        return True

    def end_socket(self, socket: Socket) -> bool:
        self._interrupted()
        row = self.rows.get(socket.key())
        if not isinstance(row, Socket) or row.lease != socket.lease:
            return False
        self.rows[row.key()] = msgspec.structs.replace(row, lease=0)
        return True

    def count(self, name: str, expires: int) -> int:
        self.counters[name] = (self.counters.get(name, (0, 0))[0] + 1, expires)
        return self.counters[name][0]

    def _interrupted(self) -> None:
        hook, self.before_write = self.before_write, lambda: None
        hook()

    def _expired(self, row: Record) -> bool:
        return row.expires is not None and row.expires <= self._now()

    def _holds(self, write: Write) -> bool:
        match write:
            case Create(record):
                there = self.rows.get(record.key())
                return there is None or self._expired(there)
            case Replace(record, expected):
                version: Any = getattr(self.rows.get(record.key()), "version", None)
                return bool(version == expected)
            case Remove(key, expected):
                return bool(getattr(self.rows.get(key), "version", None) == expected)
            case TakeSeat(seat):
                held = self.rows.get(seat.key())
                return not isinstance(held, Taken) or held.since <= seat.since or self._expired(held)
            case KeepSocket(socket):
                known = self.rows.get(socket.key())
                return isinstance(known, Socket) and known.lease > 0
            case KeepSeat(seat) | LeaveSeat(seat):
                return getattr(self.rows.get(seat.key()), "connection", None) == seat.connection
            case Take(key):
                return key in self.rows
            case Require(key):
                required = self.rows.get(key)
                return required is not None and not self._expired(required)
            case ReserveRoom(worker, _, now):
                row = self.rows.get(worker.key())
                return (
                    isinstance(row, Worker)
                    and row.lease > now
                    and not row.draining
                    and row.resting == worker.resting
                    and row.connection == worker.connection
                    and len(row.rooms) < worker.capacity
                )
        return True

    def _do(self, write: Write) -> None:
        match write:
            case Create(record) | Put(record) | Replace(record):
                self.rows[record.key()] = record
            case Delete(key) | Take(key) | Remove(key):
                self.rows.pop(key, None)
            case KeepSeat(seat) | TakeSeat(seat):
                self.rows[seat.key()] = seat
            case KeepSocket(socket):
                known = self.rows[socket.key()]
                assert isinstance(known, Socket)
                self.rows[socket.key()] = msgspec.structs.replace(socket, lease=known.lease)
            case LeaveSeat(seat):
                self.rows.pop(seat.key(), None)
            case ReserveRoom(worker, room):
                row = self.rows[worker.key()]
                assert isinstance(row, Worker)
                self.rows[worker.key()] = msgspec.structs.replace(row, rooms=row.rooms | {room})
            case Add(slot):
                there = self.rows.get(slot.key())
                number = there.number if isinstance(there, Slot) else 0
                self.rows[slot.key()] = msgspec.structs.replace(slot, number=number + slot.number)
