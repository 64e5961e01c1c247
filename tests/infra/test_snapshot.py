"""What a picture of a started function holds: all that callers would wait for, and nothing that may exist once only."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chalicelib import snapshot
from chalicelib.settings import Settings


def started(folder: Path) -> dict[str, Any]:
    environment = {f"VENTEROM_{f.name.upper()}": "x" for f in msgspec.structs.fields(Settings) if f.required} | {
        snapshot.HOW: "snap-start",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "VENTEROM_PUSH_ENDPOINT": "https://api.example/api",
    }
    command: list[str | Path] = [sys.executable, "-I", "-S", Path(__file__).with_name("frozen.py"), folder]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    saw: dict[str, Any] = json.loads(done.stdout)
    return saw


@pytest.fixture(scope="module")
def once(task: Path) -> dict[str, Any]:
    return started(task)


def test_nothing_random_is_drawn_and_no_clock_of_ours_is_read(once: dict[str, Any]) -> None:
    assert once["random"] == []
    assert [by for by in once["time"] if by.startswith(("app.", "chalicelib."))] == []
    assert once["cryptography"] is False, "it keeps a random generator of its own, which a picture would hold"


def test_nobody_is_connected_to_and_no_thread_runs(once: dict[str, Any]) -> None:
    assert once["connected"] == []
    assert once["threads"] == 1


def test_what_callers_would_wait_for_is_made(once: dict[str, Any]) -> None:
    assert {"store", "push", "sms", "mail", "scheduler", "_vault", "signaling", "logins"} <= set(once["made"])


def test_pauses_are_shuffled_anew_by_each_copy(once: dict[str, Any]) -> None:
    assert once["afterwards"] == ["Random.seed"]


def test_two_starts_hold_the_same_data(once: dict[str, Any], task: Path) -> None:
    again = started(task)["data"]
    assert len(again) > 1000
    assert {name for name in once["data"].keys() | again.keys() if once["data"].get(name) != again.get(name)} == set()


@pytest.mark.parametrize("how", [{}, {snapshot.HOW: "on-demand"}, {snapshot.HOW: "provisioned-concurrency"}])
def test_elsewhere_nothing_is_made_before_somebody_calls(how: dict[str, str]) -> None:
    made: list[str] = []
    snapshot.keep(lambda: made.append("all"), how)
    assert made == []
