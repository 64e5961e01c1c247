"""`make faults`: each fault of tests/faults again and again, and how long until both sides saw and heard again."""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Error, sync_playwright

from local.template import BUILD
from tests.faults import faults
from tests.faults.faults import Fault, Outcome
from tests.faults.service import service
from tests.faults.talk import Stage, Talk

STUDY: Final = {"healed by itself": (6, 15), "called anew": (44, 72)}
"""Seconds, in real consultations of other services (docs/performance.md says which study)."""


@dataclass(frozen=True)
class Kind:
    """A fault, and how often it is tried in one run."""

    does: Fault
    share: float = 1.0
    """Of ``ROUNDS``: what takes minutes is tried less often."""
    relay: bool = False
    """The patient talks over TURN."""


KINDS: Final = {
    "nothing": Kind(faults.nothing),
    "worker_killed": Kind(faults.worker_killed),
    "worker_drained": Kind(faults.worker_drained),
    "worker_cut_off": Kind(faults.worker_cut_off),
    "sockets_closed": Kind(faults.sockets_closed),
    "sockets_reset": Kind(faults.sockets_reset),
    "outage_5": Kind(faults.outage(5)),
    "outage_25": Kind(faults.outage(25), share=0.6),
    "roaming": Kind(faults.roaming),
    "udp_blocked": Kind(faults.udp_blocked),
    "bad_network": Kind(faults.bad_network, share=0.6),
    "interrupted": Kind(faults.interrupted),
    "functions_slow": Kind(faults.functions_slow, share=0.6),
    "functions_failing": Kind(faults.functions_failing, share=0.6),
    "functions_restarted": Kind(faults.functions_restarted, share=0.4),
    "turn_restarted": Kind(faults.turn_restarted, relay=True),
    "outage_84": Kind(faults.outage(84), share=0.6),
    "asleep_120": Kind(faults.asleep(120), share=0.4),
}


AIMS: Final = {
    "worker_killed": ("recovery_p95_s", 3.0),
    "worker_drained": ("gap_ms", 200),
    "sockets_closed": ("frames_lost", 0),
    "sockets_reset": ("frames_lost", 0),
    "outage_84": ("recovery_p95_s", 3.0),
}
"""What a fault may cost at most, as we want it: seconds until both sides are back, milliseconds of silence, frames."""


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    with service(folder) as running, sync_playwright() as playwright:
        opened = Stage(running, playwright, folder)
        try:
            yield opened
        finally:
            opened.close()


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of them that so large a share does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What the table shows of one fault."""
    found = [outcome.figures for outcome in outcomes]
    recovery = [f.recovery for f in found]
    return {
        "rounds": len(found),
        "recovery_p50_s": round(statistics.median(recovery), 2),
        "recovery_p95_s": round(percentile(recovery, 0.95), 2),
        "frames_lost": max(f.frames_lost for f in found),
        "gap_ms": round(max(f.silent_ms for f in found)),
        "still_ms": round(max(f.still_ms for f in found)),
        "stayed": sum(outcome.stayed for outcome in outcomes),
        "measured_by": "browser",
    }


class Company:
    """Somebody to whom things happen: a call, and another one when it did not come back."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._talk: Talk | None = None

    def suffer(self, fault: Fault, relay: bool) -> Outcome | None:
        """One fault once; None when the call did not come back before it was given up."""
        if self._talk is None or self._talk.relayed != relay:
            self._leave()
            self._talk = self._stage.talk(self._stage.service.phones[0], relay=relay)
        try:
            return fault(self._talk)
        except (Error, AssertionError) as error:
            print(f"  not back: {(str(error).splitlines() or [type(error).__name__])[0][:100]}", flush=True)
            self._leave()
            return None

    def _leave(self) -> None:
        if self._talk is not None:
            with suppress(Error):  # her page would go back into the call
                self._talk.clinician.leave_call()
                self._talk.clinician.page.locator("[data-view=list]").wait_for()
        self._talk = None
        self._stage.close()
        self._stage.service.mend()


def run(names: Sequence[str], rounds: int) -> dict[str, Any]:
    table: dict[str, Any] = {}
    head = f"{'fault':<20} {'rounds':>6} {'back p50':>9} {'p95':>7} {'frames':>7} {'silent':>8} {'still':>8}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, stage(Path(folder)) as opened:
        company = Company(opened)
        print(head, flush=True)
        for name in names:
            kind = KINDS[name]
            outcomes = [company.suffer(kind.does, kind.relay) for _ in range(max(1, round(rounds * kind.share)))]
            back = [outcome for outcome in outcomes if outcome is not None]
            table[name] = {"lost": len(outcomes) - len(back)} | (summary(back) if back else {"rounds": 0})
            print(row(name, table[name]), flush=True)
    return table


def row(name: str, found: dict[str, Any]) -> str:
    """Of the printed table."""
    lost = f"   ({found['lost']} never came back)" if found["lost"] else ""
    if name in AIMS and found["rounds"]:
        figure, most = AIMS[name]
        lost += f"   (aim: {figure} ≤ {most}, {'met' if found[figure] <= most else 'not met'})"
    if not found["rounds"]:
        return f"{name:<20} {0:>6}{lost}"
    return (
        f"{name:<20} {found['rounds']:>6} {found['recovery_p50_s']:>7.2f} s {found['recovery_p95_s']:>5.2f} s"
        f" {found['frames_lost']:>7} {found['gap_ms']:>5} ms {found['still_ms']:>5} ms{lost}"
    )


def keep(out: Path, table: dict[str, Any], day: str) -> None:
    """Write what was measured into ``out``; what it says of other faults stays, each with the day of its measuring."""
    try:
        before = json.loads(out.read_text())["faults"]
    except (OSError, ValueError, KeyError):
        before = {}
    dated = {name: found | {"measured": day} for name, found in table.items()}
    merged = {name: (before | dated)[name] for name in KINDS if name in before | dated}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"study_s": STUDY, "aims": AIMS, "faults": merged}, indent=1) + "\n")


def main() -> int:
    """1 when a call never came back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("faults", nargs="*", choices=[[], *KINDS], default=[])
    options = parser.parse_args()
    table = run(options.faults or list(KINDS), options.rounds)
    out = BUILD / "bench" / "faults.json"
    keep(out, table, datetime.now(UTC).date().isoformat())
    print(out)
    return 1 if any(found["lost"] for found in table.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
