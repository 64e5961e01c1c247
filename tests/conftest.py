"""In what order the tests run; and that none fails for being slow."""

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """End-to-end tests last: Playwright keeps an event loop running in this thread, where no other can then start."""
    items.sort(key=lambda item: "e2e" in item.path.parts)
