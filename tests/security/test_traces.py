"""What goes to X-Ray, and what metrics say, holds nothing of what people wrote."""

import json
import socket
from collections.abc import Iterator

import pytest

import app as doors
from chalicelib import xray
from tests.fakes.browser import Browser, open_doors
from tests.fakes.clinic import Clinic
from tests.fakes.logged import invoke, logged
from tests.security.planted import EVERYTHING, NEEDLE, TRACE, WORD
from tests.security.test_planted import socket_event

ASKED = (
    ("POST", "/enter", {"secret": EVERYTHING}),
    ("POST", "/departments/elvenes/medisinsk/arrivals", {"name": EVERYTHING, WORD: EVERYTHING}),
    ("GET", f"/visits/{WORD}", None),
    ("POST", f"/visits/{WORD}/code/check", {"code": EVERYTHING}),
    ("GET", f"/staff/{WORD}/me", None),
)


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    with open_doors(monkeypatch) as clinic:
        yield clinic


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """In the place of X-Ray's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(10)
        monkeypatch.setenv(xray.DAEMON, f"127.0.0.1:{listening.getsockname()[1]}")
        yield listening


@pytest.mark.parametrize(("method", "path", "body"), ASKED)
def test_a_request_leaves_nothing_in_its_segment(
    clinic: Clinic, daemon: socket.socket, method: str, path: str, body: dict[str, str] | None
) -> None:
    with logged() as log:
        Browser().ask(method, path, body, traceparent=TRACE, X_Forwarded_For="198.51.100.77")
    segment = daemon.recv(65_536).decode()
    assert json.loads(segment.partition("\n")[2])["annotations"]["door"]
    assert not NEEDLE.search(segment)
    assert TRACE[3:35] in log.getvalue()
    assert not NEEDLE.search(log.getvalue())


def test_a_socket_leaves_nothing_in_its_segment(clinic: Clinic, daemon: socket.socket) -> None:
    query = {"ticket": EVERYTHING, "traceparent": TRACE}
    with logged() as log:
        invoke(doors.ws_connect, socket_event("ws_connect", "new", queryStringParameters=query))
    assert not NEEDLE.search(daemon.recv(65_536).decode() + log.getvalue())


@pytest.mark.parametrize("came", [EVERYTHING, TRACE + WORD, WORD])
def test_what_is_planted_in_the_place_of_a_trace_goes_nowhere(clinic: Clinic, daemon: socket.socket, came: str) -> None:
    with logged() as log:
        Browser().ask("GET", "/health", None, traceparent=came)
        invoke(doors.ws_connect, socket_event("ws_connect", "new", queryStringParameters={"traceparent": came}))
    assert not NEEDLE.search(log.getvalue())
    daemon.setblocking(False)
    with pytest.raises(BlockingIOError):
        daemon.recv(1)
