"""One run of the probe: each part that people need, in their order, whether or not the one before it was well."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from client.rest import Rest
from probe.call import Call, Failed, Resting, Side
from probe.outcome import Cause, Outcome, Part, State
from probe.settings import Settings

PAGE: Final = "/i"
"""Where a patient's link leads."""
SIGN: Final = b'<div id="page">'
"""What every page of ours has."""
DISCOVERY: Final = "/.well-known/openid-configuration"


def _never() -> bool:
    return False


async def look(settings: Settings, resting: Callable[[], bool] = _never) -> Outcome:
    """Try all of it. Whatever goes wrong is in what is returned; ``resting`` as of `Call`."""
    at = int(time.time())
    parts: dict[Part, State] = {}
    causes: list[Cause] = []
    for part, cause, answers in ((Part.PAGES, Cause.PAGE, _page), (Part.LOGIN, Cause.ISSUER, _issuer)):
        well = await asyncio.to_thread(answers, settings)
        parts[part] = State.OK if well else State.FAULT
        causes += [] if well else [cause]
    call = Call(settings, resting)
    parts |= {Part.ROOMS: State.FAULT, Part.CALLS: State.FAULT}
    try:
        await call.arrive()
        async with call.connected():
            parts[Part.ROOMS] = State.OK
            await call.hold()
            parts[Part.CALLS] = State.OK
    except Resting:
        parts[Part.CALLS] = State.RESTING
    except Failed as failed:
        causes.append(failed.cause)
    return Outcome(
        at=at,
        parts=parts,
        cause=causes[0] if causes else Cause.NONE,
        join_ms=_ms(call.joined - call.answered) if call.joined else 0,
        first_picture_ms={side.path: _ms(first - call.answered) for side in call.sides if (first := _first(side))},
        round_trip_ms={
            side.path: _ms(min(side.line.round_trips)) for side in call.sides if side.line and side.line.round_trips
        },
    )


def _first(side: Side) -> float:
    """When the other's picture first came; 0 for never."""
    return side.line.pictures[0] if side.line and side.line.pictures else 0.0


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def _page(settings: Settings) -> bool:
    try:
        status, body = Rest(settings.origin, patience=settings.patience).raw("GET", PAGE, headers={})
    except OSError:
        return False
    return status == 200 and SIGN in body


def _issuer(settings: Settings) -> bool:
    """Whether the portal answers as what it should be (OpenID Connect Discovery 1.0 section 4)."""
    place = urlsplit(settings.issuer)
    try:
        rest = Rest(f"{place.scheme}://{place.netloc}", patience=settings.patience)
        status, body = rest.raw("GET", place.path.rstrip("/") + DISCOVERY, headers={})
        return status == 200 and json.loads(body).get("issuer") == settings.issuer
    except (OSError, ValueError):
        return False
