"""Somebody in the signaling: swaps keys, strips proofs, changes what is said, or says that a browser cannot encrypt."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from local import seed
from local.system import System
from tests.e2e.people import Booking, Clinician, Patient
from tests.e2ee.between import Between, Denying, Haunting, Mangling, Part, Swapping
from tests.e2ee.dump import ALIKE, likeness, opened, read, seen
from tests.e2ee.pages import codes, expect_alive, expect_open, expect_refused, expect_same_codes, expect_sealed
from tests.e2ee.source import BOARD


@pytest.fixture
def call(open_clinician, open_patient, outbox, chromium, kari_id) -> Iterator[Callable[..., tuple[Clinician, Patient]]]:
    """A call that somebody sits in; ``logged_in``: the patient logs in at the portal, at the highest level."""
    clinicians: list[Clinician] = []

    def call_(somebody: Between, *, logged_in: bool = False) -> tuple[Clinician, Patient]:
        clinician, patient = open_clinician(browser=chromium), open_patient(browser=chromium)
        clinicians.append(clinician)
        somebody.stand_before(clinician.page, "clinician")
        somebody.stand_before(patient.page, "patient")
        clinician.arrive()
        number = outbox.new_number()
        who = {"level": "Høyt", "national_id": kari_id} if logged_in else {"level": "Ingen"}
        consultation = clinician.book(Booking(name="Kari Testesen", phone=number, **who))
        patient.open(outbox.link_to(number))
        if logged_in:
            patient.log_in("Kari")
        patient.test_devices()
        patient.skip_network()
        patient.check_in()
        clinician.expect_state(consultation, "checked_in")
        clinician.call(consultation)
        patient.accept()
        return clinician, patient

    yield call_
    for clinician in clinicians:
        clinician.leave_call()


@pytest.fixture
def required(system: System, trust: str) -> Iterator[None]:
    """The trust wants encryption as long as the test lasts."""
    administrator = seed.Clinician(system.origin, trust)
    administrator.log_in("turid-moe")

    def rule(encryption: str) -> None:
        now = administrator.get("rules")
        administrator.put("rules", now | {"rules": now["rules"] | {"encryption": encryption}})

    rule("required")
    yield
    rule("preferred")


def expect_nothing_passed(somebody: Clinician | Patient) -> None:
    """Neither sent nor shown."""
    found = somebody.page.evaluate(
        """async () => {
          const found = {sent: 0, shown: 0, heard: 0};
          for (const pc of __peerConnections) (await pc.getStats()).forEach(s => {
            if (s.type === 'outbound-rtp') found.sent += s.packetsSent ?? 0;
            if (s.type === 'inbound-rtp') found.shown += s.framesDecoded ?? 0, found.heard += s.totalAudioEnergy ?? 0;
          });
          return found;
        }"""
    )
    assert found == {"sent": 0, "shown": 0, "heard": 0}


def test_who_only_listens_changes_nothing_and_the_login_is_known(call) -> None:
    clinician, patient = call(Between(), logged_in=True)
    expect_same_codes(clinician=clinician.page, patient=patient.page)
    expect(clinician.page.locator(".v-lock[data-face=confirmed]")).to_be_visible()
    expect_alive(clinician.page, "patient")
    expect_alive(patient.page, "clinician")


def test_who_swaps_keys_sees_everything_and_the_codes_differ(call, tap) -> None:
    since, somebody = time.time(), Swapping()
    clinician, patient = call(somebody)
    for page, other in ((clinician.page, "patient"), (patient.page, "clinician")):
        expect_sealed(page)
        expect_alive(page, other)
    shown = codes(clinician.page, ["patient"]) | codes(patient.page, ["clinician"])
    assert shown == {"patient": somebody.codes["clinician"], "clinician": somebody.codes["patient"]}
    assert shown["patient"] != shown["clinician"]
    films = opened(read(tap, since), somebody.secrets, "camera")
    assert any(likeness(picture, BOARD) > ALIKE for frames in films.values() for picture in seen(frames)), (
        "why they compare"
    )


def test_a_guest_whom_nobody_let_in_gets_no_keys(call) -> None:
    somebody = Haunting(told=False)
    clinician, patient = call(somebody)
    expect_same_codes(clinician=clinician.page, patient=patient.page)
    expect_alive(clinician.page, "patient")
    assert not somebody.secrets


def test_a_guest_who_is_said_to_be_in_the_call_gets_keys_and_is_seen(call) -> None:
    somebody = Haunting(told=True)
    clinician, patient = call(somebody)
    for page in (clinician.page, patient.page):
        expect(page.locator(f".v-person[data-seat={somebody.GHOST}]")).to_be_visible()
        expect(page.locator(".v-lock__button")).to_contain_text("3 er med")
        expect(page.locator(".v-lock [role=status]").last).to_contain_text("Gjest 4")
    assert {secret.seat for secret in somebody.secrets} == {"clinician", "patient"}


def without_proof(part: Part) -> Part:
    """The patient's proof goes no further."""
    return {field: value for field, value in part.items() if field != "proof"}


@pytest.mark.parametrize("swapping", [Swapping(), Swapping(without_proof)], ids=["proof passed on", "proof stripped"])
def test_swapped_keys_are_refused_where_a_login_is_bound(call, swapping: Swapping) -> None:
    clinician, _ = call(swapping, logged_in=True)
    expect_refused(clinician.page, "identity")
    expect_nothing_passed(clinician)


@pytest.mark.parametrize("field", ["commitment", "public", "sealed"])
def test_parcels_that_are_changed_on_the_way_end_in_tampered(call, field: str) -> None:
    clinician, _ = call(Mangling(field))
    expect_refused(clinician.page, "tampered")
    expect_nothing_passed(clinician)


def test_who_says_that_a_browser_cannot_encrypt_is_believed_visibly_but_not_in_a_sealed_call(call) -> None:
    somebody = Denying()
    clinician, patient = call(somebody)
    expect_open(clinician.page)
    expect_refused(patient.page, "unagreed")
    expect_nothing_passed(patient)
    patient.page.get_by_role("button", name="Fortsett likevel").click()
    expect_open(patient.page)
    expect_alive(clinician.page, "patient")
    expect_alive(patient.page, "clinician")
    clinician.hang_up()
    patient.expect_step("feedback")

    somebody = Denying(at_once=False)
    clinician, patient = call(somebody)
    expect_sealed(clinician.page)
    somebody.deny()
    patient.page.reload()
    expect_refused(clinician.page, "downgrade")


def test_where_encryption_is_required_nobody_is_talked_out_of_it(call, required) -> None:
    clinician, _ = call(Denying())
    expect_refused(clinician.page, "peer_unable")
    expect_nothing_passed(clinician)
