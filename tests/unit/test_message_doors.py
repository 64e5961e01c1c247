"""The doors to what is sent: rules, words, wishes, what became of messages, and a gateway's receipts."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from chalicelib.lifecycle import Role
from chalicelib.outcomes import signature
from chalicelib.settings import SmsBy
from tests.fakes.browser import Browser, open_doors
from tests.fakes.clinic import Clinic

KEY = base64.b64encode(b"a key that both know").decode()


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    with open_doors(monkeypatch) as clinic:
        yield clinic


def administrator(clinic: Clinic) -> Browser:
    return Browser().be(clinic, clinic.staff, Role.ADMINISTRATOR)


def test_rules_are_read_and_changed_by_version(clinic: Clinic) -> None:
    browser = administrator(clinic)
    found = browser.get("/staff/elvenes/rules")
    assert (found["version"], found["rules"]["lead_days"]) == (0, 2)
    found["rules"]["lead_days"] = 4
    assert browser.ask("PUT", "/staff/elvenes/rules", found).json_body["version"] == 1
    again = browser.ask("PUT", "/staff/elvenes/rules", found)
    assert (again.status_code, again.json_body["code"]) == (409, "overtaken")
    telling = {"version": 1, "rules": found["rules"] | {"sms_sender": "HIV Elvenes"}}
    assert browser.ask("PUT", "/staff/elvenes/rules", telling).status_code == 400
    whats = [entry.what for entry in clinic.services.trail.happened(clinic.trust, "")]
    assert whats.count("rules_changed") == 1


def test_a_text_is_tried_refused_kept_and_noted(clinic: Clinic) -> None:
    browser = administrator(clinic)
    new: dict[str, Any] = {"kind": "cancelled", "way": "sms", "language": "nb", "text": "Avlyst. Se helse.no"}
    tried = browser.post("/staff/elvenes/texts/check", new)
    assert tried["problems"] == ["no_phone", "foreign_link"]
    new["text"] = "Timen {day} er avlyst. Ring {phone}"
    assert browser.ask("PUT", "/staff/elvenes/texts", new).json_body["problems"] == []
    assert [t["text"] for t in browser.get("/staff/elvenes/texts")["texts"] if t["text"]] == [new["text"]]
    assert [e.what for e in clinic.services.trail.happened(clinic.trust, "")].count("text_changed") == 1


def test_the_visitor_says_no_to_sms_and_the_department_sees_it_and_takes_it_back(clinic: Clinic) -> None:
    booked, visitor = clinic.book(), Browser()
    visitor.post("/enter", {"secret": clinic.secret()})
    assert visitor.post(f"/visits/{booked.id}/sms", {"wanted": False})["sms_wanted"] is False
    assert visitor.get(f"/visits/{booked.id}")["sms_wanted"] is False
    staff = Browser().be(clinic, clinic.staff)
    day = staff.get(f"/staff/elvenes/consultations?day={booked.day}")["consultations"]
    assert [c["sms_wanted"] for c in day] == [False]
    assert staff.post(f"/staff/elvenes/consultations/{booked.id}/sms", {"wanted": True})["sms_wanted"] is True
    whats = [entry.what for entry in clinic.services.trail.happened(clinic.trust, booked.id)]
    assert [what for what in whats if what.startswith("sms_")] == ["sms_sent", "sms_declined", "sms_accepted"]


def test_what_was_sent_is_shown_to_whose_it_is(clinic: Clinic) -> None:
    booked = clinic.book(email="kari@example.no")
    path = f"/staff/elvenes/consultations/{booked.id}/messages"
    shown = Browser().be(clinic, clinic.staff).get(path)["messages"]
    assert sorted((m["way"], m["kind"], m["state"]) for m in shown) == [
        ("mail", "invited", "sent"),
        ("sms", "invited", "sent"),
    ]
    assert Browser().be(clinic, "sunniva-lie").ask("GET", path).status_code == 404


def receipt(browser: Browser, clinic: Clinic, body: Any, **changes: str) -> int:
    raw, time = json.dumps(body).encode(), str(clinic.clock.time)
    given = {
        "webhook_id": "r-1",
        "webhook_timestamp": time,
        "webhook_signature": f"v1,{signature(KEY, 'r-1', time, raw)}",
        "X_Venterom": "",
    } | changes
    return int(browser.ask("POST", "/receipts/sms", raw, **given).status_code)


def test_a_gateways_receipt_is_taken_by_its_signature_alone(clinic: Clinic) -> None:
    clinic.carrier.name = "gateway"
    booked = clinic.book()
    body = {"message": "id-1", "delivered": True, "why": "none"}
    assert receipt(Browser(), clinic, body) == 404, "no gateway is in use"
    vars(clinic.services)["settings"] = _with_gateway(clinic)
    keys = json.dumps({"token": "t", "receipts": KEY})
    vars(clinic.services)["secret"] = lambda name: keys if name == "gateway" else name
    assert receipt(Browser(), clinic, body, webhook_signature="v1,x") == 401
    assert receipt(Browser(), clinic, body | {"message": "another"}) == 404
    for _ in range(2):
        assert receipt(Browser(), clinic, body) == 204
    assert clinic.now(booked).sms == "delivered"


def _with_gateway(clinic: Clinic) -> Any:
    return msgspec.structs.replace(clinic.services.settings, sms_carrier=SmsBy.GATEWAY)
