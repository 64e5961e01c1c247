"""Bad input over the real wire: each gets its stable code, changes nothing, and the connection lives on."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from chalicelib.protocol import MAX_FRAME, MAX_MESSAGE
from local.seed import Clinician, latest_link
from tests.e2e.visitor import Visitor

SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"


@pytest.fixture(scope="module")
def clinician(system, trust: str) -> Clinician:
    logged_in = Clinician(system.origin, trust)
    logged_in.log_in("omar-haddad")
    return logged_in


def book(clinician: Clinician, system, **changes) -> tuple[str, str]:
    """A new consultation and its link."""
    phone = f"+479{secrets.randbelow(10**7):07d}"
    body = {
        "department": "medisinsk",
        "patient_name": "Prøve Person",
        "phone": phone,
        "starts": (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "login_level": "none",
        "send": "now",
        **changes,
    }
    made = clinician.post("consultations", body, **{"Idempotency-Key": secrets.token_urlsafe(8)})
    return made["consultation"], latest_link(system.origin, phone)


@pytest.fixture
def visitor(clinician: Clinician, system) -> Visitor:
    consultation, link = book(clinician, system)
    visitor = Visitor(system.origin)
    assert visitor.enter(link)["consultation"] == consultation
    return visitor


def open_socket(system, ticket: str) -> ClientConnection:
    return connect(f"{system.addresses['socket']}?ticket={ticket}", open_timeout=60, max_size=None)


@pytest.fixture
def socket(visitor: Visitor, system) -> Iterator[ClientConnection]:
    with open_socket(system, visitor.ticket()) as opened:
        opened.send('{"type":"hello"}')
        assert receive(opened, "visit")["visit"]["state"] == "invited"
        yield opened


def receive(socket: ClientConnection, kind: str) -> Any:
    """The next message of a kind; others are passed over."""
    while True:
        message = json.loads(socket.recv(timeout=60))
        if message["type"] == kind:
            return message


def message(kind: str, **fields) -> str:
    return json.dumps({"type": kind, **fields})


BAD = {
    "not JSON": ("{", "not_json"),
    "no message": ('"hello"', "unknown_message"),
    "unknown type": (message("dance"), "unknown_message"),
    "a field too many": (message("ping", loudly=True), "unknown_message"),
    "a wrong type": (message("accept", consultation=7, call=1), "unknown_message"),
    "a clinician's message": (message("call", consultation="x"), "unknown_message"),
    "a worker's message": (message("register", worker="w", capacity=5), "unknown_message"),
    "SDP that is not SDP": (message("probe_offer", probe="p", sdp="<svg>"), "bad_sdp"),
    "a stranger's consultation": (message("offer", consultation="stranger", call=1, n=1, sdp=SDP), "forbidden"),
    "no such call": (message("accept", consultation="OWN", call=9), "overtaken"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_message_is_answered_and_the_socket_lives_on(name: str, visitor, socket) -> None:
    sent, code = BAD[name]
    socket.send(sent.replace("OWN", visitor.consultation))
    error = receive(socket, "error")
    assert error["code"] == code
    assert error["message"]
    socket.send(message("ping"))
    receive(socket, "pong")
    assert visitor.get()["state"] == "invited"
    assert visitor.get()["version"] == visitor.entered["version"]


def test_too_large_a_frame_ends_only_the_socket(visitor, socket, system) -> None:
    with pytest.raises(ConnectionClosed) as closed:  # noqa: PT012 - which of the two notices it is a race
        socket.send("x" * (MAX_FRAME + 1))
        receive(socket, "pong")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
    with open_socket(system, visitor.ticket()) as again:
        again.send('{"type":"hello"}')
        assert receive(again, "visit")["visit"]["version"] == visitor.entered["version"]


def test_too_large_a_message_in_small_frames_ends_only_the_socket(visitor, socket, system) -> None:
    with pytest.raises(ConnectionClosed):  # noqa: PT012
        socket.send(["x" * 16_384] * (MAX_MESSAGE // 16_384 + 1))
        receive(socket, "pong")
    with open_socket(system, visitor.ticket()) as again:
        again.send('{"type":"hello"}')
        receive(again, "visit")


def test_a_pass_opens_one_socket(visitor, system) -> None:
    ticket = visitor.ticket()
    with open_socket(system, ticket) as first:
        first.send('{"type":"hello"}')
        receive(first, "visit")
        with pytest.raises(InvalidStatus) as refused:
            open_socket(system, ticket)
        assert refused.value.response.status_code == 401
        first.send('{"type":"ping"}')
        receive(first, "pong")


@pytest.mark.parametrize("ticket", ["", "guessed", "worker.w.9999999999.nonce.0000", "worker.", "é"])
def test_a_forged_pass_opens_none(ticket: str, system) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_socket(system, ticket)
    assert refused.value.response.status_code == 401


def test_a_visit_opens_no_other_visit(visitor, clinician, system) -> None:
    other, _ = book(clinician, system)
    visitor.expect_error(401, "unauthenticated", "GET", f"visits/{other}")
    visitor.expect_error(401, "unauthenticated", "POST", f"visits/{other}/ticket")


def test_what_changes_something_needs_our_header(visitor) -> None:
    path, foreign = f"visits/{visitor.consultation}/ticket", {"Content-Type": "application/json"}
    visitor.expect_error(403, "forbidden", "POST", path, headers=foreign)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "not_json"),
        (b"[]", 400, "bad_request"),
        (b'{"secret": 5}', 400, "bad_request"),
        (b'{"secret": "' + b"x" * 20_000 + b'"}', 413, "too_large"),
        (b'{"secret": "guessed"}', 404, "link_unknown"),
    ],
)
def test_bad_bodies(body: bytes, status: int, code: str, system) -> None:
    stranger = Visitor(system.origin)
    stranger.expect_error(status, code, "POST", "enter", body=body)


def test_links_cannot_be_guessed_at_speed(clinician, system) -> None:
    _, link = book(clinician, system)
    guesser = Visitor(system.origin)
    codes = {
        guesser.try_enter(secrets.token_urlsafe(16)) for _ in range(45)
    }  # more than twice 20: a window may end meanwhile
    assert codes == {"link_unknown", "too_many_attempts"}
    assert guesser.try_enter(link.partition("#")[2]) == "", "whose link is right shares a hospital's address with many"


def test_feedback_before_the_end(visitor) -> None:
    body = b'{"quality": "good"}'
    visitor.expect_error(409, "conflict", "POST", f"visits/{visitor.consultation}/feedback", body=body)


def test_booking_twice_with_one_key_books_once(clinician) -> None:
    body = {
        "department": "medisinsk",
        "patient_name": "To Ganger",
        "phone": "+4790000009",
        "starts": (datetime.now(UTC) + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    key = {"Idempotency-Key": secrets.token_urlsafe(8)}
    first = clinician.post("consultations", body, **key)
    second = clinician.post("consultations", body, **key)
    assert first["consultation"] == second["consultation"]
    assert first["state"] == "booked"
    assert first["sms"] == "due", "two days before is not yet"
    trail = clinician.get(f"consultations/{first['consultation']}/trail")["entries"]
    assert [entry["what"] for entry in trail] == ["booked", "trail_read"]


def test_changed_plans_reach_the_patient_under_the_functions_own_rights(clinician, system) -> None:
    id_, link = book(clinician, system, starts=(datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    visitor = Visitor(system.origin)
    reference = visitor.enter(link)["reference"]
    soon = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")  # told at any hour of the day
    with open_socket(system, visitor.ticket()) as opened:
        opened.send('{"type":"hello"}')
        receive(opened, "visit")
        moved = clinician.post(f"consultations/{id_}/move", {"starts": soon, "minutes": 45})
        assert (moved["starts"], moved["sms"]) == (soon, "sent")
        assert latest_link(system.origin, moved["phone"]) != link, "the message has a link of its own"
        assert receive(opened, "visit")["visit"]["starts"] == soon
        opened.send(message("running_late", minutes=10))
        while receive(opened, "visit")["visit"]["running_late"] != 10:
            pass
        support = clinician.get(f"references/{reference.lower()}")
        assert (support["patient_present"], support["starts"]) == (True, soon)
        assert clinician.post(f"consultations/{id_}/phone", {})["by_phone"]
        while receive(opened, "visit")["visit"]["state"] != "ended":
            pass
