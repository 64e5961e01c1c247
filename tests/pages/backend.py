"""Answers a page as the functions would, from what a state of the gallery holds, and hears whether it asks rightly."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from playwright.async_api import BrowserContext, Page, Request, Route, WebSocketRoute

from chalicelib import errors, protocol
from chalicelib.protocol import FromClinician, FromPatient, Message, Seat, ToClinician, ToPatient
from tests.pages import partner
from tests.pages.content import checked, said
from tests.pages.partner import Manner, Partner

# The answer to every offer: the stand-in connection takes any.
SDP: Final = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
SOCKET: Final = re.compile(r".*/ws\?ticket=.*")

Reply = Callable[[Any], Sequence[Message]]


@dataclass(frozen=True)
class Answers:
    """What a page is told. ``rest``: by method and path, a body, an error, None for 204, or a tuple of these, one each
    time and the last for ever; ``hello``: what the socket says first; ``replies``: what it says to a message, by its
    type. Without ``hello`` the socket never opens."""

    rest: Mapping[str, object] = field(default_factory=dict)
    hello: Sequence[Message] | None = ()
    replies: Mapping[str, Reply] = field(default_factory=dict)
    staff: bool = False
    status: bytes | None = None
    """What the probe wrote; nothing before it ever ran."""
    wait_seconds: int = 0
    """What an error says of how long to wait."""
    manners: Mapping[Seat, Manner] = field(default_factory=dict)
    """How the others in a call behave who do not agree on keys as one should."""
    portal: bool = True
    """Whether the portal's keys can be had."""


class Backend:
    """One page's functions. ``faults`` fills with what the page did against the contracts."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.faults: list[str] = []
        self._asked: Counter[str] = Counter()
        self.sockets: list[WebSocketRoute] = []
        self.connected = asyncio.Event()
        self._partners: dict[Seat, Partner] = {}

    async def attach(self, context: BrowserContext) -> None:
        """Answer for all pages of this context."""
        await context.route("**/api/**", self._rest)
        if self._answers.status is not None:
            await context.route("**/status.json", lambda route: route.fulfill(body=self._answers.status or b""))
        await context.route("**/portal/portal.json", lambda route: route.fulfill(json=partner.PORTAL))
        keys: dict[str, Any] = {"json": partner.published()} if self._answers.portal else {"status": 502}
        await context.route("**/portal/jwks.json", lambda route: route.fulfill(**keys))
        await context.route_web_socket(SOCKET, self._socket)

    async def watch(self, page: Page) -> None:
        """Note what goes wrong in a page."""
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda said: self._note(said.text) if said.type == "error" else None)

    def say(self, message: Message) -> None:
        """Say something on the newest socket."""
        self.sockets[-1].send(said(message, ToClinician if self._answers.staff else ToPatient))

    def _note(self, text: str) -> None:
        if "Failed to load resource" not in text:  # an error that the state is about
            self.faults.append(text)

    async def _rest(self, route: Route, request: Request) -> None:
        path = request.url.split("/api", 1)[1]
        door = f"{request.method} {path}"
        found = self._answers.rest.get(door, errors.NotFound())
        if isinstance(found, tuple):
            found = found[min(self._asked[door], len(found) - 1)]
            self._asked[door] += 1
        if path.endswith("/ticket") and door not in self._answers.rest:
            await route.fulfill(json={"ticket": "one", "seconds": 60})
        elif found is None:
            await route.fulfill(status=204)
        elif isinstance(found, errors.VenteromError):
            wait = self._answers.wait_seconds
            body = {"code": found.code, "message": found.text, "retry": found.retry, "wait_seconds": wait}
            await route.fulfill(status=found.status, json=body)
        else:
            await route.fulfill(body=msgspec.json.encode(checked(found)), content_type="application/json")

    def _socket(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        self.connected.set()
        if self._answers.hello is not None:
            socket.on_message(lambda data: self._heard(data))

    def _heard(self, data: str | bytes) -> None:
        message: FromClinician | FromPatient
        try:
            message = protocol.parse_clinician(data) if self._answers.staff else protocol.parse_patient(data)
        except errors.VenteromError as error:
            self.faults.append(f"{error.code}: {data!r}")
            return
        for reply in self._reply(message):
            self.say(reply)

    def _partner(self, seat: Seat) -> Partner:
        if seat not in self._partners:
            page = Seat.CLINICIAN if self._answers.staff else Seat.PATIENT
            self._partners[seat] = Partner(seat, page, self._answers.manners.get(seat, Manner.ABLE))
        return self._partners[seat]

    def _reply(self, message: FromClinician | FromPatient) -> Sequence[Message]:
        kind = type(message).__struct_config__.tag
        if kind in self._answers.replies:
            return self._answers.replies[str(kind)](message)
        match message:
            case protocol.Hello():
                return self._answers.hello or ()
            case protocol.Ping():
                return [protocol.Pong()]
            case protocol.Handshake(consultation, call, parcels):
                told = [(seat, self._partner(seat).hear(parcel)) for seat, parcel in parcels.items()]
                return [protocol.PeerHandshake(consultation, call, seat, parcel) for seat, parcel in told if parcel]
            case protocol.Offer(consultation, call, n):
                return [protocol.Answer(consultation, call, n, SDP)]
            case protocol.ProbeStart():
                return [protocol.ProbeReady("p1", [], False, [300, 1200], 200)]
            case protocol.ProbeOffer(probe):
                return [protocol.ProbeAnswer(probe, SDP)]
        return []
