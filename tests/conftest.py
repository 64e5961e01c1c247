"""In what order the tests run; and that none fails for being slow."""

from collections import Counter

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that two processes end together; but end-to-end tests last of all.

    Playwright keeps an event loop running in their thread, where no other can then start.
    """
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: ("e2e" in item.path.parts, -tests[item.path]))
