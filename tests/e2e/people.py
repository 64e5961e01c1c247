"""The people of the end-to-end tests: what a patient and a clinician do, in the words on their buttons."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, Page, WebSocketRoute, expect

PATIENCE: Final = 60_000
"""Milliseconds that a step may take on a busy machine before the test gives up; no test measures time."""
expect.set_options(timeout=PATIENCE)

FRAMES = """
async () => {
  const out = {decoded: 0, energy: 0, sent: 0, relayed: null};
  for (const pc of window.__peerConnections ?? []) {
    if (pc.connectionState !== 'connected') continue;
    const stats = await pc.getStats();
    let pair = null;
    stats.forEach(s => { if (s.type === 'transport') pair = s.selectedCandidatePairId; });
    stats.forEach(s => {
      if (s.type === 'inbound-rtp' && s.kind === 'video') out.decoded += s.framesDecoded ?? 0;
      if (s.type === 'inbound-rtp' && s.kind === 'audio') out.energy += s.totalAudioEnergy ?? 0;
      if (s.type === 'outbound-rtp' && s.kind === 'video') out.sent += s.framesSent ?? 0;
      if (s.type === 'candidate-pair' && (s.id === pair || s.selected)) {
        const local = stats.get(s.localCandidateId);
        out.relayed = local ? local.candidateType === 'relay' : null;
      }
    });
  }
  return out;
}
"""

# Lets a test ask a page for its statistics; the page itself knows nothing of it.
KEEP_CONNECTIONS = """
window.__peerConnections = [];
window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
  construct(target, args, newTarget) {
    const pc = Reflect.construct(target, args, newTarget);
    window.__peerConnections.push(pc);
    return pc;
  },
});
"""

# An empty page has no storage in Firefox.
FORCE_RELAY = "try { localStorage.setItem('venterom.relay', '1'); } catch {}"


@dataclass(frozen=True)
class Flow:
    """What arrives at one side of a call."""

    decoded: int
    energy: float
    relayed: bool | None


def flow(page: Page) -> Flow:
    """The page's figures at this moment."""
    figures: dict[str, Any] = page.evaluate(FRAMES)
    return Flow(figures["decoded"], figures["energy"], figures["relayed"])


def expect_media(page: Page) -> Flow:
    """Wait until pictures are being decoded and sound arrives: both grow from where they were."""
    before = flow(page)
    # Playwright's wait_for_function takes an async function's promise for its answer, so the page waits by itself.
    grew: bool = page.evaluate(
        f"""async ([decoded, energy, patience]) => {{
          for (const end = performance.now() + patience; performance.now() < end;) {{
            const now = await ({FRAMES})();
            if (now.decoded > decoded + 5 && now.energy > energy) return true;
            await new Promise(resolve => setTimeout(resolve, 200));
          }}
          return false;
        }}""",
        [before.decoded, before.energy, PATIENCE],
    )
    assert grew, f"nothing arrived after {before}"
    return flow(page)


def log_in(page: Page, person: str, eid: str | None = None) -> None:
    """Choose a test person (and an e-ID) at the stand-in portal."""
    expect(page.locator("form")).to_be_visible()
    page.get_by_label(person, exact=False).first.check()
    if eid is None:
        page.get_by_role("button", name="Logg inn").first.click()
    else:
        page.get_by_label(eid, exact=True).check()
        page.get_by_role("button", name="Logg inn").first.click()


@dataclass(frozen=True)
class Booking:
    """What the clinician types into the form."""

    name: str
    phone: str = ""
    email: str = ""
    level: str = "Høyt"
    national_id: str = ""
    minutes_from_now: int = 30
    department: str = ""  # for who works in several


class Wire:
    """A page's way to the service, to be cut: its socket ends, and nothing new gets through."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._sockets: list[WebSocketRoute] = []
        page.route_web_socket(re.compile(r"/ws\?"), self._pass)

    def _pass(self, socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        self._sockets.append(socket)

    def cut(self) -> None:
        self._page.context.set_offline(True)
        for socket in self._sockets:
            socket.close()
        self._sockets.clear()

    def mend(self) -> None:
        self._page.context.set_offline(False)


class Clinician:
    """A clinician at her page."""

    def __init__(self, page: Page, address: str, person: str) -> None:
        self.page = page
        self.address = address
        self.person = person

    def arrive(self) -> None:
        self.page.goto(self.address)
        self.page.get_by_role("link", name="Logg inn").click()
        self.log_in()

    def log_in(self) -> None:
        """At the trust's issuer, and back to the list."""
        log_in(self.page, self.person)
        expect(self.page.locator("[data-view=list] [data-day]")).to_be_visible()  # the list has come

    def book(self, booking: Booking) -> str:
        """Fill in the form; return the consultation's id as the new row shows it."""
        rows = self.page.locator("[data-consultation]")
        known = set(rows.evaluate_all("rows => rows.map(r => r.dataset.consultation)"))
        self.page.get_by_role("button", name="Ny konsultasjon").click()
        form = self.page.get_by_role("dialog")
        if booking.department:
            form.get_by_label("Avdeling").select_option(label=booking.department)
        form.get_by_label("Pasientens navn").fill(booking.name)
        form.get_by_label("Mobiltelefon").fill(booking.phone)
        form.get_by_label("E-post").fill(booking.email)
        # Today for as long as today lasts: the list shows one day.
        now = datetime.now(ZoneInfo("Europe/Oslo"))
        starts = min(now + timedelta(minutes=booking.minutes_from_now), now.replace(hour=23, minute=59))
        form.get_by_label("Dato").fill(starts.strftime("%Y-%m-%d"))
        form.get_by_label("Klokkeslett").fill(starts.strftime("%H:%M"))
        form.get_by_label("Innloggingsnivå").select_option(label=booking.level)
        form.get_by_label("Fødselsnummer (valgfritt)").fill(booking.national_id)
        form.get_by_role("button", name="Book", exact=False).click()
        expect(form).to_be_hidden()
        self.page.wait_for_function(
            "known => [...document.querySelectorAll('[data-consultation]')]"
            ".some(r => !known.includes(r.dataset.consultation))",
            arg=sorted(known),
        )
        now_there = rows.evaluate_all("rows => rows.map(r => r.dataset.consultation)")
        (new,) = set(now_there) - known
        return str(new)

    def row(self, consultation: str) -> Locator:
        return self.page.locator(f"[data-consultation='{consultation}']")

    def expect_state(self, consultation: str, state: str) -> None:
        expect(self.row(consultation)).to_have_attribute("data-state", state)

    def call(self, consultation: str) -> None:
        self.page.bring_to_front()  # Firefox gives devices to the window in front
        self.row(consultation).get_by_role("button", name="Ring", exact=True).click()
        expect(self.page.locator("[data-view=call]")).to_be_visible()

    def hang_up(self) -> None:
        self.page.get_by_role("button", name="Avslutt samtale").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Ja, avslutt").click()

    def leave_call(self) -> None:
        """Hang up if a test that failed left her in a call: it would be taken up again by the next test's page."""
        self.page.evaluate(
            """async () => {
              for (const words of ["Avslutt samtale", "Ja, avslutt"]) {
                [...document.querySelectorAll("button")].find(button => button.textContent.includes(words))?.click();
                await new Promise(drawn => setTimeout(drawn));
              }
            }"""
        )

    def more(self, consultation: str, action: str) -> None:
        """Choose something of a row's «Mer»."""
        self.row(consultation).locator(".s-row__actions").get_by_role("button", name="Mer", exact=True).click()
        self.row(consultation).get_by_role("button", name=action, exact=True).click()

    def cancel(self, consultation: str) -> None:
        self.more(consultation, "Avlys")
        self.page.get_by_role("dialog").get_by_role("button", name="Ja, avlys").click()

    def show_done(self) -> None:
        """Unfold what is over."""
        self.page.locator("[data-part=done] > summary").click()

    def add_guest(self, consultation: str, kind: str, name: str, phone: str) -> None:
        """«Legg til deltaker» from the list; ``kind`` as the form words it."""
        self.more(consultation, "Legg til deltaker")
        form = self.page.get_by_role("dialog")
        form.get_by_label(kind, exact=True).check()
        form.get_by_label("Navn", exact=True).fill(name)
        form.get_by_label("Mobiltelefon").fill(phone)
        form.get_by_role("button", name="Legg til og send lenke").click()
        expect(form).to_be_hidden()
        expect(self.row(consultation).locator("[data-guest]", has_text=name)).to_be_visible()

    def let_in(self) -> None:
        """Whoever knocks while a call goes on."""
        self.page.locator("[data-banner=knocking]").get_by_role("button", name="Slipp inn").click()


class Patient:
    """A patient at the visit's page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def expect_step(self, step: str) -> None:
        expect(self.page.locator(f"main[data-step={step}]")).to_be_visible()

    def open(self, link: str) -> None:
        self.page.goto(link)

    def log_in(self, person: str, eid: str = "BankID") -> None:
        self.expect_step("login")
        self.page.get_by_role("button", name="Logg inn").click()
        log_in(self.page, person, eid)

    def ask_for_code(self) -> None:
        self.expect_step("login")
        self.page.get_by_role("button", name="Send kode", exact=True).click()
        expect(self.page.get_by_label("Koden fra SMS-en")).to_be_focused()

    def give_code(self, code: str) -> None:
        self.page.get_by_label("Koden fra SMS-en").fill(code)
        self.page.get_by_role("button", name="Fortsett").click()

    def test_devices(self) -> None:
        self.expect_step("access")
        self.page.get_by_role("button", name="Gi tilgang til kamera og mikrofon").click()
        for question in ("camera", "speaker", "microphone"):
            self.expect_step(question)
            self.page.get_by_role("button", name="Ja", exact=True).click()

    def test_network(self) -> str:
        """Run the network test; return the sentence it ends with."""
        self.expect_step("network")
        verdict = self.page.get_by_text("Nettverket ditt", exact=False).first
        expect(verdict).to_be_visible()
        return verdict.inner_text()

    def skip_network(self) -> None:
        """Do without the network test, where it is not what the test is about."""
        self.expect_step("network")
        self.page.get_by_role("button", name="Hopp over testen").click()

    def check_in(self) -> None:
        """«Neste» if the network's verdict is shown, then «Jeg er klar»."""
        if self.page.locator("main[data-step=network]").count():
            self.page.get_by_role("button", name="Neste").click()
        self.expect_step("ready")
        self.page.get_by_role("button", name="Jeg er klar, gi beskjed til", exact=False).click()
        self.expect_step("waiting")

    def wait_with_sound_only(self) -> None:
        """To the waiting room the short way: no camera, no network test."""
        self.expect_step("access")
        self.page.get_by_role("button", name="Bare lyd").click()
        for question in ("speaker", "microphone"):
            self.expect_step(question)
            self.page.get_by_role("button", name="Ja", exact=True).click()
        self.expect_step("network")
        self.page.get_by_role("button", name="Hopp over testen").click()
        self.expect_step("ready")
        self.page.get_by_role("button", name="Jeg er klar, gi beskjed til", exact=False).click()
        self.expect_step("waiting")

    def leave_waiting_room(self) -> None:
        self.page.get_by_role("button", name="Forlat venterommet").click()
        self.page.get_by_role("alertdialog").get_by_role("button", name="Forlat venterommet").click()
        self.expect_step("ready")

    def accept(self) -> None:
        self.page.bring_to_front()
        self.expect_step("ringing")
        self.page.get_by_role("button", name="Aksepter samtale").click()
        self.expect_step("call")

    def hang_up(self) -> None:
        self.page.get_by_role("button", name="Avslutt samtale").click()
        self.page.get_by_role("alertdialog").get_by_role("button", name="Avslutt samtale").click()

    def expect_error(self, words: str) -> None:
        expect(self.page.locator("main")).to_contain_text(words)

    def give_feedback(self) -> None:
        self.expect_step("feedback")
        self.page.get_by_label("Bra", exact=True).check()
        self.page.get_by_role("button", name="Send tilbakemelding").click()
        self.expect_step("thanks")
