"""What people see of the quality of a call, how they save data, and a shared screen: real browsers, the real relay."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.people import PATIENCE, expect_media

# Waits in the page, as `expect_media` does, until the shared screen is drawn.
SCREEN_DRAWN = """
async patience => {
  for (const end = performance.now() + patience; performance.now() < end;) {
    const screen = document.querySelector('video[data-role=screen]');
    if (screen && screen.videoWidth > 0) return true;
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  return false;
}
"""


# The call sends the camera in three sizes also to one person alone; else there is one size for two people.
SEVERAL_SIZES = "try { localStorage.setItem('venterom.simulcast', '1'); } catch {}"

# Waits in the page until the picture that arrives is no higher than this many lines.
NO_HIGHER = """
async ([lines, patience]) => {
  for (const end = performance.now() + patience; performance.now() < end;) {
    const height = document.querySelector('video[data-role=remote]')?.videoHeight ?? 0;
    if (height > 0 && height <= lines) return true;
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  return false;
}
"""


def save_data(page: Page, choice: str) -> None:
    page.get_by_role("button", name="Innstillinger").click()
    page.get_by_label(choice).check()


def test_the_clinician_sees_how_both_connections_do(meet) -> None:
    clinician, patient, _ = meet()
    for seat, name in (("patient", "Mette Møter"), ("clinician", "Du")):
        link = clinician.page.locator(f".s-link[data-seat={seat}]")
        expect(link).to_have_text(re.compile(f"^{name}: (god|ustabil|dårlig) forbindelse"))
    expect(patient.page.locator(".s-link")).to_have_count(0)


def test_sound_alone_stops_the_pictures_both_ways_and_is_remembered(meet) -> None:
    clinician, patient, _ = meet()
    save_data(patient.page, "Mye: bare lyd")
    used = patient.page.get_by_text("Samtalen har brukt")
    expect(used).to_have_text(re.compile(r"[1-9]"))
    expect(patient.page.get_by_text("Du sparer data: bare lyd", exact=False)).to_be_visible()
    expect(clinician.page.get_by_text("har skrudd av kameraet").first).to_be_visible()
    assert patient.page.evaluate("localStorage.getItem('venterom.pictures')") == "none"
    patient.page.get_by_label("Nei, vis bilder").check()
    expect_media(clinician.page)
    expect_media(patient.page)


def test_small_pictures_are_still_pictures(meet) -> None:
    clinician, patient, _ = meet()
    save_data(patient.page, "Litt: små bilder")
    expect_media(clinician.page)
    expect_media(patient.page)


def test_of_several_sizes_whoever_saves_data_gets_a_small_one(meet) -> None:
    clinician, patient, _ = meet(scripts=[SEVERAL_SIZES])
    save_data(patient.page, "Litt: små bilder")
    assert patient.page.evaluate(NO_HIGHER, [360, PATIENCE])
    expect_media(clinician.page)
    expect_media(patient.page)


def test_a_screen_is_shown_large_until_the_clinician_stops(meet) -> None:
    clinician, patient, _ = meet()
    clinician.page.get_by_role("button", name="Del skjerm").click()
    expect(clinician.page.get_by_text("Du deler skjermen din", exact=False)).to_be_visible()
    screen = patient.page.locator("video[data-role=screen]")
    expect(screen).to_be_visible()
    assert patient.page.evaluate(SCREEN_DRAWN, PATIENCE)
    expect_media(patient.page)
    clinician.page.get_by_role("button", name="Stopp deling").click()
    expect(screen).to_have_count(0)
    expect_media(patient.page)
