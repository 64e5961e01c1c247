"""Getting in, and being kept out kindly: the fixed address, the portal's answers, links that no longer work."""

import secrets

from playwright.sync_api import expect

from tests.e2e.people import Booking, expect_media


def test_the_fixed_address_leads_to_the_same_call(open_clinician, open_patient, system) -> None:
    clinician = open_clinician()
    clinician.arrive()
    patient = open_patient()
    patient.open(system.addresses["department"])
    patient.page.get_by_role("button", name="Ingrid Berg").click()
    name = f"Ola Innom {secrets.token_hex(3)}"
    patient.page.get_by_label("Navnet ditt").fill(name)
    patient.page.get_by_label("Telefonnummer").fill("90 00 00 02")
    patient.page.get_by_role("button", name="Neste").click()
    patient.test_devices()
    patient.test_network()
    patient.check_in()

    row = clinician.page.locator("[data-consultation]").filter(has_text=name)
    expect(row).to_have_attribute("data-state", "checked_in")
    consultation = row.get_attribute("data-consultation")
    clinician.call(consultation)
    patient.accept()
    expect_media(clinician.page)
    expect_media(patient.page)
    patient.hang_up()
    patient.give_feedback()


def test_only_the_invited_person_gets_in(open_clinician, open_patient, outbox, kari_id: str) -> None:
    clinician = open_clinician()
    clinician.arrive()
    number = outbox.new_number()
    clinician.book(Booking(name="Kari Testesen", phone=number, national_id=kari_id))
    patient = open_patient()
    patient.open(outbox.link_to(number))

    patient.log_in("Amina", "BankID")
    patient.expect_error("Den som logget inn, er ikke den som er innkalt")
    expect(patient.page.locator("body")).not_to_contain_text("Kari")

    patient.log_in("Kari", "MinID")
    patient.expect_error("Denne timen krever en sikrere innlogging")

    patient.expect_step("login")
    patient.page.get_by_role("button", name="Logg inn").click()
    patient.page.get_by_role("button", name="Avbryt").click()
    patient.expect_error("Innloggingen ble avbrutt")

    patient.log_in("Kari", "BankID på mobil")
    patient.expect_step("access")


def test_a_cancelled_appointment_says_so(open_clinician, open_patient, outbox) -> None:
    clinician = open_clinician()
    clinician.arrive()
    number = outbox.new_number()
    consultation = clinician.book(Booking(name="Avlyst Time", phone=number, level="Ingen"))
    link = outbox.link_to(number)
    waiting = open_patient()
    waiting.open(link)
    waiting.expect_step("access")

    clinician.cancel(consultation)
    clinician.expect_state(consultation, "cancelled")
    waiting.expect_step("gone")
    expect(waiting.page.get_by_role("heading", name="Timen er avlyst")).to_be_visible()
    late = open_patient()
    late.open(link)
    late.expect_step("gone")
    expect(late.page.locator("main")).to_contain_text("avlyst")


def test_a_link_that_nobody_sent(open_patient, system) -> None:
    patient = open_patient()
    patient.open(f"{system.origin}/i#{secrets.token_urlsafe(16)}")
    patient.expect_step("gone")
    expect(patient.page.locator("main")).to_contain_text("Vi kjenner ikke denne lenken")


def test_what_was_sent_can_be_read(open_clinician, open_page, outbox, system) -> None:
    clinician = open_clinician()
    clinician.arrive()
    number = outbox.new_number()
    address = f"p{number[1:]}@pasient.example"
    clinician.book(Booking(name="Post Mottaker", phone=number, email=address, level="Ingen"))
    page = open_page()
    page.goto(system.addresses["outbox"])
    expect(page.get_by_text(number).first).to_be_visible()
    expect(page.get_by_text(address).first).to_be_visible()
    expect(page.get_by_text("invite.ics").first).to_be_visible()
