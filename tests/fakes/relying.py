"""The relying party at a fake issuer, for the tests of what it believes."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.errors import LevelTooLow, LoginFailed
from chalicelib.oidc import Client, RelyingParty, Started
from chalicelib.oidc_keys import new_key_set
from chalicelib.oidc_profile import ENTERPRISE, HELSEID, IDPORTEN, Profile
from chalicelib.oidc_token import Person
from chalicelib.protocol import LoginLevel
from tests.fakes.issuer import ISSUER, FakeIssuer

NOW = 1_790_000_000.0
KEY_SET = new_key_set(None)
HIGH, SUBSTANTIAL, NONE = LoginLevel.HIGH, LoginLevel.SUBSTANTIAL, LoginLevel.NONE


def client(profile: Profile = IDPORTEN, **more: str) -> Client:
    return Client(
        issuer=ISSUER,
        client_id="venterom-patient",
        redirect_uri="https://video.example/api/login/patient/callback",
        logout_uri="https://video.example/",
        profile=profile,
        **more,
    )


CLIENT = client()


class Clock:
    """A clock that a test winds."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def relying_party(
    issuer: FakeIssuer, clock: Callable[[], float], of: Client = CLIENT, key_set: str = KEY_SET
) -> RelyingParty:
    return RelyingParty(of, lambda: key_set, issuer, clock)


def start(party: RelyingParty, issuer: FakeIssuer, level: LoginLevel = HIGH) -> Started:
    started = party.start(level, "nb")
    issuer.visit(started)
    return started


def finish(party: RelyingParty, started: Started, level: LoginLevel = HIGH, iss: str = ISSUER) -> Person:
    return party.finish("code-1", iss, started.verifier, started.nonce, level)


def refusal(party: RelyingParty, issuer: FakeIssuer, **how: Any) -> str:
    """Log in, be refused, return the reason."""
    with pytest.raises(LoginFailed) as refused:
        finish(party, start(party, issuer), **how)
    assert not isinstance(refused.value, LevelTooLow)
    return str(refused.value.__cause__)


def staff_issuer(profile: Profile) -> FakeIssuer:
    """The fake as an issuer of staff."""
    issuer = FakeIssuer(CLIENT.client_id, NOW)
    if profile is HELSEID:
        issuer.without = {"acr", "pid"}
        issuer.claims = {"helseid://claims/identity/security_level": "4"}
        issuer.dpop_nonce = "n-1"
    elif profile is ENTERPRISE:
        issuer.without = {"acr", "pid", "auth_time"}
        issuer.claims = {"oid": "ingrid-berg", "roles": ["Video.Behandler"]}
        for listed in ("pushed_authorization_request_endpoint", "token_endpoint_auth_signing_alg_values_supported"):
            del issuer.metadata[listed]
    return issuer
