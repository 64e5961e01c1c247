"""The relying party: logs a person in at an OpenID Connect issuer, by the rules of ID-porten.

Authorization code with PKCE (RFC 7636), ``private_key_jwt`` (OpenID Connect Core section 9), the response's ``iss``
(RFC 9207), and an ID token that is believed only after every check of OpenID Connect Core section 3.1.3.7. The caller
keeps ``Started`` between the two halves and lets each ``state`` be used once.
"""

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec

from chalicelib.errors import LevelTooLow, LoginFailed, Unavailable
from chalicelib.protocol import LoginLevel

# joserfc and urllib3 are imported where they are used: most invocations log nobody in, and cold starts count.
if TYPE_CHECKING:
    from joserfc.jwk import KeySet, RSAKey

T = TypeVar("T")

ALGORITHMS: Final = ("RS256", "ES256", "PS256")  # never "none", never a shared secret
ACR: Final = {
    LoginLevel.SUBSTANTIAL: "idporten-loa-substantial",
    LoginLevel.HIGH: "idporten-loa-high",
}
RANK: Final = {level: rank for rank, level in enumerate(LoginLevel)}
SKEW: Final = 10  # seconds two clocks may differ
ASSERTION_SECONDS: Final = 60  # ID-porten takes at most 120
CACHE_SECONDS: Final = 3600  # of the issuer's metadata and keys
MAX_ANSWER: Final = 256 * 1024  # bytes of any answer from an issuer
KEY_BITS: Final = 2048
# RFC 6749 section 5.2; anything else that an issuer writes is not repeated.
TOKEN_ERRORS: Final = ("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "invalid_scope")


class Client(msgspec.Struct, frozen=True):
    """Our registration at an issuer. ``key_set`` is the private JWK Set (RFC 7517) as JSON; its first key signs."""

    issuer: str
    client_id: str
    redirect_uri: str
    key_set: str


class Started(msgspec.Struct, frozen=True):
    """A login under way: where to send the browser, and what ``finish`` needs when it comes back with ``state``."""

    location: str
    state: str
    nonce: str
    verifier: str


class Person(msgspec.Struct, frozen=True):
    """Who logged in. ``subject`` is pairwise at ID-porten; ``national_id`` is empty if the issuer gave none (eIDAS).

    ``roles`` are the raw values of the claim that the trust's register names; ``sid`` is the issuer's own session, and
    ``auth_time`` when the person proved who they are there (epoch seconds); empty and 0 where the issuer tells neither.
    """

    issuer: str
    subject: str
    level: LoginLevel
    national_id: str
    name: str
    roles: tuple[str, ...] = ()
    sid: str = ""
    auth_time: int = 0


class HttpFailed(Exception):
    """The issuer gave no usable answer; the text is a status, an RFC 6749 error code or an exception's name."""


class Refused(Exception):
    """Which check a login failed, in fixed words: the cause of a LoginFailed, for the log and the tests."""


class Http(Protocol):
    """What the relying party needs of HTTP: the body of a 200 answer, or HttpFailed."""

    def get_json(self, url: str) -> Any:
        """GET a JSON document."""

    def post_form(self, url: str, fields: Mapping[str, str]) -> Any:
        """POST a form; the answer is JSON."""


class IssuerHttp:
    """`Http` over urllib3: bounded in time, tries and size. A form is sent once, for a code is good once."""

    def __init__(self) -> None:
        import urllib3

        tries = urllib3.Retry(total=1, status_forcelist=(502, 503, 504), backoff_factor=0.2, raise_on_status=False)
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=4), retries=tries)

    def get_json(self, url: str) -> Any:
        """GET a JSON document; tried twice at most."""
        return self._send("GET", url)

    def post_form(self, url: str, fields: Mapping[str, str]) -> Any:
        """POST a form, once; the answer is JSON."""
        return self._send("POST", url, fields=dict(fields), encode_multipart=False, retries=False)

    def _send(self, method: str, url: str, **options: Any) -> Any:
        import urllib3

        options |= {"headers": {"Accept": "application/json"}, "redirect": False, "preload_content": False}
        try:
            response = self._pool.request(method, url, **options)
            body = response.read(MAX_ANSWER + 1)
            if len(body) > MAX_ANSWER:
                response.close()
                raise HttpFailed("too large")
            response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise HttpFailed(type(error).__name__) from None
        try:
            answer = json.loads(body)
        except ValueError:
            raise HttpFailed(f"{response.status} without JSON") from None
        if response.status != 200:
            code = answer.get("error") if isinstance(answer, dict) else None
            raise HttpFailed(code if code in TOKEN_ERRORS else str(response.status))
        return answer


class Metadata(msgspec.Struct, frozen=True):
    """What we read of an issuer's metadata (OpenID Connect Discovery 1.0 section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    authorization_response_iss_parameter_supported: bool = False


class RelyingParty:
    """One client at one issuer. ``now`` gives epoch seconds. Keeps the issuer's metadata and keys for an hour."""

    def __init__(self, client: Client, http: Http, now: Callable[[], float]) -> None:
        self._client = client
        self._http = http
        self._now = now
        self._metadata = Kept(now, self._fetch_metadata)
        self._keys = Kept(now, self._fetch_keys)

    def start(self, level: LoginLevel, locale: str) -> Started:
        """Begin a login at ``level`` or higher, the portal's pages in ``locale``. Raises Unavailable."""
        try:
            metadata = self._metadata.get()
        except (HttpFailed, Refused) as failure:
            raise Unavailable from failure
        state, nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        query = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_uri,
            "scope": "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": _base64url(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
            "ui_locales": locale,
        }
        if level is not LoginLevel.NONE:
            query["acr_values"] = ACR[level]
        joint = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return Started(metadata.authorization_endpoint + joint + urlencode(query), state, nonce, verifier)

    def finish(self, code: str, iss: str, verifier: str, nonce: str, level: LoginLevel) -> Person:
        """Turn the code the browser brought back into a person known at ``level`` or higher.

        ``iss`` is the response's parameter, empty when it had none. Raises LoginFailed, its cause saying which check
        failed, or LevelTooLow.
        """
        try:
            metadata = self._metadata.get()
            if iss != metadata.issuer and (iss or metadata.authorization_response_iss_parameter_supported):
                raise Refused("response issuer")
            answer = self._http.post_form(metadata.token_endpoint, self._token_request(code, verifier))
            person = self._person(self._claims(answer), nonce)
        except (HttpFailed, Refused) as failure:
            raise LoginFailed from failure
        if RANK[person.level] < RANK[level]:
            raise LevelTooLow
        return person

    def _token_request(self, code: str, verifier: str) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": verifier,
            "client_id": self._client.client_id,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self._assertion(),
        }

    def _assertion(self) -> str:
        """What proves that it is us (RFC 7523 section 2.2); ID-porten wants its own issuer as the audience."""
        from joserfc import jwt

        key, issued = self._signing_key, int(self._now())
        claims = {
            "iss": self._client.client_id,
            "sub": self._client.client_id,
            "aud": self._client.issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": issued,
            "exp": issued + ASSERTION_SECONDS,
        }
        return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)

    @cached_property
    def _signing_key(self) -> "RSAKey":
        from joserfc.jwk import RSAKey

        keys = _private_keys(self._client.key_set)
        if not keys:
            raise Refused("no signing key")
        return RSAKey.import_key(keys[0])

    def _claims(self, answer: Any) -> dict[str, Any]:
        """The claims of the ID token, its signature checked; an unknown key is looked for once more, at the issuer."""
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError

        token = answer.get("id_token") if isinstance(answer, dict) else None
        if not isinstance(token, str):
            raise Refused("no ID token")
        try:
            try:
                return jwt.decode(token, self._keys.get(), algorithms=ALGORITHMS).claims
            except InvalidKeyIdError:
                return jwt.decode(token, self._keys.renew(), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError, TypeError, KeyError):
            raise Refused("signature") from None

    def _person(self, claims: dict[str, Any], nonce: str) -> Person:
        client, now = self._client, self._now()
        audience = claims.get("aud")
        several = isinstance(audience, list) and len(audience) > 1
        checks = {
            "issuer": claims.get("iss") == client.issuer,
            "audience": client.client_id in (audience if isinstance(audience, list) else [audience]),
            "authorized party": claims.get("azp", None if several else client.client_id) == client.client_id,
            "nonce": bool(nonce) and claims.get("nonce") == nonce,
            "expired": _number(claims, "exp") > now - SKEW,
            "from the future": _number(claims, "iat") <= now + SKEW and _number(claims, "nbf", 0) <= now + SKEW,
            "subject": isinstance(claims.get("sub"), str) and bool(claims["sub"]),
        }
        for name, holds in checks.items():
            if not holds:
                raise Refused(name)
        national_id = claims.get("pid", "")
        if not isinstance(national_id, str) or not re.fullmatch(r"([0-9]{11})?", national_id):
            raise Refused("identity number")
        # `acr` alone tells the level; ID-porten forbids relying on `amr`.
        level = next((level for level, acr in ACR.items() if acr == claims.get("acr")), LoginLevel.NONE)
        return Person(client.issuer, claims["sub"], level, national_id, str(claims.get("name", "")))

    def _fetch_metadata(self) -> Metadata:
        _check_transport(self._client.issuer)
        document = self._http.get_json(self._client.issuer.rstrip("/") + "/.well-known/openid-configuration")
        try:
            metadata = msgspec.convert(document, Metadata)
        except msgspec.ValidationError:
            raise Refused("metadata") from None
        if metadata.issuer != self._client.issuer:
            raise Refused("metadata issuer")
        for url in (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri):
            _check_transport(url)
        return metadata

    def _fetch_keys(self) -> "KeySet":
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        document = self._http.get_json(self._metadata.get().jwks_uri)
        try:
            return KeySet.import_key_set({"keys": [key for key in document["keys"] if key.get("use", "sig") == "sig"]})
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            raise Refused("issuer's keys") from None


class Kept(Generic[T]):
    """A value fetched when first asked for and again when it is an hour old."""

    def __init__(self, now: Callable[[], float], fetch: Callable[[], T]) -> None:
        self._now = now
        self._fetch = fetch
        self._held: tuple[float, T] | None = None

    def get(self) -> T:
        """The value, at most `CACHE_SECONDS` old."""
        if self._held is not None and self._now() < self._held[0] + CACHE_SECONDS:
            return self._held[1]
        return self.renew()

    def renew(self) -> T:
        """The value, fetched now."""
        value = self._fetch()
        self._held = (self._now(), value)
        return value


def new_key_set(previous: str | None) -> str:
    """The private key set after a rotation, as JSON: its keys sign now, will sign next, have signed until now.

    A key is published one rotation before it signs, so an issuer that caches our public keys knows it already; it stays
    published one rotation longer, for an assertion under way. ID-porten takes no key older than a year: rotate every
    third month. After a leak begin anew with None, as also happens when ``previous`` is no key set (a secret not yet
    filled).
    """
    from joserfc.jwk import RSAKey

    def fresh() -> dict[str, Any]:
        key = RSAKey.generate_key(KEY_BITS, auto_kid=True)
        return {**key.as_dict(private=True), "use": "sig", "alg": "RS256"}

    old = _private_keys(previous or "")
    keys = [old[1], fresh(), old[0]] if len(old) > 1 else [fresh(), fresh()]
    return json.dumps({"keys": keys})


def public_key_set(private: str) -> str:
    """The public part of a private key set, as JSON: what the issuers fetch to check our assertions."""
    public = ("kty", "kid", "use", "alg", "n", "e")
    return json.dumps({"keys": [{name: key[name] for name in public} for key in _private_keys(private)]})


def _private_keys(key_set: str) -> list[dict[str, Any]]:
    """The keys of a set made by `new_key_set`; none when the text is something else."""
    try:
        keys = json.loads(key_set)["keys"]
    except (ValueError, TypeError, KeyError):
        return []
    return list(keys)


def _number(claims: dict[str, Any], name: str, default: float | None = None) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(f"{name} is no number")
    return value


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _check_transport(url: str) -> None:
    """Only TLS, or this very machine. Raises Refused."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        raise Refused("transport")
