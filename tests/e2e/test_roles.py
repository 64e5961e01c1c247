"""What those of the staff who call nobody see at their pages, beside a clinician who sees it live."""

import pytest
from playwright.sync_api import expect

from tests.e2e.people import Booking, Clinician, log_in

SECRETARY = "Berit Solli"


@pytest.fixture
def berit(open_clinician) -> Clinician:
    secretary: Clinician = open_clinician(SECRETARY)
    secretary.arrive()
    secretary.page.get_by_label("Behandler").select_option(label="Ingrid Berg")
    expect(secretary.page.locator("[data-view=list] [data-day]")).to_be_visible()
    return secretary


def test_a_secretary_books_for_a_clinician_and_hands_over_to_another(berit, open_clinician, outbox) -> None:
    ingrid = open_clinician()
    ingrid.arrive()
    number = outbox.new_number()
    consultation = berit.book(Booking(name="Sigrid Sekretær", phone=number, level="Engangskode"))
    expect(ingrid.row(consultation)).to_contain_text("Sigrid Sekretær")
    expect(berit.row(consultation).get_by_role("button", name="Ring", exact=True)).to_have_count(0)
    berit.more(consultation, "Overfør til kollega")
    dialog = berit.page.get_by_role("dialog")
    dialog.get_by_label("Kollega i avdelingen").select_option(label="Omar Haddad")
    dialog.get_by_role("button", name="Overfør", exact=True).click()
    expect(ingrid.row(consultation)).to_have_count(0)
    berit.page.get_by_label("Behandler").select_option(label="Omar Haddad")
    expect(berit.row(consultation)).to_be_visible()
    berit.page.reload()
    expect(berit.row(consultation)).to_be_visible()  # whose list it was is remembered


@pytest.mark.parametrize(
    ("person", "view", "pages"), [("Turid Moe", "rules", 4), ("Lars Nes", "support", 0), ("Hilde Vik", "audit", 0)]
)
def test_each_role_comes_to_its_own_pages(open_clinician, person: str, view: str, pages: int) -> None:
    at = open_clinician(person)
    at.page.goto(at.address)
    at.page.get_by_role("link", name="Logg inn").click()
    log_in(at.page, person)
    expect(at.page.locator(f"main[data-view={view}] form").first).to_be_visible()
    expect(at.page.get_by_role("navigation", name="Sider").get_by_role("link")).to_have_count(pages)
