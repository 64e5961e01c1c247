"""What may happen while people wait and talk: a reload, the camera off, the media worker killed."""

import os
import signal

import pytest
from playwright.sync_api import expect

from tests.e2e.browsers import BROWSERS
from tests.e2e.people import Clinician, Patient, expect_media


@pytest.fixture
def meeting(wait_in) -> tuple[Clinician, Patient, str]:
    """A clinician and a patient who waits for her, and the consultation's id."""
    clinician, patient, consultation = wait_in()
    return clinician, patient, consultation


@pytest.mark.parametrize("browser", BROWSERS)
def test_reloads_lose_neither_the_place_in_the_waiting_room_nor_the_call(wait_in, browser: str) -> None:
    clinician, patient, consultation = wait_in(browser=browser)
    patient.page.reload()
    patient.expect_step("waiting")
    clinician.expect_state(consultation, "checked_in")

    clinician.call(consultation)
    patient.accept()
    expect_media(clinician.page)
    expect_media(patient.page)
    patient.page.reload()
    patient.expect_step("call")
    expect_media(patient.page)
    expect_media(clinician.page)
    clinician.page.bring_to_front()  # Firefox gives devices to the window in front
    clinician.page.reload()
    expect(clinician.page.locator("[data-view=call]")).to_be_visible()
    expect_media(clinician.page)
    expect_media(patient.page)
    clinician.hang_up()
    patient.expect_step("feedback")


def test_each_sees_why_there_is_no_picture_or_sound(meeting) -> None:
    clinician, patient, consultation = meeting
    clinician.call(consultation)
    patient.accept()
    expect_media(clinician.page)
    patient.page.get_by_role("button", name="Skru av kamera").click()
    expect(clinician.page.get_by_text("har skrudd av kameraet").first).to_be_visible()
    patient.page.get_by_role("button", name="Skru på kamera").click()
    expect_media(clinician.page)
    clinician.page.get_by_role("button", name="Skru av mikrofon").click()
    expect(patient.page.get_by_text("har skrudd av mikrofonen").first).to_be_visible()
    patient.hang_up()
    patient.expect_step("feedback")


def test_a_call_taken_back_leaves_the_patient_waiting(meeting) -> None:
    clinician, patient, consultation = meeting
    clinician.call(consultation)
    patient.expect_step("ringing")
    clinician.page.get_by_role("button", name="Avbryt oppringning").click()
    patient.expect_step("waiting")
    clinician.expect_state(consultation, "checked_in")
    clinician.call(consultation)
    patient.accept()
    expect_media(patient.page)
    clinician.hang_up()
    patient.expect_step("feedback")


def test_when_the_only_worker_is_killed_the_call_goes_on_at_the_next_one(meeting, system) -> None:
    clinician, patient, consultation = meeting
    clinician.call(consultation)
    patient.accept()
    expect_media(clinician.page)
    os.kill(system.child("worker").pid, signal.SIGKILL)
    try:
        for page in (patient.page, clinician.page):
            expect(page.get_by_role("button", name="Prøv video igjen")).to_be_visible()
    finally:
        system.start_worker()
    for page in (patient.page, clinician.page):
        expect(page.get_by_role("button", name="Prøv video igjen")).to_be_hidden()
    expect_media(clinician.page)
    expect_media(patient.page)
    clinician.hang_up()
    patient.expect_step("feedback")
