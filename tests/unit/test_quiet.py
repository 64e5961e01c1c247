"""Quiet hours, through summer time and back."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.quiet import TIME_TO_READ, Quiet

OSLO = "Europe/Oslo"
NIGHT = Quiet(21, 8, OSLO)


def at(text: str, zone: str = OSLO) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


@pytest.mark.parametrize(
    ("due", "goes"),
    [
        ("2027-01-15 20:59", "2027-01-15 20:59"),
        ("2027-01-15 21:00", "2027-01-16 08:00"),
        ("2027-01-16 03:00", "2027-01-16 08:00"),
        ("2027-01-16 08:00", "2027-01-16 08:00"),
        ("2027-03-27 23:00", "2027-03-28 08:00"),  # the night that is an hour shorter
        ("2027-10-30 23:00", "2027-10-31 08:00"),  # and the one that is longer
    ],
)
def test_what_falls_into_the_night_waits_for_the_morning(due: str, goes: str) -> None:
    assert NIGHT.after(at(due)) == at(goes)


def test_what_is_about_something_soon_does_not_wait() -> None:
    due = at("2027-01-15 23:00")
    assert NIGHT.after(due, at("2027-01-16 09:59")) == due
    assert NIGHT.after(due, at("2027-01-16 10:00")) == at("2027-01-16 08:00")


def test_a_reminder_goes_before_the_night_if_the_morning_is_too_late() -> None:
    assert NIGHT.either_side(at("2027-01-16 07:30"), at("2027-01-16 08:30")) == at("2027-01-15 20:00")
    assert NIGHT.either_side(at("2027-01-15 22:00"), at("2027-01-16 22:00")) == at("2027-01-16 08:00")
    assert NIGHT.either_side(at("2027-01-15 12:00"), at("2027-01-15 13:00")) == at("2027-01-15 12:00")


def test_the_same_hour_twice_is_never_quiet() -> None:
    assert not any(Quiet(hour, hour, OSLO).holds(at(f"2027-01-15 {hour:02}:30")) for hour in range(24))


def test_an_hour_that_the_clocks_skip_is_over_when_they_do() -> None:
    assert Quiet(22, 2, OSLO).after(at("2027-03-28 01:30")) == at("2027-03-28 03:00")


hours = st.integers(0, 23)
zones = st.sampled_from([OSLO, "Atlantic/Azores", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu", "UTC"])
moments = st.one_of(
    st.integers(1_700_000_000, 2_000_000_000),
    st.builds(
        lambda base, off: base + off, st.sampled_from([1_806_195_600, 1_824_944_400]), st.integers(-90_000, 90_000)
    ),
)


@given(hours, hours, zones, moments)
def test_waiting_ends_as_soon_as_it_is_not_quiet(first: int, last: int, zone: str, moment: int) -> None:
    quiet = Quiet(first, last, zone)
    goes = quiet.after(moment)
    assert goes >= moment
    assert not quiet.holds(goes)
    assert all(quiet.holds(between) for between in range(moment, goes, 600))


@given(hours, hours, zones, moments, st.integers(0, 48 * 3600))
def test_nobody_learns_too_late_of_what_comes(first: int, last: int, zone: str, moment: int, ahead: int) -> None:
    quiet = Quiet(first, last, zone)
    about = moment + ahead
    goes = quiet.after(moment, about)
    assert goes == moment or about - goes >= TIME_TO_READ


@given(hours, hours, zones, moments, st.integers(0, 72 * 3600))
def test_a_reminder_is_never_in_the_night_nor_after_it_is_of_use(
    first: int, last: int, zone: str, moment: int, ahead: int
) -> None:
    quiet = Quiet(first, last, zone)
    goes = quiet.either_side(moment, moment + ahead)
    assume((last - first) % 24 != 23)  # there is no quiet hour before which there is another
    assert not quiet.holds(goes)
    assert goes <= moment + ahead
