"""An OpenID provider in memory that can be told to lie: the other side of the relying party's unit tests."""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from chalicelib.oidc import HttpFailed, Started

ISSUER = "https://login.example"
KEY = RSAKey.generate_key(2048, auto_kid=True)  # one for all tests: making one is slow


class FakeIssuer:
    """Implements `chalicelib.oidc.Http`. Change the attributes to make it lie; ``claims`` override the honest ones."""

    def __init__(self, client_id: str, now: float) -> None:
        self.client_id = client_id
        self.now = now
        self.key: RSAKey | ECKey = KEY
        self.algorithm = "RS256"
        self.header: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.without: set[str] = set()
        self.token: str | None = None
        self.metadata: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks",
            "authorization_response_iss_parameter_supported": True,
        }
        self.keys: list[dict[str, Any]] | None = None
        self.asked: dict[str, str] = {}
        self.gets: list[str] = []
        self.posts: list[dict[str, str]] = []
        self.down = False

    def visit(self, started: Started) -> None:
        """A browser follows the login's address."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(started.location).query).items()}

    def get_json(self, url: str) -> Any:
        self.gets.append(url)
        if self.down:
            raise HttpFailed("503")
        if url.endswith("/.well-known/openid-configuration"):
            return self.metadata
        assert url == f"{ISSUER}/jwks"
        return {"keys": [self.key.as_dict(private=False)] if self.keys is None else self.keys}

    def post_form(self, url: str, fields: Mapping[str, str]) -> Any:
        assert url == f"{ISSUER}/token"
        self.posts.append(dict(fields))
        if self.down:
            raise HttpFailed("503")
        challenge = base64.urlsafe_b64encode(hashlib.sha256(fields["code_verifier"].encode()).digest())
        if challenge.rstrip(b"=").decode() != self.asked["code_challenge"]:
            raise HttpFailed("invalid_grant")
        return {"id_token": self.id_token() if self.token is None else self.token, "token_type": "Bearer"}

    def honest_claims(self) -> dict[str, Any]:
        return {
            "iss": ISSUER,
            "sub": "pairwise-1",
            "aud": self.client_id,
            "iat": int(self.now),
            "exp": int(self.now) + 120,
            "nonce": self.asked["nonce"],
            "acr": "idporten-loa-high",
            "pid": "12838421065",
            "name": "Kari Testesen",
        }

    def id_token(self) -> str:
        claims = {k: v for k, v in {**self.honest_claims(), **self.claims}.items() if k not in self.without}
        header = {"alg": self.algorithm, "kid": self.key.kid, **self.header}
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])

    def unsigned(self, alg: str = "none") -> str:
        """The honest claims, signed by nobody."""
        return f"{part({'alg': alg, 'kid': self.key.kid})}.{part(self.honest_claims())}."


def part(value: dict[str, Any]) -> str:
    """One part of a token in its compact form (RFC 7515)."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
