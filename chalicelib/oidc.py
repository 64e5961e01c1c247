"""The relying party: logs a person in at an OpenID Connect issuer, and out again.

Authorization code with PKCE (RFC 7636), pushed to the issuer where it takes that (RFC 9126), ``private_key_jwt``
(OpenID Connect Core section 9) and the response's ``iss`` (RFC 9207), by the rules of a `Profile`. The caller keeps
``Started`` between the two halves and lets each ``state`` be used once.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec

from chalicelib.errors import LevelTooLow, LoginFailed, Unavailable
from chalicelib.oidc_http import Http, HttpFailed
from chalicelib.oidc_issuer import Issuer, Metadata, origin
from chalicelib.oidc_profile import Profile
from chalicelib.oidc_proof import assertion, dpop_key, dpop_proof
from chalicelib.oidc_token import Expected, Person, Refused, Stale, ended_session, person_of
from chalicelib.protocol import LoginLevel

RANK: Final = {level: rank for rank, level in enumerate(LoginLevel)}
LOCALES: Final = ("nb", "nn", "en", "se")  # that ID-porten speaks


class Client(msgspec.Struct, frozen=True):
    """Our registration at an issuer, and by which claims it tells who somebody is and what they may be."""

    issuer: str
    client_id: str
    redirect_uri: str
    logout_uri: str
    profile: Profile
    id_claim: str = "sub"
    role_claim: str = ""


class Started(msgspec.Struct, frozen=True):
    """A login under way: where to send the browser, and what ``finish`` needs when it comes back with ``state``."""

    location: str
    state: str
    nonce: str
    verifier: str


class LoginTooOld(LoginFailed):
    """The portal let in somebody who had logged in too long ago: ask once more, for a new login."""


class RelyingParty:
    """One client at one issuer. ``key_set`` gives our private keys (JSON), ``now`` epoch seconds."""

    def __init__(self, client: Client, key_set: Callable[[], str], http: Http, now: Callable[[], float]) -> None:
        self._client = client
        self._profile = client.profile
        self._key_set = key_set
        self._http = http
        self._now = now
        self._issuer = Issuer(client.issuer, http, now)
        self._dpop_nonce = ""

    def start(self, level: LoginLevel, locale: str, *, anew: bool = False, nonce: str = "") -> Started:
        """Begin a login at ``level`` or higher, the portal's pages in ``locale``; ``anew``: whoever is logged in there
        already; ``nonce``: what the ID token is to say of the browser, else something random. Raises Unavailable.

        A given nonce may come again: that a code is used once, and for the login that it was made for, is PKCE's to
        see to (RFC 9700 section 2.1.1).
        """
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        nonce = nonce or secrets.token_urlsafe(24)
        request = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_uri,
            "scope": self._profile.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": _base64url(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
            "ui_locales": locale if locale in LOCALES else "en",
        }
        if level in self._profile.acr:
            request["acr_values"] = self._profile.acr[level]
        if self._profile.max_age is not None:
            request["max_age"] = str(self._profile.max_age)
        if anew:
            request["prompt"] = "login"
        try:
            metadata = self._issuer.metadata()
            query = self._pushed(metadata, request)
        except (HttpFailed, Refused) as failure:
            raise Unavailable from failure
        return Started(_with_query(metadata.authorization_endpoint, query), state, nonce, verifier)

    def finish(
        self, code: str, iss: str, verifier: str, nonce: str, level: LoginLevel, *, with_token: bool = False
    ) -> Person:
        """Turn the code the browser brought back into a person known at ``level`` or higher.

        ``iss`` is the response's parameter, empty when it had none; ``with_token``: the person's ID token is wanted
        too. Raises LoginFailed, its cause saying which check failed, LoginTooOld or LevelTooLow.
        """
        try:
            metadata = self._issuer.metadata()
            if iss != metadata.issuer and (iss or metadata.authorization_response_iss_parameter_supported):
                raise Refused("response issuer")
            answer = self._redeem(metadata, code, verifier)
            claims = self._issuer.claims(answer.get("id_token"))
            person = person_of(claims, self._expected(nonce, str(answer.get("access_token", ""))), self._now())
        except Stale as failure:
            raise LoginTooOld from failure
        except (HttpFailed, Refused) as failure:
            raise LoginFailed from failure
        if RANK[person.level] < RANK[level]:
            raise LevelTooLow
        return msgspec.structs.replace(person, token=str(answer["id_token"])) if with_token else person

    def logout_address(self) -> str:
        """Where a browser ends its session at the issuer (OpenID Connect RP-Initiated Logout 1.0 section 2); empty when
        the issuer has no such place, or is away.

        It says which client asks, and not who: docs/decisions/0022-logging-out-without-a-token.md says why.
        """
        try:
            endpoint = self._issuer.metadata().end_session_endpoint
        except (HttpFailed, Refused):
            return ""
        query = {"client_id": self._client.client_id, "post_logout_redirect_uri": self._client.logout_uri}
        return _with_query(endpoint, query) if endpoint else ""

    def frames(self) -> tuple[str, ...]:
        """The origins whose pages may frame the address by which the issuer tells of a logout."""
        try:
            endpoint = self._issuer.metadata().end_session_endpoint
        except (HttpFailed, Refused):
            endpoint = ""
        return tuple({origin(address): None for address in (endpoint, self._client.issuer) if address})

    def ended(self, logout_token: str) -> str:
        """The session at the issuer that has ended, as it tells us itself. Raises LoginFailed for any other token."""
        try:
            return ended_session(self._issuer.claims(logout_token), self._expected(), self._now())
        except (HttpFailed, Refused) as failure:
            raise LoginFailed from failure

    def _pushed(self, metadata: Metadata, request: dict[str, str]) -> dict[str, str]:
        """What the browser carries: the request itself, or a reference to what was pushed."""
        endpoint = metadata.pushed_authorization_request_endpoint
        if not endpoint:
            if self._profile.pushed:
                raise Refused("nowhere to push")
            return request
        answer = self._http.post_form(endpoint, request | self._assertion(metadata))
        reference = answer.get("request_uri") if isinstance(answer, dict) else None
        if not isinstance(reference, str) or not reference:
            raise Refused("no request_uri")
        return {"client_id": self._client.client_id, "request_uri": reference}

    def _redeem(self, metadata: Metadata, code: str, verifier: str) -> dict[str, Any]:
        """The token endpoint's answer."""
        endpoint = metadata.token_endpoint
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": verifier,
        }
        if not self._profile.dpop:
            return _object(self._http.post_form(endpoint, fields | self._assertion(metadata)))
        key = dpop_key()

        def ask() -> Any:
            # An assertion is good once, and a proof too: each try has its own.
            proof = dpop_proof(key, endpoint, self._dpop_nonce, self._now())
            return self._http.post_form(endpoint, fields | self._assertion(metadata), proof)

        try:
            answer = _object(ask())
        except HttpFailed as failure:
            if str(failure) != "use_dpop_nonce" or not failure.dpop_nonce:
                raise
            self._dpop_nonce = failure.dpop_nonce
            answer = _object(ask())
        if str(answer.get("token_type")).lower() != "dpop":
            raise Refused("not bound")
        return answer

    def _assertion(self, metadata: Metadata) -> dict[str, str]:
        profile, listed = self._profile, metadata.token_endpoint_auth_signing_alg_values_supported
        algorithm = next((name for name in profile.algorithms if name in listed), profile.algorithms[-1])
        audience = metadata.token_endpoint if profile.audience_is_token_endpoint else metadata.issuer
        return assertion(
            self._key_set(),
            algorithm,
            self._client.client_id,
            audience,
            self._now(),
            names_certificate=profile.names_certificate,
        )

    def _expected(self, nonce: str = "", access_token: str = "") -> Expected:  # nosec B107 # empty: none is expected
        client = self._client
        return Expected(
            issuer=client.issuer,
            client_id=client.client_id,
            profile=client.profile,
            id_claim=client.id_claim,
            role_claim=client.role_claim,
            nonce=nonce,
            max_age=client.profile.max_age,
            access_token=access_token,
        )


def _object(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise Refused("no object")
    return answer


def _with_query(address: str, query: dict[str, str]) -> str:
    return address + ("&" if urlsplit(address).query else "?") + urlencode(query)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
