"""A browser before the REST API's doors, and the doors' services over fakes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from chalice.test import Client, HTTPResponse

import app as doors
from chalicelib.lifecycle import Role
from chalicelib.protocol import LoginLevel
from chalicelib.sessions import staff_cookie
from chalicelib.wiring import services
from tests.fakes.clinic import SETTINGS, Clinic


@contextmanager
def open_doors(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    """A clinic whose services are those behind ``app.py``."""
    for field in SETTINGS.__struct_fields__:
        monkeypatch.setenv(f"VENTEROM_{field.upper()}", str(getattr(SETTINGS, field)))
    monkeypatch.setenv("AWS_REGION", "eu-north-1")  # as Lambda sets it
    services.cache_clear()
    try:
        yield Clinic(services())
    finally:
        services.cache_clear()


class Browser:
    """Speaks HTTP to the doors and keeps cookies as a browser does."""

    def __init__(self, address: str = "192.0.2.1") -> None:
        self.jar: dict[str, str] = {}
        self.address = address

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HTTPResponse:
        sent = {
            "X-Forwarded-For": f"203.0.113.9, {self.address}",
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.jar.items()),
        }
        if method != "GET":
            sent |= {"X-Venterom": "1", "Content-Type": "application/json"}
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        with Client(doors.app) as client:
            answer = client.http.request(method, path, headers=sent, body=raw)
        for cookie in answer.headers.get("Set-Cookie", []):
            self._keep(cookie)
        return answer

    def be(self, clinic: Clinic, staff: str, *roles: Role, trust: str = Clinic.trust) -> "Browser":
        """Be logged in as one of the staff; in ``roles``, as if her issuer had said so, or else the register's."""
        begin = clinic.services.sessions.begin
        _, value = begin(trust=trust, role=Role.CLINICIAN, staff=staff, roles=roles, proven=True, level=LoginLevel.HIGH)
        self.jar[staff_cookie(trust)] = value
        return self

    def get(self, path: str) -> Any:
        return self._json(self.ask("GET", path))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._json(self.ask("POST", path, body, **headers))

    @staticmethod
    def _json(answer: HTTPResponse) -> Any:
        assert answer.status_code < 300, answer.body
        return answer.json_body

    def _keep(self, cookie: str) -> None:
        first, *attributes = cookie.split("; ")
        assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} <= set(attributes)
        name, value = first.split("=", 1)
        assert name.startswith("__Host-")
        self.jar[name] = value
        if "Max-Age=0" in attributes:
            del self.jar[name]
