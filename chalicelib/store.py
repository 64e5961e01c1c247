"""The one table: reads of records and transactions of conditional writes. The only place that writes to DynamoDB."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from threading import Event
from typing import Any, Final, Protocol, TypeVar

import msgspec
from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.connection import Connection
from pynamodb.exceptions import DeleteError, PynamoDBException, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.busy import REASONS, busy, code_of, is_busy
from chalicelib.lifecycle import Role
from chalicelib.records import Consultation, Record, Slot, Socket, Taken, Worker, day_partition, from_body, to_body

R = TypeVar("R", bound=Record)
TRIES: Final = 5
"""At most so often a write is tried that only collided with another, or that DynamoDB throttled."""
PAUSE_SECONDS: Final = 0.02
"""At most so long before the second try, twice as long before each further one: 0.3 s in all, at random below that."""
PARTS: Final = 9
"""Over so many rows, besides its first, what is added to a slot is spread when many book the same time at once."""
# Connecting and answering take DynamoDB milliseconds. What takes longer is tried again, twice, after up to one and two
# seconds (botocore's standard mode); so nine seconds at most go by before somebody is told to come again.
PATIENCE: Final[dict[str, Any]] = {
    "connect_timeout_seconds": 1,
    "read_timeout_seconds": 2,
    "max_retry_attempts": 2,
}


class Refused(Exception):
    """A transaction whose conditions did not hold; nothing was written. ``failed``: which of its writes refused."""

    def __init__(self, failed: frozenset[int]) -> None:
        super().__init__(f"refused: {sorted(failed)}")
        self.failed = failed


class Create(msgspec.Struct, frozen=True):
    """Write a record that must not exist yet (one that has expired does not exist)."""

    record: Record


class Put(msgspec.Struct, frozen=True):
    """Write a record whatever stood there."""

    record: Record


class Replace(msgspec.Struct, frozen=True):
    """Write a record with a ``version`` in the place of the one with version ``expected``."""

    record: Record
    expected: int


class Delete(msgspec.Struct, frozen=True):
    """Remove a record; nothing happens when there is none."""

    key: tuple[str, str]


class Remove(msgspec.Struct, frozen=True):
    """Remove a record that must still have version ``expected``."""

    key: tuple[str, str]
    expected: int


class KeepSeat(msgspec.Struct, frozen=True):
    """Write a seat that must still be held by the same socket."""

    seat: Taken


class TakeSeat(msgspec.Struct, frozen=True):
    """Write a seat that is free, or whose holder has had it for longer (``since``): the newest has it."""

    seat: Taken


class LeaveSeat(msgspec.Struct, frozen=True):
    """Remove a seat that must still be held by the same socket."""

    seat: Taken


class KeepSocket(msgspec.Struct, frozen=True):
    """Write what a socket is, its lease left alone; it must still be there."""

    socket: Socket


class Take(msgspec.Struct, frozen=True):
    """Remove a record that must be there: what works once."""

    key: tuple[str, str]


class Require(msgspec.Struct, frozen=True):
    """Write nothing, but refuse when a record is not there."""

    key: tuple[str, str]


class ReserveRoom(msgspec.Struct, frozen=True):
    """Add a room to a worker that is alive at ``now``, takes calls, has a free place, and rests only if it did then."""

    worker: Worker
    room: str
    now: int


class Add(msgspec.Struct, frozen=True):
    """Add a slot's number to what stands there, or write it; part 0 is meant, but any part may be taken.

    No other write is refused for it: two that add to the same at once are both done.
    """

    slot: Slot


Write = (
    Create
    | Put
    | Replace
    | Delete
    | Remove
    | TakeSeat
    | KeepSeat
    | LeaveSeat
    | KeepSocket
    | Take
    | Require
    | ReserveRoom
    | Add
)


class Store(Protocol):
    """What the use cases need of the table. Reads never show what has expired.

    Everything raises Busy when the table is overloaded or out of reach, after trying again for a while. A write that
    was not answered may have been made all the same.
    """

    def get(self, kind: type[R], key: tuple[str, str]) -> R | None:
        """One record, as of now (consistent), or None."""

    def many(self, kind: type[R], keys: Sequence[tuple[str, str]]) -> list[R]:
        """Those of many records that are there, as of now, in no order."""

    def query(self, kind: type[R], partition: str, prefix: str) -> list[R]:
        """The records of a partition whose sort key begins with ``prefix``, in order, as of now."""

    def between(self, kind: type[R], partition: str, first: str, last: str) -> list[R]:
        """The records of a partition whose sort keys are from ``first`` to ``last``, in order, as of now."""

    def listed(self, kind: type[R], partition: str, after: str = "", most: int | None = None) -> list[R]:
        """The records of a partition of the index by day, in order, behind the key ``after``, ``most`` of them at most.

        A change may take a moment to show.
        """

    def day(self, trust: str, staff: str, day: str) -> list[Consultation]:
        """A clinician's consultations of a day, by time; as `listed`."""

    def keys(self, partition: str) -> list[tuple[str, str]]:
        """The keys of all that stands in a partition, as of now: also of what has expired and is not removed yet."""

    def write(self, writes: Sequence[Write]) -> None:
        """All of ``writes`` or none. Raises Refused."""

    def release_room(self, worker: str, room: str) -> None:
        """Take a room from a worker, if both are still there."""

    def enlist(self, worker: Worker) -> Worker:
        """Write a worker's row, its rooms added to those that it has; return it as it then is."""

    def renew_lease(self, worker: Worker) -> bool:
        """Write a worker's new lease, load and ``draining``; False when it is not in the list by this connection."""

    def unplug(self, worker: str, connection: str) -> None:
        """Empty a worker's connection if it is this one."""

    def dismiss(self, worker: str, now: int) -> None:
        """Remove a worker whose lease has run out at ``now``, if it has no room any more."""

    def rest(self, worker: str, *, resting: bool) -> Worker | None:
        """Write whether a worker rests; return it as it then is, None when it is not in the list."""

    def note_load(self, worker: str, load: float) -> None:
        """Write how loaded a worker is, if it is in the list."""

    def renew_socket(self, connection: str, lease: int) -> bool:
        """Write a socket's new lease; False when it is not there, or has ended."""

    def end_socket(self, socket: Socket) -> bool:
        """Set a socket's lease to 0, unless it is another by now than ``socket``'s; False when it is."""

    def count(self, name: str, expires: int) -> int:
        """Add one to a counter that lives until ``expires``; return the sum."""


class DynamoStore:
    """Store over DynamoDB, through pynamodb."""

    def __init__(
        self,
        table: str,
        region: str,
        host: str | None = None,
        now: Callable[[], float] = time.time,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._now = now
        self._pause = pause or Event().wait
        self._row = _model(table, region, host)
        self._connection = Connection(region=region, host=host, **PATIENCE)

    def ready(self) -> None:
        """Make the clients now, which else the first question makes."""
        _ = self._connection.client, self._row._get_connection().connection.client

    def get(self, kind: type[R], key: tuple[str, str]) -> R | None:
        """See Store."""
        try:
            with _patiently():
                row = self._row.get(*key, consistent_read=True)
        except self._row.DoesNotExist:
            return None
        return self._record(kind, row)

    def many(self, kind: type[R], keys: Sequence[tuple[str, str]]) -> list[R]:
        """See Store."""
        with _patiently():
            rows = list(self._row.batch_get(list(keys), consistent_read=True))
        return [record for row in rows if (record := self._record(kind, row)) is not None]

    def query(self, kind: type[R], partition: str, prefix: str) -> list[R]:
        """See Store."""
        with _patiently():
            rows = list(self._row.query(partition, self._row.sk.startswith(prefix), consistent_read=True))
        return [record for row in rows if (record := self._record(kind, row)) is not None]

    def between(self, kind: type[R], partition: str, first: str, last: str) -> list[R]:
        """See Store."""
        with _patiently():
            rows = list(self._row.query(partition, self._row.sk.between(first, last), consistent_read=True))
        return [record for row in rows if (record := self._record(kind, row)) is not None]

    def listed(self, kind: type[R], partition: str, after: str = "", most: int | None = None) -> list[R]:
        """See Store."""
        behind = self._row.day_sk > after if after else None
        rows = self._row.by_day.query(partition, behind, page_size=most)
        there = (record for row in rows if (record := self._record(kind, row)) is not None)
        with _patiently():
            return list(islice(there, most))

    def day(self, trust: str, staff: str, day: str) -> list[Consultation]:
        """See Store."""
        return self.listed(Consultation, day_partition(trust, staff, day))

    def keys(self, partition: str) -> list[tuple[str, str]]:
        """See Store."""
        with _patiently():
            rows = list(self._row.query(partition, consistent_read=True, attributes_to_get=["pk", "sk"]))
        return [(row.pk, row.sk) for row in rows]

    def write(self, writes: Sequence[Write]) -> None:
        """See Store. A transaction that only collided with another is tried again, a few times."""
        for remaining in reversed(range(TRIES)):
            # Many may book the same time at once; who collided adds to another row of it than the others, probably.
            part = 0 if remaining == TRIES - 1 else random.randint(1, PARTS)  # noqa: S311 - spreads load  # nosec B311
            try:
                with _patiently(), TransactWrite(connection=self._connection) as transaction:
                    for write in writes:
                        self._add(transaction, write, part)
                return
            except TransactWriteError as error:
                reasons = [reason.code if reason else None for reason in error.cancellation_reasons]
                sent = sorted(range(len(writes)), key=lambda i: _place(writes[i]))
                failed = frozenset(
                    i for i, code in zip(sent, reasons, strict=False) if code == "ConditionalCheckFailed"
                )
                if failed:
                    raise Refused(failed) from None
                if REASONS.isdisjoint(reasons):
                    raise
                self._wait(remaining)

    def release_room(self, worker: str, room: str) -> None:
        """See Store."""
        row = self._row(Worker.PARTITION, f"W#{worker}")
        self._update(row, [self._row.rooms.delete([room])], self._row.pk.exists())

    def enlist(self, worker: Worker) -> Worker:
        """See Store."""
        row = self._row(*worker.key())
        added = [self._row.rooms.add(list(worker.rooms))] if worker.rooms else []
        self._update(row, [self._row.body.set(to_body(worker).decode()), *self._leased(worker), *added])
        return msgspec.structs.replace(worker, **self._live(row))

    def renew_lease(self, worker: Worker) -> bool:
        """See Store."""
        actions = [*self._leased(worker), self._row.load.set(worker.load)]
        return self._update(self._row(*worker.key()), actions, self._row.connection == worker.connection)

    def unplug(self, worker: str, connection: str) -> None:
        """See Store."""
        row = self._row(Worker.PARTITION, f"W#{worker}")
        self._update(row, [self._row.connection.set("")], self._row.connection == connection)

    def dismiss(self, worker: str, now: int) -> None:
        """See Store."""
        row = self._row(Worker.PARTITION, f"W#{worker}")
        with suppress(DeleteError):  # it is back, or still has rooms; a collision with another write is either
            row.delete(condition=(self._row.lease <= now) & self._row.rooms.does_not_exist())

    def rest(self, worker: str, *, resting: bool) -> Worker | None:
        """See Store."""
        row = self._row(Worker.PARTITION, f"W#{worker}")
        there = self._update(row, [self._row.resting.set(resting)], self._row.pk.exists())
        return self._record(Worker, row) if there else None

    def note_load(self, worker: str, load: float) -> None:
        """See Store."""
        self._update(self._row(Worker.PARTITION, f"W#{worker}"), [self._row.load.set(load)], self._row.pk.exists())

    def renew_socket(self, connection: str, lease: int) -> bool:
        """See Store."""
        row = self._row(*Socket(connection=connection, role=Role.PATIENT).key())
        return self._update(row, [self._row.lease.set(lease)], self._row.pk.exists() & (self._row.lease > 0))

    def end_socket(self, socket: Socket) -> bool:
        """See Store."""
        return self._update(self._row(*socket.key()), [self._row.lease.set(0)], self._row.lease == socket.lease)

    def count(self, name: str, expires: int) -> int:
        """See Store."""
        row = self._row(f"LIMIT#{name}", "LIMIT")
        with _patiently():
            row.update(actions=[self._row.version.add(1), self._row.expires.set(expires)])
        return int(row.version)

    def _expired(self, row: Any) -> bool:
        # DynamoDB removes what has expired within days, not at once.
        return row.expires is not None and row.expires <= self._now()

    def _record(self, kind: type[R], row: Any) -> R | None:
        if self._expired(row):
            return None
        record: R = from_body(kind, row.body)
        if isinstance(record, Worker):
            return msgspec.structs.replace(record, **self._live(row))
        if isinstance(record, Slot):
            return msgspec.structs.replace(record, number=int(row.number), version=int(row.version))
        return msgspec.structs.replace(record, lease=int(row.lease)) if isinstance(record, Socket) else record

    @staticmethod
    def _live(row: Any) -> dict[str, Any]:
        """What of a worker stands in attributes of its own, because conditions look at it."""
        return {
            "rooms": frozenset(row.rooms or ()),
            "lease": int(row.lease),
            "draining": row.draining,
            "resting": bool(row.resting),
            "load": float(row.load or 0),
            "connection": row.connection,
            "expires": int(row.expires),
        }

    def _leased(self, worker: Worker) -> list[Action]:
        return [
            self._row.lease.set(worker.lease),
            self._row.draining.set(worker.draining),
            self._row.connection.set(worker.connection),
            self._row.expires.set(worker.expires),
        ]

    def _update(self, row: Any, actions: list[Action], condition: Condition | None = None) -> bool:
        """One row in place; False when the condition does not hold. Tried again when a transaction is at it."""
        for remaining in reversed(range(TRIES)):
            try:
                with _patiently("TransactionConflictException"):
                    row.update(actions=actions, condition=condition)
            except UpdateError as error:
                if code_of(error.cause) == "ConditionalCheckFailedException":
                    return False
                if code_of(error.cause) != "TransactionConflictException":
                    raise
                self._wait(remaining)
            else:
                return True
        raise AssertionError("the last try returns or raises")

    def _wait(self, remaining: int) -> None:
        """Before the next try. Raises Busy when there is none."""
        if not remaining:
            raise busy()
        longest = PAUSE_SECONDS * 2 ** (TRIES - 1 - remaining)
        self._pause(random.uniform(0, longest))  # noqa: S311 - as in `busy`  # nosec B311

    def _add(self, transaction: TransactWrite, write: Write, part: int) -> None:
        row = self._row
        match write:
            case Create(record):
                transaction.save(self._new(record), condition=row.pk.does_not_exist() | (row.expires <= self._now()))
            case Put(record):
                transaction.save(self._new(record))
            case Replace(record, expected):
                transaction.save(self._new(record), condition=row.version == expected)
            case Delete(key):
                transaction.delete(row(*key))
            case Remove(key, expected):
                transaction.delete(row(*key), condition=row.version == expected)
            case TakeSeat(seat):
                newer = row.pk.does_not_exist() | (row.since <= seat.since) | (row.expires <= self._now())
                transaction.save(self._new(seat), condition=newer)
            case KeepSeat(seat):
                transaction.save(self._new(seat), condition=row.connection == seat.connection)
            case LeaveSeat(seat):
                transaction.delete(row(*seat.key()), condition=row.connection == seat.connection)
            case KeepSocket(socket):
                body = to_body(socket).decode()
                transaction.update(row(*socket.key()), actions=[row.body.set(body)], condition=row.lease > 0)
            case Take(key):
                transaction.delete(row(*key), condition=row.pk.exists())
            case Require(key):
                there = row.pk.exists() & (row.expires.does_not_exist() | (row.expires > self._now()))
                transaction.condition_check(row, *key, condition=there)
            case ReserveRoom(worker, room, now):
                alive = (row.lease > now) & (row.draining == False)  # noqa: E712 - pynamodb builds a condition of it
                free: Condition = row.rooms.does_not_exist() | (size(row.rooms) < worker.capacity)  # type: ignore[no-untyped-call]
                awake = row.resting.does_not_exist() | (row.resting == worker.resting)
                same = (row.connection == worker.connection) & awake
                transaction.update(row(*worker.key()), actions=[row.rooms.add([room])], condition=alive & free & same)
            case Add(slot):
                there = msgspec.structs.replace(slot, part=part, number=0, version=0)
                actions = [
                    row.body.set(to_body(there).decode()),
                    row.number.add(slot.number),
                    row.version.set(slot.version),
                    row.expires.set(slot.expires),
                ]
                transaction.update(row(*there.key()), actions=actions)

    def _new(self, record: Record) -> Any:
        day = record.day_key()
        row = self._row(*record.key(), body=to_body(record).decode(), expires=record.expires)
        if day is not None:
            row.day_pk, row.day_sk = day
        row.version = getattr(record, "version", None)
        if isinstance(record, Worker | Taken):
            row.connection = record.connection
        if isinstance(record, Taken):
            row.since = record.since
        if isinstance(record, Socket):
            row.lease = record.lease
        if isinstance(record, Worker):
            row.rooms = set(record.rooms) or None
            row.lease, row.draining, row.load = record.lease, record.draining, record.load
            row.resting = record.resting
        if isinstance(record, Slot):
            row.number = record.number
        return row


@contextmanager
def _patiently(*but: str) -> Iterator[None]:
    """Raises Busy for what passes by itself, ``but`` codes that are looked at here; the client has tried again."""
    try:
        yield
    except PynamoDBException as error:
        if is_busy(error.cause) and code_of(error.cause) not in but:
            raise busy() from None
        raise


def _place(write: Write) -> int:
    """In which of its groups pynamodb sends a write: DynamoDB names what failed by the order of sending."""
    match write:
        case Require():
            return 0
        case Delete() | Remove() | LeaveSeat() | Take():
            return 1
        case Create() | Put() | Replace() | TakeSeat() | KeepSeat():
            return 2
        case KeepSocket() | ReserveRoom() | Add():
            return 3


def _model(table: str, region_name: str, host_url: str | None) -> Any:
    class ByDay(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
        class Meta:
            index_name = "by_day"
            projection = AllProjection()

        day_pk = UnicodeAttribute(hash_key=True)
        day_sk = UnicodeAttribute(range_key=True)

    class Row(Model):
        class Meta:
            table_name = table
            region = region_name
            host = host_url
            billing_mode = "PAY_PER_REQUEST"
            connect_timeout_seconds = PATIENCE["connect_timeout_seconds"]
            read_timeout_seconds = PATIENCE["read_timeout_seconds"]
            max_retry_attempts = PATIENCE["max_retry_attempts"]

        by_day = ByDay()
        pk = UnicodeAttribute(hash_key=True)
        sk = UnicodeAttribute(range_key=True)
        day_pk = UnicodeAttribute(null=True)
        day_sk = UnicodeAttribute(null=True)
        body = UnicodeAttribute(null=True)
        version = NumberAttribute(null=True)
        expires = NumberAttribute(null=True)
        since = NumberAttribute(null=True)
        lease = NumberAttribute(null=True)
        draining = BooleanAttribute(null=True)
        resting = BooleanAttribute(null=True)
        number = NumberAttribute(null=True)
        load = NumberAttribute(null=True)
        connection = UnicodeAttribute(null=True)
        rooms = UnicodeSetAttribute(null=True)

    return Row
