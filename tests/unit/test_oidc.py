"""The relying party: what it asks of each kind of issuer, and whom it believes to have come back."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from chalicelib.errors import LoginFailed, Unavailable
from chalicelib.oidc import RelyingParty
from chalicelib.oidc_http import HttpFailed
from chalicelib.oidc_keys import public_key_set
from chalicelib.oidc_profile import ENTERPRISE, HELSEID
from chalicelib.oidc_token import LOGOUT_EVENT, Person
from chalicelib.protocol import LoginLevel
from tests.fakes.issuer import ISSUER, FakeIssuer, proof_claims
from tests.fakes.relying import (
    CLIENT,
    HIGH,
    KEY_SET,
    NONE,
    NOW,
    SUBSTANTIAL,
    Clock,
    client,
    finish,
    refusal,
    relying_party,
    staff_issuer,
    start,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer() -> FakeIssuer:
    return FakeIssuer(CLIENT.client_id, NOW)


@pytest.fixture
def party(issuer: FakeIssuer, clock: Clock) -> RelyingParty:
    return relying_party(issuer, clock)


# ---------------------------------------------------------------- the way out


def test_start_pushes_all_that_id_porten_wants(party: RelyingParty, issuer: FakeIssuer) -> None:
    started = party.start(HIGH, "nb")
    address = urlsplit(started.location)
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{ISSUER}/authorize"
    assert parse_qs(address.query) == {"client_id": ["venterom-patient"], "request_uri": ["urn:pushed:0"]}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(started.verifier.encode()).digest()).rstrip(b"=").decode()
    pushed = issuer.pushed["urn:pushed:0"]
    assert {name: value for name, value in pushed.items() if not name.startswith("client_assertion")} == {
        "response_type": "code",
        "client_id": "venterom-patient",
        "redirect_uri": CLIENT.redirect_uri,
        "scope": "openid",
        "state": started.state,
        "nonce": started.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "ui_locales": "nb",
        "acr_values": "idporten-loa-high",
        "max_age": "1800",
    }
    assert "client_assertion" in pushed
    assert 43 <= len(started.verifier) <= 128


def test_a_nonce_of_the_browsers_own_stands_in_the_token_and_that_is_handed_up_where_it_is_asked_for(
    party: RelyingParty, issuer: FakeIssuer
) -> None:
    started = party.start(HIGH, "nb", nonce="n" * 43)
    issuer.visit(started)
    assert (started.nonce, issuer.asked["nonce"]) == ("n" * 43, "n" * 43)
    person = party.finish("code", ISSUER, started.verifier, started.nonce, HIGH, with_token=True)
    assert json.loads(base64.urlsafe_b64decode(person.token.split(".")[1] + "=="))["nonce"] == "n" * 43
    assert finish(party, started).token == ""


@pytest.mark.parametrize(
    ("level", "acr"),
    [(SUBSTANTIAL, "idporten-loa-substantial"), (HIGH, "idporten-loa-high"), (NONE, None)],
)
def test_the_level_is_asked_for(party: RelyingParty, issuer: FakeIssuer, level: LoginLevel, acr: str | None) -> None:
    start(party, issuer, level)
    assert issuer.asked.get("acr_values") == acr


@pytest.mark.parametrize(
    ("language", "asked"),
    [("nb", "nb"), ("nn", "nn"), ("en", "en"), ("se", "se"), ("pl", "en"), ("uk", "en"), ("ar", "en")],
)
def test_the_portal_is_asked_for_a_language_that_it_has(
    party: RelyingParty, issuer: FakeIssuer, language: str, asked: str
) -> None:
    issuer.visit(party.start(HIGH, language))
    assert issuer.asked["ui_locales"] == asked


def test_a_login_anew_is_asked_for(party: RelyingParty, issuer: FakeIssuer) -> None:
    issuer.visit(party.start(HIGH, "nb", anew=True))
    assert issuer.asked["prompt"] == "login"


def test_where_pushing_is_a_rule_nothing_goes_by_the_browser(party: RelyingParty, issuer: FakeIssuer) -> None:
    del issuer.metadata["pushed_authorization_request_endpoint"]
    with pytest.raises(Unavailable):
        party.start(HIGH, "nb")


@pytest.mark.parametrize("answer", [{}, [], {"request_uri": ""}, {"request_uri": 7}, None])
def test_a_push_without_a_reference(party: RelyingParty, issuer: FakeIssuer, answer: Any) -> None:
    issuer.push_answer = [] if answer is None else answer
    with pytest.raises(Unavailable):
        party.start(HIGH, "nb")


def test_a_push_that_is_refused(party: RelyingParty, issuer: FakeIssuer) -> None:
    issuer.push_error = "invalid_client"
    with pytest.raises(Unavailable) as refused:
        party.start(HIGH, "nb")
    assert str(refused.value.__cause__) == "invalid_client"


def test_nothing_is_used_for_two_logins(party: RelyingParty) -> None:
    first, second = party.start(HIGH, "nb"), party.start(HIGH, "nb")
    assert len({first.state, first.nonce, first.verifier, second.state, second.nonce, second.verifier}) == 6


# ---------------------------------------------------------------- the way back


def test_a_person_comes_back(party: RelyingParty, issuer: FakeIssuer) -> None:
    person = finish(party, start(party, issuer))
    assert person == Person(ISSUER, "pairwise-1", HIGH, "12838421065", (), "session-1", int(NOW), "BankID")


def test_we_prove_who_we_are(party: RelyingParty, issuer: FakeIssuer) -> None:
    for _ in range(2):
        finish(party, start(party, issuer))
    issuer.visit(party.start(HIGH, "nb"))
    issuer.posts.append({**issuer.posts[0], "client_assertion": issuer.asked["client_assertion"]})
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
    assert len({token.claims["jti"] for token in tokens}) == 3


@pytest.mark.parametrize(("algorithm", "key"), [("PS256", RSAKey), ("ES256", ECKey)])
def test_other_good_algorithms(party: RelyingParty, issuer: FakeIssuer, algorithm: str, key: type) -> None:
    issuer.algorithm = algorithm
    issuer.key = (
        RSAKey.generate_key(2048, auto_kid=True) if key is RSAKey else ECKey.generate_key("P-256", auto_kid=True)
    )
    assert finish(party, start(party, issuer)).subject == "pairwise-1"


def test_a_foreigner_has_no_identity_number_and_staff_no_level(party: RelyingParty, issuer: FakeIssuer) -> None:
    issuer.without = {"pid", "acr", "sid", "amr"}
    assert finish(party, start(party, issuer, NONE), NONE) == Person(ISSUER, "pairwise-1", NONE, auth_time=int(NOW))


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


def test_whoever_makes_up_keys_has_us_ask_twice_a_minute_at_most(
    party: RelyingParty, issuer: FakeIssuer, clock: Clock
) -> None:
    finish(party, start(party, issuer))
    for kid in range(20):
        issuer.header = {"kid": f"made up {kid}"}
        assert refusal(party, issuer) == "signature"
    assert issuer.gets.count(f"{ISSUER}/jwks") == 2
    clock.now += 30
    issuer.now += 30
    issuer.header = {}
    issuer.key = RSAKey.generate_key(2048, auto_kid=True)
    assert finish(party, start(party, issuer)).subject == "pairwise-1"
    assert issuer.gets.count(f"{ISSUER}/jwks") == 3


def test_keys_that_cannot_be_had_anew_are_good_for_a_day(party: RelyingParty, issuer: FakeIssuer, clock: Clock) -> None:
    finish(party, start(party, issuer))
    issuer.keys_down = True
    clock.now += 24 * 3600 - 1
    issuer.now = clock.now
    assert finish(party, start(party, issuer)).subject == "pairwise-1"
    clock.now += 1
    issuer.now = clock.now
    assert refusal(party, issuer) == "503"


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


@pytest.mark.parametrize("answer", [{}, {"id_token": None}, {"id_token": {"a": 1}}, [], "x"])
def test_no_token(party: RelyingParty, issuer: FakeIssuer, answer: Any) -> None:
    started = start(party, issuer)
    issuer.post_form = lambda url, fields, dpop="": answer  # type: ignore[method-assign]
    with pytest.raises(LoginFailed) as refused:
        finish(party, started)
    assert str(refused.value.__cause__) in ("no token", "no object")


@pytest.mark.parametrize(
    "lie",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "http://login.example/token"},
        {"jwks_uri": "http://10.0.0.1/jwks"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": 7},
        {"pushed_authorization_request_endpoint": "http://login.example/par"},
        {"end_session_endpoint": "javascript:alert(1)"},
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
        relying_party(issuer, lambda: NOW).start(HIGH, "nb")
    issuer.down = False
    assert finish(party, start(party, issuer)).subject == "pairwise-1"


def test_an_error_names_nobody(party: RelyingParty, issuer: FakeIssuer) -> None:
    issuer.claims = {"aud": "somebody-else"}
    with pytest.raises(LoginFailed) as refused:
        finish(party, start(party, issuer))
    told = f"{refused.value!r} {refused.value.__cause__!r}"
    for secret in ("12838421065", "session-1", "pairwise-1", issuer.asked["nonce"], issuer.id_token()):
        assert secret not in told


def test_without_a_key_nobody_logs_in(issuer: FakeIssuer, clock: Clock) -> None:
    with pytest.raises(Unavailable) as refused:
        relying_party(issuer, clock, key_set="what the template generated").start(HIGH, "nb")
    assert str(refused.value.__cause__) == "no signing key"


# ---------------------------------------------------------------- HelseID


def test_helseid_is_asked_for_the_level_and_for_nothing_else(clock: Clock) -> None:
    issuer = staff_issuer(HELSEID)
    party = relying_party(issuer, clock, client(HELSEID))
    start(party, issuer, NONE)
    assert issuer.asked["scope"] == "openid helseid://scopes/identity/security_level"
    assert "acr_values" not in issuer.asked  # there it picks the e-ID
    assert issuer.asked["max_age"] == str(8 * 3600)
    published = KeySet.import_key_set(json.loads(public_key_set(KEY_SET)))
    claims = jwt.decode(issuer.asked["client_assertion"], published, algorithms=["ES256"]).claims
    assert claims["aud"] == ISSUER
    assert claims["exp"] - claims["iat"] <= 60


@pytest.mark.parametrize(("claim", "level"), [("4", HIGH), (4, HIGH), ("3", SUBSTANTIAL), ("2", NONE), (None, NONE)])
def test_helseids_levels(clock: Clock, claim: object, level: LoginLevel) -> None:
    issuer = staff_issuer(HELSEID)
    issuer.claims = {"helseid://claims/identity/security_level": claim, "acr": "idporten-loa-high"}
    party = relying_party(issuer, clock, client(HELSEID))
    assert finish(party, start(party, issuer, NONE), NONE).level is level


def test_a_token_request_is_bound_to_a_key_and_to_the_issuers_nonce(clock: Clock) -> None:
    issuer = staff_issuer(HELSEID)
    party = relying_party(issuer, clock, client(HELSEID))
    finish(party, start(party, issuer, NONE), NONE)
    first, second = (proof_claims(proof) for proof in issuer.proofs)
    assert "nonce" not in first
    assert second == {**second, "nonce": "n-1", "htm": "POST", "htu": f"{ISSUER}/token", "iat": int(NOW)}
    assert first["jti"] != second["jti"]
    assert issuer.posts[0]["client_assertion"] != issuer.posts[1]["client_assertion"], "each is good once"
    finish(party, start(party, issuer, NONE), NONE)
    assert len(issuer.proofs) == 3, "the nonce is remembered"
    issuer.dpop_nonce = "n-2"
    finish(party, start(party, issuer, NONE), NONE)
    assert len(issuer.proofs) == 5


def test_an_issuer_that_always_wants_another_nonce_is_asked_twice(clock: Clock) -> None:
    issuer = staff_issuer(HELSEID)
    party = relying_party(issuer, clock, client(HELSEID))
    started = start(party, issuer, NONE)
    asked = []

    def never_content(url: str, fields: Any, dpop: str = "") -> Any:
        asked.append(dpop)
        raise HttpFailed("use_dpop_nonce", f"n-{len(asked)}")

    issuer.post_form = never_content  # type: ignore[method-assign]
    with pytest.raises(LoginFailed):
        finish(party, started, NONE)
    assert len(asked) == 2


def test_a_token_that_is_not_bound_is_not_taken(clock: Clock) -> None:
    issuer = staff_issuer(HELSEID)
    issuer.answer = {"token_type": "Bearer"}
    party = relying_party(issuer, clock, client(HELSEID))
    with pytest.raises(LoginFailed) as refused:
        finish(party, start(party, issuer, NONE), NONE)
    assert str(refused.value.__cause__) == "not bound"


# ---------------------------------------------------------------- a company's directory


def test_a_directory_gets_the_request_by_the_browser_and_knows_us_by_a_certificate(clock: Clock) -> None:
    issuer = staff_issuer(ENTERPRISE)
    party = relying_party(issuer, clock, client(ENTERPRISE, id_claim="oid", role_claim="roles"))
    started = start(party, issuer, NONE)
    assert issuer.asked["scope"] == "openid"
    assert not {"acr_values", "max_age", "client_assertion"} & set(issuer.asked)
    person = finish(party, started, NONE)
    assert (person.subject, person.roles, person.level, person.auth_time) == (
        "ingrid-berg",
        ("Video.Behandler",),
        NONE,
        0,
    )
    keys = json.loads(public_key_set(KEY_SET))["keys"]
    signed = RSAKey.import_key({name: value for name, value in keys[0].items() if name != "alg"})
    token = jwt.decode(issuer.posts[0]["client_assertion"], signed, algorithms=["PS256"])
    assert token.header["x5t#S256"] == keys[0]["x5t#S256"]
    assert token.claims["aud"] == f"{ISSUER}/token"


def test_a_directory_that_lists_rs256_gets_it(clock: Clock) -> None:
    issuer = staff_issuer(ENTERPRISE)
    issuer.metadata["token_endpoint_auth_signing_alg_values_supported"] = ["ES256", "RS256"]
    party = relying_party(issuer, clock, client(ENTERPRISE))
    finish(party, start(party, issuer, NONE), NONE)
    published = KeySet.import_key_set(json.loads(public_key_set(KEY_SET)))
    jwt.decode(issuer.posts[0]["client_assertion"], published, algorithms=["RS256"])


@pytest.mark.parametrize(
    ("claims", "roles"),
    [
        ({"roles": ["a", "b"]}, ("a", "b")),
        ({"roles": "a"}, ("a",)),
        ({"roles": []}, ()),
        ({}, ()),
    ],
)
def test_roles_are_taken_as_they_are(clock: Clock, claims: dict[str, Any], roles: tuple[str, ...]) -> None:
    issuer = staff_issuer(ENTERPRISE)
    issuer.claims = {"oid": "x", **claims}
    party = relying_party(issuer, clock, client(ENTERPRISE, id_claim="oid", role_claim="roles"))
    assert finish(party, start(party, issuer, NONE), NONE).roles == roles


@pytest.mark.parametrize("roles", [7, {"a": 1}, ["a", 7], None])
def test_roles_that_are_none(clock: Clock, roles: object) -> None:
    issuer = staff_issuer(ENTERPRISE)
    issuer.claims = {"oid": "x", "roles": roles}
    party = relying_party(issuer, clock, client(ENTERPRISE, id_claim="oid", role_claim="roles"))
    with pytest.raises(LoginFailed):
        finish(party, start(party, issuer, NONE), NONE)


def test_an_identity_number_from_an_employer_is_not_looked_at(clock: Clock) -> None:
    issuer = staff_issuer(ENTERPRISE)
    issuer.claims = {"oid": "x", "pid": "12838421065"}
    party = relying_party(issuer, clock, client(ENTERPRISE, id_claim="oid"))
    assert finish(party, start(party, issuer, NONE), NONE).national_id == ""


# ---------------------------------------------------------------- the way out of it all


def test_a_logout_names_the_client_and_nobody(party: RelyingParty, issuer: FakeIssuer) -> None:
    address = urlsplit(party.logout_address())
    assert address.geturl().startswith(f"{ISSUER}/logout?")
    assert parse_qs(address.query) == {
        "client_id": ["venterom-patient"],
        "post_logout_redirect_uri": ["https://video.example/"],
    }


@pytest.mark.parametrize("away", [True, False])
def test_an_issuer_without_a_way_out_keeps_nobody_here(party: RelyingParty, issuer: FakeIssuer, away: bool) -> None:
    issuer.down = away
    del issuer.metadata["end_session_endpoint"]
    assert party.logout_address() == ""
    assert party.frames() == (ISSUER,)


def test_the_page_that_tells_of_a_logout_may_stand_elsewhere_than_the_issuer(
    party: RelyingParty, issuer: FakeIssuer
) -> None:
    issuer.metadata["end_session_endpoint"] = "https://page.login.example/logout"
    assert party.frames() == ("https://page.login.example", ISSUER)


def logout_claims(**more: Any) -> dict[str, Any]:
    now = int(NOW)
    claims = {"iss": ISSUER, "aud": CLIENT.client_id, "iat": now, "exp": now + 300, "jti": "j", "sid": "session-1"}
    return {**claims, "events": {LOGOUT_EVENT: {}}, **more}


def test_the_issuer_tells_of_a_logout(party: RelyingParty, issuer: FakeIssuer) -> None:
    assert party.ended(issuer.signed(logout_claims())) == "session-1"


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://evil.example"},
        {"aud": "somebody-else"},
        {"exp": int(NOW) - 11},
        {"iat": int(NOW) - 611},
        {"events": None},
        {"events": {}},
        {"events": [LOGOUT_EVENT]},
        {"events": {LOGOUT_EVENT: None}},
        {"sid": ""},
        {"sid": 7},
        {"nonce": "n"},
    ],
)
def test_a_logout_that_is_none(party: RelyingParty, issuer: FakeIssuer, lie: dict[str, Any]) -> None:
    with pytest.raises(LoginFailed):
        party.ended(issuer.signed(logout_claims(**lie)))


def test_an_id_token_ends_nothing(party: RelyingParty, issuer: FakeIssuer) -> None:
    start(party, issuer)
    for token in (issuer.id_token(), issuer.unsigned(), "noise", ""):
        with pytest.raises(LoginFailed):
            party.ended(token)
