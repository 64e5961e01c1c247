"""Sockets that end without a word: nothing here ever sends `$disconnect`, and a sweep makes everything true again."""

from typing import Any

import pytest

from chalicelib import protocol as p
from chalicelib.errors import VenteromError
from chalicelib.leases import CLEARING_SECONDS, LONGEST_SECONDS
from chalicelib.lifecycle import State
from chalicelib.protocol import Seat
from chalicelib.records import Opened, Socket, Taken, Watcher
from tests.fakes.clinic import SETTINGS, Clinic

SILENCE = SETTINGS.silence_seconds


class Died(BaseException):
    """The function was cut off here."""


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def sweep(clinic: Clinic) -> int:
    return clinic.services.signaling.sweep(["", clinic.trust])


def silent(clinic: Clinic, *but: str) -> None:
    """So much time goes by that sockets lapse, ``but`` those that say something."""
    clinic.clock.time += SILENCE
    for connection in but:
        message = p.Heartbeat(load=0, rooms=0) if connection == "W" else p.Ping()
        assert clinic.say(connection, message) in ("ping", "heartbeat")


def rows_of(clinic: Clinic, connection: str) -> list[str]:
    """Which rows name a socket."""
    kinds = Socket | Opened | Watcher | Taken
    rows = (row for row in clinic.store.rows.values() if isinstance(row, kinds) and row.connection == connection)
    return sorted(type(row).__name__ for row in rows)


def last(clinic: Clinic, connection: str, kind: type) -> Any:
    return [m for m in clinic.push.to(connection) if isinstance(m, kind)][-1]


def test_a_patient_who_fell_silent_is_there_no_more(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    assert rows_of(clinic, "P") == ["Opened", "Socket", "Taken"]
    silent(clinic, "C", "W")
    assert sweep(clinic) == 1
    assert rows_of(clinic, "P") == []
    seen = last(clinic, "C", p.Changed)
    assert not seen.consultation.patient_present
    assert clinic.now(waiting).state is State.CHECKED_IN, "a lost network is no leaving"
    assert "P" in clinic.push.gone, "a page that only slept learns at once that it has to come back"
    assert sweep(clinic) == 0


def test_a_clinician_who_fell_silent_is_there_no_more(clinic: Clinic) -> None:
    clinic.waiting()
    silent(clinic, "P", "W")
    assert sweep(clinic) == 1
    assert rows_of(clinic, "C") == []
    assert not last(clinic, "P", p.Visit).visit.clinician_present


def test_whoever_says_something_stays(clinic: Clinic) -> None:
    clinic.waiting()
    for _ in range(4):
        silent(clinic, "C", "P", "W")
        assert sweep(clinic) == 0
    assert rows_of(clinic, "P") == ["Opened", "Socket", "Taken"]


def test_a_silent_workers_socket_goes_too(clinic: Clinic) -> None:
    clinic.worker("W", "w1")
    silent(clinic)
    assert sweep(clinic) == 1
    assert rows_of(clinic, "W") == []


def test_a_ping_of_an_unknown_socket_closes_it_and_does_nothing_else(clinic: Clinic) -> None:
    clinic.waiting()
    silent(clinic, "C")
    sweep(clinic)
    before = dict(clinic.store.rows)
    clinic.push.sent.clear()
    clinic.push.gone.clear()
    for message in (p.Ping(), p.Hello(), p.Leave()):
        assert clinic.say("P", message) == "ended"
    assert clinic.push.gone == {"P"}
    assert (clinic.push.sent, clinic.store.rows) == ([], before)


def test_a_ping_in_the_same_moment_keeps_the_socket(clinic: Clinic) -> None:
    clinic.waiting()
    silent(clinic, "C", "W")
    clinic.store.before_write = lambda: clinic.say("P", p.Ping())
    assert sweep(clinic) == 0
    assert rows_of(clinic, "P") == ["Opened", "Socket", "Taken"]
    assert "P" not in clinic.push.gone


def test_a_ping_after_the_sweep_has_begun_comes_too_late(clinic: Clinic) -> None:
    clinic.waiting()
    silent(clinic, "C", "W")
    lapsed = clinic.services.leases.lapsed(clinic.trust)
    assert [clinic.services.leases.end(socket) for socket in lapsed] == [True]
    assert clinic.say("P", p.Ping()) == "ended"
    assert sweep(clinic) == 1
    assert rows_of(clinic, "P") == []


def test_of_two_sweeps_at_once_one_does_it(clinic: Clinic) -> None:
    clinic.waiting()
    silent(clinic, "C", "W")
    done: list[int] = []
    clinic.store.before_write = lambda: done.append(sweep(clinic))
    done.append(sweep(clinic))
    assert sorted(done) == [0, 1]


@pytest.mark.parametrize("dies_at", range(5))
def test_a_sweep_that_dies_is_followed_by_the_next(clinic: Clinic, dies_at: int) -> None:
    clinic.waiting()
    silent(clinic, "W")
    written = 0

    def die_in_turn() -> None:
        nonlocal written
        written += 1
        if written > dies_at:
            raise Died
        clinic.store.before_write = die_in_turn

    clinic.store.before_write = die_in_turn
    with pytest.raises(Died):
        sweep(clinic)
    clinic.store.before_write = lambda: None
    sweep(clinic)
    assert rows_of(clinic, "P") == rows_of(clinic, "C") == []


def test_what_fails_for_one_socket_leaves_the_others_to_be_cleared_up(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    other = clinic.book()
    clinic.patient("Q", other)
    silent(clinic, "C", "W")
    send = clinic.push.send

    def fail_once(connection: str, message: p.Message) -> bool:
        if connection == "C" and isinstance(message, p.Changed) and message.consultation.consultation == waiting.id:
            raise VenteromError
        return send(connection, message)

    clinic.push.send = fail_once  # type: ignore[method-assign]
    with pytest.raises(VenteromError):
        sweep(clinic)
    assert rows_of(clinic, "Q") == []
    clinic.push.send = send  # type: ignore[method-assign]
    assert sweep(clinic) == 1
    assert rows_of(clinic, "P") == []


def test_the_seat_of_a_newer_socket_stays(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    clinic.clock.time += 1
    clinic.patient("P2", waiting)
    silent(clinic, "P2", "C", "W")
    sweep(clinic)
    assert rows_of(clinic, "P") == []
    assert rows_of(clinic, "P2") == ["Opened", "Socket", "Taken"]
    assert last(clinic, "C", p.Changed).consultation.patient_present


def test_what_comes_late_from_an_older_socket_takes_no_seat_from_a_newer(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    clinic.clock.time += 1
    clinic.patient("P2", waiting)
    clinic.push.sent.clear()
    for message in (p.CheckIn(devices=p.DeviceReport()), p.Hello()):
        assert clinic.say("P", message) == "overtaken"
    assert [m for m in clinic.push.to("P") if isinstance(m, p.SeatTaken)]
    assert not [m for m in clinic.push.to("P2") if isinstance(m, p.SeatTaken)]
    held = clinic.services.sockets.seat(clinic.trust, waiting.id, Seat.PATIENT)
    assert held is not None
    assert held.connection == "P2"


def test_a_newer_socket_is_heard_before_its_hello(clinic: Clinic) -> None:
    talking = clinic.talking()
    clinic.clock.time += 1
    socket = clinic.services.sockets.find("P")
    assert socket is not None
    newer = Socket(
        connection="P2",
        role=socket.role,
        session=socket.session,
        trust=socket.trust,
        consultation=socket.consultation,
    )
    clinic.store.write(clinic.services.leases.rows(newer))
    assert clinic.say("P2", p.Media(consultation=talking.id, call=1, camera=True, microphone=True)) == "media"
    assert clinic.say("P", p.Media(consultation=talking.id, call=1, camera=False, microphone=True)) == "overtaken"


def test_a_push_to_a_gone_socket_takes_what_it_held_and_the_sweep_tells(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.push.gone.add("P")
    clinic.say("C", p.WithdrawCall(consultation=called.id, call=1))
    assert rows_of(clinic, "P") == ["Opened", "Socket"]
    assert sweep(clinic) == 1
    assert rows_of(clinic, "P") == []
    assert not last(clinic, "C", p.Changed).consultation.patient_present


def test_a_seat_whose_socket_is_known_no_more_is_left_when_nobody_answers(clinic: Clinic) -> None:
    called = clinic.calling()
    socket = clinic.services.sockets.find("P")
    assert socket is not None
    clinic.services.leases.forget(socket)
    clinic.push.gone.add("P")
    clinic.say("C", p.WithdrawCall(consultation=called.id, call=1))
    assert rows_of(clinic, "P") == []


def test_a_clinician_who_changes_lists_as_her_socket_ends_is_asked_to_come_back(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    silent(clinic, "P", "W")
    clinic.store.before_write = lambda: sweep(clinic)
    assert clinic.say("C", p.Call(consultation=waiting.id)) == "ended"
    assert rows_of(clinic, "C") == []
    assert clinic.now(waiting).state is State.CHECKED_IN


def test_all_rows_of_a_socket_outlive_it_by_a_little(clinic: Clinic) -> None:
    clinic.talking()
    kinds = Socket | Opened | Watcher | Taken
    ends = {row.expires for row in clinic.store.rows.values() if isinstance(row, kinds)}
    assert ends == {clinic.clock.time + LONGEST_SECONDS + CLEARING_SECONDS}
    assert CLEARING_SECONDS > SILENCE + 60


def test_a_ping_costs_one_write_and_two_reads(clinic: Clinic) -> None:
    clinic.waiting()
    counted: list[str] = []
    store = clinic.store

    class Counting:
        def __getattr__(self, name: str) -> object:
            counted.append(name)
            return getattr(store, name)

    for part in (clinic.services.sockets, clinic.services.sessions, clinic.services.leases):
        part._store = Counting()  # type: ignore[assignment]
    assert clinic.say("P", p.Ping()) == "ping"
    assert counted == ["get", "get", "renew_socket"]
