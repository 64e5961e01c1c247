"""Sealed calls as people have them: either kind of browser, a reload, a move to another worker; and a wrong key."""

import pytest

from local.system import System
from tests.e2e.people import PATIENCE
from tests.e2ee.pages import WRONG, expect_alive, expect_same_codes, expect_sealed

PAIRS = [("chromium", "firefox"), ("firefox", "chromium")]


def test_both_see_hear_and_read_the_same_code_also_after_a_reload(meet, chromium) -> None:
    clinician, patient, _ = meet(browser=chromium)
    people = {"clinician": clinician.page, "patient": patient.page}
    before = expect_same_codes(**people)
    expect_alive(clinician.page, "patient")
    expect_alive(patient.page, "clinician")

    patient.page.reload()
    patient.expect_step("call")
    expect_alive(patient.page, "clinician")
    expect_alive(clinician.page, "patient")
    after = expect_same_codes(**people)
    assert after != before, "a page that begins anew has new keys"


@pytest.mark.parametrize(("hers", "theirs"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
def test_chromium_and_firefox(meet, hers: str, theirs: str) -> None:
    clinician, patient, _ = meet(browser=hers, patient={"browser": theirs})
    expect_same_codes(clinician=clinician.page, patient=patient.page)
    expect_alive(clinician.page, "patient", known=False)
    clinician.page.bring_to_front()
    expect_alive(patient.page, "clinician", known=False)


def test_a_call_that_moves_to_another_worker_stays_sealed(meet, chromium, system: System) -> None:
    clinician, patient, _ = meet(browser=chromium)
    people = {"clinician": clinician.page, "patient": patient.page}
    before = expect_same_codes(**people)
    lines = {seat: page.evaluate("() => __peerConnections.length") for seat, page in people.items()}
    system.start_worker("worker2")
    try:
        system.child("worker").kill()
        for seat, page in people.items():
            page.wait_for_function(
                "lines => __peerConnections.slice(lines).some(pc => pc.connectionState === 'connected')",
                arg=lines[seat],
                timeout=PATIENCE,
            )
        expect_alive(clinician.page, "patient")
        expect_alive(patient.page, "clinician")
        assert expect_same_codes(**people) == before
    finally:
        system.start_worker("worker")
        system.child("worker2").stop()


def test_a_wrong_key_shows_nothing(wait_in, chromium) -> None:
    clinician, patient, consultation = wait_in(browser=chromium, patient={"scripts": [WRONG]})
    clinician.call(consultation)
    patient.accept()
    for page in (clinician.page, patient.page):
        expect_sealed(page)
    expect_alive(clinician.page, "patient")  # whose keys are right
    got = patient.page.evaluate(
        """async () => {
          for (;;) {
            const got = {audio: 0, video: 0, shown: 0, heard: 0};
            for (const pc of __peerConnections) (await pc.getStats()).forEach(s => {
              if (s.type !== 'inbound-rtp') return;
              got[s.kind] += s.packetsReceived;
              got.shown += s.framesDecoded ?? 0;
              got.heard += s.totalAudioEnergy ?? 0;
            });
            if (Math.min(got.audio, got.video) > 100) return got;
            await new Promise(again => setTimeout(again, 100));
          }
        }"""
    )
    assert (got["shown"], got["heard"]) == (0, 0)
