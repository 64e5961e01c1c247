"""`make simulate-scaling`: a region's day with workers by the appointment book, beside reactive and fixed fleets.

The day is bench/region.py's, the policy chalicelib/scaling.py's: what is simulated here is what a schedule would do.
"""

import heapq
import json
import math
import statistics
import time
from collections import deque
from itertools import count
from operator import attrgetter
from typing import Any, Final

import msgspec

from bench.fleets import ByBook, Fixed, Fleet, Moment, Tracking
from bench.region import HOUR, NO_SHOW, SEED, Day, day
from chalicelib.fleet import HURRY_SECONDS
from chalicelib.scaling import Booked, Policy, Standing, booked, over, resting, wanted
from infra.prices import prices
from local.template import BUILD
from media_worker.settings import CAPACITY

CONSULTATIONS: Final = 50_000
DECIDE_SECONDS: Final = 60
"""Between two decisions; a rate of EventBridge Scheduler is whole minutes. CloudWatch's metrics come as often."""
START_SECONDS: Final = 60
"""From asking for a task until it takes calls. Assumed, not measured: in 2022 Fargate ran the first of many tasks after
30 s (vladionescu.me/posts/scaling-containers-on-aws-in-2022); fetching our image, its start and its socket follow."""
SLOW_START_SECONDS: Final = 180
"""A bad day of Fargate's, or a large image. Assumed."""
PATIENCE_SECONDS: Final = 120
"""Who has waited so long for a line phones instead: refused. Assumed."""
LATER_SECONDS: Final = 3600
POLICY: Final = Policy(calls_a_worker=CAPACITY["compiled"])

PRICES: Final = prices()
VCPU, GB = 1, 2
"""A worker's task: it forwards in one thread, and 1 vCPU takes at least 2 GB."""
WORKER_HOUR_USD: Final = PRICES.sum({"vcpu_hour": VCPU, "memory_gb_hour": GB, "address_hour": 1})


class Task:
    """A worker and what it costs: paid from the moment it is asked for."""

    def __init__(self, number: int, asked: float) -> None:
        self.id = f"{number:06}"
        self.asked = asked
        self.ready = False
        self.calls = 0
        self.resting = False


class Result(msgspec.Struct):
    """One day under one fleet; seconds, and hours of workers."""

    calls: int
    """That were asked for: without those to which nobody came."""
    waited: int
    """Had to wait for a line at all; refused ones included."""
    refused: int
    wait_p50: float
    """Of those who waited."""
    wait_p95: float
    wait_max: float
    most_workers: int
    worker_hours: float
    idle_hours: float
    """Hours for which places were paid and not used, as those of whole workers."""
    usd: float
    idle_usd: float


class Simulation:
    """Events in their order: somebody asks for a line, gives up, hangs up; a task is ready; it is time to decide."""

    def __init__(self, of: Day, fleet: Fleet, start_seconds: float) -> None:
        self._clinics = [iter(visits) for visits in of.clinics]
        self._fleet = fleet
        self._start_seconds = start_seconds
        self._events: list[tuple[float, int, Any, tuple[Any, ...]]] = []
        self._numbers = count()
        self._crew: list[Task] = []
        self._able: list[Task] = []
        self._waiting: deque[tuple[float, int, float]] = deque()  # since when, whose, for how long
        self._calls = 0
        self._waits: list[float] = []
        self._asked = self._refused = self._most = 0
        self._hurrying = False
        self._paid = self._carried = 0.0

    def run(self) -> Result:
        """Until midnight. Who is in a call or waits then is cut off in the figures, under each fleet alike."""
        self._decide(0.0, at_once=True)
        self._at(DECIDE_SECONDS, self._decide_again)
        for clinic in range(len(self._clinics)):
            self._next(0.0, clinic)
        end = 24 * HOUR
        while self._events and self._events[0][0] < end:
            now, _, what, arguments = heapq.heappop(self._events)
            what(now, *arguments)
        for task in self._crew:
            self._pay(task, end)
        hours, used = self._paid / HOUR, self._carried / HOUR / POLICY.calls_a_worker
        waits = sorted(self._waits)
        return Result(
            calls=self._asked,
            waited=len(waits),
            refused=self._refused,
            wait_p50=round(statistics.median(waits), 1) if waits else 0.0,
            wait_p95=round(waits[math.ceil(0.95 * len(waits)) - 1], 1) if waits else 0.0,
            wait_max=round(waits[-1], 1) if waits else 0.0,
            most_workers=self._most,
            worker_hours=round(hours, 1),
            idle_hours=round(hours - used, 1),
            usd=round(hours * WORKER_HOUR_USD, 2),
            idle_usd=round((hours - used) * WORKER_HOUR_USD, 2),
        )

    def _at(self, when: float, what: Any, *arguments: Any) -> None:
        heapq.heappush(self._events, (when, next(self._numbers), what, arguments))

    def _next(self, now: float, clinic: int) -> None:
        visit = next(self._clinics[clinic], None)
        if visit is not None:
            self._at(max(visit.at, now), self._ask, clinic, visit.seconds)

    def _ask(self, now: float, clinic: int, seconds: float) -> None:
        self._asked += 1
        wish = (now, clinic, seconds)
        self._waiting.append(wish)
        self._serve(now)
        if self._waiting and self._waiting[-1] is wish:
            self._at(now + PATIENCE_SECONDS, self._give_up)
            if self._fleet.hurries and not self._hurrying:
                self._hurry(now)

    def _give_up(self, now: float) -> None:
        """They waited equally long at most, so the first has waited longest; served ones are no longer there."""
        while self._waiting and self._waiting[0][0] + PATIENCE_SECONDS <= now:
            since, clinic, seconds = self._waiting.popleft()
            self._waits.append(now - since)
            self._refused += 1
            self._at(now + seconds, self._next, clinic)  # by phone, for as long

    def _serve(self, now: float) -> None:
        while self._waiting:
            task = min(self._able, key=attrgetter("calls"), default=None)
            if task is None or task.calls == POLICY.calls_a_worker:
                return
            since, clinic, seconds = self._waiting.popleft()
            if now > since:
                self._waits.append(now - since)
            task.calls += 1
            self._calls += 1
            self._carried += min(seconds, 24 * HOUR - now)
            self._at(now + seconds, self._hang_up, task, clinic)

    def _hang_up(self, now: float, task: Task, clinic: int) -> None:
        task.calls -= 1
        self._calls -= 1
        self._next(now, clinic)
        self._serve(now)

    def _ready(self, now: float, task: Task) -> None:
        task.ready = True
        self._look(now)

    def _look(self, now: float) -> None:
        """Who can take calls, by id: then the first with the fewest is chalicelib.placement's choice."""
        self._able = [task for task in self._crew if task.ready and not task.resting]
        self._serve(now)

    def _hurry(self, now: float) -> None:
        """Decide at once, and so often while somebody waits."""
        self._hurrying = bool(self._waiting)
        if self._hurrying:
            self._decide(now)
            self._at(now + HURRY_SECONDS, self._hurry)

    def _decide_again(self, now: float) -> None:
        self._decide(now)
        self._at(now + DECIDE_SECONDS, self._decide_again)

    def _decide(self, now: float, *, at_once: bool = False) -> None:
        places = len(self._able) * POLICY.calls_a_worker
        number = self._fleet.wanted(Moment(now, self._calls, len(self._waiting), places))
        for _ in range(number - len(self._crew)):
            task = Task(next(self._numbers), now)
            self._crew.append(task)
            self._at(now if at_once else now + self._start_seconds, self._ready, task)
        rest = {standing.id for standing in resting(self._standing(), number)}
        for task in self._crew:
            task.resting = task.id in rest
        gone = {standing.id for standing in over(self._standing())}
        for task in self._crew:
            if task.id in gone:
                self._pay(task, now)
        self._crew = [task for task in self._crew if task.id not in gone]
        self._most = max(self._most, len(self._crew))
        self._look(now)

    def _standing(self) -> list[Standing]:
        return [Standing(task.id, task.calls, task.resting) for task in self._crew]

    def _pay(self, task: Task, now: float) -> None:
        self._paid += max(now - task.asked, 60.0)  # Fargate bills a minute at least


def fleets(of: Day) -> dict[str, Fleet]:
    """What is set beside each other; the fixed one is bought for the day's peak in the same book."""
    most = booked(of.book, 0, 24 * HOUR)
    peak = wanted([Booked(0, 1, most)], 0, 0, 0, POLICY)
    return {
        "by the book": ByBook(of.book, POLICY),
        "by the book, never none": ByBook(of.book, msgspec.structs.replace(POLICY, minimum=1)),
        "reactive, at 70 %": Tracking(0.7, POLICY.calls_a_worker),
        "reactive, at 50 %": Tracking(0.5, POLICY.calls_a_worker),
        "AWS's alarms, at 70 %": Tracking(0.7, POLICY.calls_a_worker, after=3, sees_waiting=False),
        "fixed, for the peak": Fixed(peak),
    }


def main() -> None:
    """Print the tables and write build/bench/scaling.json."""
    began = time.process_time()
    usual = day(CONSULTATIONS)
    full = day(CONSULTATIONS, no_show=0.0, length=1.0)
    unknown = day(CONSULTATIONS, drop_ins=0.3)
    cases = {
        "an ordinary day": (usual, START_SECONDS),
        "all that is booked comes an hour later, and the book does not know": (
            usual.later(LATER_SECONDS),
            START_SECONDS,
        ),
        "everybody comes, and takes what was booked on average": (full, START_SECONDS),
        "three of ten drop in": (unknown, START_SECONDS),
        f"tasks take {SLOW_START_SECONDS} s to start": (usual, SLOW_START_SECONDS),
    }
    results: dict[str, dict[str, Result]] = {}
    for case, (of, start_seconds) in cases.items():
        results[case] = {name: Simulation(of, fleet, start_seconds).run() for name, fleet in fleets(of).items()}
        _print(case, results[case])
    figures = {
        "consultations": CONSULTATIONS,
        "seed": SEED,
        "no_show": NO_SHOW,
        "booked_at_once": booked(usual.book, 0, 24 * HOUR),
        "policy": msgspec.to_builtins(POLICY),
        "decide_seconds": DECIDE_SECONDS,
        "start_seconds": START_SECONDS,
        "patience_seconds": PATIENCE_SECONDS,
        "worker_hour_usd": round(WORKER_HOUR_USD, 5),
        "price_date": PRICES.read.isoformat(),
        "cpu_seconds": round(time.process_time() - began, 1),
        "cases": msgspec.to_builtins(results),
    }
    target = BUILD / "bench" / "scaling.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=2) + "\n")


def _print(case: str, results: dict[str, Result]) -> None:
    print(f"\n{case}")
    print(f"{'':24}{'calls':>8}{'waited':>8}{'refused':>9}{'wait p50':>10}{'p95':>6}{'max, s':>8}", end="")
    print(f"{'workers':>9}{'hours':>8}{'idle':>8}{'USD':>8}{'idle':>8}")
    for name, r in results.items():
        print(f"{name:24}{r.calls:>8}{r.waited:>8}{r.refused:>9}{r.wait_p50:>10.0f}{r.wait_p95:>6.0f}", end="")
        print(f"{r.wait_max:>8.0f}{r.most_workers:>9}{r.worker_hours:>8.0f}{r.idle_hours:>8.0f}", end="")
        print(f"{r.usd:>8.2f}{r.idle_usd:>8.2f}")


if __name__ == "__main__":
    main()
