"""What a relay that was taken over finds in its packets: of a sealed call nothing, of an open one everything."""

import time
from pathlib import Path

from tests.e2e.people import expect_media
from tests.e2ee.dump import ALIKE, Luma, likeness, played, read, seen, streams, tone
from tests.e2ee.pages import UNABLE, expect_open, expect_sealed
from tests.e2ee.source import BOARD


def looted(tap: Path, since: float) -> tuple[list[Luma], list[list[int]]]:
    """Every picture and, by stream, every sound that decoders make of what was tapped since then."""
    heard = read(tap, since)
    films, sounds = streams(heard, video=True), streams(heard, video=False)
    assert len(films) >= 2, "both film"
    assert len(sounds) >= 2, "both speak"
    assert sum(map(len, films.values())) > 20, "frames went through the relay"
    return [picture for frames in films.values() for picture in seen(frames)], [played(f) for f in sounds.values()]


def test_a_sealed_call_shows_and_says_nothing_to_the_relay(meet, chromium, tap) -> None:
    since = time.time()
    clinician, patient, _ = meet(browser=chromium)
    for page in (clinician.page, patient.page):
        expect_sealed(page)
        expect_media(page)
    pictures, sounds = looted(tap, since)
    assert all(likeness(picture, BOARD) < ALIKE / 2 for picture in pictures)
    assert all(tone(sound) < ALIKE / 2 for sound in sounds)


def test_an_open_call_shows_and_says_everything(meet, chromium, tap) -> None:
    since = time.time()
    clinician, patient, _ = meet(browser=chromium, scripts=[UNABLE])
    for page in (clinician.page, patient.page):
        expect_open(page)
        expect_media(page)
    pictures, sounds = looted(tap, since)
    assert pictures
    assert all(likeness(picture, BOARD) > ALIKE for picture in pictures)
    assert all(tone(sound) > ALIKE for sound in sounds)
