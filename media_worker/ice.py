"""An ICE-lite agent's whole part (RFC 8445 section 2.5): to answer the browser's checks. Pure.

The worker's port is open to everyone, so it never has to send first. The browser gathers, checks and nominates.
"""

import secrets
import struct
from typing import Final, NamedTuple

from aioice import stun
from aioice.candidate import Candidate, candidate_foundation, candidate_priority

UFRAG_BYTES: Final = 6
PASSWORD_BYTES: Final = 18
"""144 bits; RFC 8445 section 5.3 asks for 128."""
LONGEST: Final = 548
"""Bytes; no check is longer (RFC 8489 section 6.1)."""


class Credentials(NamedTuple):
    """One side's user fragment and password (RFC 8839 section 5.4)."""

    ufrag: str
    password: str

    @classmethod
    def new(cls) -> "Credentials":
        """Ours, for one connection or one restart of it."""
        return cls(secrets.token_urlsafe(UFRAG_BYTES).replace("-", "+").replace("_", "/"),
                   secrets.token_urlsafe(PASSWORD_BYTES).replace("-", "+").replace("_", "/"))  # fmt: skip


class Check(NamedTuple):
    """A browser's check, not yet believed: whom it names, and whether it nominates the path it came by."""

    message: stun.Message
    ufrag: str
    nominates: bool


def read(datagram: bytes) -> Check | None:
    """None for whatever is no binding request that names somebody."""
    if len(datagram) > LONGEST:
        return None
    try:
        message = stun.parse_message(datagram)
    except (ValueError, LookupError, OSError, struct.error):  # whatever a parser trips over in a stranger's bytes
        return None
    asks = message.message_method == stun.Method.BINDING and message.message_class == stun.Class.REQUEST
    name = message.attributes.get("USERNAME")
    if not asks or not isinstance(name, str):
        return None
    return Check(message, name.partition(":")[0], "USE-CANDIDATE" in message.attributes)


def answer(check: Check, ours: Credentials, sender: tuple[str, int]) -> bytes | None:
    """The response to a check that knows our password, None to any other (RFC 8445 section 7.3)."""
    key = ours.password.encode()
    if not check.message.check_message_integrity(key):
        return None
    response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=check.message.transaction_id)
    response.attributes["XOR-MAPPED-ADDRESS"] = sender
    response.add_message_integrity(key)
    return bytes(response)


def candidates(addresses: list[str], port: int) -> tuple[str, ...]:
    """The values of ``a=candidate`` lines, the first address preferred."""
    return tuple(
        Candidate(
            foundation=candidate_foundation("host", "udp", address),
            component=1,
            transport="udp",
            priority=candidate_priority(1, "host", 65535 - at),
            host=address,
            port=port,
            type="host",
        ).to_sdp()
        for at, address in enumerate(addresses)
    )
