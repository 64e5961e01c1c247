"""Who is logged in at an issuer of the stand-in portal: single sign-on, half an hour idle and two hours in all."""

import secrets
from collections.abc import Callable
from typing import Final

import msgspec

from local.portal_realm import Eid, Person

IDLE_SECONDS: Final = 30 * 60
LONGEST_SECONDS: Final = 120 * 60


class SignedOn(msgspec.Struct):
    """A browser's session: who logged in when and how, which ``sid`` clients are told, when it was last used, and
    which clients have it."""

    person: Person
    eid: Eid
    sid: str
    auth_time: int
    used: float
    clients: set[str] = msgspec.field(default_factory=set)


class SignedOns:
    """All of an issuer's sessions by their cookies; ``now`` gives epoch seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._by_cookie: dict[str, SignedOn] = {}

    def begin(self, person: Person, eid: Eid) -> tuple[str, SignedOn]:
        """Somebody has logged in; returns the cookie too."""
        now, cookie = self._now(), secrets.token_urlsafe(24)
        made = SignedOn(person, eid, secrets.token_urlsafe(24), int(now), now)
        self._by_cookie[cookie] = made
        return cookie, made

    def of(self, cookie: str) -> SignedOn | None:
        """Whom a cookie stands for, unless the session is over."""
        found, now = self._by_cookie.get(cookie), self._now()
        if found is None or now >= min(found.used + IDLE_SECONDS, found.auth_time + LONGEST_SECONDS):
            self._by_cookie.pop(cookie, None)
            return None
        return found

    def use(self, session: SignedOn, client_id: str) -> None:
        """A client is let in by it."""
        session.used = self._now()
        session.clients.add(client_id)

    def end(self, cookie: str) -> SignedOn | None:
        """Log out; returns who was logged in."""
        found = self.of(cookie)
        self._by_cookie.pop(cookie, None)
        return found
