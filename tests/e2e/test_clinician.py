"""What a clinician does besides calling: moving, handing over, phoning instead, delays, letting guests in, helping."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.e2e.people import Booking, Clinician, Patient, expect_media


@pytest.fixture
def ingrid(open_clinician) -> Iterator[Clinician]:
    clinician = open_clinician()
    clinician.arrive()
    yield clinician
    clinician.leave_call()


@pytest.fixture
def waiting(ingrid: Clinician, open_patient, outbox) -> tuple[Patient, str]:
    """A patient who waits for her, and the consultation's id."""
    number = outbox.new_number()
    consultation = ingrid.book(Booking(name="Vera Venter", phone=number, level="Ingen"))
    patient = open_patient()
    patient.open(outbox.link_to(number))
    patient.test_devices()
    patient.test_network()
    patient.check_in()
    ingrid.expect_state(consultation, "checked_in")
    return patient, consultation


def test_a_moved_consultation_leaves_the_day_and_its_link_shows_the_new_time(ingrid, open_patient, outbox) -> None:
    number = outbox.new_number()
    consultation = ingrid.book(Booking(name="Flora Flyttet", phone=number, level="Ingen"))
    link = outbox.link_to(number)
    day = datetime.now(ZoneInfo("Europe/Oslo")) + timedelta(days=2)
    ingrid.more(consultation, "Flytt")
    dialog = ingrid.page.get_by_role("dialog")
    dialog.get_by_label("Dato").fill(day.strftime("%Y-%m-%d"))
    dialog.get_by_label("Klokkeslett").fill("13:37")
    dialog.get_by_role("button", name="Flytt", exact=True).click()
    expect(ingrid.row(consultation)).to_have_count(0)
    ingrid.page.get_by_label("Gå til dag").fill(day.strftime("%Y-%m-%d"))
    expect(ingrid.row(consultation)).to_contain_text("13:37")
    patient = open_patient()
    patient.open(link)
    expect(patient.page.locator("main")).to_contain_text("13:37")


def test_a_waiting_patient_is_handed_over_and_called_by_the_colleague(ingrid, waiting, open_clinician) -> None:
    patient, consultation = waiting
    omar = open_clinician("Omar Haddad")
    omar.arrive()
    ingrid.more(consultation, "Overfør til kollega")
    dialog = ingrid.page.get_by_role("dialog")
    dialog.get_by_label("Kollega i avdelingen").select_option(label="Omar Haddad")
    dialog.get_by_role("button", name="Overfør", exact=True).click()
    expect(ingrid.row(consultation)).to_have_count(0)
    expect(ingrid.page.get_by_text("Vera Venter er overført til Omar Haddad")).to_be_visible()
    omar.expect_state(consultation, "checked_in")
    expect(patient.page.locator("main")).to_contain_text("Omar Haddad")
    omar.call(consultation)
    patient.accept()
    expect_media(omar.page)
    omar.hang_up()
    patient.expect_step("feedback")


def test_a_call_that_does_not_work_out_is_taken_by_phone(ingrid, waiting) -> None:
    patient, consultation = waiting
    ingrid.call(consultation)
    patient.accept()
    ingrid.page.get_by_role("button", name="Telefon", exact=False).click()
    dialog = ingrid.page.get_by_role("dialog")
    expect(dialog.locator("a[href^='tel:']")).to_be_visible()
    dialog.get_by_role("button", name="Marker som telefonsamtale").click()
    ingrid.expect_state(consultation, "ended")
    ingrid.show_done()
    expect(ingrid.row(consultation)).to_contain_text("Tatt på telefon")
    expect(patient.page.locator("main:not([data-step=call])")).to_be_visible()


def test_a_delay_is_told_to_who_waits_and_taken_back(ingrid, waiting) -> None:
    patient, _ = waiting
    delay = ingrid.page.locator(".s-delay")
    delay.get_by_role("button", name="15 min").click()
    expect(delay).to_have_attribute("data-delay", "15")
    expect(patient.page.locator("main")).to_contain_text(re.compile("15 minutter"))
    ingrid.page.reload()
    expect(delay).to_have_attribute("data-delay", "15")
    delay.get_by_role("button", name="Ta det tilbake").click()
    expect(delay).to_have_attribute("data-delay", "0")
    expect(patient.page.locator("main")).not_to_contain_text(re.compile("15 minutter"))


def test_an_interpreter_is_let_into_the_call(ingrid, waiting, open_patient, outbox) -> None:
    patient, consultation = waiting
    number = outbox.new_number()
    ingrid.add_guest(consultation, "Tolk", "Tone Tolk", number)
    guest = open_patient()
    guest.open(outbox.link_to(number))
    guest.ask_for_code()
    guest.give_code(outbox.code_to(number))
    guest.test_devices()
    guest.test_network()
    guest.check_in()
    row = ingrid.row(consultation).locator("[data-guest]")
    expect(row).to_have_attribute("data-at", "waits")
    ingrid.call(consultation)
    patient.accept()
    expect_media(ingrid.page)
    ingrid.let_in()
    guest.accept()
    for page in (ingrid.page, patient.page, guest.page):
        expect(page.locator(".v-person[data-seat]")).to_have_count(2)
    expect(ingrid.page.locator(".v-person[data-seat=guest1]")).to_contain_text("Tone Tolk (tolk)")
    expect_media(guest.page)
    ingrid.page.get_by_role("button", name="Deltakere").click()
    people = ingrid.page.get_by_role("dialog")
    expect(people.locator("[data-guest]")).to_have_attribute("data-at", "in_call")
    people.get_by_role("button", name="Mer", exact=True).click()
    people.get_by_role("button", name="Fjern", exact=True).click()
    ingrid.page.get_by_role("button", name="Ja, fjern").click()
    expect(ingrid.page.locator(".v-person[data-seat=guest1]")).to_have_count(0)
    expect(guest.page.locator("main:not([data-step=call])")).to_be_visible()
    expect_media(patient.page)
    ingrid.hang_up()
    patient.expect_step("feedback")


def test_a_reference_is_looked_up_by_support_and_an_unknown_one_explained(ingrid, outbox) -> None:
    consultation = ingrid.book(Booking(name="Rita Referanse", phone=outbox.new_number(), level="Ingen"))
    ingrid.expect_state(consultation, "invited")
    ingrid.more(consultation, "Historikk")
    reference = ingrid.page.get_by_role("dialog").locator(".v-reference").inner_text()
    ingrid.page.keyboard.press("Escape")
    ingrid.page.get_by_role("button", name="Slå opp referanse").click()
    dialog = ingrid.page.get_by_role("dialog")
    dialog.get_by_label("Referanse", exact=True).fill(f" {reference.lower()} ")
    dialog.get_by_role("button", name="Slå opp", exact=True).click()
    found = dialog.locator(f"[data-reference='{reference}']")
    expect(found).to_contain_text("Medisinsk poliklinikk")
    expect(found).not_to_contain_text("Rita")
    dialog.get_by_label("Referanse", exact=True).fill("XXXXXX")
    dialog.get_by_role("button", name="Slå opp", exact=True).click()
    expect(dialog.get_by_text("Vi finner ingen konsultasjon", exact=False)).to_be_visible()


def test_a_newer_window_takes_the_call_over_and_the_older_one_says_so(ingrid, waiting) -> None:
    patient, consultation = waiting
    ingrid.call(consultation)
    patient.accept()
    expect_media(ingrid.page)
    older = ingrid.page
    ingrid.page = older.context.new_page()
    ingrid.page.goto(ingrid.address)
    expect(ingrid.page.locator("[data-view=call]")).to_be_visible()
    expect(older.get_by_text("Siden er åpnet i et annet vindu", exact=False)).to_be_visible()
    expect(older.get_by_role("button", name="Bruk dette vinduet")).to_be_visible()
    expect_media(patient.page)
    ingrid.hang_up()
    patient.expect_step("feedback")


def test_a_booking_half_typed_when_the_login_ran_out_goes_on_after_the_next_login(ingrid, outbox) -> None:
    page = ingrid.page
    page.get_by_role("button", name="Ny konsultasjon").click()
    form = page.get_by_role("dialog")
    number = outbox.new_number()
    form.get_by_label("Pasientens navn").fill("Halvveis Skrevet")
    form.get_by_label("Mobiltelefon").fill(number)
    form.get_by_label("Klokkeslett").fill("23:59")
    page.context.clear_cookies()
    form.get_by_role("button", name="Book", exact=False).click()
    link = page.get_by_role("link", name="Logg inn i en ny fane")
    expect(link).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("Halvveis")
    with page.context.expect_page() as opened:
        link.click()
    other = opened.value
    Clinician(other, ingrid.address, ingrid.person).log_in()
    other.close()
    page.evaluate("dispatchEvent(new Event('focus'))")  # a window without a screen gets no focus by itself
    form = page.get_by_role("dialog")
    expect(form.get_by_label("Pasientens navn")).to_have_value("Halvveis Skrevet")
    form.get_by_role("button", name="Book", exact=False).click()
    expect(form).to_be_hidden()
    expect(page.get_by_role("heading", name="Halvveis Skrevet")).to_be_visible()
