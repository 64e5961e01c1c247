"""Somebody else in a call of the gallery, who agrees on keys with the page as their own page would (docs/e2ee.md)."""

import functools
import json
import secrets
from enum import StrEnum
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from chalicelib.protocol import Parcel, Seat
from tests.e2ee.agreement import Side, agree, base64url, commitment, lines, open_part, public_point, seal_part
from tests.pages.content import NOW, VISIT

PORTAL: Final = {"issuer": "https://portal.example", "client_id": "elvenes"}
BORN: Final = "04835812345"
"""A made-up national identity number: 80 is added to the month."""


class Manner(StrEnum):
    """How somebody behaves: as one should; unable to encrypt; with keys that do not fit; without a key, as when it is
    held back on the way; without a login; knowing no login of the page's, or not able to judge it; not there."""

    ABLE = "able"
    UNABLE = "unable"
    TAMPERED = "tampered"
    KEYLESS = "keyless"
    UNPROVEN = "unproven"
    REFUSING = "identity"
    UNREACHABLE = "unreachable"
    ABSENT = "absent"


class Partner:
    """The one at ``seat``, towards the page of whoever is at ``page``."""

    def __init__(self, seat: Seat, page: Seat, manner: Manner) -> None:
        self._seat, self._page, self._manner = seat, page, manner
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = public_point(self._key)
        attempt = base64url(secrets.token_bytes(16))
        self._own = Side(seat, attempt, commitment(VISIT, seat, page, attempt, public), public)
        self._secret = base64url(secrets.token_bytes(32))
        self._n = 0
        self._said: tuple[object, ...] = ()

    def hear(self, parcel: Parcel) -> Parcel | None:
        """What is said to a parcel of the page; None where there is nothing new to say."""
        if self._manner is Manner.ABSENT:
            return None
        self._n += 1
        live = parcel.about == self._own.attempt and bool(parcel.commitment)
        showing = live and self._manner is not Manner.KEYLESS
        heard, sealed = self._seal(parcel) if showing and parcel.public else (0, "")
        saying = (parcel.attempt, live, bool(sealed), heard)
        if saying == self._said:
            return None
        self._said = saying
        able = self._manner is not Manner.UNABLE
        public = self._own.public if showing else ""
        if self._manner is Manner.TAMPERED and live:
            public = public_point(ec.generate_private_key(ec.SECP256R1()))
        return Parcel(
            self._own.attempt, parcel.attempt, self._n, able,
            commitment=self._own.commitment if able else "",
            public=public if able else "",
            sealed=sealed if able else "",
        )  # fmt: skip

    def _seal(self, parcel: Parcel) -> tuple[int, str]:
        """The page's epoch that is held, and what is sealed for it in the present parcel."""
        other = Side(self._page, parcel.attempt, parcel.commitment, parcel.public)
        pair = agree(VISIT, self._own, self._key, other)
        said = open_part(pair.keys[self._page, self._seat], parcel.n, parcel.sealed) or {}
        heard = int(said.get("epoch", 0))
        part: dict[str, Any] = {"epoch": 1, "secret": self._secret, "has": heard, "done": said.get("has") == 1}
        if self._manner in {Manner.REFUSING, Manner.UNREACHABLE}:
            part |= {"epoch": 0, "secret": "", "has": 0, "done": True, "refused": self._manner}
        if self._seat is Seat.PATIENT and self._manner is not Manner.UNPROVEN:
            part["proof"] = proof(pair.transcript)
        return heard, seal_part(pair.keys[self._seat, self._page], self._n, part)


@functools.cache
def portal_key() -> rsa.RSAPrivateKey:
    """What the portal signs with."""
    return rsa.generate_private_key(65_537, 2048)


def published() -> dict[str, Any]:
    """The portal's keys (RFC 7517)."""
    numbers = portal_key().public_key().public_numbers()
    whole = {"n": numbers.n, "e": numbers.e}
    parts = {name: base64url(value.to_bytes((value.bit_length() + 7) // 8, "big")) for name, value in whole.items()}
    return {"keys": [{"kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig", **parts}]}


def proof(transcript: bytes) -> dict[str, str]:
    """A login of a while ago, with a key that signs this agreement."""
    key = ec.generate_private_key(ec.SECP256R1())
    point = public_point(key)
    der = key.sign(b"venterom proof 1\n" + base64url(transcript).encode(), ec.ECDSA(hashes.SHA256()))
    signature = b"".join(part.to_bytes(32, "big") for part in decode_dss_signature(der))
    claims = {
        "iss": PORTAL["issuer"],
        "aud": PORTAL["client_id"],
        "iat": int(NOW.timestamp()) - 900,
        "nonce": base64url(lines("venterom login 1", VISIT, point)),
        "pid": BORN,
    }
    said = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "one"}, claims))
    token = f"{said}.{base64url(portal_key().sign(said.encode(), padding.PKCS1v15(), hashes.SHA256()))}"
    return {"key": point, "signature": base64url(signature), "token": token}
