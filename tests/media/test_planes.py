"""The forwarding plane, in Python and in C: what a receiver may rely on, and that the two do the same.

Real SRTP over real sockets of loopback, without an event loop: `Bench.pump` takes what has been sent.
"""

import contextlib
import itertools
import os
import socket
import struct
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Error, Policy, Session

from media_worker import feedback, rtp
from media_worker.plane import STREAMS
from media_worker.port import planes
from tests.media.test_rtp import DELTA, KEY, packet

PLANES = planes()
VIDEO, RTX, AUDIO = 96, 97, 111
OUT_VIDEO, OUT_RTX, OUT_AUDIO = 100, 101, 109
CAMERA, MENDER, OTHER, VOICE = 7, 8, 9, 10
RECEIVED, AGAIN, HEARD = 1_000, 1_001, 1_002
SENT_AT = 3


def sessions() -> tuple[Session, Session]:
    """What one side encrypts with, and the other decrypts with."""
    key = os.urandom(44)
    profile = Policy.SRTP_PROFILE_AEAD_AES_256_GCM
    ways = []
    for kind in (Policy.SSRC_ANY_OUTBOUND, Policy.SSRC_ANY_INBOUND):
        policy = Policy(key=key, ssrc_type=kind, srtp_profile=profile)
        policy.allow_repeat_tx = True
        policy.window_size = 1024
        ways.append(Session(policy))
    return ways[0], ways[1]


class Ear:
    """Notes what a peer's owner is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self.on_stranger: Callable[[bytes], None] = lambda _: None

    def rtcp(self, packet: bytes) -> None:
        self.heard.append(("rtcp", packet))

    def stranger(self, packet: bytes) -> None:
        self.heard.append(("stranger", packet))
        self.on_stranger(packet)

    def gap(self, stream: Any, first: int, count: int) -> None:
        self.heard.append(("gap", stream.ssrc, first, count))

    def late(self, stream: Any, sequence: int) -> None:
        self.heard.append(("late", stream.ssrc, sequence))

    def switched(self, stream: Any) -> None:
        self.heard.append(("switched", stream.ssrc))


class Bench:
    """A worker's socket with one peer that sends and one that receives; the test sits at the other ends."""

    def __init__(self, kind: str, *, repairs: bool = True) -> None:
        self.foreign: list[tuple[bytes, Any]] = []
        self.plane = PLANES[kind](lambda _, __, data, peer: self.foreign.append((data, peer)))
        self.here, self.sender, self.receiver = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(3))
        for sock in (self.here, self.sender, self.receiver):
            sock.bind(("127.0.0.1", 0))
            sock.setblocking(False)
        self.ear, self.other_ear = Ear(), Ear()
        self.peer, self.to = self.plane.open(self.ear), self.plane.open(self.other_ear)
        self._encrypt, receive = sessions()
        back, self._decrypt_back = sessions()
        self._talk_back, hear_back = sessions()
        send, self._decrypt = sessions()
        self.peer.secure(receive, back)
        self.to.secure(hear_back, send)
        for peer, sock in ((self.peer, self.sender), (self.to, self.receiver)):
            peer.hear(sock.getsockname())
            peer.aim(self.here, sock.getsockname())
        video: dict[str, Any] = {"video": True, "payload_type": VIDEO, "rate": 90_000, "cc": 5}
        self.camera = self.peer.incoming(CAMERA, **video)
        self.mender = self.peer.incoming(MENDER, **(video | {"payload_type": RTX, "primary": self.camera}))
        self.another = self.peer.incoming(OTHER, **video)
        self.voice = self.peer.incoming(VOICE, video=False, payload_type=AUDIO, rate=48_000)
        repair = (AGAIN, OUT_RTX) if repairs else None
        self.picture = self.to.outgoing(RECEIVED, payload_type=OUT_VIDEO, rtx=repair, stamp=SENT_AT, sequence=100)
        self.sound = self.to.outgoing(HEARD, payload_type=OUT_AUDIO, rtx=None, stamp=0, sequence=200)
        self.streams = {CAMERA: self.camera, OTHER: self.another, VOICE: self.voice, None: None}

    def send(self, *packets: bytes) -> None:
        """From the sending peer, through the plane."""
        for data in packets:
            self.sender.sendto(self._encrypt.protect(data), self.here.getsockname())
        self.pump()

    def send_raw(self, data: bytes, sock: socket.socket | None = None) -> None:
        (sock or self.sender).sendto(data, self.here.getsockname())
        self.pump()

    def send_rtcp(self, data: bytes) -> None:
        self.send_raw(self._encrypt.protect_rtcp(data))

    def pump(self) -> None:
        self.plane.pump(self.here)
        self.plane.flush()

    def received(self) -> list[bytes]:
        """What came to the receiving peer since the last look, decrypted."""
        return list(self._read(self.receiver, self._decrypt.unprotect))

    def reported(self) -> list[bytes]:
        """RTCP to the sending peer."""
        self.plane.flush()
        return list(self._read(self.sender, self._decrypt_back.unprotect_rtcp))

    def _read(self, sock: socket.socket, decrypt: Callable[[bytes], bytes]) -> Iterator[bytes]:
        while True:
            try:
                yield decrypt(sock.recv(2_048))
            except BlockingIOError:
                return

    def close(self) -> None:
        for out in (self.picture, self.sound):
            out.close()
        for stream in (self.mender, self.camera, self.another, self.voice):
            stream.close()
        self.peer.close()
        self.to.close()
        self.plane.close()
        for sock in (self.here, self.sender, self.receiver):
            sock.close()


@pytest.fixture(params=PLANES)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    made = Bench(request.param)
    yield made
    made.close()


def header(data: bytes) -> rtp.Header:
    found = rtp.parse(data)
    assert found is not None
    return found


def body(data: bytes) -> bytes:
    return data[header(data).offset :]


def picture(sequence: int, key: bool = False, pid: int | None = None, level: int = 0, **more: Any) -> bytes:
    """A packet that is a frame of its own."""
    frame = KEY if key else DELTA
    described = b"\x10" if pid is None else struct.pack("!BBHB", 0x90, 0xC0, 0x8000 | pid, level)
    return packet(sequence, described + frame, **({"payload_type": VIDEO, "ssrc": CAMERA, "marker": 1} | more))


def test_both_planes_are_here() -> None:
    """Without a compiler there is one, and then nothing below compares anything."""
    assert list(PLANES) == ["compiled", "python"]


class TestOneStream:
    def test_it_waits_for_a_keyframe_and_gets_the_receivers_numbers(self, bench: Bench) -> None:
        bench.picture.select(bench.camera, {})
        bench.send(picture(10), picture(11, key=True, timestamp=90_000), picture(12, timestamp=93_000))
        heads = [header(data) for data in bench.received()]
        assert [(h.ssrc, h.payload_type, h.sequence, h.marker) for h in heads] == [
            (RECEIVED, OUT_VIDEO, 100, 1),
            (RECEIVED, OUT_VIDEO, 101, 1),
        ]
        assert [h.timestamp for h in heads] == [90_000, 93_000]
        assert bench.ear.heard == []
        assert bench.other_ear.heard == [("switched", RECEIVED)]
        assert (bench.picture.packets, bench.picture.octets) == (2, 14)

    def test_sound_waits_for_nothing(self, bench: Bench) -> None:
        bench.sound.select(bench.voice, {})
        bench.send(packet(5, b"opus", ssrc=VOICE, payload_type=AUDIO))
        (data,) = bench.received()
        assert (header(data).ssrc, header(data).payload_type, body(data)) == (HEARD, OUT_AUDIO, b"opus")

    def test_wraps_gaps_and_disorder_are_the_sources_own(self, bench: Bench) -> None:
        bench.picture.select(bench.camera, {})
        order = [65_530, 65_535, 65_533, 2, 0, 65_535, 1]
        bench.send(picture(65_530, key=True), *(picture(n) for n in order[1:]))
        positions = [header(data).sequence - 100 for data in bench.received()]
        assert positions == [0, 5, 3, 8, 6, 7]  # the second 65,535 is the first one again
        assert bench.ear.heard == [
            ("gap", CAMERA, 65_531, 4),
            ("late", CAMERA, 65_533),
            ("gap", CAMERA, 0, 2),
            ("late", CAMERA, 0),
            ("late", CAMERA, 1),
        ]

    def test_what_is_older_than_its_first_keyframe_stays_behind(self, bench: Bench) -> None:
        bench.picture.select(bench.camera, {})
        bench.send(picture(20, key=True), picture(19), picture(18))
        assert [header(data).sequence for data in bench.received()] == [100]

    def test_nothing_is_sent_when_nothing_is_selected(self, bench: Bench) -> None:
        bench.send(picture(1, key=True))
        bench.picture.select(bench.camera, {})
        bench.picture.select(None, {})
        bench.send(picture(2, key=True))
        assert bench.received() == []
        assert bench.picture.current is None

    def test_counters(self, bench: Bench) -> None:
        bench.send(picture(65_534, key=True), picture(65_535), picture(1), picture(1))
        counters = bench.camera.counters
        assert (counters.packets, counters.first, counters.highest) == (3, 65_534, 65_537)
        assert (counters.frames, counters.keyframes, counters.octets) == (3, 1, 17)
        assert (counters.width, counters.height) == (640, 480)
        assert bench.another.counters.packets == 0

    def test_extensions_get_the_receivers_ids_or_stay_behind(self, bench: Bench) -> None:
        bench.picture.select(bench.camera, {1: 9, 2: SENT_AT})
        found = [(4, b"secret"), (1, b"a"), (2, b"\0\0\0"), (5, b"\0\1")]
        bench.send(picture(1, key=True, extensions=found))
        (data,) = bench.received()
        extensions = rtp.extensions(data, header(data))
        assert set(extensions) == {9, SENT_AT}
        assert extensions[9] == b"a"
        assert extensions[SENT_AT] != b"\0\0\0"
        assert b"secret" not in data

    def test_extensions_of_two_bytes_stay_behind(self, bench: Bench) -> None:
        bench.sound.select(bench.voice, {1: 1})
        head = struct.pack("!BBHII", 0x90, AUDIO, 1, 0, VOICE)
        bench.send(head + struct.pack("!HH", 0x1000, 1) + b"\x01\x02ab" + b"opus")
        (data,) = bench.received()
        assert rtp.extensions(data, header(data)) == {}
        assert body(data) == b"opus"


class TestSwitching:
    def test_numbers_pictures_and_time_go_on(self, bench: Bench) -> None:
        bench.picture.select(bench.camera, {})
        bench.send(
            picture(1, key=True, pid=100, level=4, timestamp=5_000), picture(2, pid=101, level=5, timestamp=8_000)
        )
        bench.picture.select(bench.another, {})
        other: dict[str, Any] = {"ssrc": OTHER}
        bench.send(picture(3, pid=102, level=6, timestamp=11_000))  # the old one until the new one begins
        bench.send(picture(500, pid=7, level=9, timestamp=77, **other))
        bench.send(
            picture(501, key=True, pid=8, level=10, timestamp=3_077, **other),
            picture(502, pid=9, level=11, timestamp=6_077, **other),
        )
        bench.send(picture(4, pid=103, level=7, timestamp=14_000))
        got = bench.received()
        assert [header(data).sequence for data in got] == [100, 101, 102, 103, 104]
        assert [struct.unpack_from("!HB", body(data), 2) for data in got] == [
            (0x8000 | 100, 4), (0x8000 | 101, 5), (0x8000 | 102, 6), (0x8000 | 103, 7), (0x8000 | 104, 8)
        ]  # fmt: skip
        times = [header(data).timestamp for data in got]
        assert times[2] < times[3] < times[2] + 90_000 * 10
        assert times[4] - times[3] == 3_000

    def test_a_hint_sets_the_time_unless_it_is_absurd(self, bench: Bench) -> None:
        bench.picture.select(bench.camera, {})
        bench.send(picture(1, key=True, timestamp=5_000))
        bench.picture.select(bench.another, {}, (6_000 - 50) % 2**32)
        bench.send(picture(1, key=True, timestamp=50, ssrc=OTHER))
        assert [header(data).timestamp for data in bench.received()] == [5_000, 6_000]
        bench.picture.select(bench.camera, {}, 1_000_000_000)
        bench.send(picture(2, key=True, timestamp=9_000))
        (time,) = [header(data).timestamp for data in bench.received()]
        assert 6_000 < time < 6_000 + 90_000 * 10

    def test_time_never_goes_back(self, bench: Bench) -> None:
        bench.picture.select(bench.camera, {})
        bench.send(picture(1, key=True, timestamp=5_000))
        bench.picture.select(bench.another, {}, 0)
        bench.send(picture(1, key=True, timestamp=4_000, ssrc=OTHER))
        assert [header(data).timestamp for data in bench.received()] == [5_000, 5_001]

    def test_a_closed_stream_is_no_longer_sent(self, bench: Bench) -> None:
        bench.picture.select(bench.camera, {})
        bench.send(picture(1, key=True))
        bench.camera.close()
        assert bench.picture.current is None
        bench.picture.select(bench.another, {})
        bench.send(picture(1, key=True, ssrc=OTHER))
        assert [header(data).sequence for data in bench.received()] == [100, 101]


class TestLoss:
    def test_a_packet_is_sent_again_on_its_own_ssrc(self, bench: Bench) -> None:
        bench.picture.select(bench.camera, {2: SENT_AT})
        bench.send(picture(1, key=True, pid=5), picture(2, pid=6, extensions=[(2, b"\0\0\0")]))
        sent = bench.received()
        assert bench.picture.resend(101)
        assert bench.picture.resend(101)
        assert not bench.picture.resend(102)
        assert not bench.picture.resend(99)
        bench.plane.flush()
        again = bench.received()
        assert [(header(d).ssrc, header(d).payload_type, header(d).sequence) for d in again] == [
            (AGAIN, OUT_RTX, 0),
            (AGAIN, OUT_RTX, 1),
        ]
        assert body(again[0]) == struct.pack("!H", 101) + body(sent[1])
        assert header(again[0]).timestamp == header(sent[1]).timestamp
        assert bench.picture.resent == 2

    @pytest.mark.parametrize("kind", PLANES)
    def test_without_an_ssrc_of_its_own_it_is_the_same_to_the_bit(self, kind: str) -> None:
        """One number with two contents, and AES-GCM gives its key away (RFC 7714 section 10.1)."""
        bench = Bench(kind, repairs=False)
        bench.picture.select(bench.camera, {2: SENT_AT})
        for data in (picture(1, key=True), picture(2, extensions=[(2, b"abc")])):
            bench.send_raw(bench._encrypt.protect(data))
        sent = [bench.receiver.recv(2_048) for _ in range(2)]
        assert bench.picture.resend(101)
        bench.plane.flush()
        assert bench.receiver.recv(2_048) == sent[1]
        bench.close()

    def test_a_retransmission_mends_and_is_forwarded_in_its_place(self, bench: Bench) -> None:
        bench.picture.select(bench.camera, {})
        lost = picture(2, pid=6, timestamp=3_000)
        bench.send(picture(1, key=True, pid=5), picture(3, pid=7, timestamp=6_000))
        again = packet(77, struct.pack("!H", 2) + body(lost), ssrc=MENDER, payload_type=RTX, timestamp=3_000, marker=1)
        bench.send(again, packet(78, b"", ssrc=MENDER, payload_type=RTX))
        got = bench.received()
        assert [header(data).sequence for data in got] == [100, 102, 101]
        assert body(got[2]) == body(lost)
        assert bench.camera.counters.recovered == 1
        assert bench.camera.counters.packets == 2
        assert bench.ear.heard == [("gap", CAMERA, 2, 1), ("late", CAMERA, 2)]

    def test_asking_for_ever_is_answered_for_a_while(self, bench: Bench) -> None:
        bench.picture.select(bench.camera, {})
        bench.send(picture(1, key=True))
        answered = sum(bench.picture.resend(100) for _ in range(2_000))
        assert 300 <= answered < 1_000


class TestPeers:
    def test_rtcp_and_strangers_are_handed_on_and_then_admitted(self, bench: Bench) -> None:
        report = feedback.pli(1, 2)
        bench.send_rtcp(report)
        new = picture(1, key=True, ssrc=99)

        def name(data: bytes) -> None:
            found = bench.peer.incoming(99, video=True, payload_type=VIDEO, rate=90_000)
            bench.picture.select(found, {})
            bench.peer.admit(data)

        bench.ear.on_stranger = name
        bench.send(new)
        bench.plane.flush()
        assert bench.ear.heard == [("rtcp", report), ("stranger", new)]
        assert [header(data).sequence for data in bench.received()] == [100]

    def test_what_its_keys_do_not_open_is_dropped(self, bench: Bench) -> None:
        bench.picture.select(bench.camera, {})
        bench.send_raw(picture(1, key=True))
        bench.send_raw(b"\x80\xc8" + bytes(40))
        bench.send_raw(b"\x80")
        assert (bench.peer.forged, bench.received(), bench.ear.heard) == (2, [], [])

    def test_nobody_elses_datagrams_reach_it(self, bench: Bench) -> None:
        bench.picture.select(bench.camera, {})
        with socket.socket(type=socket.SOCK_DGRAM) as elsewhere:
            elsewhere.bind(("127.0.0.1", 0))
            bench.send_raw(bench._encrypt.protect(picture(1, key=True)), elsewhere)
            bench.send_raw(b"\x00\x01 a check", elsewhere)
            assert bench.received() == []
            assert bench.foreign == [(b"\x00\x01 a check", None)]
            bench.peer.hear(elsewhere.getsockname())
            bench.send_raw(bench._encrypt.protect(picture(2, key=True)), elsewhere)
            assert len(bench.received()) == 1
            bench.send_raw(b"\x16 a handshake", elsewhere)
            assert bench.foreign[1:] == [(b"\x16 a handshake", bench.peer)]
            bench.peer.forget(elsewhere.getsockname())
            bench.send_raw(bench._encrypt.protect(picture(3)), elsewhere)
            assert bench.received() == []

    def test_nobody_takes_over_the_address_of_somebody_who_speaks(self, bench: Bench) -> None:
        bench.picture.select(bench.camera, {})
        bench.send(picture(1, key=True))
        assert not bench.to.hear(bench.sender.getsockname())
        bench.send(picture(2))
        assert len(bench.received()) == 2
        bench.peer.forget(bench.sender.getsockname())
        assert bench.to.hear(bench.sender.getsockname())

    def test_a_flood_is_cut_off(self, bench: Bench) -> None:
        for _ in range(60):
            for _ in range(50):
                bench.sender.sendto(b"\x80\x60" + bytes(30), bench.here.getsockname())
            bench.pump()
        assert bench.peer.flooded > 500
        with socket.socket(type=socket.SOCK_DGRAM) as elsewhere:
            for _ in range(20):
                for _ in range(50):
                    elsewhere.sendto(b"\x00\x01", bench.here.getsockname())
                bench.pump()
        assert len(bench.foreign) < 500

    def test_reports_go_encrypted_and_datagrams_as_they_are(self, bench: Bench) -> None:
        bench.peer.send_rtcp(feedback.pli(1, 2))
        assert bench.reported() == [feedback.pli(1, 2)]
        bench.to.send(b"\x16 a handshake")
        bench.plane.flush()
        assert bench.receiver.recv(100) == b"\x16 a handshake"
        bench.to.aim(None)
        bench.to.send(b"\x16 another")
        bench.picture.select(bench.camera, {})
        bench.send(picture(1, key=True))
        with pytest.raises(BlockingIOError):
            bench.receiver.recv(100)

    def test_so_many_streams_and_no_more(self, bench: Bench) -> None:
        for ssrc in range(100, 100 + STREAMS - 4):
            bench.peer.incoming(ssrc, video=True, payload_type=VIDEO, rate=90_000)
        with pytest.raises(OverflowError):
            bench.peer.incoming(99, video=True, payload_type=VIDEO, rate=90_000)


numbers = st.integers(0, 40)
frames = st.builds(
    lambda number, ssrc, key, pid, level, wide, extensions, cc: (
        "packet",
        packet(
            65_520 + number,
            (
                struct.pack("!BBHB", 0x90, 0xF0, 0x8000 | pid, level) + b"\x20"
                if wide
                else struct.pack("!BBB", 0x90, 0x80, pid & 0x7F)
            )
            + (KEY if key else DELTA),
            ssrc=ssrc,
            payload_type=VIDEO,
            marker=number % 2,
            timestamp=number * 3_000,
            extensions=[*extensions, (5, struct.pack("!H", cc))],
        ),
    ),
    numbers,
    st.sampled_from([CAMERA, OTHER]),
    st.booleans(),
    st.integers(0, 0x7FFF),
    st.integers(0, 255),
    st.booleans(),
    st.lists(st.tuples(st.integers(1, 4), st.binary(min_size=1, max_size=5)), max_size=2, unique_by=lambda e: e[0]),
    st.integers(65_500, 65_560).map(lambda n: n % 65_536),
)
voices = numbers.map(lambda n: ("packet", packet(n, b"opus", ssrc=VOICE, payload_type=AUDIO, timestamp=n * 960)))
repairs = st.tuples(numbers, numbers, st.booleans()).map(
    lambda t: (
        "packet",
        packet(
            t[0], struct.pack("!H", (65_520 + t[1]) % 65_536) + b"\x10" + (KEY if t[2] else DELTA),
            ssrc=MENDER, payload_type=RTX, timestamp=t[1] * 3_000,
        ),
    )
)  # fmt: skip
garbage = st.binary(max_size=40).map(lambda b: ("packet", b"\x80\x60" + bytes(6) + struct.pack("!I", CAMERA) + b))
mangled = st.binary(min_size=4, max_size=60).map(
    lambda b: ("packet", bytes([0x90 | b[0] & 0x2F]) + b"\x60" + b[1:3] + bytes(4) + struct.pack("!I", CAMERA) + b[3:])
)
selections = st.sampled_from([CAMERA, OTHER, VOICE, None]).map(lambda s: ("select", s))
again = st.integers(90, 160).map(lambda n: ("resend", n))
scripts = st.lists(st.one_of(frames, frames, voices, repairs, selections, again, garbage, mangled), max_size=60)


def play(kind: str, script: list[tuple[str, Any]]) -> tuple[list[Any], ...]:
    """Everything that can be seen from outside, but for the time of day."""
    bench = Bench(kind)
    got: list[Any] = []
    for what, value in script:
        if what == "packet":
            with contextlib.suppress(Error):  # libsrtp itself refuses the worst of it
                bench.send(value)
        elif what == "select":
            stream = bench.streams[value]
            (bench.sound if value == VOICE else bench.picture).select(stream, {1: 9, 2: SENT_AT, 4: 4}, 12_345)
        else:
            got.append(bench.picture.resend(value))
            bench.plane.flush()
        for data in bench.received():
            head = header(data)
            extensions = {n: v for n, v in rtp.extensions(data, head).items() if n != SENT_AT or len(v) != 3}
            got.append((msgspec.structs.replace(head, timestamp=0), extensions, body(data)))
    streams = [bench.camera, bench.mender, bench.another, bench.voice]
    counted = [counters_without_jitter(stream.counters) for stream in streams]
    covered = arrivals(bench.peer.transport_cc(1, 2))
    out = (bench.picture.packets, bench.picture.octets, bench.picture.resent, bench.sound.packets)
    current = bench.picture.current.ssrc if bench.picture.current else None
    seen = (got, [*bench.ear.heard, *bench.other_ear.heard], counted, [covered, out, current])
    bench.close()
    return seen


def arrivals(report: bytes | None) -> tuple[int, list[bool]]:
    """The first number that a transport-cc report covers, and which arrived."""
    if report is None:
        return 0, []
    base, count = struct.unpack_from("!HH", report, 12)
    chunks = struct.unpack_from(f"!{(count + 6) // 7}H", report, 20)
    return base, [bool(chunk >> 2 * (6 - i) & 3) for chunk in chunks for i in range(7)][:count]


def counters_without_jitter(counters: Any) -> tuple[int, ...]:
    return (
        counters.packets, counters.octets, counters.first, counters.highest, counters.frames, counters.keyframes,
        counters.recovered, counters.width, counters.height,
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(scripts)
def test_the_planes_do_the_same(script: list[tuple[str, Any]]) -> None:
    for one, other in itertools.pairwise([play(kind, script) for kind in PLANES]):
        assert one == other


@pytest.mark.parametrize("kind", PLANES)
@settings(max_examples=40, deadline=None)
@given(script=scripts)
def test_no_number_is_given_twice(kind: str, script: list[tuple[str, Any]]) -> None:
    """Across switches too: SRTP needs it, and so does the receiver's order."""
    got = [entry[0] for entry in play(kind, script)[0] if isinstance(entry, tuple)]
    given_out = [(head.ssrc, head.sequence) for head in got]
    assert len(set(given_out)) == len(given_out)


@pytest.mark.parametrize("kind", PLANES)
def test_who_closes_after_the_plane_finds_nothing_to_do(kind: str) -> None:
    """A worker that is told to stop may still be closing a connection; in C that was a crash."""
    bench = Bench(kind)
    bench.picture.select(bench.camera, {})
    bench.send(picture(1, key=True))
    bench.plane.close()
    bench.close()
    bench.peer.send(b"late")
    assert bench.peer.transport_cc(1, 2) is None
