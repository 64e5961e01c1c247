"""A page that sends the fake camera or shows what arrives, in a browser of its own on a host of its own."""

import asyncio
from pathlib import Path
from typing import Any, Final

import msgspec
from playwright.async_api import Page, Playwright

from tests.nets.wires import Host

CHROMIUM: Final = "/usr/bin/chromium"
ADDRESS: Final = "https://page.test/"
FLAGS: Final = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--no-sandbox"]
PATIENCE: Final = 30.0

SCRIPT: Final = r"""
const bare = sdp => sdp.replace(/^a=(candidate:.*|end-of-candidates)\r?\n/gm, '');
const wanted = {audio: /^audio\/opus$/i, video: /^video\/(vp8|rtx)$/i};
const side = {};
let pc = null;
let camera = null;
const show = document.body.appendChild(document.createElement('video'));
show.autoplay = show.playsInline = true;

side.open = async (sends, direction) => {
  pc?.close();
  camera ??= await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 640, height: 480, frameRate: 30}});
  pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  const stream = new MediaStream();
  show.srcObject = stream;
  pc.ontrack = ({track}) => stream.addTrack(track);
  if (direction === null) return;
  for (const kind of ['audio', 'video']) {
    const track = camera.getTracks().find(one => one.kind === kind);
    const transceiver = pc.addTransceiver(sends ? track : kind, {direction});
    const codecs = RTCRtpReceiver.getCapabilities(kind).codecs;
    transceiver.setCodecPreferences(codecs.filter(({mimeType}) => wanted[kind].test(mimeType)));
  }
};
side.offer = async () => {
  await pc.setLocalDescription(await pc.createOffer());
  return bare(pc.localDescription.sdp);
};
side.accept = async sdp => {
  await pc.setRemoteDescription({type: 'answer', sdp});
  for (const sender of pc.getSenders()) {
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) if (sender.track?.kind === 'video') encoding.maxBitrate = 1_500_000;
    if (sender.track) await sender.setParameters(parameters);
  }
};
side.answer = async sdp => {
  await pc.setRemoteDescription({type: 'offer', sdp});
  await pc.setLocalDescription(await pc.createAnswer());
  return bare(pc.localDescription.sdp);
};
side.figures = async () => {
  const found = {};
  const add = (name, figure) => { found[name] = (found[name] ?? 0) + (figure ?? 0); };
  (await pc.getStats()).forEach(s => {
    if (s.type === 'inbound-rtp' && s.kind === 'video') {
      add('decoded', s.framesDecoded); add('keyframes', s.keyFramesDecoded);
      add('freezes', s.freezeCount); add('frozen_s', s.totalFreezesDuration);
      add('lost', s.packetsLost); add('nacks', s.nackCount); add('plis', s.pliCount); add('bytes', s.bytesReceived);
    } else if (s.type === 'inbound-rtp' && s.kind === 'audio') {
      add('samples', s.totalSamplesReceived); add('concealed', s.concealedSamples);
    } else if (s.type === 'outbound-rtp' && s.kind === 'video') {
      add('sent', s.framesSent); add('sent_bytes', s.bytesSent);
      add('sender_nacks', s.nackCount); add('sender_plis', s.pliCount);
    }
  });
  return found;
};
side.decoded = async frames => {
  while (((await side.figures()).decoded ?? 0) < frames) await new Promise(again => setTimeout(again, 100));
};
"""


class Figures(msgspec.Struct):
    """What getStats counted since the connection began; a sender's and a receiver's, the other's are 0.

    Frames, bytes, samples and feedback messages are counted; `frozen_s` are seconds.
    """

    decoded: int = 0
    keyframes: int = 0
    freezes: int = 0
    frozen_s: float = 0.0
    lost: int = 0
    nacks: int = 0
    plis: int = 0
    bytes: int = 0
    samples: int = 0
    concealed: int = 0
    sent: int = 0
    sent_bytes: int = 0
    sender_nacks: int = 0
    sender_plis: int = 0


class Browser:
    """One side of a call."""

    def __init__(self, page: Page) -> None:
        self._page = page

    @classmethod
    async def start(cls, playwright: Playwright, host: Host, directory: Path, film: Path) -> "Browser":
        """``directory`` is for a script that starts Chromium on ``host``; ``film`` is what its camera sees."""
        program = host.program(CHROMIUM, directory)
        browser = await playwright.chromium.launch(
            executable_path=program, args=[*FLAGS, f"--use-file-for-fake-video-capture={film}"]
        )
        page = await browser.new_page()
        body = f"<body><script>{SCRIPT}</script></body>"
        await page.route(ADDRESS, lambda route: route.fulfill(content_type="text/html", body=body))
        await page.goto(ADDRESS)
        return cls(page)

    async def open(self, sends: bool, direction: str | None) -> None:
        """A new connection, with audio and video to be offered in this direction; None when the relay will offer."""
        await self._page.evaluate("([sends, direction]) => side.open(sends, direction)", [sends, direction])

    async def offer(self) -> str:
        return str(await self._page.evaluate("() => side.offer()"))

    async def accept(self, answer: str) -> None:
        await self._page.evaluate("sdp => side.accept(sdp)", answer)

    async def answer(self, offer: str) -> str:
        return str(await self._page.evaluate("sdp => side.answer(sdp)", offer))

    async def decoded(self, frames: int) -> None:
        """Waits for so many. Raises TimeoutError."""
        await asyncio.wait_for(self._page.evaluate("frames => side.decoded(frames)", frames), PATIENCE)

    async def figures(self) -> Figures:
        found: Any = await self._page.evaluate("() => side.figures()")
        return msgspec.convert(found, Figures)

    async def close(self) -> None:
        if self._page.context.browser is not None:
            await self._page.context.browser.close()
