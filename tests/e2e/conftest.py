"""The running system and real browsers."""

import re
import secrets
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from local.seed import latest_link
from local.system import TRUST, Ports, System, national_id
from tests.e2e.people import FORCE_RELAY, KEEP_CONNECTIONS, Clinician, Patient

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The whole service, on free ports, with a state of its own."""
    with System(tmp_path_factory.mktemp("state"), Ports.free()) as running:
        yield running


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


class Outbox:
    """What was sent, as the recipients would find it."""

    def __init__(self, system: System) -> None:
        self._origin = system.origin

    def new_number(self) -> str:
        """A mobile number that nobody in this run has had."""
        return f"+479{secrets.randbelow(10**7):07d}"

    def link_to(self, number: str) -> str:
        """The link in the newest SMS to a number."""
        return latest_link(self._origin, number)


@pytest.fixture
def outbox(system: System) -> Outbox:
    return Outbox(system)


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a window with cookies of its own and the fake camera and microphone; errors in it fail the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_(*, relay: bool = False, **options) -> Page:
        context = chromium.new_context(locale="nb-NO", **options)
        contexts.append(context)
        context.add_init_script(KEEP_CONNECTIONS)
        if relay:
            context.add_init_script(FORCE_RELAY)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if _serious(message) else None)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert errors == []


def _serious(message) -> bool:
    # Chromium writes every failed request to the console; those are looked at where they are expected.
    return message.type == "error" and not re.search(r"Failed to load resource", message.text)


@pytest.fixture
def open_clinician(system: System, open_page) -> Callable[..., Clinician]:
    def open_(person: str = "Ingrid Berg", **options) -> Clinician:
        return Clinician(open_page(**options), system.addresses["clinician"], person)

    return open_


@pytest.fixture
def open_patient(open_page) -> Callable[..., Patient]:
    return lambda **options: Patient(open_page(**options))


@pytest.fixture(scope="session")
def kari_id() -> str:
    """The national identity number of the test person Kari."""
    return national_id("kari")


@pytest.fixture(scope="session")
def trust() -> str:
    return str(TRUST["trust"]["id"])
