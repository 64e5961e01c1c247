"""Rewriting packets: what a receiver may rely on, whatever the source does."""

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_worker.rewrite import Cache, Malformed, Packet, Rewriter, after, parse, serialize

u16 = st.integers(0, 65_535)
u32 = st.integers(0, 2**32 - 1)
extension = st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16))
packets = st.builds(
    Packet,
    marker=st.booleans(),
    padded=st.just(value=False),
    payload_type=st.integers(0, 127),
    sequence=u16,
    timestamp=u32,
    ssrc=u32,
    extensions=st.lists(extension, max_size=4, unique_by=lambda e: e[0]).map(tuple),
    body=st.binary(max_size=50),
)


def packet(ssrc: int, sequence: int, timestamp: int = 0, extensions: tuple[tuple[int, bytes], ...] = ()) -> Packet:
    return Packet(False, False, 96, sequence % 65_536, timestamp % 2**32, ssrc, extensions, b"x")


@given(packets)
def test_what_is_written_is_read_back(given_packet: Packet) -> None:
    assert parse(serialize(given_packet)) == given_packet


@given(st.binary(max_size=60))
def test_anything_is_a_packet_or_malformed(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        parse(data)


@pytest.mark.parametrize("data", [b"", b"\x80", b"\x40" + bytes(11), b"\x90" + bytes(11), b"\x8f" + bytes(11)])
def test_short_packets_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse(data)


def test_contributing_sources_and_padding_of_extensions_are_understood() -> None:
    block = bytes([0x10, 7, 0, 0])
    data = bytes([0x91, 96, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes(4) + b"\xbe\xde\x00\x01" + block + b"body"
    assert parse(data) == Packet(False, False, 96, 1, 2, 3, ((1, b"\x07"),), b"body")


@given(u16, u16)
def test_after_counts_the_short_way_round(a: int, b: int) -> None:
    assert (b + after(a, b)) % 65_536 == a
    assert -32_768 <= after(a, b) <= 32_767


@given(st.lists(st.tuples(u32, u16, u32, st.integers(1, 200)), min_size=1, max_size=5), st.integers(0, 32_767))
def test_numbers_run_on_across_sources_and_wraps(runs: list[tuple[int, int, int, int]], start: int) -> None:
    """Each run: a source, its first number and time, how many packets without loss."""
    rewriter = Rewriter(ssrc=1, payload_type=100, clock=90_000, sequence=start)
    sent, now, source = [], 0.0, 0
    for ssrc, sequence, timestamp, count in runs:
        source = ssrc + 1 if ssrc == source else ssrc
        for i in range(count):
            now += 0.03
            rewritten = rewriter.rewrite(packet(source, sequence + i, timestamp + 2_700 * i), now, {})
            assert rewritten is not None
            assert (rewritten.ssrc, rewritten.payload_type) == (1, 100)
            sent.append(rewritten)
    assert [p.sequence for p in sent] == [(start + i) % 65_536 for i in range(len(sent))]
    steps = [(b.timestamp - a.timestamp) % 2**32 for a, b in itertools.pairwise(sent)]
    assert all(step == 2_700 for step in steps)


@given(u16, st.permutations(range(40)), st.sets(st.integers(0, 39)))
def test_order_and_gaps_are_the_sources_own(first: int, order: list[int], lost: set[int]) -> None:
    """Reordered and lost packets keep their distances, so that a NACK asks for what is really missing."""
    rewriter = Rewriter(ssrc=1, payload_type=100, clock=90_000, sequence=0)
    arrived = [0] + [i for i in order if i != 0 and i not in lost]
    numbers = {}
    for i in arrived:
        rewritten = rewriter.rewrite(packet(7, first + i), 0.0, {})
        assert rewritten is not None
        numbers[i] = rewritten.sequence
    assert numbers == {i: i for i in arrived}


def test_a_packet_from_before_the_first_has_no_number() -> None:
    rewriter = Rewriter(ssrc=1, payload_type=100, clock=90_000, sequence=10)
    assert rewriter.rewrite(packet(7, 100), 0.0, {}) is not None
    assert rewriter.rewrite(packet(7, 99), 0.0, {}) is None
    assert rewriter.rewrite(packet(8, 5), 0.1, {}) is not None
    assert rewriter.rewrite(packet(8, 4), 0.1, {}) is None


def test_time_goes_on_by_what_passed_between_sources() -> None:
    rewriter = Rewriter(ssrc=1, payload_type=100, clock=48_000, sequence=0)
    first = rewriter.rewrite(packet(7, 1, timestamp=1_000), 5.0, {})
    second = rewriter.rewrite(packet(8, 1, timestamp=2**32 - 5), 7.0, {})
    assert first is not None
    assert second is not None
    assert second.timestamp - first.timestamp == 2 * 48_000
    assert rewriter.timestamp(8, 2**32 - 5) == second.timestamp
    assert rewriter.timestamp(7, 1_000) is None


def test_extensions_get_the_receivers_ids_or_stay_behind() -> None:
    rewriter = Rewriter(ssrc=1, payload_type=100, clock=90_000, sequence=0)
    rewritten = rewriter.rewrite(packet(7, 1, extensions=((1, b"a"), (2, b"b"))), 0.0, {2: 9})
    assert rewritten is not None
    assert rewritten.extensions == ((9, b"b"),)


def test_the_cache_forgets_the_oldest() -> None:
    cache = Cache(size=2)
    for sequence in (65_535, 0, 1):
        cache.put(sequence, bytes([sequence % 256]))
    assert [cache.get(s) for s in (65_535, 0, 1)] == [None, b"\x00", b"\x01"]
