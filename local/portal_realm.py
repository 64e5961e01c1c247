"""What makes one issuer of the stand-in portal different from another: its rules, its people, its client."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec


class Level(StrEnum):
    """How surely an e-ID knows somebody."""

    SUBSTANTIAL = "substantial"
    HIGH = "high"


class Eid(msgspec.Struct, frozen=True):
    """A way to log in. ``national_id``: whether the identity number comes along; ``amr``: what ID-porten calls it."""

    id: str
    name: str
    level: Level
    amr: str
    national_id: bool = True


class Person(msgspec.Struct, frozen=True):
    """Somebody who does not exist; ``roles`` are the values of a company's roles claim."""

    id: str
    name: str
    national_id: str = ""
    roles: tuple[str, ...] = ()


class Registration(msgspec.Struct, frozen=True):
    """The one client of an issuer: who it is, where it may be sent back to, where its public keys are, where it wants
    to be told of a logout."""

    client_id: str
    redirect_uri: str
    jwks_uri: str
    logout_uri: str
    frontchannel_logout_uri: str


class Kind(StrEnum):
    """Whose rules an issuer has."""

    IDPORTEN = "idporten"
    HELSEID = "helseid"
    ENTERPRISE = "enterprise"


class Realm(msgspec.Struct, frozen=True):
    """One issuer. ``salt`` makes subjects pairwise; without one they are the people's ids."""

    name: str
    kind: Kind
    title: str
    eids: Sequence[Eid]
    people: Sequence[Person]
    client: Registration
    salt: str = ""

    @property
    def pushed(self) -> bool:
        """Whether requests must be pushed (RFC 9126)."""
        return self.kind is not Kind.ENTERPRISE

    @property
    def dpop(self) -> bool:
        """Whether a token request must be bound to a key (RFC 9449)."""
        return self.kind is Kind.HELSEID

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What an assertion may be signed with."""
        return ("PS256", "ES256") if self.kind is Kind.HELSEID else ("RS256",)
