"""Logging out: from the visit, and from another service, with nothing but the portal's frame to tell of it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from local.system import System
from tests.e2e.people import Booking, Patient


@pytest.fixture
def inside(open_clinician, open_patient, outbox, kari_id: str) -> Patient:
    """A patient who has logged in."""
    clinician = open_clinician()
    clinician.arrive()
    number = outbox.new_number()
    clinician.book(Booking(name="Kari Testesen", phone=number, national_id=kari_id))
    patient: Patient = open_patient()
    patient.open(outbox.link_to(number))
    patient.log_in("Kari", "BankID")
    patient.expect_step("access")
    return patient


@pytest.fixture
def portal(inside: Patient, system: System) -> Callable[[], Page]:
    """The portal's first page, in another tab of the same browser."""

    def open_() -> Page:
        page = inside.page.context.new_page()
        page.goto(system.portal)
        return page

    return open_


def test_a_patient_logs_out_everywhere(inside: Patient, portal: Callable[[], Page]) -> None:
    visit = inside.page.url
    inside.page.get_by_role("button", name="Logg ut").click()
    expect(inside.page.get_by_role("heading", name="Du er logget ut")).to_be_visible()
    expect(portal().get_by_text("er logget inn med")).to_have_count(0)
    inside.page.goto(visit)
    expect(inside.page.get_by_role("button", name="Logg ut")).to_have_count(0)


def test_a_logout_elsewhere_ends_the_visit(inside: Patient, portal: Callable[[], Page]) -> None:
    page = portal()
    expect(page.get_by_text("Kari Testesen er logget inn med BankID.")).to_be_visible()
    with page.expect_response(lambda answer: "/api/login/patient/logout?" in answer.url) as told:
        page.get_by_role("button", name="Logg ut av alle tjenester").click()
    assert told.value.status == 200
    expect(page.get_by_role("heading", name="Du er logget ut")).to_be_visible()
    frame = page.frame_locator("iframe").locator("html")
    expect(frame).to_have_count(1)  # shown, and so allowed by both policies
    inside.page.reload()
    expect(inside.page.get_by_role("button", name="Logg ut")).to_have_count(0)
