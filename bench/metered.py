"""The local system with a meter in it (see bench.meter), and what the meter wrote, summed by the names of prices."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.meter import READS, Entry
from local import deploy
from local.children import Child, free_port, wait_for_http
from local.system import Ports, System
from tools.dynamodb_local import command, fetch

VCPU_MB: Final = 1769
"""With so much memory a function has one vCPU; with less, a share of it (Lambda, "Configure function memory")."""
CALL_MS: Final = 6.0
"""How long a function waits for one answer of DynamoDB or API Gateway. Assumed: AWS says single-digit milliseconds.
What it waited here says more about this machine's load than about AWS."""
GB: Final = 1e9


class Metered(System):
    """A system whose embedded AWS is metered."""

    EMBEDDED = "bench.meter"


class Reading:
    """The meter's file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._decode = msgspec.json.Decoder(Entry).decode

    def between(self, begin: float, end: float) -> list[Entry]:
        """What was written from ``begin`` until ``end``, seconds since 1970."""
        lines = self._path.read_bytes().splitlines() if self._path.exists() else []
        return [entry for entry in map(self._decode, lines) if begin <= entry.at < end]


@contextmanager
def metered(folder: Path, **system: Any) -> Iterator[tuple[Metered, Reading]]:
    """Until the block ends. Raises NotStarted."""
    port = free_port()
    start = ["sh", "-c", 'cd "$0" && exec "$@"', str(fetch()), *command(port)]
    table = Child("DynamoDB Local", start, folder / "table.log")
    try:
        wait_for_http(f"http://127.0.0.1:{port}", table)
        file = folder / "meter.jsonl"
        os.environ |= {"VENTEROM_METER": str(file), "VENTEROM_METER_TABLE": f"http://127.0.0.1:{port}"}
        os.environ |= {"AWS_ACCESS_KEY_ID": deploy.ADMIN, "AWS_SECRET_ACCESS_KEY": deploy.ADMIN}
        with Metered(folder / "state", Ports.free(), **system) as running:
            yield running, Reading(file)
    finally:
        table.stop()


def amounts(entries: Iterable[Entry], scheduled: str = "") -> dict[str, float]:
    """By the names of prices, and ``sms``; ``scheduled``: the function that EventBridge Scheduler calls, by its name.

    Connections are left out: how long they were open follows from how long the pages were.
    """
    entries = list(entries)
    total: dict[str, float] = defaultdict(float)
    waits: dict[str, int] = defaultdict(int)
    for entry in entries:
        match entry.what:
            case "lambda_ms":
                total["lambda_request"] += 1
                total["schedule_call"] += entry.by == scheduled
            case "rest_request":
                total["rest_request"] += 1
                total["page_request"] += 1
            case "answer_bytes":
                total["page_gb"] += entry.amount / GB
            case "log_bytes":
                total["log_gb"] += entry.amount / GB
            case "socket_open":
                total["page_request"] += max(entry.amount, 0)
            case "table_read" | "table_write" | "socket_message" | "secret_call" | "mail" | "sms" as name:
                total[name] += entry.amount
            case name:
                total[name] += entry.amount
        waits[entry.by] += entry.what in ("table_read", "table_write", "secret_call", "mail", "sms") or (
            entry.what == "socket_message" and entry.of == "push"
        )
    calls_of = [entry for entry in entries if entry.what == "lambda_ms"]
    warm = [entry for entry in calls_of if not entry.cold]
    for entry in calls_of:
        # Starting is not what is measured here; at AWS a published version starts from a snapshot.
        like = [one for one in warm if one.by == entry.by] or warm if entry.cold else [entry]
        busy = sum(map(busy_ms, like)) / len(like) if like else 0.0
        total["lambda_gb_second"] += busy / 1000 * entry.memory_mb / 1024
    memory = {entry.by: entry.memory_mb for entry in calls_of}
    for function, calls in waits.items():
        total["lambda_gb_second"] += calls * CALL_MS / 1000 * memory.get(function, 512) / 1024
    return dict(total)


def busy_ms(entry: Entry) -> float:
    """How long a function that has ``memory_mb`` computes at AWS what took so much CPU here."""
    return max(1.0, entry.cpu_ms * max(1.0, VCPU_MB / max(entry.memory_mb, 1)))


def operations(entries: Iterable[Entry]) -> dict[str, dict[str, float]]:
    """The table's requests by operation: how many, and the units of each on average."""
    found: dict[str, list[float]] = defaultdict(list)
    for entry in entries:
        if entry.what in ("table_read", "table_write"):
            found[entry.of].append(entry.amount)
    return {
        name: {
            "count": len(units),
            f"{'read' if name in READS else 'write'}_units": round(sum(units) / len(units), 2),
        }
        for name, units in sorted(found.items())
    }


def function_of(system: System, output: str) -> str:
    """A function's name, of the stack's outputs: they hold the ARN of its alias."""
    return str((system.aws.outputs() or {})[output]).split(":")[6]


def write(target: Path, figures: Any) -> None:
    """As JSON, for people too."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
