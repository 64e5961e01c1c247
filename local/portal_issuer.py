"""One OpenID provider of the stand-in portal: asks of a client what its kind asks. No I/O of its own."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from local.portal_client import Denied, KnownClient
from local.portal_realm import Kind, Level, Realm
from local.portal_request import ACR, LOCALES, Asked, read
from local.portal_sso import SignedOn, SignedOns

HELSEID_LEVEL: Final = "helseid://claims/identity/security_level"
HELSEID_LEVELS: Final = {Level.SUBSTANTIAL: "3", Level.HIGH: "4"}
PUSHED_SECONDS: Final = 120
PUSHED: Final = "urn:stedfortreder:"
CODE_SECONDS: Final = 60
TOKEN_SECONDS: Final = 120


class Grant(msgspec.Struct, frozen=True):
    """A login that waits for the client to fetch it."""

    asked: Asked
    session: SignedOn
    until: float


class Ended(msgspec.Struct, frozen=True):
    """A session has ended: whom to tell of it in frames, and where the browser may go back to (empty: it stays)."""

    frames: tuple[str, ...]
    back: str


class WrongDoor(Exception):
    """Neither client nor address is to be trusted: tell the person, send nobody anywhere."""


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
        self.client = KnownClient(realm, address, now, fetch)
        self.signed_on = SignedOns(now)
        self._key = key
        self._now = now
        self._pushed: dict[str, tuple[float, Mapping[str, str]]] = {}
        self._asked: dict[str, Asked] = {}
        self._grants: dict[str, Grant] = {}

    def metadata(self) -> dict[str, Any]:
        """The discovery document."""
        realm = self.realm
        document = {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/jwks",
            "end_session_endpoint": f"{self.address}/endsession",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["pairwise" if realm.salt else "public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": list(realm.algorithms),
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile"],
            "frontchannel_logout_supported": True,
            "frontchannel_logout_session_supported": True,
            "authorization_response_iss_parameter_supported": realm.kind is not Kind.ENTERPRISE,
        }
        if realm.kind is Kind.IDPORTEN:
            document |= {"acr_values_supported": list(ACR.values()), "ui_locales_supported": list(LOCALES)}
        if realm.pushed:
            document |= {
                "pushed_authorization_request_endpoint": f"{self.address}/par",
                "require_pushed_authorization_requests": True,
            }
        if realm.dpop:
            document |= {"dpop_signing_alg_values_supported": ["ES256", "PS256"]}
        return document

    def public_keys(self) -> dict[str, Any]:
        """The keys that prove our tokens."""
        return {"keys": [{**self._key.as_dict(private=False), "use": "sig", "alg": "RS256"}]}

    # ------------------------------------------------------------ the way in

    async def push(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Keep a client's request for two minutes (RFC 9126 section 2). Raises Denied."""
        await self.client.authenticate(form)
        if not self.realm.pushed:
            raise Denied("invalid_request", "nothing is pushed here")
        if form.get("client_id") != self.realm.client.client_id:
            raise Denied("invalid_request", "client_id is missing")
        if form.get("redirect_uri") != self.realm.client.redirect_uri:
            raise Denied("invalid_request", "another redirect_uri")
        read(form, self.realm.kind, self._now())
        reference = PUSHED + secrets.token_urlsafe(24)
        self._forget()
        self._pushed[reference] = self._now() + PUSHED_SECONDS, dict(form)
        return {"request_uri": reference, "expires_in": PUSHED_SECONDS}

    def ask(self, query: Mapping[str, str], cookie: str) -> tuple[str, Asked] | str:
        """Take a client's request: an id for the login page or, for who is logged in already, where to go at once.

        Raises WrongDoor, or Denied, which goes back to the client by `refusal`.
        """
        if query.get("client_id") != self.realm.client.client_id:
            raise WrongDoor("Ukjent client_id.")
        if self.realm.pushed:
            until, query = self._pushed.pop(query.get("request_uri", ""), (0.0, query))
            if until < self._now():
                raise WrongDoor("Forespørselen er ikke sendt på forhånd (PAR), for gammel eller alt brukt.")
        elif query.get("redirect_uri") != self.realm.client.redirect_uri:
            raise WrongDoor("redirect_uri er ikke registrert for denne klienten.")
        asked = read(query, self.realm.kind, self._now())
        session = self.signed_on.of(cookie)
        if session is not None and self._suffices(session, asked):
            return self._let_in(session, asked)
        request = secrets.token_urlsafe(24)
        self._forget()
        self._asked[request] = asked
        return request, asked

    def log_in(self, request: str, person: str, eid: str) -> tuple[str, str]:
        """A test person chose: where to send the browser, and its cookie here. Raises WrongDoor if the page is too old
        or forged."""
        found_person = next((p for p in self.realm.people if p.id == person), None)
        found_eid = next((e for e in self.realm.eids if e.id == eid), None)
        if found_person is None or found_eid is None:
            raise WrongDoor("Velg hvem som logger inn, og hvilken e-ID.")
        asked = self._take(request)
        cookie, session = self.signed_on.begin(found_person, found_eid)
        return self._let_in(session, asked), cookie

    def cancel(self, request: str) -> str:
        """The person gave up: where to send the browser. Raises WrongDoor."""
        return self._back({"error": "access_denied", "state": self._take(request).state})

    def refusal(self, denied: Denied, state: str) -> str:
        """The address that takes an error back to the client."""
        return self._back({"error": denied.error, "error_description": denied.why, "state": state})

    # ------------------------------------------------------------ the token

    async def redeem(self, form: Mapping[str, str], proof: str) -> dict[str, Any]:
        """The token endpoint's answer. Raises Denied. A code is spent by the first try of who may try."""
        await self.client.authenticate(form)
        if self.realm.dpop:
            self.client.prove(proof, f"{self.address}/token")
        if form.get("grant_type") != "authorization_code":
            raise Denied("unsupported_grant_type", "only authorization_code")
        grant = self._grants.pop(form.get("code", ""), None)
        if grant is None or grant.until < self._now():
            raise Denied("invalid_grant", "the code is unknown, used or too old")
        if form.get("redirect_uri") != self.realm.client.redirect_uri:
            raise Denied("invalid_grant", "another redirect_uri")
        verifier = form.get("code_verifier", "")
        if not hmac.compare_digest(_half_hash(verifier, 32), grant.asked.challenge):
            raise Denied("invalid_grant", "code_verifier does not fit")
        access_token = secrets.token_urlsafe(24)
        return {
            "access_token": access_token,
            "token_type": "DPoP" if self.realm.dpop else "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": grant.asked.scope,
            "id_token": self._id_token(grant, access_token),
        }

    # ------------------------------------------------------------ the way out

    def end_session(self, query: Mapping[str, str], cookie: str) -> Ended:
        """Log out (OpenID Connect RP-Initiated Logout 1.0): as at ID-porten, the browser goes back only with an
        ``id_token_hint``."""
        session = self.signed_on.end(cookie)
        client = self.realm.client
        frames: tuple[str, ...] = ()
        if session is not None and session.clients:
            told = urlencode({"iss": self.address, "sid": session.sid})
            frames = (f"{client.frontchannel_logout_uri}?{told}",)
        back = ""
        if query.get("post_logout_redirect_uri") == client.logout_uri and self._issued(query.get("id_token_hint", "")):
            state = query.get("state", "")
            back = client.logout_uri + ("?" + urlencode({"state": state}) if state else "")
        return Ended(frames, back)

    # ------------------------------------------------------------ parts

    def _suffices(self, session: SignedOn, asked: Asked) -> bool:
        """Whether somebody need not log in again."""
        young = asked.max_age is None or self._now() - session.auth_time <= asked.max_age
        return not asked.anew and young and (asked.level is not Level.HIGH or session.eid.level is Level.HIGH)

    def _let_in(self, session: SignedOn, asked: Asked) -> str:
        self.signed_on.use(session, self.realm.client.client_id)
        code = secrets.token_urlsafe(24)
        self._grants[code] = Grant(asked, session, self._now() + CODE_SECONDS)
        return self._back({"code": code, "state": asked.state})

    def _id_token(self, grant: Grant, access_token: str) -> str:
        issued, session = int(self._now()), grant.session
        claims = {
            "iss": self.address,
            "sub": self._subject(session.person.id),
            "aud": self.realm.client.client_id,
            "iat": issued,
            "exp": issued + TOKEN_SECONDS,
            "jti": secrets.token_urlsafe(16),
            "sid": session.sid,
            "nonce": grant.asked.nonce,
            "at_hash": _half_hash(access_token, 16),
            **self._told(grant),
        }
        return jwt.encode({"alg": "RS256", "kid": self._key.kid}, claims, self._key)

    def _told(self, grant: Grant) -> dict[str, Any]:
        """What each kind of issuer says besides."""
        person, eid = grant.session.person, grant.session.eid
        when: dict[str, Any] = {"auth_time": grant.session.auth_time}
        match self.realm.kind:
            case Kind.IDPORTEN:
                number = {"pid": person.national_id} if eid.national_id and person.national_id else {}
                return {**when, **number, "acr": ACR[eid.level], "amr": [eid.amr], "locale": grant.asked.locale}
            case Kind.HELSEID:
                asked = "helseid://scopes/identity/security_level" in grant.asked.scope.split()
                return {**when, "amr": ["external"], **({HELSEID_LEVEL: HELSEID_LEVELS[eid.level]} if asked else {})}
            case Kind.ENTERPRISE:
                return {"oid": person.id, "roles": list(person.roles), "ver": "2.0"}

    def _subject(self, person: str) -> str:
        if not self.realm.salt:
            return person
        source = f"{self.realm.client.client_id}\0{person}".encode()
        return hmac.new(self.realm.salt.encode(), source, hashlib.sha256).hexdigest()[:43]

    def _issued(self, token: str) -> bool:
        """Whether an ID token, however old, is one of ours."""
        try:
            claims = jwt.decode(token, self._key, algorithms=["RS256"]).claims
        except (JoseError, ValueError, TypeError, KeyError):
            return False
        return claims.get("aud") == self.realm.client.client_id

    def _take(self, request: str) -> Asked:
        asked = self._asked.pop(request, None)
        if asked is None or asked.until < self._now():
            raise WrongDoor("Innloggingssiden er for gammel eller alt brukt. Gå tilbake og begynn på nytt.")
        return asked

    def _back(self, query: dict[str, str]) -> str:
        named = {} if self.realm.kind is Kind.ENTERPRISE else {"iss": self.address}
        return f"{self.realm.client.redirect_uri}?{urlencode(query | named)}"

    def _forget(self) -> None:
        now = self._now()
        self._pushed = {k: v for k, v in self._pushed.items() if v[0] >= now}
        self._asked = {k: v for k, v in self._asked.items() if v.until >= now}
        self._grants = {k: v for k, v in self._grants.items() if v.until >= now}


def _half_hash(text: str, length: int) -> str:
    """The first bytes of a SHA-256, base64url: half of it is ``at_hash``, all of it PKCE's challenge."""
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).digest()[:length]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
