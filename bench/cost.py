"""`make cost`: what a consultation takes of AWS, counted while one is walked through the local system, and its price.

Counted: every function call, request, message, unit of the table, secret, SMS, e-mail and log line (bench.meter).
Computed: what the functions' CPU time is at AWS, and media, from the pages' own limits. Assumed: what is named ASSUMED.
A minute of waiting and of talking is measured over some minutes and taken times its number; `--whole` really waits.
"""

import argparse
import asyncio
import datetime
import gzip
import os
import re
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import msgspec

from bench import standing
from bench.consultation import walk
from bench.fleets import ByBook
from bench.metered import Metered, Reading, amounts, function_of, metered, write
from bench.region import day
from bench.scaling import CONSULTATIONS, GB, POLICY, START_SECONDS, VCPU, Simulation
from chalicelib.visit_messages import PROBE_MILLISECONDS, PROBE_RATES_KBPS
from infra import prices
from local.children import ROOT
from local.template import BUILD

TALK_MINUTES: Final = 20
WAIT_MINUTES: Final = 10
A_MONTH: Final = 10_000
"""ASSUMED: consultations a month, among which what stands there is shared."""
WINDOW_SECONDS: Final = 50
"""How long nothing, waiting and talking are each watched: whole numbers of a page's and of a worker's signs of life."""
RELAYED: Final = 0.2
"""ASSUMED: the share of people who reach the worker only through TURN."""
OTHER_ZONE: Final = 2 / 3
"""ASSUMED: how often relay and worker are in different zones, of three."""
SOUND_BPS: Final = 40_000
"""ASSUMED: Opus as browsers send it."""
PACKETS: Final = 180 + 50
"""Of picture and sound a second at the picture's limit (docs/performance.md, "The load")."""
PACKET_BYTES: Final = 20 + 8 + 12 + 8 + 16
"""IP, UDP, RTP, its extensions, SRTP's tag."""
LIMIT: Final = re.compile(r"MAX_BITRATE = ([\d_]+)")
FIRST_VISITS: Final = ("visit", "staff")
"""The pages that two open; a browser that has been there keeps most of it."""


class Tape:
    """What began when."""

    def __init__(self) -> None:
        self.marks: list[tuple[float, str]] = []

    def mark(self, what: str) -> None:
        """It begins now."""
        self.marks.append((time.time(), what))
        if what:
            print(f"  {what}", flush=True)

    def spans(self) -> list[tuple[str, float, float]]:
        """What, from when, until when."""
        return [(what, at, then) for (at, what), (then, _) in zip(self.marks, self.marks[1:], strict=False) if what]


async def measure(system: Metered, wait_seconds: float, talk_seconds: float) -> Tape:
    """Nothing is done for a while, and then one walk that counts."""
    tape = Tape()
    tape.mark("nothing")
    await asyncio.sleep(WINDOW_SECONDS)
    await walk(system, tape.mark, _passing(wait_seconds), _passing(talk_seconds))
    return tape


def _passing(seconds: float) -> Any:
    async def passes() -> None:
        await asyncio.sleep(seconds)

    return passes


def taken(
    system: Metered, reading: Reading, tape: Tape, month: dict[str, float]
) -> tuple[prices.Amounts, float, dict[str, Any]]:
    """The amounts of a consultation, the SMS of one, and each step's."""
    sweep, deliver = function_of(system, "SweepFunction"), function_of(system, "DeliverFunction")
    steps: dict[str, dict[str, float]] = {}
    swept: list[Any] = []
    idle: dict[str, float] = {}
    lasted: dict[str, float] = {}
    for what, begin, end in tape.spans():
        entries = reading.between(begin, end)
        swept += [entry for entry in entries if entry.by == sweep]
        step = amounts((entry for entry in entries if entry.by != sweep), deliver)
        minutes = lasted[what] = (end - begin) / 60
        if what == "nothing":
            idle = {name: amount / minutes for name, amount in step.items()}
        else:
            steps[what] = {name: max(0.0, amount - idle.get(name, 0) * minutes) for name, amount in step.items()}
    once: dict[str, float] = defaultdict(float)
    for what, step in steps.items():
        if what not in ("waiting", "talking", "empty purge"):
            for name, amount in step.items():
                once[name] += amount
    for name, amount in steps["empty purge"].items():
        once[name] -= amount
    per_minute = {
        what: {name: amount / lasted[what] for name, amount in steps[what].items()} | {"socket_minute": 2.0}
        for what in ("waiting", "talking")
    }
    sms = once.pop("sms", 0.0)
    files = [file for page in FIRST_VISITS for file in _files(page)]
    once["page_gb"] += sum(len(gzip.compress(file.read_bytes())) for file in files) / 1e9
    once["page_request"] += len(files)
    once["egress_gb"] += sum(PROBE_RATES_KBPS) * PROBE_MILLISECONDS / 8 / 1e9
    a_minute = 2 * media_bps() * 60 / 8 / 1e9
    per_minute["talking"] |= {
        "egress_gb": a_minute,
        "balancer_unit_hour": 2 * RELAYED * a_minute,
        "zone_gb": 2 * 2 * RELAYED * OTHER_ZONE * a_minute,
    }
    worker = idle | {"socket_minute": 1.0, "vcpu_hour": VCPU / 60, "memory_gb_hour": GB / 60, "address_hour": 1 / 60}
    runs = sum(entry.what == "lambda_ms" for entry in swept)
    for name, amount in amounts(swept).items():
        month[name] = month.get(name, 0.0) + amount / max(runs, 1) * standing.HOURS * 60
    found = prices.Amounts(
        measured=datetime.datetime.now(datetime.UTC).date(),
        once={name: max(amount, 0.0) for name, amount in once.items()},
        waiting_minute=per_minute["waiting"],
        talking_minute=per_minute["talking"],
        worker_minute=worker,
        worker_minutes=idle_workers(),
        month=month,
    )
    return found, sms, {"steps": steps}


def media_bps() -> int:
    """What one who talks receives at most: the pages' own limit for a picture, sound, and what wraps them."""
    limit = LIMIT.search((ROOT / "web" / "src" / "shared" / "slots.ts").read_text())
    if limit is None:
        raise LookupError("slots.ts names no limit")
    return int(limit[1].replace("_", "")) + SOUND_BPS + PACKETS * PACKET_BYTES * 8


def _files(page: str) -> list[Path]:
    """What a page's first visit loads: its HTML and the files that this asks for."""
    pages = ROOT / "web" / "dist"
    html = pages / f"{page}.html"
    asked = {pages / name for name in re.findall(r'(?:src|href)="/([^"#?]+)"', html.read_text())}
    return [html, *sorted(file for file in asked if file.is_file())]


def idle_workers() -> float:
    """Minutes of a worker for each minute of a call, idle ones included: by the book, on the simulated day."""
    of = day(CONSULTATIONS)
    result = Simulation(of, ByBook(of.book, POLICY), START_SECONDS).run()
    return result.worker_hours / ((result.worker_hours - result.idle_hours) * POLICY.calls_a_worker)


def report(found: prices.Amounts, sms: float, more: dict[str, Any], seconds: dict[str, float]) -> dict[str, Any]:
    """The figures, priced."""
    listed = prices.prices()
    total = found.consultation(TALK_MINUTES, WAIT_MINUTES, A_MONTH)
    items = listed.usd(total)
    others = {
        name: {"usd": round(price.usd * 2 * TALK_MINUTES, 5), "source": price.source, "seen": price.seen}
        for name, price in listed.others.items()
    }
    return {
        "aws_usd_per_consultation": round(sum(items.values()), 5),
        "sms_usd_per_consultation": round(sms * listed.beside["sms"].usd, 5),
        "sms_parts": sms,
        "talk_minutes": TALK_MINUTES,
        "wait_minutes": WAIT_MINUTES,
        "consultations_a_month": A_MONTH,
        "prices_read": listed.read.isoformat(),
        "prices_not_seen": sorted(name for name in items if not listed.aws[name].seen),
        "items": {
            name: {"amount": total[name], "unit": listed.aws[name].unit, "usd": round(usd, 7)}
            for name, usd in sorted(items.items(), key=lambda item: -item[1])
        },
        "of_which": {
            "media": round(listed.sum(found.talking_minute) * TALK_MINUTES, 6),
            "workers": round(listed.sum(found.worker_minute) * found.worker_minutes * TALK_MINUTES, 6),
            "once": round(listed.sum(found.once), 6),
            "waiting": round(listed.sum(found.waiting_minute) * WAIT_MINUTES, 6),
            "standing": round(listed.sum(found.month) / A_MONTH, 6),
        },
        "standing_usd_a_month": round(listed.sum(found.month), 2),
        "others": others,
        "assumed": {"relayed": RELAYED, "other_zone": OTHER_ZONE, "sound_bps": SOUND_BPS, "media_bps": media_bps()},
        "watched_seconds": seconds,
        "amounts": msgspec.to_builtins(found),
        **more,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="wait and talk for as long as it really lasts")
    whole = parser.parse_args().whole
    wait = WAIT_MINUTES * 60 if whole else WINDOW_SECONDS
    talk = TALK_MINUTES * 60 if whole else WINDOW_SECONDS
    month, types = standing.of(standing.example())
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, metered(Path(folder)) as (system, reading):
        tape = asyncio.run(measure(system, wait, talk))
        shutil.copy(Path(folder) / "meter.jsonl", BUILD / "bench" / "cost-meter.jsonl")
        found, sms, more = taken(system, reading, tape, dict(month))
    seconds = {what: round(end - begin, 1) for what, begin, end in tape.spans()}
    figures = report(found, sms, more | {"resources": types, "load_average": os.getloadavg()}, seconds)
    target = BUILD / "bench" / "cost.json"
    write(target, figures)
    prices.AMOUNTS.write_bytes(prices.written(found))
    for name, item in figures["items"].items():
        print(f"{name:20}{item['amount']:>14.6f}  {item['usd']:>10.6f} USD")
    print(f"{'AWS':20}{'':14}  {figures['aws_usd_per_consultation']:>10.6f} USD")
    print(f"{'SMS, beside it':20}{sms:>14.0f}  {figures['sms_usd_per_consultation']:>10.6f} USD")
    for name, other in figures["others"].items():
        print(f"{name:20}{'':14}  {other['usd']:>10.6f} USD")
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
