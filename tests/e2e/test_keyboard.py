"""The patient's whole way and the clinician's with Tab, Enter, Space and the arrows alone; the focus is always seen."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.e2e.keys import Keys
from tests.e2e.people import Clinician, Patient, expect_media


def book(keys: Keys, name: str, phone: str) -> None:
    """Fill in and send the clinician's form."""
    page = keys.page
    keys.press("button", "Ny konsultasjon")
    form = page.get_by_role("dialog")
    expect(form).to_be_visible()
    keys.expect_arrival()
    keys.type_into(form.get_by_label("Pasientens navn"), name)
    keys.type_into(form.get_by_label("Mobiltelefon"), phone)
    now = datetime.now(ZoneInfo("Europe/Oslo"))
    starts = min(now + timedelta(minutes=30), now.replace(hour=23, minute=59))
    field = form.get_by_label("Klokkeslett")
    keys.go_to(field)
    for typed in (starts.strftime("%H%M"), starts.strftime("%I%M%p")):  # as the browser's own language has it
        page.keyboard.type(typed)
        if field.input_value() == starts.strftime("%H:%M"):
            break
        keys.go_to(form.get_by_label("Mobiltelefon"), "Shift+Tab")
        keys.go_to(field)
    expect(field).to_have_value(starts.strftime("%H:%M"))
    keys.go_to(form.get_by_label("Innloggingsnivå"))
    page.keyboard.type("Høyt")
    keys.press("button", "Book", within=form)
    expect(form).to_be_hidden()


def test_the_whole_way_by_keyboard(open_clinician, open_patient, outbox) -> None:
    clinician: Clinician = open_clinician()
    hers = Keys(clinician.page)
    clinician.page.goto(clinician.address)
    hers.press("link", "Logg inn")
    hers.log_in("Ingrid Berg")
    expect(clinician.page.locator("[data-view=list] [data-day]")).to_be_visible()
    number = outbox.new_number()
    book(hers, "Tora Tastatur", number)
    row = clinician.page.locator("[data-consultation]").filter(has_text="Tora Tastatur")
    expect(row).to_be_visible()

    patient: Patient = open_patient()
    theirs = Keys(patient.page)
    patient.open(outbox.link_to(number))
    patient.expect_step("login")
    theirs.press("button", "Logg inn")
    theirs.log_in("Kari")
    patient.expect_step("access")
    theirs.press("button", "Gi tilgang til kamera og mikrofon")
    for question in ("camera", "speaker", "microphone"):
        patient.expect_step(question)
        theirs.expect_arrival()
        theirs.press("button", "Ja", key="Space")
    patient.expect_step("network")
    theirs.expect_arrival()
    patient.test_network()
    theirs.press("button", "Neste")
    patient.expect_step("ready")
    theirs.expect_arrival()
    theirs.press("button", "Jeg er klar, gi beskjed til")
    patient.expect_step("waiting")
    theirs.expect_arrival()

    expect(row).to_have_attribute("data-state", "checked_in")
    hers.go_to(row.get_by_role("button", name="Ring", exact=True))
    clinician.page.keyboard.press("Enter")
    expect(clinician.page.locator("[data-view=call]")).to_be_visible()
    hers.expect_arrival()
    patient.expect_step("ringing")
    theirs.expect_arrival()
    theirs.press("button", "Aksepter samtale")
    patient.expect_step("call")
    expect_media(patient.page)
    theirs.expect_arrival()
    theirs.press("button", "Skru av kamera")
    theirs.press("button", "Skru på kamera", key="Space")
    theirs.press("button", "Innstillinger")
    expect(patient.page.get_by_label("Mikrofon").first).to_be_visible()
    theirs.go_to(patient.page.get_by_label("Mikrofon"))

    hers.press("button", "Avslutt samtale")
    hers.press("button", "Ja, avslutt", within=clinician.page.get_by_role("dialog"))
    expect(clinician.page.locator("[data-view=list]")).to_be_visible()
    hers.expect_arrival()
    patient.expect_step("feedback")
    theirs.expect_arrival()
    theirs.choose(patient.page.get_by_label("Bra", exact=True))
    theirs.press("button", "Send tilbakemelding")
    patient.expect_step("thanks")
    theirs.expect_arrival()
