"""Our own keys: known before they sign and after, each algorithm's by itself, the private part never shown."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from chalicelib.oidc_keys import is_key_set, new_key_set, public_key_set, signing_key
from chalicelib.oidc_token import Refused
from tests.fakes.relying import KEY_SET

NOW = 1_790_000_000.0


def kids(key_set: str, algorithm: str) -> list[str]:
    return [key["kid"] for key in json.loads(key_set)["keys"] if key["alg"] == algorithm]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_key_is_published_before_it_signs_and_after(algorithm: str) -> None:
    first = new_key_set(None)
    second = new_key_set(first)
    third = new_key_set(second)
    of = [kids(key_set, algorithm) for key_set in (first, second, third)]
    signing, following = of[0]
    assert of[1][0] == following
    assert signing in of[1]
    assert of[2][0] in of[1]
    assert following in of[2]
    assert signing not in of[2]
    assert len({kid for kids in of for kid in kids}) == 4
    assert signing_key(second, algorithm)[0].kid == following


@pytest.mark.parametrize("placeholder", ["", "Xq7!generated-by-secrets-manager", "{}", "[]", "7", '{"keys": []}'])
def test_a_secret_not_yet_filled(placeholder: str) -> None:
    assert not is_key_set(placeholder)
    assert json.loads(public_key_set(placeholder)) == {"keys": []}
    assert is_key_set(new_key_set(placeholder))
    with pytest.raises(Refused):
        signing_key(placeholder, "RS256")


def test_a_set_with_one_algorithm_is_filled_up_and_loses_nothing() -> None:
    old = json.dumps({"keys": [key for key in json.loads(KEY_SET)["keys"] if key["alg"] == "RS256"]})
    assert not is_key_set(old)
    filled = new_key_set(old)
    assert is_key_set(filled)
    assert kids(filled, "RS256")[0] == kids(old, "RS256")[1]


def test_only_the_public_part_is_published() -> None:
    published = json.loads(public_key_set(new_key_set(KEY_SET)))["keys"]
    assert len(published) == 6
    for key in published:
        of_rsa, of_ec = {"n", "e", "x5c", "x5t#S256"}, {"crv", "x", "y"}
        assert set(key) == {"kty", "kid", "use", "alg"} | (of_rsa if key["kty"] == "RSA" else of_ec)
        assert (key["kty"], key["use"], key["alg"]) in (("RSA", "sig", "RS256"), ("EC", "sig", "ES256"))


def test_a_certificate_goes_with_each_rsa_key_for_a_year() -> None:
    key, thumbprint = signing_key(new_key_set(None, lambda: NOW), "PS256")
    published = new_key_set(None, lambda: NOW)
    jwk = next(key for key in json.loads(published)["keys"] if key["alg"] == "RS256")
    der = base64.b64decode(jwk["x5c"][0])
    certificate = x509.load_der_x509_certificate(der)
    assert certificate.not_valid_before_utc == datetime.fromtimestamp(NOW, UTC)
    assert certificate.not_valid_after_utc == datetime.fromtimestamp(NOW, UTC) + timedelta(days=365)
    assert signing_key(published, "PS256")[1] == jwk["x5t#S256"]
    assert base64.urlsafe_b64decode(jwk["x5t#S256"] + "=") == hashlib.sha256(der).digest()
    numbers = certificate.public_key().public_numbers()  # type: ignore[union-attr]
    assert numbers.n == int.from_bytes(base64.urlsafe_b64decode(jwk["n"] + "==="), "big")  # type: ignore[union-attr]
    assert key.kid
    assert thumbprint != jwk["x5t#S256"]
