"""The figures themselves: what counts as still, silent, lost and back."""

from tests.faults.watch import Notes, figures

STEADY = [float(at) for at in range(0, 10_000, 50)]


def without(begin: float, end: float) -> list[float]:
    return [at for at in STEADY if not begin < at < end]


def test_nothing_happened() -> None:
    found = figures([Notes(STEADY, STEADY)] * 2, 3_000, 3_000, 9_950)
    assert (found.recovery, found.still_ms, found.silent_ms, found.frames_lost) == (0, 50, 50, 0)


def test_the_last_to_come_back_counts() -> None:
    patient, clinician = Notes(without(3_000, 5_000), STEADY), Notes(STEADY, without(3_100, 6_000))
    found = figures([patient, clinician], 3_000, 3_000, 9_950)
    assert (found.recovery, found.still_ms, found.silent_ms, found.frames_lost) == (3.0, 2_000, 2_900, 39)


def test_recovery_counts_from_the_networks_return() -> None:
    found = figures([Notes(without(3_000, 8_000), STEADY)], 3_000, 7_000, 9_950)
    assert (found.recovery, found.still_ms) == (1.0, 5_000)


def test_what_was_back_before_the_network_was_did_not_need_it() -> None:
    assert figures([Notes(without(3_000, 5_000), STEADY)], 3_000, 7_000, 9_950).recovery == 0


def test_who_freezes_again_is_not_back() -> None:
    twice = [at for at in without(3_000, 4_000) if not 5_000 < at < 6_500]
    assert figures([Notes(twice, STEADY)], 3_000, 3_000, 9_950).recovery == 3.5


def test_who_never_comes_back_is_away_until_the_end() -> None:
    assert figures([Notes(STEADY, without(3_000, 10_000))], 3_000, 3_000, 9_950).recovery == 6.95
