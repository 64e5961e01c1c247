"""The network test's four sentences, each brought about for real: the patient's page, over a wire that is made so.

The whole service runs on one host, with TURN over UDP, TCP and TLS; Chromium and Firefox run on another. A page comes
to the test once; each test changes the wire and lets it measure again.
"""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Playwright, expect, sync_playwright

from local.children import free_port
from local.system import Ports, Reach, System
from local.template import synthesize
from tests.e2e.people import PATIENCE, Patient
from tests.invariants.running import hold
from tests.media.pages import FLAGS, PREFERENCES
from tests.media.turnserver import write_certificate
from tests.nets.forward import forwarded
from tests.nets.pipe import Line
from tests.nets.wires import Host, Net, Wire, possible

pytestmark = pytest.mark.skipif(not possible(), reason="networks take root and /dev/net/tun")

TURN_NAME: Final = "turn.test"
CLEAN: Final = Line(delay_ms=5)
GOOD: Final = "Nettverket ditt er bra"
IMPROVABLE: Final = "Nettverket ditt kan forbedres"
POOR: Final = "Nettverket ditt er for dårlig for videosamtaler"
BLOCKED: Final = "Nettverket ditt blokkerer videosamtaler"


class Firewall:
    """What is not let in to the server: TCP ports."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def close(self, *ports: int) -> None:
        """These instead of those before; packets vanish, as at most firewalls."""
        rules = ["add table inet closed", "delete table inet closed"]
        if ports:
            listed = ",".join(map(str, ports))
            rules += [
                "add table inet closed",
                "add chain inet closed in { type filter hook input priority 0; }",
                f'add rule inet closed in iifname != "lo" tcp dport {{ {listed} }} drop',
            ]
        command = ["ip", "netns", "exec", self._host.namespace, "nft", "-f", "-"]
        subprocess.run(command, input="\n".join(rules) + "\n", text=True, check=True)


@dataclass(frozen=True)
class Service:
    """The running system, and the way there."""

    system: System
    phone: Host
    wire: Wire
    firewall: Firewall
    folder: Path

    @property
    def turn_tcp(self) -> int:
        return self.system.ports.turn

    @property
    def turn_tls(self) -> int:
        return self.system.reach.tls_port

    def mend(self) -> None:
        """A fine wire, and nothing closed."""
        self.wire.set(CLEAN, CLEAN)
        self.firewall.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("verdicts")
    synthesize()  # may fetch packages, which a host of the network could not
    with Net() as net:
        server, phone = net.host("server"), net.host("phone")
        wire = net.wire(phone, server, CLEAN, CLEAN)
        certificate, key = write_certificate(folder, TURN_NAME, server.address)
        phone.name(TURN_NAME, server.address)
        reach = Reach(server.address, TURN_NAME, free_port(), certificate, key)
        ports = Ports.free()
        with server.inside():
            system = System(folder / "state", ports, reach=reach)
            system.start()
        try:
            with forwarded([phone], server, [ports.front, ports.portal]):
                yield Service(system, phone, wire, Firewall(server), folder)
            with server.inside():
                hold(system)
        finally:
            system.stop()


class Visit:
    """The patient's page at the network test."""

    def __init__(self, patient: Patient) -> None:
        self._patient = patient
        self._page = patient.page

    def arrive(self, link: str) -> None:
        """Come as far as the test, which then runs for the first time."""
        self._patient.open(link)
        self._patient.log_in("Kari")
        self._patient.test_devices()
        self._patient.expect_step("network")
        self._done()

    def test(self) -> tuple[str, dict[str, Any]]:
        """Test again: the sentence, and the report that goes to the clinician."""
        self._page.get_by_role("button", name="Test på nytt").click()
        self._done()
        kept = self._page.evaluate(
            "() => Object.entries(sessionStorage).find(([key]) => key.startsWith('venterom.visit.'))[1]"
        )
        sentence = self._page.get_by_text("Nettverket ditt").first
        expect(sentence).to_be_visible()  # or says what is there instead
        return sentence.inner_text(), json.loads(kept)["network"]

    def online(self) -> None:
        """What a browser says when its network is back."""
        self._page.evaluate("() => dispatchEvent(new Event('online'))")

    def _done(self) -> None:
        expect(self._page.get_by_role("button", name="Test på nytt")).to_be_visible(timeout=2 * PATIENCE)


def browser(playwright: Playwright, kind: str, service: Service) -> BrowserContext:
    """One with a fake camera, that trusts the TURN server's certificate."""
    if kind == "chromium":
        flags = [*FLAGS, "--ignore-certificate-errors", "--autoplay-policy=no-user-gesture-required"]
        launched = playwright.chromium.launch(
            executable_path=service.phone.program("/usr/bin/chromium", service.folder), args=flags
        )
        return launched.new_context(locale="nb-NO")
    profile = Path(tempfile.mkdtemp(dir=service.folder))
    trust = ["certutil", "-d", f"sql:{profile}"]
    subprocess.run([*trust, "-N", "--empty-password"], check=True)
    certificate = str(service.system.reach.certificate)
    subprocess.run([*trust, "-A", "-n", "test", "-t", "C,,", "-i", certificate], check=True)
    return playwright.firefox.launch_persistent_context(
        profile,
        channel="moz-firefox",
        executable_path=service.phone.program("/usr/bin/firefox-esr", service.folder),
        firefox_user_prefs=PREFERENCES,
        locale="nb-NO",
    )


@pytest.fixture(scope="class")
def opened(request: pytest.FixtureRequest, service: Service) -> Iterator[Visit]:
    service.mend()
    # Playwright's driver is started on the phone too: Firefox is spoken to over loopback.
    with service.phone.inside():
        starting = sync_playwright()
        playwright = starting.start()
    try:
        context = browser(playwright, request.cls.kind, service)
        visit = Visit(Patient(context.new_page()))
        visit.arrive(service.system.addresses["patient"])
        yield visit
        context.close()
    finally:
        playwright.stop()


@pytest.fixture
def visit(opened: Visit, service: Service) -> Iterator[Visit]:
    service.mend()
    yield opened
    service.mend()


@dataclass(frozen=True)
class Case:
    """What is done to both directions of the wire, and what the test should then say. Ranges hold their ends."""

    line: Line
    sentence: str
    transport: str = "direct"
    rtt_ms: tuple[int, int] = (10, 150)
    jitter_ms: tuple[int, int] = (0, 1_000)  # the verdict bounds it above; a busy machine adds to it
    loss: tuple[float, float] = (0, 0.02)
    kbps: tuple[int, int] = (1_000, 1_500)


VERDICTS: Final = {GOOD: "good", IMPROVABLE: "improvable", POOR: "poor", BLOCKED: "blocked"}
WIRES: Final = {
    "clean": Case(CLEAN, GOOD),
    "some way off": Case(Line(delay_ms=60), GOOD, rtt_ms=(120, 200)),
    "slow and uneven": Case(
        Line(delay_ms=100, jitter_ms=70), IMPROVABLE, rtt_ms=(220, 450), jitter_ms=(8, 1_000), kbps=(350, 1_500)
    ),
    "lossy": Case(Line(delay_ms=5, loss=0.05), IMPROVABLE, loss=(0.021, 0.1), kbps=(350, 1_500)),
    "narrow": Case(Line(delay_ms=5, kbps=600), IMPROVABLE, rtt_ms=(10, 400), loss=(0, 0.1), kbps=(350, 650)),
    # Now and then the handshakes themselves are lost for a quarter of a minute: the ends of both ranges say so.
    "very lossy": Case(Line(delay_ms=5, loss=0.25), POOR, rtt_ms=(10, 5_000), loss=(0.101, 1), kbps=(0, 1_500)),
    "very narrow": Case(Line(delay_ms=5, kbps=200), POOR, rtt_ms=(10, 600), loss=(0, 1), kbps=(50, 250)),
    "very far": Case(Line(delay_ms=350), POOR, rtt_ms=(700, 1_000), loss=(0, 1), kbps=(0, 1_500)),
}
RELAYS: Final = {
    "no UDP": Case(Line(delay_ms=5, udp=False), IMPROVABLE, "relay_tcp", kbps=(1_000, 1_500)),
    "TLS alone": Case(Line(delay_ms=5, udp=False), IMPROVABLE, "relay_tls", kbps=(1_000, 1_500)),
}

IN_BOTH: Final = ("clean", "lossy", "very narrow")
"""Each sentence is brought about in both browsers, the other wires in one: each takes half a minute."""
IN_ONE: Final = tuple(name for name in WIRES if name not in IN_BOTH)


def check(case: Case, tested: tuple[str, dict[str, Any]]) -> None:
    sentence, report = tested
    assert (sentence, report["verdict"]) == (case.sentence, VERDICTS[case.sentence]), report
    assert report["transport"] == case.transport
    for figure in ("rtt_ms", "jitter_ms", "loss"):
        least, most = getattr(case, figure)
        assert least <= report[figure] <= most, report
    least, most = case.kbps
    assert least <= min(report["up_kbps"], report["down_kbps"]) <= most, report


class Wires:
    """What is tried in every browser. Each may have a process to itself: they wait more than they work."""

    kind = ""

    @pytest.mark.parametrize("name", IN_BOTH)
    def test_a_wire(self, visit: Visit, service: Service, name: str) -> None:
        service.wire.set(WIRES[name].line, WIRES[name].line)
        check(WIRES[name], visit.test())

    def test_without_udp_it_goes_over_tcp(self, visit: Visit, service: Service) -> None:
        case = RELAYS["no UDP"]
        service.wire.set(case.line, case.line)
        check(case, visit.test())

    def test_with_port_443_alone_it_goes_over_tls(self, visit: Visit, service: Service) -> None:
        """The port is another here: what matters is that no other one lets media through."""
        case = RELAYS["TLS alone"]
        service.wire.set(case.line, case.line)
        service.firewall.close(service.turn_tcp)
        check(case, visit.test())

    def test_with_no_way_for_media_it_is_blocked(self, visit: Visit, service: Service) -> None:
        """The page and its socket work as before."""
        line = Line(delay_ms=5, udp=False)
        service.wire.set(line, line)
        service.firewall.close(service.turn_tcp, service.turn_tls)
        sentence, report = visit.test()
        assert (sentence, report["verdict"], report["transport"]) == (BLOCKED, "blocked", "none")

    def test_with_no_way_to_the_service_at_all_it_is_blocked_until_there_is_one(
        self, visit: Visit, service: Service
    ) -> None:
        ports = service.system.ports
        service.wire.set(Line(udp=False), Line(udp=False))
        service.firewall.close(service.turn_tcp, service.turn_tls, ports.front)
        sentence, report = visit.test()
        assert (sentence, report["verdict"], report["transport"]) == (BLOCKED, "blocked", "none")
        service.mend()
        visit.online()
        _, report = visit.test()
        assert report["transport"] == "direct", report


class TestChromium(Wires):
    kind = "chromium"

    @pytest.mark.parametrize("name", IN_ONE)
    def test_another_wire(self, visit: Visit, service: Service, name: str) -> None:
        self.test_a_wire(visit, service, name)


class TestFirefox(Wires):
    kind = "firefox"
