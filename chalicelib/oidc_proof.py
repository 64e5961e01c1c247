"""What proves that a request to an issuer is ours: signed client assertions, and DPoP proofs."""

import secrets
from typing import TYPE_CHECKING, Any, Final

from chalicelib.oidc_keys import EC, signing_key

if TYPE_CHECKING:
    from joserfc.jwk import ECKey

ASSERTION_SECONDS: Final = 60  # HelseID takes no more, ID-porten twice that
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def assertion(
    key_set: str, algorithm: str, client_id: str, audience: str, now: float, *, names_certificate: bool
) -> dict[str, str]:
    """The fields that prove who we are (RFC 7523 section 2.2), good for one request. Raises Refused without a key."""
    from joserfc import jwt

    key, thumbprint = signing_key(key_set, algorithm)
    header: dict[str, Any] = {"alg": algorithm, "kid": key.kid}
    if names_certificate and thumbprint:
        header["x5t#S256"] = thumbprint
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": secrets.token_urlsafe(16),
        "iat": int(now),
        "nbf": int(now),
        "exp": int(now) + ASSERTION_SECONDS,
    }
    signed = jwt.encode(header, claims, key, algorithms=[algorithm])
    return {"client_id": client_id, "client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}


def dpop_key() -> "ECKey":
    """A key for one token request. It is not kept: the access token that it binds is thrown away unused."""
    from joserfc.jwk import ECKey

    return ECKey.generate_key("P-256")


def dpop_proof(key: "ECKey", url: str, nonce: str, now: float) -> str:
    """The proof (RFC 9449 section 4.2) that a POST to ``url`` comes from who holds ``key``."""
    from joserfc import jwt

    header = {"typ": "dpop+jwt", "alg": EC, "jwk": key.as_dict(private=False)}
    claims = {"jti": secrets.token_urlsafe(16), "htm": "POST", "htu": url, "iat": int(now)}
    return jwt.encode(header, claims | ({"nonce": nonce} if nonce else {}), key, algorithms=[EC])
