"""Credentials for the TURN server, against values made by openssl."""

import base64
import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.turn import credentials

URLS = ["turn:turn.example:3478?transport=udp", "turns:turn.example:443?transport=tcp"]


def test_vector() -> None:
    # printf %s '1700003600:c1-patient' | openssl dgst -sha1 -hmac north -binary | base64
    (server,) = credentials("north", URLS, "c1-patient", now=1_700_000_000.9, seconds=3600)
    assert server.urls == URLS
    assert server.username == "1700003600:c1-patient"
    assert server.credential == "CD6zovPpwHMWsSGPkUny87DPD7I="


def test_no_server_no_credentials() -> None:
    assert credentials("north", [], "c1-patient", now=0, seconds=60) == []


@given(st.text(min_size=1), st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True), st.integers(0, 2**33))
def test_the_server_can_check_them(secret: str, subject: str, now: int) -> None:
    """What coturn does: take the expiry from the username, compute the same keyed hash."""
    (server,) = credentials(secret, URLS, subject, now, 60)
    expiry, _, rest = server.username.partition(":")
    assert (int(expiry), rest) == (now + 60, subject)
    expected = hmac.new(secret.encode(), server.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(server.credential) == expected
