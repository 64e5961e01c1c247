"""The cookie in which an ID token rides: what fits into it, and the door that takes it away."""

from collections.abc import Iterator

import pytest
from chalice.test import HTTPResponse
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.login_proof import LONGEST, SECONDS, carried, proof_cookie, proof_in
from chalicelib.protocol import LoginLevel
from chalicelib.records import Consultation
from tests.fakes.browser import Browser, open_doors
from tests.fakes.clinic import ID_TOKEN, Clinic, person

KARI = "12838421065"
NONCE = "n" * 43


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c.d", "a.b.c\r\nSet-Cookie: x=1", "a.b.c;", "a.b.ø", " a.b.c", ".."])
def test_what_is_no_token_rides_in_no_cookie(token: str) -> None:
    assert carried("c", token) is None
    assert proof_in(token) == ""


def test_a_token_rides_while_a_browser_can_keep_it() -> None:
    longest = "a.b." + "c" * (LONGEST - 4)
    cookie = carried("c" * 64, longest)
    assert cookie == (proof_cookie("c" * 64), longest, SECONDS)
    assert len(f"{cookie[0]}={cookie[1]}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=300") <= 4096
    assert carried("c", longest + "c") is None


@given(st.text(max_size=60))
def test_whatever_a_browser_calls_its_token_no_answer_says_more_than_a_token(value: str) -> None:
    told = proof_in(value)
    assert told in ("", value)
    assert not set(told) & set('\r\n;, ="\\')


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    with open_doors(monkeypatch) as clinic:
        yield clinic


class Patient(Browser):
    """With a link to a consultation that asks for a login."""

    def __init__(self, clinic: Clinic) -> None:
        super().__init__()
        self.clinic = clinic
        self.visit: Consultation = clinic.book(login_level=LoginLevel.HIGH, national_id=KARI)
        self.post("/enter", {"secret": clinic.secret()})
        clinic.patients.person = person("x", KARI)

    def log_in(self, body: object) -> HTTPResponse:
        """Through the portal and back; returns the last answer."""
        location = self.post(f"/visits/{self.visit.id}/login", body)["location"]
        return self.ask("GET", f"/login/patient/callback?code=c&iss=x&state={location.split('state=')[1]}")

    def proof(self) -> str:
        token: str = self.post(f"/visits/{self.visit.id}/proof")["token"]
        return token

    @property
    def name(self) -> str:
        return proof_cookie(self.visit.id)


def test_the_page_is_given_its_token_once(clinic: Clinic) -> None:
    patient = Patient(clinic)
    back = patient.log_in({"nonce": NONCE})
    assert (
        f"{patient.name}={ID_TOKEN}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=300"
        in (back.headers["Set-Cookie"])
    )
    assert patient.proof() == ID_TOKEN
    assert patient.name not in patient.jar
    assert patient.proof() == ""


def test_whoever_asks_again_because_the_answer_was_lost_is_answered(clinic: Clinic) -> None:
    patient = Patient(clinic)
    patient.log_in({"nonce": NONCE})
    before = dict(patient.jar)
    assert patient.proof() == ID_TOKEN
    patient.jar = before
    assert patient.proof() == ID_TOKEN


@pytest.mark.parametrize("body", [None, {}, {"nonce": ""}])
def test_a_browser_without_a_key_of_its_own_logs_in_as_ever(clinic: Clinic, body: object) -> None:
    patient = Patient(clinic)
    assert patient.log_in(body).headers["Location"] == f"/v#{patient.visit.id}"
    assert patient.name not in patient.jar
    assert patient.get(f"/visits/{patient.visit.id}")["logged_in"]
    assert patient.proof() == ""


@pytest.mark.parametrize("nonce", ["n" * 42, "n" * 44, "n" * 42 + "+", 1, None])
def test_a_nonce_that_is_none_begins_no_login(clinic: Clinic, nonce: object) -> None:
    patient = Patient(clinic)
    answer = patient.ask("POST", f"/visits/{patient.visit.id}/login", {"nonce": nonce})
    assert (answer.status_code, answer.json_body["code"]) == (400, "bad_request")
    assert not clinic.patients.started


def test_who_is_not_logged_in_here_is_told_nothing(clinic: Clinic) -> None:
    patient = Patient(clinic)
    patient.jar[patient.name] = ID_TOKEN
    assert patient.ask("POST", f"/visits/{patient.visit.id}/proof").status_code == 401
    assert patient.name in patient.jar


def test_a_logout_takes_the_token_along(clinic: Clinic) -> None:
    patient = Patient(clinic)
    patient.log_in({"nonce": NONCE})
    patient.post(f"/visits/{patient.visit.id}/logout")
    assert not patient.jar
