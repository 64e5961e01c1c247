"""What the tests of threats share: a world with somebody of every role, a clinic, a portal that may lie."""

from collections.abc import Iterator

import pytest

from chalicelib.oidc import RelyingParty
from tests.fakes.clinic import Clinic
from tests.fakes.issuer import FakeIssuer
from tests.fakes.relying import CLIENT, NOW, Clock, relying_party
from tests.fakes.world import World


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.fixture
def issuer() -> FakeIssuer:
    return FakeIssuer(CLIENT.client_id, NOW)


@pytest.fixture
def party(issuer: FakeIssuer) -> RelyingParty:
    return relying_party(issuer, Clock())
