"""The row of each message on its way: who is at it, whether the carrier was about to have it, and what became of it.

Also what a consultation says of that. Every step is one conditional write, so of two at once one goes on.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import msgspec

from chalicelib.agenda import Errand, errands
from chalicelib.consultations import Consultations, instant
from chalicelib.errors import IllegalTransition
from chalicelib.guests import altered
from chalicelib.lifecycle import Event, State
from chalicelib.protocol import Delivery, MessageKind, Way
from chalicelib.records import Consultation, Handed, Link, Sending, consultation_key
from chalicelib.rest import FailureCause, SentMessage, SentMessages
from chalicelib.rights import Actor, system
from chalicelib.store import Create, Put, Refused, Replace, Store
from chalicelib.tokens import mint

CLAIM_SECONDS: Final = 40
"""Longer than any function that sends may run; run out when the schedule, a minute later, looks whether it was done."""
KEEP_SECONDS: Final = 90 * 86400
RECEIPT_SECONDS: Final = 14 * 86400
"""How long after a message its receipt may come."""
TRIES: Final = 5
TOLD: Final = frozenset({Delivery.SENT, Delivery.DELIVERED, Delivery.UNCERTAIN})
"""After these the receiver may know what the message says."""


class Sendings:
    """Claims messages, keeps what became of them, and shows it to the department."""

    def __init__(self, store: Store, consultations: Consultations, now: Callable[[], float]) -> None:
        self._store = store
        self._consultations = consultations
        self._now = now

    def claim(self, consultation: Consultation, errand: Errand, way: Way) -> Sending | None:
        """Take a message for a while; the row as it is when it is done; None when another is at it.

        Of one whose sender is gone, ``handed_over`` says whether the carrier may have it.
        """
        now = int(self._now())
        fresh = Sending(
            trust=consultation.trust,
            consultation=consultation.id,
            reason=f"{errand.reason}-{way}",
            claimed_until=now + CLAIM_SECONDS,
            kind=errand.kind,
            way=way,
            guest=errand.guest,
            at=now,
            seed=mint(),
            expires=now + KEEP_SECONDS,
        )
        held = self._store.get(Sending, fresh.key())
        if held is None:
            return self._created(fresh)
        if held.done:
            return held
        if held.claimed_until > now:
            return None
        anew = {"state": Delivery.SENDING, "why": FailureCause.NONE, "at": now}
        return self._replaced(held, claimed_until=fresh.claimed_until, **anew)

    def hand_over(self, row: Sending, link: Link | None) -> Sending | None:
        """Note that the carrier is about to have it, together with its link; None when the claim ran out meanwhile."""
        also = [Put(link)] if link else []
        return self._replaced(row, *also, handed_over=True)

    def release(self, row: Sending, *, handed_over: bool) -> Sending | None:
        """Leave it for a later try; None when another has it already."""
        failed = {} if handed_over else {"state": Delivery.FAILED, "why": FailureCause.CARRIER}
        return self._replaced(row, claimed_until=0, handed_over=handed_over, **failed)

    def settle(
        self, row: Sending, state: Delivery, why: FailureCause = FailureCause.NONE, message: str = "", carrier: str = ""
    ) -> Sending | None:
        """Nobody need try again. None when another, who took it over, knows better.

        Whoever handed it over knows better than one who only found that it had been: ``uncertain`` gives way.
        """
        also = [Put(self._handed(row, carrier, message))] if message else []
        for _ in range(TRIES):
            fields = {"done": True, "state": state, "why": why, "message": message, "at": int(self._now()), "seed": ""}
            if settled := self._replaced(row, *also, **fields):
                return settled
            present = self._store.get(Sending, row.key())
            if present is None or not present.done or present.state is not Delivery.UNCERTAIN or not row.handed_over:
                return None
            row = present
        return None

    def received(self, row: Sending, state: Delivery, why: FailureCause) -> Sending | None:
        """What a receipt says of it; None when it is no longer as it was read."""
        return self._replaced(row, done=True, state=state, why=why, seed="")

    def tell(self, consultation: Consultation, errand: Errand, row: Sending) -> Consultation:
        """Note in the consultation what became of a message, unless it is no longer its receiver's latest."""
        told = self._noted(consultation, errand, row.way, row.state)
        invites = not errand.guest and errand.kind is not MessageKind.CANCELLED and row.state in TOLD
        if invites and told.state is State.BOOKED:
            with suppress(IllegalTransition):  # cancelled meanwhile
                return self._consultations.happen(system(told.trust), told.id, Event.INVITE)
        return told

    def begin(
        self, consultation: Consultation, errand: Errand, way: Way, is_due: Callable[[Consultation], bool]
    ) -> Consultation | None:
        """Note that a message is being sent, so that whoever changes the appointment now takes it for told; None when
        it is no longer due."""
        if errand.present:
            present = self._noted(consultation, errand, way, Delivery.SENDING, is_due)
        else:
            present = self._consultations.find(consultation.trust, consultation.id)
        return present if is_due(present) else None

    def became(self, consultation: Consultation, reason: str) -> Delivery:
        """What became of the message that ``reason`` names, whichever way it went; ``none`` before it was begun."""
        for way in Way:
            asked = Sending(
                trust=consultation.trust, consultation=consultation.id, reason=f"{reason}-{way}", claimed_until=0
            )
            row = self._store.get(Sending, asked.key())
            if row is not None and row.state is not Delivery.NONE:
                return _shown(row, self._now()).state
        return Delivery.NONE

    def of(self, by: Actor, consultation: str) -> SentMessages:
        """All messages of one of the actor's own consultations, the newest first. Raises NotFound."""
        own = self._consultations.own(by, consultation)
        return SentMessages(messages=self.kept(own.trust, own.id))

    def kept(self, trust: str, consultation: str) -> list[SentMessage]:
        """All messages of a consultation, the newest first."""
        now = self._now()
        rows = self._store.query(Sending, consultation_key(trust, consultation), "MSG#")
        shown = [row for row in rows if row.state is not Delivery.NONE]
        return [_shown(row, now) for row in sorted(shown, key=lambda r: r.at, reverse=True)]

    # ------------------------------------------------------------ parts

    def _noted(
        self,
        consultation: Consultation,
        errand: Errand,
        way: Way,
        state: Delivery,
        is_due: Callable[[Consultation], bool] = lambda _: True,
    ) -> Consultation:
        def decide(present: Consultation) -> dict[str, Any] | None:
            if not errand.present:
                return {}
            receiver = errand.receiver(present)
            if receiver is None or errand.reason not in errands(present) or getattr(receiver, way) is state:
                return None
            if not is_due(present):
                return None
            fields = {way.value: state, "told": receiver.told or state in TOLD}
            return {"guests": altered(present, errand.guest, **fields)} if errand.guest else fields

        about = "" if errand.present else f"{errand.kind}_"
        what = "sending" if state is Delivery.SENDING else f"{about}{way}_{state}"
        return self._consultations.note(system(consultation.trust), consultation.id, what, decide)

    def _created(self, row: Sending) -> Sending | None:
        try:
            self._store.write([Create(row)])
        except Refused:
            return None
        return row

    def _replaced(self, row: Sending, *also: Put, **fields: Any) -> Sending | None:
        """The row with other fields, if it is still the one that was read."""
        after = msgspec.structs.replace(row, version=row.version + 1, **fields)
        try:
            self._store.write([Replace(after, expected=row.version), *also])
        except Refused:
            return None
        return after

    def _handed(self, row: Sending, carrier: str, message: str) -> Handed:
        return Handed(
            carrier=carrier,
            message=message,
            trust=row.trust,
            consultation=row.consultation,
            reason=row.reason,
            expires=int(self._now()) + RECEIPT_SECONDS,
        )


def _shown(row: Sending, now: float) -> SentMessage:
    """A message as the department sees it; one whose sender is gone has failed or, handed over, is uncertain."""
    state, why = row.state, row.why
    if not row.done and state is Delivery.SENDING and row.claimed_until <= now:
        state, why = (Delivery.UNCERTAIN if row.handed_over else Delivery.FAILED), FailureCause.UNKNOWN
    return SentMessage(kind=row.kind, way=row.way, guest=row.guest, state=state, at=instant(row.at), why=why)
