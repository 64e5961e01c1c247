"""Invitations: sending them now or again, and the door that their links open."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from chalicelib.agenda import anew
from chalicelib.consultations import Consultations
from chalicelib.errors import (
    BadRequest,
    IllegalTransition,
    LinkExpired,
    LinkUnknown,
    LinkWithdrawn,
    NotFound,
)
from chalicelib.guests import guest_of
from chalicelib.lifecycle import FINAL, State
from chalicelib.limits import OPENINGS, WRONG_LINKS, Limits
from chalicelib.outgoing import Outgoing
from chalicelib.protocol import Delivery
from chalicelib.records import Consultation, Link
from chalicelib.rights import Actor, own
from chalicelib.settings import Settings
from chalicelib.store import Store
from chalicelib.tokens import digest
from chalicelib.wishes import Wishes


class Invites:
    """Invites, and lets in who holds a link."""

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        outgoing: Outgoing,
        wishes: Wishes,
        settings: Settings,
        limits: Limits,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._outgoing = outgoing
        self._wishes = wishes
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
        try:
            consultation = self._consultations.find(link.trust, link.consultation)
        except NotFound:  # by the trust's rule
            raise LinkExpired from None
        if consultation.state is State.CANCELLED or (link.guest and guest_of(consultation, link.guest) is None):
            raise LinkWithdrawn
        if self._over(consultation):
            raise LinkExpired
        return link

    def send_now(self, consultation: Consultation) -> Consultation:
        """Send what is due, to the patient and to guests; returns the consultation as it then is."""
        c, now = consultation, self._now()
        due = [guest.reason for guest in c.guests if Delivery.DUE in (guest.sms, guest.mail) and guest.send_at <= now]
        if c.invite_at is not None and c.invite_at <= now:
            due.append(c.reason)
        for reason in due:  # the page shows what failed, and the schedule tries again in a minute
            self._outgoing.deliver(c.trust, c.id, reason, planned=False)
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

    def wish_sms(self, by: Actor, consultation: str, guest: str = "", *, wanted: bool) -> Consultation:
        """Whether the patient's number, or a guest's, wants SMS from the trust; the caller sees who may say so.

        Raises NotFound, BadRequest where there is no number.
        """
        present = self._consultations.find(by.trust, consultation)
        receiver = guest_of(present, guest) if guest else present
        if receiver is None or not receiver.phone:
            raise BadRequest
        if self._wishes.wants_sms(by.trust, receiver.phone) is wanted:
            return present
        self._wishes.wish(by.trust, receiver.phone, wanted=wanted)
        return self._consultations.note(by, consultation, "sms_accepted" if wanted else "sms_declined", lambda _: {})

    def deliver(self, trust: str, consultation: str, reason: str) -> None:
        """Do what was scheduled for ``reason``; run twice, it is done once. What no longer applies is left alone."""
        if reason.startswith("close"):
            with suppress(NotFound):
                self._consultations.close(trust, consultation)
            return
        self._outgoing.deliver(trust, consultation, reason)

    def _over(self, consultation: Consultation) -> bool:
        """Whether its links have expired."""
        return self._consultations.closing_time(consultation) <= self._now()
