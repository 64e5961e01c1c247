"""The running system with workers that are tapped, and browsers whose camera and microphone are known."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from local.system import Ports, System
from tests.e2e.browsers import FAKE_DEVICES, Browsers, opened
from tests.e2e.conftest import kari_id, meet, open_clinician, open_page, open_patient, outbox, trust, wait_in
from tests.e2ee import source
from tests.e2ee.tapped import FOLDER
from tests.invariants.running import hold

__all__ = ["kari_id", "meet", "open_clinician", "open_page", "open_patient", "outbox", "trust", "wait_in"]  # fixtures


class Tapped(System):
    WORKER: ClassVar[str] = "tests.e2ee.tapped"


@pytest.fixture(scope="module")
def tap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the workers write down what they could read."""
    folder = tmp_path_factory.mktemp("tap")
    os.environ[FOLDER] = str(folder)
    yield folder
    del os.environ[FOLDER]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, tap: Path) -> Iterator[System]:
    with Tapped(tmp_path_factory.mktemp("state"), Ports.free()) as running:
        yield running
        hold(running)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browsers(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsers]:
    with opened(playwright, tmp_path_factory.mktemp("sound")) as browsers:
        yield browsers


@pytest.fixture(scope="module")
def chromium(browsers: Browsers, tmp_path_factory: pytest.TempPathFactory) -> Browser:
    """Films and hears what `source.py` makes."""
    folder = tmp_path_factory.mktemp("source")
    source.write_camera(folder / "camera.y4m")
    source.write_microphone(folder / "microphone.wav")
    return browsers.chromium(
        FAKE_DEVICES,
        f"--use-file-for-fake-video-capture={folder}/camera.y4m",
        f"--use-file-for-fake-audio-capture={folder}/microphone.wav",
    )
