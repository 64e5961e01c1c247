"""What is decided every minute: how many workers there are to be, who rests, and what is told to ECS."""

import json

import msgspec
import pytest

from chalicelib import protocol as p
from chalicelib.consultations import instant
from chalicelib.ecs import EcsTasks
from chalicelib.errors import Busy
from chalicelib.fleet import HURRY_SECONDS, TEST_SECONDS, Decision
from chalicelib.lifecycle import State
from chalicelib.placement import choose, choose_for_probe
from chalicelib.scaling import Policy
from chalicelib.settings import POLICY, Settings
from media_worker.settings import CAPACITY
from tests.fakes.clinic import SETTINGS, Clinic
from tests.unit.test_lines import place, waiting
from tests.unit.test_protocol import SDP
from tests.unit.test_signaling import last


@pytest.fixture
def clinic() -> Clinic:
    """Workers carry two calls each, and every line that is wanted is one that somebody asked for."""
    made = Clinic()
    made.scales(calls=2, spare=0, margin=1.0)
    return made


def decide(clinic: Clinic) -> Decision:
    return clinic.services.fleet.decide()


def resting(clinic: Clinic) -> list[str]:
    return [worker.id for worker in clinic.workers() if worker.resting]


def beat(clinic: Clinic, *connections: str) -> None:
    """They are alive, and what was said of them before is over."""
    for connection in connections:
        clinic.say(connection, p.Heartbeat(load=0, rooms=0))


def call(clinic: Clinic, name: str, worker: str = "") -> None:
    """A patient (socket of that name) is called; on ``worker``."""
    booked = waiting(clinic, name)
    assert place(clinic, name, booked) == 0
    assert clinic.now(booked).worker == worker or not worker


def test_workers_are_started_before_what_is_booked(clinic: Clinic) -> None:
    for _ in range(5):
        clinic.book()
    assert decide(clinic).desired == 0
    clinic.clock.time += 3600 - POLICY.lead_seconds
    assert decide(clinic).desired == 3
    assert clinic.tasks.told == [3]
    decide(clinic)
    assert clinic.tasks.told == [3], "those that are being started are counted"
    clinic.worker("W", "w1", capacity=2)
    assert decide(clinic).desired == 3


def test_when_all_is_over_nobody_is_left(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.clock.time = booked.starts
    clinic.worker("W", "w1", capacity=2)
    assert decide(clinic).desired == 1
    clinic.clock.time = booked.ends + POLICY.late_seconds
    clinic.worker("W", "w1", capacity=2)
    assert decide(clinic) == Decision(wanted=0, allowed=0, desired=0, alive=1, rest=1, calls=0, waiting=0)
    assert clinic.tasks.told == [1, 0]


def test_the_emptiest_rests_takes_no_call_and_works_again_when_wanted(clinic: Clinic) -> None:
    clinic.worker("W", "w1", capacity=2)
    clinic.worker("X", "w2", capacity=2)
    call(clinic, "A", "w1")
    assert decide(clinic).desired == 1
    assert resting(clinic) == ["w2"]
    call(clinic, "B", "w1")
    late = waiting(clinic, "D")
    assert place(clinic, "D", late) == 1, "the one works to the full, the other rests"
    found = decide(clinic)
    assert (found.waiting, found.desired) == (1, 2)
    assert resting(clinic) == []
    assert place(clinic, "D", late) == 0
    assert clinic.now(late).worker == "w2"


def test_who_rests_is_kept_until_its_last_call_is_over(clinic: Clinic) -> None:
    clinic.worker("W", "w1", capacity=2)
    call(clinic, "A", "w1")
    clinic.worker("X", "w2", capacity=2)
    call(clinic, "B", "w2")
    assert decide(clinic) == Decision(wanted=1, allowed=1, desired=2, alive=2, rest=1, calls=2, waiting=0)
    assert resting(clinic) == ["w2"], "of equals the later by id"
    (room,) = next(worker.rooms for worker in clinic.workers() if worker.resting)
    clinic.say("X", p.RoomEnded(room=room))
    assert decide(clinic).desired == 1


def test_asked_again_the_same_rest_and_nothing_is_written(clinic: Clinic) -> None:
    for name in "WXY":
        clinic.worker(name, f"w{name}", capacity=2)
    decide(clinic)
    before = resting(clinic)
    clinic.store.before_write = lambda: pytest.fail("there is nothing to write")
    decide(clinic)
    clinic.store.before_write = lambda: None
    assert resting(clinic) == before == ["wW", "wX", "wY"]


def test_what_is_placed_while_it_is_told_to_rest_counts(clinic: Clinic) -> None:
    """It was empty when it was read, and carries a call when it is told: it stays."""
    clinic.worker("W", "w1", capacity=2)
    clinic.store.before_write = lambda: call(clinic, "A", "w1")
    assert decide(clinic).desired == 1


def test_a_call_is_not_placed_on_who_has_been_told_to_rest_since(clinic: Clinic) -> None:
    clinic.worker("W", "w1", capacity=2)
    late = waiting(clinic, "A")
    clinic.store.before_write = lambda: decide(clinic)
    assert place(clinic, "A", late) == 1
    assert decide(clinic).desired == 1
    assert place(clinic, "A", late) == 0


def test_a_call_that_goes_on_moves_to_who_rests_rather_than_end(clinic: Clinic) -> None:
    talking = clinic.talking()
    clinic.worker("X", "w2")
    assert decide(clinic).rest == 1
    assert resting(clinic) == ["w2"]
    clinic.leave("W")
    assert (clinic.now(talking).worker, clinic.now(talking).state) == ("w2", State.IN_CALL)


def test_who_drains_or_is_lost_is_not_counted_and_what_it_carries_is(clinic: Clinic) -> None:
    clinic.worker("W", "w1", capacity=2)
    call(clinic, "A", "w1")
    call(clinic, "B", "w1")
    clinic.clock.time += SETTINGS.lease_seconds
    clinic.worker("X", "w2", capacity=2)
    clinic.worker("Y", "w3", capacity=2)
    clinic.say("Y", p.Heartbeat(load=0, rooms=0, draining=True))
    found = decide(clinic)
    assert (found.alive, found.calls, found.desired) == (1, 2, 1)
    assert resting(clinic) == []


def test_there_are_no_more_than_there_may_be_and_that_is_said(
    clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    clinic.scales(most=2)
    for _ in range(7):
        clinic.book(starts=instant(clinic.clock.time))
    found = decide(clinic)
    assert (found.wanted, found.allowed, found.desired) == (4, 2, 2)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"door": "fleet", **found._asdict()} in lines
    assert {"WorkersWanted": 4, "WorkersCapped": 2}.items() <= lines[-1].items()


@pytest.mark.untrue("the probe's call is a room alone")
def test_the_probes_call_asks_for_no_worker_and_its_own_stays_until_it_is_over(clinic: Clinic) -> None:
    clinic.worker("W", "w1")
    (worker,) = clinic.workers()
    clinic.store.enlist(msgspec.structs.replace(worker, rooms=frozenset({"probe.c.1"})))
    assert decide(clinic) == Decision(wanted=0, allowed=0, desired=1, alive=1, rest=1, calls=0, waiting=0)


def test_at_night_there_are_as_many_as_a_trust_wants(clinic: Clinic) -> None:
    clinic.scales(minimum=2)
    assert decide(clinic).desired == 2


@pytest.mark.parametrize("fails", ["desired", "run"])
def test_what_aws_did_not_take_is_asked_for_the_next_minute(clinic: Clinic, fails: str) -> None:
    clinic.scales(minimum=1)
    sound = getattr(clinic.tasks, fails)

    def fail(*_: int) -> None:
        raise Busy(1)

    setattr(clinic.tasks, fails, fail)
    assert decide(clinic).desired == 1
    assert clinic.tasks.number == 0
    setattr(clinic.tasks, fails, sound)
    decide(clinic)
    assert clinic.tasks.number == 1


def test_where_others_start_the_workers_it_is_only_said(clinic: Clinic) -> None:
    clinic.scales(service="")
    clinic.worker("W", "w1")
    assert decide(clinic).wanted == 0
    assert (resting(clinic), clinic.tasks.told) == ([], [])
    late = waiting(clinic, "A")
    assert place(clinic, "A", late) == 0
    other = waiting(clinic, "B")
    assert place(clinic, "B", other) == 1
    assert clinic.hurried == 0


def test_who_waits_for_a_line_has_it_decided_at_once_but_not_each_time(clinic: Clinic) -> None:
    clinic.clock.time -= clinic.clock.time % HURRY_SECONDS
    first, second = waiting(clinic, "A"), waiting(clinic, "B")
    assert place(clinic, "A", first) == 1
    assert clinic.hurried == 1
    assert decide(clinic).desired == 1
    clinic.clock.time += HURRY_SECONDS - 1
    place(clinic, "A", first)
    place(clinic, "B", second)
    assert clinic.hurried == 1
    clinic.clock.time += 1
    place(clinic, "A", first)
    place(clinic, "B", second)
    assert clinic.hurried == 2, "and again while somebody waits"


def test_who_tests_her_network_at_night_has_a_worker_started(clinic: Clinic) -> None:
    clinic.patient("P", clinic.book())
    offer = p.ProbeOffer(probe="x", sdp=SDP)
    assert decide(clinic).desired == 0
    clinic.say("P", offer)
    assert last(clinic, "P", p.Error).code == "no_worker", "she tries again"
    assert clinic.hurried == 1
    assert decide(clinic).desired == 1
    clinic.worker("W", "w1", capacity=2)
    clinic.say("P", offer)
    assert last(clinic, "W", p.ProbeRelay).probe == "x"
    clinic.clock.time += TEST_SECONDS
    beat(clinic, "W")
    assert decide(clinic).desired == 0, "nobody asked again"


def test_where_nobody_starts_workers_a_test_asks_for_none() -> None:
    clinic = Clinic()
    clinic.services.hurry.for_test()
    assert clinic.hurried == 0


def test_of_many_functions_one_has_it_decided(clinic: Clinic) -> None:
    others = Clinic(store=clinic.store, clock=clinic.clock)
    others.scales()
    clinic.services.hurry()
    others.services.hurry()
    assert (clinic.hurried, others.hurried) == (1, 0)


@pytest.mark.parametrize("what", ["the write", "the call"])
def test_who_waits_for_a_line_has_her_place_though_it_cannot_be_decided(clinic: Clinic, what: str) -> None:
    def fail() -> None:
        raise Busy(1)

    booked = waiting(clinic, "A")
    if what == "the call":
        vars(clinic.services)["decide_soon"] = fail
    else:
        sound = clinic.store.write
        clinic.store.write = lambda writes: fail() if "fleet#" in str(writes) else sound(writes)
    assert place(clinic, "A", booked) == 1
    assert decide(clinic).desired == 1


def test_a_network_test_goes_to_who_rests_last_of_all(clinic: Clinic) -> None:
    for name, load in (("W", 0.0), ("X", 0.7)):
        clinic.worker(name, name)
        clinic.say(name, p.Heartbeat(load=load, rooms=0))
    clinic.store.rest("W", resting=True)
    now = clinic.clock()
    assert [worker.id for worker in choose_for_probe(clinic.workers(), now)] == ["X", "W"]
    assert [worker.id for worker in choose(clinic.workers(), now)] == ["X"]
    assert [worker.id for worker in choose(clinic.workers(), now, goes_on=True)] == ["X", "W"]


def test_what_a_deployment_sets_is_the_policy() -> None:
    assert SETTINGS.policy == POLICY
    assert POLICY.calls_a_worker == CAPACITY["compiled"], "measured"
    set_ = {
        "calls_a_worker": "30", "worker_margin": "1.5", "worker_spare": "3", "worker_lead_seconds": "240",
        "worker_late_seconds": "60", "worker_minimum": "1", "worker_most": "9",
    }  # fmt: skip
    required = {f.name: "x" for f in msgspec.structs.fields(Settings) if f.required}
    loaded = Settings.load({f"VENTEROM_{name.upper()}": value for name, value in {**required, **set_}.items()})
    assert loaded.policy == Policy(
        calls_a_worker=30, margin=1.5, spare=3, lead_seconds=240, late_seconds=60, minimum=1, most=9
    )


class Ecs:
    """boto3's client, as far as it is used."""

    def __init__(self, *services: dict[str, object]) -> None:
        self.services = list(services)
        self.updated: list[dict[str, object]] = []

    def describe_services(self, **given: object) -> dict[str, object]:
        assert given == {"cluster": "c", "services": ["s"]}
        return {"services": self.services}

    def update_service(self, **given: object) -> None:
        self.updated.append(given)


def test_ecs_is_told_the_number_and_nothing_else() -> None:
    client = Ecs({"desiredCount": 3, "runningCount": 1})
    tasks = EcsTasks(client, "c", "s")
    assert tasks.desired() == 3
    tasks.run(5)
    assert client.updated == [{"cluster": "c", "service": "s", "desiredCount": 5}]
    with pytest.raises(LookupError):
        EcsTasks(Ecs(), "c", "s").desired()
