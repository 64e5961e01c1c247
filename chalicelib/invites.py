"""Invitations: links that are minted when a message goes out, and the door they open."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from chalicelib.consultations import SYSTEM, Actor, Consultations
from chalicelib.errors import (
    IllegalTransition,
    LinkExpired,
    LinkUnknown,
    LinkWithdrawn,
    NotFound,
    TooManyAttempts,
    Unavailable,
)
from chalicelib.lifecycle import FINAL, Event, Role, State
from chalicelib.notify import Carrier, Invitation, NotSent, mail, sms_text
from chalicelib.protocol import Delivery
from chalicelib.records import Consultation, Link, Sending
from chalicelib.register import Register
from chalicelib.settings import Settings
from chalicelib.store import Create, Refused, Replace, Store
from chalicelib.tokens import digest, keyed, mint

CLAIM_SECONDS: Final = 40
"""Longer than any function that sends may run; run out when the schedule, a minute later, looks whether it was done."""
KEEP_SECONDS: Final = 90 * 86400
WAYS: Final = ("sms", "mail")


class Invites:
    """Sends what is due and lets in who holds a link."""

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        register: Register,
        carrier: Carrier,
        settings: Settings,
        pepper: Callable[[], str],
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._register = register
        self._carrier = carrier
        self._settings = settings
        self._pepper = pepper
        self._now = now

    def enter(self, secret: str, address: str) -> Link:
        """Who holds ``secret`` is expected. ``address``: where the attempt comes from.

        Raises LinkUnknown, LinkExpired, LinkWithdrawn; TooManyAttempts after too many that failed.
        """
        counter = self._counter(address)
        if self._store.counted(counter) >= self._settings.attempts_per_window:
            raise TooManyAttempts
        link = self._store.get(Link, Link(digest=digest(secret), trust="", consultation="").key())
        if link is None:
            self._store.count(counter, int(self._now()) + 2 * self._settings.attempts_window_seconds)
            raise LinkUnknown
        consultation = self._consultations.find(link.trust, link.consultation)
        if consultation.state is State.CANCELLED:
            raise LinkWithdrawn
        if self._over(consultation):
            raise LinkExpired
        return link

    def limit_arrivals(self, address: str) -> None:
        """Count one arrival at a fixed address. Raises TooManyAttempts."""
        expires = int(self._now()) + 2 * self._settings.attempts_window_seconds
        if self._store.count("arrival#" + self._counter(address), expires) > self._settings.attempts_per_window:
            raise TooManyAttempts

    def send_now(self, consultation: Consultation) -> Consultation:
        """Send the present invitation if its time has come; returns the consultation as it then is."""
        if consultation.invite_at is not None and consultation.invite_at <= self._now():
            with suppress(Unavailable):  # the page shows what failed, and the schedule tries again in a minute
                self.deliver(consultation.trust, consultation.id, f"invite-{consultation.invitation}")
        return self._consultations.find(consultation.trust, consultation.id)

    def send_again(self, trust: str, staff: str, consultation: str) -> Consultation:
        """A new invitation with a new link, at once. Raises NotFound, IllegalTransition when no link would open."""
        present = self._consultations.own(trust, staff, consultation)

        def decide(present: Consultation) -> dict[str, Any]:
            if present.state in FINAL or self._over(present) or not (present.phone or present.email):
                raise IllegalTransition
            return {
                "invitation": present.invitation + 1,
                "invite_at": int(self._now()),
                "sms": Delivery.DUE if present.phone else Delivery.NONE,
                "mail": Delivery.DUE if present.email else Delivery.NONE,
            }

        present = self._consultations.note(trust, consultation, "send_again", Actor(Role.CLINICIAN, staff), decide)
        self._consultations.plan(present)
        return self.send_now(present)

    def deliver(self, trust: str, consultation: str, reason: str) -> None:
        """Do what was scheduled for ``reason``; run twice, it is done once. What no longer applies is left alone.

        Raises Unavailable when trying again can help: Lambda does so, a minute and two minutes later.
        """
        try:
            present = self._consultations.find(trust, consultation)
        except NotFound:
            return
        if reason == "close":
            self._consultations.close(trust, consultation)
        elif reason == f"invite-{present.invitation}" and present.state not in FINAL and not self._over(present):
            ways = [way for way in WAYS if getattr(present, way) is not Delivery.NONE]
            settled = [self._send(present, way, f"{reason}-{way}") for way in ways]
            if not all(settled):
                raise Unavailable

    def _send(self, consultation: Consultation, way: str, reason: str) -> bool:
        """Send one message; False when trying again can help."""
        claim = self._claim(consultation, reason)
        if claim is None:
            return True
        trust, id_ = consultation.trust, consultation.id
        self._mark(consultation, way, Delivery.SENDING, "sending")
        try:
            self._carry(consultation, way, self._link(consultation))
        except NotSent as failure:
            if failure.retry or self._settle(claim):
                self._mark(consultation, way, Delivery.FAILED, f"{way}_failed")
            return not failure.retry
        if not self._settle(claim):
            return True
        self._mark(consultation, way, Delivery.SENT, f"{way}_sent")
        if self._consultations.find(trust, id_).state is State.BOOKED:
            with suppress(IllegalTransition):  # cancelled meanwhile
                self._consultations.happen(trust, id_, Event.INVITE, SYSTEM)
        return True

    def _settle(self, claim: Sending) -> bool:
        """Nobody need try again; False when the claim ran out while we were sending, and another took it over."""
        done = msgspec.structs.replace(claim, done=True, version=claim.version + 1)
        try:
            self._store.write([Replace(done, expected=claim.version)])
        except Refused:
            return False
        return True

    def _claim(self, consultation: Consultation, reason: str) -> Sending | None:
        """Take the message for a minute; None when it is done or another is at it."""
        now = int(self._now())
        claim = Sending(
            trust=consultation.trust,
            consultation=consultation.id,
            reason=reason,
            claimed_until=now + CLAIM_SECONDS,
            expires=now + KEEP_SECONDS,
        )
        held = self._store.get(Sending, claim.key())
        try:
            if held is None:
                self._store.write([Create(claim)])
                return claim
            if held.done or held.claimed_until > now:
                return None
            taken = msgspec.structs.replace(claim, version=held.version + 1)
            self._store.write([Replace(taken, expected=held.version)])
        except Refused:
            return None
        return taken

    def _over(self, consultation: Consultation) -> bool:
        """Whether its links have expired."""
        return self._consultations.closing_time(consultation) <= self._now()

    def _link(self, consultation: Consultation) -> str:
        secret = mint()
        link = Link(
            digest=digest(secret),
            trust=consultation.trust,
            consultation=consultation.id,
            # Kept past its use, so that an old link is answered with what it was and not as a guess.
            expires=self._consultations.closing_time(consultation) + KEEP_SECONDS,
        )
        self._store.write([Create(link)])
        return f"{self._settings.origin}/i#{secret}"

    def _carry(self, consultation: Consultation, way: str, link: str) -> None:
        department = self._register.department(consultation.trust, consultation.department)
        invitation = Invitation(
            uid=consultation.id,
            sequence=consultation.invitation,
            news=consultation.news,
            link=link,
            language=consultation.language,
            department_name=department.name,
            department_phone=department.phone,
            clinician_name=self._register.staff(consultation.trust, consultation.staff).name,
            time_zone=self._register.trust(consultation.trust).time_zone,
            starts=datetime.fromtimestamp(consultation.starts, UTC),
            minutes=consultation.minutes,
        )
        if way == "sms":
            self._carrier.send_sms(consultation.phone, sms_text(invitation))
        else:
            self._carrier.send_mail(mail(invitation, self._settings.mail_sender, consultation.email))

    def _mark(self, consultation: Consultation, way: str, delivery: Delivery, what: str) -> None:
        def decide(present: Consultation) -> dict[str, Any] | None:
            newer = present.invitation != consultation.invitation
            return None if newer or getattr(present, way) is delivery else {way: delivery}

        self._consultations.note(consultation.trust, consultation.id, what, SYSTEM, decide)

    def _counter(self, address: str) -> str:
        window = int(self._now()) // self._settings.attempts_window_seconds
        return f"link#{keyed(self._pepper(), 'address', address)}#{window}"
