"""From booking to feedback: two real browser windows and the real relay, once directly and once only through TURN."""

import pytest
from playwright.sync_api import expect

from tests.e2e.people import Booking, expect_media


@pytest.mark.parametrize("relay", [False, True], ids=["direct", "relay-only"])
def test_from_booking_to_feedback(open_clinician, open_patient, outbox, kari_id: str, relay: bool) -> None:
    clinician = open_clinician(relay=relay)
    clinician.arrive()
    number = outbox.new_number()
    consultation = clinician.book(
        Booking(name="Kari Testesen", phone=number, email=f"{number}@pasient.example", national_id=kari_id)
    )
    clinician.expect_state(consultation, "invited")

    patient = open_patient(relay=relay)
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
    expect(clinician.row(consultation)).to_be_visible()
