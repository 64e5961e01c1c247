"""Patients and clinicians without browsers: over REST as anybody, on sockets and in calls as `client.page`."""

import asyncio
import contextlib
import secrets
import threading
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from typing import Any, Final, Protocol, Self

import msgspec

from chalicelib import protocol as p
from chalicelib.lifecycle import State
from chalicelib.rest import Ticket
from client.caller import PATIENCE
from client.page import Page
from local import seed
from local.system import TRUST, System
from tests.e2e.visitor import Visitor

DEPARTMENT: Final = {"ingrid-berg": "medisinsk", "omar-haddad": "medisinsk", "sunniva-lie": "kirurgisk"}
"""Of the example trust's clinicians."""


class Api(Protocol):
    """The staff's side of the REST API, with a session."""

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        """A JSON answer to a JSON body."""


class Desk:
    """A clinician: books over REST, and has a page."""

    def __init__(self, system: System, api: Api, department: str, **page: Any) -> None:
        """``page``: as `Page`'s further arguments."""
        self._system, self._department = system, department
        self.api = api
        self._alone = threading.Lock()  # one request at a time: urllib's cookies are not made for more
        self.page = Page(system.addresses["socket"], self._ticket, **page)

    @classmethod
    def of(cls, system: System, person: str, **page: Any) -> Self:
        """One of the example trust's clinicians, logged in at the portal."""
        api = seed.Clinician(system.origin, TRUST["trust"]["id"])
        api.log_in(person)
        return cls(system, api, DEPARTMENT[person], **page)

    def send_link(self) -> tuple[str, str]:
        """A consultation within minutes; its id and the number to which the link went."""
        phone = f"+479{secrets.randbelow(10**7):07d}"
        body = {
            "department": self._department,
            "patient_name": "Per Prøve",
            "phone": phone,
            "starts": (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "login_level": "none",
            "send": "now",
        }
        with self._alone:
            made = self.api.post("consultations", body, **{"Idempotency-Key": secrets.token_urlsafe(8)})
        return made["consultation"], phone

    def book(self) -> tuple[str, str]:
        """As `send_link`; the consultation and the link itself."""
        consultation, phone = self.send_link()
        return consultation, seed.latest_link(self._system.origin, phone)

    def has(self, consultation: str, *states: State) -> bool:
        """Whether the list says that it is in one of these."""
        view = self.page.views.get(consultation)
        return view is not None and view.state in states

    async def _ticket(self) -> Ticket:
        return msgspec.convert(await asyncio.to_thread(self._ask, "ticket"), Ticket)

    def _ask(self, path: str) -> Any:
        with self._alone:
            return self.api.post(path, {})


class Guest:
    """A patient with a link."""

    def __init__(self, system: System, **page: Any) -> None:
        self.visitor = Visitor(system.origin)
        self.page = Page(system.addresses["socket"], self._ticket, **page)

    async def enter(self, link: str) -> None:
        """Open it."""
        await asyncio.to_thread(self.visitor.enter, link)

    async def check_in(self, seconds: float = PATIENCE) -> None:
        """Be ready, and know that it was heard. Raises TimeoutError."""
        page = self.page
        await page.until(lambda: page.visit is not None, seconds=seconds)
        await page.until(lambda: self.is_(State.CHECKED_IN), p.CheckIn(p.DeviceReport()), seconds=seconds)

    def hang_up(self) -> p.HangUp:
        """The newest call that the page has heard of is over."""
        return p.HangUp(self.visitor.consultation, self.call)

    @property
    def call(self) -> int:
        """The number of the newest call that the page has heard of."""
        page = self.page
        ringing, join = page.told(p.Ringing), page.told(p.Join)
        return max(ringing.call if ringing else 0, join.call if join else 0, page.visit.call if page.visit else 0)

    def is_(self, state: State) -> bool:
        """Whether the page was told so."""
        return self.page.visit is not None and self.page.visit.state is state

    async def accept(self) -> None:
        """Take the call, under whatever number it has by now."""
        patience = chain((2, 4, 8), repeat(16))
        while not self.is_(State.IN_CALL):
            with contextlib.suppress(TimeoutError):
                accept = p.Accept(self.visitor.consultation, self.call)
                await self.page.until(lambda: self.is_(State.IN_CALL), accept, seconds=next(patience))

    async def _ticket(self) -> Ticket:
        body = await asyncio.to_thread(self.visitor.request, "POST", f"visits/{self.visitor.consultation}/ticket")
        if body[0] != 200:
            raise ConnectionError(body[0])
        return msgspec.convert(body[1], Ticket)
