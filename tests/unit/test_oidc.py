"""The relying party against an issuer that lies in every way it knows: each lie is refused, and for its own reason."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from chalicelib.errors import LevelTooLow, LoginFailed, Unavailable
from chalicelib.oidc import Client, Person, RelyingParty, Started, new_key_set, public_key_set
from chalicelib.protocol import LoginLevel
from tests.fakes.issuer import ISSUER, FakeIssuer, part

NOW = 1_790_000_000.0
KEY_SET = new_key_set(None)
CLIENT = Client(ISSUER, "venterom-patient", "https://video.example/api/login/patient/callback", KEY_SET)
HIGH, SUBSTANTIAL, NONE = LoginLevel.HIGH, LoginLevel.SUBSTANTIAL, LoginLevel.NONE


class Clock:
    """A clock that a test winds."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer() -> FakeIssuer:
    return FakeIssuer(CLIENT.client_id, NOW)


@pytest.fixture
def party(issuer: FakeIssuer, clock: Clock) -> RelyingParty:
    return RelyingParty(CLIENT, issuer, clock)


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


# ---------------------------------------------------------------- the way out


def test_start_asks_for_all_that_id_porten_wants(party: RelyingParty) -> None:
    started = party.start(HIGH, "nb")
    address = urlsplit(started.location)
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{ISSUER}/authorize"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(started.verifier.encode()).digest()).rstrip(b"=").decode()
    assert {name: values for name, (values,) in parse_qs(address.query).items()} == {
        "response_type": "code",
        "client_id": "venterom-patient",
        "redirect_uri": CLIENT.redirect_uri,
        "scope": "openid profile",
        "state": started.state,
        "nonce": started.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "ui_locales": "nb",
        "acr_values": "idporten-loa-high",
    }
    assert 43 <= len(started.verifier) <= 128


@pytest.mark.parametrize(
    ("level", "acr"),
    [(SUBSTANTIAL, ["idporten-loa-substantial"]), (HIGH, ["idporten-loa-high"]), (NONE, None)],
)
def test_the_level_is_asked_for(party: RelyingParty, level: LoginLevel, acr: list[str] | None) -> None:
    assert parse_qs(urlsplit(party.start(level, "en").location).query).get("acr_values") == acr


def test_nothing_is_used_for_two_logins(party: RelyingParty) -> None:
    first, second = party.start(HIGH, "nb"), party.start(HIGH, "nb")
    assert len({first.state, first.nonce, first.verifier, second.state, second.nonce, second.verifier}) == 6


# ---------------------------------------------------------------- the way back


def test_a_person_comes_back(party: RelyingParty, issuer: FakeIssuer) -> None:
    person = finish(party, start(party, issuer))
    assert person == Person(ISSUER, "pairwise-1", HIGH, "12838421065", "Kari Testesen")


def test_we_prove_who_we_are(party: RelyingParty, issuer: FakeIssuer) -> None:
    for _ in range(2):
        finish(party, start(party, issuer))
    published = KeySet.import_key_set(json.loads(public_key_set(KEY_SET)))
    tokens = [jwt.decode(post["client_assertion"], published, algorithms=["RS256"]) for post in issuer.posts]
    for post, token in zip(issuer.posts, tokens, strict=True):
        assert post["grant_type"] == "authorization_code"
        assert post["redirect_uri"] == CLIENT.redirect_uri
        assert post["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        claims = token.claims
        assert (claims["iss"], claims["sub"], claims["aud"]) == (CLIENT.client_id, CLIENT.client_id, ISSUER)
        assert claims["iat"] == NOW
        assert NOW < claims["exp"] <= NOW + 120
    assert len({token.claims["jti"] for token in tokens}) == 2


@pytest.mark.parametrize(("algorithm", "key"), [("PS256", RSAKey), ("ES256", ECKey)])
def test_other_good_algorithms(party: RelyingParty, issuer: FakeIssuer, algorithm: str, key: type) -> None:
    issuer.algorithm = algorithm
    issuer.key = (
        RSAKey.generate_key(2048, auto_kid=True) if key is RSAKey else ECKey.generate_key("P-256", auto_kid=True)
    )
    assert finish(party, start(party, issuer)).subject == "pairwise-1"


def test_a_foreigner_has_no_identity_number_and_staff_no_level(party: RelyingParty, issuer: FakeIssuer) -> None:
    issuer.without = {"pid", "acr", "name"}
    assert finish(party, start(party, issuer, NONE), NONE) == Person(ISSUER, "pairwise-1", NONE, "", "")


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
        ({"aud": ["venterom-patient", "somebody-else"]}, "authorized party"),
        ({"aud": ["venterom-patient", "x"], "azp": "x"}, "authorized party"),
        ({"azp": "somebody-else"}, "authorized party"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": int(NOW) - 11}, "expired"),
        ({"exp": "tomorrow"}, "exp is no number"),
        ({"exp": True}, "exp is no number"),
        ({"exp": float("nan")}, "expired"),
        ({"iat": int(NOW) + 11}, "from the future"),
        ({"iat": None}, "iat is no number"),
        ({"nbf": int(NOW) + 11}, "from the future"),
        ({"sub": ""}, "subject"),
        ({"sub": 7}, "subject"),
        ({"pid": 12838421065}, "identity number"),
        ({"pid": "1283842106"}, "identity number"),
        ({"pid": "١٢٨٣٨٤٢١٠٦٥"}, "identity number"),
    ],
)
def test_a_lie_in_a_claim(party: RelyingParty, issuer: FakeIssuer, claims: dict[str, Any], reason: str) -> None:
    issuer.claims = claims
    assert refusal(party, issuer) == reason


@pytest.mark.parametrize(
    ("missing", "reason"),
    [("iss", "issuer"), ("aud", "audience"), ("nonce", "nonce"), ("exp", "exp is no number"), ("sub", "subject")],
)
def test_a_claim_left_out(party: RelyingParty, issuer: FakeIssuer, missing: str, reason: str) -> None:
    issuer.without = {missing}
    assert refusal(party, issuer) == reason


@pytest.mark.parametrize("claims", [{"exp": int(NOW) - 9}, {"iat": int(NOW) + 9}, {"aud": ["venterom-patient"]}])
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
NOISY_PARTY = RelyingParty(CLIENT, NOISY, lambda: NOW)


@given(st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{0,20}(\.[A-Za-z0-9_-]{0,20}){1,4}", fullmatch=True))
def test_noise_instead_of_a_token(noise: str) -> None:
    started = start(NOISY_PARTY, NOISY)
    NOISY.token = noise
    with pytest.raises(LoginFailed):
        finish(NOISY_PARTY, started)


# ---------------------------------------------------------------- keys that change


def test_keys_and_metadata_are_fetched_once(party: RelyingParty, issuer: FakeIssuer) -> None:
    for _ in range(3):
        finish(party, start(party, issuer))
    assert issuer.gets == [f"{ISSUER}/.well-known/openid-configuration", f"{ISSUER}/jwks"]


def test_a_new_key_is_looked_for_once_and_found(party: RelyingParty, issuer: FakeIssuer) -> None:
    finish(party, start(party, issuer))
    issuer.key = RSAKey.generate_key(2048, auto_kid=True)
    assert finish(party, start(party, issuer)).subject == "pairwise-1"
    assert issuer.gets.count(f"{ISSUER}/jwks") == 2


def test_an_unknown_key_is_looked_for_once_only(party: RelyingParty, issuer: FakeIssuer) -> None:
    finish(party, start(party, issuer))
    issuer.header = {"kid": "nobody's"}
    assert refusal(party, issuer) == "signature"
    assert issuer.gets.count(f"{ISSUER}/jwks") == 2


def test_what_is_kept_grows_old(party: RelyingParty, issuer: FakeIssuer, clock: Clock) -> None:
    party.start(HIGH, "nb")
    clock.now += 3599
    party.start(HIGH, "nb")
    assert len(issuer.gets) == 1
    clock.now += 1
    party.start(HIGH, "nb")
    assert len(issuer.gets) == 2


@pytest.mark.parametrize("keys", [[], [{"kty": "RSA"}], ["x"], [{"kty": "PQC", "kid": "1"}]])
def test_an_issuer_with_unusable_keys(party: RelyingParty, issuer: FakeIssuer, keys: list[Any]) -> None:
    issuer.keys = keys
    assert refusal(party, issuer) == "issuer's keys"


# ---------------------------------------------------------------- the response and the issuer itself


@pytest.mark.parametrize("iss", ["", "https://evil.example", ISSUER + "/"])
def test_the_response_names_its_issuer(party: RelyingParty, issuer: FakeIssuer, iss: str) -> None:
    assert refusal(party, issuer, iss=iss) == "response issuer"
    assert issuer.posts == []  # the code never went anywhere


def test_an_issuer_that_never_names_itself_is_fine_unless_it_names_another(
    party: RelyingParty, issuer: FakeIssuer
) -> None:
    del issuer.metadata["authorization_response_iss_parameter_supported"]
    assert finish(party, start(party, issuer), iss="").subject == "pairwise-1"
    assert refusal(party, issuer, iss="https://evil.example") == "response issuer"


def test_another_logins_verifier_gets_nothing(party: RelyingParty, issuer: FakeIssuer) -> None:
    first, second = start(party, issuer), start(party, issuer)
    with pytest.raises(LoginFailed) as refused:
        party.finish("code-1", ISSUER, first.verifier, second.nonce, HIGH)
    assert str(refused.value.__cause__) == "invalid_grant"


@pytest.mark.parametrize("answer", [{}, {"id_token": None}, {"id_token": {"a": 1}}])
def test_no_token(party: RelyingParty, issuer: FakeIssuer, answer: dict[str, Any]) -> None:
    issuer.post_form = lambda url, fields: answer  # type: ignore[method-assign]
    assert refusal(party, issuer) == "no ID token"


@pytest.mark.parametrize(
    "lie",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "http://login.example/token"},
        {"jwks_uri": "http://10.0.0.1/jwks"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": 7},
    ],
)
def test_metadata_that_is_not_to_be_trusted(party: RelyingParty, issuer: FakeIssuer, lie: dict[str, Any]) -> None:
    issuer.metadata |= lie
    with pytest.raises(Unavailable):
        party.start(HIGH, "nb")


def test_an_issuer_that_is_down(party: RelyingParty, issuer: FakeIssuer) -> None:
    started = start(party, issuer)
    issuer.down = True
    with pytest.raises(LoginFailed):
        finish(party, started)
    with pytest.raises(Unavailable):
        RelyingParty(CLIENT, issuer, lambda: NOW).start(HIGH, "nb")
    issuer.down = False
    assert finish(party, start(party, issuer)).subject == "pairwise-1"


def test_an_error_names_nobody(party: RelyingParty, issuer: FakeIssuer) -> None:
    issuer.claims = {"aud": "somebody-else"}
    with pytest.raises(LoginFailed) as refused:
        finish(party, start(party, issuer))
    told = f"{refused.value!r} {refused.value.__cause__!r}"
    for secret in ("12838421065", "Kari", "pairwise-1", issuer.asked["nonce"], issuer.id_token()):
        assert secret not in told


# ---------------------------------------------------------------- our own keys


def kids(key_set: str) -> list[str]:
    return [key["kid"] for key in json.loads(key_set)["keys"]]


def test_a_key_is_published_before_it_signs_and_after() -> None:
    first = new_key_set(None)
    second = new_key_set(first)
    third = new_key_set(second)
    signing, following = kids(first)
    assert kids(second)[0] == following
    assert signing in kids(second)
    assert kids(third)[0] in kids(second)
    assert following in kids(third)
    assert signing not in kids(third)
    assert len(set(kids(first) + kids(second) + kids(third))) == 4


@pytest.mark.parametrize("placeholder", ["", "Xq7!generated-by-secrets-manager", "{}", "[]", "7", '{"keys": []}'])
def test_a_secret_not_yet_filled(placeholder: str, issuer: FakeIssuer) -> None:
    assert json.loads(public_key_set(placeholder)) == {"keys": []}
    assert len(kids(new_key_set(placeholder))) == 2
    client = Client(CLIENT.issuer, CLIENT.client_id, CLIENT.redirect_uri, placeholder)
    assert refusal(RelyingParty(client, issuer, lambda: NOW), issuer) == "no signing key"


def test_only_the_public_part_is_published() -> None:
    published = json.loads(public_key_set(new_key_set(KEY_SET)))["keys"]
    assert len(published) == 3
    for key in published:
        assert set(key) == {"kty", "kid", "use", "alg", "n", "e"}
        assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
