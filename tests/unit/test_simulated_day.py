"""The simulator of `make simulate-scaling`: nobody gets lost in it, and its fleets do what their names say."""

import pytest

from bench.fleets import ByBook, Fixed, Fleet, Moment, Tracking
from bench.region import Day, Visit, day
from bench.scaling import PATIENCE_SECONDS, POLICY, START_SECONDS, Simulation, fleets
from chalicelib.scaling import Booked, wanted

HOUR = 3600.0
SMALL = day(1_000)


def run(of: Day, fleet: Fleet, start_seconds: float = START_SECONDS):
    return Simulation(of, fleet, start_seconds).run()


def test_the_day_is_the_same_each_time_and_holds_what_was_asked_for() -> None:
    again = day(1_000)
    assert again == SMALL
    assert sum(booked.number for booked in SMALL.book) == 950
    assert sum(not visit.booked for visits in SMALL.clinics for visit in visits) == 50
    assert sum(len(visits) for visits in day(1_000, no_show=0.0).clinics) == 1_000


@pytest.mark.parametrize("name", list(fleets(SMALL)))
def test_everybody_who_comes_asks_for_a_line(name: str) -> None:
    result = run(SMALL, fleets(SMALL)[name])
    came = sum(len(visits) for visits in SMALL.clinics)
    assert came - result.calls <= 5, "who comes at midnight"
    assert result.refused <= result.waited <= result.calls
    assert result.wait_max <= PATIENCE_SECONDS


def test_a_line_for_all_means_that_nobody_waits_and_none_that_all_are_refused() -> None:
    assert run(SMALL, Fixed(10)).waited == 0
    nobody = run(SMALL, Fixed(0))
    assert nobody.refused == nobody.calls > 0
    assert nobody.worker_hours == 0


def test_by_the_book_nobody_waits_for_what_was_booked() -> None:
    booked = Day(SMALL.book, [visits for visits in SMALL.clinics if all(visit.booked for visit in visits)])
    result = run(booked, ByBook(booked.book, POLICY))
    assert result.calls > 800
    assert result.waited == 0


def test_who_comes_at_night_waits_for_a_start_and_for_a_decision_where_that_is_not_made_at_once() -> None:
    night = Day([], [[Visit(3 * HOUR + 20, 600, booked=False)]])
    by_the_minute = ByBook([], POLICY)
    by_the_minute.hurries = False
    result = run(night, by_the_minute)
    assert (result.waited, result.refused, result.wait_max) == (1, 0, 40 + START_SECONDS)
    result = run(night, ByBook([], POLICY))
    assert (result.waited, result.refused, result.wait_max) == (1, 0, START_SECONDS)
    assert result.worker_hours == pytest.approx(0.2, abs=0.05), "it goes when they are done"
    assert run(night, ByBook([], POLICY), PATIENCE_SECONDS).refused == 1


def test_a_task_that_is_no_longer_wanted_goes_when_its_last_call_is_over() -> None:
    class Falls:
        hurries = False

        def wanted(self, moment: Moment) -> int:
            return 2 if moment.now < HOUR else 0

    long = Day([], [[Visit(HOUR - 60, 2 * HOUR, booked=False)]])
    assert run(long, Falls()).worker_hours == pytest.approx(1 + 3, abs=0.05)


def test_tracking_adds_by_figures_a_minute_old_and_takes_away_after_fifteen() -> None:
    tracking = Tracking(0.5, 60)
    busy, idle = Moment(0, 60, 0, 60), Moment(0, 0, 0, 120)
    assert [tracking.wanted(busy), tracking.wanted(busy)] == [1, 2]
    seen = [tracking.wanted(idle) for _ in range(16)]
    assert seen == [2] * 15 + [1]
    assert Tracking(0.5, 60, sees_waiting=False).wanted(Moment(0, 0, 100, 60)) == 1


def test_the_part_of_the_book_that_is_read_decides_as_the_whole_would() -> None:
    book = sorted(Booked(hour * HOUR, minutes, 60) for hour in range(8, 16) for minutes in (30, 240))
    fleet = ByBook(book, POLICY)
    for minute in range(24 * 60):
        now = minute * 60.0
        assert fleet.wanted(Moment(now, 0, 0, 0)) == wanted(book, 0, 0, now, POLICY)
