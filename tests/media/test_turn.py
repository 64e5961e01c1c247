"""coturn as the product runs it: who may use it, for what, and real calls that can go no other way."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from chalicelib import turn as functions
from chalicelib.protocol import Seat
from chalicelib.rings import Ring
from tests.media.pages import FLAGS, PAGE
from tests.media.peers import Calls
from tests.media.test_browser import FIGURES, SIDE, connect, flows
from tests.media.turnclient import OK, PATIENCE, TCP, Address, TurnClient
from tests.media.turnserver import SECRET, Turn, credentials, turnserver

WORKER, STRANGER = "127.0.0.1", "127.0.0.2"
UNAUTHORIZED, FORBIDDEN, OTHER_FAMILY, NO_SUCH_TRANSPORT, QUOTA_REACHED = 401, 403, 443, 442, 486


def listener(address: str) -> socket.socket:
    """Somebody who hears UDP."""
    heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    heard.bind((address, 0))
    heard.settimeout(PATIENCE)
    return heard


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_it_relays_to_the_workers_and_to_nobody_else(tmp_path: Path, transport: str) -> None:
    async def run() -> None:
        async with turnserver(tmp_path, peers=WORKER) as turn:
            client = TurnClient(turn.at(transport), turn.username, turn.credential, transport)
            with listener(WORKER) as worker, listener(STRANGER) as stranger:
                at_worker, at_stranger = worker.getsockname(), stranger.getsockname()
                assert client.allocate() == OK
                assert client.permit(at_stranger) == FORBIDDEN
                assert client.bind(0x4000, at_stranger) == FORBIDDEN
                assert client.permit(at_worker) == OK
                client.send(b"to a stranger", at_stranger)
                client.send(b"to the worker", at_worker)
                data, relayed = worker.recvfrom(100)
                assert (data, relayed) == (b"to the worker", client.relayed)
                # what a stranger says to the relayed address stays there; what the worker says comes through
                stranger.sendto(b"from a stranger", relayed)
                worker.sendto(b"from the worker", relayed)
                assert client.heard() == (b"from the worker", at_worker)
                stranger.setblocking(False)
                with pytest.raises(BlockingIOError):
                    stranger.recv(100)
            client.close()

    asyncio.run(run())


ELSEWHERE: list[tuple[Address, int]] = [
    (("127.0.0.2", 80), FORBIDDEN),
    (("0.0.0.0", 80), FORBIDDEN),  # noqa: S104 - some systems take it for themselves
    (("10.0.0.1", 80), FORBIDDEN),
    (("169.254.169.254", 80), FORBIDDEN),  # a cloud's metadata
    (("169.254.170.2", 80), FORBIDDEN),  # a task's credentials
    (("192.0.2.1", 80), FORBIDDEN),
    (("224.0.0.1", 80), FORBIDDEN),
    (("255.255.255.255", 80), FORBIDDEN),
    (("::1", 80), OTHER_FAMILY),
    (("::ffff:127.0.0.2", 80), OTHER_FAMILY),
    (("fd00:ec2::254", 80), OTHER_FAMILY),
]


def test_it_reaches_no_other_address(tmp_path: Path) -> None:
    async def run() -> None:
        async with turnserver(tmp_path, peers="127.0.0.1,127.0.1.0-127.0.1.255") as turn:
            client = TurnClient(turn.port, turn.username, turn.credential)
            assert client.allocate() == OK
            assert [(peer, client.permit(peer)) for peer, _ in ELSEWHERE] == ELSEWHERE
            assert [client.permit((f"127.0.{at}", 9)) for at in ("1.0", "1.255", "2.0")] == [OK, OK, FORBIDDEN]

    asyncio.run(run())


def test_it_serves_those_only_whom_the_functions_sent(tmp_path: Path) -> None:
    async def run() -> None:
        now = time.time()
        async with turnserver(tmp_path) as turn:
            sent = functions.credentials(SECRET, ["turn:somewhere"], "subject", now, 3600)[0]
            asked = {
                "the functions'": (sent.username or "", sent.credential or ""),
                "none": ("", ""),
                "expired": credentials(now - 10),
                "of another secret": credentials(now + 3600, secret="guessed"),
                "without an expiry": ("someone", credentials(now)[1]),
                "with a longer life written in": (credentials(now + 99_999)[0], turn.credential),
            }
            answers = {name: TurnClient(turn.port, *given).allocate() for name, given in asked.items()}
            assert answers == dict.fromkeys(asked, UNAUTHORIZED) | {"the functions'": OK}

    asyncio.run(run())


def test_it_takes_credentials_by_any_key_of_its_ring(tmp_path: Path) -> None:
    ring = Ring((SECRET, "comes-next", "was-in-use"))

    async def run() -> None:
        async with turnserver(tmp_path, secret=ring.text()) as turn:
            for key in ring.keys:
                client = TurnClient(turn.port, *credentials(time.time() + 3600, f"by-{key}", key))
                assert client.allocate() == OK, key
                client.close()
            guessed = TurnClient(turn.port, *credentials(time.time() + 3600, "guess", "keys:"))
            assert guessed.allocate() == UNAUTHORIZED
            guessed.close()

    asyncio.run(run())


def test_it_relays_no_tcp(tmp_path: Path) -> None:
    async def run() -> None:
        async with turnserver(tmp_path) as turn:
            for transport in ("udp", "tcp", "tls"):
                client = TurnClient(turn.at(transport), turn.username, turn.credential, transport)
                assert client.allocate(TCP) == NO_SUCH_TRANSPORT
                client.close()

    asyncio.run(run())


def test_nobody_takes_more_than_a_share_and_all_together_no_more_than_there_is(tmp_path: Path) -> None:
    async def run() -> None:
        later = time.time() + 3600
        async with turnserver(tmp_path, user_quota="2", total_quota="3") as turn:
            greedy = [TurnClient(turn.port, *credentials(later + n, "greedy")) for n in range(3)]
            # fresh credentials of the same participant are the same participant
            assert [client.allocate() for client in greedy] == [OK, OK, QUOTA_REACHED]
            others = [TurnClient(turn.port, *credentials(later, name)) for name in ("second", "third")]
            assert [client.allocate() for client in others] == [OK, QUOTA_REACHED]

    asyncio.run(run())


def test_its_log_names_nobody(tmp_path: Path) -> None:
    async def run() -> None:
        end, start = os.pipe()
        async with turnserver(tmp_path, output=start, peers="127.0.0.7,::1-::2") as turn:
            client = TurnClient(turn.port, turn.username, turn.credential)
            client.allocate()
            client.permit(("127.0.0.9", 9))
            TurnClient(turn.port, *credentials(time.time() - 10, "somebody")).allocate()
        os.close(start)
        lines = await asyncio.to_thread(os.fdopen(end).read)
        assert "ERROR" in lines
        assert [word for word in ("127.", "::1", "somebody", SECRET) if word in lines] == []

    asyncio.run(run())


@asynccontextmanager
async def two_pages() -> AsyncIterator[list[Page]]:
    async with async_playwright() as playwright:
        # the relay's certificate is one of our own making
        flags = [*FLAGS, "--ignore-certificate-errors"]
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        pages = [await (await browser.new_context()).new_page() for _ in range(2)]
        for page in pages:
            await page.route(PAGE, lambda route: route.fulfill(content_type="text/html", body="<body></body>"))
            await page.goto(PAGE)
        yield pages
        await browser.close()


async def relayed_call(turn: Turn, transport: str) -> None:
    calls = Calls()
    async with two_pages() as pages:
        for page, seat in zip(pages, (Seat.CLINICIAN, Seat.PATIENT), strict=True):
            await page.evaluate(SIDE, {"iceServers": [turn.server(transport)], "relay": True})
            await connect(calls, page, seat, 1)
        await flows((pages[0], pages[1]))
        for page in pages:
            figures = await page.evaluate(FIGURES)
            assert (figures["local"], figures["protocol"]) == ("relay", transport)
    await calls.close()


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_call_that_can_go_no_other_way(tmp_path: Path, transport: str) -> None:
    async def run() -> None:
        async with turnserver(tmp_path) as turn:
            await relayed_call(turn, transport)

    asyncio.run(run())
