"""What a client of the stand-in portal asks for: an authorization request, read strictly. Pure."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from local.portal_client import Denied
from local.portal_realm import Kind, Level

ACR: Final = {Level.SUBSTANTIAL: "idporten-loa-substantial", Level.HIGH: "idporten-loa-high"}
ASK_SECONDS: Final = 600  # how long a login page stays good
LOCALES: Final = ("nb", "nn", "en", "se")


class Asked(msgspec.Struct, frozen=True):
    """A client's request that waits for a person to log in. ``level`` is None when none was asked for."""

    state: str
    nonce: str
    challenge: str
    scope: str
    level: Level | None
    max_age: int | None
    anew: bool
    locale: str
    until: float


def read(query: Mapping[str, str], kind: Kind, now: float) -> Asked:
    """What a request asks for at an issuer of a ``kind``. Raises Denied."""
    if query.get("response_type") != "code":
        raise Denied("unsupported_response_type", "only code")
    scope = query.get("scope", "")
    if "openid" not in scope.split():
        raise Denied("invalid_scope", "openid is missing")
    if query.get("code_challenge_method") != "S256" or not _is_challenge(query.get("code_challenge", "")):
        raise Denied("invalid_request", "PKCE with S256 is required")
    if not query.get("state") or not query.get("nonce"):
        raise Denied("invalid_request", "state and nonce are required")
    levels = query.get("acr_values", "").split() if kind is Kind.IDPORTEN else []
    if not set(levels) <= set(ACR.values()):
        raise Denied("invalid_request", "unknown acr_values")
    max_age = query.get("max_age")
    if max_age is not None and not (max_age.isascii() and max_age.isdigit() and len(max_age) < 9):
        raise Denied("invalid_request", "max_age is no number of seconds")
    if query.get("prompt", "login") != "login":
        raise Denied("invalid_request", "only prompt=login")
    locales = query.get("ui_locales", "").split()
    return Asked(
        state=query["state"],
        nonce=query["nonce"],
        challenge=query["code_challenge"],
        scope=scope,
        level=next((level for level, acr in ACR.items() if acr in levels), None),
        max_age=None if max_age is None else int(max_age),
        anew="prompt" in query,
        locale=next((locale for locale in locales if locale in LOCALES), "nb"),
        until=now + ASK_SECONDS,
    )


def _is_challenge(text: str) -> bool:
    """Whether it can be a PKCE challenge by S256 (RFC 7636 section 4.2)."""
    return re.fullmatch(r"[A-Za-z0-9_-]{43}", text) is not None
