"""Secrets: random, hashed, and passes that nobody can make up."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import TicketInvalid
from chalicelib.tokens import PASS_SECONDS, check_worker_pass, digest, keyed, mint, worker_pass

NOW = 1_800_000_000.0


def test_a_secret_has_128_bits_and_is_never_the_same() -> None:
    secrets = {mint() for _ in range(1_000)}
    assert len(secrets) == 1_000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", secret) for secret in secrets)


def test_a_digest_is_sha256() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@given(st.text(), st.text(), st.text())
def test_a_keyed_hash_keeps_its_parts_apart(key: str, first: str, second: str) -> None:
    assert keyed(key, first, second) == keyed(key, first, second)
    assert keyed(key, first, "x" + second) != keyed(key, first + "x", second)
    assert keyed(key + "x", first) != keyed(key, first)


def test_a_genuine_pass_is_taken_until_it_expires() -> None:
    presented = worker_pass("key", "w1", NOW)
    worker, nonce = check_worker_pass(["another", "key"], presented, NOW + PASS_SECONDS)
    assert worker == "w1"
    assert nonce
    with pytest.raises(TicketInvalid):
        check_worker_pass(["another", "key"], presented, NOW + PASS_SECONDS + 1)
    with pytest.raises(TicketInvalid):
        check_worker_pass(["another"], presented, NOW)


@given(st.data())
def test_a_pass_with_any_letter_changed_is_refused(data: st.DataObject) -> None:
    presented = worker_pass("key", "w1", NOW)
    place = data.draw(st.integers(0, len(presented) - 1))
    letter = data.draw(st.characters().filter(lambda c: c != presented[place]))
    with pytest.raises(TicketInvalid):
        check_worker_pass(["another", "key"], presented[:place] + letter + presented[place + 1 :], NOW)


@given(st.text())
def test_nothing_made_up_is_a_pass(presented: str) -> None:
    with pytest.raises(TicketInvalid):
        check_worker_pass(["another", "key"], presented, NOW)
