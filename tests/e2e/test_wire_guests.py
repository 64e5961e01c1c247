"""A guest's whole way over the real wire: functions, table, worker; and how it ends for whoever is shown out."""

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from client.caller import Caller
from local.seed import Clinician, latest_link
from tests.e2e.test_wire import book, clinician, message, open_socket, receive
from tests.e2e.visitor import Visitor

__all__ = ["clinician"]  # the fixture

READY = message("check_in", devices={"camera": "yes", "speaker": "yes", "microphone": "yes"})


def said_in_call(kind: str, of: str, **fields: Any) -> str:
    return message(kind, consultation=of, call=1, **fields)


def answered(socket: ClientConnection, of: str) -> Any:
    """Offers a connection with places for two others; the worker's answer."""
    socket.send(said_in_call("offer", of, n=1, sdp=Caller(others=2).offer()))
    return receive(socket, "answer")


@pytest.fixture
def sockets(system) -> Iterator[Any]:
    with ExitStack() as stack:
        yield lambda ticket: stack.enter_context(open_socket(system, ticket))


def test_a_guests_whole_way(clinician: Clinician, system, sockets) -> None:
    of, link = book(clinician, system)
    phone = f"+479{secrets.randbelow(10**7):07d}"
    new = {"kind": "interpreter", "name": "Tolk Testesen", "phone": phone, "language": "en"}
    for _ in range(2):
        view = clinician.post(f"consultations/{of}/guests", new, **{"Idempotency-Key": "one"})
    (invited,) = view["guests"]
    assert (invited["seat"], invited["sms"]) == ("guest1", "sent")

    visitor, guest = Visitor(system.origin), Visitor(system.origin)
    assert visitor.enter(link)["seat"] == "patient"
    entered = guest.enter(latest_link(system.origin, phone))
    assert (entered["consultation"], entered["seat"], entered["language"]) == (of, "guest1", "en")
    guest.expect_error(401, "unauthenticated", "POST", f"visits/{of}/ticket")
    guest.log_in_by_code(phone)
    p, g, c = sockets(visitor.ticket()), sockets(guest.ticket()), sockets(clinician.post("ticket", {})["ticket"])
    for socket in (c, p, g):
        socket.send(message("hello"))
    receive(c, "board")
    for socket in (p, g):
        assert receive(socket, "visit")["visit"]["state"] == "invited"
        socket.send(READY)
        while receive(socket, "visit")["visit"]["state"] != "checked_in":
            pass
    for said, code in ((message("running_late", minutes=5), "unknown_message"), ("{", "not_json")):
        g.send(said)
        assert receive(g, "error")["code"] == code
    guest.expect_error(403, "forbidden", "POST", f"visits/{of}/feedback", body=b'{"quality": "good"}')

    c.send(message("admit", consultation=of, guest=invited["id"]))
    c.send(message("call", consultation=of))
    assert receive(c, "join")["seats"] == ["patient", "clinician", "guest1"]
    receive(p, "ringing")
    p.send(said_in_call("accept", of))
    receive(p, "join")
    receive(g, "ringing")
    g.send(said_in_call("accept", of))
    assert receive(g, "join")["seat"] == "guest1"
    for socket in (p, g, c):
        assert answered(socket, of)["n"] == 1

    g.send(said_in_call("media", of, camera=True, microphone=True, interrupted=True))
    for socket in (p, c):
        told = receive(socket, "peer_media")
        assert (told["seat"], told["interrupted"]) == ("guest1", True)
    g.send(said_in_call("pause", of, paused=True))
    for socket in (p, c):
        assert receive(socket, "paused")["by"] == "guest1"

    g.send(said_in_call("hang_up", of))
    for socket in (p, c):
        assert receive(socket, "peer_left")["seat"] == "guest1"
        assert receive(socket, "paused")["by"] is None
    g.send(READY)
    receive(g, "ringing")
    g.send(said_in_call("accept", of))
    receive(g, "join")
    assert answered(g, of)["n"] == 1, "the seat begins anew on the worker, and so do its numbers"

    late = guest.ticket()
    clinician.post(f"consultations/{of}/guests/{invited['id']}/remove", {})
    assert receive(g, "call_ended")["reason"] == "removed"
    assert receive(p, "peer_left")["seat"] == "guest1"
    g.send(said_in_call("offer", of, n=2, sdp=Caller().offer()))
    assert receive(g, "error")["code"] == "link_withdrawn"
    guest.expect_error(410, "link_withdrawn", "GET", f"visits/{of}")
    with pytest.raises(InvalidStatus) as refused:
        sockets(late)
    assert refused.value.response.status_code in (410, 401)
    assert guest.try_enter(latest_link(system.origin, phone).partition("#")[2]) == "link_withdrawn"

    p.send(said_in_call("hang_up", of))
    assert receive(c, "call_ended")["reason"] == "hang_up"
    trail = clinician.get(f"consultations/{of}/trail")["entries"]
    whats = [entry["what"] for entry in trail if entry["what"].startswith(("guest", "paused", "resumed"))]
    assert whats == [
        "guest_invited", "guest_ready", "guest_admitted", "guest_joined", "paused", "guest_left",
        "guest_ready", "guest_joined", "guest_removed",
    ]  # fmt: skip
    assert "Tolk" not in json.dumps(trail)
