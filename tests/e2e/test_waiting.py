"""What a patient meets on the way: running late, a queue, another window, the way back, somebody who comes in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import Booking, Clinician, Patient, expect_media


@pytest.fixture
def omar(open_clinician) -> Iterator[Clinician]:
    """A clinician whom no other test's patients wait for."""
    clinician = open_clinician("Omar Haddad")
    clinician.arrive()
    yield clinician
    clinician.leave_call()


@pytest.fixture
def invite(omar: Clinician, open_patient, outbox):
    """Books somebody for him and opens their link; the patient and the consultation's id."""

    def invite_(name: str, minutes_from_now: int = 30) -> tuple[Patient, str]:
        number = outbox.new_number()
        consultation = omar.book(
            Booking(
                name=name,
                phone=number,
                level="Ingen",
                minutes_from_now=minutes_from_now,
                department="Medisinsk poliklinikk",
            )
        )
        patient = open_patient()
        patient.open(outbox.link_to(number))
        return patient, consultation

    return invite_


def expect_said(page: Page, words: str) -> None:
    expect(page.locator("main")).to_contain_text(words)


def test_running_late_is_told_to_the_clinician_and_taken_back(omar, invite) -> None:
    patient, consultation = invite("Siri Sein")
    patient.expect_step("access")
    patient.page.get_by_text("Jeg er forsinket").click()
    patient.page.get_by_role("button", name="10 minutter").click()
    expect_said(patient.page, "omtrent 10 minutter forsinket")
    expect(omar.row(consultation)).to_contain_text("omtrent 10 minutter forsinket")
    patient.page.reload()
    expect_said(patient.page, "omtrent 10 minutter forsinket")
    patient.page.get_by_role("button", name="Angre").click()
    expect(omar.row(consultation)).not_to_contain_text("10 minutter")


def test_those_who_wait_are_told_their_place(omar, invite) -> None:
    first, _ = invite("Frida Først", 20)
    second, _ = invite("Arne Andre", 25)
    first.wait_with_sound_only()
    expect_said(first.page, "Du er den neste.")
    second.wait_with_sound_only()
    expect_said(second.page, "Det er én foran deg i køen.")
    first.leave_waiting_room()
    expect_said(second.page, "Du er den neste.")
    second.leave_waiting_room()


def test_the_newest_window_has_the_seat_and_the_way_back_asks_first(omar, invite) -> None:
    patient, consultation = invite("Vidar Vindu")
    patient.wait_with_sound_only()
    other = Patient(patient.page.context.new_page())
    other.open(patient.page.url)
    other.expect_step("waiting")
    patient.expect_step("elsewhere")
    patient.page.get_by_role("button", name="Fortsett her").click()
    patient.expect_step("waiting")
    other.expect_step("elsewhere")
    other.page.close()

    patient.page.go_back()
    question = patient.page.get_by_role("alertdialog")
    question.get_by_role("button", name="Bli her").click()
    expect(question).to_be_hidden()
    omar.expect_state(consultation, "checked_in")
    patient.leave_waiting_room()
    omar.expect_state(consultation, "invited")


def test_who_comes_with_sound_only_may_show_a_picture_and_pauses_when_somebody_comes_in(omar, invite) -> None:
    patient, consultation = invite("Lise Lyd")
    patient.wait_with_sound_only()
    omar.call(consultation)
    patient.accept()
    expect(omar.page.get_by_text("har skrudd av kameraet").first).to_be_visible()
    patient.page.get_by_role("button", name="Skru på kamera").click()
    expect_media(omar.page)

    patient.page.get_by_role("button", name="Noen kom inn").click()
    for page in (patient.page, omar.page):
        expect(page.locator("[data-banner=paused]")).to_be_visible()
    patient.page.reload()  # a page that comes back keeps the pause
    patient.expect_step("call")
    patient.page.get_by_role("button", name="Rommet er privat igjen").click()
    for page in (patient.page, omar.page):
        expect(page.locator("[data-banner=paused]")).to_be_hidden()
    patient.page.get_by_role("button", name="Skru på kamera").click()
    expect_media(omar.page)
    expect_media(patient.page)

    patient.page.go_back()  # asks, and stays
    patient.page.get_by_role("alertdialog").get_by_role("button", name="Fortsett samtalen").click()
    patient.hang_up()
    patient.expect_step("feedback")
