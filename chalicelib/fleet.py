"""Decides how many workers there are and which of them rest, by the book and by what goes on: every minute, and at once
when somebody waits for a line.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from chalicelib import probing
from chalicelib.book import Book
from chalicelib.crew import Crew
from chalicelib.log import fault, log
from chalicelib.metrics import Metric, measure
from chalicelib.protocol import Room
from chalicelib.records import Once, Wanted, Worker
from chalicelib.scaling import Standing, over, resting, wanted
from chalicelib.settings import Settings
from chalicelib.store import Create, Put, Refused, Store

HURRY_SECONDS: Final = 10
"""At most so often it is decided because somebody waits."""
TEST_SECONDS: Final = 300
"""A network test that found no worker asks for one for so long: it starts in a minute or two, and she tries again."""
TEST: Final = Once(name="test-without-worker")


class Tasks(Protocol):
    """What keeps so many workers running as it is told; raises what its adapter raises when AWS does not answer."""

    def desired(self) -> int:
        """How many it is told to keep running, those being started included."""

    def run(self, number: int) -> None:
        """Keep so many running from now on; told twice, nothing changes."""


class Decision(NamedTuple):
    """What one run came to."""

    wanted: int
    """Workers that book, calls and those who wait ask for."""
    allowed: int
    """As many of them as there may be."""
    desired: int
    """Those, and the resting ones that still carry calls."""
    alive: int
    """Workers that can be heard and do not drain, resting ones included."""
    rest: int
    """How many of them rest."""
    calls: int
    waiting: int


class Fleet:
    """May run twice at once, or late: whoever decides reads what is now. If two set each other's number, the next
    minute's decision sets it right.

    ``tasks``: None where workers are started by somebody else; then nothing is set, nobody is told to rest, and the log
    alone says what would be.
    """

    def __init__(
        self,
        store: Store,
        crew: Crew,
        book: Book,
        tasks: Tasks | None,
        settings: Settings,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._crew = crew
        self._book = book
        self._tasks = tasks
        self._settings = settings
        self._now = now

    def decide(self) -> Decision:
        """Tell each worker whether it rests, and say how many there are to be. What fails is tried the next minute."""
        policy, now = self._settings.policy, self._now()
        workers = self._crew.all()
        alive = [worker for worker in workers if not (worker.draining or self._crew.is_lost(worker))]
        calls = sum(map(_calls, workers))  # those of lost ones, too: they want another place
        waiting = len(self._store.query(Wanted, Wanted.PARTITION, "T#"))
        tests = self._is_test_wanted(now)
        number = wanted(self._book.booked(*policy.window(now)), calls, waiting + tests, now, policy)
        allowed = policy.bound(number)
        crew = self._told(alive, allowed) if self._tasks else [_standing(worker) for worker in alive]
        # Those that are being started are in the number, and have no row yet.
        desired = max(allowed, len(crew) - len(over(crew)))
        if self._tasks:
            self._run(self._tasks, desired)
        rest = sum(worker.resting for worker in crew)
        decided = Decision(number, allowed, desired, len(crew), rest, calls, waiting)
        log(door="fleet", **decided._asdict())
        measure({Metric.WORKERS_WANTED: number, Metric.WORKERS_CAPPED: number - allowed})
        return decided

    def _is_test_wanted(self, now: float) -> bool:
        """Whether somebody could not test her network for want of a worker, a moment ago."""
        asked = self._store.get(Once, TEST.key())
        return asked is not None and (asked.expires or 0) > now

    def _told(self, alive: Sequence[Worker], number: int) -> list[Standing]:
        """Each as it stands when it has been told: what it carries by then, for nothing is placed there afterwards."""
        rest = {standing.id for standing in resting(map(_standing, alive), number)}
        told = [
            worker if worker.resting == (worker.id in rest) else self._store.rest(worker.id, resting=worker.id in rest)
            for worker in alive
        ]
        return [_standing(worker) for worker in told if worker is not None]

    @staticmethod
    def _run(tasks: Tasks, number: int) -> None:
        try:
            if tasks.desired() != number:
                tasks.run(number)
                log(door="fleet", outcome="changed", desired=number)
        except Exception as error:  # noqa: BLE001 - whatever AWS says, the next minute asks again
            log(door="fleet", outcome=fault(error), desired=number)


class Hurry:
    """Has it decided at once, for somebody waits for a line: who drops in at night is not to wait for the minute too.

    Never keeps who asks from going on: what fails here is done by the minute.
    """

    def __init__(self, store: Store, decide: Callable[[], None], settings: Settings, now: Callable[[], float]) -> None:
        """``decide``: starts the function, and waits for nothing."""
        self._store = store
        self._decide = decide
        self._settings = settings
        self._now = now
        self._last = -1

    def __call__(self) -> None:
        """Somebody waits. However many say so, it is decided every ten seconds at most."""
        turn = int(self._now()) // HURRY_SECONDS
        if not self._settings.worker_service or turn == self._last:
            return
        once = Once(name=f"fleet#{turn}", expires=(turn + 2) * HURRY_SECONDS)
        try:
            self._store.write([Create(once)])
            self._decide()
        except Refused:
            pass  # another has asked in this turn
        except Exception as error:  # noqa: BLE001 - see the class
            log(door="fleet", outcome=fault(error))
            return
        self._last = turn

    def for_test(self) -> None:
        """Somebody tests her network, and there is no worker to test with. Raises as the store does."""
        if self._settings.worker_service:
            self._store.write([Put(msgspec.structs.replace(TEST, expires=int(self._now()) + TEST_SECONDS))])
            self()


def _calls(worker: Worker) -> int:
    """How many it carries that a worker is to be there for: the probe's is held where there is one."""
    return sum(Room.parse(room).trust != probing.TRUST for room in worker.rooms)


def _standing(worker: Worker) -> Standing:
    return Standing(worker.id, len(worker.rooms), worker.resting)
