"""Garbage of every kind at a live worker, from strangers and from people with keys: a bystander call loses nothing."""

import asyncio
import contextlib
import os
import random
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aioice import stun
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.errors import BadSdp
from chalicelib.protocol import RelayAnswer, RelayOffer, RelayRefused, Seat
from client.caller import DELTA, KEY, RTX, Caller
from media_worker import feedback, ice
from media_worker.description import read_call
from media_worker.hotpath_build import builder
from media_worker.port import planes
from tests.media.peers import ROOM, Calls
from tests.media.running import Running, bystanders, running
from tests.media.test_planes import Bench, Ear, picture

MANY = 1_500
BURST, PAUSE = 50, 0.02
"""Datagrams a burst, and from one to the next: beyond what one may send, within what a socket keeps."""
OTHERS = "trust.garbage.1"

Chance = random.Random


def mutated(data: bytes, chance: Chance) -> bytes:
    """With bytes changed, cut off, doubled or put in."""
    found = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(found) + 1)
        match chance.randrange(5):
            case 0:
                del found[at:]
            case 1:
                found[at:at] = chance.randbytes(chance.randint(1, 40))
            case 2 if at + 2 <= len(found):
                found[at : at + 2] = struct.pack("!H", chance.choice((0, 1, 4, 0x7FFF, 0xFFFF)))
            case 3:
                found += found[at:]
            case _ if at < len(found):
                found[at] = chance.randrange(256)
    return bytes(found[:1_880]) or b"\0"


def attribute(kind: int, value: bytes, length: int | None = None) -> bytes:
    """Of STUN; with a length of its own choice."""
    return struct.pack("!HH", kind, len(value) if length is None else length) + value + bytes(-len(value) % 4)


def checks(caller: Caller, chance: Chance) -> Iterator[bytes]:
    """STUN around what a right check is."""
    right = caller.signed(caller.request())
    name = str(caller.request().attributes["USERNAME"]).encode()
    kinds = [kind for kind, *_ in stun.ATTRIBUTES]
    while True:
        body = attribute(6, name)
        for _ in range(chance.randint(0, 4)):
            value = chance.randbytes(chance.choice((0, 1, 3, 4, 8, 20, 21, 64)))
            lie = chance.choice((None, None, 0, 1, 0x7FFF, 0xFFFF))
            body += attribute(chance.choice((*kinds, chance.randrange(1 << 16))), value, lie)
        kind, size = chance.choice((0x0001, 0x0101, 0x0111, 0x3FFF)), chance.choice((len(body), 0, 4, 0xFFFC))
        yield struct.pack("!HHI", kind, size, 0x2112A442) + chance.randbytes(12) + body
        yield mutated(right, chance)
        signed = caller.request()
        signed.attributes[chance.choice(("SOFTWARE", "REALM"))] = "x" * chance.randrange(300)
        yield caller.signed(signed)


def records(chance: Chance) -> Iterator[bytes]:
    """DTLS: hellos, alerts, data of no meaning (RFC 6347 section 4.1)."""
    while True:
        body, number = chance.randbytes(chance.choice((0, 1, 13, 100, 1_200))), chance.randrange(9)
        size = chance.choice((len(body), len(body), 0, 0xFFFF))
        yield (struct.pack("!BHHHIH", chance.randrange(20, 64), 0xFEFD, chance.randrange(2), 0, number, size) + body)


def packets(caller: Caller, chance: Chance) -> Iterator[bytes]:
    """RTP: odd headers, extensions, descriptors and retransmissions."""
    track, repairs = caller.picture, 0x77777777
    while True:
        described = bytes([chance.randrange(256), chance.randrange(256)]) + chance.randbytes(chance.randrange(6))
        plain = track.packet(described + chance.choice((KEY, DELTA, b"")), ticks=chance.randrange(1 << 20))
        yield plain
        yield mutated(plain, chance)
        elements = chance.randbytes(4 * chance.randrange(6))
        profile = chance.choice((0xBEDE, 0x1000, 0x100F, 0))
        first = bytes([0x90 | chance.choice((0, 0x20, 0x0F)), track.payload_type]) + plain[2:12]
        yield (
            first + struct.pack("!HH", profile, chance.choice((len(elements) // 4, 0, 0xFFFF))) + elements + plain[12:]
        )
        head = struct.pack("!BBHII", 0x80, RTX, chance.randrange(1 << 16), chance.randrange(1 << 32), repairs)
        yield head + struct.pack("!H", chance.randrange(1 << 16)) + plain[12:]
        yield head + plain[12:13]
        yield plain[:2] + struct.pack("!H", chance.randrange(1 << 16)) + plain[4:]
        yield plain[:8] + chance.randbytes(4) + plain[12:]
        yield plain[:12]


def reports(caller: Caller, chance: Chance) -> Iterator[bytes]:
    """RTCP: wrong lengths, everything asked for, estimates of nothing and of everything."""
    own = caller.picture.ssrc

    def packet(form: int, kind: int, body: bytes, words: int | None = None) -> bytes:
        return struct.pack("!BBH", 0x80 | form, kind, len(body) // 4 if words is None else words) + body

    while True:
        theirs = chance.choice((*caller.heard, own, 0))
        head = struct.pack("!II", own, theirs)
        everything = b"".join(struct.pack("!HH", n & 0xFFFF, 0xFFFF) for n in range(0, 65_536, 160))
        yield packet(1, 205, head + everything[:1_200])
        yield packet(1, 206, head) * 80
        yield packet(4, 206, struct.pack("!II", own, 0) + struct.pack("!II", theirs, 0) * 180)
        for exponent, mantissa in ((0, 0), (63, 0x3FFFF), (63, 1)):
            estimate = struct.pack("!BBH", 1, exponent << 2 | mantissa >> 16, mantissa & 0xFFFF)
            yield packet(15, 206, struct.pack("!II", own, 0) + b"REMB" + estimate + struct.pack("!I", theirs))
        yield packet(15, 205, head + chance.randbytes(40))
        yield packet(0, 200, struct.pack("!I", own) + chance.randbytes(20))
        yield packet(
            chance.randrange(32), 201, struct.pack("!I", own) + struct.pack("!I", theirs) + chance.randbytes(20)
        )
        yield packet(chance.randrange(32), chance.randrange(192, 224), chance.randbytes(4 * chance.randrange(20)))
        yield packet(1, 205, head, words=chance.choice((0, 1, 0xFFFF)))
        yield packet(0x21, 206, head + b"\0\0\0\xff")
        yield packet(0, 203, head)
        yield mutated(
            feedback.receiver_report(own, [feedback.block(theirs, 2, 1 << 30, 1 << 40, 1, 0, 1)], "x"), chance
        )
        yield packet(1, 206, chance.randbytes(8))


async def throw(source: Iterator[bytes], send: Callable[[bytes], object], many: int = MANY) -> None:
    """So many of them."""
    for at in range(many):
        send(next(source))
        if at % BURST == BURST - 1:
            await asyncio.sleep(PAUSE)


async def joined(worker: Running, room: str = OTHERS) -> tuple[Caller, Caller]:
    """Two in a call of their own; the one hears what the other sends."""
    pair = Caller(channel=True), Caller()
    for caller, seat in zip(pair, (Seat.PATIENT, Seat.CLINICIAN), strict=True):
        await caller.connect(await worker.answer(room, seat, caller.offer()))
    await asyncio.gather(*(caller.talk(0.3) for caller in pair))
    await pair[1].hears()
    return pair


@pytest.mark.parametrize("plane", planes())
def test_what_strangers_send_harms_nobody(plane: str) -> None:
    async def test() -> None:
        chance = Chance(1)
        async with running(plane) as worker, bystanders(worker):
            caller, other = await joined(worker)
            with socket.socket(type=socket.SOCK_DGRAM) as stranger:
                stranger.bind(("127.0.0.1", 0))
                stranger.connect(caller.socket.getpeername())  # type: ignore[union-attr]
                guessed = caller.signed(caller.request())  # the right name, and no idea of the password
                wrong = guessed[:-40] + bytes(40)
                kinds = [checks(caller, chance), records(chance), packets(caller, chance), reports(caller, chance)]
                await throw(iter(lambda: mutated(next(chance.choice(kinds)), chance), b""), stranger.send)
                stranger.send(wrong)
            await asyncio.gather(caller.close(), other.close())

    asyncio.run(test())


@pytest.mark.parametrize("plane", planes())
def test_what_somebody_with_keys_sends_harms_nobody_else(plane: str) -> None:
    async def test() -> None:
        chance = Chance(2)
        async with running(plane) as worker, bystanders(worker):
            caller, other = await joined(worker)
            await throw(packets(caller, chance), caller.send_rtp)
            await throw(reports(other, chance), other.send_rtcp)
            await throw(reports(caller, chance), caller.send_rtcp)
            await throw(checks(caller, chance), caller.send_raw)
            await throw(iter(lambda: mutated(next(packets(caller, chance)), chance), b""), caller.send_raw, 300)
            await asyncio.gather(caller.close(), other.close())

    asyncio.run(test())


@pytest.mark.parametrize("plane", planes())
def test_what_somebody_sends_within_dtls_and_around_it_harms_nobody_else(plane: str) -> None:
    async def test() -> None:
        chance = Chance(3)
        async with running(plane) as worker, bystanders(worker):
            caller, other = await joined(worker)
            await throw(records(chance), caller.send_raw)
            await throw(iter(lambda: chance.randbytes(chance.randint(1, 900)), b""), caller.send_record, 300)
            await asyncio.gather(caller.close(), other.close())

    asyncio.run(test())


# ------------------------------------------------------------ what is parsed without keys


@settings(deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 3))
def test_any_check_is_read_or_passed_over(chance: random.Random, skip: int) -> None:
    caller = Caller.__new__(Caller)
    caller._own, caller._theirs = ("abcd", "e" * 24), ("wxyz", "v" * 24)
    source = checks(caller, chance)
    for _ in range(skip):
        next(source)
    for _ in range(6):
        check = ice.read(next(source))
        if check is not None:
            ice.answer(check, ice.Credentials("wxyz", "v" * 24), ("127.0.0.1", 1))


WORDS = [
    "0", "1", "-1", "65536", "4294967296", "9" * 30, "", " ", ":", "/", "a=", "m=", "\r\n", "\0", "æ", "urn:x", "apt=",
    "send", "a=ssrc-group:FID 1", "a=ssrc:x", "a=simulcast:send a;b;c;d;e", "a=rid:a send", "a=mid:", "a=extmap:300 x",
    "m=video 9 X 300", "a=rtpmap:300 VP8/90000", "a=rtpmap:96 VP8/0", "a=setup:holdconn", "a=fingerprint:sha-256 00",
    "a=candidate:1", "a=inactive",
]  # fmt: skip
SHAPES = [(1, False), (1, True), (3, True)]
WAYS = ["cut", "put", "line", "drop", "double", "swap"]
edits = st.lists(
    st.tuples(st.sampled_from(WAYS), st.floats(0, 1), st.sampled_from(WORDS)),
    min_size=1,
    max_size=5,
)


def edited(sdp: str, changes: list[tuple[str, float, str]]) -> str:
    """An offer with a few things done to it."""
    for what, where, word in changes:
        lines = sdp.split("\r\n")
        row, at = int(where * (len(lines) - 1)), int(where * len(sdp))
        match what:
            case "cut":
                sdp = sdp[:at] + sdp[at + 1 + len(word) :]
            case "put":
                sdp = sdp[:at] + word + sdp[at:]
            case "line":
                sdp = "\r\n".join([*lines[:row], word, *lines[row:]])
            case "drop":
                sdp = "\r\n".join(lines[:row] + lines[row + 1 :])
            case "double":
                sdp = "\r\n".join([*lines[: row + 1], *lines[row:]])
            case _:
                sdp = "\r\n".join([*lines[:row], lines[-1 - row], *lines[row + 1 :]])
    return sdp or "v=0"


def test_no_payload_type_is_taken_that_packets_have_no_room_for() -> None:
    async def test() -> None:
        for former, latter in (("111", "200"), ("96", "128"), ("96", "-1")):
            offer = Caller().offer().replace(f" {former}", f" {latter}").replace(f":{former} ", f":{latter} ")
            with pytest.raises(BadSdp):
                read_call(offer)

    asyncio.run(test())


def test_every_offer_is_answered_or_refused() -> None:
    """And what was answered can be ended: no exception, and nothing stays."""

    async def made() -> dict[tuple[int, bool], str]:
        return {shape: Caller(others=shape[0], channel=shape[1]).offer() for shape in SHAPES}

    offers = asyncio.run(made())

    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(SHAPES), edits)
    def fuzz(shape: tuple[int, bool], changes: list[tuple[str, float, str]]) -> None:
        asyncio.run(offered(edited(offers[shape], changes)))

    fuzz()


async def offered(sdp: str) -> None:
    """To an empty seat, and to one that is taken."""
    calls = Calls()
    for n in (1, 2):
        await calls.worker.take(RelayOffer(ROOM, Seat.PATIENT, n, sdp))
        assert isinstance(await calls.next(), RelayAnswer | RelayRefused)
    await calls.close()
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


# ------------------------------------------------------------ the plane itself


class Closer(Ear):
    """Closes whatever it is told of, at times: by chances of its own, as how often it is told is nobody's to say."""

    def __init__(self, chance: Chance) -> None:
        super().__init__()
        self._chance = random.Random(chance.randrange(1 << 32))  # noqa: S311 # a test's

    def _close(self, what: Any) -> None:
        if self._chance.random() < 0.3:
            what.close()

    def gap(self, stream: Any, first: int, count: int) -> None:
        self._close(stream)

    def late(self, stream: Any, sequence: int) -> None:
        self._close(stream)

    def switched(self, stream: Any) -> None:
        self._close(stream)


@pytest.mark.parametrize("plane", planes())
@settings(max_examples=60, deadline=None)
@given(chance=st.randoms(use_true_random=False), others=st.integers(0, 9_999))
def test_any_order_of_opening_and_closing_holds(plane: str, chance: random.Random, others: int) -> None:
    """``others`` is the listeners' own chance: what is asked of them hangs on the clock, and ``chance`` must not."""
    bench, theirs = Bench(plane), Chance(others)
    bench.peer.listener = bench.to.listener = Closer(theirs)
    streams, outs, peers = [bench.camera, bench.another, bench.voice], [bench.picture, bench.sound], [bench.to]
    for step in range(120):
        stream, out, peer = chance.choice(streams), chance.choice(outs), chance.choice(peers)
        match chance.randrange(12):
            case 0:
                peers.append(bench.plane.open(Closer(theirs)))
            case 1:
                for port in range(chance.randrange(1, 40)):
                    peer.hear((chance.choice(("127.0.0.1", "::1")), 1 + port * 97))
            case 2:
                peer.forget(("127.0.0.1", 1 + chance.randrange(40) * 97))
            case 3:
                outs.append(peer.outgoing(step, payload_type=100, rtx=None, stamp=3, sequence=step))
                peer.aim(bench.here, ("127.0.0.1", bench.receiver.getsockname()[1]))
            case 4:
                with contextlib.suppress(OverflowError):
                    again = chance.choice((None, stream))
                    streams.append(
                        bench.peer.incoming(1_000 + step, video=True, payload_type=96, rate=90_000, primary=again)
                    )
            case 5:
                chance.choice((stream, out)).close()
            case 6 if chance.random() < 0.2:
                peer.close()
            case 7:
                out.resend(chance.randrange(90, 300))
            case 8:
                out.select(chance.choice((stream, None)), {1: 2}, chance.choice((None, 7)))
                assert (out.packets, out.octets, out.resent) >= (0, 0, 0)
            case _:
                for _ in range(chance.randrange(1, 30)):
                    number = step * 40 + chance.randrange(100)
                    bench.send(picture(number, key=chance.random() < 0.3, pid=number & 0x7FFF, ssrc=stream.ssrc))
        assert stream.counters.packets >= 0
        assert peer.heard >= 0
    for held in (*outs, *streams, *peers):
        held.close()
    bench.close()


LOAD = """
import importlib.util, sys, pytest
spec = importlib.util.spec_from_file_location("media_worker._hotpath", sys.argv[1])
sys.modules["media_worker._hotpath"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
files = ["tests/media/test_planes.py", "tests/media/test_fuzz.py"]
sys.exit(pytest.main(["-qs", "-p", "no:cacheprovider", "-p", "no:faulthandler", *files, "-k", sys.argv[2]]))
"""
CAREFUL = ("-g", "-O1", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def test_the_compiled_plane_touches_nothing_that_is_not_its_own(tmp_path: Path) -> None:
    """All of the planes' tests again, with every access and every calculation watched."""
    library = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True).stdout
    if not Path(library.strip()).is_absolute():
        pytest.skip("libasan is not here")
    built = builder(*CAREFUL).compile(tmpdir=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", LOAD, built, "test_planes or any_order"],
        env={
            **os.environ,
            "LD_PRELOAD": library.strip(),
            "ASAN_OPTIONS": "detect_leaks=0",  # Python's own
            "UBSAN_OPTIONS": "print_stacktrace=1",
            "PYTHONMALLOC": "malloc",
        },
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
    assert "runtime error" not in done.stderr
