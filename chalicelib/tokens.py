"""Secrets shown once and stored as hashes, keyed hashes of what is personal, signed passes. Pure."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

from chalicelib.errors import TicketInvalid

PASS_SECONDS: Final = 30


def mint() -> str:
    """A new secret: 128 random bits, base64url without padding (22 characters)."""
    return secrets.token_urlsafe(16)


def derived(key: str, *parts: str) -> str:
    """A secret like `mint`'s, 128 bits of HMAC-SHA-256 (RFC 2104): the same for the same key and parts."""
    mac = hmac.new(key.encode(), "\x00".join(parts).encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac[:16]).rstrip(b"=").decode()


def digest(secret: str) -> str:
    """What is stored of a secret: SHA-256, hexadecimal. Enough without a salt because the secret is random."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def keyed(pepper: str, *parts: str) -> str:
    """HMAC-SHA-256 (RFC 2104), hexadecimal, of what could be guessed without a key: identity numbers, addresses."""
    return hmac.new(pepper.encode(), "\x00".join(parts).encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def worker_pass(key: str, worker: str, now: float) -> str:
    """The pass a worker shows at ``$connect``: ``worker.{id}.{expiry}.{nonce}.{HMAC}``; the id holds no dot."""
    return _pass("worker", key, worker, now)


def probe_pass(key: str, staff: str, now: float) -> str:
    """The same of the probe, with who of its trust's staff it comes as: ``probe.{id}.{expiry}.{nonce}.{HMAC}``."""
    return _pass("probe", key, staff, now)


def check_worker_pass(keys: Iterable[str], presented: str, now: float) -> tuple[str, str]:
    """Return (worker id, nonce) of a pass signed with one of ``keys``; the caller lets a nonce be used once.

    Raises TicketInvalid.
    """
    return _checked("worker", keys, presented, now)


def check_probe_pass(keys: Iterable[str], presented: str, now: float) -> tuple[str, str]:
    """As `check_worker_pass`, of the probe: (staff id, nonce). Raises TicketInvalid."""
    return _checked("probe", keys, presented, now)


def _pass(kind: str, key: str, who: str, now: float) -> str:
    body = f"{kind}.{who}.{int(now) + PASS_SECONDS}.{mint()}"
    return f"{body}.{keyed(key, body)}"


def _checked(kind: str, keys: Iterable[str], presented: str, now: float) -> tuple[str, str]:
    body, _, mac = presented.rpartition(".")
    # As bytes: compare_digest takes no text beyond ASCII, and anybody may send any.
    given = mac.encode(errors="replace")
    if not any(hmac.compare_digest(keyed(key, body).encode(), given) for key in keys):
        raise TicketInvalid
    shown, who, expiry, nonce = body.split(".")
    if shown != kind or int(expiry) < now:
        raise TicketInvalid
    return who, nonce
