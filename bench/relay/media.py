"""Encoded picture and sound to be sent over and over: 720p30 VP8 of about 1.5 Mbit/s, 50 Opus packets a second."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import av
import msgspec
from av.filter import Graph

SECONDS: Final = 10
"""The loop's length. Its first picture is the only keyframe, so a keyframe passes every ten seconds or on request."""
ENCODER_TOLD: Final = 750_000
"""Bits a second; libvpx as PyAV 18 brings it makes twice of it: 1.5 Mbit/s. The report says what it came to."""
FRAMES_PER_SECOND: Final = 30
SOUND_BITS_PER_SECOND: Final = 32_000
PAYLOAD: Final = 1_150
"""Bytes of a frame in a packet at most; with headers and SRTP's tag about what browsers send."""
CONTENT: Final = "testsrc2=size=640x360:rate=30,noise=alls=5:allf=t,scale=1280:720"
SOUND_CONTENT: Final = (
    "anoisesrc=color=pink:amplitude=0.3:sample_rate=48000,"
    "aformat=sample_fmts=s16:channel_layouts=stereo,asetnsamples=960"
)
CACHE: Final = Path(__file__).resolve().parents[2] / "build" / "bench"


class Loop(msgspec.Struct, frozen=True):
    """Payloads one after the other. ``offsets``: of each, and the end; ``frames``: first payload of each, and the end.

    ``clock_step``: RTP timestamp from frame to frame; ``period_ns``: time from frame to frame.
    """

    data: bytes
    offsets: list[int]
    frames: list[int]
    clock_step: int
    period_ns: int

    @property
    def bits_per_second(self) -> float:
        """Without any header."""
        return len(self.data) * 8e9 / (self.period_ns * (len(self.frames) - 1))

    @property
    def packets_per_second(self) -> float:
        """Datagrams."""
        return (len(self.offsets) - 1) * 1e9 / (self.period_ns * (len(self.frames) - 1))


def picture() -> Loop:
    """Takes ten seconds to encode the first time."""
    return _kept("picture", _picture)


def sound() -> Loop:
    """Opus, 20 ms a packet."""
    return _kept("sound", _sound)


def _kept(name: str, make: Callable[[], Loop]) -> Loop:
    """Every relay gets the same bytes, today and tomorrow, until this file changes."""
    version = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    place = CACHE / f"{name}-{version}.msgpack"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished = place.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(msgspec.msgpack.encode(make()))
        unfinished.replace(place)
    return msgspec.msgpack.decode(place.read_bytes(), type=Loop)


def _picture() -> Loop:
    encoder: Any = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 1280, 720, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FRAMES_PER_SECOND), Fraction(FRAMES_PER_SECOND)
    encoder.bit_rate, encoder.gop_size = ENCODER_TOLD, 10 * SECONDS * FRAMES_PER_SECOND
    encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    source = _pulled(CONTENT, "buffersink", SECONDS * FRAMES_PER_SECOND)
    return _cut(_encoded(encoder, source), 90_000 // FRAMES_PER_SECOND, 1_000_000_000 // FRAMES_PER_SECOND)


def _sound() -> Loop:
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "stereo", "s16"
    encoder.bit_rate, encoder.time_base = SOUND_BITS_PER_SECOND, Fraction(1, 48_000)
    encoder.options = {"application": "voip", "frame_duration": "20"}
    packets = _encoded(encoder, _pulled(SOUND_CONTENT, "abuffersink", SECONDS * 50))
    return _cut(packets[: SECONDS * 50], 960, 20_000_000)


def decoded_pictures(frames: Iterable[bytes]) -> int:
    """How many of these frames, from a keyframe on, a decoder shows. Raises av.error.FFmpegError for a broken one."""
    decoder: Any = av.CodecContext.create("vp8", "r")
    return sum(len(decoder.decode(av.Packet(frame))) for frame in frames)


def decoded_sounds(frames: Iterable[bytes]) -> int:
    """How many of these packets a decoder plays. Raises av.error.FFmpegError for a broken one."""
    decoder: Any = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = 48_000, "stereo"
    return sum(len(decoder.decode(av.Packet(frame))) for frame in frames)


def _pulled(content: str, sink: str, count: int) -> Iterator[Any]:
    graph: Any = Graph()
    parts = [graph.add(*part.split("=", 1)) for part in content.split(",")]
    parts.append(graph.add(sink))
    for before, behind in pairwise(parts):
        before.link_to(behind)
    graph.configure()
    for _ in range(count):
        yield graph.pull()


def _encoded(encoder: Any, frames: Iterable[Any]) -> list[bytes]:
    packets = [bytes(packet) for number, frame in enumerate(frames) for packet in _encode(encoder, frame, number)]
    return packets + [bytes(packet) for packet in encoder.encode(None)]


def _encode(encoder: Any, frame: Any, number: int) -> Any:
    if hasattr(frame, "reformat"):
        frame = frame.reformat(format="yuv420p")
        frame.pts, frame.time_base = number, encoder.time_base
    return encoder.encode(frame)


def _cut(frames: list[bytes], clock_step: int, period_ns: int) -> Loop:
    offsets, firsts = [0], [0]
    for frame in frames:
        parts = -(-len(frame) // PAYLOAD)
        even = -(-len(frame) // parts)  # browsers, too, cut a frame into parts of about the same size
        start = offsets[-1]
        offsets += [start + min(even * (part + 1), len(frame)) for part in range(parts)]
        firsts.append(len(offsets) - 1)
    return Loop(b"".join(frames), offsets, firsts, clock_step, period_ns)
