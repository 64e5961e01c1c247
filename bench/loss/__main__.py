"""Runs the cells of `make bench-loss`: each loss on each leg, both relays in turn; says which lost more of the picture.

Two Chromiums and the relay each have a host of their own. The leg in question delays by 50 ms each way and loses
packets both ways, by the same seeds for both relays; the other leg does nothing. A call connects and warms up on wires
that only delay; then the loss begins, and counting with it. A frame that is decoded has arrived complete and in time
(Chromium's framesReceived counts frames that become decodable together as one, so it is not used).
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from playwright.async_api import async_playwright

from bench.loss.camera import film
from bench.loss.mediasoup import WORKER, Mediasoup
from bench.loss.ours import Ours
from bench.loss.page import Browser, Figures
from tests.nets.pipe import Line
from tests.nets.wires import ROOT, Host, Net, Wire, possible

TARGET: Final = ROOT / "build/bench/loss.json"
DELAY_MS: Final = 50.0
CELLS: Final = (("-", 0), ("up", 1), ("up", 5), ("up", 10), ("down", 1), ("down", 5), ("down", 10))
WARM_FRAMES: Final = 240


class Relay(Protocol):
    """What is compared."""

    name: str

    async def connect(self, sender: Browser, receiver: Browser) -> None: ...

    async def stop(self) -> None: ...


class Row(msgspec.Struct, frozen=True):
    """One relay in one cell of one round, or the mean over several.

    `complete` is the share of the frames sent that arrived complete and in time; `fps` are frames decoded a second;
    `frozen_s` are seconds of `freezes` (as Chromium counts them: a frame shown three mean intervals, and at least
    150 ms, too long); `kbps` is the video that arrived, `concealed` the share of sound that had to be made up; the
    rest are counts.
    """

    relay: str
    leg: str
    loss_percent: float
    complete: float
    fps: float
    freezes: float
    frozen_s: float
    kbps: float
    keyframes: float
    lost: float
    nacks: float
    plis: float
    concealed: float


class Bench:
    """The browsers and the wires."""

    def __init__(self, sender: Browser, receiver: Browser, legs: dict[str, Wire], seconds: float) -> None:
        self._sender = sender
        self._receiver = receiver
        self._legs = legs
        self._seconds = seconds

    async def cell(self, relay: Relay, leg: str, loss: int, seed: int) -> Row:
        """One call. Raises TimeoutError when no picture comes, RuntimeError when the relay refuses."""
        for name, wire in self._legs.items():
            plain = Line(delay_ms=DELAY_MS) if name == leg else Line()
            wire.set(plain, plain)
        await relay.connect(self._sender, self._receiver)
        await self._receiver.decoded(WARM_FRAMES)
        if leg in self._legs:
            there, back = (Line(delay_ms=DELAY_MS, loss=loss / 100, seed=seed + way) for way in (0, 1))
            self._legs[leg].set(there, back)
        before = await self._sender.figures(), await self._receiver.figures()
        await asyncio.sleep(self._seconds)
        after = await self._sender.figures(), await self._receiver.figures()
        sent, got = difference(before[0], after[0]), difference(before[1], after[1])
        return Row(
            relay=relay.name,
            leg=leg,
            loss_percent=loss,
            complete=got.decoded / max(1, sent.sent),
            fps=got.decoded / self._seconds,
            freezes=got.freezes,
            frozen_s=got.frozen_s,
            kbps=got.bytes * 8 / 1000 / self._seconds,
            keyframes=got.keyframes,
            lost=got.lost,
            nacks=got.nacks,
            plis=got.plis,
            concealed=got.concealed / max(1, got.samples),
        )


def difference(before: Figures, after: Figures) -> Figures:
    return Figures(
        *(b - a for a, b in zip(msgspec.structs.astuple(before), msgspec.structs.astuple(after), strict=True))
    )


def mean(rows: list[Row]) -> Row:
    """Of the same relay and cell, or of several cells."""
    figures = {
        name: sum(getattr(row, name) for row in rows) / len(rows)
        for name in Row.__struct_fields__
        if name not in ("relay", "leg")
    }
    return Row(relay=rows[0].relay, leg=rows[0].leg, **figures)


async def measure(hosts: dict[str, Host], legs: dict[str, Wire], seconds: float, rounds: int, soup: bool) -> list[Row]:
    """All rounds; the relays take turns in each cell, and who begins changes with the round."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        async with async_playwright() as playwright:
            place = Path(folder)
            film(place / "film.y4m")
            sender, receiver = [
                await Browser.start(playwright, hosts[name], place, place / "film.y4m")
                for name in ("sender", "receiver")
            ]
            relays: list[Relay] = [await Ours.start(hosts["relay"])]
            if soup:
                relays.append(await Mediasoup.start(hosts["relay"]))
            bench = Bench(sender, receiver, legs, seconds)
            print(HEAD)
            for turn in range(rounds):
                for leg, loss in CELLS[bool(turn) :]:  # once is enough for what happens without loss
                    for relay in relays if turn % 2 == 0 else relays[::-1]:
                        rows.append(await bench.cell(relay, leg, loss, seed=100 * turn + loss))
                        print(text(rows[-1]), flush=True)
            for relay in relays:
                await relay.stop()
            await sender.close()
            await receiver.close()
    return rows


HEAD: Final = (
    f"{'leg':5}{'loss':>5}  {'relay':10}{'complete':>9}{'fps':>6}{'freezes':>9}{'frozen s':>9}"
    f"{'kbps':>6}{'keys':>6}{'lost':>7}{'nacks':>7}{'plis':>6}{'sound':>8}"
)


def text(row: Row) -> str:
    return (
        f"{row.leg:5}{row.loss_percent:>4.0f}%  {row.relay:10}{row.complete:>8.1%} {row.fps:>5.1f}{row.freezes:>9.1f}"
        f"{row.frozen_s:>9.2f}{row.kbps:>6.0f}{row.keyframes:>6.1f}{row.lost:>7.0f}{row.nacks:>7.0f}{row.plis:>6.1f}"
        f"{1 - row.concealed:>8.1%}"
    )


def summarize(rows: list[Row]) -> dict[str, Any]:
    """Means for each cell and over all cells with loss; for those the ratio to mediasoup (of kbps, more is better)."""
    names = list(dict.fromkeys(row.relay for row in rows))
    groups = [
        [r for r in rows if (r.relay, r.leg, r.loss_percent) == (name, *cell)] for cell in CELLS for name in names
    ]
    cells = [mean(group) for group in groups]
    means = {name: mean([row for row in cells if row.relay == name and row.loss_percent]) for name in names}
    lossy = {
        name: {
            "missing": 1 - row.complete,
            "freezes": row.freezes,
            "frozen_s": row.frozen_s,
            "concealed": row.concealed,
            "kbps": row.kbps,
        }
        for name, row in means.items()
    }
    summary: dict[str, Any] = {"cells": [msgspec.structs.asdict(row) for row in cells], "with_loss": lossy}
    if len(names) > 1:
        ours, theirs = lossy[Ours.name], lossy[Mediasoup.name]
        summary["ratio_to_mediasoup"] = {key: ours[key] / theirs[key] if theirs[key] > 0 else None for key in ours}
    return summary


def conclusion(summary: dict[str, Any]) -> str:
    lines = ["", "Means over the cells with loss, for each call:"]
    for name, of in summary["with_loss"].items():
        lines.append(
            f"  {name:10} {of['missing']:.2%} of frames missing, {of['freezes']:.1f} freezes of {of['frozen_s']:.2f} s"
            f" in all, {of['concealed']:.1%} of the sound made up, {of['kbps']:.0f} kbit/s of video"
        )
    return "\n".join(lines)


def main() -> int:
    """Exit code 1 when it cannot be measured here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=12.0, help="counted in each cell")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    if not possible():
        print("Needs root and /dev/net/tun: the wires are TUN devices between network namespaces.")
        return 1
    soup = WORKER.exists()
    if not soup:
        print(
            "mediasoup is not built (python -m bench.relay.mediasoup_build): only our relay is measured, no comparison."
        )
    with Net() as net:
        hosts = {name: net.host(name) for name in ("sender", "relay", "receiver")}
        legs = {"up": net.wire(hosts["sender"], hosts["relay"]), "down": net.wire(hosts["relay"], hosts["receiver"])}
        rows = asyncio.run(measure(hosts, legs, options.seconds, options.rounds, soup))
    summary = summarize(rows)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    report = {
        "seconds": options.seconds,
        "rounds": options.rounds,
        "delay_ms": DELAY_MS,
        "mediasoup": "3.8.4" if soup else "not built",
        **summary,
    }
    TARGET.write_text(json.dumps(report, indent=2) + "\n")
    print(conclusion(summary))
    return 0


if __name__ == "__main__":
    sys.exit(main())
