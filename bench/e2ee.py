"""`make bench-e2ee`: what end-to-end encryption costs in the browser, a sealed call of two beside an open one, in turn.

Two Chromiums talk through the whole local system. In each round they do so twice, once sealed and once as browsers that
cannot seal (`venterom.unable`), and what is compared is what both took in one round: whatever else the machine does, it
does to both. Open calls encode and decode just the same, so the ratio is that of a whole call.

Milliseconds of single frames come from a call of their own, taken in the pages' sealers by a few lines put before them
(PROBE).
"""

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, Playwright, Route, expect, sync_playwright

from bench.faults import percentile
from local import seed
from local.system import Ports, System
from local.template import BUILD
from tests.e2e.browsers import ALLOW, CHROMIUM, FAKE_DEVICES, FLAGS
from tests.e2e.people import Booking, Clinician, Patient
from tests.faults.watch import SCRIPT, Watch

TARGET: Final = BUILD / "bench" / "e2ee.json"
ROUNDS: Final = 5
SECONDS: Final = 15.0
"""Of a call, once it is calm, over which CPU is taken."""
SEALER: Final = re.compile(r"/assets/sealer[^/]*\.js$")
OWN: Final = re.compile(r"^http://127\.0\.0\.1:\d+/(staff/|v\b|i\b)")
"""Our pages: logins go through redirects, which are to be left alone."""
UNABLE: Final = "try { localStorage.setItem('venterom.unable', '1'); } catch {}"

# Before the sealer's own script. What a frame takes in the transform is from the moment it is handed in until it is
# handed on; sealing and opening are AES-GCM itself. Parcels of the agreement pass through the page, not through here.
PROBE: Final = """
(() => {
  const took = (self.__took = {});
  self.__begin = () => Object.assign(took, {encrypt: [], decrypt: [], through: [], grown: 0, out: 0});
  __begin();
  for (const name of ["encrypt", "decrypt"]) {
    const real = crypto.subtle[name].bind(crypto.subtle);
    crypto.subtle[name] = async (...given) => {
      const begun = performance.now();
      try { return await real(...given); } finally { took[name].push(performance.now() - begun); }
    };
  }
  const Real = TransformStream;
  self.TransformStream = function (transformer, ...rest) {
    const real = transformer.transform.bind(transformer);
    const transform = (frame, controller) => {
      const begun = performance.now();
      const before = frame.data.byteLength;
      return real(frame, {
        enqueue: (sealed) => {
          took.through.push(performance.now() - begun);
          const more = sealed.data.byteLength - before;
          if (more > 0) (took.grown += more), took.out++;
          controller.enqueue(sealed);
        },
      });
    };
    return new Real({...transformer, transform}, ...rest);
  };
})();
"""


@dataclass
class Call:
    """One call: CPU seconds a second of both browsers, seconds from accepting until both have a picture, and how many
    of the pages have a sealer; what those took down if they were probed."""

    cpu: float
    first_picture: float
    sealers: int
    took: list[dict[str, Any]]


class Company:
    """A clinician and a patient in browsers of their own, who call each other again and again."""

    def __init__(self, system: System, playwright: Playwright) -> None:
        self._system = system
        self._browsers = [
            playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, FAKE_DEVICES, ALLOW]) for _ in range(2)
        ]

    def close(self) -> None:
        """Both browsers."""
        for browser in self._browsers:
            browser.close()

    def call(self, *scripts: str, probed: bool = False) -> Call:
        """One call, in windows of its own; ``scripts`` run before the pages' own."""
        hers, theirs = (self._page(browser, scripts, probed) for browser in self._browsers)
        clinician = Clinician(hers, self._system.addresses["clinician"], "Ingrid Berg")
        clinician.arrive()
        if probed:
            hers.reload()  # a page that a login led to has not been asked for by itself
            expect(hers.locator("[data-view=list] [data-day]")).to_be_visible()
        number = f"+479{time.time_ns() % 10**7:07d}"
        consultation = clinician.book(Booking("Mette Møter", phone=number, level="Ingen"))
        patient = Patient(theirs)
        patient.open(seed.latest_link(self._system.origin, number))
        patient.test_devices()
        patient.skip_network()
        patient.check_in()
        clinician.expect_state(consultation, "checked_in")
        clinician.call(consultation)
        patient.expect_step("ringing")
        accepted = time.time() * 1000
        patient.accept()
        watches = [Watch(page) for page in (hers, theirs)]
        for watch in watches:
            watch.until_calm(accepted)
        first = max(watch.notes(accepted).pictures[0] for watch in watches) - accepted
        sealers = [worker for page in (hers, theirs) for worker in page.workers if SEALER.search(worker.url)]
        if probed:
            for sealer in sealers:
                sealer.evaluate("() => __begin()")
        begun, spent = time.monotonic(), browser_seconds()
        hers.wait_for_timeout(SECONDS * 1000)
        lasted, spent = time.monotonic() - begun, browser_seconds() - spent
        took = [sealer.evaluate("() => __took") | {"seconds": lasted} for sealer in sealers] if probed else []
        clinician.hang_up()
        patient.expect_step("feedback")
        for page in (hers, theirs):
            page.context.close()
        return Call(spent / lasted, first / 1000, len(sealers), took)

    def _page(self, browser: Browser, scripts: Sequence[str], probed: bool) -> Page:
        context = browser.new_context(locale="nb-NO")
        for script in (SCRIPT, *scripts):
            context.add_init_script(script)
        if probed:
            context.route("**/*", _probe)
            # A page that we answered for is from nowhere known, and from there no socket leads to loopback unasked.
            context.grant_permissions(["local-network-access", "camera", "microphone"])
        return context.new_page()


def _probe(route: Route) -> None:
    """Pages that share nothing with others have a clock of 5 µs instead of 100, and so have their workers."""
    asked = route.request
    sealer = bool(SEALER.search(asked.url))
    page = asked.resource_type == "document" and asked.method == "GET" and OWN.search(asked.url)
    if not page and not sealer:
        route.continue_()
        return
    answer = route.fetch()
    alone = {"cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp"}
    route.fulfill(response=answer, headers=answer.headers | alone, body=(PROBE if sealer else "") + answer.text())


def browser_seconds() -> float:
    """CPU that all living processes of our browsers have used, user and system time (proc(5))."""
    ours, tick, total = {os.getpid()}, os.sysconf("SC_CLK_TCK"), 0.0
    found: dict[int, tuple[int, str, float]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue  # it ended
        fields = rest.split()
        found[int(stat.parent.name)] = (
            int(fields[1]),
            head.partition("(")[2],
            (int(fields[11]) + int(fields[12])) / tick,
        )
    for pid in sorted(found):  # parents are mostly older
        parent, name, used = found[pid]
        if parent in ours:
            ours.add(pid)
            total += used if name.startswith("chrom") else 0.0
    return total


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    return {"p50": round(statistics.median(values), 3), "p95": round(percentile(values, 0.95), 3)}


def summary(rounds: Sequence[tuple[Call, Call]], took: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of pairs of a sealed and an open call, and of what sealers took down."""
    sealed, plain = zip(*rounds, strict=True)
    return {
        "rounds": len(rounds),
        "cpu_ratio": [round(one.cpu / other.cpu, 3) for one, other in rounds],
        "cpu_ratio_median": round(statistics.median(one.cpu / other.cpu for one, other in rounds), 3),
        "cpu_cores": {
            "sealed": round(statistics.median(c.cpu for c in sealed), 2),
            "open": round(statistics.median(c.cpu for c in plain), 2),
        },
        "first_picture_s": {
            "sealed": spread([c.first_picture for c in sealed]),
            "open": spread([c.first_picture for c in plain]),
        },
        "first_picture_later_s": round(
            statistics.median(one.first_picture - other.first_picture for one, other in rounds), 2
        ),
        "frame_ms": {
            name: spread([ms for found in took for ms in found[field]])
            for name, field in (("seal", "encrypt"), ("open", "decrypt"), ("in_transform", "through"))
        },
        "frames_a_second": round(statistics.median(found["out"] / found["seconds"] for found in took), 1),
        "bytes_a_frame": round(sum(found["grown"] for found in took) / sum(found["out"] for found in took), 1),
        "bytes_a_second": round(statistics.median(found["grown"] / found["seconds"] for found in took)),
    }


def show(found: Mapping[str, Any]) -> None:
    """The table."""
    cores, picture, frame = found["cpu_cores"], found["first_picture_s"], found["frame_ms"]
    ratio = found["cpu_ratio_median"]
    print(f"{'':<34} {'sealed':>10} {'open':>10}")
    print(f"{'CPU of both browsers, cores':<34} {cores['sealed']:>10} {cores['open']:>10}   ratio {ratio}")
    for name in ("p50", "p95"):
        print(f"{f'accept to first picture, s, {name}':<34} {picture['sealed'][name]:>10} {picture['open'][name]:>10}")
    for name, label in (
        ("seal", "sealing a frame"),
        ("open", "opening a frame"),
        ("in_transform", "a frame in the transform"),
    ):
        print(f"{label + ', ms':<34} {frame[name]['p50']:>10} (p95 {frame[name]['p95']})")
    print(
        f"{'bytes added by each sender':<34} {found['bytes_a_frame']:>10} a frame, {found['bytes_a_second']} a second"
    )


@contextmanager
def company() -> Iterator[Company]:
    """With a system that is theirs alone."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        System(Path(folder), Ports.free()) as system,
        sync_playwright() as playwright,
    ):
        made = Company(system, playwright)
        try:
            yield made
        finally:
            made.close()


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    count = parser.parse_args().rounds
    rounds: list[tuple[Call, Call]] = []
    with company() as two:
        for number in range(count):
            calls: dict[bool, Call] = {}
            for sealed in (True, False) if number % 2 == 0 else (False, True):
                calls[sealed] = two.call(*(() if sealed else (UNABLE,)))
            if (calls[True].sealers, calls[False].sealers) != (2, 0):
                sys.exit("A call that should be sealed was not, or the other way round.")
            rounds.append((calls[True], calls[False]))
            print(f"round {number + 1}: ratio {calls[True].cpu / calls[False].cpu:.3f}", flush=True)
        took = two.call(probed=True).took
    found = summary(rounds, took)
    show(found)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(found, indent=1) + "\n")
    print(TARGET)
    return 0


if __name__ == "__main__":
    sys.exit(main())
