"""The patient's receipt: who did what and how surely they were known, and nothing of what only machines do."""

from chalicelib.lifecycle import Role
from chalicelib.receipts import SHOWN
from tests.fakes.clinic import Clinic


def test_a_patient_reads_what_happened_and_who_of_the_staff_did_it() -> None:
    clinic = Clinic()
    talking = clinic.talking()
    clinic.services.trail.read(clinic.by, talking.id)
    receipt = clinic.services.receipts.of(clinic.now(talking))
    assert (receipt.reference, receipt.department.id, receipt.intact) == (talking.reference, "medisinsk", True)
    first, *_, last = receipt.entries
    assert (first.what, first.who, first.name, first.level) == (
        "booked",
        Role.CLINICIAN,
        "Ingrid Berg",
        clinic.by.level,
    )
    assert (last.what, last.name) == ("trail_read", "Ingrid Berg")
    assert {e.what for e in receipt.entries} >= {"booked", "sms_sent", "check_in", "call", "accept"}
    assert {e.name for e in receipt.entries if e.who is Role.PATIENT} == {""}


def test_what_only_machines_do_is_left_out() -> None:
    clinic = Clinic()
    booked = clinic.book()
    happened = {e.what for e in clinic.services.trail.happened(clinic.trust, booked.id)}
    shown = {e.what for e in clinic.services.receipts.of(booked).entries}
    assert shown == happened & SHOWN
    assert "sending" in happened - shown


def test_who_has_left_the_trust_has_no_name() -> None:
    clinic = Clinic()
    booked = clinic.book()
    del clinic.store.rows[clinic.services.register.staff(clinic.trust, clinic.staff).key()]
    assert {e.name for e in clinic.services.receipts.of(booked).entries} == {""}
