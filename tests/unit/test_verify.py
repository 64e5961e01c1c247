"""`make verify-trail` says what it found in words, and tells that it could not look from that it found nothing."""

from pathlib import Path

import pytest

from local.ask import NotRunning, ask
from local.verify import line


def test_a_days_line_says_whether_it_holds() -> None:
    held = {"day": "2027-01-15", "entries": 12, "anchored": True, "intact": True, "broken": []}
    assert line(held).split() == ["2027-01-15", "12", "entries", "anchored", "holds"]
    touched = held | {"anchored": False, "intact": False, "broken": ["c1", "trust"]}
    assert "no anchor that fits" in line(touched)
    assert line(touched).endswith("BROKEN: c1, trust")


def test_where_nothing_runs_nothing_is_asked(tmp_path: Path) -> None:
    with pytest.raises(NotRunning):
        ask("verify_trail", {}, tmp_path / "run.json")
