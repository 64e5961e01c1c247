"""`make rush`: nine o'clock. Everybody opens their link within a minute, many wait, and all clinicians call at once.

Who comes are pages without browsers (client/page.py). Latencies are of this machine, whose cores the embedded
AWS, the workers and everybody who comes share: of AWS they say only that nobody is refused.
"""

import argparse
import asyncio
import json
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from bench.faults import percentile
from bench.soak import quiet, until_answered
from chalicelib import protocol as p
from chalicelib.lifecycle import WITH_CALL, Role, State
from chalicelib.records import Session
from chalicelib.store import Create, DynamoStore
from chalicelib.tokens import digest, mint
from local import deploy, seed
from local.system import OTHER_TRUST, Ports, System, trust_entry
from local.template import BUILD
from tests.e2e.visitor import OURS, Visitor
from tests.faults.clinic import Desk, Guest

TRUST: Final = "rush"
DEPARTMENT: Final = "rush"
WINDOW: Final = 60.0
"""Seconds within which everybody opens their link."""
TALK: Final = 10.0
"""Seconds that a call lasts when all have theirs."""
PATIENCE: Final = 600.0
BOOKING: Final = 4
"""Consultations that are booked at a time."""
FRAMES: Final = 5.0
PASSING: Final = ("busy", "unavailable", "overtaken")
"""Codes that mean: again, or: it has happened already."""


@dataclass(frozen=True)
class Size:
    """How many come, how many of them stay and wait, how many are called at once."""

    patients: int = 500
    waiting: int = 200
    calls: int = 50
    seconds: float = WINDOW


@dataclass
class Tally:
    """Seconds of each step, and what anybody was refused."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: Counter[str] = field(default_factory=Counter)
    asked_to_wait: int = 0
    """Openings that were answered with: many come at once, please wait."""
    queued: int = 0
    """Calls that had to wait for a line."""


class Member:
    """One of the trust's staff, by her cookie."""

    def __init__(self, origin: str, cookie: str) -> None:
        self._visitor = Visitor(origin, {f"__Host-s-{TRUST}": cookie})

    def get(self, path: str) -> Any:
        """A JSON answer. Raises ConnectionError with the code of an error."""
        return self._ask("GET", path, None, OURS)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        """A JSON answer to a JSON body. Raises ConnectionError with the code of an error."""
        return self._ask("POST", path, json.dumps(body).encode(), OURS | headers)

    def _ask(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Any:
        status, answer = self._visitor.request(method, f"staff/{TRUST}/{path}", data, headers)
        if status >= HTTPStatus.BAD_REQUEST:
            raise ConnectionError(answer.get("code", status))
        return answer


def staff(system: System, count: int) -> list[Desk]:
    """A trust with so many clinicians, all of them logged in."""
    outputs = system.aws.outputs() or {}
    people = [f"clinician-{n}" for n in range(count)]
    entry = {
        "trust": OTHER_TRUST["trust"] | {"id": TRUST, "name": "Rush"},
        "departments": [{"id": DEPARTMENT, "name": "Poliklinikk", "phone": "+4755500300"}],
        "staff": [{"id": person, "name": person, "departments": [DEPARTMENT]} for person in people],
    }
    system.aws.invoke(outputs["RegisterTrustFunction"], trust_entry(entry, system.portal))
    os.environ |= {"AWS_ACCESS_KEY_ID": deploy.ADMIN, "AWS_SECRET_ACCESS_KEY": deploy.ADMIN}
    store = DynamoStore(outputs["Table"], deploy.REGION, system.aws.endpoint)
    return [
        Desk(system, Member(system.origin, _log_in(store, person)), DEPARTMENT, frames_per_second=FRAMES)
        for person in people
    ]


def _log_in(store: DynamoStore, person: str) -> str:
    """A cookie, as if she had been at the portal."""
    cookie, now = mint(), int(time.time())
    ends = now + 12 * 3600
    session = Session(
        digest=digest(cookie),
        trust=TRUST,
        role=Role.CLINICIAN,
        staff=person,
        proven=True,
        seen=now,
        ends=ends,
        expires=ends,
    )
    store.write([Create(session)])
    return cookie


class Rush:
    """One morning."""

    def __init__(self, system: System, size: Size, desks: list[Desk]) -> None:
        self.tally = Tally()
        self._system, self._size, self._desks = system, size, desks
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Raises what went wrong for anybody."""
        links = await self._book()
        clock = asyncio.get_running_loop().time
        self._tasks += [asyncio.create_task(desk.page.run()) for desk in self._desks]
        await asyncio.gather(*(self._look(desk) for desk in self._desks))
        begun = clock()
        pause = self._size.seconds / len(links)
        arrivals = [
            asyncio.create_task(self._arrive(at, desk, consultation, link, begun + at * pause))
            for at, (desk, consultation, link) in enumerate(links)
        ]
        guests = await asyncio.gather(*arrivals)
        print(f"all {len(guests)} are there after {clock() - begun:.0f} s", flush=True)
        called = [(desk, guest) for (desk, _, _), guest in zip(links, guests, strict=True) if guest is not None]
        await asyncio.gather(*(self._call(desk, guest) for desk, guest in called[: self._size.calls]))
        for page in [*(desk.page for desk in self._desks), *(guest.page for _, guest in called)]:
            self.tally.refused += page.errors - Counter({code: page.errors[code] for code in PASSING})
            for step, took in page.took.items():
                self.tally.took[step] += took
        await self.end()

    async def end(self) -> None:
        """Everybody closes their page."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _book(self) -> list[tuple[Desk, str, str]]:
        """In turn, so that the first so many are of different clinicians; who does it, which, and the link."""
        desks = [self._desks[at % len(self._desks)] for at in range(self._size.patients)]
        few = asyncio.Semaphore(BOOKING)  # this was done the days before

        async def book(desk: Desk) -> tuple[str, str]:
            async with few:
                return await until_answered(lambda: asyncio.to_thread(desk.send_link))

        made = await asyncio.gather(*map(book, desks))
        texts = {m["to"]: m["text"] for m in reversed(await asyncio.to_thread(seed.sent_sms, self._system.origin))}
        found = re.compile(re.escape(self._system.origin) + r"/i#\S+")
        links = [found.search(texts[phone]) for _, phone in made]
        return [(desk, id_, link[0]) for desk, (id_, _), link in zip(desks, made, links, strict=True) if link]

    async def _look(self, desk: Desk) -> None:
        await desk.page.until(lambda: bool(desk.page.views), seconds=PATIENCE)

    async def _arrive(self, at: int, desk: Desk, consultation: str, link: str, when: float) -> Guest | None:
        """Open the link at that time; the first so many stay and wait."""
        clock = asyncio.get_running_loop().time
        guest = Guest(self._system, frames_per_second=FRAMES)
        await asyncio.sleep(when - clock())
        begun = clock()
        await self._open(guest, link)
        self.tally.took["opening"].append(clock() - begun)
        if at >= self._size.waiting:
            return None
        self._tasks.append(asyncio.create_task(guest.page.run()))
        await guest.page.until(lambda: guest.page.visit is not None, seconds=PATIENCE)
        begun = clock()
        check_in = asyncio.create_task(guest.check_in(PATIENCE))
        await desk.page.until(lambda: desk.has(consultation, State.CHECKED_IN), seconds=PATIENCE)
        self.tally.took["check-in to list"].append(clock() - begun)
        await check_in
        return guest

    async def _open(self, guest: Guest, link: str) -> None:
        """As pages do: who is asked to wait comes again by itself."""
        body = json.dumps({"secret": link.partition("#")[2]}).encode()
        while True:
            status, answer = await asyncio.to_thread(guest.visitor.request, "POST", "enter", body)
            if status == HTTPStatus.OK:
                guest.visitor.entered = answer
                return
            if not answer.get("retry"):
                self.tally.refused[str(answer.get("code", status))] += 1
                raise ConnectionError(answer.get("code", status))
            self.tally.asked_to_wait += 1
            await asyncio.sleep(answer.get("wait_seconds") or random.uniform(1, 3))  # noqa: S311  # nosec B311

    async def _call(self, desk: Desk, guest: Guest) -> None:
        """All at once; who gets no line waits for one in turn."""
        clock = asyncio.get_running_loop().time
        consultation, page = guest.visitor.consultation, guest.page
        begun = clock()
        call = asyncio.create_task(
            desk.page.until(lambda: desk.has(consultation, *WITH_CALL), p.Call(consultation), seconds=PATIENCE)
        )
        await page.until(lambda: page.told(p.Ringing) is not None, seconds=PATIENCE)
        await call
        was_queued = desk.page.told(p.Queued) is not None
        self.tally.queued += was_queued
        self.tally.took["queue to ringing" if was_queued else "call to ringing"].append(clock() - begun)
        begun = clock()
        await guest.accept()
        await asyncio.gather(desk.page.until_heard(PATIENCE), page.until_heard(PATIENCE))
        self.tally.took["accept to media"].append(clock() - begun)
        await asyncio.sleep(TALK)
        await page.until(lambda: guest.is_(State.ENDED), guest.hang_up(), seconds=PATIENCE)
        await page.hang_up()
        await desk.page.hang_up()


async def rush(system: System, size: Size) -> Tally:
    """Raises what went wrong for anybody; in the end all is quiet and true."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(64))
    morning = Rush(system, size, await asyncio.to_thread(staff, system, size.calls))
    try:
        await morning.run()
    finally:
        await morning.end()
    await quiet(system)
    return morning.tally


def summary(tally: Tally) -> dict[str, Any]:
    """The report's figures; seconds."""
    return {
        "seconds": {
            step: {"count": len(took)} | {f"p{s}": round(percentile(took, s / 100), 3) for s in (50, 95, 99)}
            for step, took in tally.took.items()
            if took
        },
        "queued": tally.queued,
        "asked_to_wait": tally.asked_to_wait,
        "refused": dict(tally.refused),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("patients", "waiting", "calls"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Size(), name))
    parser.add_argument("--capacity", type=int, default=0, help="calls of one worker; what it carries if 0")
    options = parser.parse_args()
    size = Size(options.patients, options.waiting, options.calls)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        settings = {"capacity": str(options.capacity)}
        with System(Path(folder) / "state", Ports.free(), workers=2, worker_settings=settings) as system:
            report = summary(asyncio.run(rush(system, size)))
    print(f"{'step':<18} {'count':>6} {'p50':>8} {'p95':>8} {'p99':>8}")
    for step, took in report["seconds"].items():
        print(f"{step:<18} {took['count']:>6} {took['p50']:>6.2f} s {took['p95']:>6.2f} s {took['p99']:>6.2f} s")
    print(f"asked to wait: {report['asked_to_wait']}; waited for a line: {report['queued']}")
    print(f"refused: {report['refused'] or 'nobody'}")
    out = BUILD / "bench" / "rush.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(asdict(size) | report, indent=1) + "\n")
    print(out)
    return 1 if report["refused"] else 0


if __name__ == "__main__":
    sys.exit(main())
