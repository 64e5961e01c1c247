"""A worker dies over the real wire: its call goes on at another one, and both sides are told where."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from client.caller import Caller
from local.seed import Clinician
from tests.e2e.test_wire import book, clinician, message, open_socket, receive
from tests.e2e.visitor import Visitor

__all__ = ["clinician"]  # the fixture

READY = message("check_in", devices={"camera": "yes", "speaker": "yes", "microphone": "yes"})


@pytest.fixture
def sockets(system) -> Iterator[Any]:
    with ExitStack() as stack:
        yield lambda ticket: stack.enter_context(open_socket(system, ticket))


@pytest.fixture
def second_worker(system) -> Iterator[Any]:
    """Starts another worker; in the end there is the first one again, alone."""
    yield lambda: system.start_worker("worker2")
    system.start_worker("worker")
    system.child("worker2").stop()


def test_a_call_survives_its_worker(clinician: Clinician, system, sockets, second_worker) -> None:
    of, link = book(clinician, system)
    visitor = Visitor(system.origin)
    visitor.enter(link)
    p, c = sockets(visitor.ticket()), sockets(clinician.post("ticket", {})["ticket"])
    for socket in (c, p):
        socket.send(message("hello"))
    p.send(READY)
    while receive(c, "changed")["consultation"]["state"] != "checked_in":
        pass
    c.send(message("call", consultation=of))
    assert receive(p, "ringing")["call"] == receive(c, "join")["call"] == 1
    p.send(message("accept", consultation=of, call=1))
    receive(p, "join")
    for socket in (p, c):
        socket.send(message("offer", consultation=of, call=1, n=1, sdp=Caller().offer()))
        assert receive(socket, "answer")["call"] == 1

    second_worker()
    system.child("worker").kill()
    for socket in (p, c):
        assert receive(socket, "join")["call"] == 2
        socket.send(message("offer", consultation=of, call=2, n=1, sdp=Caller().offer()))
        assert receive(socket, "answer")["call"] == 2
    c.send(message("hang_up", consultation=of, call=2))
    assert receive(p, "call_ended")["reason"] == "hang_up"
