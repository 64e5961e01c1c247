"""Everybody at once: any messages in any order, one function running between another's decision and its write."""

from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import protocol as p
from chalicelib.errors import VenteromError
from chalicelib.lifecycle import TRANSITIONS, WITH_CALL, Event, State
from chalicelib.protocol import DeviceReport, Message
from chalicelib.records import Happening, consultation_key
from tests.fakes.clinic import SETTINGS, Clinic

SDP: Final = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
Act = Callable[["Afternoon"], None]


class Afternoon:
    """Two patients, a clinician with two pages, two workers with one place each."""

    def __init__(self) -> None:
        self.clinic = Clinic()
        self.patients = {name: self.clinic.book(patient_name=name) for name in ("P", "Q")}
        for worker in ("W", "X"):
            self.clinic.worker(worker, worker.lower())
        for page in ("C", "D"):
            self.clinic.clinician(page)
        for name, consultation in self.patients.items():
            self.clinic.patient(name, consultation)
            self.clinic.say(name, p.CheckIn(devices=DeviceReport()))
        self.guests = [self.clinic.invite(self.patients["P"], name=name) for name in ("G", "H")]
        for name, guest in zip(("G", "H"), self.guests, strict=True):
            self.clinic.guest(name, self.patients["P"], guest)

    def say(self, connection: str, message: Message) -> None:
        said = self.clinic.say(connection, message)
        assert " " not in said, f"{type(message).__name__}: {said}"

    def check(self) -> None:
        clinic = self.clinic
        placed: dict[str, str] = {}
        for worker in clinic.workers():
            assert len(worker.rooms) <= worker.capacity
            for room in worker.rooms:
                assert room not in placed, "one call on two workers"
                placed[room] = worker.id
        for consultation in self.patients.values():
            present = clinic.now(consultation)
            if present.state in WITH_CALL:
                assert placed.get(f"elvenes.{present.id}.{present.call}") == present.worker
            if present.state not in WITH_CALL:
                assert present.pausers == ()
            assert set(present.pausers) <= set(present.seats)
            for guest in present.guests:
                if guest.call:
                    assert guest.ready
                    assert guest.admitted
                    assert guest.call <= present.call
            self._check_trail(present.id, present.version, present.state)

    def evening(self) -> None:
        """Nobody says anything more: a lease and a sweep later nothing is left of workers and calls."""
        self.clinic.clock.time += SETTINGS.lease_seconds
        self.clinic.services.workers.sweep()
        assert self.clinic.workers() == []
        for consultation in self.patients.values():
            assert self.clinic.now(consultation).state not in WITH_CALL

    def _check_trail(self, consultation: str, version: int, state: State) -> None:
        trail = self.clinic.store.query(Happening, consultation_key("elvenes", consultation), "TRAIL#")
        assert [entry.number for entry in trail] == list(range(1, version + 1))
        assert trail[-1].state is state
        for before, after in pairwise(trail):
            if after.what in set(Event):
                assert TRANSITIONS[before.state, Event(after.what)] is after.state
            else:
                assert before.state is after.state


def said(by: str, make: Callable[[str, int], Message], about: str, back: int) -> Act:
    def act(day: Afternoon) -> None:
        present = day.clinic.now(day.patients[about])
        day.say(by, make(present.id, max(0, present.call - back)))

    return act


def from_patient(name: str) -> st.SearchStrategy[Act]:
    makes: list[Callable[[str, int], Message]] = [
        lambda c, n: p.Hello(),
        lambda c, n: p.CheckIn(devices=DeviceReport()),
        lambda c, n: p.Leave(),
        lambda c, n: p.Accept(consultation=c, call=n),
        lambda c, n: p.HangUp(consultation=c, call=n),
        lambda c, n: p.Trouble(consultation=c, call=n),
        lambda c, n: p.Pause(consultation=c, call=n, paused=True),
        lambda c, n: p.Pause(consultation=c, call=n, paused=False),
        lambda c, n: p.Media(consultation=c, call=n, camera=True, microphone=True),
        lambda c, n: p.Offer(consultation=c, call=n, n=1, sdp=SDP),
    ]
    return st.builds(said, st.just(name), st.sampled_from(makes), st.just(name), st.sampled_from([0, 0, 0, 1]))


def from_guest(name: str) -> st.SearchStrategy[Act]:
    makes: list[Callable[[str, int], Message]] = [
        lambda c, n: p.Hello(),
        lambda c, n: p.CheckIn(devices=DeviceReport()),
        lambda c, n: p.Leave(),
        lambda c, n: p.Accept(consultation=c, call=n),
        lambda c, n: p.Accept(consultation=c, call=n),
        lambda c, n: p.HangUp(consultation=c, call=n),
        lambda c, n: p.Pause(consultation=c, call=n, paused=True),
        lambda c, n: p.Media(consultation=c, call=n, camera=True, microphone=True),
        lambda c, n: p.Offer(consultation=c, call=n, n=1, sdp=SDP),
    ]
    return st.builds(said, st.just(name), st.sampled_from(makes), st.just("P"), st.sampled_from([0, 0, 0, 1]))


def admit(day: Afternoon) -> None:
    for guest in day.guests:
        day.say("C", p.Admit(consultation=day.patients["P"].id, guest=guest.id))


def remove(day: Afternoon) -> None:
    with suppress(VenteromError):
        day.clinic.remove(day.patients["P"], day.guests[0])


def from_clinician() -> st.SearchStrategy[Act]:
    makes: list[Callable[[str, int], Message]] = [
        lambda c, n: p.Hello(),
        lambda c, n: p.Call(consultation=c),
        lambda c, n: p.Call(consultation=c),
        lambda c, n: p.WithdrawCall(consultation=c, call=n),
        lambda c, n: p.HangUp(consultation=c, call=n),
        lambda c, n: p.Trouble(consultation=c, call=n),
        lambda c, n: p.Offer(consultation=c, call=n, n=1, sdp=SDP),
    ]
    who, back = st.sampled_from("CD"), st.sampled_from([0, 0, 0, 1])
    return st.builds(said, who, st.sampled_from(makes), st.sampled_from("PQ"), back)


def from_worker(name: str) -> st.SearchStrategy[Act]:
    def registers(day: Afternoon) -> None:
        """With all that the table gave it, or as one that started anew."""
        day.say(name, p.Register(worker=name.lower(), capacity=1))

    def registers_again(day: Afternoon) -> None:
        rooms = [room for w in day.clinic.workers() if w.id == name.lower() for room in w.rooms]
        day.say(name, p.Register(worker=name.lower(), capacity=1, rooms=rooms))

    def beats(day: Afternoon) -> None:
        day.say(name, p.Heartbeat(load=0, rooms=0))

    def is_tired(day: Afternoon) -> None:
        day.say(name, p.Heartbeat(load=1, rooms=0))

    def ends(day: Afternoon) -> None:
        for worker in day.clinic.workers():
            for room in worker.rooms:
                day.say(name, p.RoomEnded(room=room))

    def refuses(day: Afternoon) -> None:
        for worker in day.clinic.workers():
            for room in worker.rooms:
                day.say(name, p.RoomRefused(room=room))

    def reports(day: Afternoon) -> None:
        for worker in day.clinic.workers():
            for room in worker.rooms:
                day.say(name, p.RoomQuality(room=room, participants=2, good=60, fair=0, poor=0))

    def drains(day: Afternoon) -> None:
        day.say(name, p.Heartbeat(load=0, rooms=0, draining=True))

    def is_unplugged(day: Afternoon) -> None:
        day.clinic.services.signaling.disconnect(name)

    def falls_away(day: Afternoon) -> None:
        """Its socket is dead, and nobody has said so yet."""
        day.clinic.push.gone.add(name)

    def comes_back(day: Afternoon) -> None:
        """On a socket of its own name, with what the table gave it before it went."""
        rooms = [room for w in day.clinic.workers() if w.id == name.lower() for room in w.rooms]
        day.clinic.push.gone.discard(name)
        day.clinic.worker(name, name.lower(), rooms=tuple(rooms))

    comes_and_goes = [is_unplugged, falls_away, comes_back, comes_back, drains]
    return st.sampled_from(
        [registers, registers_again, beats, is_tired, ends, refuses, refuses, reports, *comes_and_goes]
    )


def later(day: Afternoon) -> None:
    day.clinic.clock.time += 16


def sweep(day: Afternoon) -> None:
    day.clinic.services.workers.sweep()


def cancel(day: Afternoon) -> None:
    try:
        day.clinic.services.desk.cancel(day.clinic.by, day.patients["Q"].id)
    except VenteromError:
        return


acts: st.SearchStrategy[Act] = st.one_of(
    from_patient("P"),
    from_patient("Q"),
    from_guest("G"),
    from_guest("H"),
    from_clinician(),
    from_clinician(),
    from_worker("W"),
    from_worker("X"),
    st.sampled_from([later, sweep, cancel, admit, admit, remove]),
)


def interrupt(day: Afternoon, between: list[Act]) -> None:
    """Before the next write the first of ``between`` happens, and before its first write the next."""
    if between:
        first, *others = between

        def happen() -> None:
            interrupt(day, others)
            first(day)

        day.clinic.store.before_write = happen


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(acts, st.lists(acts, max_size=2)), min_size=1, max_size=12))
def test_no_order_of_things_breaks_what_must_hold(steps: list[tuple[Act, list[Act]]]) -> None:
    day = Afternoon()
    for act, between in steps:
        interrupt(day, between)
        act(day)
        day.clinic.store.before_write = lambda: None
        day.check()
    day.evening()
