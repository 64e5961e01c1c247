"""Sealed calls as people have them: either kind of browser, four people, who comes late and leaves, reloads, a move."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from local.system import System
from tests.e2e.people import Clinician, Patient
from tests.e2ee.dump import Secret, opened, read
from tests.e2ee.pages import (
    KEYS,
    WRONG,
    expect_alive,
    expect_pending,
    expect_same_codes,
    expect_sealed,
    keys,
    wait_as_guest,
)
from tests.e2ee.tapped import Heard

PAIRS = [("chromium", "firefox"), ("firefox", "chromium")]


@pytest.fixture
def join_as_guest(open_patient, outbox, chromium) -> Callable[..., Patient]:
    """Somebody whom the clinician has added, with this number, comes and is let in while the call goes on."""

    def join(clinician: Clinician, number: str) -> Patient:
        guest: Patient = open_patient(browser=chromium, scripts=[KEYS])
        wait_as_guest(guest, outbox, number)
        clinician.let_in()
        guest.accept()
        return guest

    return join


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


@pytest.mark.parametrize("theirs", ["chromium", "firefox"])
def test_a_call_that_moves_to_another_worker_stays_sealed(meet, chromium, system: System, theirs: str) -> None:
    known = theirs == "chromium"
    clinician, patient, _ = meet(browser=chromium, patient={"browser": chromium if known else theirs})
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
            )
        expect_alive(clinician.page, "patient", known=known)
        expect_alive(patient.page, "clinician")
        assert expect_same_codes(**people) == before
    finally:
        system.start_worker("worker")
        system.child("worker2").stop()


def could_open(heard: list[Heard], held: list[Secret]) -> bool:
    """Whether a single frame."""
    return any(frames for kind in ("audio", "camera") for frames in opened(heard, held, kind).values())


def expect_renewed(page: Page, epoch: int) -> None:
    """Wait until the page seals with a later secret."""
    later = "epoch => __keys.some(key => key.type === 'send' && key.epoch > epoch)"
    page.wait_for_function(later, arg=epoch)


def test_four_people_and_who_comes_late_and_leaves_opens_nothing_of_the_rest(
    wait_in, chromium, join_as_guest, outbox, tap
) -> None:
    clinician, patient, consultation = wait_in(browser=chromium, scripts=[KEYS])
    numbers = [outbox.new_number() for _ in range(2)]
    for number, name in zip(numbers, ("Tone Tolk", "Siri Sen"), strict=True):
        clinician.add_guest(consultation, "Tolk", name, number)
    began = time.time()
    clinician.call(consultation)
    patient.accept()
    first = join_as_guest(clinician, numbers[0])
    three: dict[str, Page] = {"clinician": clinician.page, "patient": patient.page, "guest1": first.page}
    expect_same_codes(**three)
    came = time.time()
    late = join_as_guest(clinician, numbers[1])
    four = three | {"guest2": late.page}
    expect_same_codes(**four)
    for seat, page in four.items():
        expect_alive(page, *(four.keys() - {seat}))

    held, leaves = keys(late.page), time.time()
    assert {key.seat for key in held} == set(four)
    late.hang_up()
    expect(clinician.page.locator(".v-person[data-seat=guest2]")).to_have_count(0)
    for seat, page in three.items():
        expect_renewed(page, max(key.epoch for key in held if key.seat == seat))
        expect_sealed(page)
        expect_alive(page, *(three.keys() - {seat}))
    renewed = time.time()
    for seat, page in three.items():
        expect_alive(page, *(three.keys() - {seat}))

    heard = read(tap, began)
    there = [one for one in heard if came <= one.at < leaves]
    before, after = ([one for one in heard if one.at < came], [one for one in heard if one.at >= renewed])
    assert could_open(there, held), "what was said while she was there"
    assert not could_open(before, held)
    assert not could_open(after, held)
    assert {one.seat for one in after} == set(three), "the others went on talking"


def test_a_wrong_key_shows_nothing(wait_in, chromium) -> None:
    clinician, patient, consultation = wait_in(browser=chromium, patient={"scripts": [WRONG]})
    clinician.call(consultation)
    patient.accept()
    expect_sealed(clinician.page)
    expect_alive(clinician.page, "patient")  # whose keys are right
    expect_pending(patient.page)
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
    expect_pending(patient.page)  # a lock is for what could be opened
