"""Reading packets: what RFC 3550, 8285, 4588 and 7741 say stands where, and that nothing makes it fall over."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_worker import rtp

u16 = st.integers(0, 65_535)
elements = st.lists(
    st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16)), max_size=4, unique_by=lambda e: e[0]
)


def block(extensions: list[tuple[int, bytes]]) -> bytes:
    data = b"".join(bytes([n << 4 | len(value) - 1]) + value for n, value in extensions)
    data += bytes(-len(data) % 4)
    return struct.pack("!HH", rtp.ONE_BYTE, len(data) // 4) + data if data else b""


def packet(
    sequence: int,
    body: bytes = b"x",
    *,
    ssrc: int = 7,
    timestamp: int = 0,
    payload_type: int = 96,
    marker: int = 0,
    extensions: list[tuple[int, bytes]] | None = None,
) -> bytes:
    more = block(extensions or [])
    first = 0x80 | bool(more) << 4
    head = struct.pack("!BBHII", first, marker << 7 | payload_type, sequence % 65_536, timestamp % 2**32, ssrc)
    return head + more + body


@given(u16, st.integers(0, 127), st.integers(0, 1), elements, st.binary(max_size=50))
def test_what_was_written_is_read(
    sequence: int, payload_type: int, marker: int, extensions: list[tuple[int, bytes]], body: bytes
) -> None:
    data = packet(sequence, body, payload_type=payload_type, marker=marker, extensions=extensions)
    header = rtp.parse(data)
    assert header is not None
    assert (header.sequence, header.payload_type, header.marker, header.ssrc) == (sequence, payload_type, marker, 7)
    assert data[header.offset :] == body
    assert header.payload == len(body)
    assert rtp.extensions(data, header) == dict(extensions)


@given(elements, elements)
def test_a_layout_fits_what_looks_the_same_and_nothing_else(
    one: list[tuple[int, bytes]], other: list[tuple[int, bytes]]
) -> None:
    first, second = packet(1, extensions=one), packet(2, extensions=other)
    heads = rtp.parse(first), rtp.parse(second)
    assert heads[0] is not None
    assert heads[1] is not None
    if one:
        layout = rtp.lay_out(first, heads[0])
        assert layout.fits(first, heads[0])
        if other:
            assert layout.fits(second, heads[1]) == (layout == rtp.lay_out(second, heads[1]))


@given(st.binary(max_size=80))
def test_anything_is_a_packet_or_none(data: bytes) -> None:
    for first in (data, b"\x90" + data, b"\xbf" + data):
        header = rtp.parse(first)
        if header is not None:
            assert 0 <= header.payload <= len(first) - header.offset
            rtp.extensions(first, header)


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x40" + bytes(11), b"\x90" + bytes(11), b"\x8f" + bytes(11)])
def test_short_packets_are_none(data: bytes) -> None:
    assert rtp.parse(data) is None


def test_contributing_sources_and_padding_are_understood() -> None:
    head = bytes([0xB1, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes(4) + b"\xbe\xde\x00\x01" + bytes([0x10, 7, 0, 0])
    data = head + b"body" + bytes([0, 0, 3])
    header = rtp.parse(data)
    assert header is not None
    assert data[header.offset : header.offset + header.payload] == b"body"
    assert rtp.extensions(data, header) == {1: b"\x07"}


@given(u16, u16)
def test_after_counts_the_short_way_round(a: int, b: int) -> None:
    assert (b + rtp.after(a, b)) % 65_536 == a
    assert -32_768 <= rtp.after(a, b) <= 32_767


def test_a_retransmission_gives_back_number_and_packet() -> None:
    again = packet(5, struct.pack("!H", 4_711) + b"body", payload_type=97)
    assert rtp.spread(again) == (4_711, packet(5, b"body", payload_type=97))
    with pytest.raises(ValueError):  # noqa: PT011 - it says all that there is to say
        rtp.spread(packet(5, b"x"))


KEY = bytes([0x50, 0x2D, 0x01, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0xE0, 0x01])
"""A keyframe's first partition of 640 by 480 (RFC 6386 section 9.1), by its first ten bytes."""
DELTA = bytes([0x51, 0x2D])


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        (b"\x10" + KEY, rtp.Description(True, -1, 0, -1, 640, 480)),
        (b"\x10" + DELTA, rtp.Description(False, -1, 0, -1, 0, 0)),
        (b"\x00" + KEY, rtp.Description(False, -1, 0, -1, 0, 0)),  # not the start of a partition
        (b"\x11" + KEY, rtp.Description(False, -1, 0, -1, 0, 0)),  # not the first one
        (b"\x90\x80\x2a" + KEY, rtp.Description(True, 2, 0, -1, 640, 480)),
        (b"\x90\x80\x81\x02" + DELTA, rtp.Description(False, 2, 1, -1, 0, 0)),
        (b"\x90\xe0\x81\x02\x07\x20" + KEY, rtp.Description(True, 2, 1, 4, 640, 480)),
        (b"\x90\x40\x07" + KEY[:1], rtp.Description(True, -1, 0, 2, 0, 0)),
        (b"", rtp.NOTHING),
        (b"\x90", rtp.NOTHING),
        (b"\x90\x80", rtp.NOTHING),
        (b"\x90\x80\x81", rtp.NOTHING),
        (b"\x10", rtp.NOTHING),
    ],
)
def test_what_vp8_says_of_itself(payload: bytes, found: Any) -> None:
    assert rtp.describe(b"head" + payload + b"\x9d", 4, 4 + len(payload)) == found


@given(st.binary(max_size=20))
def test_any_payload_is_described(payload: bytes) -> None:
    found = rtp.describe(payload, 0, len(payload))
    assert max(found.picture_at + found.wide, found.level_at) < len(payload) or not payload


def test_the_cache_forgets_the_oldest() -> None:
    cache = rtp.Cache(packets=2)
    for sequence in (65_535, 0, 1):
        cache.put(sequence, bytes([sequence % 256]))
    assert [cache.get(s) for s in (65_535, 0, 1)] == [None, b"\x00", b"\x01"]


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = rtp.Bucket(rate=10, burst=3)
    assert [bucket.spend(1) for _ in range(4)] == [True, True, True, False]
    assert [bucket.spend(100_001) for _ in range(2)] == [True, False]
    assert [bucket.spend(10_000_000) for _ in range(4)] == [True, True, True, False]
