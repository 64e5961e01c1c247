"""The running system and real browsers."""

import secrets
from collections.abc import Callable, Iterable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from local.children import Child
from local.seed import latest_link
from local.system import TRUST, Ports, System, national_id
from tests.e2e.browsers import Browsers, faults, start_sound
from tests.e2e.people import FORCE_RELAY, KEEP_CONNECTIONS, Clinician, Patient


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
def browsers(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsers]:
    sound: list[Child] = []
    folder = tmp_path_factory.mktemp("sound")

    def sound_server() -> str:
        if not sound:
            sound.append(start_sound(folder))
        return f"unix:{folder}/native"

    opened = Browsers(playwright, sound_server)
    yield opened
    opened.close()
    for child in sound:
        child.stop()


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
def open_page(browsers: Browsers) -> Iterator[Callable[..., Page]]:
    """Opens a window with cookies of its own and a fake camera and microphone; errors in it fail the test.

    ``browser`` is "chromium", "firefox" or one that was opened for the test; ``scripts`` run before the page's own.
    """
    contexts: list[BrowserContext] = []
    errors: list[list[str]] = []

    def open_(
        browser: Browser | str = "chromium", *, relay: bool = False, scripts: Iterable[str] = (), **options
    ) -> Page:
        chosen = browsers.of(browser) if isinstance(browser, str) else browser
        context = chosen.new_context(locale="nb-NO", **options)
        contexts.append(context)
        for script in (KEEP_CONNECTIONS, *([FORCE_RELAY] if relay else []), *scripts):
            context.add_init_script(script)
        page = context.new_page()
        errors.append(faults(page))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert [error for of_page in errors for error in of_page] == []


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
