"""`make bench-relay`: this relay, Janus, mediasoup and aiortc's MediaRelay under the same load, in turn."""

import argparse
import asyncio
import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.relay import media
from bench.relay.janus import Janus
from bench.relay.measure import Load, Relay, measure
from bench.relay.mediarelay import Mediarelay
from bench.relay.mediasoup import Mediasoup
from bench.relay.mediasoup_build import ROOT, CannotBuild
from bench.relay.mediasoup_build import build as build_mediasoup
from bench.relay.ours import Ours
from bench.relay.report import Rounds, summary, table
from bench.relay.wire import CannotConnect
from media_worker.port import planes

TARGET: Final = ROOT / "build" / "bench" / "relay.json"
LOGS: Final = ROOT / "build" / "log" / "bench-relay"
ADDRESS: Final = "10.77.0.1"
"""Of a network of our own that leads nowhere: Janus does not take loopback addresses."""
CLONE_NEWNET: Final = 0x40000000
LOADS: Final = (Load("20x2", 20, 2, 2), Load("3x6", 3, 6, 6), Load("1to5", 1, 6, 1))
LONE: Final = Load("1to1", 1, 2, 1)
"""For MediaRelay: a core does not hold more of it."""

Make = Callable[[int, Path], Relay]
RELAYS: Final[dict[str, Make]] = {
    "ours": lambda core, log: Ours("compiled", ADDRESS, core, log),
    "ours_python": lambda core, log: Ours("python", ADDRESS, core, log),
    "janus": lambda core, log: Janus(None, core, log),
    "janus_one_loop": lambda core, log: Janus(1, core, log),
    "mediasoup": lambda core, log: Mediasoup(core, log),
    "mediarelay": lambda core, log: Mediarelay(core, log),
}


def enter_network() -> None:
    """A network namespace for this process and its children, gone with them. Raises OSError without the right to it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "A network namespace of its own is needed: run it as root")
    for words in (
        "link set lo up",
        "link add wire type veth peer name end",
        f"address add {ADDRESS}/24 dev wire",
        "link set wire up",
        "link set end up",
    ):
        subprocess.run(["ip", *words.split()], check=True)


async def rounds(names: list[str], count: int, seconds: float, relay_core: int) -> tuple[Rounds, list[str]]:
    """Every relay under every load, once a round; each round begins with another relay. Also what could not be run."""
    found: Rounds = {}
    failures: list[str] = []
    for turn in range(count):
        for load in (*LOADS, LONE):
            able = [name for name in names if (name == "mediarelay") == (load is LONE)]
            for name in able[turn % len(able) :] + able[: turn % len(able)] if able else ():
                relay = RELAYS[name](relay_core, LOGS / f"{name}.log")
                try:
                    result = await measure(relay, load, seconds, ADDRESS, foreign=name == "mediarelay")
                except (
                    OSError,
                    RuntimeError,
                    CannotConnect,
                ) as error:  # a relay that breaks down must not end the others
                    failures.append(f"{name}, {load.name}: {error!r}")
                    print(f"round {turn + 1}  {failures[-1]}", flush=True)
                    continue
                found.setdefault(load.name, {}).setdefault(name, []).append(result)
                print(f"round {turn + 1}  {load.name:5} {name:15} {result.cpu_ms:8.2f} ms/s/stream", flush=True)
                for fault in result.faults[:3]:
                    print(f"  {fault}", flush=True)
    order = list(RELAYS)
    ordered = {load: dict(sorted(relays.items(), key=lambda r: order.index(r[0]))) for load, relays in found.items()}
    return ordered, failures


def unavailable(names: list[str]) -> dict[str, str]:
    """Which of them cannot be measured here, and why."""
    why = {}
    if "ours" in names and "compiled" not in planes():
        why["ours"] = "its compiled part is not built"
    for name in names:
        if name.startswith("janus") and not shutil.which("janus"):
            why[name] = "not installed"
    if "mediasoup" in names:
        try:
            build_mediasoup()
        except CannotBuild as error:
            why["mediasoup"] = str(error)
    return why


def main() -> int:
    """Exit code 1 when a frame did not arrive as it was sent, 2 when it cannot run here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each measurement")
    parser.add_argument("--quick", action="store_true", help="one round of two seconds each")
    parser.add_argument("--relays", nargs="+", choices=RELAYS, default=list(RELAYS))
    arguments = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        print("Two cores are needed: one for the relay, one for the load.", file=sys.stderr)
        return 2
    skipped = unavailable(arguments.relays)
    names = [name for name in arguments.relays if name not in skipped]
    media.picture()
    try:
        enter_network()
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    os.sched_setaffinity(0, {cores[1]})
    LOGS.mkdir(parents=True, exist_ok=True)
    count, seconds = (1, 2.0) if arguments.quick else (arguments.rounds, arguments.seconds)
    result = summary(*asyncio.run(rounds(names, count, seconds, cores[0])), skipped)
    result["seconds"], result["rounds"] = seconds, count
    TARGET.write_text(json.dumps(result, indent=2) + "\n")
    print(f"\n{table(result)}")
    return 0 if result["complete"] else 1


if __name__ == "__main__":
    sys.exit(main())
