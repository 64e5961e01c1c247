"""One seat and several windows: a second tab, a reload, another person with the same link."""

import pytest
from playwright.sync_api import expect

from tests.e2e.browsers import BROWSERS
from tests.e2e.people import Booking, Patient, expect_media


def expect_elsewhere(patient: Patient) -> None:
    patient.expect_step("elsewhere")
    expect(patient.page.get_by_role("heading", name="Åpen i et annet vindu")).to_be_visible()


@pytest.mark.parametrize("browser", BROWSERS)
def test_the_newest_tab_has_the_seat_and_the_older_one_takes_it_back(wait_in, browser: str) -> None:
    clinician, older, consultation = wait_in(browser=browser)
    newer = Patient(older.page.context.new_page())
    newer.open(older.page.url)
    newer.expect_step("waiting")
    expect_elsewhere(older)
    clinician.expect_state(consultation, "checked_in")

    older.page.bring_to_front()
    older.page.get_by_role("button", name="Fortsett her").click()
    older.expect_step("waiting")
    expect_elsewhere(newer)
    clinician.call(consultation)
    older.accept()
    expect_media(clinician.page)
    expect_elsewhere(newer)  # it does not ring there
    clinician.hang_up()
    older.expect_step("feedback")


def test_without_a_login_whoever_opens_the_link_last_has_the_seat(invite, open_patient) -> None:
    link = invite()
    first, second = open_patient(), open_patient()
    first.open(link)
    first.expect_step("access")
    second.open(link)
    second.expect_step("access")
    expect_elsewhere(first)
    expect(first.page.locator("main")).to_contain_text("Var det ikke du som åpnet den?")


def test_another_person_with_the_link_disturbs_nobody(open_clinician, open_patient, outbox, kari_id: str) -> None:
    clinician = open_clinician()
    clinician.arrive()
    number = outbox.new_number()
    consultation = clinician.book(Booking(name="Kari Testesen", phone=number, national_id=kari_id))
    link = outbox.link_to(number)
    kari, stranger = open_patient(), open_patient()
    kari.open(link)
    kari.log_in("Kari")
    kari.expect_step("access")
    stranger.open(link)
    stranger.log_in("Amina")
    stranger.expect_error("Den som logget inn, er ikke den som er innkalt")
    kari.expect_step("access")  # neither shown out nor asked again
    kari.test_devices()
    kari.skip_network()
    kari.check_in()
    clinician.expect_state(consultation, "checked_in")
    stranger.expect_step("login")
    expect(stranger.page.locator("body")).not_to_contain_text("Kari")
