"""RTCP written and read, against vectors laid out by hand; aiortc's parser is a second opinion where it has one."""

import struct

import msgspec
from aiortc import rtp
from hypothesis import given
from hypothesis import strategies as st

from media_worker import feedback

u16 = st.integers(0, 65_535)
u32 = st.integers(0, 2**32 - 1)

VECTOR_SR = bytes.fromhex(
    "81c8000c"  # version 2, one block, SR, 12 words follow
    "11111111" "e1a2b3c4d5e6f708" "00010203" "00000010" "00002000"  # sender, NTP, RTP, packets, octets
    "22222222" "40fffffe" "0002ffff" "00000123" "b3c4d5e6" "00010000"  # a quarter lost, -2 in all, one wrap, 1 s ago
)  # fmt: skip


class Counted(msgspec.Struct):
    packets: int
    first: int
    highest: int
    jitter: int = 0


@given(st.binary(max_size=300))
def test_anything_is_read_without_failing(data: bytes) -> None:
    list(feedback.parse(data))


@given(st.sampled_from((200, 201, 202, 203, 205, 206)), st.integers(0, 63), st.binary(max_size=80), st.integers(-3, 3))
def test_nothing_that_looks_like_rtcp_fails(kind: int, first: int, body: bytes, off: int) -> None:
    words = max(0, len(body) // 4 + off)
    list(feedback.parse(struct.pack("!BBH", 0x80 | first, kind, words) + body))


def test_a_sender_report_and_its_block_are_read() -> None:
    sender, received = feedback.parse(VECTOR_SR)
    assert sender == feedback.Sender(0x11111111, 0xE1A2B3C4D5E6F708, 0x00010203)
    assert received == feedback.Received(0x22222222, 0.25, -2, 0x0002FFFF, 0x123, 0xB3C4D5E6, 65_536)


@given(u32, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1), u32, u32, u32, u32)
def test_a_block_is_read_as_it_was_written(
    ssrc: int, fraction: int, lost: int, highest: int, jitter: int, last_sr: int, delay: int
) -> None:
    data = feedback.block(ssrc, fraction / 256, lost, highest, jitter, last_sr, delay)
    (received,) = feedback.parse(feedback.receiver_report(1, [data], "name"))
    assert received == feedback.Received(ssrc, fraction / 256, lost, highest, jitter, last_sr, delay)


def test_a_block_is_clamped_to_its_fields() -> None:
    data = feedback.block(1, 1.0, 2**30, 2**32 + 5, 0, 0, 2**33)
    assert data[4:] == bytes.fromhex("ff7fffff" "00000005" "00000000" "00000000" "ffffffff")  # fmt: skip
    assert feedback.block(1, -0.5, -(2**30), 0, 0, 0, -1)[4:8] == bytes.fromhex("00800000")


def test_a_report_with_fewer_blocks_than_it_says_yields_those() -> None:
    cut = bytes([0x83, 201, 0, 1 + 6 + 3]) + bytes(4) + VECTOR_SR[28:] + bytes(12)
    assert [report.ssrc for report in feedback.parse(cut) if isinstance(report, feedback.Received)] == [0x22222222]


def test_padding_is_not_read_as_content() -> None:
    nack = feedback.nack(1, 2, [7])
    padded = bytes([nack[0] | 0x20]) + nack[1:3] + bytes([nack[3] + 1]) + nack[4:] + bytes([0, 0, 0, 4])
    assert list(feedback.parse(padded)) == [feedback.Lost(2, (7,))]
    assert list(feedback.parse(padded[:-1] + b"\xff")) == []


def test_everybody_who_leaves_is_named() -> None:
    bye = bytes([0x82, 203, 0, 3]) + struct.pack("!II", 5, 6) + b"\x03bye"
    assert list(feedback.parse(bye)) == [feedback.Goodbye(5), feedback.Goodbye(6)]


@given(u16, st.sets(st.integers(0, 300), min_size=1, max_size=40))
def test_a_nack_asks_for_exactly_these(first: int, offsets: set[int]) -> None:
    sequences = [(first + offset) % 65_536 for offset in sorted(offsets)]
    (report,) = feedback.parse(feedback.nack(1, 2, sequences))
    assert isinstance(report, feedback.Lost)
    assert (report.ssrc, list(report.sequences)) == (2, sequences)


def test_a_nack_for_everything_is_bounded() -> None:
    entries = b"".join(struct.pack("!HH", i * 17 % 65_536, 0xFFFF) for i in range(4_000))
    packet = struct.pack("!BBHII", 0x81, 205, 2 + 4_000, 1, 2) + entries
    (report,) = feedback.parse(packet)
    assert isinstance(report, feedback.Lost)
    assert len(report.sequences) == len(set(report.sequences)) == feedback.MAX_LOST
    (again,) = feedback.parse(struct.pack("!BBHII", 0x81, 205, 2 + 300, 1, 2) + struct.pack("!HH", 9, 1) * 300)
    assert again == feedback.Lost(2, (9, 10))


def test_transport_cc_is_not_taken_for_a_nack() -> None:
    cc = feedback.TransportCc()
    cc.add(5, 1_000_000)
    report = cc.report(1, 2)
    assert report is not None
    assert list(feedback.parse(report)) == []


def test_keyframe_requests_are_read() -> None:
    entries = struct.pack("!IB3x", 9, 1) + struct.pack("!IB3x", 10, 1)
    fir = bytes([0x84, 206, 0, 6]) + bytes(8) + entries
    read = list(feedback.parse(feedback.pli(1, 7) + fir))
    assert read == [feedback.NeedsKeyframe(7), feedback.NeedsKeyframe(9), feedback.NeedsKeyframe(10)]


@given(st.integers(0, 2**40))
def test_an_estimate_loses_only_its_last_bits(bits_per_second: int) -> None:
    (report,) = feedback.parse(feedback.remb(1, 2, bits_per_second))
    assert isinstance(report, feedback.Estimate)
    assert 0 <= bits_per_second - report.bits_per_second <= bits_per_second >> 17


def test_reports_are_what_aiortc_reads() -> None:
    interval = feedback.Interval(9)
    interval.heard_sender(0x1234_5678_9ABC_DEF0, 1.0)
    block = interval.block(Counted(packets=4, first=65_534, highest=65_538, jitter=77), 2.0)
    data = feedback.sender_report(1, 5, 6, 7, 8, "name") + feedback.receiver_report(1, [block], "name")
    sender, names, receiver, _ = rtp.RtcpPacket.parse(data)
    assert (sender.ssrc, sender.sender_info.ntp_timestamp, sender.sender_info.rtp_timestamp) == (1, 5, 6)
    assert names.chunks[0].items == [(1, b"name")]
    (read,) = receiver.reports
    assert (read.ssrc, read.packets_lost, read.fraction_lost, read.jitter) == (9, 1, 256 // 5, 77)
    assert (read.highest_sequence, read.lsr, read.dlsr) == (65_538, 0x5678_9ABC, 65_536)


def read_block(data: bytes) -> feedback.Received:
    (received,) = feedback.parse(feedback.receiver_report(1, [data], ""))
    assert isinstance(received, feedback.Received)
    return received


@given(u16, st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=20))
def test_each_block_is_about_its_own_interval(first: int, intervals: list[tuple[int, int]]) -> None:
    interval = feedback.Interval(9)
    counted = Counted(packets=1, first=first, highest=first)
    interval.block(counted, 0.0)
    for came, missing in intervals:
        counted = Counted(counted.packets + came, first, counted.highest + came + missing)
        received = read_block(interval.block(counted, 0.0))
        assert received.fraction_lost == min(255, 256 * missing // max(1, came + missing)) / 256
        assert received.lost == counted.highest - first + 1 - counted.packets
        assert received.highest == counted.highest


def test_packets_that_come_twice_are_no_negative_loss() -> None:
    interval = feedback.Interval(9)
    received = read_block(interval.block(Counted(packets=12, first=1, highest=10), 0.0))
    assert (received.fraction_lost, received.lost) == (0.0, -2)


def test_a_source_that_is_counted_anew_begins_anew() -> None:
    interval = feedback.Interval(9)
    interval.block(Counted(packets=1_000, first=1, highest=1_000), 0.0)
    received = read_block(interval.block(Counted(packets=5, first=60_001, highest=60_010), 0.0))
    assert (received.fraction_lost, received.lost) == (0.5, 5)


def test_a_source_of_which_nothing_came_is_reported_with_zeros() -> None:
    received = read_block(feedback.Interval(9).block(Counted(packets=0, first=-1, highest=-1), 0.0))
    assert received == feedback.Received(9, 0.0, 0, 0, 0, 0, 0)


def test_the_round_trip_is_what_passed_without_the_receivers_own_delay() -> None:
    echo = feedback.Echo()
    for i in range(2 * feedback.MAX_ECHOES):
        echo.sent((100 + i) << 32, 10.0 + i)
    last = 100 + 2 * feedback.MAX_ECHOES - 1
    received = feedback.Received(9, 0.0, 0, 0, 0, last << 16 & 0xFFFFFFFF, 32_768)
    assert echo.round_trip(received, 10.0 + last - 100 + 0.75) == 0.25
    assert echo.round_trip(received, 10.0 + last - 100 + 0.25) == 0.0
    assert echo.round_trip(feedback.Received(9, 0.0, 0, 0, 0, 100 << 16, 0), 99.0) is None
    assert echo.round_trip(feedback.Received(9, 0.0, 0, 0, 0, 0, 0), 99.0) is None


def decode(report: bytes) -> tuple[dict[int, int], int, int]:
    """A transport-cc report read by the draft: number → ticks of 250 µs when it arrived; its count; numbers covered."""
    assert report[:2] == bytes([0x80 | 15, 205])
    assert struct.unpack_from("!H", report, 2)[0] == len(report) // 4 - 1
    body = report[4:]
    first, count = struct.unpack_from("!HH", body, 8)
    clock, at = int.from_bytes(body[12:15], "big") * 256, 16
    symbols: list[int] = []
    while len(symbols) < count:
        chunk = int.from_bytes(body[at : at + 2], "big")
        assert chunk >> 14 == 0b11
        symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        at += 2
    arrived = {}
    for i, symbol in enumerate(symbols[:count]):
        if symbol:
            size = 1 if symbol == 1 else 2
            clock += int.from_bytes(body[at : at + size], "big", signed=size == 2)
            at += size
            arrived[(first + i) % 65_536] = clock
    assert len(body) - at < 4
    assert not any(body[at:])
    return arrived, body[15], count


def told(cc: feedback.TransportCc) -> tuple[dict[int, int], int, int]:
    report = cc.report(1, 2)
    assert report is not None
    return decode(report)


def test_transport_cc_is_written_as_the_draft_says() -> None:
    cc = feedback.TransportCc()
    cc.add(0xFFFE, 128_000 + 1_000)  # two units of 64 ms and four ticks
    cc.add(0x0000, 128_000 + 70_000)  # 280 ticks in: 276 after, too many for one byte
    cc.add(0x0001, 128_000 + 69_500)  # two before
    assert cc.report(0x01020304, 0x05060708) == bytes.fromhex(
        "8fcd0006" "01020304" "05060708" "fffe0004" "00000200"  # from 0xFFFE four packets; reference 2, report 0
        "d280"  # 11: two-bit symbols 01 00 10 10 00 00 00
        "04" "0114" "fffe" "00"  # 4, 276, -2 and padding
    )  # fmt: skip


@given(u16, st.lists(st.tuples(st.booleans(), st.integers(0, 50_000)), min_size=1, max_size=60))
def test_transport_cc_tells_what_arrived_and_when(first: int, pattern: list[tuple[bool, int]]) -> None:
    cc, now, sent = feedback.TransportCc(), 100_000_000, {}
    for i, (arrived, gap) in enumerate([(True, 0), *pattern]):
        now += gap
        if arrived:
            cc.add((first + i) % 65_536, now)
            sent[(first + i) % 65_536] = (now + 125) // 250
    arrivals, count, _ = told(cc)
    assert (arrivals, count) == (sent, 0)
    assert cc.report(1, 2) is None


@given(st.integers(65_536 - 80, 65_535), st.permutations(range(40)), st.sets(st.integers(0, 38)))
def test_whatever_the_order_each_arrival_is_told_once_it_came(before: int, order: list[int], cuts: set[int]) -> None:
    cc, sent, known = feedback.TransportCc(), {}, {}
    cc.add(before, 1)
    for i, offset in enumerate(order):
        sequence = (before + 1 + offset) % 65_536
        cc.add(sequence, (i + 1) * 1_000)
        sent[sequence] = (i + 1) * 4
        if i in cuts or i == len(order) - 1:
            known.update(told(cc)[0])
            assert sent.items() <= known.items()


def test_the_next_transport_cc_report_goes_on_where_the_last_ended() -> None:
    cc = feedback.TransportCc()
    cc.add(65_535, 1_000_000)
    told(cc)
    cc.add(2, 1_100_000)
    assert told(cc) == ({2: 4_400}, 1, 3)


def test_a_report_covers_no_more_than_fits_a_packet() -> None:
    cc = feedback.TransportCc()
    for i in range(5_000):
        cc.add((60_000 + i) % 65_536, 1_000_000 + i * 100_000)
    report = cc.report(1, 2)
    assert report is not None
    assert len(report) <= 20 + 2 * -(-feedback.MAX_CC_SPAN // 7) + 2 * feedback.MAX_CC_SPAN + 2
    arrivals, _, count = decode(report)
    assert len(arrivals) == count == feedback.MAX_CC_SPAN
    assert max(arrivals.values()) == (1_000_000 + 4_999 * 100_000) // 250


def test_what_was_long_ago_is_forgotten_by_its_number_too() -> None:
    cc = feedback.TransportCc()
    cc.add(10, 1_000)
    cc.add(10 + feedback.CC_KEPT, 2_000)  # the same place in memory
    assert told(cc)[0] == {10 + feedback.CC_KEPT: 8}
    cc.add(10, 3_000)
    assert cc.report(1, 2) is None
    cc.add(10 + feedback.CC_KEPT, 9_000)
    assert cc.report(1, 2) is None


@given(st.lists(st.tuples(u16, st.integers(1, 2**45)), max_size=50))
def test_no_numbers_break_transport_cc(packets: list[tuple[int, int]]) -> None:
    cc = feedback.TransportCc()
    for sequence, now in packets:
        cc.add(sequence, now)
    if packets:
        told(cc)
