"""One test call, held as people hold one: a patient comes to the fixed address, a clinician calls, both see and hear.

The patient's media goes through TURN over TLS, or over TCP where there is none; the clinician's over UDP. So each call
tries both ways.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from chalicelib import probing, rings
from chalicelib import protocol as p
from chalicelib.lifecycle import WITH_CALL, State
from chalicelib.rest import Ticket
from chalicelib.tokens import probe_pass
from client.page import Line, Page
from client.relayed import Relay, RelayedLine
from client.rest import Rest
from probe.outcome import Cause
from probe.settings import Settings

PHONE: Final = "+447700900000"
"""Ofcom's for plays and films: nobody's. No message goes to it (`probing.RULES`)."""
PING_SECONDS: Final = 25
SOCKET_SECONDS: Final = 600
PICTURES: Final = 15.0
"""A second."""


class Failed(Exception):
    """The call did not come about."""

    def __init__(self, cause: Cause) -> None:
        self.cause = cause


class Resting(Exception):
    """No worker runs, and none should."""


class Side:
    """One of the two: a page, and the line that it had."""

    def __init__(self, settings: Settings, ticket: Callable[[], Awaitable[Ticket]], *ways: str) -> None:
        """``ways``: transports to the TURN server, the preferred first."""
        self.ways = ways
        self.refused: Relay | None = None
        """A relay that was none."""
        self.line: RelayedLine | None = None
        self.page = Page(settings.socket, ticket, frames_per_second=PICTURES, line=self._line)

    def _line(self, join: p.Join, came: asyncio.Event, rate: float) -> Line:
        relay = Relay.among(join.ice_servers, *self.ways)
        if relay is None:
            relay = Relay("", 0, self.ways[0], "", "")  # which is refused, and told so
        self.line = RelayedLine(came, rate, relay, self._failed)
        return self.line

    def _failed(self, relay: Relay) -> None:
        self.refused = relay
        self.page.note()

    @property
    def path(self) -> str:
        """How its media went."""
        return self.line.relay.transport if self.line else ""


class Call:
    """`arrive`, then `hold` it while `connected`: whatever happens, it is over in the end."""

    def __init__(self, settings: Settings, resting: Callable[[], bool]) -> None:
        """``resting``: whether no worker is wanted at present; asked only when there is no place for the call."""
        self._settings = settings
        self._resting = resting
        self._rest = Rest(settings.origin, patience=settings.patience)
        self._staff = probing.staff_of(time.time())
        self.consultation = ""
        self.clinician = Side(settings, self._pass, "udp", "tcp")
        self.patient = Side(settings, self._ticket, "tls", "tcp")
        self.sides = (self.clinician, self.patient)
        self.answered = 0.0
        """When the patient took the call, in the loop's seconds."""
        self.joined = 0.0
        """When both had a line."""

    async def arrive(self) -> None:
        """The patient comes to the fixed address. Raises Failed."""
        arrival = {"clinician": self._staff, "name": "Prøve", "phone": PHONE}
        place = f"departments/{probing.TRUST}/{probing.DEPARTMENT}/arrivals"
        try:
            status, visit = await asyncio.to_thread(self._rest.request, "POST", place, json.dumps(arrival).encode())
        except OSError:
            raise Failed(Cause.FUNCTIONS) from None
        if status != 200:
            raise Failed(Cause.FUNCTIONS)
        self.consultation = str(visit["consultation"])

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Both have their sockets and are told how things stand; in the end the call is over. Raises Failed."""
        running = [asyncio.create_task(side.page.run()) for side in self.sides]
        try:
            await self._until(
                Cause.SOCKET,
                self.patient.page,
                lambda: self.patient.page.visit is not None and self.consultation in self.clinician.page.views,
            )
            yield
        finally:
            with contextlib.suppress(TimeoutError):
                await self._clean_up()
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def hold(self) -> None:
        """Until both have a line and have seen and heard each other. Raises Failed, Resting."""
        patient, clinician = self.patient.page, self.clinician.page
        await self._until(Cause.TURNED_AWAY, patient, lambda: self._is(State.CHECKED_IN), p.CheckIn(p.DeviceReport()))
        call = p.Call(self.consultation)

        def placed() -> bool:
            return self._is(*WITH_CALL) or clinician.told(p.Queued) is not None

        await self._until(Cause.TURNED_AWAY, clinician, placed, call)
        if not self._is(*WITH_CALL):
            if await asyncio.to_thread(self._resting):
                raise Resting
            await self._until(Cause.WORKER, clinician, lambda: self._is(*WITH_CALL), call)
        await self._until(Cause.TURNED_AWAY, patient, lambda: patient.told(p.Ringing) is not None)
        self.answered = asyncio.get_running_loop().time()
        while not self._is(State.IN_CALL):
            ringing = patient.told(p.Ringing)
            accept = p.Accept(self.consultation, ringing.call if ringing else 0)
            await self._until(Cause.TURNED_AWAY, patient, lambda: self._is(State.IN_CALL), accept)
        await self._until(Cause.MEDIA, clinician, lambda: clinician.line is not None)
        await self._until(Cause.MEDIA, patient, lambda: patient.line is not None)
        self.joined = asyncio.get_running_loop().time()
        for side in self.sides:
            await self._hear(side)

    async def _hear(self, side: Side) -> None:
        try:
            async with asyncio.timeout(self._settings.patience):
                await side.page.until_heard()
        except TimeoutError:
            raise Failed(self._refused() or Cause.MEDIA) from None

    async def _clean_up(self) -> None:
        """Hang up, this call and any that an earlier run left behind. Who still waits leaves. Raises TimeoutError."""
        page = self.clinician.page
        for view in list(page.views.values()):
            if view.state not in WITH_CALL:
                continue
            end = p.HangUp if view.state is State.IN_CALL else p.WithdrawCall
            await self._until_over(view.consultation, end(view.consultation, view.call))
        if self._is(State.CHECKED_IN):
            await page.say(p.WithdrawCall(self.consultation, 0))  # nor is a line wanted any more
            await self.patient.page.until(lambda: self._is(State.INVITED), p.Leave(), seconds=self._settings.patience)

    async def _until_over(self, consultation: str, end: p.Message) -> None:
        views = self.clinician.page.views
        await self.clinician.page.until(
            lambda: views[consultation].state not in WITH_CALL, end, seconds=self._settings.patience
        )

    async def _until(self, cause: Cause, page: Page, holds: Callable[[], bool], *say: p.Message) -> None:
        """Raises Failed with the ``cause``, or with a relay's that was none."""
        try:
            await page.until(lambda: holds() or self._refused() is not None, *say, seconds=self._settings.patience)
        except TimeoutError:
            raise Failed(cause) from None
        if not holds():
            raise Failed(self._refused() or cause)

    def _refused(self) -> Cause | None:
        return next((Cause(f"relay_{s.refused.transport}") for s in self.sides if s.refused is not None), None)

    def _is(self, *states: State) -> bool:
        """As the clinician's page was told."""
        view = self.clinician.page.views.get(self.consultation)
        return view is not None and view.state in states

    async def _pass(self) -> Ticket:
        key = rings.read(self._settings.key).current
        made = probe_pass(key, self._staff, time.time())
        return Ticket(ticket=made, seconds=30, ping_seconds=PING_SECONDS, socket_seconds=SOCKET_SECONDS)

    async def _ticket(self) -> Ticket:
        path = f"visits/{self.consultation}/ticket"
        status, body = await asyncio.to_thread(self._rest.request, "POST", path)
        if status != 200:
            raise ConnectionError(status)
        return msgspec.convert(body, Ticket)
