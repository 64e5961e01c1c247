"""One OpenID provider of the stand-in portal: asks of a client what ID-porten asks. No I/O of its own."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, RSAKey

SUBSTANTIAL: Final = "idporten-loa-substantial"
HIGH: Final = "idporten-loa-high"
ASK_SECONDS: Final = 600  # how long a login page stays good
CODE_SECONDS: Final = 60
TOKEN_SECONDS: Final = 120
ASSERTION_SECONDS: Final = 120
SKEW: Final = 10
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
BEARER: Final = "Bearer"


class Eid(msgspec.Struct, frozen=True):
    """A way to log in. ``national_id``: whether the identity number comes along."""

    id: str
    name: str
    acr: str
    national_id: bool = True


class Person(msgspec.Struct, frozen=True):
    """Somebody who does not exist."""

    id: str
    name: str
    national_id: str = ""


class Registration(msgspec.Struct, frozen=True):
    """The one client of an issuer: who it is, where it may be sent back to, where its public keys are."""

    client_id: str
    redirect_uri: str
    jwks_uri: str
    logout_uri: str


class Realm(msgspec.Struct, frozen=True):
    """What makes one issuer different from another. ``salt`` makes subjects pairwise; without one they are the ids."""

    name: str
    title: str
    eids: Sequence[Eid]
    people: Sequence[Person]
    client: Registration
    salt: str = ""


class Asked(msgspec.Struct, frozen=True):
    """A client's request that waits for a person to log in."""

    state: str
    nonce: str
    challenge: str
    acr: str
    until: float


class Grant(msgspec.Struct, frozen=True):
    """A login that waits for the client to fetch it."""

    asked: Asked
    person: Person
    eid: Eid
    until: float


class WrongDoor(Exception):
    """Neither client nor address is to be trusted: tell the person, send nobody anywhere."""


class Denied(Exception):
    """An error of RFC 6749 for the client; ``why`` is for whoever reads the answer."""

    def __init__(self, error: str, why: str) -> None:
        super().__init__(f"{error}: {why}")
        self.error = error
        self.why = why


class Issuer:
    """One issuer at ``address``. ``fetch`` gets a client's JWK Set or raises OSError; ``now`` gives epoch seconds."""

    def __init__(
        self,
        realm: Realm,
        address: str,
        key: RSAKey,
        now: Callable[[], float],
        fetch: Callable[[str], Awaitable[Any]],
    ) -> None:
        self.realm = realm
        self.address = address
        self._key = key
        self._now = now
        self._fetch = fetch
        self._asked: dict[str, Asked] = {}
        self._grants: dict[str, Grant] = {}
        self._assertions_seen: dict[str, float] = {}
        self._client_keys: KeySet | None = None

    def metadata(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/jwks",
            "end_session_endpoint": f"{self.address}/endsession",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["pairwise" if self.realm.salt else "public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "acr_values_supported": [SUBSTANTIAL, HIGH],
            "scopes_supported": ["openid", "profile"],
            "ui_locales_supported": ["nb"],
            "authorization_response_iss_parameter_supported": True,
        }

    def public_keys(self) -> dict[str, Any]:
        """The keys that prove our tokens."""
        return {"keys": [{**self._key.as_dict(private=False), "use": "sig", "alg": "RS256"}]}

    def ask(self, query: Mapping[str, str]) -> tuple[str, Asked]:
        """Take a client's request; return its id for the login page.

        Raises WrongDoor, or Denied, which goes back to the client by `refusal`.
        """
        client = self.realm.client
        if query.get("client_id") != client.client_id:
            raise WrongDoor("Ukjent client_id.")
        if query.get("redirect_uri") != client.redirect_uri:
            raise WrongDoor("redirect_uri er ikke registrert for denne klienten.")
        if query.get("response_type") != "code":
            raise Denied("unsupported_response_type", "only code")
        if "openid" not in query.get("scope", "").split():
            raise Denied("invalid_scope", "openid is missing")
        if query.get("code_challenge_method") != "S256" or not re.fullmatch(
            r"[A-Za-z0-9_-]{43}", query.get("code_challenge", "")
        ):
            raise Denied("invalid_request", "PKCE with S256 is required")
        if not query.get("state") or not query.get("nonce"):
            raise Denied("invalid_request", "state and nonce are required")
        levels = query.get("acr_values", "").split()
        if not set(levels) <= {SUBSTANTIAL, HIGH}:
            raise Denied("invalid_request", "unknown acr_values")
        acr = next((level for level in (SUBSTANTIAL, HIGH) if level in levels), "")
        asked = Asked(query["state"], query["nonce"], query["code_challenge"], acr, self._now() + ASK_SECONDS)
        request = secrets.token_urlsafe(24)
        self._forget()
        self._asked[request] = asked
        return request, asked

    def log_in(self, request: str, person: str, eid: str) -> str:
        """A test person chose: where to send the browser. Raises WrongDoor if the page is too old or forged."""
        found_person = next((p for p in self.realm.people if p.id == person), None)
        found_eid = next((e for e in self.realm.eids if e.id == eid), None)
        if found_person is None or found_eid is None:
            raise WrongDoor("Velg hvem som logger inn, og hvilken e-ID.")
        asked = self._take(request)
        code = secrets.token_urlsafe(24)
        self._grants[code] = Grant(asked, found_person, found_eid, self._now() + CODE_SECONDS)
        return self._back({"code": code, "state": asked.state})

    def cancel(self, request: str) -> str:
        """The person gave up: where to send the browser. Raises WrongDoor."""
        return self._back({"error": "access_denied", "state": self._take(request).state})

    def refusal(self, denied: Denied, state: str) -> str:
        """The address that takes an error back to the client."""
        return self._back({"error": denied.error, "error_description": denied.why, "state": state})

    async def learn_client_keys(self) -> None:
        """Fetch the client's keys unless they are known: sooner than the token request, whose caller waits."""
        if self._client_keys is None:
            self._client_keys = await self._fetch_client_keys()

    async def redeem(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The token endpoint's answer. Raises Denied. A code is spent by the first try, whatever comes of it."""
        await self._authenticate(form)
        if form.get("grant_type") != "authorization_code":
            raise Denied("unsupported_grant_type", "only authorization_code")
        grant = self._grants.pop(form.get("code", ""), None)
        if grant is None or grant.until < self._now():
            raise Denied("invalid_grant", "the code is unknown, used or too old")
        if form.get("redirect_uri") != self.realm.client.redirect_uri:
            raise Denied("invalid_grant", "another redirect_uri")
        verifier = form.get("code_verifier", "")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if not hmac.compare_digest(challenge, grant.asked.challenge):
            raise Denied("invalid_grant", "code_verifier does not fit")
        return {
            "access_token": secrets.token_urlsafe(24),
            "token_type": BEARER,
            "expires_in": TOKEN_SECONDS,
            "scope": "openid profile",
            "id_token": self._id_token(grant),
        }

    def _id_token(self, grant: Grant) -> str:
        issued = int(self._now())
        claims = {
            "iss": self.address,
            "sub": self._subject(grant.person),
            "aud": self.realm.client.client_id,
            "iat": issued,
            "exp": issued + TOKEN_SECONDS,
            "auth_time": issued,
            "jti": secrets.token_urlsafe(16),
            "sid": secrets.token_urlsafe(16),
            "nonce": grant.asked.nonce,
            "acr": grant.eid.acr,
            "amr": [grant.eid.name],
            "name": grant.person.name,
            "locale": "nb",
        }
        if grant.eid.national_id and grant.person.national_id:
            claims["pid"] = grant.person.national_id
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key)

    def _subject(self, person: Person) -> str:
        if not self.realm.salt:
            return person.id
        source = f"{self.realm.client.client_id}\0{person.id}".encode()
        return hmac.new(self.realm.salt.encode(), source, hashlib.sha256).hexdigest()[:43]

    async def _authenticate(self, form: Mapping[str, str]) -> None:
        """``private_key_jwt`` as ID-porten has it: its issuer the audience, two minutes at most, each ``jti`` once."""
        client, now = self.realm.client, self._now()
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
        if claims.get("aud") not in (self.address, [self.address]):
            raise Denied("invalid_client", "aud must be the issuer")
        if expires < now or issued > now + SKEW or expires - issued > ASSERTION_SECONDS:
            raise Denied("invalid_client", "expired, or good for too long")
        if jti in self._assertions_seen:
            raise Denied("invalid_client", "jti was used before")
        self._assertions_seen[jti] = expires

    async def _assertion_claims(self, assertion: str) -> dict[str, Any]:
        try:
            await self.learn_client_keys()
            try:
                return jwt.decode(assertion, self._known_keys(), algorithms=["RS256"]).claims
            except InvalidKeyIdError:
                self._client_keys = await self._fetch_client_keys()
                return jwt.decode(assertion, self._known_keys(), algorithms=["RS256"]).claims
        except (JoseError, ValueError, TypeError, KeyError):
            raise Denied("invalid_client", "the assertion's signature does not fit the client's jwks_uri") from None

    def _known_keys(self) -> KeySet:
        if self._client_keys is None:
            raise Denied("invalid_client", "no client keys")
        return self._client_keys

    async def _fetch_client_keys(self) -> KeySet:
        try:
            return KeySet.import_key_set(await self._fetch(self.realm.client.jwks_uri))
        except (OSError, JoseError, ValueError, TypeError, KeyError):
            raise Denied("invalid_client", "the client's jwks_uri gives no keys") from None

    def _take(self, request: str) -> Asked:
        asked = self._asked.pop(request, None)
        if asked is None or asked.until < self._now():
            raise WrongDoor("Innloggingssiden er for gammel eller alt brukt. Gå tilbake og begynn på nytt.")
        return asked

    def _back(self, query: dict[str, str]) -> str:
        return f"{self.realm.client.redirect_uri}?{urlencode({**query, 'iss': self.address})}"

    def _forget(self) -> None:
        now = self._now()
        self._asked = {k: v for k, v in self._asked.items() if v.until >= now}
        self._grants = {k: v for k, v in self._grants.items() if v.until >= now}
        self._assertions_seen = {k: v for k, v in self._assertions_seen.items() if v >= now - SKEW}
