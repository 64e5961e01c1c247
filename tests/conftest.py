"""In what order the tests run; that none fails for being slow; and that each leaves the table true."""

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.fakes.clinic import Clinic
from tests.invariants import ALWAYS, broken

LONG = ("test_fuzz.py", "test_guards.py", "test_long.py", "test_scenes.py")
"""Files of tests that take much longer than most."""

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that two processes end together; but end-to-end tests last of all.

    Playwright keeps an event loop running in their thread, where no other can then start.
    """
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: ("e2e" in item.path.parts, item.path.name not in LONG, -tests[item.path]))


@pytest.fixture(autouse=True)
def the_table_stays_true(request: pytest.FixtureRequest) -> Iterator[None]:
    """What must always hold held when the test ended; ``untrue`` marks those that break it by hand, and says why."""
    Clinic.made.clear()
    yield
    clinics = list(Clinic.made)
    Clinic.made.clear()
    if request.node.get_closest_marker("untrue") is None:
        for clinic in clinics:
            wrong = broken(clinic.table(), ALWAYS)
            assert not wrong, "\n".join(wrong)
