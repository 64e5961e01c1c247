"""The patient's receipt: what happened to their consultation and who did it, without what only machines do."""

from typing import Final

from chalicelib import rest
from chalicelib.consultations import instant
from chalicelib.errors import NotFound
from chalicelib.lifecycle import STAFF
from chalicelib.records import Consultation, Happening
from chalicelib.register import Register, department_view
from chalicelib.trail import Trail

SHOWN: Final = frozenset(
    {
        "booked", "arrived", "invite", "send_again", "rescheduled", "handed_over", "cancel", "phone",
        "sms_sent", "sms_delivered", "sms_failed", "sms_opted_out", "mail_sent", "mail_delivered", "mail_failed",
        "reminder_sms_sent", "reminder_mail_sent", "missing_sms_sent", "missing_mail_sent",
        "suspended_sms_sent", "suspended_mail_sent",
        "sms_declined", "sms_accepted",
        "logged_in_none", "logged_in_code", "logged_in_substantial", "logged_in_high", "logged_out",
        "code_sent", "code_wrong", "code_expired",
        "tested", "running_late", "check_in", "leave", "call", "withdraw_call", "accept", "paused", "resumed", "drop",
        "hang_up", "miss", "feedback",
        "guest_invited", "guest_removed", "guest_admitted", "guest_joined", "guest_left",
        "looked_up", "trail_read", "exported", "erased", "feedback_erased",
    }
)  # fmt: skip
"""What a patient is shown. Not: sending and its retries, a call that another worker takes over."""


class Receipts:
    """Made from the trail; of the staff it says who, of guests only that it was a guest."""

    def __init__(self, trail: Trail, register: Register) -> None:
        self._trail = trail
        self._register = register

    def of(self, consultation: Consultation) -> rest.Receipt:
        """The receipt of a consultation, oldest entry first. Raises NotFound for a department that is no more."""
        entries, intact = self._trail.whole(consultation)
        shown = [entry for entry in entries if entry.what in SHOWN]
        names = {entry.staff: self._name(entry) for entry in shown}
        return rest.Receipt(
            reference=consultation.reference,
            trust_name=self._register.trust(consultation.trust).name,
            department=department_view(self._register.department(consultation.trust, consultation.department)),
            starts=instant(consultation.starts),
            minutes=consultation.minutes,
            entries=[
                rest.ReceiptEntry(
                    at=instant(entry.at),
                    what=entry.what,
                    who=entry.role,
                    name=names[entry.staff] if entry.role in STAFF else "",
                    level=entry.level,
                )
                for entry in shown
            ],
            intact=intact,
        )

    def _name(self, entry: Happening) -> str:
        try:
            return self._register.staff(entry.trust, entry.staff).name if entry.staff else ""
        except NotFound:
            return ""  # no longer in the register
