"""How the stand-in portal knows its client: signed assertions (RFC 7523) and DPoP proofs (RFC 9449), each good once."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from joserfc import jws, jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from local.portal_realm import Kind, Realm

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS: Final = {Kind.IDPORTEN: 120, Kind.HELSEID: 60, Kind.ENTERPRISE: 600}
PROOF_ALGORITHMS: Final = ("ES256", "PS256")
SKEW: Final = 10
NONCE_SECONDS: Final = 300


class Denied(Exception):
    """An OAuth error for the client; ``why`` is for whoever reads the answer, ``nonce`` for its next DPoP proof."""

    def __init__(self, error: str, why: str, nonce: str = "") -> None:
        super().__init__(f"{error}: {why}")
        self.error = error
        self.why = why
        self.nonce = nonce


class KnownClient:
    """The client of one issuer at ``address``. ``fetch`` gets its JWK Set or raises OSError; ``now``: epoch seconds."""

    def __init__(
        self, realm: Realm, address: str, now: Callable[[], float], fetch: Callable[[str], Awaitable[Any]]
    ) -> None:
        self._realm = realm
        self._address = address
        self._now = now
        self._fetch = fetch
        self._keys: KeySet | None = None
        self._seen: dict[str, float] = {}
        self._nonce = ("", 0.0)

    async def learn_keys(self) -> None:
        """Fetch its keys unless they are known: sooner than its token request, while a person still reads."""
        if self._keys is None:
            self._keys = await self._fetch_keys()

    async def authenticate(self, form: Mapping[str, str]) -> None:
        """``private_key_jwt``: its issuer the audience, not good for long, each ``jti`` once. Raises Denied."""
        client, now = self._realm.client, self._now()
        if (
            form.get("client_assertion_type") != ASSERTION_TYPE
            or form.get("client_id", client.client_id) != client.client_id
        ):
            raise Denied("invalid_client", "private_key_jwt is required")
        claims = await self._assertion_claims(form.get("client_assertion", ""))
        try:
            issued, expires, jti = int(claims["iat"]), int(claims["exp"]), str(claims["jti"])
        except (KeyError, TypeError, ValueError):
            raise Denied("invalid_client", "iat, exp and jti are required") from None
        if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
            raise Denied("invalid_client", "iss and sub must be the client_id")
        audience = f"{self._address}/token" if self._realm.kind is Kind.ENTERPRISE else self._address
        if claims.get("aud") not in (audience, [audience]):
            raise Denied("invalid_client", f"aud must be {audience}")
        if expires < now or issued > now + SKEW or expires - issued > ASSERTION_SECONDS[self._realm.kind]:
            raise Denied("invalid_client", "expired, or good for too long")
        self._once("invalid_client", jti, expires)

    def prove(self, proof: str, url: str) -> None:
        """A DPoP proof of a POST to ``url``, with the nonce of the moment. Raises Denied."""
        try:
            header = jws.extract_compact(proof.encode()).headers()
            algorithm, jwk = header["alg"], header["jwk"]
            if header["typ"] != "dpop+jwt" or algorithm not in PROOF_ALGORITHMS or "d" in jwk:
                raise ValueError(algorithm)
            key = (ECKey if jwk["kty"] == "EC" else RSAKey).import_key(jwk)
            claims = jwt.decode(proof, key, algorithms=[algorithm]).claims
            method, address, issued, jti = claims["htm"], claims["htu"], int(claims["iat"]), str(claims["jti"])
        except (JoseError, ValueError, TypeError, KeyError):
            raise Denied("invalid_dpop_proof", "a DPoP proof is required") from None
        now = self._now()
        if (method, address) != ("POST", url) or abs(issued - now) > NONCE_SECONDS:
            raise Denied("invalid_dpop_proof", "the proof is for another request")
        if self._nonce[1] < now:
            self._nonce = secrets.token_urlsafe(12), now + NONCE_SECONDS
        if claims.get("nonce") != self._nonce[0]:
            raise Denied("use_dpop_nonce", "a proof has to carry our nonce", self._nonce[0])
        self._once("invalid_dpop_proof", jti, issued + NONCE_SECONDS)

    def _once(self, error: str, jti: str, until: float) -> None:
        now = self._now()
        self._seen = {name: end for name, end in self._seen.items() if end >= now - SKEW}
        if jti in self._seen:
            raise Denied(error, "jti was used before")
        self._seen[jti] = until

    async def _assertion_claims(self, assertion: str) -> dict[str, Any]:
        algorithms = self._realm.algorithms
        try:
            await self.learn_keys()
            try:
                return jwt.decode(assertion, self._known(), algorithms=algorithms).claims
            except InvalidKeyIdError:
                self._keys = await self._fetch_keys()
                return jwt.decode(assertion, self._known(), algorithms=algorithms).claims
        except (JoseError, ValueError, TypeError, KeyError):
            raise Denied("invalid_client", "the assertion's signature does not fit the client's jwks_uri") from None

    def _known(self) -> KeySet:
        if self._keys is None:
            raise Denied("invalid_client", "no client keys")
        return self._keys

    async def _fetch_keys(self) -> KeySet:
        try:
            return KeySet.import_key_set(await self._fetch(self._realm.client.jwks_uri))
        except (OSError, JoseError, ValueError, TypeError, KeyError):
            raise Denied("invalid_client", "the client's jwks_uri gives no keys") from None
