"""One-time codes: six digits by SMS to the phone that was invited, for patients and guests without an electronic ID."""

import secrets
from collections.abc import Callable
from typing import Final

import msgspec

from chalicelib.consultations import Consultations
from chalicelib.errors import CodeExpired, CodeWrong, Conflict, Overtaken
from chalicelib.guests import expected
from chalicelib.limits import ADDRESS_CODES, CHECKS, CODES, DAY_CODES, TRUST_CODES, Limits
from chalicelib.protocol import LoginLevel
from chalicelib.records import Code, Consultation, Guest, Session
from chalicelib.rest import CodeSent
from chalicelib.rights import Actor
from chalicelib.rings import Ring
from chalicelib.sessions import Sessions
from chalicelib.settings import Settings
from chalicelib.store import Put, Refused, Replace, Store, Take

DIGITS: Final = 6
MOST_TRIES: Final = 5
"""Wrong codes before a code is void: one guess in 200,000 that a code is met."""
ROUNDS: Final = 8


class Codes:
    """Sends codes and checks them. A code is good for the session that asked for it, once, and for a short time."""

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        sessions: Sessions,
        limits: Limits,
        send: Callable[[str, str, str, str], None],
        pepper: Callable[[], Ring],
        settings: Settings,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._sessions = sessions
        self._limits = limits
        self._send = send
        self._pepper = pepper
        self._settings = settings
        self._now = now

    def send(self, session: Session, address: str) -> CodeSent:
        """Send a code; what was sent before is void. ``address``: where the wish for it comes from.

        Raises Conflict where none is asked for, TooManyAttempts, Unavailable when the SMS did not go.
        """
        phone = self._receiver(session).phone
        self._limits.count(CODES, session.trust, phone)
        self._limits.count(DAY_CODES, session.trust, phone)
        self._limits.count(ADDRESS_CODES, address)
        self._limits.count(TRUST_CODES, session.trust)
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        row = Code(
            session=session.digest,
            digest=self._pepper().hash("code", session.digest, code),
            # Nobody who read the code of before may count a try of this one instead.
            version=secrets.randbelow(2**31),
            expires=int(self._now()) + self._settings.code_seconds,
        )
        self._store.write([Put(row)])
        self._send(session.trust, session.consultation, session.guest, code)
        self._note(session, "code_sent")
        return CodeSent(ends=phone[-2:], seconds=self._settings.code_seconds)

    def check(self, session: Session, given: str) -> str:
        """Let in who has the code: a new session takes the old one's place; returns the new cookie's value.

        Raises CodeWrong; CodeExpired when only a new code helps; TooManyAttempts, Conflict, Unauthenticated.
        """
        self._receiver(session)
        self._limits.count(CHECKS, session.trust, session.consultation, session.guest)
        tried = self._try(session)
        if tried is None:
            self._note(session, "code_expired")
            raise CodeExpired
        if not self._pepper().fits(tried.digest, "code", session.digest, given):
            self._note(session, "code_wrong")
            raise CodeWrong if tried.tries < MOST_TRIES else CodeExpired
        # Taken with the login itself: of two who have it, one is let in.
        value = self._sessions.prove(session, LoginLevel.CODE, also=[Take(tried.key())])
        self._note(session, "logged_in_code", LoginLevel.CODE)
        return value

    def _try(self, session: Session) -> Code | None:
        """The code with one more try counted, before anything is compared; None when there is none that is good."""
        for _ in range(ROUNDS):
            held = self._store.get(Code, Code(session=session.digest, digest="").key())
            if held is None or held.tries >= MOST_TRIES:
                return None
            tried = msgspec.structs.replace(held, tries=held.tries + 1, version=held.version + 1)
            try:
                self._store.write([Replace(tried, expected=held.version)])
            except Refused:  # another try, or a new code, at the same time
                continue
            return tried
        raise Overtaken

    def _receiver(self, session: Session) -> Consultation | Guest:
        consultation = self._consultations.find(session.trust, session.consultation)
        receiver = expected(consultation, session.guest) if session.guest else consultation
        if session.proven or receiver.login_level is not LoginLevel.CODE or not receiver.phone:
            raise Conflict
        return receiver

    def _note(self, session: Session, what: str, level: LoginLevel = LoginLevel.NONE) -> None:
        by = Actor(session.trust, session.role, level=level)
        self._consultations.note(by, session.consultation, what, lambda _: {})
