"""Grades and their causes, without flapping, and the sum of a call."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.protocol import Cause, Grade, RoomQuality, Seat, SeatQuality, encode, parse_worker
from media_worker.quality import BETTER_AFTER, WORSE_AFTER, Figures, Grading, Tally, judge

FINE = Figures(rtt_ms=40, jitter_ms=5, up_kbps=1_600, down_kbps=1_600, width=1280, height=720, fps=30, picture=True)
LOSSY = msgspec.structs.replace(FINE, loss_up=0.06)
AWFUL = msgspec.structs.replace(FINE, loss_down=0.2)

amounts = st.floats(-1e9, 1e12)
counts = st.integers(0, 10**9)
figures = st.builds(
    Figures,
    loss_up=amounts, loss_down=amounts, jitter_ms=amounts, rtt_ms=amounts, up_kbps=amounts, down_kbps=amounts,
    width=counts, height=counts, fps=amounts, freezes=counts, overloaded=st.booleans(), picture=st.booleans(),
    silent=st.booleans(), smaller=st.booleans(), withheld=st.booleans(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, (Grade.GOOD, Cause.NONE)),
        ({"silent": True}, (Grade.POOR, Cause.NOTHING_ARRIVES)),
        ({"loss_up": 0.05}, (Grade.FAIR, Cause.LOSS_UP)),
        ({"loss_up": 0.10}, (Grade.POOR, Cause.LOSS_UP)),
        ({"loss_down": 0.07, "rtt_ms": 300}, (Grade.FAIR, Cause.LOSS_DOWN)),
        ({"loss_down": 0.07, "rtt_ms": 500}, (Grade.POOR, Cause.DELAY)),
        ({"rtt_ms": 200}, (Grade.FAIR, Cause.DELAY)),
        ({"jitter_ms": 30}, (Grade.FAIR, Cause.JITTER)),
        ({"jitter_ms": 49}, (Grade.FAIR, Cause.JITTER)),
        ({"jitter_ms": 50}, (Grade.POOR, Cause.JITTER)),
        ({"up_kbps": 300}, (Grade.GOOD, Cause.NONE)),  # a still picture of full size
        ({"up_kbps": 300, "height": 270}, (Grade.FAIR, Cause.NARROW_UP)),
        ({"up_kbps": 100, "height": 180}, (Grade.POOR, Cause.NARROW_UP)),
        ({"up_kbps": 40, "height": 0, "picture": False}, (Grade.GOOD, Cause.NONE)),  # the camera is off
        ({"smaller": True}, (Grade.GOOD, Cause.NONE)),  # several people in middle size
        ({"smaller": True, "down_kbps": 600}, (Grade.FAIR, Cause.NARROW_DOWN)),
        ({"smaller": True, "withheld": True}, (Grade.POOR, Cause.NARROW_DOWN)),
        ({"overloaded": True}, (Grade.FAIR, Cause.OVERLOADED)),
        ({"overloaded": True, "fps": 6}, (Grade.POOR, Cause.OVERLOADED)),
    ],
)
def test_the_worst_cause_wins(changed: dict[str, object], verdict: tuple[Grade, Cause]) -> None:
    assert judge(msgspec.structs.replace(FINE, **changed)) == verdict


def test_a_bad_moment_is_not_said_and_a_bad_time_is() -> None:
    grading = Grading(Seat.PATIENT)
    assert grading.feed(LOSSY).grade is Grade.GOOD
    assert grading.feed(FINE).grade is Grade.GOOD
    said = [grading.feed(LOSSY) for _ in range(WORSE_AFTER)]
    assert (said[-1].seat, said[-1].grade, said[-1].cause) == (Seat.PATIENT, Grade.FAIR, Cause.LOSS_UP)


def test_it_is_good_again_only_when_that_lasts() -> None:
    grading = Grading(Seat.PATIENT)
    for _ in range(WORSE_AFTER):
        grading.feed(AWFUL)
    said = [grading.feed(FINE).grade for _ in range(BETTER_AFTER - 1)]
    assert said == [Grade.POOR] * (BETTER_AFTER - 1)
    assert grading.feed(AWFUL).cause is Cause.LOSS_DOWN
    said = [grading.feed(FINE).grade for _ in range(BETTER_AFTER)]
    assert said == [Grade.POOR] * (BETTER_AFTER - 1) + [Grade.GOOD]


def test_another_cause_of_the_same_grade_is_said() -> None:
    grading = Grading(Seat.CLINICIAN)
    slow = msgspec.structs.replace(FINE, rtt_ms=250)
    said = [grading.feed(f).cause for f in (LOSSY, LOSSY, slow, slow)]
    assert said == [Cause.NONE, Cause.LOSS_UP, Cause.LOSS_UP, Cause.DELAY]


@given(st.lists(figures, max_size=12))
def test_grades_do_not_change_faster_than_they_may(series: list[Figures]) -> None:
    grading, shown, since = Grading(Seat.PATIENT), (Grade.GOOD, Cause.NONE), 0
    for one in series:
        said = grading.feed(one)
        since += 1
        if (said.grade, said.cause) != shown:
            assert since >= WORSE_AFTER
            shown, since = (said.grade, said.cause), 0
        assert (said.grade is Grade.GOOD) == (said.cause is Cause.NONE)


@given(st.lists(st.tuples(figures, st.sampled_from(Seat), st.floats(0, 1e6)), max_size=8))
def test_whatever_was_measured_fits_the_messages(series: list[tuple[Figures, Seat, float]]) -> None:
    gradings = {seat: Grading(seat) for seat in Seat}
    tally = Tally()
    for one, seat, seconds in series:
        quality = gradings[seat].feed(one)
        assert msgspec.json.decode(msgspec.json.encode(quality), type=SeatQuality) == quality
        tally.add(quality, seconds)
    message = tally.quality("trust.consultation.1")
    assert parse_worker(encode(message)) == message


def test_a_call_is_summed_up() -> None:
    tally = Tally()
    tally.add(
        SeatQuality(Seat.PATIENT, Grade.FAIR, Cause.LOSS_UP, rtt_ms=100, loss_up=0.125, up_kbps=800, freezes=2), 30
    )
    tally.add(
        SeatQuality(Seat.PATIENT, Grade.POOR, Cause.LOSS_UP, rtt_ms=200, loss_up=0.625, up_kbps=800, freezes=1), 10
    )
    tally.add(SeatQuality(Seat.CLINICIAN, Grade.GOOD, Cause.NONE, down_kbps=800), 40)
    assert tally.quality("t.c.1") == RoomQuality(
        room="t.c.1",
        participants=2,
        good=40,
        fair=30,
        poor=10,
        causes={Cause.LOSS_UP: 40},
        rtt_ms=125,
        loss=0.0625,
        megabytes=4,
        freezes=3,
    )


def test_a_call_of_nobody_is_all_zeros() -> None:
    assert Tally().quality("t.c.1") == RoomQuality(room="t.c.1", participants=0, good=0, fair=0, poor=0)
