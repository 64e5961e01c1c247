"""What an ID token says of whom, believed only after every check of OpenID Connect Core section 3.1.3.7. Pure."""

import base64
import hashlib
import re
from typing import Any, Final

import msgspec

from chalicelib.oidc_profile import Profile
from chalicelib.protocol import LoginLevel

SKEW: Final = 10  # seconds two clocks may differ
ISSUED_SECONDS: Final = 600  # how long ago a token may have been made that we have just been given
LONGEST: Final = 255  # characters of a subject (OpenID Connect Core section 2) and of a session's name
METHOD: Final = r"[^\W\d_][\w -]{0,31}"
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"


class Refused(Exception):
    """Which check a login failed, in fixed words: the cause of a LoginFailed, for the log and the tests."""


class Stale(Refused):
    """Somebody logged in too long ago: another login helps."""


class Expected(msgspec.Struct, frozen=True):
    """What a token must say. ``max_age`` is None when no age was asked for."""

    issuer: str
    client_id: str
    profile: Profile
    id_claim: str
    role_claim: str
    nonce: str
    max_age: int | None
    access_token: str = ""


class Person(msgspec.Struct, frozen=True):
    """Who logged in. ``subject`` is pairwise at ID-porten; ``national_id`` is empty if the issuer gave none (eIDAS).

    ``roles`` are the raw values of the claim that the trust's register names; ``sid`` is the issuer's own session, and
    ``auth_time`` when the person proved who they are there (epoch seconds); empty and 0 where the issuer tells neither.
    ``method`` is what the issuer calls the way of it (``amr``): to be shown, never to be relied on. ``token`` is the ID
    token itself (a JWS), empty unless it was asked for.
    """

    issuer: str
    subject: str
    level: LoginLevel
    national_id: str = ""
    roles: tuple[str, ...] = ()
    sid: str = ""
    auth_time: int = 0
    method: str = ""
    token: str = ""


def person_of(claims: dict[str, Any], expected: Expected, now: float) -> Person:
    """The person in an ID token whose signature holds. Raises Refused, or Stale when that is all that is wrong."""
    _check(claims, expected, now)
    _require("nonce", bool(expected.nonce) and claims.get("nonce") == expected.nonce)
    if expected.access_token and "at_hash" in claims:
        # All of our algorithms hash with SHA-256 (section 3.1.3.6).
        half = hashlib.sha256(expected.access_token.encode()).digest()[:16]
        _require("access token", claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode())
    subject = _text(claims, expected.id_claim)
    _require("subject", bool(subject) and bool(_text(claims, "sub")))
    national_id = _text(claims, "pid") if expected.profile.gives_national_id else ""
    _require("identity number", re.fullmatch(r"([0-9]{11})?", national_id) is not None)
    if expected.max_age is not None:
        auth_time = _number(claims, "auth_time")
        _require("from the future", auth_time <= now + SKEW)
        if auth_time < now - expected.max_age - SKEW:
            raise Stale("logged in too long ago")
    return Person(
        issuer=expected.issuer,
        subject=subject,
        level=_level(claims, expected.profile),
        national_id=national_id,
        roles=_roles(claims, expected.role_claim),
        sid=_text(claims, "sid"),
        auth_time=int(_number(claims, "auth_time", 0)),
        method=_method(claims),
    )


def ended_session(claims: dict[str, Any], expected: Expected, now: float) -> str:
    """The session (``sid``) that a logout token ends (OpenID Connect Back-Channel Logout section 2.6). Raises Refused.

    Its ``jti`` is not remembered: a session that has ended twice has ended.
    """
    _check(claims, expected, now)
    events = claims.get("events")
    _require("event", isinstance(events, dict) and isinstance(events.get(LOGOUT_EVENT), dict))
    _require("nonce", "nonce" not in claims)  # so that no ID token passes for one
    sid = _text(claims, "sid")
    _require("session", bool(sid))
    return sid


def _check(claims: dict[str, Any], expected: Expected, now: float) -> None:
    """What every token of an issuer must hold."""
    audience = claims.get("aud")
    _require("issuer", claims.get("iss") == expected.issuer)
    # We trust nobody else with a token of ours, so that there is no second audience.
    _require("audience", audience in (expected.client_id, [expected.client_id]))
    _require("authorized party", claims.get("azp", expected.client_id) == expected.client_id)
    _require("expired", _number(claims, "exp") > now - SKEW)
    issued = _number(claims, "iat")
    _require("from the future", issued <= now + SKEW and _number(claims, "nbf", 0) <= now + SKEW)
    _require("issued long ago", issued > now - ISSUED_SECONDS - SKEW)


def _level(claims: dict[str, Any], profile: Profile) -> LoginLevel:
    """By the one claim that tells it; ID-porten forbids relying on `amr`."""
    value = claims.get(profile.level_claim)
    return profile.levels.get(str(value), LoginLevel.NONE) if isinstance(value, str | int) else LoginLevel.NONE


def _roles(claims: dict[str, Any], claim: str) -> tuple[str, ...]:
    value = claims.get(claim, []) if claim else []
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise Refused("roles")
    return tuple(values)


def _method(claims: dict[str, Any]) -> str:
    """The first of ``amr`` as a short name; nothing where it is none: no login fails by what is only shown."""
    told = claims.get("amr")
    first = told[0] if isinstance(told, list) and told else told
    return first if isinstance(first, str) and re.fullmatch(METHOD, first) else ""


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST:
        raise Refused(f"{name} is no text")
    return value


def _number(claims: dict[str, Any], name: str, default: float | None = None) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise Refused(f"{name} is no number")
    return value


def _require(what: str, holds: bool) -> None:
    if not holds:
        raise Refused(what)
