"""The queue of network tests: places, turns and bounds, with tests that only pretend."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chalicelib.protocol import FromWorker, ProbeAnswered, ProbeRefused, ProbeRelay, ProbeWaiting
from media_worker.waiting import Bounds, Waiting
from tests.media.fakes import PATIENCE, FakeProbes, reply

AT_ONCE = Bounds(most=3, keep=60.0, between=0.0)
SELDOM = Bounds(most=3, keep=PATIENCE * 100.0, between=PATIENCE * 10.0)


def offer(n: int, by: str = "connection", sdp: str = "offer") -> ProbeRelay:
    return ProbeRelay(f"{by}-{n}", f"probe-{n}", sdp)


def waits(n: int, place: int, by: str = "connection") -> ProbeWaiting:
    return ProbeWaiting(f"{by}-{n}", f"probe-{n}", place)


def answered(n: int, by: str = "connection") -> ProbeAnswered:
    return ProbeAnswered(f"{by}-{n}", f"probe-{n}", reply("offer"))


def refused(n: int, code: str) -> ProbeRefused:
    return ProbeRefused(f"connection-{n}", f"probe-{n}", code)


class Bench:
    """A queue before one place, which is taken by test 0, and a clock that is set by hand."""

    def __init__(self, bounds: Bounds) -> None:
        self.now = 1_000.0
        self.is_busy = False
        self.said: asyncio.Queue[FromWorker] = asyncio.Queue()
        self.probes = FakeProbes(free=1)
        self.queue = Waiting(self.probes, self.said.put_nowait, lambda: self.is_busy, bounds, lambda: self.now)

    async def next(self, count: int = 1) -> list[FromWorker]:
        return [await asyncio.wait_for(self.said.get(), PATIENCE) for _ in range(count)]

    async def take(self, *offers: ProbeRelay) -> list[FromWorker]:
        """What is said to each of these."""
        for one in offers:
            await self.queue.take(one)
        return await self.next(len(offers))


def with_bench(test: Callable[[Bench], Coroutine[Any, Any, None]], bounds: Bounds = AT_ONCE) -> None:
    async def whole() -> None:
        bench = Bench(bounds)
        assert await bench.take(offer(0)) == [answered(0)]
        await test(bench)
        await bench.queue.close()
        assert [task for task in asyncio.all_tasks() if "Waiting" in repr(task)] == []

    asyncio.run(whole())


@pytest.mark.parametrize("bounds", [AT_ONCE, SELDOM], ids=["told each time", "told seldom"])
def test_whoever_waits_is_answered_in_turn_when_a_test_ends(bounds: Bounds) -> None:
    async def test(bench: Bench) -> None:
        assert await bench.take(offer(1), offer(2)) == [waits(1, 1), waits(2, 2)]
        bench.probes.end("probe-0")
        assert await bench.next() == [answered(1)]
        bench.now += bounds.between
        bench.probes.end("probe-1")
        assert [m for m in await bench.next(2 if bounds is AT_ONCE else 1) if m != waits(2, 1)] == [answered(2)]

    with_bench(test, bounds)


def test_a_place_that_changes_is_told_but_not_too_often() -> None:
    async def test(bench: Bench) -> None:
        await bench.take(offer(1), offer(2), offer(3))
        bench.probes.end("probe-0")
        assert await bench.next() == [answered(1)]
        await bench.take(offer(4))  # looks at all places, and it is too soon for the others
        assert bench.said.empty()
        bench.now += SELDOM.between
        bench.probes.end("probe-1")
        assert await bench.next(3) == [answered(2), waits(3, 1), waits(4, 2)]

    with_bench(test, SELDOM)


def test_said_again_it_keeps_its_place_and_is_answered_where_it_was_said_last() -> None:
    async def test(bench: Bench) -> None:
        await bench.take(offer(1), offer(2))
        assert await bench.take(offer(1, "later")) == [waits(1, 1, "later")]
        bench.probes.end("probe-0")
        assert await bench.next() == [answered(1, "later")]

    with_bench(test)


def test_a_test_that_runs_is_answered_again_though_others_wait() -> None:
    async def test(bench: Bench) -> None:
        await bench.take(offer(1))
        assert await bench.take(offer(0)) == [answered(0)]

    with_bench(test)


def test_nobody_passes_those_who_wait() -> None:
    async def test(bench: Bench) -> None:
        bench.is_busy = True
        await bench.take(offer(1))
        bench.probes.end("probe-0")
        bench.is_busy = False
        assert await bench.take(offer(2)) == [waits(2, 2)]
        assert await bench.next() == [answered(1)]

    with_bench(test, SELDOM)


def test_a_busy_worker_answers_when_it_has_strength_again() -> None:
    async def test(bench: Bench) -> None:
        bench.probes.end("probe-0")
        bench.is_busy = True
        assert await bench.take(offer(1)) == [waits(1, 1)]
        bench.is_busy = False
        assert await bench.next() == [answered(1)]

    with_bench(test)


def test_beyond_the_bound_it_is_refused() -> None:
    async def test(bench: Bench) -> None:
        await bench.take(offer(1), offer(2), offer(3))
        assert await bench.take(offer(4)) == [refused(4, "busy")]

    with_bench(test)


def test_who_does_not_say_it_again_is_dropped_and_the_others_move_up() -> None:
    async def test(bench: Bench) -> None:
        await bench.take(offer(1), offer(2))
        bench.now += AT_ONCE.keep - 1
        await bench.take(offer(2))
        bench.now += 1
        assert await bench.next(2) == [refused(1, "busy"), waits(2, 1)]

    with_bench(test)


def test_a_bad_offer_is_refused_in_its_turn_and_the_next_one_answered() -> None:
    async def test(bench: Bench) -> None:
        await bench.take(offer(1, sdp="bad"), offer(2))
        bench.probes.end("probe-0")
        assert await bench.next(2) == [refused(1, "bad_sdp"), answered(2)]

    with_bench(test)


def test_at_the_end_everybody_is_sent_elsewhere() -> None:
    async def test(bench: Bench) -> None:
        await bench.take(offer(1), offer(2))
        for _ in range(2):
            await bench.queue.close()
        assert await bench.next(2) == [refused(1, "unavailable"), refused(2, "unavailable")]
        assert bench.said.empty()

    with_bench(test)
