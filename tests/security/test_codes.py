"""Threats to one-time codes."""

import pytest

from chalicelib import limits
from chalicelib.codes import MOST_TRIES
from chalicelib.errors import CodeExpired, CodeWrong, TooManyAttempts, VenteromError
from chalicelib.protocol import LoginLevel
from chalicelib.records import Code
from tests.fakes.clinic import SETTINGS, Clinic
from tests.unit.test_codes import Visitor


@pytest.fixture
def visitor(clinic: Clinic) -> Visitor:
    return Visitor(clinic, clinic.book(login_level=LoginLevel.CODE))


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_t24_a_code_cannot_be_guessed(visitor: Visitor) -> None:
    """T-24. Guard: a code is void after a few tries."""
    code = visitor.ask()
    for _ in range(MOST_TRIES):
        with pytest.raises((CodeWrong, CodeExpired)):
            visitor.give(other(code))
    with pytest.raises(CodeExpired):
        visitor.give(code)


def test_t25_an_old_code_is_void(visitor: Visitor) -> None:
    """T-25. Guard: a code expires with its row."""
    code = visitor.ask()
    visitor.clinic.clock.time += SETTINGS.code_seconds
    with pytest.raises(CodeExpired):
        visitor.give(code)


def test_t26_another_browser_cannot_use_up_the_tries(visitor: Visitor) -> None:
    """T-26. Guard: a code, and its tries, belong to the session that asked for it."""
    code = visitor.ask()
    thief = Visitor(visitor.clinic, visitor.visit)
    for _ in range(MOST_TRIES):
        with pytest.raises(VenteromError):
            thief.give(code)
    assert visitor.give(code).proven


def test_t27_nobody_makes_us_send_sms_without_end(visitor: Visitor) -> None:
    """T-27. Guard: codes are counted by the number that they go to."""
    for _ in range(limits.CODES.most):
        visitor.ask()
    with pytest.raises(TooManyAttempts):
        visitor.ask("198.51.100.9")


def test_t28_who_reads_the_table_has_no_code(visitor: Visitor) -> None:
    """T-28. Guard: a code is kept as a keyed hash."""
    code = visitor.ask()
    (row,) = (row for row in visitor.clinic.store.rows.values() if isinstance(row, Code))
    assert code not in str(row)
