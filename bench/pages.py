"""`make bench-pages`: what a first visit to each page loads, and when a slow phone can use it, beside a public peer.

The pages are the running service's, its one origin compresses as CloudFront does, and a Chromium with an empty cache
counts what arrives. The slow phone is Lighthouse's: a CPU four times slower, 150 ms a round trip, 1.6 Mbit/s down.
docs/performance.md says what the figures leave out.
"""

import argparse
import asyncio
import base64
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import web
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from local import front
from local.children import ROOT, free_port
from local.system import Ports, System
from local.template import BUILD

TARGET: Final = BUILD / "bench/pages.json"
PEER: Final = "@element-hq/element-call-embedded@0.26.1"
RUNS: Final = 5
CPU: Final = 4
LATENCY_MS: Final = 150
DOWN, UP = 1_638_400 / 8, 750_000 / 8
"""Bytes a second."""
QUIET_MS: Final = 2_000
PATIENCE: Final = 120_000
FLAGS: Final = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PACKED: Final = ("image/png", "image/jpeg", "image/webp", "font/", "audio/", "video/", "application/wasm")

# Interactive: what one goes there to press can be pressed, and no task holds up the main thread for 50 ms
# any more until it has been quiet for two seconds: the moment of the button, or of the end of the last such task.
WATCH: Final = """
(() => {
  const seen = {paint: 0, button: 0, busy: 0, blocked: 0};
  window.__seen = seen;
  new PerformanceObserver(list => list.getEntries().forEach(entry => {
    if (entry.name === 'first-contentful-paint') seen.paint = entry.startTime;
  })).observe({type: 'paint', buffered: true});
  new PerformanceObserver(list => list.getEntries().forEach(({startTime, duration}) => {
    seen.busy = startTime + duration;
    seen.blocked += duration - 50;
  })).observe({type: 'longtask', buffered: true});
  const look = () => {
    const all = [...document.querySelectorAll(CONTROLS)];
    const found = all.find(one => !one.disabled && one.ariaDisabled !== 'true' && one.getClientRects().length > 0);
    if (found) seen.button = performance.now(); else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
READY: Final = f"""
() => window.__seen.button > 0 && performance.now() - Math.max(__seen.button, __seen.busy) > {QUIET_MS} ? __seen : null
"""


class Answer(msgspec.Struct, frozen=True):
    """One response of a first visit: bytes of its body as it is, gzipped by us, and as it came over the wire."""

    name: str
    kind: str
    bytes: int
    gzip_bytes: int
    wire_bytes: int


class Row(msgspec.Struct, frozen=True):
    """One page. `interactive_ms` and the other times are medians; `foreign` counts requests to any other origin."""

    page: str
    gzip_bytes: int
    script_bytes: int
    style_bytes: int
    requests: int
    foreign: int
    paint_ms: int
    button_ms: int
    interactive_ms: int
    blocked_ms: int
    heaviest: list[tuple[str, int]]


@dataclass(frozen=True)
class Subject:
    """What is visited; ``controls`` is the CSS selector of what one goes there to press."""

    page: str
    origin: str
    address: str
    controls: str = "main button"


def weigh(body: bytes, kind: str) -> int:
    """As a content network would send it: what is packed already is sent as it is."""
    return len(body) if kind.startswith(PACKED) else min(len(body), len(gzip.compress(body, 6)))


def watched(browser: Browser, subject: Subject) -> tuple[Page, CDPSession]:
    """A page with an empty cache, and its tools."""
    context = browser.new_context(locale="nb-NO", viewport={"width": 390, "height": 844})
    context.add_init_script(WATCH.replace("CONTROLS", json.dumps(subject.controls)))
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    tools = context.new_cdp_session(page)
    tools.send("Network.enable", {"maxTotalBufferSize": 200_000_000, "maxResourceBufferSize": 100_000_000})
    return page, tools


def loaded(browser: Browser, subject: Subject) -> tuple[list[Answer], int]:
    """All that a first visit fetches, and how many requests went to another origin; no body is left out."""
    page, tools = watched(browser, subject)
    met: dict[str, Mapping[str, Any]] = {}
    wire: dict[str, int] = {}
    foreign: list[str] = []

    def response(event: dict[str, Any]) -> None:
        url = str(event["response"]["url"])
        if url.startswith(subject.origin):
            met[event["requestId"]] = event
        elif url.startswith("http"):
            foreign.append(url)

    tools.on("Network.responseReceived", response)
    tools.on("Network.loadingFinished", lambda event: wire.update({event["requestId"]: event["encodedDataLength"]}))
    page.goto(subject.address)
    page.wait_for_function(READY)
    answers = []
    for request, event in met.items():
        if request not in wire:
            continue
        got = tools.send("Network.getResponseBody", {"requestId": request})
        body = base64.b64decode(got["body"]) if got["base64Encoded"] else str(got["body"]).encode()
        kind = str(event["response"]["mimeType"])
        name = str(event["response"]["url"]).removeprefix(subject.origin).split("?")[0]
        answers.append(Answer(name, str(event["type"]), len(body), weigh(body, kind), round(wire[request])))
    page.context.close()
    return answers, len(foreign)


def interactive(browser: Browser, subject: Subject) -> dict[str, float]:
    """When a slow phone's first paint, first button and quiet came, in ms since the visit began."""
    page, tools = watched(browser, subject)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": CPU})
    line = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": DOWN, "uploadThroughput": UP}
    tools.send("Network.emulateNetworkConditions", line)
    page.goto(subject.address, wait_until="commit")
    seen: dict[str, float] = page.wait_for_function(READY).json_value()
    page.context.close()
    return seen | {"interactive": max(seen["button"], seen["busy"])}


def measure(browser: Browser, subject: Subject, runs: int) -> Row:
    """One page, ``runs`` times."""
    answers, foreign = loaded(browser, subject)
    times = [interactive(browser, subject) for _ in range(runs)]

    def median(name: str) -> int:
        return round(statistics.median(one[name] for one in times))

    def of(kind: str) -> int:
        return sum(answer.gzip_bytes for answer in answers if answer.kind == kind)

    heaviest = sorted(answers, key=lambda answer: -answer.gzip_bytes)[:6]
    return Row(
        page=subject.page,
        gzip_bytes=sum(answer.gzip_bytes for answer in answers),
        script_bytes=of("Script"),
        style_bytes=of("Stylesheet"),
        requests=len(answers),
        foreign=foreign,
        paint_ms=median("paint"),
        button_ms=median("button"),
        interactive_ms=median("interactive"),
        blocked_ms=median("blocked"),
        heaviest=[(answer.name, answer.gzip_bytes) for answer in heaviest],
    )


@contextmanager
def peer(folder: Path) -> Iterator[Subject]:
    """The peer's own build, fetched by its name, on an origin of its own that compresses as ours does."""
    npm = [str(ROOT / ".venv/bin/npm"), "pack", "--silent", "--pack-destination", str(folder), PEER]
    environment = os.environ | {"PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}"}
    subprocess.run(npm, check=True, env=environment, cwd=folder, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    subprocess.run(["tar", "xzf", str(archive), "-C", str(folder)], check=True)
    dist = folder / "package/dist"
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    server = {"m.homeserver": {"base_url": origin, "server_name": "peer.test"}}

    async def answer(request: web.Request) -> web.StreamResponse:
        path = (dist / request.match_info["path"]).resolve()
        if path == dist / "config.json":
            return web.json_response({"default_server_config": server})
        if path.is_file() and path.is_relative_to(dist):
            return front.file(request, path)
        return (
            web.json_response({}, status=404) if "_matrix" in path.parts else front.file(request, dist / "index.html")
        )

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(app)
    loop.run_until_complete(runner.setup())
    loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", port).start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield Subject("peer: Element Call, «Join as guest»", origin, f"{origin}/consultation", "#root button")
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def subjects(system: System) -> list[Subject]:
    """Our pages, the patient's first."""
    addresses = system.addresses
    pages = {
        "patient": (addresses["patient"], "main button"),
        "department": (addresses["department"], "main button"),
        "clinician": (addresses["clinician"], "main a.ds-button"),
        "help": (f"{system.origin}/help", "main summary"),
        "landing": (f"{system.origin}/", "main a"),
    }
    return [Subject(name, system.origin, *visit) for name, visit in pages.items()]


def show(rows: list[Row]) -> None:
    """A line each."""
    names = ("gzip", "scripts", "styles", "requests", "paint", "button", "ready")
    print(f"{'page':36}" + "".join(f"{name:>9}" for name in names) + "  (bytes, ms)")
    for row in rows:
        print(
            f"{row.page:36}{row.gzip_bytes:>9,}{row.script_bytes:>9,}{row.style_bytes:>9,}{row.requests:>9}"
            f"{row.paint_ms:>9,}{row.button_ms:>9,}{row.interactive_ms:>9,}"
        )


def main() -> int:
    """Measure and write; 1 when a page asks anything of another origin."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="how often each page is timed")
    runs = parser.parse_args().runs
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, System(Path(folder) / "state", Ports.free()) as system:
        (Path(folder) / "peer").mkdir()
        with peer(Path(folder) / "peer") as other, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            ours = subjects(system)
            rows = [measure(browser, subject, runs) for subject in [*ours, other]]
            browser.close()
    show(rows)
    figures = {
        "first_page_gzip_bytes": rows[0].gzip_bytes,
        "first_page_interactive_ms": rows[0].interactive_ms,
        "peer_first_page_gzip_bytes": rows[-1].gzip_bytes,
        "peer_first_page_interactive_ms": rows[-1].interactive_ms,
        "peer": PEER,
        "runs": runs,
        "phone": {"cpu_slowdown": CPU, "latency_ms": LATENCY_MS, "down_kbps": 1_638, "up_kbps": 750},
        "pages": msgspec.to_builtins(rows),
    }
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
    return 1 if any(row.foreign for row in rows[:-1]) else 0


if __name__ == "__main__":
    sys.exit(main())
