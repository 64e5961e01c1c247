"""Fuzz target of the relying party: an issuer may answer anything."""

from typing import Any, Final

from chalicelib.errors import VenteromError
from chalicelib.oidc_profile import ENTERPRISE, HELSEID, IDPORTEN
from tests.fakes.issuer import ISSUER, FakeIssuer
from tests.fakes.relying import CLIENT, NOW, Clock, client, finish, relying_party, start
from tests.fuzz.picks import ODD, Fuzzed

PROFILES: Final = (IDPORTEN, HELSEID, ENTERPRISE)
CLAIMS: Final = (
    "iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "acr", "amr", "pid", "auth_time", "sid", "at_hash", "oid",
    "roles",
)  # fmt: skip


def value(pick: Fuzzed, depth: int = 2) -> Any:
    """Anything that JSON has."""
    if not depth or pick.yes():
        return pick.one((pick.words(), pick.one(ODD), pick.yes(), None, ISSUER, CLIENT.client_id, NOW))
    few = range(pick.data.ConsumeIntInRange(0, 3))
    return [value(pick, depth - 1) for _ in few] if pick.yes() else {pick.words(): value(pick, depth - 1) for _ in few}


def token(data: bytes) -> None:
    """Somebody is logged in, or a known error says that nobody is."""
    pick = Fuzzed(data)
    issuer, clock = FakeIssuer(CLIENT.client_id, NOW), Clock()
    party = relying_party(issuer, clock, client(pick.one(PROFILES)))
    issuer.claims = {pick.one(CLAIMS): value(pick) for _ in range(pick.data.ConsumeIntInRange(0, 4))}
    for name in list(issuer.metadata):
        if not pick.data.ConsumeIntInRange(0, 15):
            said = value(pick)
            # The fake answers at its own addresses only.
            if not (isinstance(said, str) and name.endswith(("_endpoint", "_uri"))):
                issuer.metadata[name] = said
    if not pick.data.ConsumeIntInRange(0, 7):
        issuer.keys = value(pick, 3)
    try:
        started = start(party, issuer)
        if not pick.data.ConsumeIntInRange(0, 3):
            whole = issuer.id_token()
            at = pick.data.ConsumeIntInRange(0, len(whole))
            issuer.token = whole[:at] + pick.words() + whole[at + pick.data.ConsumeIntInRange(0, 4) :]
        person = finish(party, started, iss=pick.one((ISSUER, "", pick.anything())))
    except VenteromError:
        return
    assert person.subject
    assert len(person.national_id) in (0, 11)
