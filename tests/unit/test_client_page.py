"""A page without a browser: it knows what is newest, in whatever order it is told."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import permutations

import pytest
from websockets.asyncio.server import ServerConnection, serve

from chalicelib import protocol as p
from chalicelib.lifecycle import State
from chalicelib.protocol import DeviceReport
from chalicelib.rest import Ticket
from client.page import Page
from tests.fakes.clinic import Clinic


def day() -> list[p.Message]:
    """What a clinician is told while one patient is booked and checks in, and another is booked."""
    clinic = Clinic()
    first = clinic.book()
    clinic.clinician("C")
    clinic.patient("P", first)
    clinic.say("P", p.CheckIn(devices=DeviceReport()))
    clinic.book()
    said = clinic.push.to("C")
    board = next(m for m in said if isinstance(m, p.Board))
    changes = [m for m in said if isinstance(m, p.Changed)]
    return [board, *{change.consultation.consultation: change for change in changes}.values()]


async def ticket() -> Ticket:
    return Ticket(ticket="t", seconds=30, socket_seconds=60, ping_seconds=25)


async def told_all(tell: Callable[[ServerConnection], Awaitable[None]]) -> Page:
    """A page that was told all that ``tell`` says on its socket, up to a pong."""
    async with serve(tell, "127.0.0.1", 0) as server:
        page = Page(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", ticket)
        running = asyncio.create_task(page.run())
        await page.until(lambda: page.told(p.Pong) is not None)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return page


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_list_that_comes_late_takes_nothing_back(order: tuple[int, ...]) -> None:
    said = day()

    async def tell(socket: ServerConnection) -> None:
        await socket.recv()
        for which in order:
            await socket.send(p.encode(said[which]).decode())
        await socket.send(p.encode(p.Pong()).decode())
        await socket.wait_closed()

    views = asyncio.run(told_all(tell)).views
    assert sorted(view.state for view in views.values()) == [State.CHECKED_IN, State.INVITED]


def test_its_offers_are_numbered_after_those_of_a_page_that_was_there_before() -> None:
    join = p.Join("c", 1, p.Seat.PATIENT, [], relay_only=False, seats=[p.Seat.PATIENT, p.Seat.CLINICIAN])

    async def listen() -> tuple[int, int]:
        offered: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def tell(socket: ServerConnection) -> None:
            await socket.send(p.encode(join).decode())
            async for data in socket:
                said = p.parse_patient(data)
                if isinstance(said, p.Offer) and not offered.done():
                    offered.set_result(said.n)

        async with serve(tell, "127.0.0.1", 0) as server:
            before = int(time.time())
            page = Page(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", ticket)
            running = asyncio.create_task(page.run())
            n = await offered
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            return n, before

    n, before = asyncio.run(listen())
    assert 0 < (n - before) % p.OFFER_NUMBERS < 60


@pytest.mark.parametrize("about", ["", "hello"])
def test_a_seat_that_was_refused_for_now_is_asked_for_again(about: str) -> None:
    said: list[str | bytes] = []

    async def tell(socket: ServerConnection) -> None:
        said.append(await socket.recv())
        refusal = p.Error(code="internal", message="", retry=True, about=about)
        for _ in range(2):  # one is enough to know
            await socket.send(p.encode(refusal).decode())
        said.append(await socket.recv())
        await socket.send(p.encode(p.Pong()).decode())
        await socket.wait_closed()

    page = asyncio.run(told_all(tell))
    assert [p.parse_patient(word) for word in said] == [p.Hello(), p.Hello()]
    assert (page.sockets, page.errors["internal"]) == (1, 2)
