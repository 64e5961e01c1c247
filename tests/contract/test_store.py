"""What every store must do."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import msgspec
import pytest
from botocore.exceptions import ClientError

from chalicelib.lifecycle import Role, State
from chalicelib.protocol import Seat
from chalicelib.records import (
    Consultation,
    Happening,
    Link,
    Once,
    Slot,
    Socket,
    Taken,
    Ticket,
    Worker,
    consultation_key,
)
from chalicelib.store import (
    TRIES,
    Add,
    Create,
    Delete,
    DynamoStore,
    KeepSeat,
    KeepSocket,
    LeaveSeat,
    Put,
    Refused,
    Remove,
    Replace,
    Require,
    ReserveRoom,
    Store,
    Take,
    TakeSeat,
    Write,
)

NOW = 1_800_000_000


def consultation(**changes) -> Consultation:
    given = {
        "trust": "a", "id": "c1", "version": 1, "state": State.BOOKED, "starts": NOW, "minutes": 30,
        "day": "2027-01-15", "department": "d", "staff": "s", "patient_name": "Nobody",
    }  # fmt: skip
    return Consultation(**{**given, **changes})


def happening(number: int) -> Happening:
    return Happening(
        trust="a", consultation="c1", number=number, at=NOW, what="call", role=Role.CLINICIAN, state=State.CALLING
    )


def worker(**changes) -> Worker:
    return Worker(**{"id": "w", "connection": "x", "capacity": 2, "lease": NOW + 30, "expires": NOW + 3600, **changes})


def test_what_was_created_can_be_read(store: Store) -> None:
    made = consultation(phone="+4799999999", network=None)
    store.write([Create(made)])
    assert store.get(Consultation, made.key()) == made
    assert store.get(Consultation, consultation(id="other").key()) is None


def test_nothing_is_created_twice(store: Store) -> None:
    store.write([Create(consultation())])
    with pytest.raises(Refused) as refused:
        store.write([Create(happening(2)), Create(consultation(patient_name="Somebody"))])
    assert refused.value.failed == {1}
    assert store.query(Happening, consultation_key("a", "c1"), "TRAIL#") == [], "nothing of a refused transaction stays"
    there = store.get(Consultation, consultation().key())
    assert there is not None
    assert there.patient_name == "Nobody"


def test_what_expired_is_gone_at_once_and_may_be_created_again(store: Store, clock) -> None:
    ticket = Ticket(digest="h", trust="a", role=Role.PATIENT, expires=NOW + 30)
    store.write([Create(ticket)])
    clock.time = NOW + 29
    assert store.get(Ticket, ticket.key()) == ticket
    clock.time = NOW + 30
    assert store.get(Ticket, ticket.key()) is None
    later = msgspec.structs.replace(ticket, expires=NOW + 90)
    store.write([Create(later)])
    assert store.get(Ticket, ticket.key()) == later


def test_a_change_needs_the_version_it_was_decided_on(store: Store) -> None:
    store.write([Create(consultation())])
    second = consultation(version=2, state=State.INVITED)
    store.write([Replace(second, expected=1), Create(happening(2))])
    with pytest.raises(Refused):
        store.write([Replace(consultation(version=2, state=State.CANCELLED), expected=1), Create(happening(2))])
    assert store.get(Consultation, second.key()) == second


def test_what_does_not_exist_cannot_be_changed(store: Store) -> None:
    with pytest.raises(Refused):
        store.write([Replace(consultation(version=2), expected=1)])


def test_what_works_once_works_once(store: Store) -> None:
    link = Link(digest="h", trust="a", consultation="c1")
    store.write([Create(link)])
    store.write([Take(link.key())])
    with pytest.raises(Refused):
        store.write([Take(link.key())])
    store.write([Delete(link.key())])


def test_a_partition_is_read_in_order(store: Store) -> None:
    store.write([Create(happening(n)) for n in (3, 1, 2)])
    store.write([Create(consultation())])
    assert [h.number for h in store.query(Happening, consultation_key("a", "c1"), "TRAIL#")] == [1, 2, 3]


def test_a_day_holds_one_clinicians_consultations_by_time(store: Store) -> None:
    for id_, starts, staff, day in (
        ("late", NOW + 60, "s", "2027-01-15"),
        ("early", NOW, "s", "2027-01-15"),
        ("others", NOW, "t", "2027-01-15"),
        ("tomorrow", NOW, "s", "2027-01-16"),
    ):
        store.write([Create(consultation(id=id_, starts=starts, staff=staff, day=day))])
    store.write([Create(consultation(trust="b", id="elsewhere"))])
    assert [c.id for c in store.day("a", "s", "2027-01-15")] == ["early", "late"]


def test_a_partition_of_the_index_is_read_in_order_piece_by_piece(store: Store, clock) -> None:
    def entry(number: int, trust: str = "a", **changes) -> Happening:
        return msgspec.structs.replace(happening(number), trust=trust, **changes)

    store.write([Create(entry(n)) for n in (3, 1, 2)])
    store.write([Create(entry(4, at=NOW - 3600)), Create(entry(5, at=NOW + 86400)), Create(entry(6, trust="b"))])
    store.write([Create(entry(7, expires=NOW + 10))])
    partition = happening(1).day_key()[0]
    assert [h.number for h in store.listed(Happening, partition)] == [4, 1, 2, 3, 7]
    first = store.listed(Happening, partition, most=2)
    assert [h.number for h in first] == [4, 1]
    clock.time = NOW + 10
    assert [h.number for h in store.listed(Happening, partition, first[-1].day_key()[1], 5)] == [2, 3]
    assert store.listed(Happening, partition, first[-1].day_key()[1], 1) == [entry(2)]


def test_a_page_of_the_index_is_full_though_some_of_it_expired(store: Store, clock) -> None:
    gone = [msgspec.structs.replace(happening(n), expires=NOW - 1) for n in range(1, 9)]
    store.write([Put(h) for h in gone])
    store.write([Create(happening(n)) for n in (9, 10, 11)])
    assert [h.number for h in store.listed(Happening, happening(1).day_key()[0], most=2)] == [9, 10]


def test_the_keys_of_a_partition_tell_of_all_that_stands_there(store: Store) -> None:
    store.write([Create(consultation()), Create(happening(1)), Put(msgspec.structs.replace(happening(2), expires=NOW))])
    store.write([Create(consultation(id="c2"))])
    assert store.keys(consultation_key("a", "c1")) == [consultation().key(), happening(1).key(), happening(2).key()]
    assert store.keys("nothing") == []


def test_a_record_is_removed_only_while_it_is_what_it_was(store: Store) -> None:
    store.write([Create(consultation())])
    for wrong in (Remove(consultation().key(), expected=2), Remove(consultation(id="none").key(), expected=1)):
        with pytest.raises(Refused):
            store.write([wrong])
    store.write([Remove(consultation().key(), expected=1)])
    assert store.get(Consultation, consultation().key()) is None


def test_a_worker_takes_no_more_rooms_than_it_has(store: Store) -> None:
    w = worker()
    store.write([Put(w)])
    store.write([ReserveRoom(w, "a.c1.1", NOW)])
    store.write([ReserveRoom(w, "a.c2.1", NOW)])
    with pytest.raises(Refused):
        store.write([ReserveRoom(w, "a.c3.1", NOW)])
    there = store.get(Worker, w.key())
    assert there is not None
    assert there.rooms == {"a.c1.1", "a.c2.1"}
    store.release_room("w", "a.c1.1")
    store.release_room("w", "a.c1.1")
    store.release_room("nobody", "a.c1.1")
    store.write([ReserveRoom(w, "a.c3.1", NOW)])
    assert store.query(Worker, Worker.PARTITION, "W#")[0].rooms == {"a.c2.1", "a.c3.1"}


@pytest.mark.parametrize(
    "changes",
    [{"lease": NOW}, {"draining": True}, {"connection": "newer"}, {"resting": True}],
    ids=["lost", "draining", "reconnected", "rests since"],
)
def test_a_worker_that_cannot_carry_a_call_gets_none(store: Store, changes) -> None:
    store.write([Put(worker(**changes))])
    with pytest.raises(Refused):
        store.write([ReserveRoom(worker(), "a.c1.1", NOW)])


def test_a_lease_is_renewed_for_whoever_is_in_the_list(store: Store) -> None:
    store.write([Put(worker(rooms=frozenset({"a.c1.1"})))])
    renewed = worker(lease=NOW + 60, draining=True, load=0.123, expires=NOW + 7200)
    assert store.renew_lease(renewed)
    assert not store.renew_lease(worker(id="nobody"))
    assert not store.renew_lease(worker(connection="older"))
    (there,) = store.query(Worker, Worker.PARTITION, "W#")
    assert there == msgspec.structs.replace(renewed, rooms=frozenset({"a.c1.1"}))


def test_a_worker_loses_the_socket_that_closed_and_no_newer_one(store: Store) -> None:
    there = worker(rooms=frozenset({"a.c1.1"}), load=0.5)
    store.write([Put(there)])
    store.unplug("w", "older")
    store.unplug("nobody", "x")
    assert store.query(Worker, Worker.PARTITION, "W#") == [there]
    store.unplug("w", "x")
    store.unplug("w", "x")
    assert store.query(Worker, Worker.PARTITION, "W#") == [msgspec.structs.replace(there, connection="")]
    assert not store.renew_lease(worker()), "it must register first"
    with pytest.raises(Refused):
        store.write([ReserveRoom(worker(), "a.c2.1", NOW)])
    assert store.enlist(worker(connection="newer")).rooms == {"a.c1.1"}


@pytest.mark.parametrize(
    "changes", [{"lease": NOW + 1}, {"rooms": frozenset({"a.c1.1"})}], ids=["not lost", "not cleared up"]
)
def test_a_lost_worker_is_removed_once_nothing_is_left_of_it(store: Store, changes) -> None:
    lost = worker(lease=NOW)
    store.write([Put(msgspec.structs.replace(lost, **changes))])
    store.dismiss("w", NOW)
    store.dismiss("nobody", NOW)
    assert len(store.query(Worker, Worker.PARTITION, "W#")) == 1
    store.write([Put(lost)])
    store.dismiss("w", NOW)
    assert store.query(Worker, Worker.PARTITION, "W#") == []


def test_a_workers_load_is_noted_and_nothing_else_of_it_touched(store: Store) -> None:
    store.note_load("w", 1.0)
    assert store.query(Worker, Worker.PARTITION, "W#") == []
    store.write([Put(worker(load=0.5, rooms=frozenset({"a.c1.1"})))])
    store.note_load("w", 1.0)
    noted = worker(load=1.0, rooms=frozenset({"a.c1.1"}))
    assert store.query(Worker, Worker.PARTITION, "W#") == [noted]
    assert store.enlist(worker(connection="newer")) == msgspec.structs.replace(noted, connection="newer")


def test_a_worker_rests_and_works_again_whatever_else_of_it_changes(store: Store) -> None:
    assert store.rest("w", resting=True) is None
    there = worker(rooms=frozenset({"a.c1.1"}), load=0.5)
    store.write([Put(there)])
    assert store.rest("w", resting=True) == msgspec.structs.replace(there, resting=True)
    assert store.renew_lease(worker(lease=NOW + 60))
    assert store.enlist(worker(connection="newer")).resting
    store.release_room("w", "a.c1.1")
    (rests,) = store.query(Worker, Worker.PARTITION, "W#")
    assert rests.resting
    store.write([ReserveRoom(rests, "a.c2.1", NOW)])
    with pytest.raises(Refused):
        store.write([ReserveRoom(msgspec.structs.replace(rests, resting=False), "a.c3.1", NOW)])
    works = store.rest("w", resting=False)
    assert works is not None
    assert (works.resting, works.rooms) == (False, frozenset({"a.c2.1"}))
    with pytest.raises(Refused):
        store.write([ReserveRoom(rests, "a.c3.1", NOW)])


def test_a_worker_that_comes_again_keeps_what_was_placed_on_it(store: Store) -> None:
    assert store.enlist(worker()) == worker()
    store.write([ReserveRoom(worker(), "a.c1.1", NOW)])
    again = worker(connection="newer", capacity=4, lease=NOW + 60, rooms=frozenset({"a.c2.1"}))
    both = msgspec.structs.replace(again, rooms=frozenset({"a.c1.1", "a.c2.1"}))
    assert store.enlist(again) == both
    assert store.get(Worker, again.key()) == both


@pytest.mark.parametrize("write", [KeepSeat, LeaveSeat])
def test_a_seat_is_touched_only_by_who_holds_it(store: Store, write) -> None:
    newer = Taken(trust="a", consultation="c1", seat=Seat.PATIENT, connection="newer")
    older = msgspec.structs.replace(newer, connection="older")
    for there in ([Delete(newer.key())], [Put(newer)]):
        store.write(there)
        with pytest.raises(Refused):
            store.write([write(older)])
    assert store.get(Taken, newer.key()) == newer
    store.write([KeepSeat(msgspec.structs.replace(newer, camera=True))])
    assert store.get(Taken, newer.key()) == msgspec.structs.replace(newer, camera=True)
    store.write([LeaveSeat(newer)])
    assert store.get(Taken, newer.key()) is None


def test_what_requires_a_record_is_refused_without_it(store: Store, clock) -> None:
    needed = Once(name="needed", expires=NOW + 10)
    writes: list[Write] = [Put(Once(name="dependent", expires=NOW + 100)), Require(needed.key())]
    with pytest.raises(Refused) as refused:
        store.write(writes)
    assert refused.value.failed == {1}
    store.write([Create(needed)])
    store.write(writes)
    clock.time = NOW + 10
    with pytest.raises(Refused):
        store.write(writes)
    lasting = Once(name="lasting")
    store.write([Create(lasting)])
    store.write([Put(Once(name="dependent")), Require(lasting.key())])


def test_what_was_refused_is_named_by_its_place_whatever_the_kinds_of_writes(store: Store) -> None:
    there, gone = Once(name="there"), Once(name="gone")
    store.write([Create(there)])
    writes: list[Write] = [
        Put(Once(name="new")),
        Create(there),
        Delete(gone.key()),
        Take(gone.key()),
        Require(gone.key()),
    ]
    with pytest.raises(Refused) as refused:
        store.write([*writes[:2], writes[2]])
    assert refused.value.failed == {1}
    with pytest.raises(Refused) as refused:
        store.write([writes[0], writes[3]])
    assert refused.value.failed == {1}
    with pytest.raises(Refused) as refused:
        store.write([writes[0], Take(there.key()), writes[4]])
    assert refused.value.failed == {2}
    assert store.get(Once, there.key()) == there


def test_each_counter_counts_for_itself(store: Store) -> None:
    assert [store.count("link#x", NOW + 10) for _ in range(3)] == [1, 2, 3]
    assert store.count("link#y", NOW + 10) == 1


def test_of_two_who_race_one_wins(dynamo_store: DynamoStore) -> None:
    dynamo_store.write([Create(consultation())])
    start = Barrier(8)

    def try_to_change(n: int) -> bool:
        start.wait()
        try:
            dynamo_store.write([Replace(consultation(version=2, staff=f"s{n}"), expected=1), Create(happening(2))])
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_to_change, range(8))) == 1


def slot(number: int, **changes) -> Slot:
    return Slot(**{"starts": NOW, "minutes": 30, "number": number, "version": 1, "expires": NOW + 60, **changes})


def test_sums_begin_grow_and_shrink(store: Store) -> None:
    store.write([Add(slot(1)), Add(slot(1, minutes=45))])
    store.write([Add(slot(2, version=2, expires=NOW + 90)), Create(consultation())])
    store.write([Add(slot(-4, minutes=45, version=3))])
    assert store.get(Slot, slot(0).key()) == slot(3, version=2, expires=NOW + 90)
    assert store.get(Slot, slot(0, minutes=45).key()) == slot(-3, minutes=45, version=3)
    with pytest.raises(Refused) as refused:
        store.write([Add(slot(1)), Create(consultation())])
    assert refused.value.failed == {1}
    store.write([Replace(slot(7, version=4), expected=2)])
    assert store.get(Slot, slot(0).key()) == slot(7, version=4)


def test_what_stands_between_two_keys_is_read_in_order(store: Store) -> None:
    for starts in range(NOW, NOW + 50, 10):
        store.write([Put(slot(1, starts=starts))])
    partition = slot(0).key()[0]
    found = store.between(Slot, partition, f"{NOW + 10:012d}", f"{NOW + 30:012d}#030#0")
    assert [one.starts - NOW for one in found] == [10, 20, 30]
    assert store.between(Slot, "BOOK#2001-01-01", "0", "9") == []


def test_many_add_to_the_same_sum_at_once_and_all_are_counted(dynamo_store: DynamoStore) -> None:
    start = Barrier(16)

    def add(n: int) -> None:
        start.wait()
        for m in range(10):
            dynamo_store.write([Add(slot(1)), Create(consultation(id=f"c{n}-{m}"))])

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(add, range(16)))
    parts = dynamo_store.between(Slot, slot(0).key()[0], f"{NOW:012d}", f"{NOW + 1:012d}")
    assert sum(part.number for part in parts) == 160


def test_who_collides_adds_to_another_part_and_is_counted_once(dynamo_store: DynamoStore) -> None:
    events = dynamo_store._connection.client.meta.events
    tokens = []

    def collide(params, **_) -> None:
        sent = json.loads(params["body"])
        tokens.append(sent["ClientRequestToken"])
        if len(tokens) < TRIES:
            reasons = [{"Code": "TransactionConflict"}]
            answer = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise ClientError(answer, "TransactWriteItems")

    events.register("before-call.dynamodb.TransactWriteItems", collide)
    dynamo_store.write([Add(slot(1))])
    (there,) = dynamo_store.between(Slot, slot(0).key()[0], f"{NOW:012d}", f"{NOW + 1:012d}")
    assert there.part > 0
    assert there.number == 1
    assert len(set(tokens)) == TRIES, "and what is sent again unchanged is known by its token"


def test_a_number_used_once(store: Store) -> None:
    once = Once(name="worker#nonce", expires=NOW + 60)
    store.write([Create(once)])
    with pytest.raises(Refused):
        store.write([Create(once)])


def socket(**changes) -> Socket:
    return Socket(**{"connection": "c", "role": Role.CLINICIAN, "lease": NOW + 75, "expires": NOW + 8000, **changes})


def test_many_are_read_at_once_and_those_that_are_not_there_are_left_out(store: Store, clock) -> None:
    there = [socket(connection=str(n)) for n in range(120)]
    for one in there:
        store.write([Put(one)])
    store.write([Put(socket(connection="over", expires=NOW))])
    asked = [*(one.key() for one in there), socket(connection="over").key(), socket(connection="nobody").key()]
    assert sorted(store.many(Socket, asked), key=lambda s: int(s.connection)) == there
    assert store.many(Socket, []) == []


def test_a_socket_is_renewed_while_it_is_there_and_has_not_ended(store: Store) -> None:
    assert not store.renew_socket("c", NOW + 75)
    store.write([Put(socket())])
    assert store.renew_socket("c", NOW + 100)
    assert store.get(Socket, socket().key()) == socket(lease=NOW + 100)
    assert not store.end_socket(socket()), "it has given a sign of life since it was read"
    assert store.end_socket(socket(lease=NOW + 100))
    assert store.end_socket(socket(lease=0)), "whoever goes on with what somebody else began"
    assert not store.renew_socket("c", NOW + 100)
    assert store.get(Socket, socket().key()) == socket(lease=0)
    assert not store.end_socket(socket(connection="other"))


def test_what_a_socket_is_may_change_while_its_lease_is_renewed(store: Store) -> None:
    with pytest.raises(Refused):
        store.write([KeepSocket(socket())])
    store.write([Put(socket())])
    store.renew_socket("c", NOW + 100)
    store.write([KeepSocket(socket(consultation="c1"))])
    assert store.get(Socket, socket().key()) == socket(consultation="c1", lease=NOW + 100)
    store.end_socket(socket(lease=NOW + 100))
    with pytest.raises(Refused) as refused:
        store.write([Put(happening(1)), KeepSocket(socket(consultation="c2"))])
    assert refused.value.failed == {1}


def test_of_those_who_take_a_seat_the_newest_has_it(store: Store, clock) -> None:
    def taken(connection: str, since: int) -> Taken:
        return Taken(
            trust="a", consultation="c1", seat=Seat.PATIENT, connection=connection, since=since, expires=NOW + 60
        )

    store.write([TakeSeat(taken("middle", 20))])
    store.write([TakeSeat(taken("newest", 30))])
    with pytest.raises(Refused):
        store.write([TakeSeat(taken("oldest", 10))])
    assert store.get(Taken, taken("", 0).key()) == taken("newest", 30)
    store.write([TakeSeat(taken("as new", 30))])
    clock.time = NOW + 60
    store.write([TakeSeat(taken("oldest", 10))])
