"""The table of faults: what it keeps, and what it says of our aims."""

import json
from pathlib import Path

from bench.faults import AIMS, KINDS, keep, row

FOUND = {
    "lost": 0, "rounds": 5, "recovery_p50_s": 1.0, "recovery_p95_s": 2.5, "frames_lost": 0, "gap_ms": 150,
    "still_ms": 300,
}  # fmt: skip


def test_what_was_measured_before_of_other_faults_stays_with_its_day(tmp_path: Path) -> None:
    out = tmp_path / "bench" / "faults.json"
    keep(out, {"roaming": FOUND, "nothing": FOUND}, "2026-11-26")
    keep(out, {"roaming": FOUND | {"rounds": 1}}, "2026-11-27")
    kept = json.loads(out.read_text())["faults"]
    assert list(kept) == ["nothing", "roaming"], "in the table's order"
    assert (kept["nothing"]["measured"], kept["nothing"]["rounds"]) == ("2026-11-26", 5)
    assert (kept["roaming"]["measured"], kept["roaming"]["rounds"]) == ("2026-11-27", 1)
    out.write_text("cut off")
    keep(out, {"roaming": FOUND}, "2026-11-28")
    assert list(json.loads(out.read_text())["faults"]) == ["roaming"]


def test_aims_are_of_faults_that_there_are_and_said_to_be_met_or_not() -> None:
    assert AIMS.keys() <= KINDS.keys()
    assert "aim: recovery_p95_s ≤ 3.0, met" in row("worker_killed", FOUND)
    assert "not met" in row("worker_killed", FOUND | {"recovery_p95_s": 3.1})
    assert "aim: gap_ms ≤ 200, not met" in row("worker_drained", FOUND | {"gap_ms": 201})
    assert "aim" not in row("roaming", FOUND)
    assert row("worker_killed", {"lost": 5, "rounds": 0}).endswith("(5 never came back)")
