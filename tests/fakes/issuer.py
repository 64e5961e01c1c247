"""An OpenID provider in memory that can be told to lie: the other side of the relying party's unit tests."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from chalicelib.oidc import Started
from chalicelib.oidc_http import HttpFailed

ISSUER = "https://login.example"
KEY = RSAKey.generate_key(2048, auto_kid=True)  # one for all tests: making one is slow
ACCESS_TOKEN = "an access token that nobody uses"


class FakeIssuer:
    """Implements `oidc_http.Http`. Change the attributes to make it lie; ``claims`` override the honest ones.

    With ``dpop_nonce`` it wants that nonce in a DPoP proof.
    """

    def __init__(self, client_id: str, now: float) -> None:
        self.client_id = client_id
        self.now = now
        self.key: RSAKey | ECKey = KEY
        self.algorithm = "RS256"
        self.header: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.without: set[str] = set()
        self.token: str | None = None
        self.answer: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks",
            "pushed_authorization_request_endpoint": f"{ISSUER}/par",
            "end_session_endpoint": f"{ISSUER}/logout",
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "ES256"],
            "authorization_response_iss_parameter_supported": True,
        }
        self.keys: list[dict[str, Any]] | None = None
        self.pushed: dict[str, dict[str, str]] = {}
        self.push_answer: Any = None
        self.push_error = ""
        self.asked: dict[str, str] = {}
        self.gets: list[str] = []
        self.posts: list[dict[str, str]] = []
        self.proofs: list[str] = []
        self.dpop_nonce = ""
        self.down = False
        self.keys_down = False

    def visit(self, started: Started) -> None:
        """A browser follows the login's address."""
        query = parse_qs(urlsplit(started.location).query)
        self.asked = {name: values[0] for name, values in query.items()}
        if "request_uri" in self.asked:
            assert set(self.asked) == {"client_id", "request_uri"}
            self.asked = self.pushed.pop(self.asked["request_uri"])

    def get_json(self, url: str) -> Any:
        self.gets.append(url)
        if self.down or (self.keys_down and url.endswith("/jwks")):
            raise HttpFailed("503")
        if url.endswith("/.well-known/openid-configuration"):
            return self.metadata
        assert url == f"{ISSUER}/jwks"
        return {"keys": [self.key.as_dict(private=False)] if self.keys is None else self.keys}

    def post_form(self, url: str, fields: Mapping[str, str], dpop: str = "") -> Any:
        if self.down:
            raise HttpFailed("503")
        if url == f"{ISSUER}/par":
            return self._push(fields)
        assert url == f"{ISSUER}/token"
        self.posts.append(dict(fields))
        if self.dpop_nonce:
            self.proofs.append(dpop)
            if proof_claims(dpop).get("nonce") != self.dpop_nonce:
                raise HttpFailed("use_dpop_nonce", self.dpop_nonce)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(fields["code_verifier"].encode()).digest())
        if challenge.rstrip(b"=").decode() != self.asked["code_challenge"]:
            raise HttpFailed("invalid_grant")
        honest = {
            "id_token": self.id_token() if self.token is None else self.token,
            "access_token": ACCESS_TOKEN,
            "token_type": "DPoP" if dpop else "Bearer",
        }
        return {**honest, **self.answer}

    def _push(self, fields: Mapping[str, str]) -> Any:
        if self.push_error:
            raise HttpFailed(self.push_error)
        if self.push_answer is not None:
            return self.push_answer
        reference = f"urn:pushed:{len(self.pushed)}"
        self.pushed[reference] = dict(fields)
        return {"request_uri": reference, "expires_in": 120}

    def honest_claims(self) -> dict[str, Any]:
        half = hashlib.sha256(ACCESS_TOKEN.encode()).digest()[:16]
        return {
            "iss": ISSUER,
            "sub": "pairwise-1",
            "aud": self.client_id,
            "iat": int(self.now),
            "exp": int(self.now) + 120,
            "auth_time": int(self.now),
            "nonce": self.asked["nonce"],
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            "sid": "session-1",
            "acr": "idporten-loa-high",
            "amr": ["BankID"],
            "pid": "12838421065",
        }

    def id_token(self) -> str:
        return self.signed({k: v for k, v in {**self.honest_claims(), **self.claims}.items() if k not in self.without})

    def signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": self.key.kid, **self.header}
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])

    def unsigned(self, alg: str = "none") -> str:
        """The honest claims, signed by nobody."""
        return f"{part({'alg': alg, 'kid': self.key.kid})}.{part(self.honest_claims())}."


def proof_claims(proof: str) -> dict[str, Any]:
    """What a DPoP proof says, its signature checked by the key that it brings."""
    header = jws.extract_compact(proof.encode()).headers()
    assert header["typ"] == "dpop+jwt"
    assert "d" not in header["jwk"], "the private key stays here"
    return jwt.decode(proof, ECKey.import_key(header["jwk"]), algorithms=["ES256"]).claims


def part(value: dict[str, Any]) -> str:
    """One part of a token in its compact form (RFC 7515)."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
