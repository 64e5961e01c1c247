"""What each kind of issuer asks of its clients, and what its claims mean: ID-porten, HelseID, a company's directory."""

from typing import Final

import msgspec

from chalicelib.protocol import LoginLevel

MINUTES: Final = 60
HOURS: Final = 3600


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of issuer.

    ``pushed``: a request is only ever pushed (RFC 9126); otherwise it is where the issuer can take it. ``dpop``: the
    token request is bound to a key (RFC 9449). ``algorithms`` sign our assertions, the first that the issuer lists, or
    the last. ``max_age`` is how many seconds ago somebody may have logged in; None: the issuer is not asked, because
    it does not tell. ``acr`` is what to ask for, ``levels`` what the values of ``level_claim`` say.
    """

    scope: str = "openid"
    pushed: bool = False
    dpop: bool = False
    algorithms: tuple[str, ...]
    audience_is_token_endpoint: bool = False
    names_certificate: bool = False
    max_age: int | None = None
    acr: dict[LoginLevel, str] = {}
    level_claim: str = "acr"
    levels: dict[str, LoginLevel] = {}
    gives_national_id: bool = False


# As long as a session of ours may be idle: a login older than that tells little of who sits there now, and a younger
# one spares the patient a second BankID (ID-porten's verification tests 3 and 4 want that).
IDPORTEN: Final = Profile(
    pushed=True,
    algorithms=("RS256",),
    max_age=30 * MINUTES,
    acr={LoginLevel.SUBSTANTIAL: "idporten-loa-substantial", LoginLevel.HIGH: "idporten-loa-high"},
    levels={
        "idporten-loa-substantial": LoginLevel.SUBSTANTIAL,
        "idporten-loa-high": LoginLevel.HIGH,
        # A foreigner's, which ID-porten lets count as its own of the same ending.
        "eidas-loa-substantial": LoginLevel.SUBSTANTIAL,
        "eidas-loa-high": LoginLevel.HIGH,
    },
    gives_national_id=True,
)

# There `acr_values` picks the e-ID, not the level, and the level comes by a scope of its own. A shift begins with one
# login to all of its systems; so that may be as old as a shift.
HELSEID: Final = Profile(
    scope="openid helseid://scopes/identity/security_level",
    pushed=True,
    dpop=True,
    algorithms=("ES256",),
    max_age=8 * HOURS,
    level_claim="helseid://claims/identity/security_level",
    levels={"3": LoginLevel.SUBSTANTIAL, "4": LoginLevel.HIGH},
)

# Entra lists no algorithms and wants PS256, a certificate's thumbprint and its token endpoint as the audience; it gives
# `auth_time` only where a tenant has configured it.
ENTERPRISE: Final = Profile(
    algorithms=("RS256", "PS256"),
    audience_is_token_endpoint=True,
    names_certificate=True,
)
