"""Opens pages in a given state: real ones from the real front, with canned answers and drawn people."""

import contextlib
import functools
import json
import re
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from aiohttp import web
from playwright.async_api import Browser, Page, Playwright, async_playwright, expect

from local import front
from local.children import free_port
from tests.e2e.browsers import ALLOW, FAKE_DEVICES, FLAGS
from tests.media.turnserver import write_certificate
from tests.pages.backend import Answers, Backend
from tests.pages.content import NOW

ROOT: Final = Path(__file__).resolve().parents[2]
SHELL: Final = "/usr/bin/chromium-headless-shell"  # Chromium without windows: it lays out the same for half the work
STAND_IN: Final = (Path(__file__).parent / "stand_in.js").read_text()
PATIENCE: Final = 30_000  # ms for a page to reach its state on a busy machine
HOST: Final = "video.elvenes.example"  # pages show it; only the gallery's browser finds anything there
ORIGIN: Final = f"https://{HOST}"  # without windows no plain address can be declared to be as good
NOWHERE: Final = "http://127.0.0.1:9"  # the front passes nothing on: every request is answered before it gets there


@functools.cache
def texts(language: str) -> dict[str, str]:
    """Every text of a language, in bokmål where it has none."""
    found: dict[str, str] = {}
    for code in dict.fromkeys(("nb", language)):
        for file in sorted((ROOT / "web" / "messages" / code).glob("*.json")):
            found.update(json.loads(file.read_text()))
    return found


@dataclass(frozen=True)
class Sight:
    """A page that has been opened, and what may be done with it."""

    page: Page
    backend: Backend
    language: str

    async def press(self, key: str) -> None:
        """Press the last button with this text that can be seen: of two, the one in the dialog."""
        await self.press_in("body", key)

    async def press_in(self, place: str, key: str) -> None:
        """Press such a button within ``place``."""
        text = texts(self.language)[key].split("{", 1)[0].strip()
        assert text, f"{key} begins with a value: name the button otherwise"
        words = re.compile(rf"(^|\s){re.escape(text)}(\s|$)")  # «Nei» is a part of other words in some languages
        found = self.page.locator(place).locator("button, a.ds-button, summary").filter(has_text=words)
        await found.filter(visible=True).last.click(timeout=PATIENCE)

    async def pass_time(self, seconds: int) -> None:
        """Let time pass in the page, with pauses for what it asks and hears meanwhile."""
        for passed in range(0, seconds, 2):
            await self.page.clock.run_for(min(2, seconds - passed) * 1_000)

    async def see(self, selector: str) -> None:
        """Wait until something is there to see."""
        await expect(self.page.locator(selector).first).to_be_visible(timeout=PATIENCE)


async def _nothing(_: Sight) -> None:
    pass


@dataclass(frozen=True)
class Scene:
    """One state of one page. ``stand_in`` is what `stand_in.js` is told, ``kept`` the tab's storage, ``then`` what is
    done once the page is open; ``shows`` is there when the state has been reached."""

    page: str
    name: str
    path: str
    shows: str
    answers: Answers = field(default_factory=Answers)
    stand_in: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, object] = field(default_factory=dict)
    then: Callable[[Sight], Awaitable[None]] = _nothing

    def __str__(self) -> str:
        return f"{self.page}-{self.name}"


class Gallery:
    """The front and a browser; `async with Gallery() as gallery`."""

    def __init__(self) -> None:
        self._stack = contextlib.AsyncExitStack()
        self._browser: Browser

    async def __aenter__(self) -> Self:
        runner = web.AppRunner(front.create(NOWHERE, NOWHERE.replace("http", "ws")), access_log=None)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        port = free_port()
        identity = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            identity.load_cert_chain(*write_certificate(Path(folder), HOST))
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=identity).start()
        playwright: Playwright = await self._stack.enter_async_context(async_playwright())
        self._browser = await playwright.chromium.launch(
            executable_path=SHELL,
            args=[
                *FLAGS,
                ALLOW,
                f"{FAKE_DEVICES}=device-count=2",
                f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{port}",
                "--ignore-certificate-errors",
            ],
        )
        self._stack.push_async_callback(self._browser.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @contextlib.asynccontextmanager
    async def show(
        self, scene: Scene, language: str = "nb", width: int = 1440, height: int = 900
    ) -> AsyncIterator[Sight]:
        """A page in this state; it breaks no contract and says no error until it closes, or AssertionError."""
        context = await self._browser.new_context(
            locale=language, viewport={"width": width, "height": height}, reduced_motion="reduce", color_scheme="light"
        )
        backend = Backend(scene.answers)
        kept = "".join(
            f"sessionStorage.setItem({json.dumps(k)}, {json.dumps(json.dumps(v))});" for k, v in scene.kept.items()
        )
        await context.add_init_script(
            f"try {{ localStorage.setItem('venterom.language', {json.dumps(language)}); {kept} }} catch {{}}\n"
            f"window.__standIn = {json.dumps(dict(scene.stand_in))};\n{STAND_IN}"
        )
        await backend.attach(context)
        page = await context.new_page()
        await page.clock.set_fixed_time(NOW)
        await backend.watch(page)
        sight = Sight(page, backend, language)
        try:
            await page.goto(ORIGIN + scene.path)
            await scene.then(sight)
            await sight.see(scene.shows)
            yield sight
            assert backend.faults == [], f"{scene}: {backend.faults}"
        finally:
            await context.close()
