"""A secretary books for a clinician of her department, sees that list change while she looks, and cancels."""

from playwright.sync_api import expect

from tests.e2e.people import Booking, log_in


def test_a_secretary_books_watches_and_cancels(open_clinician, open_patient, outbox) -> None:
    berit = open_clinician("Berit Solli")
    berit.arrive()
    whose = berit.page.locator(".s-whose").get_by_label("Behandler")
    whose.select_option(label="Ingrid Berg")
    expect(whose.locator("option")).to_have_text(["Ingrid Berg", "Omar Haddad"])
    number = outbox.new_number()
    consultation = berit.book(Booking(name="Siri Sekretærsdatter", phone=number, level="Ingen"))
    berit.expect_state(consultation, "invited")

    ingrid = open_clinician()
    ingrid.arrive()
    ingrid.expect_state(consultation, "invited")

    patient = open_patient()
    patient.open(outbox.link_to(number))
    patient.wait_with_sound_only()
    for looking in (berit, ingrid):
        looking.expect_state(consultation, "checked_in")
    expect(berit.row(consultation).get_by_role("button", name="Ring", exact=True)).to_have_count(0)

    whose.select_option(label="Omar Haddad")
    expect(berit.row(consultation)).to_have_count(0)
    whose.select_option(label="Ingrid Berg")
    berit.expect_state(consultation, "checked_in")

    berit.cancel(consultation)
    for looking in (berit, ingrid):
        looking.expect_state(consultation, "cancelled")
    expect(patient.page.locator("main:not([data-step=waiting])")).to_be_visible()


def test_who_has_no_list_has_no_way_to_one(system, open_clinician) -> None:
    lars = open_clinician("Lars Nes")
    lars.page.goto(lars.address)
    lars.page.get_by_role("link", name="Logg inn").click()
    log_in(lars.page, "Lars Nes")
    expect(lars.page.locator("[data-view=support]")).to_be_visible()
    day = lars.page.request.get(f"{system.addresses['api']}/staff/elvenes/consultations?day=2027-01-15")
    assert day.status == 403


def test_a_session_at_one_trust_is_none_at_another(open_clinician, system) -> None:
    """Omar works at both: his login here says nothing there."""
    omar = open_clinician("Omar Haddad")
    omar.arrive()
    here, there = (
        omar.page.request.get(f"{system.addresses['api']}/staff/{trust}/me") for trust in ("elvenes", "solvik")
    )
    assert (here.status, there.status) == (200, 401)
