"""RTCP written and read; aiortc's own parser is the second opinion where it has one."""

from aiortc import rtp
from hypothesis import given
from hypothesis import strategies as st

from media_worker import feedback

u16 = st.integers(0, 65_535)


@given(st.binary(max_size=200))
def test_anything_is_read_without_failing(data: bytes) -> None:
    list(feedback.parse(data))


@given(u16, st.sets(st.integers(0, 300), min_size=1, max_size=40))
def test_a_nack_asks_for_exactly_these(first: int, offsets: set[int]) -> None:
    sequences = [(first + offset) % 65_536 for offset in sorted(offsets)]
    (report,) = feedback.parse(feedback.nack(1, 2, sequences))
    assert isinstance(report, feedback.Lost)
    assert (report.ssrc, list(report.sequences)) == (2, sequences)


def test_transport_cc_is_not_taken_for_a_nack() -> None:
    cc = feedback.TransportCc()
    cc.add(5, 1.0)
    report = cc.report(1, 2)
    assert report is not None
    assert list(feedback.parse(report)) == []


def test_keyframe_requests_are_read() -> None:
    fir = bytes([0x84, 206, 0, 4]) + bytes(4) + bytes(4) + (9).to_bytes(4, "big") + bytes([1, 0, 0, 0])
    both = list(feedback.parse(feedback.pli(1, 7) + fir))
    assert both == [feedback.NeedsKeyframe(7), feedback.NeedsKeyframe(9)]


@given(st.integers(0, 2**40))
def test_an_estimate_loses_only_its_last_bits(bits_per_second: int) -> None:
    (report,) = feedback.parse(feedback.remb(1, 2, bits_per_second))
    assert isinstance(report, feedback.Estimate)
    assert 0 <= bits_per_second - report.bits_per_second <= bits_per_second >> 17


def test_reports_are_what_aiortc_reads() -> None:
    reception = feedback.Reception(ssrc=9, clock=90_000)
    for i, sequence in enumerate((65_534, 65_535, 1, 2)):
        reception.add(sequence, 3_000 * i, i / 30)
    reception.heard_sender(0x1234_5678_9ABC_DEF0, 1.0)
    data = feedback.sender_report(1, 5, 6, 7, 8, "name") + feedback.receiver_report(1, [reception.block(2.0)], "name")
    sender, names, receiver, _ = rtp.RtcpPacket.parse(data)
    assert (sender.ssrc, sender.sender_info.ntp_timestamp, sender.sender_info.rtp_timestamp) == (1, 5, 6)
    assert names.chunks[0].items == [(1, b"name")]
    (block,) = receiver.reports
    assert (block.ssrc, block.packets_lost, block.fraction_lost) == (9, 1, 256 // 5)
    assert (block.highest_sequence, block.lsr, block.dlsr) == (65_538, 0x5678_9ABC, 65_536)


def test_a_gap_is_asked_for_a_few_times_and_then_given_up() -> None:
    reception = feedback.Reception(ssrc=9, clock=90_000)
    reception.add(10, 0, 0.0)
    reception.add(13, 0, 0.0)
    asked = [reception.due(i * feedback.NACK_SECONDS * 1.01) for i in range(feedback.NACK_TRIES + 2)]
    assert asked == [[11, 12]] * feedback.NACK_TRIES + [[], []]
    assert not reception.has_gaps


def test_what_comes_late_is_not_asked_for_again() -> None:
    reception = feedback.Reception(ssrc=9, clock=90_000)
    for sequence in (65_535, 2, 0):
        reception.add(sequence, 0, 0.0)
    assert reception.due(0.0) == [1]
    assert reception.due(0.0) == []


def decode(report: bytes) -> tuple[dict[int, bool], int, list[float]]:
    """A transport-cc report read by the draft: number → arrived, count of the report, arrival times in seconds."""
    body = report[4:]
    first, count = int.from_bytes(body[8:10], "big"), int.from_bytes(body[10:12], "big")
    clock, at = int.from_bytes(body[12:15], "big") * 0.064, 16
    symbols: list[int] = []
    while len(symbols) < count:
        chunk = int.from_bytes(body[at : at + 2], "big")
        assert chunk >> 14 == 0b11
        symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        at += 2
    times = []
    for symbol in symbols[:count]:
        if symbol:
            size = 1 if symbol == 1 else 2
            clock += int.from_bytes(body[at : at + size], "big", signed=size == 2) * 0.000_25
            at += size
            times.append(clock)
    assert len(report) - 4 - at < 4
    return {(first + i) % 65_536: bool(s) for i, s in enumerate(symbols[:count])}, body[15], times


@given(u16, st.lists(st.tuples(st.booleans(), st.floats(0, 0.05)), min_size=1, max_size=60))
def test_transport_cc_tells_what_arrived_and_when(first: int, pattern: list[tuple[bool, float]]) -> None:
    cc, now, sent = feedback.TransportCc(), 100.0, []
    for i, (arrived, gap) in enumerate([(True, 0.0), *pattern]):
        now += gap
        if arrived:
            cc.add((first + i) % 65_536, now)
            sent.append(((first + i) % 65_536, now))
    report = cc.report(1, 2)
    assert report is not None
    statuses, count, times = decode(report)
    assert count == 0
    assert [number for number, arrived in statuses.items() if arrived] == [number for number, _ in sent]
    assert all(abs(told - real) < 0.000_3 for told, (_, real) in zip(times, sent, strict=True))
    assert cc.report(1, 2) is None


def test_the_next_transport_cc_report_goes_on_where_the_last_ended() -> None:
    cc = feedback.TransportCc()
    cc.add(65_535, 1.0)
    cc.report(1, 2)
    cc.add(2, 1.1)
    report = cc.report(1, 2)
    assert report is not None
    statuses, count, _ = decode(report)
    assert (statuses, count) == ({0: False, 1: False, 2: True}, 1)
