"""What `make audit` makes of the answers it gets: only what was looked up and found free of flaws is clean."""

from typing import Any

import pytest

from tools.audit import CLEAN, FOUND, NOT_ASKED, node, python

FLAW = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2"]}
ADVISORY = {"url": "https://github.example/advisories/GHSA-1", "severity": "high", "source": 1}


def looked_up(*flaws: Any) -> dict[str, Any]:
    return {"name": "a", "version": "1", "vulns": list(flaws)}


@pytest.mark.parametrize(
    ("report", "status"),
    [
        ({"dependencies": [looked_up()]}, CLEAN),
        ({"dependencies": [looked_up(FLAW)]}, FOUND),
        ({"dependencies": [looked_up(), {"name": "b", "skip_reason": "not found"}]}, NOT_ASKED),
        ({"dependencies": [looked_up(FLAW), {"name": "b", "skip_reason": "not found"}]}, FOUND),
        ({"message": "no network"}, NOT_ASKED),
    ],
)
def test_python(report: dict[str, Any], status: int) -> None:
    assert python(report)[0] == status


@pytest.mark.parametrize(
    ("report", "status"),
    [
        ({"vulnerabilities": {}}, CLEAN),
        ({"vulnerabilities": {"a": {"via": [ADVISORY, "b"]}}}, FOUND),
        ({"message": "405 Method Not Allowed"}, NOT_ASKED),
    ],
)
def test_npm(report: dict[str, Any], status: int) -> None:
    assert node(report)[0] == status


def test_what_is_accepted_by_name_is_not_held_against_us() -> None:
    assert python({"dependencies": [looked_up(FLAW)]}, {"CVE-2026-1": "why"})[0] == CLEAN
    assert node({"vulnerabilities": {"a": {"via": [ADVISORY]}}}, {"GHSA-1": "why"})[0] == CLEAN
