"""The running system and real browsers."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from local import seed
from local.system import TRUST, Ports, System, national_id
from tests.e2e.browsers import Browsers, faults, opened
from tests.e2e.people import FORCE_RELAY, KEEP_CONNECTIONS, PATIENCE, Booking, Clinician, Patient, expect_media
from tests.invariants.running import hold


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The whole service, on free ports, with a state of its own."""
    with System(tmp_path_factory.mktemp("state"), Ports.free()) as running:
        yield running
        hold(running)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browsers(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsers]:
    with opened(playwright, tmp_path_factory.mktemp("sound")) as browsers:
        yield browsers


class Outbox:
    """What was sent, as the recipients would find it."""

    def __init__(self, system: System) -> None:
        self._origin = system.origin

    def new_number(self) -> str:
        """A mobile number that nobody in this run has had."""
        return f"+479{secrets.randbelow(10**7):07d}"

    def link_to(self, number: str) -> str:
        """The link in the newest SMS to a number."""
        return seed.latest_link(self._origin, number)

    def code_to(self, number: str) -> str:
        """The one-time code in the newest SMS to a number."""
        return seed.latest_code(self._origin, number)


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
        context.set_default_timeout(PATIENCE)
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
def invite(system: System, trust: str) -> Callable[..., str]:
    """Books over the API, without a login unless ``changes`` say otherwise; the link from the patient's SMS."""
    desk = seed.Clinician(system.origin, trust)
    desk.log_in("omar-haddad")

    def invite_(**changes: str) -> str:
        phone = f"+479{secrets.randbelow(10**7):07d}"
        body = {
            "department": "medisinsk",
            "patient_name": "Per Prøve",
            "phone": phone,
            "starts": (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "login_level": "none",
            "send": "now",
        }
        desk.post("consultations", body | changes, **{"Idempotency-Key": secrets.token_urlsafe(8)})
        return seed.latest_link(system.origin, changes.get("phone", phone))

    return invite_


@pytest.fixture
def wait_in(open_clinician, open_patient, outbox) -> Iterator[Callable[..., tuple[Clinician, Patient, str]]]:
    """A clinician and a patient who waits for her, each in a browser of this kind, and the consultation's id.

    Further options are as those of `open_page`; those of ``patient`` are the patient's alone.
    """
    clinicians: list[Clinician] = []

    def wait_in_(*, patient: dict[str, Any] | None = None, **options) -> tuple[Clinician, Patient, str]:
        clinician = open_clinician(**options)
        clinicians.append(clinician)
        clinician.arrive()
        number = outbox.new_number()
        consultation = clinician.book(Booking(name="Mette Møter", phone=number, level="Ingen"))
        waiting = open_patient(**options | (patient or {}))
        waiting.open(outbox.link_to(number))
        waiting.test_devices()
        waiting.skip_network()
        waiting.check_in()
        clinician.expect_state(consultation, "checked_in")
        return clinician, waiting, consultation

    yield wait_in_
    for clinician in clinicians:
        clinician.leave_call()


@pytest.fixture
def meet(wait_in) -> Callable[..., tuple[Clinician, Patient, str]]:
    """As `wait_in`, and the two talk."""

    def meet_(**options) -> tuple[Clinician, Patient, str]:
        clinician, patient, consultation = wait_in(**options)
        clinician.call(consultation)
        patient.accept()
        expect_media(clinician.page)
        expect_media(patient.page)
        return clinician, patient, consultation

    return meet_


@pytest.fixture(scope="session")
def kari_id() -> str:
    """The national identity number of the test person Kari."""
    return national_id("kari")


@pytest.fixture(scope="session")
def trust() -> str:
    return str(TRUST["trust"]["id"])
