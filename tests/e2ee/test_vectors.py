"""The test vectors are what the second implementation says, and it opens what it seals and nothing else."""

from typing import Any

import pytest

from tests.e2ee import vectors
from tests.e2ee.agreement import SEATS, open_part
from tests.e2ee.sealing import FrameKey

VECTORS = vectors.vectors()


def test_the_file_is_what_the_second_implementation_writes() -> None:
    assert vectors.FILE.read_text() == vectors.text(), "run python -m tests.e2ee.vectors"


@pytest.mark.parametrize("pair", VECTORS["pairs"], ids=lambda pair: "-".join(side["seat"] for side in pair["sides"]))
def test_sealed_parts_open_under_their_own_key_and_number_only(pair: dict[str, Any]) -> None:
    one, other = pair["sealed"]
    for part, wrong in ((one, other), (other, one)):
        key = bytes.fromhex(part["key"])
        assert open_part(key, part["n"], part["sealed"]) == part["part"]
        assert open_part(key, part["n"] + 1, part["sealed"]) is None
        assert open_part(bytes.fromhex(wrong["key"]), part["n"], part["sealed"]) is None


@pytest.mark.parametrize("row", VECTORS["frames"], ids=lambda row: f"{row['kind']}-{row['seat']}-{row['epoch']}")
def test_a_frame_opens_as_it_was_and_not_with_any_bit_changed(row: dict[str, str]) -> None:
    key = FrameKey.of(bytes.fromhex(row["secret"]), row["kind"], row["seat"], int(row["epoch"]))
    frame = bytes.fromhex(row["frame"])
    assert key.open(frame) == bytes.fromhex(row["data"])
    for place in range(len(frame)):
        assert key.open(frame[:place] + bytes([frame[place] ^ 1]) + frame[place + 1 :]) is None
        assert key.open(frame[:place]) is None


def test_every_seat_kind_and_epoch_has_a_key_of_its_own() -> None:
    keys = {
        FrameKey.of(bytes(32), kind, seat, epoch).key
        for kind in ("audio", "camera", "screen")
        for seat in SEATS
        for epoch in (1, 2)
    }
    assert len(keys) == 3 * len(SEATS) * 2
