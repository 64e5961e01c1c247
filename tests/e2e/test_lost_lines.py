"""The network, the machine or the person goes away for a while: what is said, and that it comes back by itself."""

import os
import signal

import pytest
from playwright.sync_api import expect

from tests.e2e.browsers import BROWSERS
from tests.e2e.people import Patient, Wire, expect_media


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_network_lost_while_waiting_comes_back_by_itself(wait_in, browser: str) -> None:
    clinician, patient, consultation = wait_in(browser=browser)
    wire = Wire(patient.page)
    patient.page.reload()  # over the wire
    patient.expect_step("waiting")
    wire.cut()
    patient.expect_error("Vi har mistet kontakten med tjenesten")
    wire.mend()
    expect(patient.page.get_by_text("Vi har mistet kontakten med tjenesten")).to_be_hidden()
    patient.expect_step("waiting")
    clinician.expect_state(consultation, "checked_in")


def test_a_call_that_came_while_the_network_was_gone_rings_afterwards(wait_in) -> None:
    clinician, patient, consultation = wait_in()
    wire = Wire(patient.page)
    patient.page.reload()
    patient.expect_step("waiting")
    wire.cut()
    patient.expect_error("Vi har mistet kontakten med tjenesten")
    clinician.call(consultation)
    wire.mend()
    patient.accept()
    expect_media(patient.page)
    clinician.hang_up()
    patient.expect_step("feedback")


@pytest.mark.parametrize("browser", BROWSERS)
def test_media_that_stop_in_the_call_come_back_by_themselves(meet, system, browser: str) -> None:
    clinician, patient, _ = meet(browser=browser)
    worker = system.child("worker").pid
    os.kill(worker, signal.SIGSTOP)  # nothing passes any more, as with a network that is gone
    try:
        for page in (clinician.page, patient.page):
            expect(page.get_by_text("Kobler til igjen").first).to_be_visible()
    finally:
        os.kill(worker, signal.SIGCONT)
    expect_media(patient.page)
    expect_media(clinician.page)
    clinician.hang_up()
    patient.expect_step("feedback")


def test_a_patient_who_dropped_out_comes_back_into_the_call(meet) -> None:
    clinician, patient, _ = meet()
    address = patient.page.url
    context = patient.page.context
    patient.page.close()
    expect(clinician.page.get_by_text("har mistet forbindelsen").first).to_be_visible()
    again = Patient(context.new_page())
    again.open(address)
    again.expect_step("call")
    expect_media(again.page)
    expect_media(clinician.page)
    clinician.hang_up()
    again.expect_step("feedback")


def test_a_clinician_who_dropped_out_comes_back_into_the_call(meet) -> None:
    clinician, patient, _ = meet()
    context = clinician.page.context
    clinician.page.close()
    clinician.page = context.new_page()
    clinician.page.goto(clinician.address)
    expect(clinician.page.locator("[data-view=call]")).to_be_visible()
    expect_media(clinician.page)
    expect_media(patient.page)
    clinician.hang_up()
    patient.expect_step("feedback")


def test_a_page_that_slept_rings_when_it_wakes(wait_in) -> None:
    clinician, patient, consultation = wait_in()
    devtools = patient.page.context.new_cdp_session(patient.page)
    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    clinician.call(consultation)
    devtools.send("Page.setWebLifecycleState", {"state": "active"})
    patient.accept()
    expect_media(patient.page)
    clinician.hang_up()
    patient.expect_step("feedback")


def test_an_appointment_cancelled_while_waiting_says_so(wait_in) -> None:
    clinician, patient, consultation = wait_in()
    clinician.cancel(consultation)
    patient.expect_step("gone")
    expect(patient.page.get_by_role("heading", name="Timen er avlyst")).to_be_visible()


@pytest.mark.parametrize("browser", BROWSERS)
def test_the_browsers_way_back_goes_a_step_back(invite, open_patient, browser: str) -> None:
    patient = open_patient(browser=browser)
    patient.open(invite())
    patient.page.get_by_role("button", name="Gi tilgang til kamera og mikrofon").click()
    patient.expect_step("camera")
    patient.page.get_by_role("button", name="Ja", exact=True).click()
    patient.expect_step("speaker")
    patient.page.go_back()
    patient.expect_step("camera")
    patient.page.get_by_role("button", name="Ja", exact=True).click()
    patient.expect_step("speaker")
