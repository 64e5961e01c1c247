"""A phone leaves its Wi-Fi in the middle of a call: the picture comes back over the mobile network, on the same call.

Three hosts in namespaces: the worker (this process), the phone with two uplinks, and the clinician's desk. Either page
is a real Chromium. That it is the same call is told by what would change otherwise: the certificate that the worker
showed, the SSRCs both ways, and decoded frames that count on from where they were.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Page, Playwright, async_playwright

from chalicelib.protocol import Seat
from media_worker.port import Endpoint
from tests.media.pages import FLAGS, PAGE, until
from tests.media.peers import Calls
from tests.media.test_browser import SIDE, connect, flows
from tests.nets.wires import Host, Net, Wire, possible

pytestmark = pytest.mark.skipif(not possible(), reason="network namespaces need root and /dev/net/tun")

CALL = """
async () => {
  const found = {ice: pc.iceConnectionState, address: '', certificate: '', ssrcs: [], decoded: 0, heard: 0};
  const certificates = pc.getSenders()[0].transport.getRemoteCertificates();
  found.certificate = btoa(certificates.map(one => String.fromCharCode(...new Uint8Array(one))));
  const stats = await pc.getStats();
  stats.forEach(s => {
    if (s.type === 'transport') {
      const pair = stats.get(s.selectedCandidatePairId);
      found.address = pair ? stats.get(pair.localCandidateId).address : '';
    } else if (s.type === 'inbound-rtp' || s.type === 'outbound-rtp') {
      found.ssrcs.push(`${s.type} ${s.kind} ${s.ssrc}`);
      if (s.kind === 'video') found.decoded += s.framesDecoded ?? 0;
      if (s.kind === 'audio') found.heard += s.packetsReceived ?? 0;
    }
  });
  found.ssrcs = found.ssrcs.sort().join();
  return found;
}
"""
SAME = "f.certificate === k.certificate && f.ssrcs === k.ssrcs"


async def open_page(playwright: Playwright, host: Host, directory: Path) -> Page:
    chromium = host.program("/usr/bin/chromium", directory)
    browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
    page = await browser.new_page()
    await page.route(PAGE, lambda route: route.fulfill(content_type="text/html", body="<body></body>"))
    await page.goto(PAGE)
    await page.evaluate(SIDE, {"iceServers": [], "relay": False})
    return page


class Call:
    """A call between the desk and the phone, and the phone's two uplinks."""

    def __init__(self, calls: Calls, clinician: Page, patient: Page, phone: Host, wifi: Wire, mobile: Wire) -> None:
        self.calls = calls
        self.clinician = clinician
        self.patient = patient
        self.phone = phone
        self.wifi = wifi
        self.mobile = mobile

    async def start(self) -> None:
        await connect(self.calls, self.clinician, Seat.CLINICIAN, 1)
        await connect(self.calls, self.patient, Seat.PATIENT, 1)
        await self.flow()

    async def flow(self) -> None:
        await flows((self.clinician, self.patient))

    async def is_on(self, wire: Wire) -> None:
        """Waits until the phone's packets go this way."""
        await until(self.patient, "f.address === k.address", {"address": wire.address(self.phone)}, CALL)

    @contextlib.asynccontextmanager
    async def stays(self) -> AsyncIterator[None]:
        """Whatever happens meanwhile, afterwards it is the same call and it flows."""
        before = [(page, await page.evaluate(CALL)) for page in (self.clinician, self.patient)]
        yield
        for page, known in before:
            await until(page, f"{SAME} && f.decoded > k.decoded + 30 && f.heard > k.heard + 50", known, CALL)
        await self.flow()


def in_a_call(directory: Path, scene: Callable[[Call], Awaitable[None]], mobile_from_the_start: bool) -> None:
    async def run() -> None:
        calls = Calls(endpoint=Endpoint((worker.address,)))
        async with async_playwright() as playwright:
            clinician, patient = [await open_page(playwright, host, directory) for host in (desk, phone)]
            call = Call(calls, clinician, patient, phone, wifi, mobile)
            await call.start()
            await scene(call)
            for page in (clinician, patient):
                assert page.context.browser is not None
                await page.context.browser.close()
        await calls.close()

    with Net() as net:
        worker, phone, desk = net.host("worker"), net.host("phone"), net.host("desk")
        net.wire(desk, worker, name="lan")
        wifi, mobile = net.wire(phone, worker, name="wifi"), net.wire(phone, worker, name="mobile")
        if not mobile_from_the_start:
            mobile.unplug(phone)
        with worker.inside():
            asyncio.run(run())


def test_an_ice_restart_brings_the_picture_back_on_another_network(tmp_path: Path) -> None:
    async def scene(call: Call) -> None:
        for n, left, joined in ((2, call.wifi, call.mobile), (3, call.mobile, call.wifi)):  # and home again
            async with call.stays():
                left.unplug(call.phone)
                joined.plug(call.phone)
                await until(call.patient, "f.ice === 'disconnected' || f.ice === 'failed'", None, CALL)
                await connect(call.calls, call.patient, Seat.PATIENT, n, restart=True)
                await call.is_on(joined)

    in_a_call(tmp_path, scene, mobile_from_the_start=False)


def test_the_browser_changes_over_by_itself_and_the_worker_follows(tmp_path: Path) -> None:
    async def scene(call: Call) -> None:
        present = await call.patient.evaluate(CALL)
        wires = [call.wifi, call.mobile]
        if present["address"] == call.mobile.address(call.phone):  # the browser's own choice, and either will do
            wires.reverse()
        async with call.stays():
            wires[0].cut()
            await call.is_on(wires[1])

    in_a_call(tmp_path, scene, mobile_from_the_start=True)
