"""What a pair derives from what they said: a second implementation, from docs/e2ee.md and not from the pages."""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SEATS = ("patient", "clinician", "guest1", "guest2", "guest3", "guest4")


def base64url(data: bytes) -> str:
    """RFC 4648 section 5, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    """Inverse of `base64url`."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def hkdf(secret: bytes, salt: bytes, info: str, length: int) -> bytes:
    """RFC 5869 with SHA-256; an empty ``salt`` is none."""
    return HKDF(hashes.SHA256(), length, salt or None, info.encode()).derive(secret)


def lines(*parts: str) -> bytes:
    """The SHA-256 of text in lines."""
    return hashlib.sha256("\n".join(parts).encode()).digest()


def public_point(key: ec.EllipticCurvePrivateKey) -> str:
    """The uncompressed point (SEC 1 section 2.3.3), base64url."""
    return base64url(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def commitment(consultation: str, sender: str, receiver: str, attempt: str, public: str) -> str:
    """What is said before the key."""
    return base64url(lines("venterom commit 1", consultation, sender, receiver, attempt, public))


@dataclass(frozen=True)
class Side:
    """What has been said of one side; text as it stands in a parcel."""

    seat: str
    attempt: str
    commitment: str
    public: str


def transcript(consultation: str, one: Side, other: Side) -> bytes:
    """The hash of all that both have said, the same whoever asks."""
    a, b = sorted((one, other), key=lambda side: SEATS.index(side.seat))
    return lines(
        "venterom transcript 1",
        consultation,
        a.seat,
        b.seat,
        a.attempt,
        b.attempt,
        a.commitment,
        b.commitment,
        a.public,
        b.public,
    )


@dataclass(frozen=True)
class PairKeys:
    """What a pair has in common; ``keys`` by (from, to)."""

    transcript: bytes
    code: str
    keys: dict[tuple[str, str], bytes]


def agree(consultation: str, own: Side, key: ec.EllipticCurvePrivateKey, other: Side) -> PairKeys:
    """Derive everything. Raises ValueError for what is no point of P-256."""
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unbase64url(other.public))
    shared = key.exchange(ec.ECDH(), point)
    salt = transcript(consultation, own, other)
    keys = {
        (start, end): hkdf(shared, salt, f"venterom pair 1 {start} {end}", 32)
        for start, end in ((own.seat, other.seat), (other.seat, own.seat))
    }
    number = int.from_bytes(hkdf(shared, salt, "venterom code 1", 8), "big")
    return PairKeys(salt, f"{number % 1_000_000:06d}", keys)


def seal_part(key: bytes, n: int, part: dict[str, Any]) -> str:
    """The sealed part of the parcel with number ``n``."""
    text = json.dumps(part, separators=(",", ":"), ensure_ascii=False).encode()
    return base64url(AESGCM(key).encrypt(n.to_bytes(12, "big"), text, None))


def open_part(key: bytes, n: int, sealed: str) -> dict[str, Any] | None:
    """What was sealed with this key and number; None for anything else."""
    try:
        text = AESGCM(key).decrypt(n.to_bytes(12, "big"), unbase64url(sealed), None)
    except (InvalidTag, ValueError):
        return None
    value = json.loads(text)
    return value if isinstance(value, dict) else None
