"""The running service, asked as described and with everything planted: it answers as described, and logs nothing of it.

tests/security asks far more, of the same doors in one process.
"""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from local.seed import Clinician
from local.system import TRUST, Ports, System
from tests.fakes.gateway import OPEN, fill
from tests.invariants.running import hold
from tests.security.planted import ADDRESS, EMAIL, EVERYTHING, NAME, NATIONAL, NEEDLE, PHONE, SDP, WORD
from tests.security.test_described import CHECKS, built

TRUST_ID: Final = TRUST["trust"]["id"]
PEOPLE: Final = {
    "clinician": "ingrid-berg", "secretary": "berit-solli", "administrator": "turid-moe", "support": "lars-nes",
    "auditor": "hilde-vik",
}  # fmt: skip
ENDING: Final = frozenset({"log_out", "visit_logout"})
"""Doors that would end what the others need."""
EXAMPLES: Final = 2

schema = schemathesis.openapi.from_dict(built())
schema.config.phases.coverage.enabled = False  # many requests a door, which tests/security makes


class Service:
    """The service, and who is logged in at it."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.base = f"{system.origin}/api"
        self.cookies = {}
        for role, person in PEOPLE.items():
            desk = Clinician(system.origin, TRUST_ID)
            desk.log_in(person)
            self.cookies[role] = desk.cookies
        secret = system.addresses["patient"].partition("#")[2]
        answer = self.ask("POST", "/enter", json.dumps({"secret": secret}).encode())
        self.visit = json.loads(answer.read())["consultation"]
        self.cookies["patient"] = answer.headers["Set-Cookie"].partition(";")[0]
        self.places = {
            "trust": TRUST_ID,
            "consultation": self.visit,
            "department": "medisinsk",
            "guest": "nobody",
            "reference": WORD,
        }

    def cookie(self, staff: tuple[str, ...]) -> str:
        """Somebody's whom a door lets in."""
        return self.cookies[staff[0] if staff else "patient"]

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
        """One request; also a refusal is an answer."""
        sent = {"X-Venterom": "1", "Content-Type": "application/json", **headers}
        request = urllib.request.Request(self.base + path, body, sent, method=method)  # noqa: S310 - our own
        try:
            answer: http.client.HTTPResponse = urllib.request.build_opener(Stay).open(request, timeout=60)
        except urllib.error.HTTPError as error:
            return error  # type: ignore[return-value] # is read as an answer is
        return answer

    def logs(self) -> str:
        """Everything that anything has logged."""
        files = "".join(file.read_text() for file in sorted((self.system.state / "log").glob("*.log")))
        client = self.system.aws.client("logs")
        groups = client.describe_log_groups()["logGroups"]
        for group in groups:
            for events in client.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                files += "".join(event["message"] + "\n" for event in events["events"])
        return files


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *_: Any) -> None:
        return None


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with System(tmp_path_factory.mktemp("state"), Ports.free(), say=lambda _: None) as system:
        yield Service(system)
        hold(system)


@schema.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_are_as_described(case: "schemathesis.Case[Any]", service: Service) -> None:
    if case.method != case.operation.method.upper():
        return  # API Gateway knows no such method, and answers itself
    (route,) = (r for r in OPEN if (r.path, r.method) == (case.path, case.method))
    case.path_parameters = fill(route, service.places)
    cookies = [""] if route.door in ENDING else ["", service.cookie(route.staff)]
    for cookie in cookies:
        case.call_and_validate(base_url=service.base, headers={"Cookie": cookie}, checks=CHECKS, allow_redirects=False)


def test_the_logs_hold_nothing_that_was_planted(service: Service) -> None:
    headers = {"User-Agent": EVERYTHING, "X-Forwarded-For": ADDRESS, "Idempotency-Key": WORD, "X-Signature": WORD}
    for route in OPEN:
        if route.door in ENDING:
            continue
        places = fill(route, service.places)
        for path in (route.path.format(**places), route.path.format(**dict.fromkeys(places, WORD))):
            for body in (EVERYTHING.encode(), json.dumps({"secret": WORD, "sdp": SDP}).encode()):
                query = f"?state={WORD}&code={WORD}&iss={WORD}"
                sent = None if route.method == "GET" else body
                answer = service.ask(route.method, path + query, sent, Cookie=service.cookie(route.staff), **headers)
                assert answer.status < 500, route.door
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT10:00:00Z")
    booking = {"department": "medisinsk", "patient_name": NAME, "starts": tomorrow, "phone": PHONE}
    booking |= {"email": EMAIL, "national_id": NATIONAL, "send": "now"}
    place, desk = f"/staff/{TRUST_ID}/consultations", service.cookies["clinician"]
    headers["Idempotency-Key"] = NAME
    booked = service.ask("POST", place, json.dumps(booking).encode(), Cookie=desk, **headers)
    assert (booked.status, json.loads(booked.read())["patient_name"]) == (201, NAME)
    logs = service.logs()
    assert '"door": "book"' in logs, "what the functions log is in there"
    assert not NEEDLE.search(logs), next(line for line in logs.splitlines() if NEEDLE.search(line))
    assert not any(cookie.partition("=")[2] in logs for cookie in service.cookies.values())
