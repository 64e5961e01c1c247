"""From booking to feedback: two real browsers of either kind and the real relay, directly and only through TURN."""

import pytest
from playwright.sync_api import expect

from tests.e2e.people import Booking, expect_media

# The clinician's browser, the patient's, and whether all goes through TURN.
WAYS = [
    ("chromium", "chromium", False),
    ("chromium", "chromium", True),
    ("firefox", "firefox", False),
    ("chromium", "firefox", False),
    ("firefox", "chromium", True),
    ("chromium", "firefox", True),
]


@pytest.mark.parametrize(
    ("hers", "theirs", "relay"), WAYS, ids=[f"{a}-{b}{'-relayed' if relay else ''}" for a, b, relay in WAYS]
)
def test_from_booking_to_feedback(
    open_clinician, open_patient, outbox, kari_id: str, hers: str, theirs: str, relay: bool
) -> None:
    clinician = open_clinician(browser=hers, relay=relay)
    clinician.arrive()
    number = outbox.new_number()
    consultation = clinician.book(
        Booking(name="Kari Testesen", phone=number, email=f"{number}@pasient.example", national_id=kari_id)
    )
    clinician.expect_state(consultation, "invited")

    patient = open_patient(browser=theirs, relay=relay)
    patient.open(outbox.link_to(number))
    patient.log_in("Kari", "BankID")
    patient.test_devices()
    verdict = patient.test_network()
    assert "blokkerer" not in verdict
    patient.check_in()

    clinician.expect_state(consultation, "checked_in")
    clinician.call(consultation)
    patient.accept()

    for page in (clinician.page, patient.page):
        arrived = expect_media(page)
        assert arrived.relayed is relay
    clinician.hang_up()
    patient.give_feedback()
    clinician.expect_state(consultation, "ended")
    clinician.show_done()
    expect(clinician.row(consultation)).to_be_visible()
