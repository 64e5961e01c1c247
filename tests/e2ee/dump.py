"""What a worker that was taken over can make of its packets: frames put together, decoded, held against the source."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import av
import msgspec
from aiortc.codecs.vpx import VpxPayloadDescriptor
from av.error import FFmpegError

from media_worker import rtp
from tests.e2ee.agreement import SEATS
from tests.e2ee.sealing import TAG, TRAILER, FrameKey
from tests.e2ee.source import ACROSS, DOWN, RATE, TONE
from tests.e2ee.tapped import Heard

Luma = Sequence[int]
"""A picture's brightness, ACROSS × DOWN places."""
ALIKE: Final = 0.9
"""From so much likeness on a picture is the source's, and sound the tone; strangers stay below half of it."""
WINDOW: Final = RATE // 50
"""Samples, 20 ms: one frame of sound."""


class Secret(NamedTuple):
    """What somebody seals with, whose it is, and its number."""

    seat: str
    epoch: int
    bytes: bytes


def read(folder: Path, since: float) -> list[Heard]:
    """All that was tapped since then (seconds since 1970), in the order in which it came."""
    found: list[Heard] = []
    for file in sorted(folder.iterdir()):
        data, at = file.read_bytes(), 0
        while at + 4 <= len(data) and at + 4 + (size := int.from_bytes(data[at : at + 4], "big")) <= len(data):
            found.append(msgspec.msgpack.decode(data[at + 4 : at + 4 + size], type=Heard))
            at += 4 + size
    return sorted((one for one in found if one.at >= since), key=lambda one: one.at)


def streams(heard: Iterable[Heard], *, video: bool) -> dict[int, list[bytes]]:
    """Whole frames of each stream by its SSRC: VP8 put together (RFC 7741), or Opus as it comes (RFC 7587)."""
    packets: dict[int, dict[int, tuple[rtp.Header, bytes]]] = defaultdict(dict)
    for one in heard:
        header = rtp.parse(one.packet)
        if header is not None and header.payload > 0 and one.video is video and not one.again:
            payload = one.packet[header.offset : header.offset + header.payload]
            packets[one.ssrc][header.sequence] = (header, payload)
    assemble = _pictures if video else _sounds
    return {ssrc: list(assemble(list(found.values()))) for ssrc, found in packets.items()}


def _sounds(packets: list[tuple[rtp.Header, bytes]]) -> Iterator[bytes]:
    yield from (payload for _, payload in packets)


def _pictures(packets: list[tuple[rtp.Header, bytes]]) -> Iterator[bytes]:
    parts: list[bytes] = []
    for header, payload in packets:
        descriptor, rest = VpxPayloadDescriptor.parse(payload)
        if descriptor.partition_start and descriptor.partition_id == 0:
            parts = []
        elif not parts:
            continue  # its beginning is not here
        parts.append(rest)
        if header.marker:
            yield b"".join(parts)
            parts = []


def seen(frames: Iterable[bytes]) -> list[Luma]:
    """The pictures that a decoder makes of VP8 frames, none where it makes none."""
    return [_luma(picture) for picture in _decoded("vp8", frames)]


def played(frames: Iterable[bytes]) -> list[int]:
    """The samples that a decoder makes of Opus frames, of one channel, RATE a second."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    sounds = [one for sound in _decoded("opus", frames) for one in resampler.resample(sound)]
    return [
        sample for sound in sounds for sample in memoryview(sound.planes[0]).cast("B")[: sound.samples * 2].cast("h")
    ]


def _decoded(codec: str, frames: Iterable[bytes]) -> Iterator[Any]:
    decoder: Any = av.CodecContext.create(codec, "r")
    for frame in frames:
        try:
            yield from decoder.decode(av.Packet(frame))
        except FFmpegError:
            continue


def _luma(picture: Any) -> Luma:
    small = picture.reformat(ACROSS, DOWN, "gray", interpolation="AREA")
    plane = small.planes[0]
    rows = bytes(plane)
    return [value for y in range(DOWN) for value in rows[y * plane.line_size : y * plane.line_size + ACROSS]]


def likeness(picture: Luma, source: Luma) -> float:
    """How alike two pictures are, by Pearson's correlation: 1 the same but for contrast, about 0 strangers."""
    mean, mean_source = sum(picture) / len(picture), sum(source) / len(source)
    both = sum((a - mean) * (b - mean_source) for a, b in zip(picture, source, strict=True))
    own = math.sqrt(sum((a - mean) ** 2 for a in picture) * sum((b - mean_source) ** 2 for b in source))
    return both / own if own else 0.0


def tone(samples: Sequence[int]) -> float:
    """The share of the tone in what is to be heard, 0 to 1: the most of any 200 ms (Goertzel's algorithm)."""
    shares = []
    for begin in range(0, len(samples) - 10 * WINDOW + 1, 10 * WINDOW):
        windows = [samples[at : at + WINDOW] for at in range(begin, begin + 10 * WINDOW, WINDOW)]
        loud = sum(value * value for window in windows for value in window) / 2 * WINDOW
        shares.append(sum(_power(window) for window in windows) / loud if loud else 0.0)
    return max(shares, default=0.0)


def _power(window: Sequence[int]) -> float:
    turn = 2 * math.pi * TONE / RATE
    before = last = 0.0
    for value in window:
        before, last = last, value + 2 * math.cos(turn) * last - before
    return before * before + last * last - 2 * math.cos(turn) * before * last


def label(frame: bytes) -> tuple[str, int] | None:
    """Whose a sealed frame says that it is, and its epoch modulo 8192; None for what is too short or nobody's."""
    if len(frame) < TAG + TRAILER:
        return None
    kid = int.from_bytes(frame[-TRAILER:-4], "big")
    return (SEATS[kid >> 13], kid & 0x1FFF) if kid >> 13 < len(SEATS) else None


def opened(heard: Iterable[Heard], secrets: Iterable[Secret], kind: str) -> dict[int, list[bytes]]:
    """The frames of each stream of this kind (audio, camera or screen) that somebody with these secrets can open."""
    keys = {(one.seat, one.epoch % 8192): FrameKey.of(one.bytes, kind, one.seat, one.epoch) for one in secrets}
    found: dict[int, list[bytes]] = {}
    for ssrc, frames in streams(heard, video=kind != "audio").items():
        tried = [key.open(frame) for frame in frames if (told := label(frame)) and (key := keys.get(told))]
        found[ssrc] = [frame for frame in tried if frame is not None]
    return found
