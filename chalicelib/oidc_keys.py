"""Our own keys at the issuers: made, rotated and published; each algorithm has its own.

ID-porten takes RSA with RS256 alone, HelseID's profile (FAPI 2.0 section 5.4) wants ES256 or PS256. A directory like
Entra knows an RSA key only by a certificate, so each comes with one, signed by itself.
"""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from chalicelib.oidc_token import Refused

# joserfc and cryptography are imported where they are used: most invocations log nobody in, and cold starts count.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from joserfc.jwk import ECKey, RSAKey

RSA: Final = "RS256"
EC: Final = "ES256"
KEY_BITS: Final = 2048
CERTIFICATE_DAYS: Final = 365
PUBLIC: Final = ("kty", "kid", "use", "alg", "n", "e", "crv", "x", "y", "x5c", "x5t#S256")


def new_key_set(previous: str | None, now: Callable[[], float] = time.time) -> str:
    """The private key set (RFC 7517) after a rotation, as JSON: of each algorithm the key that signs now, the one that
    will sign next, the one that has signed until now.

    A key is published one rotation before it signs, so an issuer that caches our public keys knows it already; it stays
    published one rotation longer, for an assertion under way. ID-porten takes no key older than a year: rotate every
    third month. After a leak begin anew with None, as also happens when ``previous`` is no key set (a secret not yet
    filled).
    """
    makers: dict[str, Callable[[], dict[str, Any]]] = {RSA: lambda: _rsa(now), EC: _ec}
    keys: list[dict[str, Any]] = []
    for algorithm, fresh in makers.items():
        old = _private_keys(previous or "", algorithm)
        keys += [old[1], fresh(), old[0]] if len(old) > 1 else [fresh(), fresh()]
    return json.dumps({"keys": keys})


def is_key_set(text: str) -> bool:
    """Whether ``text`` has a key of each algorithm."""
    return all(_private_keys(text, algorithm) for algorithm in (RSA, EC))


def public_key_set(private: str) -> str:
    """The public part of a private key set, as JSON: what the issuers check our assertions with."""
    keys = _private_keys(private, RSA) + _private_keys(private, EC)
    return json.dumps({"keys": [{name: key[name] for name in PUBLIC if name in key} for key in keys]})


@lru_cache(maxsize=4)  # to import an RSA key is a tenth of a second's work
def signing_key(key_set: str, algorithm: str) -> "tuple[RSAKey | ECKey, str]":
    """The key that signs now, and its certificate's thumbprint (RFC 7515 section 4.1.8), empty without one.

    PS256 is signed with the RSA key. Raises Refused when there is none.
    """
    from joserfc.jwk import ECKey, RSAKey

    keys = _private_keys(key_set, EC if algorithm == EC else RSA)
    if not keys:
        raise Refused("no signing key")
    values = {name: value for name, value in keys[0].items() if name not in ("alg", "x5c", "x5t#S256")}
    key = ECKey.import_key(values) if algorithm == EC else RSAKey.import_key(values)
    return key, str(keys[0].get("x5t#S256", ""))


def _rsa(now: Callable[[], float]) -> dict[str, Any]:
    from joserfc.jwk import RSAKey

    key = RSAKey.generate_key(KEY_BITS, auto_kid=True)
    certificate = _certificate(key.private_key, datetime.fromtimestamp(now(), UTC))
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(certificate).digest()).rstrip(b"=").decode()
    made = {"use": "sig", "alg": RSA, "x5c": [base64.b64encode(certificate).decode()], "x5t#S256": thumbprint}
    return {**key.as_dict(private=True), **made}


def _ec() -> dict[str, Any]:
    from joserfc.jwk import ECKey

    key = ECKey.generate_key("P-256", auto_kid=True)
    return {**key.as_dict(private=True), "use": "sig", "alg": EC}


def _certificate(key: "RSAPrivateKey | None", now: datetime) -> bytes:
    """A certificate (DER) of the key by itself: it says nothing but which key it is."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    if key is None:
        raise Refused("no private key")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Venterom")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    valid = builder.not_valid_before(now).not_valid_after(now + timedelta(days=CERTIFICATE_DAYS))
    return valid.sign(key, SHA256()).public_bytes(Encoding.DER)


def _private_keys(key_set: str, algorithm: str) -> list[dict[str, Any]]:
    """The keys of one algorithm in a set made by `new_key_set`; none when the text is something else."""
    try:
        return [key for key in json.loads(key_set)["keys"] if key["alg"] == algorithm]
    except (ValueError, TypeError, KeyError):
        return []
