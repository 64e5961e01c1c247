"""What a participant is shown of others, by what its way down is believed to carry."""

from types import SimpleNamespace
from typing import Any

from media_worker.view import View


def sink(kind: str, octets: int) -> Any:
    return SimpleNamespace(slot=SimpleNamespace(kind=kind), out=SimpleNamespace(octets=octets))


def test_sound_is_not_held_against_an_estimate_of_pictures_alone() -> None:
    view = View()
    for second in range(12):
        view.measure([sink("audio", second * 20_000), sink("video", second * 10_000)], float(second))
    assert not view.downlink.estimate(80_000, 12.0), "all of the pictures arrive"
    assert view.downlink.estimate(60_000, 13.0), "not all of them do"
