"""Which messages a consultation asks for, when, and whether each still may go. Pure.

Each has a reason, which names what it is about, so that it goes out once: ``invite-{n}`` and ``guest-{guest}-{n}`` for
the n-th message to a receiver; ``remind-{start}-{n}``, with ``-{guest}`` for a guest, and ``missing-{start}-{n}`` for
the start that they are about; ``suspended-{n}``, with ``_{day}`` for each day after the first and ``-{guest}`` for a
guest, for the n-th time that the trust holds no video. What was moved or sent again thus asks for new ones, and the old
ones come to nothing.

While a trust holds no video, nothing goes out that asks somebody to a consultation of that day. What became due
meanwhile is asked for again when it is over.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from chalicelib.guests import guest_of
from chalicelib.lifecycle import FINAL, State
from chalicelib.protocol import Delivery, MessageKind, Way
from chalicelib.quiet import Quiet
from chalicelib.records import Consultation, Guest, News, Stopped
from chalicelib.rest import Rules

AWAITED: Final = frozenset({State.BOOKED, State.INVITED})
"""Where a patient is who has not checked in."""
TO_COME: Final = AWAITED | {State.CHECKED_IN}
"""Where somebody is whose call has not begun."""
APART: Final = 2 * 3600
"""Seconds that a reminder comes after the message before it at the least; sooner it would remind of nothing."""
GRACE: Final = 60
"""Seconds after which the schedule does what should be done at once."""
UNDER_WAY: Final = frozenset({Delivery.DUE, Delivery.SENDING})
NEWS: Final = {News.MOVED: MessageKind.MOVED, News.CANCELLED: MessageKind.CANCELLED}


class Errand(msgspec.Struct, frozen=True):
    """One message that a consultation asks for; to a guest of it, or to the patient."""

    reason: str
    kind: MessageKind
    guest: str = ""
    present: bool = False
    """Whether its sending is told as the receiver's ``sms`` and ``mail``."""

    def receiver(self, consultation: Consultation) -> Consultation | Guest | None:
        """Whom it is for; None when the guest is no longer expected."""
        return guest_of(consultation, self.guest) if self.guest else consultation


def ways(receiver: Consultation | Guest) -> list[Way]:
    """How a receiver can be reached."""
    return [way for way in Way if address(receiver, way)]


def address(receiver: Consultation | Guest, way: Way) -> str:
    """The number or address; empty when there is none."""
    return receiver.phone if way is Way.SMS else receiver.email


def anew(receiver: Consultation | Guest) -> dict[str, Any]:
    """The fields of whoever is to have another message."""
    return {
        "invitation": receiver.invitation + 1,
        "told": receiver.may_know,
        "sms": Delivery.DUE if receiver.phone else Delivery.NONE,
        "mail": Delivery.DUE if receiver.email else Delivery.NONE,
    }


def errands(consultation: Consultation) -> dict[str, Errand]:
    """All that it asks for as it is now, by reason."""
    c = consultation
    told = Errand(c.reason, NEWS.get(c.news, MessageKind.INVITED), present=True)
    missing = Errand(f"missing-{c.starts}-{c.invitation}", MessageKind.MISSING)
    found = [told, Errand(f"remind-{c.starts}-{c.invitation}", MessageKind.REMINDER), missing]
    for guest in c.guests:
        found.append(Errand(guest.reason, NEWS.get(guest.news, MessageKind.GUEST), guest.id, present=True))
        reason = f"remind-{c.starts}-{guest.invitation}-{guest.id}"
        found.append(Errand(reason, MessageKind.REMINDER, guest.id))
    return {errand.reason: errand for errand in found}


def stopping(consultation: Consultation, stopped: Stopped) -> dict[str, Errand]:
    """What is told of a suspension, by reason: to the patient and to each guest."""
    reason = stopped.reason(consultation.day)
    first = Errand(reason, MessageKind.SUSPENDED)
    rest = (Errand(f"{reason}-{g.id}", MessageKind.SUSPENDED, g.id) for g in consultation.guests)
    return {errand.reason: errand for errand in (first, *rest)}


def named(consultation: Consultation, reason: str) -> Errand | None:
    """The message that a reason names, if it is (still) one of this consultation's."""
    kind, _, rest = reason.partition("-")
    if kind == MessageKind.SUSPENDED:
        return Errand(reason, MessageKind.SUSPENDED, rest.partition("-")[2])
    return errands(consultation).get(reason)


def to_come(consultation: Consultation, now: float) -> bool:
    """Whether it is yet to be held: what somebody is told who cannot be met by video now."""
    return consultation.state in TO_COME and now < consultation.ends


def told_of_stop(consultation: Consultation, stopped: Stopped | None, now: float) -> list[str]:
    """The reasons of what is to be told of a suspension, now."""
    if stopped is None or not stopped.tell or not to_come(consultation, now):
        return []
    receivers = ((reason, errand.receiver(consultation)) for reason, errand in stopping(consultation, stopped).items())
    return [reason for reason, receiver in receivers if receiver and ways(receiver)]


def ahead(
    consultation: Consultation, rules: Rules, quiet: Quiet, now: int, stopped: Stopped | None = None
) -> Iterator[tuple[int, str]]:
    """When each of them is to go, the ones that are over left out. ``stopped``: the suspension that it falls under.

    What goes at once has a minute's grace: whoever asked for it sends it, and the schedule finds it done.
    """
    c, soon = consultation, now + GRACE
    for reason in told_of_stop(c, stopped, now):
        yield soon, reason
    for errand in errands(c).values():
        receiver = errand.receiver(c)
        if receiver is None or not ways(receiver):
            continue
        at = _sent_at(receiver)
        if errand.present:
            if at is not None and not UNDER_WAY.isdisjoint((receiver.sms, receiver.mail)):
                yield max(at, soon), errand.reason
        elif at is not None and c.state not in FINAL:
            later = _later(errand, c, rules, quiet)
            if later is not None and later > now and (errand.kind is MessageKind.MISSING or later >= at + APART):
                yield later, errand.reason


def _later(errand: Errand, c: Consultation, rules: Rules, quiet: Quiet) -> int | None:
    if errand.kind is MessageKind.MISSING:
        return c.starts + rules.missing_minutes * 60 if rules.missing_minutes else None
    return quiet.either_side(c.starts - rules.remind_hours * 3600, c.starts) if rules.remind_hours else None


def _sent_at(receiver: Consultation | Guest) -> int | None:
    """When the receiver's present message goes, or went; None when none ever did, as to who came by the address."""
    return receiver.send_at if isinstance(receiver, Guest) else receiver.invite_at


def due(
    errand: Errand, consultation: Consultation, rules: Rules, delay_minutes: int, now: float, stopped: Stopped | None
) -> bool:
    """Whether a message may go out now. ``delay_minutes``: how late the clinician has said to be that day; ``stopped``:
    the suspension that the consultation falls under.

    The caller sees to it that the links still open.
    """
    c, receiver = consultation, errand.receiver(consultation)
    if errand.kind is MessageKind.SUSPENDED:
        return errand.reason in told_of_stop(c, stopped, now)
    if receiver is None or errand.reason not in errands(c):
        return False
    if stopped and errand.kind is not MessageKind.CANCELLED:
        return False
    if errand.present:
        return c.state not in FINAL or errand.kind is MessageKind.CANCELLED  # of what was cancelled only that it was
    if c.by_phone or not UNDER_WAY.isdisjoint((receiver.sms, receiver.mail)):
        return False
    if errand.kind is MessageKind.MISSING:
        late = max(delay_minutes, c.running_late)
        return 0 < rules.missing_minutes >= late and c.state in AWAITED and c.starts <= now < c.ends
    if not rules.remind_hours or now >= c.starts or now < (_sent_at(receiver) or 0) + APART:
        return False
    return not receiver.ready and c.state not in FINAL if isinstance(receiver, Guest) else c.state in AWAITED


def deadline(errand: Errand, consultation: Consultation) -> int:
    """Until when it is any use to try: a reminder until the start, all else until the appointment is over."""
    return consultation.starts if errand.kind is MessageKind.REMINDER else consultation.ends
