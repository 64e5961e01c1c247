"""The doors as API Gateway knocks on them: golden events and whole HTTP requests, fakes behind."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chalice.test import HTTPResponse

import app as doors
from chalicelib import protocol as p
from chalicelib.lifecycle import State
from chalicelib.limits import ARRIVALS, WRONG_LINKS
from chalicelib.oidc_keys import new_key_set, public_key_set
from tests.fakes.browser import Browser, open_doors
from tests.fakes.clinic import ORIGIN, SETTINGS, Clinic, person

EVENTS = Path(__file__).parents[1] / "events"
CONNECTION = "Fn0FhdU7gi0CJvA="
PRIVATE = ("Kari", "Testesen", "90000000", "12838421065", "kari@example.no")


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    with open_doors(monkeypatch) as clinic:
        yield clinic


def refused(answer: HTTPResponse, status: int, code: str) -> None:
    assert (answer.status_code, answer.json_body["code"]) == (status, code)
    assert answer.json_body["message"]
    assert answer.headers["Cache-Control"] == "no-store"


def event(name: str, **changes: Any) -> dict[str, Any]:
    return {**json.loads((EVENTS / f"{name}.json").read_text()), **changes}


def log_in(clinic: Clinic) -> Browser:
    browser = Browser()
    clinic.employees.person = person("ingrid-berg")
    there = browser.ask("GET", "/staff/elvenes/login")
    assert (there.status_code, there.headers["Location"].split("?")[0]) == (302, "https://portal.example/login")
    state = there.headers["Location"].split("state=")[1]
    back = browser.ask("GET", f"/login/staff/callback?code=c&state={state}&iss=x&more=ignored")
    assert (back.status_code, back.headers["Location"]) == (302, "/staff/elvenes")
    return browser


BOOKING = {
    "department": "medisinsk",
    "patient_name": "Kari Testesen",
    "starts": "2027-01-15T10:00:00Z",
    "phone": "90000000",
    "email": "kari@example.no",
    "national_id": "12838421065",
    "login_level": "high",
}


def test_the_whole_way_over_http(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    clinician = log_in(clinic)
    assert clinician.get("/staff/elvenes/me")["name"] == "Ingrid Berg"
    booked = clinician.post("/staff/elvenes/consultations", BOOKING, Idempotency_Key="key")
    again = clinician.post("/staff/elvenes/consultations", BOOKING, Idempotency_Key="key")
    assert booked["consultation"] == again["consultation"]
    assert (booked["state"], booked["sms"], booked["mail"], booked["person_bound"]) == ("invited", "sent", "sent", True)
    assert "12838421065" not in json.dumps(booked)
    assert len(clinic.carrier.texts) == 1

    id_ = booked["consultation"]
    patient = Browser()
    secret = clinic.carrier.texts[0][1].split(f"{ORIGIN}/i#")[1].split()[0]
    visit = patient.post("/enter", {"secret": secret})
    assert (visit["consultation"], visit["logged_in"]) == (id_, False)
    assert "Kari" not in json.dumps(visit)
    refused(patient.ask("POST", f"/visits/{id_}/ticket"), 401, "unauthenticated")

    clinic.patients.person = person("x", "12838421065")
    location = patient.post(f"/visits/{id_}/login")["location"]
    back = patient.ask("GET", f"/login/patient/callback?code=c&iss=x&state={location.split('state=')[1]}")
    assert (back.status_code, back.headers["Location"]) == (302, f"/v#{id_}")
    assert patient.get(f"/visits/{id_}")["logged_in"]
    assert patient.post("/enter", {"secret": secret})["logged_in"], "opening the link again undoes nothing"
    ticket = patient.post(f"/visits/{id_}/ticket")
    assert ticket["seconds"] == SETTINGS.ticket_seconds

    assert doors.ws_connect(event("ws_connect", queryStringParameters={"ticket": ticket["ticket"]}), None) is not None
    doors.ws_message(event("ws_message"), None)
    seen = clinic.push.to(CONNECTION)
    assert isinstance(seen[0], p.Visit)
    doors.ws_message(event("ws_message", body=p.encode(p.CheckIn(devices=p.DeviceReport())).decode()), None)
    day = clinician.get("/staff/elvenes/consultations?day=2027-01-15")
    assert [(c["consultation"], c["state"], c["patient_present"]) for c in day["consultations"]] == [
        (id_, "checked_in", True)
    ]
    doors.ws_disconnect(event("ws_disconnect"), None)
    assert clinic.services.sockets.find(CONNECTION) is None

    trail = clinician.get(f"/staff/elvenes/consultations/{id_}/trail")["entries"]
    assert [e["what"] for e in trail if e["what"] in ("booked", "invite", "check_in")] == [
        "booked",
        "invite",
        "check_in",
    ]
    assert clinician.post(f"/staff/elvenes/consultations/{id_}/invite")["sms"] == "sent"
    assert len(clinic.carrier.texts) == 2
    assert clinician.post(f"/staff/elvenes/consultations/{id_}/cancel")["state"] == "cancelled"
    refused(Browser().ask("POST", "/enter", {"secret": secret}), 410, "link_withdrawn")
    clinician.post("/staff/elvenes/logout")
    refused(clinician.ask("GET", "/staff/elvenes/me"), 401, "unauthenticated")

    logged = capsys.readouterr().out
    lines = [json.loads(line) for line in logged.splitlines()]
    assert {"door", "outcome"} <= lines[-1].keys()
    for planted in (*PRIVATE, secret, ticket["ticket"], *patient.jar.values(), "192.0.2.1", id_):
        assert planted not in logged


def test_changed_plans_over_http(clinic: Clinic) -> None:
    clinician = log_in(clinic)
    here = "/staff/elvenes/consultations"
    first, second = (clinician.post(here, BOOKING, Idempotency_Key=key)["consultation"] for key in "ab")
    moved = clinician.post(f"{here}/{first}/move", {"starts": "2027-01-16T11:30:00Z", "minutes": 45})
    assert (moved["starts"], moved["minutes"], moved["sms"]) == ("2027-01-16T11:30:00Z", 45, "sent")
    refused(clinician.ask("POST", f"{here}/{first}/move", {"starts": "2027-01-16T11:30:00Z"}), 400, "bad_request")
    phoned = clinician.post(f"{here}/{first}/phone")
    assert (phoned["state"], phoned["by_phone"]) == ("ended", True)
    refused(clinician.ask("POST", f"{here}/{first}/hand_over", {"staff": "omar-haddad"}), 409, "illegal_transition")
    support = clinician.get(f"/staff/elvenes/references/{moved['reference'].lower()}")
    assert (support["state"], support["starts"]) == ("ended", "2027-01-16T11:30:00Z")
    refused(clinician.ask("GET", "/staff/elvenes/references/nonono"), 404, "not_found")
    refused(Browser().ask("GET", f"/staff/elvenes/references/{moved['reference']}"), 401, "unauthenticated")
    assert clinician.get("/staff/elvenes/consultations?day=2027-01-16")["delay_minutes"] == 0
    assert [c["id"] for c in clinician.get("/staff/elvenes/me")["colleagues"]] == ["omar-haddad"]
    refused(clinician.ask("POST", f"{here}/{second}/hand_over", {"staff": "sunniva-lie"}), 403, "forbidden")
    assert clinician.ask("POST", f"{here}/{second}/hand_over", {"staff": "omar-haddad"}).status_code == 204
    refused(clinician.ask("POST", f"{here}/{second}/phone"), 404, "not_found")


def test_the_fixed_address_over_http(clinic: Clinic) -> None:
    patient = Browser()
    page = patient.get("/departments/elvenes/medisinsk")
    assert [c["id"] for c in page["clinicians"]] == ["ingrid-berg", "omar-haddad"]
    arrival = {"clinician": "ingrid-berg", "name": "Nils", "phone": "900 00 001"}
    visit = patient.post("/departments/elvenes/medisinsk/arrivals", arrival)
    assert (visit["state"], visit["logged_in"]) == (State.INVITED, True)
    assert patient.post(f"/visits/{visit['consultation']}/ticket")["ticket"]
    for _ in range(ARRIVALS.most - 1):
        patient.post("/departments/elvenes/medisinsk/arrivals", arrival)
    answer = patient.ask("POST", "/departments/elvenes/medisinsk/arrivals", arrival)
    refused(answer, 429, "too_many_attempts")
    wait = answer.json_body["wait_seconds"]
    assert 0 < wait <= ARRIVALS.seconds
    assert answer.headers["Retry-After"] == str(wait)
    refused(patient.ask("GET", "/departments/elvenes/nowhere"), 404, "not_found")
    refused(patient.ask("GET", "/departments/nowhere/medisinsk"), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "not_json"),
        (b"", 400, "not_json"),
        (b"\xff", 400, "not_json"),
        (b"[]", 400, "bad_request"),
        (b'{"secret":1}', 400, "bad_request"),
        (b'{"secret":"x","more":1}', 400, "bad_request"),
        (b'{"secret":"' + b"x" * 20_000 + b'"}', 413, "too_large"),
        (b'{"secret":"guess"}', 404, "link_unknown"),
    ],
)
def test_bad_bodies(clinic: Clinic, body: bytes, status: int, code: str) -> None:
    refused(Browser().ask("POST", "/enter", body), status, code)


def test_a_foreign_page_cannot_change_anything(clinic: Clinic) -> None:
    clinician = log_in(clinic)
    answer = clinician.ask("POST", "/staff/elvenes/logout", X_Venterom="")
    refused(answer, 403, "forbidden")
    assert clinician.get("/staff/elvenes/me")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/staff/elvenes/me"),
        ("POST", "/staff/elvenes/ticket"),
        ("POST", "/staff/elvenes/logout"),
        ("GET", "/staff/elvenes/consultations?day=2027-01-15"),
        ("POST", "/staff/elvenes/consultations"),
        ("GET", "/staff/elvenes/consultations/any/trail"),
        ("POST", "/staff/elvenes/consultations/any/cancel"),
        ("POST", "/staff/elvenes/consultations/any/invite"),
        ("GET", "/visits/any"),
        ("POST", "/visits/any/login"),
        ("POST", "/visits/any/ticket"),
        ("POST", "/visits/any/feedback"),
    ],
)
def test_behind_these_doors_one_must_be_known(clinic: Clinic, method: str, path: str) -> None:
    refused(Browser().ask(method, path), 401, "unauthenticated")


def test_guessing_is_counted_by_the_address_that_our_own_proxy_saw(clinic: Clinic) -> None:
    for n in range(WRONG_LINKS.most):
        answer = Browser().ask("POST", "/enter", {"secret": f"g{n}"}, X_Forwarded_For=f"198.51.100.{n}, 192.0.2.1")
        refused(answer, 404, "link_unknown")
    refused(Browser().ask("POST", "/enter", {"secret": "g"}), 429, "too_many_attempts")
    refused(Browser("192.0.2.2").ask("POST", "/enter", {"secret": "g"}), 404, "link_unknown")


def test_a_bad_day_and_a_missing_key(clinic: Clinic) -> None:
    clinician = log_in(clinic)
    refused(clinician.ask("GET", "/staff/elvenes/consultations?day=today"), 400, "bad_request")
    refused(clinician.ask("GET", "/staff/elvenes/consultations"), 400, "bad_request")
    refused(clinician.ask("POST", "/staff/elvenes/consultations", BOOKING), 400, "bad_request")


def test_what_nobody_foresaw_is_a_plain_500(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    clinician = log_in(clinic)

    def broken(*_: object) -> None:
        raise RuntimeError("Kari Testesen")

    clinic.store.day = broken
    refused(clinician.ask("GET", "/staff/elvenes/consultations?day=2027-01-15"), 500, "internal")
    logged = capsys.readouterr().out
    assert "RuntimeError" in logged
    assert "Kari" not in logged


@pytest.mark.parametrize("query", [None, {}, {"ticket": "guess"}, {"ticket": "worker.a.1.b.c"}, {"other": "x"}])
def test_a_socket_without_a_good_pass_stays_outside(clinic: Clinic, query: dict[str, str] | None) -> None:
    answer = doors.ws_connect(event("ws_connect", queryStringParameters=query), None)
    assert answer["statusCode"] == 401
    assert clinic.services.sockets.find(CONNECTION) is None


@pytest.mark.parametrize("body", ["", "{", None, "x" * (p.MAX_MESSAGE + 1)])
def test_nonsense_on_a_socket_is_answered(clinic: Clinic, body: str | None) -> None:
    clinic.clinician(CONNECTION)
    doors.ws_message(event("ws_message", body=body), None)
    assert isinstance(clinic.push.to(CONNECTION)[-1], p.Error)


def test_portals_fetch_the_public_keys_and_the_log_knows(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    private = new_key_set(None)
    vars(clinic.services)["secret"] = lambda _: private
    assert Browser().get("/jwks") == json.loads(public_key_set(private))
    assert json.loads(capsys.readouterr().out) == {"door": "login_keys", "outcome": "ok", "status": 200}
    vars(clinic.services)["secret"] = lambda _: "what the template generated"
    assert Browser().get("/jwks") == {"keys": []}, "before the first key is made"


def test_the_other_functions(clinic: Clinic) -> None:
    called = clinic.calling()
    clinic.clock.time += SETTINGS.lease_seconds + SETTINGS.rescue_seconds
    doors.sweep(event("schedule"), None)
    assert clinic.now(called).state is State.CHECKED_IN
    clinic.clock.time = called.ends + SETTINGS.link_grace_seconds
    doors.deliver({"trust": "elvenes", "consultation": called.id, "reason": f"close-{clinic.clock.time}"}, None)
    assert clinic.now(called).state is State.MISSED
    trust = json.loads((Path(__file__).parents[2] / "local" / "trust.json").read_text())
    assert doors.register_trust(trust, None) == {"rows": 10, "telling": []}
    assert Browser().get("/health") == {"status": "ok"}


GUEST = {"kind": "companion", "name": "Per Testesen", "phone": "90000002", "login_level": "none"}


def invite_guest(clinic: Clinic, clinician: Browser, of: str, key: str = "g", **changes: str) -> tuple[Any, str]:
    """The clinician's view of the guest who was invited last, and the secret that was sent."""
    view = clinician.post(f"/staff/elvenes/consultations/{of}/guests", GUEST | changes, Idempotency_Key=key)
    return view["guests"][-1], clinic.carrier.texts[-1][1].split(f"{ORIGIN}/i#")[1].split()[0]


def test_a_guests_way_over_http(clinic: Clinic) -> None:
    clinician, guest = log_in(clinic), Browser()
    of = clinician.post("/staff/elvenes/consultations", BOOKING, Idempotency_Key="key")["consultation"]
    invited, secret = invite_guest(clinic, clinician, of)
    assert (invited["seat"], invited["kind"], invited["sms"], invited["present"]) == (
        "guest1", "companion", "sent", False,
    )  # fmt: skip
    again, _ = invite_guest(clinic, clinician, of)
    assert again["id"] == invited["id"]

    visit = guest.post("/enter", {"secret": secret})
    assert (visit["seat"], visit["logged_in"], visit["login_level"], visit["state"]) == (
        "guest1", True, "none", "invited",
    )  # fmt: skip
    assert "Kari" not in json.dumps(visit)
    assert [g["name"] for g in guest.get(f"/visits/{of}")["guests"]] == ["Per Testesen"]
    assert guest.post(f"/visits/{of}/ticket")["ticket"]
    refused(guest.ask("POST", f"/visits/{of}/feedback", {"quality": "good"}), 403, "forbidden")
    refused(guest.ask("POST", f"/visits/{of}/login"), 403, "forbidden")

    place = f"/staff/elvenes/consultations/{of}/guests/{invited['id']}"
    clinician.post(f"{place}/invite")
    newer = clinic.carrier.texts[-1][1].split(f"{ORIGIN}/i#")[1].split()[0]
    assert newer != secret
    assert guest.post("/enter", {"secret": newer})["seat"] == "guest1"
    for _ in range(2):
        assert clinician.post(f"{place}/remove")["guests"] == []
    for link in (secret, newer):
        refused(guest.ask("POST", "/enter", {"secret": link}), 410, "link_withdrawn")
    refused(guest.ask("GET", f"/visits/{of}"), 410, "link_withdrawn")
    refused(guest.ask("POST", f"/visits/{of}/ticket"), 410, "link_withdrawn")
    refused(clinician.ask("POST", f"{place}/invite"), 404, "not_found")


def test_a_guest_with_a_phone_comes_in_by_a_code(clinic: Clinic) -> None:
    clinician, guest = log_in(clinic), Browser()
    of = clinician.post("/staff/elvenes/consultations", BOOKING, Idempotency_Key="key")["consultation"]
    _, secret = invite_guest(clinic, clinician, of, login_level="code")
    visit = guest.post("/enter", {"secret": secret})
    assert (visit["login_level"], visit["logged_in"], visit["code_ends"]) == ("code", False, GUEST["phone"][-2:])
    refused(guest.ask("POST", f"/visits/{of}/ticket"), 401, "unauthenticated")
    assert guest.post(f"/visits/{of}/code") == {"ends": GUEST["phone"][-2:], "seconds": SETTINGS.code_seconds}
    code = next(
        word for word in clinic.carrier.texts[-1][1].replace(".", " ").split() if len(word) == 6 and word.isdigit()
    )
    wrong, before = f"{(int(code) + 1) % 10**6:06d}", dict(guest.jar)
    refused(guest.ask("POST", f"/visits/{of}/code/check", {"code": wrong}), 403, "code_wrong")
    refused(guest.ask("POST", f"/visits/{of}/code/check", {"code": "12345"}), 400, "bad_request")
    visit = guest.post(f"/visits/{of}/code/check", {"code": code})
    assert (visit["logged_in"], visit["seat"]) == (True, "guest1")
    assert guest.jar.keys() == before.keys()
    assert guest.jar != before
    assert guest.post(f"/visits/{of}/ticket")["ticket"]
    guest.jar = before
    refused(guest.ask("GET", f"/visits/{of}"), 401, "unauthenticated")


def test_links_of_two_seats_in_one_browser_are_two_visits(clinic: Clinic) -> None:
    clinician, browser = log_in(clinic), Browser()
    of = clinician.post("/staff/elvenes/consultations", BOOKING, Idempotency_Key="key")["consultation"]
    patients = clinic.carrier.texts[0][1].split(f"{ORIGIN}/i#")[1].split()[0]
    first, secret = invite_guest(clinic, clinician, of)
    _, other = invite_guest(clinic, clinician, of, "other", name="Nina")
    for link, seat in ((secret, "guest1"), (other, "guest2"), (patients, "patient"), (secret, "guest1")):
        visit = browser.post("/enter", {"secret": link})
        assert visit["seat"] == seat
        assert browser.get(f"/visits/{of}")["seat"] == seat
        assert visit["logged_in"] == (seat != "patient"), "a guest's visit proves no patient"
    clinician.post(f"/staff/elvenes/consultations/{of}/guests/{first['id']}/remove")
    assert browser.post("/enter", {"secret": patients})["seat"] == "patient", "whatever cookie was left"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "bad_request"),
        (GUEST | {"phone": ""}, 400, "bad_request"),
        (GUEST | {"phone": "12345678"}, 400, "bad_request"),
        (GUEST | {"kind": "doctor"}, 400, "bad_request"),
        (GUEST | {"seat": "patient"}, 400, "bad_request"),
        (GUEST | {"email": "no address"}, 400, "bad_request"),
        (GUEST | {"name": ""}, 400, "bad_request"),
        (GUEST | {"language": "xx"}, 400, "bad_request"),
    ],
)
def test_a_guest_badly_described(clinic: Clinic, body: dict[str, str], status: int, code: str) -> None:
    clinician = log_in(clinic)
    of = clinician.post("/staff/elvenes/consultations", BOOKING, Idempotency_Key="key")["consultation"]
    place, rows = f"/staff/elvenes/consultations/{of}/guests", dict(clinic.store.rows)
    refused(clinician.ask("POST", place, body, Idempotency_Key="g"), status, code)
    refused(clinician.ask("POST", place, GUEST), 400, "bad_request")
    refused(Browser().ask("POST", place, GUEST, Idempotency_Key="g"), 401, "unauthenticated")
    refused(clinician.ask("POST", f"{place}/nobody/invite"), 404, "not_found")
    assert clinic.store.rows == rows


# ---------------------------------------------------------------- what portals tell


def test_a_portals_frame_may_show_our_answer_and_nobody_elses(clinic: Clinic) -> None:
    answer = Browser().ask("GET", "/login/patient/logout?iss=https://portal.example&sid=s")
    assert (answer.status_code, answer.body) == (200, b"")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors https://portal.example"
    assert answer.headers["Content-Type"].startswith("text/html")
    unknown = Browser().ask("GET", "/login/staff/logout?iss=https://evil.example&sid=s")
    assert unknown.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_a_portals_own_word_needs_its_signature_and_no_header_of_ours(clinic: Clinic) -> None:
    portal = {"X_Venterom": "", "Content_Type": "application/x-www-form-urlencoded"}
    good = Browser().ask("POST", "/login/patient/logout", b"logout_token=ended:s", **portal)
    assert good.status_code == 204
    bad = Browser().ask("POST", "/login/patient/logout", b"logout_token=noise", **portal)
    assert (bad.status_code, bad.json_body["code"]) == (400, "login_failed")
    for nothing in (b"", b"x=1", b"\xff\xfe"):
        assert Browser().ask("POST", "/login/patient/logout", nothing, **portal).status_code == 400


def test_the_staffs_logout_says_where_to_go_on(clinic: Clinic) -> None:
    browser = Browser().be(clinic, clinic.staff)
    assert browser.post("/staff/elvenes/logout") == {"location": "/staff/elvenes"}
    assert clinic.services.trail.happened(clinic.trust, "")[-1].what == "logged_out"
    assert browser.jar == {}
