"""Network tests: a data channel that echoes, counts what comes and sends at the rate asked for, within bounds.

The protocol on the channel is in docs/architecture.md, "The network test".
"""

import asyncio
import secrets
import struct
from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec

from chalicelib.errors import BadSdp, Unavailable
from media_worker.description import read_probe, write_probe
from media_worker.forward import Line
from media_worker.port import Port

HEADER: Final = struct.Struct("!IIHH")
FRAME: Final = 1_100
"""Bytes of a padding frame; with SCTP, DTLS and UDP around it still below 1,200."""
MAX_BYTES: Final = 4_000_000
"""Each way, in one test."""
MAX_KBPS: Final = 1_500
"""Downstream; steps follow each other, so it is the whole test's rate too."""
MAX_STEPS: Final = 32
MAX_TEXT: Final = 200
MAX_BUFFERED: Final = 64 * 1024
"""What SCTP has not got rid of: more is not worth adding, the network is full."""
PACE_SECONDS: Final = 0.01


class Echo(msgspec.Struct, frozen=True, tag="echo", tag_field="op"):
    """Send it back as it is."""

    t: float


class Down(msgspec.Struct, frozen=True, tag="down", tag_field="op"):
    """Send padding frames at this rate for this time."""

    step: Annotated[int, msgspec.Meta(ge=0, le=65_535)]
    kbps: Annotated[int, msgspec.Meta(gt=0)]
    ms: Annotated[int, msgspec.Meta(gt=0)]


class AskReport(msgspec.Struct, frozen=True, tag="report", tag_field="op"):
    """Say what arrived of an upstream step."""

    step: Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class Report(msgspec.Struct, frozen=True, tag="report", tag_field="op"):
    """The answer: packets; how many there should be, by the lowest and the highest number; bytes; milliseconds from
    the first to the last."""

    step: int
    packets: int
    expected: int
    bytes: int
    ms: int


Request = Echo | Down | AskReport
_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_encoder: Final = msgspec.json.Encoder()


class Step(msgspec.Struct):
    """What arrived of one: numbers of the frames, bytes, seconds."""

    lowest: int
    highest: int
    first: float
    last: float = 0.0
    packets: int = 0
    size: int = 0


class Arrivals:
    """What arrived of each upstream step."""

    def __init__(self) -> None:
        self._steps: dict[int, Step] = {}
        self._total = 0

    @property
    def too_many(self) -> bool:
        """Whether more came than a test may send."""
        return self._total > MAX_BYTES

    def add(self, frame: bytes, now: float) -> None:
        """Count a padding frame; what has no header, or is beyond the bounds, is not counted."""
        self._total += len(frame)
        if len(frame) < HEADER.size or self.too_many:
            return
        sequence, _, number, _ = HEADER.unpack_from(frame)
        step = self._steps.get(number)
        if step is None:
            if len(self._steps) >= MAX_STEPS:
                return
            step = self._steps[number] = Step(lowest=sequence, highest=sequence, first=now)
        step.packets += 1
        step.size += len(frame)
        step.lowest, step.highest = min(step.lowest, sequence), max(step.highest, sequence)
        step.last = now

    def report(self, step: int) -> Report:
        """Zeros for a step of which nothing came."""
        found = self._steps.get(step)
        if found is None:
            return Report(step, 0, 0, 0, 0)
        expected = found.highest - found.lowest + 1
        return Report(step, found.packets, expected, found.size, round((found.last - found.first) * 1000))


def padding(sequence: int, clock_ms: int, step: int) -> bytes:
    """A padding frame."""
    return HEADER.pack(sequence % (1 << 32), clock_ms % (1 << 32), step, 0) + bytes(FRAME - HEADER.size)


class Probe:
    """One test, from its offer to its end."""

    def __init__(self, port: Port, connect_seconds: float, life_seconds: float, on_end: Callable[[], None]) -> None:
        self._on_end = on_end
        self._line = Line(port, self, self, connect_seconds)
        self._arrivals = Arrivals()
        self._sending: dict[int, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()  # one step downstream at a time
        self._sent = 0
        self._life = asyncio.get_running_loop().call_later(life_seconds, on_end)

    def answer(self, sdp: str) -> str:
        """The answer to a test's offer. Raises BadSdp."""
        offer = read_probe(sdp)
        return write_probe(offer, self._line.open(offer.remote, self._channel_opened), secrets.randbits(48))

    async def close(self) -> None:
        """End it; no task or socket stays."""
        self._life.cancel()
        for task in self._sending.values():
            task.cancel()
        await asyncio.gather(*self._sending.values(), return_exceptions=True)
        await self._line.close()

    def line_up(self) -> None:
        """Connected: the channel follows."""

    def line_down(self) -> None:
        """A test has no second life."""
        self._on_end()

    def line_ended(self) -> None:
        """The page closed it, or never came."""
        self._on_end()

    def rtcp(self, packet: bytes) -> None:
        """No media here, and so for all of these."""

    def stranger(self, packet: bytes) -> None:
        """No media."""

    def gap(self, stream: Any, first: int, count: int) -> None:
        """No media."""

    def late(self, stream: Any, sequence: int) -> None:
        """No media."""

    def switched(self, stream: Any) -> None:
        """No media."""

    def _channel_opened(self, channel: Any) -> None:
        channel.on("message", lambda data: self._message(channel, data))

    def _message(self, channel: Any, data: str | bytes) -> None:
        if isinstance(data, bytes):
            self._arrivals.add(data, asyncio.get_running_loop().time())
            if self._arrivals.too_many:
                self._on_end()
            return
        if len(data) > MAX_TEXT:
            return
        try:
            request = _requests.decode(data)
        except (msgspec.DecodeError, UnicodeError):
            return
        match request:
            case Echo():
                _say(channel, request)
            case AskReport(step):
                _say(channel, self._arrivals.report(step))
            case Down(step) if step not in self._sending and len(self._sending) < MAX_STEPS:
                self._sending[step] = asyncio.create_task(self._take_turn(channel, request))
            case Down():
                pass  # asked twice: it is on its way

    async def _take_turn(self, channel: Any, down: Down) -> None:
        async with self._turn:
            await self._send(channel, down)

    async def _send(self, channel: Any, down: Down) -> None:
        loop = asyncio.get_running_loop()
        rate = min(down.kbps, MAX_KBPS) * 1000 / 8  # bytes a second
        begun, sequence = loop.time(), 0
        while channel.readyState == "open":
            passed = loop.time() - begun
            due = int(rate * min(passed, down.ms / 1000) / FRAME)
            while sequence < due and channel.bufferedAmount < MAX_BUFFERED:
                if self._sent + FRAME > MAX_BYTES:
                    return
                channel.send(padding(sequence, round(passed * 1000), down.step))
                self._sent += FRAME
                sequence += 1
            if passed * 1000 >= down.ms:
                return
            await asyncio.sleep(PACE_SECONDS)


def _say(channel: Any, message: Echo | Report) -> None:
    if channel.readyState == "open" and channel.bufferedAmount < MAX_BUFFERED:
        channel.send(_encoder.encode(message).decode())


class Probes:
    """All tests of this worker."""

    def __init__(self, port: Port, most: int, connect_seconds: float = 15.0, life_seconds: float = 60.0) -> None:
        self._port = port
        self._most = most
        self._connect_seconds = connect_seconds
        self._life_seconds = life_seconds
        self._running: dict[str, Probe] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._freed = asyncio.Event()

    @property
    def count(self) -> int:
        """How many run."""
        return len(self._running)

    def runs(self, probe: str) -> bool:
        """Whether this test does."""
        return probe in self._running

    async def freed(self) -> None:
        """Waits until a test has ended."""
        self._freed.clear()
        await self._freed.wait()

    async def answer(self, probe: str, sdp: str) -> str:
        """Begin a test; one that runs already answers as before. Raises BadSdp, Unavailable."""
        running = self._running.get(probe)
        if running is None:
            if len(self._running) >= self._most:
                raise Unavailable
            running = Probe(self._port, self._connect_seconds, self._life_seconds, lambda: self._end(probe))
            self._running[probe] = running
        try:
            return running.answer(sdp)
        except (BadSdp, ValueError):
            self._running.pop(probe, None)
            self._freed.set()
            await running.close()
            raise BadSdp from None

    async def close(self) -> None:
        """End all tests."""
        running, self._running = list(self._running.values()), {}
        await asyncio.gather(*(probe.close() for probe in running), *self._ending)

    def _end(self, name: str) -> None:
        probe = self._running.pop(name, None)
        if probe is not None:
            self._freed.set()
            task = asyncio.create_task(probe.close())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
