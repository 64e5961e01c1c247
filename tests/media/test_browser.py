"""Two real Chromium pages talk through a worker in this process: directly, and relay-only through coturn.

They make the simplest offers that the worker takes; `test_group.py` has the product's own. coturn's options are in
`turnserver.py`; `--allow-loopback-peers` and `--relay-ip` are what lets it reach a worker on loopback.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from chalicelib.protocol import Seat
from media_worker.port import Port
from media_worker.probe import Probes
from tests.media.pages import open_browser, open_page, until
from tests.media.peers import HERE, PATIENCE, Calls
from tests.media.turnserver import turnserver

SIDE = """
async ({iceServers, relay}) => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: {width: 640, height: 480}});
  const iceTransportPolicy = relay ? 'relay' : 'all';
  const pc = new RTCPeerConnection({iceServers, iceTransportPolicy, bundlePolicy: 'max-bundle'});
  window.pc = pc;
  const audio = pc.addTransceiver(stream.getAudioTracks()[0], {direction: 'sendrecv'});
  const video = pc.addTransceiver(stream.getVideoTracks()[0], {direction: 'sendrecv'});
  const element = document.body.appendChild(document.createElement('video'));
  element.autoplay = element.playsInline = true;
  element.srcObject = new MediaStream([audio.receiver.track, video.receiver.track]);
}
"""
OFFER = """
async (iceRestart) => {
  await pc.setLocalDescription(await pc.createOffer({iceRestart}));
  return pc.localDescription.sdp.replace(/^a=(candidate:.*|end-of-candidates)\\r?\\n/gm, '');
}
"""
ANSWER = "sdp => pc.setRemoteDescription({type: 'answer', sdp})"
FIGURES = """
async () => {
  const found = {state: pc.connectionState, decoded: 0, energy: 0, available: 0, pair: '', local: '', protocol: ''};
  const stats = await pc.getStats();
  stats.forEach(s => {
    if (s.type === 'inbound-rtp' && s.kind === 'video') found.decoded += s.framesDecoded ?? 0;
    if (s.type === 'inbound-rtp' && s.kind === 'audio') found.energy += s.totalAudioEnergy ?? 0;
    if (s.type === 'transport') found.pair = s.selectedCandidatePairId ?? '';
  });
  const pair = stats.get(found.pair);
  if (pair) {
    found.available = pair.availableOutgoingBitrate ?? 0;
    const local = stats.get(pair.localCandidateId);
    found.local = local.candidateType; found.protocol = local.relayProtocol ?? local.protocol;
  }
  return found;
}
"""
TRANSPORT = """
async () => {
  const found = {};
  (await pc.getStats()).forEach(s => {
    if (s.type !== 'transport') return;
    Object.assign(found, {pair: s.selectedCandidatePairId, certificate: s.remoteCertificateId, state: s.dtlsState});
  });
  return found;
}
"""


@contextlib.asynccontextmanager
async def two_pages() -> AsyncIterator[tuple[Page, Page]]:
    async with async_playwright() as playwright:
        browser = await open_browser(playwright)
        yield await open_page(browser), await open_page(browser)
        await browser.close()


async def connect(calls: Calls, page: Page, seat: Seat, n: int, restart: bool = False) -> None:
    sdp = await page.evaluate(OFFER, restart)
    assert "a=candidate" not in sdp
    await page.evaluate(ANSWER, await calls.answer(seat, n, sdp))


async def flows(pages: tuple[Page, Page]) -> None:
    """Decoded frames grow on both sides and sound arrives."""
    for page in pages:
        before = await page.evaluate(FIGURES)
        await until(page, "f.decoded > k.decoded + 30 && f.energy > k.energy", before, FIGURES)


async def call(ice_servers: list[dict[str, object]], relay: bool, protocol: str) -> None:
    calls = Calls()
    async with two_pages() as pages:
        for page, seat in zip(pages, (Seat.CLINICIAN, Seat.PATIENT), strict=True):
            await page.evaluate(SIDE, {"iceServers": ice_servers, "relay": relay})
            await connect(calls, page, seat, 1)
        await flows(pages)
        for page in pages:
            figures = await page.evaluate(FIGURES)
            assert (figures["local"] == "relay") is relay
            assert figures["protocol"] == protocol
    await calls.close()


async def restarts() -> None:
    calls = Calls()
    async with two_pages() as pages:
        clinician, patient = pages
        for page, seat in zip(pages, (Seat.CLINICIAN, Seat.PATIENT), strict=True):
            await page.evaluate(SIDE, {"iceServers": [], "relay": False})
            await connect(calls, page, seat, 1)
        await flows(pages)
        before = await patient.evaluate(TRANSPORT)
        await connect(calls, patient, Seat.PATIENT, 2, restart=True)
        await until(patient, "f.pair && f.pair !== k.pair", before, TRANSPORT)
        after = await patient.evaluate(TRANSPORT)
        assert after["certificate"] == before["certificate"]
        await flows(pages)
        # a page that was reloaded: a wholly new connection in the same seat
        await patient.evaluate("() => pc.close()")
        await patient.evaluate(SIDE, {"iceServers": [], "relay": False})
        await connect(calls, patient, Seat.PATIENT, 3)
        await flows(pages)
        # the sender's own estimate: without transport-cc it stays below 100 kbit/s
        await until(clinician, "f.available > 300_000", None, FIGURES)
    await calls.close()


PROBE = """
async ({iceServers, relay}) => {
  window.pc = new RTCPeerConnection({iceServers, iceTransportPolicy: relay ? 'relay' : 'all'});
  window.channel = pc.createDataChannel('probe', {ordered: false, maxRetransmits: 0});
  channel.binaryType = 'arraybuffer';
  window.opened = new Promise(done => { channel.onopen = done; });
}
"""
MEASURE = """
async () => {
  await opened;
  const found = {frames: 0, up: 0};
  let text = () => undefined;
  channel.onmessage = ({data}) => {
    if (typeof data === 'string') text(JSON.parse(data)); else if (data.byteLength === 1100) found.frames += 1;
  };
  const ask = request => new Promise(done => {
    const again = setInterval(() => channel.send(JSON.stringify(request)), 500);
    channel.send(JSON.stringify(request));
    text = answer => { clearInterval(again); done(answer); };
  });
  found.echo = (await ask({op: 'echo', t: 41})).t;
  for (let i = 0; i < 10; i++) {
    const view = new DataView(new ArrayBuffer(1100));
    view.setUint32(0, i);
    view.setUint16(8, 2);
    channel.send(view.buffer);
  }
  while (found.up < 10) found.up = (await ask({op: 'report', step: 2})).packets;
  channel.send(JSON.stringify({op: 'down', step: 0, kbps: 600, ms: 500}));
  while (found.frames < 30) await new Promise(again => setTimeout(again, 50));
  return found;
}
"""


@pytest.mark.parametrize("relay", [False, True])
def test_the_network_test(tmp_path: Path, relay: bool) -> None:
    async def run() -> None:
        port = Port(HERE)
        port.open()
        probes = Probes(port, most=1)
        async with turnserver(tmp_path) as turn, two_pages() as (page, _):
            await page.evaluate(PROBE, {"iceServers": [turn.server("udp")], "relay": relay})
            await page.evaluate(ANSWER, await probes.answer("probe", await page.evaluate(OFFER, False)))
            found = await asyncio.wait_for(page.evaluate(MEASURE), PATIENCE)
            assert (found["echo"], found["up"]) == (41, 10)
            assert found["frames"] >= 30
        await probes.close()
        port.close()

    asyncio.run(run())


def test_ice_restart_and_a_new_connection_in_the_same_seat() -> None:
    asyncio.run(restarts())


def test_direct() -> None:
    asyncio.run(call([], relay=False, protocol="udp"))


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_relay_only(tmp_path: Path, transport: str) -> None:
    async def run() -> None:
        async with turnserver(tmp_path) as turn:
            await call([turn.server(transport)], relay=True, protocol=transport)

    asyncio.run(run())
