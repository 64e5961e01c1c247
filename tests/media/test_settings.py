"""What the environment says, and what the log may say."""

import io
import json
import subprocess
import sys

import pytest

from media_worker.log import ALLOWED
from media_worker.port import Endpoint
from media_worker.settings import CAPACITY, Misconfigured, Settings

GOOD = {
    "VENTEROM_SOCKET": "ws://127.0.0.1:8080/ws",
    "VENTEROM_WORKER_KEY": "a-very-secret-key",
    "VENTEROM_ADDRESS": "127.0.0.1",
}


def test_the_rest_has_defaults_and_names_are_random() -> None:
    one, other = Settings.load(GOOD), Settings.load(GOOD)
    assert one.capacity == CAPACITY["compiled"]
    assert Settings.load(GOOD | {"VENTEROM_PLANE": "python"}).capacity == CAPACITY["python"]
    assert Settings.load(GOOD | {"VENTEROM_CAPACITY": "7"}).capacity == 7
    assert one.worker_id != other.worker_id


def test_where_it_listens_and_what_it_tells() -> None:
    assert Settings.load(GOOD).endpoint == Endpoint(("127.0.0.1",), (), 0)
    behind = GOOD | {
        "VENTEROM_ADDRESS": "203.0.113.7, 10.0.0.7,2001:db8::7",
        "VENTEROM_BIND": "10.0.0.7,2001:db8::7",
        "VENTEROM_PORT": "40000",
    }
    there = Endpoint(("203.0.113.7", "10.0.0.7", "2001:db8::7"), ("10.0.0.7", "2001:db8::7"), 40_000)
    assert Settings.load(behind).endpoint == there


def test_where_browsers_find_it_may_be_left_to_the_functions() -> None:
    for given in ({}, {"VENTEROM_ADDRESS": ""}):
        told = {name: value for name, value in GOOD.items() if name != "VENTEROM_ADDRESS"} | given
        assert Settings.load(told | {"VENTEROM_PORT": "10000"}).endpoint == Endpoint(port=10_000)


@pytest.mark.parametrize("name", ["VENTEROM_SOCKET", "VENTEROM_WORKER_KEY"])
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        Settings.load({k: v for k, v in GOOD.items() if k != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VENTEROM_SOCKET", "http://127.0.0.1"),
        ("VENTEROM_ADDRESS", "localhost"),
        ("VENTEROM_WORKER_ID", "a.b"),
        ("VENTEROM_CAPACITY", "many"),
        ("VENTEROM_CAPACITY", "-1"),
        ("VENTEROM_ADDRESS", ","),
        ("VENTEROM_BIND", "eth0"),
        ("VENTEROM_PORT", "any"),
        ("VENTEROM_PORT", "80"),
        ("VENTEROM_PORT", "65536"),
        ("VENTEROM_PLANE", "fastest"),
    ],
)
def test_what_is_wrong_is_named_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=name) as error:
        Settings.load(GOOD | {name: value})
    assert "secret" not in str(error.value)


def test_the_program_says_it_in_one_line() -> None:
    done = subprocess.run([sys.executable, "-m", "media_worker"], env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "VENTEROM_SOCKET is not set.\n"


def test_what_nobody_caught_is_told_by_its_kind_alone() -> None:
    code = (
        "from media_worker.log import unforeseen as u; u({'exception': KeyError('10.0.0.1'), 'message': 'v=0'}); u({})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [json.loads(line) for line in done.stderr.splitlines()] == [
        {"event": "unforeseen", "code": "KeyError"},
        {"event": "unforeseen", "code": "NoneType"},
    ]


def test_the_log_leaves_out_what_is_not_on_its_list() -> None:
    code = "from media_worker.log import say; say('event', code='x', rooms=1, sdp='v=0', address='10.0.0.1')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(io.StringIO(done.stderr).readline()) == {"event": "event", "code": "x", "rooms": 1}
    assert not ALLOWED & {"sdp", "address", "name", "ticket", "room"}
