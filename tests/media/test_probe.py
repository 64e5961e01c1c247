"""The network test: the data channel's protocol and its bounds."""

import asyncio
import itertools
import json
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import BadSdp, Unavailable
from chalicelib.protocol import ProbeAnswered, ProbeRelay, ProbeWaiting
from media_worker import probe
from tests.media.peers import PATIENCE, Calls, stripped
from tests.media.test_room import run


class Page:
    """The patient's page: one unreliable channel."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.channel = self.connection.createDataChannel("probe", ordered=False, maxRetransmits=0)
        self.opened = asyncio.Event()
        self.closed = asyncio.Event()
        self.texts: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.frames: asyncio.Queue[bytes] = asyncio.Queue()
        self.channel.on("open", self.opened.set)
        self.connection.on("connectionstatechange", self._look)
        self.channel.on("message", self._take)

    def _look(self) -> None:
        if self.connection.connectionState == "closed":
            self.closed.set()

    def _take(self, data: str | bytes) -> None:
        if isinstance(data, bytes):
            self.frames.put_nowait(data)
        else:
            self.texts.put_nowait(json.loads(data))

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return stripped(self.connection.localDescription.sdp)

    async def open(self, sdp: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp, "answer"))
        await asyncio.wait_for(self.opened.wait(), PATIENCE)

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Asks until an answer comes: frames may be lost."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self.channel.send(json.dumps(request))
                try:
                    return await asyncio.wait_for(self.texts.get(), 2)
                except TimeoutError:
                    continue


async def connected(calls: Calls) -> Page:
    page = Page()
    await calls.worker.take(ProbeRelay("connection", "probe-1", await page.offer()))
    answer = await calls.next()
    assert isinstance(answer, ProbeAnswered)
    assert (answer.reply_to, answer.probe) == ("connection", "probe-1")
    await page.open(answer.sdp)
    return page


def test_echo_up_and_down() -> None:
    async def test() -> None:
        calls = Calls()
        page = await connected(calls)
        assert await page.ask({"op": "echo", "t": 12.5}) == {"op": "echo", "t": 12.5}

        for sequence in range(20):
            page.channel.send(probe.padding(sequence, 0, 3))
        report = await page.ask({"op": "report", "step": 3})
        while report["packets"] < 20:
            report = await page.ask({"op": "report", "step": 3})
        assert (report["step"], report["bytes"]) == (3, 20 * probe.FRAME)
        assert await page.ask({"op": "report", "step": 4}) == {
            "op": "report",
            "step": 4,
            "packets": 0,
            "expected": 0,
            "bytes": 0,
            "ms": 0,
        }

        page.channel.send(json.dumps({"op": "down", "step": 1, "kbps": 250, "ms": 400}))
        expected = 250 * 400 // 8 // probe.FRAME
        frames = [await asyncio.wait_for(page.frames.get(), PATIENCE) for _ in range(expected)]
        heads = [probe.HEADER.unpack_from(frame) for frame in frames]
        assert sorted(head[0] for head in heads) == list(range(expected))
        assert {(head[2], head[3]) for head in heads} == {(1, 0)}
        assert {len(frame) for frame in frames} == {probe.FRAME}
        await page.connection.close()
        await calls.close()
        assert calls.probes.count == 0

    run(test())


def test_nonsense_on_the_channel_is_passed_over() -> None:
    async def test() -> None:
        calls = Calls()
        page = await connected(calls)
        for text in ("", "{", "[]", '{"op":"unknown"}', '{"op":"down","step":-1,"kbps":1,"ms":1}', "x" * 1_000):
            page.channel.send(text)
        page.channel.send(b"short")
        assert await page.ask({"op": "echo", "t": 1}) == {"op": "echo", "t": 1.0}
        await page.connection.close()
        await calls.close()

    run(test())


def test_steps_downstream_follow_each_other() -> None:
    """Asked for at once they would add up to more than a test may send."""

    async def test() -> None:
        calls = Calls()
        page = await connected(calls)
        for step in range(3):
            page.channel.send(json.dumps({"op": "down", "step": step, "kbps": 400, "ms": 220}))
        expected = 400 * 220 // 8 // probe.FRAME
        frames = [await asyncio.wait_for(page.frames.get(), PATIENCE) for _ in range(3 * expected)]
        steps = [probe.HEADER.unpack_from(frame)[2] for frame in frames]
        assert [len(list(frames_of)) for _, frames_of in itertools.groupby(steps)] == [expected] * 3
        assert set(steps) == {0, 1, 2}
        await page.connection.close()
        await calls.close()

    run(test())


def test_whoever_sends_more_than_allowed_is_cut_off() -> None:
    async def test() -> None:
        calls = Calls()
        page = await connected(calls)
        frame = bytes(16_000)  # SCTP carries it in parts
        async with asyncio.timeout(PATIENCE):
            while page.channel.readyState == "open":
                if page.channel.bufferedAmount < probe.MAX_BUFFERED:
                    page.channel.send(frame)
                await asyncio.sleep(0)
            await page.closed.wait()
        assert calls.probes.count == 0
        await page.connection.close()
        await calls.close()

    run(test())


def test_a_test_has_an_end() -> None:
    async def test() -> None:
        calls = Calls()
        calls.probes = probe.Probes(calls.port, most=1, life_seconds=0.5)
        page = Page()
        await page.open(await calls.probes.answer("probe-1", await page.offer()))
        await asyncio.wait_for(page.closed.wait(), PATIENCE)
        assert calls.probes.count == 0
        await page.connection.close()
        await calls.close()

    run(test())


def test_so_many_at_once_and_the_same_again_is_the_same() -> None:
    async def test() -> None:
        calls = Calls()
        probes = probe.Probes(calls.port, most=1)
        page = Page()
        offer = await page.offer()
        first = await probes.answer("probe-1", offer)
        again = await probes.answer("probe-1", offer)
        ufrags = {line for sdp in (first, again) for line in sdp.splitlines() if line.startswith("a=ice-ufrag")}
        assert len(ufrags) == 1
        with pytest.raises(Unavailable):
            await probes.answer("probe-2", offer)
        await page.connection.close()
        await probes.close()
        await calls.close()

    run(test())


def test_one_too_many_waits_until_another_page_is_done() -> None:
    async def test() -> None:
        calls = Calls()
        first, second = [Page() for _ in range(2)]
        for n, page in enumerate((first, second)):
            await calls.worker.take(ProbeRelay("connection", f"probe-{n}", await page.offer()))
            answer = await calls.next()
            assert isinstance(answer, ProbeAnswered)
            await page.open(answer.sdp)
        third = Page()
        await calls.worker.take(ProbeRelay("connection", "probe-3", await third.offer()))
        assert await calls.next() == ProbeWaiting("connection", "probe-3", 1)
        await first.connection.close()
        answer = await calls.next()
        assert isinstance(answer, ProbeAnswered)
        assert answer.probe == "probe-3"
        await third.open(answer.sdp)
        assert await third.ask({"op": "echo", "t": 1}) == {"op": "echo", "t": 1.0}
        await asyncio.gather(second.connection.close(), third.connection.close(), calls.close())

    run(test())


@pytest.mark.parametrize("damage", [("m=application", "m=audio"), ("a=ice-pwd", "a=x"), ("a=fingerprint", "a=y")])
def test_a_bad_offer_is_refused_and_its_place_is_free(damage: tuple[str, str]) -> None:
    async def test() -> None:
        calls = Calls()
        probes = probe.Probes(calls.port, most=1)
        page = Page()
        offer = await page.offer()
        with pytest.raises(BadSdp):
            await probes.answer("probe-1", offer.replace(*damage))
        assert probes.count == 0
        await probes.answer("probe-1", offer)
        await page.connection.close()
        await probes.close()
        await calls.close()

    run(test())


@given(st.lists(st.binary(max_size=1_500), max_size=30))
def test_arrivals_count_whatever_comes(frames: list[bytes]) -> None:
    arrivals = probe.Arrivals()
    for frame in frames:
        arrivals.add(frame, 1.0)
    counted = [frame for frame in frames if len(frame) >= probe.HEADER.size]
    steps = {probe.HEADER.unpack_from(frame)[2] for frame in counted}
    assert sum(arrivals.report(step).packets for step in steps) == len(counted)
    assert sum(arrivals.report(step).bytes for step in steps) == sum(map(len, counted))


def test_arrivals_tell_what_is_missing_between_those_that_came() -> None:
    arrivals = probe.Arrivals()
    for sequence in (7, 4, 9):
        arrivals.add(probe.padding(sequence, 0, 2), 1.0 + sequence)
    assert arrivals.report(2) == probe.Report(step=2, packets=3, expected=6, bytes=3 * probe.FRAME, ms=2000)


def test_arrivals_beyond_the_bounds_are_not_counted() -> None:
    arrivals = probe.Arrivals()
    for step in range(probe.MAX_STEPS + 1):
        arrivals.add(probe.padding(0, 0, step), 0.0)
    assert arrivals.report(probe.MAX_STEPS).packets == 0
    frame = probe.padding(0, 0, 0)
    for _ in range(probe.MAX_BYTES // probe.FRAME + 10):
        arrivals.add(frame, 0.0)
    assert arrivals.report(0).bytes <= probe.MAX_BYTES
