"""Real browsers in a call: pages with the product's own client (web/src/shared/call.ts), one for each seat.

Chromium needs the three FLAGS and no more: the worker's only candidate is a loopback address, which Chromium's sockets
reach; offers hold no candidates. Firefox leaves loopback out: it reaches such a worker only with the preference
`media.peerconnection.ice.loopback`; a worker on any other address it reaches as it is. What arrives must be played
unmuted, or browsers count no audio energy.
"""

import asyncio
import contextlib
import functools
import json
import subprocess
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page, Playwright, async_playwright

from chalicelib.protocol import Seat
from tests.media.peers import PATIENCE, Calls

ROOT = Path(__file__).parents[2]
FLAGS = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--no-sandbox"]
PREFERENCES: Final[dict[str, Any]] = {
    "media.navigator.streams.fake": True,
    "permissions.default.camera": 1,
    "permissions.default.microphone": 1,
    "media.autoplay.default": 0,
    "media.peerconnection.ice.loopback": True,
}
PAGE = "https://page.test/"

SMALL: Final = {"width": 320, "height": 180, "frameRate": 10}
LARGE: Final = {"width": 960, "height": 540, "frameRate": 15}
"""The smallest picture that Chromium sends in three layers."""

PERSON = """
window.quality = [];
window.remote = {people: [], screen: new MediaStream()};
const shown = new Set();
function show(found) {
  window.remote = found;
  for (const stream of [...found.people.map(person => person.stream), found.screen]) {
    if (shown.has(stream)) continue;
    shown.add(stream);
    const element = document.body.appendChild(document.createElement('video'));
    element.autoplay = element.playsInline = true;
    element.width = 64;
    element.srcObject = stream;
  }
}
async function film(video) {
  const stream = await navigator.mediaDevices.getUserMedia({video});
  window.camera = stream.getVideoTracks()[0];
  await media.replace({video: camera});
}
async function enter({seat, seats, video, simulcast, paused}) {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true, video});
  window.camera = stream.getVideoTracks()[0] ?? null;
  window.media = new Venterom.CallMedia({
    join: {type: 'join', consultation: 'c', call: 1, seat, ice_servers: [], relay_only: false, seats},
    send: async message => {
      if (message.type !== 'offer') return;
      const sdp = await relay(message.n, message.sdp);
      await media.answer({type: 'answer', consultation: 'c', call: 1, n: message.n, sdp});
    },
    onRemote: show,
    onState: () => undefined,
    onQuality: seats => quality.push(seats),
    peer: configuration => window.pc = new RTCPeerConnection(configuration),
    simulcast,
    paused,
  }, {audio: stream.getAudioTracks()[0], video: camera});
  await media.start();
}
async function look() {
  const found = {state: media.state, from: {}, sent: {}, packets: {}, available: 0};
  Object.assign(found, {quality: quality.at(-1) ?? [], told: quality.length});
  const whose = new Map(remote.screen.getTracks().map(track => [track.id, 'screen']));
  for (const {seat, stream} of remote.people) for (const track of stream.getTracks()) whose.set(track.id, seat);
  const stats = await pc.getStats();
  stats.forEach(s => {
    if (s.type === 'inbound-rtp') {
      const from = found.from[whose.get(s.trackIdentifier)] ??= {};
      const playedAt = s.estimatedPlayoutTimestamp ?? 0;
      if (s.kind === 'audio') Object.assign(from, {energy: s.totalAudioEnergy ?? 0, soundAt: playedAt});
      else Object.assign(from, {
        frames: s.framesDecoded ?? 0, width: s.frameWidth ?? 0, freezes: s.freezeCount ?? 0, plis: s.pliCount ?? 0,
        mended: s.retransmittedPacketsReceived ?? 0, pictureAt: playedAt,
      });
    }
    if (s.type === 'outbound-rtp') found.packets[s.kind] = (found.packets[s.kind] ?? 0) + (s.packetsSent ?? 0);
    if (s.type === 'outbound-rtp' && s.kind === 'video' && s.mid === pc.getTransceivers()[1].mid) {
      const again = s.retransmittedPacketsSent ?? 0;
      found.sent[s.rid ?? ''] = {width: s.frameWidth ?? 0, plis: s.pliCount ?? 0, again};
    } else if (s.type === 'transport') {
      found.pair = s.selectedCandidatePairId;
      found.available = stats.get(s.selectedCandidatePairId)?.availableOutgoingBitrate ?? 0;
    }
  });
  return found;
}
"""


@functools.cache
def client() -> str:
    """The product's client as one script; `Venterom` holds what it exports."""
    command = [".venv/bin/node", "web/node_modules/.bin/rolldown", "web/src/shared/call.ts"]
    made = subprocess.run(
        [*command, "--format", "iife", "--name", "Venterom"], cwd=ROOT, capture_output=True, check=True
    )
    return made.stdout.decode()


async def open_browser(playwright: Playwright, kind: str = "chromium", *flags: str) -> Browser:
    """A browser with a fake camera and microphone."""
    if kind == "chromium":
        return await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, *flags])
    return await playwright.firefox.launch(
        channel="moz-firefox", executable_path="/usr/bin/firefox-esr", firefox_user_prefs=PREFERENCES
    )


async def open_page(browser: Browser) -> Page:
    """An empty page in a context of its own, where devices may be used."""
    page = await (await browser.new_context()).new_page()
    await page.route(PAGE, lambda route: route.fulfill(content_type="text/html", body="<body></body>"))
    await page.goto(PAGE)
    return page


async def until(page: Page, condition: str, known: Any = None, look: str = "look") -> None:
    """Waits until ``condition`` holds: an expression over ``f``, what ``look`` finds, and ``k``, what is known."""
    loop = f"""async k => {{
      for (;;) {{
        const f = await ({look})();
        if ({condition}) return;
        await new Promise(again => setTimeout(again, 200));
      }}
    }}"""
    try:
        await asyncio.wait_for(page.evaluate(loop, known), PATIENCE)
    except TimeoutError:
        pytest.fail(f"never came true: {condition}; last seen: {json.dumps(await page.evaluate(look))}")


class Person:
    """One seat's page. What `look` finds: ``from`` by seat (and "screen") what is decoded, ``sent`` by layer,
    ``packets`` sent by kind, …"""

    def __init__(self, page: Page, calls: Calls, seat: Seat) -> None:
        self.page = page
        self.seat = seat
        self._calls = calls

    async def enter(
        self,
        seats: Sequence[Seat],
        video: dict[str, int] | bool = True,
        simulcast: bool = True,
        paused: bool = False,
    ) -> None:
        """Take the seat: camera, microphone, and an offer as the product makes it."""

        async def relay(n: int, sdp: str) -> str:
            assert "a=candidate" not in sdp
            return await self._calls.answer(self.seat, n, sdp)

        await self.page.expose_function("relay", relay)
        await self.page.add_script_tag(content=client() + PERSON)
        how = {"seat": self.seat, "seats": list(seats), "video": video, "simulcast": simulcast, "paused": paused}
        await self.page.evaluate("how => enter(how)", how)

    async def do(self, script: str, given: Any = None) -> Any:
        """Run this expression in the page; ``g`` is what is given."""
        return await self.page.evaluate(f"async g => {script}", given)

    async def look(self) -> dict[str, Any]:
        """What its connection counts now."""
        return dict(await self.page.evaluate("look()"))

    async def until(self, condition: str, known: Any = None) -> None:
        """As `until`."""
        await until(self.page, condition, known)

    async def follows(self, *others: "Person", frames: int = 15, sound: bool = True) -> None:
        """Waits until so many more pictures of each of the others have been decoded, and their sound heard."""
        before = (await self.look())["from"]
        for other in others:
            known = {"frames": 0, "energy": 0} | before.get(other.seat, {}) | {"seat": other.seat, "more": frames}
            heard = " && f.from[k.seat].energy > k.energy" if sound else ""
            await self.until(f"f.from[k.seat]?.frames > k.frames + k.more{heard}", known)

    async def leave(self) -> None:
        """Hang up."""
        await self.do("media.close()")


@contextlib.asynccontextmanager
async def people(
    calls: Calls, *seats: Seat, kinds: Sequence[str] = ("chromium",), flags: Sequence[str] = ()
) -> AsyncIterator[list[Person]]:
    """Somebody in each of these seats, each in the browser of this kind (the last one for the rest); nobody has entered
    yet. Pages of one kind share a process."""
    async with async_playwright() as playwright:
        browsers: dict[str, Browser] = {}
        found = []
        for at, seat in enumerate(seats):
            kind = kinds[min(at, len(kinds) - 1)]
            if kind not in browsers:
                browsers[kind] = await open_browser(playwright, kind, *flags)
            found.append(Person(await open_page(browsers[kind]), calls, seat))
        yield found
        for browser in browsers.values():
            await browser.close()
    await calls.close()
