"""An issuer as we know it: its metadata and keys, fetched rarely, and renewed when its keys roll."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from urllib.parse import urlsplit

import msgspec

from chalicelib.oidc_http import Http, HttpFailed
from chalicelib.oidc_token import Refused

# joserfc is imported where it is used: most invocations log nobody in, and cold starts count.
if TYPE_CHECKING:
    from joserfc.jwk import KeySet

T = TypeVar("T")

ALGORITHMS: Final = ("RS256", "ES256", "PS256")  # never "none", never a shared secret
CACHE_SECONDS: Final = 3600
STALE_SECONDS: Final = 24 * 3600
RENEW_SECONDS: Final = 30


class Metadata(msgspec.Struct, frozen=True):
    """What we read of an issuer's metadata (OpenID Connect Discovery 1.0 section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    pushed_authorization_request_endpoint: str = ""
    end_session_endpoint: str = ""
    token_endpoint_auth_signing_alg_values_supported: tuple[str, ...] = ()
    authorization_response_iss_parameter_supported: bool = False


class Issuer:
    """One issuer by its address; ``now`` gives epoch seconds."""

    def __init__(self, address: str, http: Http, now: Callable[[], float]) -> None:
        self._address = address
        self._http = http
        self._metadata = Kept(now, self._fetch_metadata)
        self._keys = Kept(now, self._fetch_keys)

    def metadata(self) -> Metadata:
        """Raises HttpFailed or Refused."""
        return self._metadata.get()

    def claims(self, token: Any) -> dict[str, Any]:
        """The claims of a token, its signature checked. Raises HttpFailed or Refused.

        An unknown key is looked for once more at the issuer, though not for everybody who makes up a key.
        """
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError

        if not isinstance(token, str):
            raise Refused("no token")
        try:
            try:
                return jwt.decode(token, self._keys.get(), algorithms=ALGORITHMS).claims
            except InvalidKeyIdError:
                return jwt.decode(token, self._keys.again(), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            raise Refused("signature") from None

    def _fetch_metadata(self) -> Metadata:
        _check_transport(self._address)
        document = self._http.get_json(self._address.rstrip("/") + "/.well-known/openid-configuration")
        try:
            metadata = msgspec.convert(document, Metadata)
        except msgspec.ValidationError:
            raise Refused("metadata") from None
        if metadata.issuer != self._address:
            raise Refused("metadata issuer")
        for url in (metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri):
            _check_transport(url)
        for url in (metadata.pushed_authorization_request_endpoint, metadata.end_session_endpoint):
            if url:
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
    """A value fetched when first asked for and again when it is an hour old; a day while it cannot be had anew."""

    def __init__(self, now: Callable[[], float], fetch: Callable[[], T]) -> None:
        self._now = now
        self._fetch = fetch
        self._held: tuple[float, T] | None = None
        self._again = float("-inf")

    def get(self) -> T:
        """The value. Raises what fetching raises."""
        now = self._now()
        if self._held is not None and now < self._held[0] + CACHE_SECONDS:
            return self._held[1]
        try:
            return self._renew()
        except (HttpFailed, Refused):
            if self._held is None or now >= self._held[0] + STALE_SECONDS:
                raise
            return self._held[1]

    def again(self) -> T:
        """The value fetched now, unless that was done just before: whoever sends us anything can ask for this."""
        now = self._now()
        if now < self._again + RENEW_SECONDS:
            return self.get()
        self._again = now
        return self._renew()

    def _renew(self) -> T:
        value = self._fetch()
        self._held = (self._now(), value)
        return value


def origin(url: str) -> str:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _check_transport(url: str) -> None:
    """Only TLS, or this very machine. Raises Refused."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        raise Refused("transport")
