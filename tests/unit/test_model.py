"""Consultations, calls, workers and sockets, with functions that die, repeat, interleave and come late: any history.

What always holds is looked at after each step, what holds at rest at the end, when patient and clinician can talk
again. A history that breaks something is printed as a story. VENTEROM_MODEL_EXAMPLES=1000 tries so many new ones.
"""

import os
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from chalicelib import protocol as p
from chalicelib.errors import VenteromError
from chalicelib.protocol import Message
from tests.unit.shift import PATIENTS, SDP, WORKERS, Act, Shift

MORE: Final = int(os.environ.get("VENTEROM_MODEL_EXAMPLES", "0"))
Step = tuple[str, Act]
Make = Callable[[str, int], Message]


def says(
    who: str, words: str, make: Callable[[str, int], Message], about: str, *, page: int = -1, back: int = 0
) -> Step:
    """Somebody says something of a consultation's present call, or one ``back``."""

    def act(shift: Shift) -> None:
        now = shift.now(about)
        shift.says(who, make(now.id, max(0, now.call - back)), page=page)

    late = " (meaning the call before)" if back else ""
    return f"{who} {words}{late}.", act


PARCEL: Final = p.Parcel(attempt="a" * 22, about="", n=1)
IN_CALL: Final[list[tuple[str, Make]]] = [
    ("hangs up", lambda c, n: p.HangUp(consultation=c, call=n)),
    ("has trouble", lambda c, n: p.Trouble(consultation=c, call=n)),
    ("wants a pause", lambda c, n: p.Pause(consultation=c, call=n, paused=True)),
    ("goes on", lambda c, n: p.Pause(consultation=c, call=n, paused=False)),
    ("switches the camera on", lambda c, n: p.Media(consultation=c, call=n, camera=True, microphone=True)),
    (
        "agrees on keys",
        lambda c, n: p.Handshake(consultation=c, call=n, parcels=dict.fromkeys(list(p.Seat)[:3], PARCEL)),
    ),
    ("offers a line", lambda c, n: p.Offer(consultation=c, call=n, n=1, sdp=SDP)),
    ("says hello again", lambda c, n: p.Hello()),
]
VISITS: Final[list[tuple[str, Make]]] = [
    ("checks in", lambda c, n: p.CheckIn(devices=p.DeviceReport())),
    ("accepts", lambda c, n: p.Accept(consultation=c, call=n)),
    ("accepts", lambda c, n: p.Accept(consultation=c, call=n)),
    ("leaves the waiting room", lambda c, n: p.Leave()),
]


def admits(shift: Shift) -> None:
    shift.says("Ingrid", p.Admit(consultation=shift.now("Kari").id, guest=shift.companion.id))


def shows_out(shift: Shift) -> None:
    try:
        shift.clinic.remove(shift.visits["Kari"], shift.companion)
    except VenteromError:
        return


def cancels(shift: Shift) -> None:
    try:
        shift.clinic.services.desk.cancel(shift.clinic.by, shift.visits["Nils"].id)
    except VenteromError:
        return


def ends_rooms(shift: Shift, worker: str, make: Callable[[str], Message]) -> None:
    for row in shift.workers():
        for room in row.rooms if row.id == worker else ():
            shift.says(worker, make(room))


def waits(seconds: int) -> Act:
    def act(shift: Shift) -> None:
        shift.clinic.clock.time += seconds

    return act


def _steps() -> list[Step]:
    steps: list[Step] = []
    for who in (*PATIENTS, "Per"):
        about = who if who in PATIENTS else "Kari"
        steps += [says(who, words, make, about, back=back) for words, make in (*IN_CALL, *VISITS) for back in (0, 0, 1)]
    for about in PATIENTS:
        calls: list[tuple[str, Make]] = [
            (f"calls {about}", lambda c, n: p.Call(consultation=c)),
            (f"calls {about}", lambda c, n: p.Call(consultation=c)),
            (f"stops calling {about}", lambda c, n: p.WithdrawCall(consultation=c, call=n)),
            *((f"({about}'s call) {words}", make) for words, make in IN_CALL),
        ]
        steps += [says("Ingrid", words, make, about, page=page) for words, make in calls for page in (-1, -1, -2)]
    steps += [("Ingrid admits Per.", admits)] * 4
    steps += [("Ingrid shows Per out.", shows_out), ("Nils's appointment is cancelled.", cancels)]
    for who in ("Ingrid", *PATIENTS, "Per"):
        steps.append((f"{who} opens one more page.", lambda s, w=who: s.opens(w)))  # type: ignore[misc]
        steps.append((f"{who}'s newest socket breaks without a word.", lambda s, w=who: s.vanishes(w)))  # type: ignore[misc]
        steps.append((f"{who}'s oldest socket closes.", lambda s, w=who: s.closes(w)))  # type: ignore[misc]
    for worker in WORKERS:
        steps += [
            (f"Worker {worker} beats.", lambda s, w=worker: s.says(w, p.Heartbeat(load=0, rooms=0))),  # type: ignore[misc]
            (f"Worker {worker} drains.", lambda s, w=worker: s.says(w, p.Heartbeat(load=0, rooms=1, draining=True))),  # type: ignore[misc]
            (f"Worker {worker} is tired.", lambda s, w=worker: s.says(w, p.Heartbeat(load=1, rooms=1))),  # type: ignore[misc]
            (f"Worker {worker} starts anew.", lambda s, w=worker: s.registers(w)),  # type: ignore[misc]
            (f"Worker {worker} comes by another socket.", lambda s, w=worker: s.registers(w, knowing=True)),  # type: ignore[misc]
            (f"Worker {worker}'s newest socket breaks without a word.", lambda s, w=worker: s.vanishes(w)),  # type: ignore[misc]
            (f"Worker {worker}'s oldest socket closes.", lambda s, w=worker: s.closes(w)),  # type: ignore[misc]
            (f"Worker {worker} closes its rooms.",
             lambda s, w=worker: ends_rooms(s, w, lambda room: p.RoomEnded(room=room))),  # type: ignore[misc]
            (f"Worker {worker} refuses its rooms.",
             lambda s, w=worker: ends_rooms(s, w, lambda room: p.RoomRefused(room=room))),  # type: ignore[misc]
        ]  # fmt: skip
    steps += [(f"{seconds} seconds pass.", waits(seconds)) for seconds in (3, 8, 16, 80)]
    return [*steps, *[("The sweep runs.", Shift.sweep)] * 3]


STEPS: Final = st.sampled_from(_steps())


class History(RuleBasedStateMachine):
    """Steps as they come."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = Shift()

    @rule(step=STEPS)
    def it_happens(self, step: Step) -> None:
        self._do(step[0], step[1])

    @rule(step=STEPS, at=st.integers(1, 9))
    def it_is_cut_off(self, step: Step, at: int) -> None:
        self._do(f"{step[0]} The function dies before the {at}. thing that it does.", step[1], at)

    @rule(step=STEPS, meanwhile=STEPS, after=st.integers(0, 3))
    def others_are_faster(self, step: Step, meanwhile: Step, after: int) -> None:
        shift = self.shift

        def wait(left: int) -> Callable[[], None]:
            def before() -> None:
                if left:
                    shift.clinic.store.before_write = wait(left - 1)
                else:
                    meanwhile[1](shift)

            return before

        shift.clinic.store.before_write = wait(after)
        self._do(f"{step[0]} Before it writes for the {after + 1}. time: {meanwhile[0]}", step[1])
        shift.clinic.store.before_write = lambda: None

    @rule(back=st.integers(0, 12))
    def it_comes_again(self, back: int) -> None:
        told: list[str] = []
        self._do("", lambda shift: told.append(shift.comes_again(back)))
        self.shift.story[-1] = "".join(told)

    def teardown(self) -> None:
        self.shift.comes_to_rest()

    def _do(self, words: str, act: Any, at: int | None = None) -> None:
        self.shift.story.append(words)
        self.shift.effects.run(lambda: act(self.shift), at)
        self.shift.holds()


TestHistory = History.TestCase
TestHistory.settings = settings(
    max_examples=MORE or 200,
    stateful_step_count=20,
    derandomize=not MORE,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)


@pytest.mark.untrue("that is what it is about")
def test_what_breaks_is_told_as_a_story() -> None:
    shift = Shift()
    words, act = says("Ingrid", "calls Kari", lambda c, n: p.Call(consultation=c), "Kari")
    shift.story.append(words)
    act(shift)
    shift.holds()
    shift.clinic.store.release_room("w1", f"elvenes.{shift.now('Kari').id}.1")
    with pytest.raises(AssertionError, match=r"What happened:\nIngrid calls Kari\."):
        shift.holds()
