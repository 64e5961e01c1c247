"""A bad day: an administrator stops video, patient, clinician and fixed address see it, and go on when it is over."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import log_in

WORDS = "Nettet er nede på sykehuset i dag."


@pytest.fixture
def turid(open_clinician) -> Iterator[Page]:
    """The administrator at her switch, which is off again after the test."""
    turid = open_clinician("Turid Moe")
    turid.page.goto(turid.address)
    turid.page.get_by_role("link", name="Logg inn").click()
    log_in(turid.page, "Turid Moe")
    turid.page.get_by_role("link", name="Stans video").click()
    expect(turid.page.locator("form[data-on=false]")).to_be_visible()
    yield turid.page
    turid.page.goto(f"{turid.address}#suspension")
    expect(turid.page.locator("form[data-on]")).to_be_visible()
    if turid.page.locator("form[data-on=true]").count():
        reopen(turid.page)


def stop(turid: Page) -> None:
    turid.get_by_label("Helseforetakets egne ord").fill(WORDS)
    turid.get_by_role("button", name="Stans video", exact=True).click()
    turid.get_by_role("dialog").get_by_role("button", name="Ja, stans video").click()
    expect(turid.locator("form[data-on=true]")).to_be_visible()


def reopen(turid: Page) -> None:
    turid.get_by_role("button", name="Åpne igjen").click()
    expect(turid.locator("form[data-on=false]")).to_be_visible()


def test_video_is_stopped_everybody_sees_it_and_goes_on_when_it_is_over(turid, wait_in, open_patient, system) -> None:
    clinician, patient, consultation = wait_in()
    stop(turid)

    patient.expect_step("suspended")
    expect(patient.page.locator("blockquote")).to_have_text(WORDS)
    expect(patient.page.locator("main a[href^='tel:']")).to_be_visible()
    expect(clinician.page.locator("main blockquote")).to_have_text(WORDS)
    clinician.expect_state(consultation, "checked_in")
    clinician.row(consultation).get_by_role("button", name="Ring", exact=True).click()
    dialog = clinician.page.get_by_role("dialog")
    expect(dialog.locator("blockquote")).to_have_text(WORDS)
    dialog.get_by_role("button", name="Lukk").last.click()

    stranger = open_patient()
    stranger.open(system.addresses["department"])
    stranger.expect_step("suspended")

    clinician.page.get_by_role("link", name="Ringeliste", exact=True).click()
    name = clinician.page.locator(".s-phones tbody tr").filter(has=clinician.page.locator("a[href^='tel:']")).first
    expect(name).to_be_visible()
    with clinician.page.expect_download() as download:
        clinician.page.get_by_role("button", name="Last ned som CSV").click()
    assert re.fullmatch(r"ringeliste-\d{4}-\d\d-\d\d\.csv", download.value.suggested_filename)
    clinician.page.get_by_role("link", name="Liste", exact=True).click()

    reopen(turid)
    patient.expect_step("waiting")
    expect(clinician.page.locator("main blockquote")).to_have_count(0)
    clinician.call(consultation)
    patient.page.get_by_role("button", name="Aksepter samtale").click()
    patient.expect_step("call")
