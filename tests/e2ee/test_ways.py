"""Whatever way sealed frames take: Chromium's older transforms, a shared screen, a camera in several sizes."""

import time
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import PATIENCE, Patient
from tests.e2ee.dump import opened, read, seen, streams
from tests.e2ee.pages import KEYS, expect_alive, expect_same_codes, expect_sealed, keys, wait_as_guest

OLDER: Final = """
delete window.RTCRtpScriptTransform;
window.__older = 0;
for (const of of [RTCRtpSender, RTCRtpReceiver]) {
  of.prototype.createEncodedStreams = new Proxy(of.prototype.createEncodedStreams, {
    apply(...call) { window.__older++; return Reflect.apply(...call); },
  });
}
"""
"""Run in a page: its browser is one from before the standard's transforms, and counts what it leads the older way."""
STANDARD: Final = "window.__older = 0;"

MOVES: Final = """
async patience => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 64, height: 36});
  const context = canvas.getContext('2d', {willReadFrequently: true});
  const look = () => {
    const video = document.querySelector('video[data-role=screen]');
    if (!video?.videoWidth) return null;
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    return context.getImageData(0, 0, canvas.width, canvas.height).data;
  };
  let first = null;
  for (const end = performance.now() + patience; performance.now() < end;) {
    const now = look();
    first ??= now;
    if (now && first.some((value, at) => Math.abs(value - now[at]) > 8)) return true;
    await new Promise(again => setTimeout(again, 100));
  }
  return false;
}
"""
"""Waits in a page until the shared screen that it shows has changed."""

SENT: Final = """
async () => {
  const sent = {};
  for (const pc of __peerConnections) {
    if (pc.connectionState !== 'connected') continue;
    (await pc.getStats()).forEach(s => {
      if (s.type === 'outbound-rtp' && s.kind === 'video' && s.rid && s.framesSent > 0) sent[s.rid] = s.frameHeight;
    });
  }
  return sent;
}
"""
"""The lines of each size of the camera that a page sends."""

HEIGHT: Final = """
([seat, low, high]) => {
  const height = document.querySelector(`.v-person[data-seat=${seat}] video`)?.videoHeight ?? 0;
  return height > low && height <= high;
}
"""
SMALLEST: Final = 180
"""Lines that the smallest size has at most, and the others more: a quarter of the camera's."""


@pytest.mark.parametrize("theirs", [OLDER, STANDARD], ids=["both", "hers"])
def test_chromium_from_before_the_standard(meet, chromium, theirs: str) -> None:
    clinician, patient, _ = meet(browser=chromium, scripts=[OLDER], patient={"scripts": [theirs]})
    expect_same_codes(clinician=clinician.page, patient=patient.page)
    expect_alive(clinician.page, "patient")
    expect_alive(patient.page, "clinician")
    ways = [page.evaluate("() => __older > 0") for page in (clinician.page, patient.page)]
    assert ways == [True, theirs == OLDER], "each went the way it was to go"


def test_a_shared_screen_is_sealed_with_keys_of_its_own(meet, chromium, tap) -> None:
    since = time.time()
    clinician, patient, _ = meet(browser=chromium, scripts=[KEYS])
    for page in (clinician.page, patient.page):
        expect_sealed(page)
    clinician.page.get_by_role("button", name="Del skjerm").click()
    expect(clinician.page.get_by_text("Du deler skjermen din", exact=False)).to_be_visible()
    screen = patient.page.locator("video[data-role=screen]")
    expect(screen).to_be_visible()
    assert patient.page.evaluate(MOVES, PATIENCE)
    for page in (clinician.page, patient.page):
        expect_sealed(page)
    heard = read(tap, since)
    shown = opened(heard, keys(clinician.page), "screen")
    (ssrc,) = [ssrc for ssrc, frames in shown.items() if frames]
    assert seen(shown[ssrc]), "who has the clinician's keys sees it"
    assert len(shown[ssrc]) > 0.9 * len(streams(heard, video=True)[ssrc]), "all of it was sealed, but for what was lost"
    clinician.page.get_by_role("button", name="Stopp deling").click()
    expect(screen).to_have_count(0)
    expect_alive(patient.page, "clinician")


def expect_lines(page: Page, seat: str, low: int, high: int) -> None:
    """Wait until this person is seen in more than ``low`` lines, and no more than ``high``."""
    page.wait_for_function(HEIGHT, arg=[seat, low, high], polling=200)


def wants(page: Page, pictures: str) -> None:
    page.get_by_label(pictures).check()


def test_sizes_switch_in_a_sealed_call_of_three(wait_in, open_patient, outbox) -> None:
    clinician, patient, consultation = wait_in()
    number = outbox.new_number()
    clinician.add_guest(consultation, "Tolk", "Tone Tolk", number)
    guest: Patient = open_patient()
    wait_as_guest(guest, outbox, number)
    clinician.call(consultation)
    patient.accept()
    clinician.let_in()
    guest.accept()
    everybody: dict[str, Page] = {"clinician": clinician.page, "patient": patient.page, "guest1": guest.page}
    codes = expect_same_codes(**everybody)
    expect_alive(patient.page, "clinician", "guest1", known=False)

    patient.page.bring_to_front()
    patient.page.get_by_role("button", name="Innstillinger").click()
    for _ in range(2):
        wants(patient.page, "Litt: små bilder")
        for seat in ("clinician", "guest1"):
            expect_lines(patient.page, seat, 0, SMALLEST)
        expect_alive(patient.page, "clinician", "guest1", known=False)
        wants(patient.page, "Nei, vis bilder")
        expect_lines(patient.page, "clinician", SMALLEST, 10_000)
        expect_alive(patient.page, "clinician", "guest1", known=False)
    sent: dict[str, Any] = clinician.page.evaluate(SENT)
    assert len(sent) > 1, f"she sends only {sent}"
    for page in everybody.values():
        expect_sealed(page)
    assert expect_same_codes(**everybody) == codes, "nobody began anew"
