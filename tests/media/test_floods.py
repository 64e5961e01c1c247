"""Too much of everything from one side: a bystander call loses nothing, and nothing that was opened stays open."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable

import pytest

from chalicelib.protocol import Seat
from client.caller import PICTURE, Caller
from media_worker import feedback
from media_worker.port import planes
from tests.media.running import Running, bystanders, running
from tests.media.test_fuzz import OTHERS, joined

BURST, PAUSE = 200, 0.02
"""10,000 a second: three times what one may send."""
MANY = 20_000
SECONDS = MANY / BURST * PAUSE
CROWD = 100
NOISE = {
    "checks": b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12),
    "handshakes": b"\x16" * 100,
    "garbage": b"\xff" * 1_000,
}


async def flood(send: Callable[[], object], many: int = MANY) -> None:
    """So often, as fast as the burst allows."""
    for at in range(many):
        send()
        if at % BURST == BURST - 1:
            await asyncio.sleep(PAUSE)


@pytest.mark.parametrize("plane", planes())
def test_a_participant_who_floods(plane: str) -> None:
    """With packets that its keys open, and with packets that they do not; seen by everybody of its own call."""

    async def test() -> None:
        async with running(plane) as worker, bystanders(worker):
            caller, other = await joined(worker)
            await flood(lambda: caller.send_rtp(caller.picture.packet(b"\x10", ticks=90, size=1_000)))
            await flood(lambda: caller.send_raw(b"\x80\x60" + bytes(1_000)), MANY // 2)
            await asyncio.gather(caller.close(), other.close())

    asyncio.run(test())


@pytest.mark.parametrize("plane", planes())
def test_a_participant_whose_every_packet_leaves_a_gap(plane: str) -> None:
    async def test() -> None:
        async with running(plane) as worker, bystanders(worker):
            caller, other = await joined(worker)
            number = 0

            def skip() -> None:
                nonlocal number
                number += 250
                head = struct.pack("!BBHII", 0x80, PICTURE, number & 0xFFFF, number, caller.picture.ssrc)
                caller.send_rtp(head + b"\x10\x01 not a keyframe")

            await flood(skip, MANY // 2)
            await asyncio.gather(caller.close(), other.close())

    asyncio.run(test())


@pytest.mark.parametrize("plane", planes())
@pytest.mark.parametrize("kind", NOISE)
def test_an_unknown_address_that_floods(plane: str, kind: str) -> None:
    """Somebody else comes in meanwhile."""

    async def test() -> None:
        async with running(plane) as worker, bystanders(worker):
            late = Caller()
            answer = await worker.answer(OTHERS, Seat.PATIENT, late.offer())
            late._read(answer)
            with socket.socket(type=socket.SOCK_DGRAM) as stranger:
                stranger.bind(("127.0.0.2", 0))
                stranger.setblocking(False)

                def send() -> None:
                    with contextlib.suppress(BlockingIOError):
                        stranger.sendto(NOISE[kind], late._remotes[0])

                await asyncio.gather(flood(send), late.connect(answer))
            await late.close()

    asyncio.run(test())


@pytest.mark.parametrize("plane", planes())
def test_twenty_thousand_requests_for_a_keyframe(plane: str) -> None:
    """One every half second is passed on, whoever asks and however often."""

    async def test() -> None:
        async with running(plane) as worker, bystanders(worker):
            caller, other = await joined(worker)
            pictures = next(ssrc for ssrc in other.heard if ssrc in other._repairs.values())
            before = caller.keyframes_asked
            requests = feedback.pli(other.picture.ssrc, pictures)
            loop = asyncio.get_running_loop()
            begun = loop.time()
            await asyncio.gather(flood(lambda: other.send_rtcp(requests)), caller.talk(SECONDS))
            passed = loop.time() - begun
            assert 1 <= caller.keyframes_asked - before <= passed / 0.5 + 2
            await asyncio.gather(caller.close(), other.close())

    asyncio.run(test())


@pytest.mark.parametrize("plane", planes())
def test_reports_from_ever_new_sources(plane: str) -> None:
    """libsrtp keeps each source that it ever decrypted something of, and looks for them one by one."""

    async def test() -> None:
        async with running(plane) as worker, bystanders(worker):
            caller, other = await joined(worker)
            source = 0
            before = worker.resident()

            def report() -> None:
                nonlocal source
                source += 1
                caller.send_rtcp(struct.pack("!BBHI", 0x80, 201, 1, source))

            await flood(report)
            assert worker.resident() < before + (4 << 20)
            await asyncio.gather(caller.close(), other.close())

    asyncio.run(test())


async def half_open(worker: Running, name: str, many: int) -> list[Caller]:
    """So many, each in a room of its own, that send the beginning of a handshake and no more."""
    crowd = [Caller() for _ in range(many)]
    for at, caller in enumerate(crowd):
        answer = await worker.answer(f"trust.{name}.{at}", Seat.PATIENT, caller.offer())
        await caller.connect(answer, handshake=False)
        caller.send_raw(b"\x16\xfe\xfd" + bytes(8) + b"\xff\xff" + bytes(50))
    return crowd


def test_whoever_never_finishes_the_handshake_is_given_up() -> None:
    """Long before the room is: nobody answers to that name any more."""

    async def test() -> None:
        async with running(connect_seconds=0.5, empty_seconds=3) as worker, bystanders(worker):
            ends = [worker.ends(f"trust.slow.{at}") for at in range(10)]
            crowd = await half_open(worker, "slow", 10)
            await asyncio.sleep(1)  # a second for connecting is over; each goes on asking ten times a second
            for caller in crowd:
                caller._answered.clear()
            await asyncio.gather(*ends)
            assert not any(caller._answered.is_set() for caller in crowd)
            await asyncio.gather(*(caller.close() for caller in crowd))

    asyncio.run(test())


def test_a_crowd_that_never_finishes_its_handshake() -> None:
    """What was kept for them comes back, but for what the garbage collector has not come by yet."""

    async def test() -> None:
        async with running(connect_seconds=0.5, empty_seconds=1, capacity=2 * CROWD) as worker, bystanders(worker):
            sizes = []
            for turn in range(5):
                ends = [worker.ends(f"trust.crowd{turn}.{at}") for at in range(CROWD)]
                crowd = await half_open(worker, f"crowd{turn}", CROWD)
                await asyncio.gather(*ends)
                await asyncio.gather(*(caller.close() for caller in crowd))
                sizes.append(worker.resident())
            assert sizes[-1] < 1.2 * sizes[0]

    asyncio.run(test())


def test_hundreds_of_messages_on_the_data_channel() -> None:
    async def test() -> None:
        async with running() as worker, bystanders(worker):
            caller, other = await joined(worker)
            messages = ['{"type":"want","pictures":"all"}', "{", "x" * 10_000, "\0", '{"type":"watching","who":[]}']

            def say() -> None:
                if caller.channel.bufferedAmount < 200_000:
                    caller.channel.send(messages[caller.picture.number % len(messages)])

            for _ in range(20):
                for _ in range(25):
                    say()
                    caller.frame(parts=1)
                await asyncio.sleep(PAUSE)
            await other.all_heard(caller)
            await asyncio.gather(caller.close(), other.close())

    asyncio.run(test())


@pytest.mark.parametrize("form", ["unfinished", "channels"])
def test_whoever_has_us_keep_what_never_ends_is_hung_up_on(form: str) -> None:
    """Beginnings of messages (RFC 9260 section 3.3.1), and channels by the thousand (RFC 8832)."""

    async def test() -> None:
        async with running() as worker, bystanders(worker):
            caller, other = await joined(worker)
            sctp = caller._sctp

            def chunk(stream: int, flags: int, kind: int, data: bytes) -> None:
                sctp._local_tsn = (sctp._local_tsn + 1) % 2**32
                body = struct.pack("!IHHI", sctp._local_tsn, stream, 0, kind) + data
                raw = struct.pack("!BBH", 0, flags, 4 + len(body)) + body + bytes(-len(body) % 4)
                head = struct.pack("!HHII", 5_000, 5_000, sctp._remote_verification_tag, 0)
                sum_ = crc32c(head + raw)
                caller.send_record(head[:8] + struct.pack("<I", sum_) + raw)

            number = 0

            def more() -> None:
                nonlocal number
                number += 1
                if caller.down.is_set():
                    return
                if form == "unfinished":
                    chunk(0, 0x02, 51, bytes(1_000))
                else:
                    chunk(2 * number, 0x03, 50, struct.pack("!BBHLHH", 3, 0, 0, 0, 0, 0))

            await flood(more, 1_000)
            await asyncio.wait_for(caller.down.wait(), 10)
            await asyncio.gather(caller.close(), other.close())

    asyncio.run(test())


def crc32c(data: bytes) -> int:
    """SCTP's checksum (RFC 9260 appendix A)."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 & -(value & 1))
    return value ^ 0xFFFFFFFF
