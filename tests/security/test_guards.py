"""Each threat has its test, each test holds its guard, and no test here is for no threat."""

import ast
import re
from pathlib import Path

import pytest

from tools.guards import check, stripped
from tools.threats import FLOWS, THREATS

HERE = Path(__file__).parent


def written_tests() -> dict[str, str]:
    """Every test here by file and name, with its docstring."""
    found = {}
    for file in HERE.glob("test_*.py"):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[f"{file.name}::{node.name}"] = ast.get_docstring(node) or ""
    return found


def test_every_threat_has_a_test_that_names_it() -> None:
    written = written_tests()
    for threat in THREATS.values():
        assert threat.id in written[threat.test.partition("[")[0]]
    assert len(THREATS) == sum(len(flow.threats) for flow in FLOWS), "no number twice"


def test_no_test_is_for_a_threat_that_is_not_listed() -> None:
    named = {number for about in written_tests().values() for number in re.findall(r"\bT-\d+\b", about)}
    assert named == THREATS.keys()


def test_a_guard_that_is_not_there_is_noticed() -> None:
    threat = THREATS["T-01"]
    with pytest.raises(ValueError, match="0 times"):
        stripped(threat, "nothing")
    unharmed = threat._replace(without=("State.CANCELLED or (", "State.CANCELLED  or ("), file="chalicelib/invites.py")
    (wrong,) = check([unharmed])
    assert "ended with 0" in wrong


def test_each_test_fails_without_its_guard() -> None:
    assert check(list(THREATS.values())) == []
