"""For how long each kind of row may stand: what goes by itself, and what stays until somebody takes it away."""

from collections.abc import Mapping
from typing import Final

from chalicelib import book, consultations, leases, logins, sendings, sessions, tickets, waiting, workers
from chalicelib import records as r
from chalicelib.records import Record

DAY: Final = 86400
SOCKET: Final = leases.LONGEST_SECONDS + leases.CLEARING_SECONDS
GOES: Final[Mapping[type[Record], int]] = {
    r.Ticket: tickets.NONCE_SECONDS,
    r.Login: logins.LOGIN_SECONDS,
    r.Code: 15 * 60,
    r.Session: DAY + sessions.LONGEST_CALL_SECONDS,
    r.SignedIn: DAY + sessions.LONGEST_CALL_SECONDS,
    r.Socket: SOCKET,
    r.Opened: SOCKET,
    r.Watcher: SOCKET,
    r.Taken: SOCKET,
    r.Worker: 10 * 60 + workers.KEEP_SECONDS,
    r.Wanted: 60,
    r.Once: consultations.ONCE_SECONDS,
    r.Slot: consultations.LONGEST_AHEAD_SECONDS + book.KEPT_SECONDS,
    r.Delay: waiting.KEEP_SECONDS,
    r.Handed: sendings.RECEIPT_SECONDS,
    r.Sending: sendings.KEEP_SECONDS,
    r.Link: consultations.LONGEST_AHEAD_SECONDS + 3 * DAY + sendings.KEEP_SECONDS,
}
"""The longest time ahead, in seconds, at which a row of the kind says that it goes."""
STAYS: Final = frozenset(
    {
        r.Trust,
        r.Department,
        r.Staff,
        r.Consultation,
        r.Happening,
        r.Head,
        r.Anchor,
        r.Gone,
        r.Kept,
        r.Purged,
        r.Ruled,
        r.Wording,
        r.Stopped,
        r.OptedOut,
        r.Mention,
        r.Answered,
        r.Referred,
        r.DayFigures,
    }
)
