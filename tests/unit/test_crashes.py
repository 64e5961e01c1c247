"""Every function dies before each thing that it does; what always holds does, it is run again, and nothing is lost."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, Final, get_args

import pytest

import app as doors
from chalicelib import protocol as p
from chalicelib import records as r
from chalicelib.errors import VenteromError
from chalicelib.lifecycle import FINAL, State
from chalicelib.protocol import Delivery, MessageKind
from chalicelib.records import Socket
from tests.fakes.effects import Died, Effects, Failed
from tests.fakes.gateway import OPEN
from tests.invariants import ALWAYS, AT_REST, broken
from tests.unit.acts import ALL, DOORLESS, DOORS, FUNCTIONLESS, FUNCTIONS, MESSAGES, ROLES, SDP, Stage, sweeps

MOST = 60
"""More effects than any function has on this small stage."""
REPEATED = (r.Happening, r.Head, r.Link, r.Handed, r.Session, r.Opened, r.Once, r.Login, r.Ticket, r.Code, r.SignedIn,
            r.Gone, r.Purged)  # fmt: skip
"""Of what doing a thing a second time may leave more."""

THEN = {
    "door check_code": 401,
    "door visit_logout": 401,
    "door log_out": 401,
    "door set_rules": 409,
    "door suspend": 409,
}
"""What is answered to who did it already, and was cut off after that: they log in anew, or see what is now."""
ANEW = frozenset({"door arrive", "door invite", "door invite_guest_again"})
"""Asked for twice, there are two of it: somebody comes, or a message goes, once more."""


@contextmanager
def staged(name: str) -> Iterator[tuple[Stage, Effects, Any]]:
    at, act = ALL[name]
    stage = Stage(at)
    try:
        yield stage, Effects(stage.clinic), lambda: act(stage)
    finally:
        stage.close()


def holds(stage: Stage) -> None:
    wrong = broken(stage.clinic.table(), ALWAYS)
    assert not wrong, "\n".join(wrong)


def goes_on(stage: Stage) -> None:
    """Who is there says so, workers beat, the schedule does what is due, and the sweep runs; then all is at rest."""
    clinic = stage.clinic
    clinic.clock.time += 61
    for connection in {row.connection for row in clinic.table().all(Socket)} - clinic.push.gone:
        worker = connection.startswith("worker")
        if worker and clinic.say(connection, p.Heartbeat(load=0, rooms=0)) == "not_found":
            clinic.say(connection, p.Register(worker="w2" if connection == "worker2" else "w1", capacity=4))
        elif not worker:
            clinic.say(connection, p.Ping())
    for (consultation, reason), when in sorted(clinic.scheduler.planned.items(), key=lambda plan: plan[1]):
        if when <= clinic.clock.time + 180 and not reason.startswith("close"):
            clinic.clock.time = max(clinic.clock.time, when)
            clinic.services.invites.deliver(stage.trust, consultation, reason)
    for connection in ("worker", "worker2"):
        clinic.say(connection, p.Heartbeat(load=0, rooms=0))
    sweeps(stage)
    wrong = broken(clinic.table(), [*ALWAYS, *AT_REST])
    assert not wrong, "\n".join(wrong)


def summary(stage: Stage) -> Any:
    """What came of it, apart from what differs from run to run: ids, times, how often something was asked."""
    rows = [row for row in stage.clinic.table().rows.values() if not isinstance(row, REPEATED)]
    codes = [row for row in rows if isinstance(row, r.Sending) and row.kind is MessageKind.CODE]
    kinds = Counter(type(row).__name__ for row in rows if row not in codes)
    found = []
    for c in stage.clinic.table().all(r.Consultation):
        guests = [(g.kind, g.ready, g.admitted, g.call > 0, _way(g.sms), g.told) for g in c.guests]
        found.append((c.state, c.staff, c.starts, c.minutes, c.worker != "", _way(c.sms), c.told, c.pausers, c.by_phone,
                      c.feedback_given, c.running_late, c.devices, c.invitation, c.erased, guests))  # fmt: skip
    did = {entry.what for entry in stage.clinic.table().all(r.Happening) if not entry.consultation}
    return sorted(kinds.items()), sorted(found, key=str), sorted(did)


def _way(state: Delivery) -> Delivery:
    """Nobody may know whether it went, when whoever sent it died in that moment; the department sees that."""
    return Delivery.SENT if state is Delivery.UNCERTAIN else state


def can_still_talk(stage: Stage) -> bool:
    """Patient and clinician open their pages, and talk."""
    clinic, c = stage.clinic, stage.consultation
    clinic.store.before_write = lambda: None
    now = clinic.now(c)
    stage.clinic.worker("fresh", "w9", capacity=1)
    clinic.patient("patient again", c)
    clinic.clinician("clinician again", now.staff)
    clinic.say("patient again", p.CheckIn(devices=p.DeviceReport()))
    clinic.say("clinician again", p.Call(consultation=c.id))
    clinic.say("patient again", p.Accept(consultation=c.id, call=clinic.now(c).call))
    return clinic.now(c).state is State.IN_CALL


def outcome(
    stage: Stage, effects: Effects, act: Any, at: int | None = None, cut: type[BaseException] = Died
) -> tuple[Any, Any, bool]:
    """What the last run answered, what came of it all, and whether it was cut off."""
    first = effects.run(act, at, cut)
    was_cut = at is not None and effects.done >= at
    holds(stage)
    answer = effects.run(act) if was_cut else first
    holds(stage)
    goes_on(stage)
    came = summary(stage)
    there = stage.clinic.table().consultation(stage.trust, stage.consultation.id)
    if there is not None and there.state not in FINAL and not stopped(stage):
        assert can_still_talk(stage)
    holds(stage)
    return answer, came, was_cut


def stopped(stage: Stage) -> bool:
    """Whether the trust holds no video just now, or it is too late for this consultation."""
    over = stage.clinic.services.consultations.closing_time(stage.clinic.now(stage.consultation))
    return any(row.on for row in stage.clinic.table().all(r.Stopped)) or stage.clinic.clock.time > over


@pytest.mark.parametrize("cut", [Died, Failed])
@pytest.mark.parametrize("name", ALL)
def test_cut_off_anywhere_and_done_again_it_is_as_if_done_at_once(name: str, cut: type[BaseException]) -> None:
    with staged(name) as (stage, effects, act):
        kept = stage.kept()
        answer, came, _ = outcome(stage, effects, act)
        assert not isinstance(answer, int) or answer < 400, answer
        for at in range(1, MOST):
            stage.again(kept)
            again, come, was_cut = outcome(stage, effects, act, at, cut)
            if not was_cut:
                return
            assert name in ANEW or come == came, f"before effect {at}"
            assert again in (answer, THEN.get(name)), f"before effect {at}"
        raise AssertionError("it never got through")


@pytest.mark.parametrize("name", ALL)
def test_done_twice_it_is_done_once(name: str) -> None:
    with staged(name) as (stage, effects, act):
        kept = stage.kept()
        _, came, _ = outcome(stage, effects, act)
        stage.again(kept)
        act()
        act()
        holds(stage)
        goes_on(stage)
        assert name in ANEW or summary(stage) == came


SAID: Final[dict[str, Callable[[str], p.Message]]] = {
    "gone": lambda room: p.RoomEnded(room=room),
    "unavailable": lambda room: p.RoomRefused(room=room),
}


@pytest.mark.parametrize("there", [True, False], ids=["they are there", "nobody is there"])
@pytest.mark.parametrize("code", list(SAID))
def test_what_a_worker_said_of_a_room_is_found_out_though_nobody_says_it_again(code: str, there: bool) -> None:
    for at in range(1, MOST):
        with closing(Stage("talking")) as stage:
            clinic, effects = stage.clinic, Effects(stage.clinic)
            room, worker = stage.room, clinic.now(stage.consultation).worker
            connection = "worker" if worker == "w1" else "worker2"
            effects.run(lambda: clinic.say(connection, SAID[code](room)), at)  # noqa: B023 # run at once
            was_cut = effects.done >= at
            before = len(clinic.push.to(connection))
            for who in () if there else ("patient", "guest", "clinician"):
                clinic.leave(who)
            if there:
                clinic.say("clinician", p.Offer(consultation=stage.consultation.id, call=1, n=1, sdp=SDP))
            goes_on(stage)
            for told in clinic.push.to(connection)[before:]:
                if isinstance(told, p.OpenRoom) and told.room == room:
                    clinic.say(connection, SAID[code](room))
                elif isinstance(told, p.RelayOffer) and told.room == room:
                    clinic.say(connection, p.RelayRefused(room=room, seat=told.seat, n=told.n, code=code))
            now = clinic.now(stage.consultation)
            assert (now.state, now.call) == ((State.IN_CALL, 2) if code == "unavailable" else (State.CHECKED_IN, 1)), at
            assert room not in {room for row in clinic.workers() for room in row.rooms}
            goes_on(stage)
        if not was_cut:
            return
    raise AssertionError("it never got through")


@pytest.mark.parametrize("end", ["cancel", "phone"])
@pytest.mark.parametrize("name", [name for name in ALL if not name.startswith("door phone")])
def test_done_again_when_all_is_over_it_changes_nothing(name: str, end: str) -> None:
    with staged(name) as (stage, _, act):
        act()
        if stage.clinic.table().consultation(stage.trust, stage.consultation.id) is None:
            return
        staff = stage.clinic.now(stage.consultation).staff
        by = stage.clinic.as_(staff)
        with suppress(VenteromError):  # a call is not cancelled
            getattr(stage.clinic.services.desk, end)(by, stage.consultation.id)
        before = stage.state
        act()
        holds(stage)
        goes_on(stage)
        if State(before) in FINAL:
            assert stage.state == before


def test_every_door_message_and_function_is_done() -> None:
    assert {route.door for route in OPEN} == {*DOORS, *DOORLESS}
    for who, union in ROLES.items():
        with staged("door health") as (stage, _, _act):
            said = {type(_message(stage, act)) for speaker, _, act in MESSAGES if speaker == who}
        assert said == set(get_args(union)), who
    known = {one.name for one in (*doors.app.pure_lambda_functions, *doors.app.event_sources)}
    assert {name for name, _, _ in FUNCTIONS} | set(FUNCTIONLESS) == known


def _message(stage: Stage, act: Any) -> Any:
    said: list[Any] = []
    stage.clinic.say = lambda _, message: said.append(message) or ""  # type: ignore[method-assign,func-returns-value,assignment]
    act(stage)
    return said[0]
