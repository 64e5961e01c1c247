"""What `make run` does about a part that ended by itself, and whom it names."""

from local.restarts import PAUSES, STEADY_SECONDS, Restarts
from local.run import by_role
from local.system import TRUST


def test_a_steady_worker_is_started_again_at_once_however_often_it_ends() -> None:
    restarts = Restarts()
    assert [restarts.pause("worker", STEADY_SECONDS) for _ in range(9)] == [0] * 9


def test_one_that_ends_soon_waits_longer_each_time_and_is_given_up() -> None:
    restarts = Restarts()
    lives = [restarts.pause("worker", 1) for _ in PAUSES]
    assert lives == [*PAUSES[1:], None]
    assert list(PAUSES) == sorted(PAUSES)


def test_it_has_all_its_tries_again_once_it_was_steady_and_so_have_the_others() -> None:
    restarts = Restarts()
    for _ in PAUSES[1:]:
        restarts.pause("worker2", 1)
    assert restarts.pause("worker", 1) == PAUSES[1]
    assert restarts.pause("worker2", STEADY_SECONDS) == 0
    assert restarts.pause("worker2", 1) == PAUSES[1]


def test_no_other_part_is_started_again() -> None:
    assert [Restarts().pause(part, STEADY_SECONDS) for part in ("front", "aws", "portal", "turn")] == [None] * 4


def test_for_every_role_there_is_somebody_to_log_in_as() -> None:
    named = by_role(TRUST["staff"])
    assert all(named.values())
    assert named["clinician"] == ["Ingrid Berg", "Omar Haddad", "Sunniva Lie"]
    assert named["administrator"] == ["Sunniva Lie", "Turid Moe"]
