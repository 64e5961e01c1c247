"""Cameras and microphones that cannot be had: what is said, that one gets in all the same, that others are told."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browsers import BROWSERS, DENIED
from tests.e2e.devices import BUSY, MISSING, UNPLUG, UNPLUGGABLE, without
from tests.e2e.people import Booking, Clinician, Patient, expect_media

DEVICES = ["camera", "microphone"]


def ask(patient: Patient) -> None:
    """Press the button that asks for camera and microphone."""
    patient.expect_step("access")
    patient.page.get_by_role("button", name="Gi tilgang til kamera og mikrofon").click()


@pytest.mark.parametrize("how", ["chromium-refused", "chromium-blocked", "firefox-blocked"])
def test_refused_devices_come_with_the_way_to_allow_them(invite, browsers, open_patient, how: str) -> None:
    if how == "firefox-blocked":
        patient = open_patient(browser=browsers.firefox(DENIED, DENIED))
    else:
        patient = open_patient(browser=browsers.chromium(allow=False))
    if how == "chromium-blocked":
        patient.page.context.grant_permissions([])  # «never», as against a question that was answered with no
    patient.open(invite())
    ask(patient)
    patient.expect_error("Nettleseren har ikke fått lov til å bruke kamera og mikrofon")
    expect(patient.page.locator("main .ds-alert li").first).to_be_visible()  # the way, step by step
    patient.expect_step("access")


def test_what_is_allowed_later_is_noticed_without_a_press(invite, browsers, open_patient) -> None:
    patient = open_patient(browser=browsers.chromium(allow=False))
    patient.page.context.grant_permissions([])
    patient.open(invite())
    ask(patient)
    patient.expect_error("har ikke fått lov")
    patient.page.context.grant_permissions(DEVICES)
    patient.expect_step("camera")


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_busy_camera_is_told_from_a_refused_one(invite, open_patient, browser: str) -> None:
    patient = open_patient(browser=browser, scripts=[without(BUSY, "video")])
    patient.open(invite())
    ask(patient)
    patient.expect_error("Kameraet er i bruk i et annet program")
    expect(patient.page.locator("main")).not_to_contain_text("har ikke fått lov")


@pytest.mark.parametrize("browser", BROWSERS)
def test_who_has_no_microphone_gets_in(invite, open_patient, browser: str) -> None:
    patient = open_patient(browser=browser, scripts=[without(MISSING, "audio")])
    patient.open(invite())
    ask(patient)
    patient.expect_error("Vi finner ingen mikrofon")
    patient.page.get_by_role("button", name=re.compile("^Fortsett")).click()
    patient.expect_step("camera")


@pytest.mark.parametrize("browser", BROWSERS)
def test_who_has_no_camera_talks_and_the_clinician_is_told(open_clinician, open_patient, outbox, browser: str) -> None:
    clinician: Clinician = open_clinician(browser=browser)
    clinician.arrive()
    number = outbox.new_number()
    consultation = clinician.book(Booking(name="Uten Kamera", phone=number, level="Ingen"))
    patient = open_patient(browser=browser, scripts=[without(MISSING, "video")])
    patient.open(outbox.link_to(number))
    ask(patient)
    patient.expect_error("Vi finner ikke noe kamera")
    patient.page.get_by_role("button", name=re.compile("^Fortsett")).click()
    for question in ("speaker", "microphone"):
        patient.expect_step(question)
        patient.page.get_by_role("button", name="Ja", exact=True).click()
    patient.skip_network()
    patient.check_in()
    clinician.expect_state(consultation, "checked_in")
    clinician.call(consultation)
    patient.accept()
    expect_media(patient.page)
    expect(clinician.page.get_by_text("har skrudd av kameraet").first).to_be_visible()
    clinician.hang_up()
    patient.expect_step("feedback")


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_camera_unplugged_in_the_call_is_told_and_the_call_goes_on(meet, browser: str) -> None:
    clinician, patient, _ = meet(browser=browser, scripts=[UNPLUGGABLE])
    patient.page.evaluate(UNPLUG, "video")
    expect(patient.page.get_by_text("Kameraet er av").first).to_be_visible()
    expect(clinician.page.get_by_text("har skrudd av kameraet").first).to_be_visible()
    expect_media(patient.page)
    patient.page.evaluate("window.__plugIn('video')")
    expect(patient.page.get_by_role("button", name="Skru av kamera")).to_be_visible()  # by itself
    expect_media(clinician.page)
    clinician.hang_up()
    patient.expect_step("feedback")
