"""Invitations: links that are minted when a message goes out, and the door they open."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from chalicelib.consultations import Consultations
from chalicelib.errors import (
    IllegalTransition,
    LinkExpired,
    LinkUnknown,
    LinkWithdrawn,
    NotFound,
    Unavailable,
)
from chalicelib.guests import altered, guest_of
from chalicelib.lifecycle import FINAL, Event, Role, State
from chalicelib.limits import OPENINGS, WRONG_LINKS, Limits
from chalicelib.notify import Carrier, Invitation, NotSent, mail, sms_text
from chalicelib.protocol import Delivery
from chalicelib.records import Consultation, Guest, Link, News, Sending
from chalicelib.register import Register
from chalicelib.rights import Actor, own, system
from chalicelib.settings import Settings
from chalicelib.store import Create, Refused, Replace, Store
from chalicelib.tokens import digest, mint

CLAIM_SECONDS: Final = 40
"""Longer than any function that sends may run; run out when the schedule, a minute later, looks whether it was done."""
KEEP_SECONDS: Final = 90 * 86400
WAYS: Final = ("sms", "mail")


def anew(receiver: Consultation | Guest) -> dict[str, Any]:
    """The fields of whoever is to have another message."""
    return {
        "invitation": receiver.invitation + 1,
        "told": receiver.may_know,
        "sms": Delivery.DUE if receiver.phone else Delivery.NONE,
        "mail": Delivery.DUE if receiver.email else Delivery.NONE,
    }


class Invites:
    """Sends what is due and lets in who holds a link."""

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        register: Register,
        carrier: Carrier,
        settings: Settings,
        limits: Limits,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._register = register
        self._carrier = carrier
        self._settings = settings
        self._limits = limits
        self._now = now

    def enter(self, secret: str, address: str) -> Link:
        """Who holds ``secret`` is expected. ``address``: where the attempt comes from.

        Raises LinkUnknown, LinkExpired, LinkWithdrawn; TooManyAttempts, of wrong links only by address: what strangers
        do who share it keeps nobody from a link that is right.
        """
        link = self._store.get(Link, Link(digest=digest(secret), trust="", consultation="").key())
        if link is None:
            self._limits.count(WRONG_LINKS, address)
            raise LinkUnknown
        self._limits.count(OPENINGS, link.digest)
        consultation = self._consultations.find(link.trust, link.consultation)
        if consultation.state is State.CANCELLED or (link.guest and guest_of(consultation, link.guest) is None):
            raise LinkWithdrawn
        if self._over(consultation):
            raise LinkExpired
        return link

    def send_now(self, consultation: Consultation) -> Consultation:
        """Send what is due, to the patient and to guests; returns the consultation as it then is."""
        due = [guest.reason for guest in consultation.guests if Delivery.DUE in (guest.sms, guest.mail)]
        if consultation.invite_at is not None and consultation.invite_at <= self._now():
            due.append(consultation.reason)
        for reason in due:
            with suppress(Unavailable):  # the page shows what failed, and the schedule tries again in a minute
                self.deliver(consultation.trust, consultation.id, reason)
        return self._consultations.find(consultation.trust, consultation.id)

    def send_again(self, by: Actor, consultation: str) -> Consultation:
        """A new invitation with a new link, at once. Raises NotFound, IllegalTransition when no link would open."""
        self._consultations.own(by, consultation)

        def decide(present: Consultation) -> dict[str, Any]:
            own(by, present)
            if present.state in FINAL or self._over(present) or not (present.phone or present.email):
                raise IllegalTransition
            return {**anew(present), "invite_at": int(self._now())}

        present = self._consultations.note(by, consultation, "send_again", decide)
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
        if reason.startswith("close"):
            self._consultations.close(trust, consultation)
            return
        guest = next((guest for guest in present.guests if reason == guest.reason), None)
        if (guest is not None or reason == present.reason) and self._due(present, guest):
            ways = [way for way in WAYS if getattr(guest or present, way) is not Delivery.NONE]
            settled = [self._send(present, way, f"{reason}-{way}", guest) for way in ways]
            if not all(settled):
                raise Unavailable

    def _send(self, consultation: Consultation, way: str, reason: str, guest: Guest | None) -> bool:
        """Send one message, to a guest or to the patient; False when trying again can help."""
        claim = self._claim(consultation, reason)
        if claim is None:
            return True
        trust, id_ = consultation.trust, consultation.id
        present = self._mark(consultation, guest, way, Delivery.SENDING, "sending")
        receiver = guest_of(present, guest.id) if guest else present
        if (
            receiver is None
            or receiver.invitation != (guest or consultation).invitation
            or not self._due(present, guest)
        ):
            return True  # moved or cancelled since it was read: that is told instead, if anything is
        consultation, guest = present, receiver if isinstance(receiver, Guest) else None
        try:
            self._carry(consultation, guest, way)
        except NotSent as failure:
            if failure.retry or self._settle(claim):
                self._mark(consultation, guest, way, Delivery.FAILED, f"{way}_failed")
            return not failure.retry
        if not self._settle(claim):
            return True
        self._mark(consultation, guest, way, Delivery.SENT, f"{way}_sent")
        if guest is None and self._consultations.find(trust, id_).state is State.BOOKED:
            with suppress(IllegalTransition):  # cancelled meanwhile
                self._consultations.happen(system(trust), id_, Event.INVITE)
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

    def _due(self, consultation: Consultation, guest: Guest | None) -> bool:
        """Whether a receiver's present message may go out: of what was cancelled, only that it was."""
        alive = consultation.state not in FINAL or (guest or consultation).news is News.CANCELLED
        return alive and not self._over(consultation)

    def _over(self, consultation: Consultation) -> bool:
        """Whether its links have expired."""
        return self._consultations.closing_time(consultation) <= self._now()

    def _link(self, consultation: Consultation, guest: Guest | None) -> str:
        secret = mint()
        link = Link(
            digest=digest(secret),
            trust=consultation.trust,
            consultation=consultation.id,
            role=Role.GUEST if guest else Role.PATIENT,
            guest=guest.id if guest else "",
            # Kept past its use, so that an old link is answered with what it was and not as a guess.
            expires=self._consultations.closing_time(consultation) + KEEP_SECONDS,
        )
        self._store.write([Create(link)])
        return f"{self._settings.origin}/i#{secret}"

    def _carry(self, consultation: Consultation, guest: Guest | None, way: str) -> None:
        receiver = guest or consultation
        department = self._register.department(consultation.trust, consultation.department)
        invitation = Invitation(
            uid=guest.id if guest else consultation.id,
            sequence=receiver.invitation,
            news=receiver.news,
            guest=guest.kind if guest else None,
            link="" if receiver.news is News.CANCELLED else self._link(consultation, guest),
            language=receiver.language,
            department_name=department.name,
            department_phone=department.phone,
            clinician_name=self._register.staff(consultation.trust, consultation.staff).name,
            time_zone=self._register.trust(consultation.trust).time_zone,
            starts=datetime.fromtimestamp(consultation.starts, UTC),
            minutes=consultation.minutes,
        )
        if way == "sms":
            self._carrier.send_sms(receiver.phone, sms_text(invitation))
        else:
            self._carrier.send_mail(mail(invitation, self._settings.mail_sender, receiver.email))

    def _mark(
        self, consultation: Consultation, guest: Guest | None, way: str, delivery: Delivery, what: str
    ) -> Consultation:
        """Note how the sending of a message goes, unless it is no longer the latest of its receiver, or not to be sent.

        Returns the consultation as it is.
        """
        sent = guest or consultation

        def decide(present: Consultation) -> dict[str, Any] | None:
            receiver = guest_of(present, guest.id) if guest else present
            if receiver is None or receiver.invitation != sent.invitation or getattr(receiver, way) is delivery:
                return None
            if delivery is Delivery.SENDING and not self._due(present, guest):
                return None
            fields = {way: delivery, "told": receiver.told or delivery is Delivery.SENT}
            return {"guests": altered(present, guest.id, **fields)} if guest else fields

        return self._consultations.note(system(consultation.trust), consultation.id, what, decide)
