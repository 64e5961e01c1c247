"""Lies in a token, of every kind that is known: each is refused, and for its own reason."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from chalicelib.errors import LevelTooLow, LoginFailed
from chalicelib.oidc import LoginTooOld, RelyingParty
from chalicelib.protocol import LoginLevel
from tests.fakes.issuer import ISSUER, FakeIssuer, part
from tests.fakes.relying import CLIENT, HIGH, NONE, NOW, SUBSTANTIAL, Clock, finish, refusal, relying_party, start


@pytest.fixture
def issuer() -> FakeIssuer:
    return FakeIssuer(CLIENT.client_id, NOW)


@pytest.fixture
def party(issuer: FakeIssuer) -> RelyingParty:
    return relying_party(issuer, Clock())


# ---------------------------------------------------------------- levels


@pytest.mark.parametrize(
    ("acr", "asked", "enough"),
    [
        ("idporten-loa-high", HIGH, True),
        ("idporten-loa-high", SUBSTANTIAL, True),
        ("idporten-loa-high", NONE, True),
        ("idporten-loa-substantial", HIGH, False),
        ("idporten-loa-substantial", SUBSTANTIAL, True),
        ("idporten-loa-substantial", NONE, True),
        ("eidas-loa-high", HIGH, True),
        ("eidas-loa-substantial", HIGH, False),
        ("eidas-loa-substantial", SUBSTANTIAL, True),
        ("selfregistered-email", SUBSTANTIAL, False),
        ("idporten-loa-low", SUBSTANTIAL, False),
        ("Level4", HIGH, False),
        (None, SUBSTANTIAL, False),
        (["idporten-loa-high"], HIGH, False),
        (None, NONE, True),
    ],
)
def test_the_level_reached_decides(
    party: RelyingParty, issuer: FakeIssuer, acr: object, asked: LoginLevel, enough: bool
) -> None:
    issuer.claims = {"acr": acr, "amr": ["BankID"]}  # amr must not help
    started = start(party, issuer, asked)
    if enough:
        assert finish(party, started, asked).subject == "pairwise-1"
    else:
        with pytest.raises(LevelTooLow):
            finish(party, started, asked)


# ---------------------------------------------------------------- lies in the token


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": ISSUER + "/"}, "issuer"),
        ({"aud": "somebody-else"}, "audience"),
        ({"aud": ["somebody-else"]}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": ["venterom-patient", "somebody-else"]}, "audience"),
        ({"aud": ["venterom-patient", "x"], "azp": "venterom-patient"}, "audience"),
        ({"azp": "somebody-else"}, "authorized party"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": int(NOW) - 11}, "expired"),
        ({"exp": "tomorrow"}, "exp is no number"),
        ({"exp": True}, "exp is no number"),
        ({"exp": float("nan")}, "exp is no number"),
        ({"iat": int(NOW) + 11}, "from the future"),
        ({"iat": None}, "iat is no number"),
        ({"nbf": int(NOW) + 11}, "from the future"),
        ({"sub": ""}, "subject"),
        ({"sub": 7}, "sub is no text"),
        ({"sub": "x" * 256}, "sub is no text"),
        ({"iat": int(NOW) - 611}, "issued long ago"),
        ({"auth_time": int(NOW) + 11}, "from the future"),
        ({"auth_time": "noon"}, "auth_time is no number"),
        ({"sid": ["session-1"]}, "sid is no text"),
        ({"at_hash": "another"}, "access token"),
        ({"at_hash": None}, "access token"),
        ({"pid": 12838421065}, "pid is no text"),
        ({"pid": "1283842106"}, "identity number"),
        ({"pid": "١٢٨٣٨٤٢١٠٦٥"}, "identity number"),
    ],
)
def test_a_lie_in_a_claim(party: RelyingParty, issuer: FakeIssuer, claims: dict[str, Any], reason: str) -> None:
    issuer.claims = claims
    assert refusal(party, issuer) == reason


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("iss", "issuer"),
        ("aud", "audience"),
        ("nonce", "nonce"),
        ("exp", "exp is no number"),
        ("sub", "subject"),
        ("auth_time", "auth_time is no number"),
    ],
)
def test_a_claim_left_out(party: RelyingParty, issuer: FakeIssuer, missing: str, reason: str) -> None:
    issuer.without = {missing}
    assert refusal(party, issuer) == reason


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(NOW) - 9},
        {"iat": int(NOW) + 9},
        {"iat": int(NOW) - 609},
        {"auth_time": int(NOW) - 1809},
        {"auth_time": int(NOW) + 9},
        {"aud": ["venterom-patient"]},
        {"azp": "venterom-patient"},
    ],
)
def test_what_is_still_within_the_rules(party: RelyingParty, issuer: FakeIssuer, claims: dict[str, Any]) -> None:
    issuer.claims = claims
    assert finish(party, start(party, issuer)).subject == "pairwise-1"


def test_a_token_of_an_earlier_login_is_no_use(party: RelyingParty, issuer: FakeIssuer) -> None:
    start(party, issuer)
    issuer.token = issuer.id_token()
    assert refusal(party, issuer) == "nonce"


def test_an_empty_nonce_never_matches(party: RelyingParty, issuer: FakeIssuer) -> None:
    started = start(party, issuer)
    issuer.claims = {"nonce": ""}
    with pytest.raises(LoginFailed):
        party.finish("code-1", ISSUER, started.verifier, "", HIGH)


@pytest.mark.parametrize(
    ("amr", "shown"),
    [
        (["BankID"], "BankID"),
        (["BankID på mobil", "otp"], "BankID på mobil"),
        ("Buypass", "Buypass"),
        ([], ""),
        (None, ""),
        (["<b>BankID</b>"], ""),
        (["12838421065"], ""),
        (["x" * 33], ""),
        ([{"a": 1}], ""),
    ],
)
def test_how_somebody_logged_in_is_shown_and_decides_nothing(
    party: RelyingParty, issuer: FakeIssuer, amr: object, shown: str
) -> None:
    issuer.claims = {"amr": amr}
    assert finish(party, start(party, issuer)).method == shown


def test_a_login_too_long_ago_asks_for_a_new_one(party: RelyingParty, issuer: FakeIssuer) -> None:
    issuer.claims = {"auth_time": int(NOW) - 30 * 60 - 11}
    with pytest.raises(LoginTooOld) as refused:
        finish(party, start(party, issuer))
    assert str(refused.value.__cause__) == "logged in too long ago"
    assert refused.value.code == "login_failed"


def test_an_issuer_that_hashes_no_access_token_is_fine(party: RelyingParty, issuer: FakeIssuer) -> None:
    issuer.without = {"at_hash"}
    assert finish(party, start(party, issuer)).subject == "pairwise-1"


# ---------------------------------------------------------------- lies in the signature


def hs256_with_the_public_key(issuer: FakeIssuer) -> str:
    """The classical confusion: the public key, which everybody has, used as a shared secret."""
    signed = f"{part({'alg': 'HS256', 'kid': issuer.key.kid})}.{part(issuer.honest_claims())}"
    mac = hmac.new(issuer.key.as_pem(private=False), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def signed_by_another(issuer: FakeIssuer) -> str:
    other = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "kid": issuer.key.kid}, issuer.honest_claims(), other)


def altered(issuer: FakeIssuer) -> str:
    head, _, signature = issuer.id_token().split(".")
    return f"{head}.{part({**issuer.honest_claims(), 'sub': 'x'})}.{signature}"


def carries_its_own_key(issuer: FakeIssuer) -> str:
    other = RSAKey.generate_key(2048)
    header = {"alg": "RS256", "kid": issuer.key.kid, "jwk": other.as_dict(private=False)}
    return jwt.encode(header, issuer.honest_claims(), other)


@pytest.mark.parametrize(
    "forge",
    [
        FakeIssuer.unsigned,
        lambda issuer: issuer.unsigned("None"),
        lambda issuer: issuer.unsigned("RS256"),
        hs256_with_the_public_key,
        signed_by_another,
        altered,
        carries_its_own_key,
        lambda issuer: "",
        lambda issuer: "a.b.c",
        lambda issuer: issuer.id_token() + ".e30",
    ],
    ids=["none", "None", "stripped", "HS256", "another key", "altered", "own key", "empty", "noise", "five parts"],
)
def test_a_forged_signature(party: RelyingParty, issuer: FakeIssuer, forge: Callable[[FakeIssuer], str]) -> None:
    started = start(party, issuer)
    issuer.token = forge(issuer)
    with pytest.raises(LoginFailed) as refused:
        finish(party, started)
    assert str(refused.value.__cause__) == "signature"


def test_a_shared_secret_among_the_issuers_keys_changes_nothing(party: RelyingParty, issuer: FakeIssuer) -> None:
    secret = OctKey.generate_key(256, auto_kid=True)
    issuer.keys = [{**secret.as_dict(), "use": "sig"}]
    started = start(party, issuer)
    issuer.token = jwt.encode({"alg": "HS256", "kid": secret.kid}, issuer.honest_claims(), secret, algorithms=["HS256"])
    with pytest.raises(LoginFailed):
        finish(party, started)


def test_a_key_for_encryption_signs_nothing(party: RelyingParty, issuer: FakeIssuer) -> None:
    issuer.keys = [{**issuer.key.as_dict(private=False), "use": "enc"}]
    assert refusal(party, issuer) == "issuer's keys"


NOISY = FakeIssuer(CLIENT.client_id, NOW)
NOISY_PARTY = relying_party(NOISY, lambda: NOW)


@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{0,20}(\.[A-Za-z0-9_-]{0,20}){1,4}", fullmatch=True))
def test_noise_instead_of_a_token(noise: str) -> None:
    started = start(NOISY_PARTY, NOISY)
    NOISY.token = noise
    with pytest.raises(LoginFailed):
        finish(NOISY_PARTY, started)
