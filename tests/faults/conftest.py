"""A running service and browsers, for each file of faults."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.faults.service import Service, service
from tests.faults.talk import SMALL_CAMERA, Stage, Talk
from tests.nets.wires import possible


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not possible():
        pytest.skip("networks take root and /dev/net/tun")
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Service]:
    with service(folder) as started:
        yield started


@pytest.fixture(scope="module")
def stage(running: Service, playwright: Playwright, folder: Path) -> Iterator[Stage]:
    opened = Stage(running, playwright, folder, SMALL_CAMERA)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def talk(stage: Stage) -> Talk:
    """One call, to which one thing after the other happens."""
    return stage.talk(stage.service.phones[0])
