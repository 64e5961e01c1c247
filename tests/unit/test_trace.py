"""One id from the page through functions to the worker, in logs and X-Ray's segments; what is no id is passed over."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import protocol as p
from chalicelib import trace, xray
from chalicelib.log import log
from chalicelib.protocol import parse_to_worker
from tests.fakes.clinic import Clinic

CAME = "00-6926b2f0aaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01"
ID = "6926b2f0aaaaaaaaaaaaaaaaaaaaaaaa"


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """In the place of X-Ray's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(10)
        monkeypatch.setenv(xray.DAEMON, f"127.0.0.1:{listening.getsockname()[1]}")
        yield listening


def heard(daemon: socket.socket) -> dict[str, Any]:
    beginning, _, document = daemon.recv(65_536).partition(b"\n")
    assert json.loads(beginning) == {"format": "json", "version": 1}
    found: dict[str, Any] = json.loads(document)
    return found


@pytest.mark.parametrize(
    "said", ["", "Kari", "00-" + "0" * 32 + "-bbbbbbbbbbbbbbbb-01", CAME.upper(), CAME + "x", "x" + CAME]
)
def test_what_is_no_trace_is_passed_over(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with trace.invocation(lambda _: None):
        trace.follow(said)
        log(door="enter", outcome="ok")
        assert trace.onward() == trace.valid(said) == ""
    assert json.loads(capsys.readouterr().out) == {"door": "enter", "outcome": "ok"}


def test_lines_say_on_whose_behalf_and_the_next_invocation_forgets(capsys: pytest.CaptureFixture[str]) -> None:
    with trace.invocation(lambda _: None):
        trace.follow(CAME)
        log(door="enter", outcome="ok")
    with trace.invocation(lambda _: None):
        log(door="sweep", calls=0)
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["trace"] == ID
    assert "trace" not in second


def test_an_invocation_is_a_segment_of_the_pages_trace(daemon: socket.socket) -> None:
    class Table:
        def get(self) -> str:
            return "row"

    with trace.invocation(lambda done: xray.report(done, done.begun + 1)) as present:
        trace.follow(CAME)
        assert trace.Timed("DynamoDB", Table()).get() == "row"
        log(door="enter", outcome="busy", status=503)
        onward = trace.onward()
    document = heard(daemon)
    assert (document["trace_id"], document["parent_id"]) == (f"1-{ID[:8]}-{ID[8:]}", "b" * 16)
    assert document["id"] == present.segment == onward[36:52]
    assert document["end_time"] - document["start_time"] == pytest.approx(1)
    assert document["annotations"] == {"door": "enter", "outcome": "busy", "status": 503}
    assert (document["fault"], document["error"]) == (True, False)
    assert [part["name"] for part in document["subsegments"]] == ["DynamoDB"]


def test_what_is_on_nobodys_behalf_or_of_no_interest_is_not_sent(daemon: socket.socket) -> None:
    with trace.invocation(lambda done: xray.report(done, done.begun)):
        log(door="sweep", calls=0)
    with trace.invocation(lambda done: xray.report(done, done.begun)):
        trace.follow(CAME)
        log(door="ws_message", outcome="ping")
    daemon.setblocking(False)
    with pytest.raises(BlockingIOError):
        daemon.recv(1)


def test_without_a_daemon_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("", "nonsense", "127.0.0.1:nonsense"):
        monkeypatch.setenv(xray.DAEMON, address)
        xray.told("page", CAME, 100, 1_800_000_000, "joined")


def test_the_worker_is_told_on_whose_behalf_and_says_it_again(daemon: socket.socket) -> None:
    clinic = Clinic()
    called = clinic.calling()
    clinic.say("P", p.Accept(consultation=called.id, call=1))
    with trace.invocation(lambda _: None):
        trace.follow(CAME)
        sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
        clinic.say("P", p.Offer(consultation=called.id, call=1, n=1, sdp=sdp))
    offers = [m for m in clinic.push.to("W") if isinstance(m, p.RelayOffer)]
    offer = parse_to_worker(p.encode(offers[-1]))
    assert isinstance(offer, p.RelayOffer)
    assert trace.id_of(offer.trace) == ID
    answer = p.RelayAnswer(offer.room, offer.seat, offer.n, sdp, offer.trace, 40)
    clinic.say("W", answer)
    document = heard(daemon)
    assert (document["name"], document["parent_id"]) == ("worker", offer.trace[36:52])
    assert document["end_time"] - document["start_time"] == pytest.approx(0.04, abs=0.001)
