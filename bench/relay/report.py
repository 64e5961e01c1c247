"""What the measurements come to: medians over rounds, ratios to the others, a table to read and a file to keep."""

import os
import platform
import statistics
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from bench.relay import media
from bench.relay.measure import Measurement

Rounds = dict[str, dict[str, list[Measurement]]]
"""By load and relay."""

MAIN_LOAD: Final = "20x2"
LONE_LOAD: Final = "1to1"
OURS: Final = {"": "ours", "_python": "ours_python"}
OTHERS: Final = {"janus": MAIN_LOAD, "janus_one_loop": MAIN_LOAD, "mediasoup": MAIN_LOAD, "mediarelay": LONE_LOAD}
LOAD_NAMES: Final = {
    "20x2": "20 calls of 2",
    "3x6": "3 calls of 6",
    "1to5": "one sender to five",
    "1to1": "one sender to one",
}
COLUMNS: Final = ("CPU ms/s/stream", "packets/core s", "p50 µs", "p99 µs", "MB/call", "frames", "ratio")


def figures(runs: list[Measurement]) -> dict[str, Any]:
    """Medians, and the CPU figure of every round."""

    def median(of: Callable[[Measurement], float], digits: int) -> float:
        return round(statistics.median(of(run) for run in runs), digits)

    return {
        "cpu_ms_per_stream": median(lambda r: r.cpu_ms, 3),
        "cpu_ms_per_stream_rounds": [round(run.cpu_ms, 3) for run in runs],
        "packets_per_core_second": median(lambda r: r.packets_per_core_second, 0),
        "latency_p50_us": median(lambda r: r.latency_p50_us, 0),
        "latency_p99_us": median(lambda r: r.latency_p99_us, 0),
        "memory_bytes_per_call": median(lambda r: r.memory, 0),
        "frames_due": sum(run.frames_due for run in runs),
        "frames_complete": sum(run.frames_complete for run in runs),
        "pictures_decoded": sum(run.pictures_decoded for run in runs),
        "load_late_share": max(round(run.late, 4) for run in runs),
        "load_core_share": max(round(run.load_share, 3) for run in runs),
        "srtp": runs[0].cipher,
        "faults": [fault for run in runs for fault in run.faults],
    }


def summary(rounds: Rounds, failures: list[str], skipped: dict[str, str]) -> dict[str, Any]:
    """The file's content. ``failures``: runs that broke down; ``skipped``: why a relay was not run. A ratio is missing
    where one of its two sides was not measured."""
    loads = {load: {relay: figures(runs) for relay, runs in relays.items()} for load, relays in rounds.items()}
    result: dict[str, Any] = {}
    for suffix, ours in OURS.items():
        for other, load in OTHERS.items():
            ratios = _ratios(loads.get(MAIN_LOAD, {}).get(ours), loads.get(load, {}).get(other))
            result |= {f"{name}_to_{other}{suffix}": value for name, value in ratios.items()}
    return result | {
        "complete": not failures and not any(f["faults"] for relays in loads.values() for f in relays.values()),
        "failures": failures,
        "skipped": skipped,
        "loads": loads,
        "media": {
            "picture_bits_per_second": round(media.picture().bits_per_second),
            "picture_packets_per_second": round(media.picture().packets_per_second, 1),
            "sound_packets_per_second": round(media.sound().packets_per_second, 1),
        },
        "machine": _machine(),
    }


def _ratios(ours: dict[str, Any] | None, theirs: dict[str, Any] | None) -> dict[str, float]:
    if ours is None or theirs is None:
        return {}
    found = {"ratio": round(ours["cpu_ms_per_stream"] / theirs["cpu_ms_per_stream"], 4)}
    for name, key in (("latency_p99_ratio", "latency_p99_us"), ("memory_ratio", "memory_bytes_per_call")):
        if theirs[key] > 0:
            found[name] = round(ours[key] / theirs[key], 3)
    return found


def table(result: dict[str, Any]) -> str:
    """For a person to read; the last column is CPU compared with ours, compiled."""
    lines = []
    for load, relays in result["loads"].items():
        lines.append(f"{LOAD_NAMES[load]:20}" + "".join(f"{name:>17}" for name in COLUMNS))
        ours = relays.get("ours", {}).get("cpu_ms_per_stream")
        for relay, f in relays.items():
            cells = [
                f"{f['cpu_ms_per_stream']:.2f}",
                f"{f['packets_per_core_second']:,.0f}",
                f"{f['latency_p50_us']:,.0f}" if f["latency_p50_us"] else "-",
                f"{f['latency_p99_us']:,.0f}" if f["latency_p99_us"] else "-",
                f"{f['memory_bytes_per_call'] / 1e6:.2f}",
                f"{f['frames_complete']}/{f['frames_due']}",
                f"{f['cpu_ms_per_stream'] / ours:.2f}" if ours else "-",
            ]
            lines.append(f"  {relay:18}" + "".join(f"{cell:>17}" for cell in cells))
        lines.append("")
    names = [name for name in result if "_to_" in name]
    lines += [f"{name:44}{result[name]:>10}" for name in names]
    lines += [f"skipped: {relay}: {why}" for relay, why in result["skipped"].items()]
    lines += [f"FAULT: {failure}" for failure in result["failures"]]
    lines += [
        f"FAULT: {relay}, {LOAD_NAMES[load]}: {fault}"
        for load, relays in result["loads"].items()
        for relay, f in relays.items()
        for fault in f["faults"][:5]
    ]
    return "\n".join(lines)


def _machine() -> dict[str, Any]:
    model = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    janus = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "janus"], capture_output=True, text=True, check=False
    )
    return {
        "processor": model[0] if model else platform.machine(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "aiortc": version("aiortc"),
        "janus": janus.stdout,
        "mediasoup": "3.8.4",
    }
