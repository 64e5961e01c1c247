"""What `make run` does about a part that ended by itself."""

import pytest

from local.run import STEADY_SECONDS, is_replaceable


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
