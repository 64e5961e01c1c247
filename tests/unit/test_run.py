"""What `make run` does about a part that ended by itself, and whom it names."""

import pytest

from local.run import STEADY_SECONDS, by_role, is_replaceable
from local.system import TRUST


@pytest.mark.parametrize(
    ("part", "lived", "again"),
    [
        ("worker", STEADY_SECONDS, True),
        ("worker", STEADY_SECONDS - 1, False),  # it would end again and again
        ("front", STEADY_SECONDS, False),
        ("aws", STEADY_SECONDS, False),
    ],
)
def test_only_a_steady_worker_is_started_again(part: str, lived: float, again: bool) -> None:
    assert is_replaceable(part, lived) is again


def test_for_every_role_there_is_somebody_to_log_in_as() -> None:
    named = by_role(TRUST["staff"])
    assert all(named.values())
    assert named["clinician"] == ["Ingrid Berg", "Omar Haddad", "Sunniva Lie"]
    assert named["administrator"] == ["Sunniva Lie", "Turid Moe"]
