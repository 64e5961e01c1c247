"""Each target for so many inputs from the same seed; `make fuzz` looks longer."""

import re
from pathlib import Path

import pytest

from tests.fuzz.run import TARGETS, fuzz

RUNS = 1_500


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_found(target: str, tmp_path: Path) -> None:
    done = fuzz(target, tmp_path / target, f"-runs={RUNS}", "-seed=1")
    assert done.returncode == 0, done.stdout[-3_000:]
    ended = re.search(r"^Done (\d+) runs", done.stderr, re.MULTILINE)
    assert ended is not None
    assert int(ended[1]) >= RUNS, "it also reads its corpus again, once a second"


def test_what_there_is_to_be_found_is_found(tmp_path: Path) -> None:
    done = fuzz("canary", tmp_path / "canary", "-runs=100000", "-seed=1")
    assert done.returncode != 0
    assert "AssertionError" in done.stdout
    assert list(tmp_path.glob("canary-crash-*"))
