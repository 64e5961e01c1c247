"""A visitor's own ID token on its way to the page that asked for it, in a cookie: nothing of ours keeps it. Pure."""

import re
from typing import Final

from chalicelib.headers import Cookie

SECONDS: Final = 300
"""How long the browser keeps the cookie; the page asks for what is in it as soon as it is back from the portal."""
LONGEST: Final = 3_800
"""Characters of a token that can ride: browsers keep 4,096 bytes of a cookie (RFC 6265 section 6.1)."""
JWS: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
"""The compact form of RFC 7515: no character in it means anything in a header."""


def proof_cookie(consultation: str) -> str:
    """The cookie's name."""
    return f"__Host-id-{consultation}"


def proof_in(value: str) -> str:
    """The token that a cookie holds, or nothing."""
    return value if len(value) <= LONGEST and JWS.fullmatch(value) else ""


def carried(consultation: str, token: str) -> Cookie | None:
    """The cookie in which a token rides; None for nothing, and for what is no token or too long."""
    return (proof_cookie(consultation), token, SECONDS) if proof_in(token) else None
