"""Without an electronic ID: a code by SMS, typed wrong, typed right; for patients and for guests."""

import pytest
from playwright.sync_api import expect

from tests.e2e.browsers import BROWSERS
from tests.e2e.people import Booking


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_patient_comes_in_by_a_code(invite, open_patient, outbox, browser: str) -> None:
    number = outbox.new_number()
    patient = open_patient(browser=browser)
    patient.open(invite(phone=number, login_level="code"))
    patient.ask_for_code()
    expect(patient.page.locator("main")).to_contain_text(number[-2:])
    code = outbox.code_to(number)
    patient.give_code(f"{(int(code) + 1) % 10**6:06d}")
    patient.expect_error("Koden stemmer ikke")
    patient.give_code(f"{code[:3]} {code[3:]}")
    patient.expect_step("access")
    patient.page.reload()
    patient.expect_step("access")


def test_a_guest_comes_in_by_a_code(open_clinician, open_patient, outbox) -> None:
    clinician = open_clinician()
    clinician.arrive()
    number, guests = outbox.new_number(), outbox.new_number()
    consultation = clinician.book(Booking(name="Mette Møter", phone=number, level="Ingen"))
    clinician.add_guest(consultation, "Tolk", "Tone Tolk", guests)
    guest = open_patient()
    guest.open(outbox.link_to(guests))
    guest.ask_for_code()
    guest.give_code(outbox.code_to(guests))
    guest.expect_step("access")
    clinician.cancel(consultation)
