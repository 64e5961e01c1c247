"""The document behind the status page: how it stands, since when, and what ninety days were like. Pure."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from probe.outcome import Cause, Outcome, Part, State

NAME: Final = "status.json"
"""Of the document, in its bucket and at the domain."""
DAYS: Final = 90


class Day(msgspec.Struct, frozen=True):
    """One day (UTC): how many runs there were, and in how many of them each part had a fault."""

    day: str
    runs: int = 0
    faults: dict[Part, int] = {}


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What ``status.json`` holds; times in seconds since 1970."""

    at: int
    """When the probe last looked."""
    every: int
    """Seconds between two looks: a document much older than that says that nobody looks."""
    since: int
    """Since when the parts stand as they do."""
    parts: dict[Part, State]
    cause: Cause
    join_ms: int
    days: list[Day]
    """The latest last."""


def after(before: Status | None, found: Outcome, every: int) -> Status:
    """The document after a run."""
    same = before is not None and before.parts == found.parts
    day = datetime.fromtimestamp(found.at, UTC).date().isoformat()
    days = list(before.days) if before else []
    today = days.pop() if days and days[-1].day == day else Day(day)
    faults = {part: count for part in Part if (count := today.faults.get(part, 0) + (found.parts[part] is State.FAULT))}
    days.append(Day(day, today.runs + 1, faults))
    return Status(
        at=found.at,
        every=every,
        since=before.since if before and same else found.at,
        parts=found.parts,
        cause=found.cause,
        join_ms=found.join_ms,
        days=days[-DAYS:],
    )
