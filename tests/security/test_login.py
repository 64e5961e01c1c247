"""Threats to logins at the portals, and to what a token may claim."""

from typing import Any

import pytest

from chalicelib.edge import set_cookie
from chalicelib.errors import LevelTooLow, LoginFailed
from chalicelib.login_proof import carried
from chalicelib.logins import Returned
from chalicelib.oidc import RelyingParty
from chalicelib.protocol import LoginLevel
from chalicelib.records import Consultation
from chalicelib.sessions import visit_cookie
from tests.fakes.clinic import Clinic, person
from tests.fakes.issuer import FakeIssuer
from tests.fakes.relying import HIGH, NOW, finish, refusal, start

RIGHT, WRONG = "12838421065", "21828597009"


class Visitor:
    """Somebody with a link, in a browser of their own."""

    def __init__(self, clinic: Clinic, visit: Consultation) -> None:
        self.clinic, self.visit = clinic, visit
        _, self.cookie = clinic.services.sessions.begin_visit(visit)

    def leave(self) -> str:
        """To the portal; returns the state."""
        return self.clinic.services.logins.start_visit_login(self.visit.id, self.cookie).split("state=")[1]

    def come_back(self, state: str) -> str:
        """Where it leads."""
        returned = Returned(code="code", state=state, iss="https://portal.example")
        outcome = self.clinic.services.logins.finish_visit_login(returned, lambda _: self.cookie)
        if outcome.cookie:
            assert outcome.cookie[0] == visit_cookie(self.visit.id)
            self.cookie = outcome.cookie[1]
        return outcome.location


@pytest.fixture
def visitor(clinic: Clinic) -> Visitor:
    clinic.patients.person = person("x", RIGHT)
    return Visitor(clinic, clinic.book(login_level=LoginLevel.HIGH, national_id=RIGHT))


def test_t10_another_person_with_the_link_stays_out(visitor: Visitor) -> None:
    """T-10. Guard: the number of who logged in is compared with the booking's, by keyed hash."""
    visitor.clinic.patients.person = person("x", WRONG)
    assert "error=wrong_person" in visitor.come_back(visitor.leave())


def test_t11_what_came_back_once_is_worth_nothing(visitor: Visitor) -> None:
    """T-11. Guard: a login's state is taken once, also by one that fails."""
    state = visitor.leave()
    visitor.clinic.patients.person = LoginFailed()
    assert "error=login_failed" in visitor.come_back(state)
    visitor.clinic.patients.person = person("x", RIGHT)
    assert "error=login_failed" in visitor.come_back(state)
    assert "error" not in visitor.come_back(visitor.leave())


def test_t12_nobody_is_logged_in_as_somebody_elses_login(visitor: Visitor) -> None:
    """T-12. Guard: a login ends in the browser in which it began."""
    state = visitor.leave()
    other = Visitor(visitor.clinic, visitor.visit)
    assert "error=login_failed" in other.come_back(state)


def test_t13_a_weak_login_is_not_enough(party: RelyingParty, issuer: FakeIssuer) -> None:
    """T-13. Guard: the level reached is compared with the level asked for."""
    issuer.claims = {"acr": "idporten-loa-substantial", "amr": ["BankID"]}
    with pytest.raises(LevelTooLow):
        finish(party, start(party, issuer), HIGH)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        pytest.param({"nonce": "another"}, "nonce", id="t14"),
        pytest.param({"aud": "another-client"}, "audience", id="t15"),
        pytest.param({"iss": "https://evil.example"}, "issuer", id="t16"),
        pytest.param({"exp": int(NOW) - 60}, "expired", id="t18"),
        pytest.param({"iat": int(NOW) + 3600}, "from the future", id="t19"),
    ],
)
def test_a_token_that_is_not_for_this_login_is_refused(
    party: RelyingParty, issuer: FakeIssuer, claims: dict[str, Any], why: str
) -> None:
    """T-14 nonce, T-15 audience, T-16 issuer, T-18 time, T-19 clock. Guards: one check of the token each."""
    issuer.claims = claims
    assert refusal(party, issuer) == why


def test_t17_an_unsigned_token_is_refused(party: RelyingParty, issuer: FakeIssuer) -> None:
    """T-17. Guard: only the algorithms that we name are taken."""
    started = start(party, issuer)
    issuer.token = issuer.unsigned()
    with pytest.raises(LoginFailed) as refused:
        finish(party, started)
    assert str(refused.value.__cause__) == "signature"


def test_t20_an_answer_mixed_up_between_issuers_is_refused(party: RelyingParty, issuer: FakeIssuer) -> None:
    """T-20. Guard: the response's issuer is compared (RFC 9207)."""
    assert refusal(party, issuer, iss="https://evil.example") == "response issuer"


def test_t21_a_session_planted_before_the_login_is_worth_nothing_after_it(visitor: Visitor) -> None:
    """T-21. Guard: at a login a new session takes the old one's place."""
    planted = visitor.cookie
    assert "error" not in visitor.come_back(visitor.leave())
    assert visitor.cookie != planted
    assert visitor.clinic.services.sessions.of(planted) is None


def test_t22_a_stranger_with_a_login_of_the_trust_stays_out(clinic: Clinic) -> None:
    """T-22. Guard: who is not in the trust's register is not let in."""
    clinic.employees.person = person("nobody-we-know")
    logins = clinic.services.logins
    left = logins.start_staff_login(clinic.trust, "")
    assert left.cookie
    state, cookie = left.location.split("state=")[1], left.cookie[1]
    outcome = logins.finish_staff_login(Returned(code="c", state=state, iss="x"), lambda _: cookie)
    assert "error=forbidden" in outcome.location


def test_t23_nobody_learns_the_code_verifier(party: RelyingParty, issuer: FakeIssuer) -> None:
    """T-23. Guard: PKCE with S256; the browser carries a hash only."""
    started = start(party, issuer)
    assert issuer.asked["code_challenge_method"] == "S256"
    assert started.verifier not in started.location + str(issuer.asked)


def test_t100_no_token_leaves_without_being_asked_for(party: RelyingParty, issuer: FakeIssuer) -> None:
    """T-100. Guard: only a login that was begun with a nonce of the browser's own has its token handed up."""
    assert finish(party, start(party, issuer)).token == ""


def test_t101_a_token_does_not_stay_in_the_browser() -> None:
    """T-101. Guard: its cookie ends after minutes."""
    cookie = carried("c", "a.b.c")
    assert cookie
    assert "Max-Age=300" in set_cookie(*cookie)


@pytest.mark.parametrize("token", ["a.b.c\r\nSet-Cookie: __Host-v-c=theirs", "a.b.c; Domain=evil.example"])
def test_t102_nothing_but_a_token_rides_in_the_cookie(token: str) -> None:
    """T-102. Guard: what rides there has the shape of a token."""
    assert carried("c", token) is None
