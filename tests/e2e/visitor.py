"""A patient's side of the REST API without a browser, from an address of its own."""

import http.client
import json
import secrets
from collections.abc import Mapping
from typing import Any

from client.rest import OURS, Rest
from local.seed import latest_code

__all__ = ["OURS", "Visitor"]


class Visitor(Rest):
    """Keeps cookies; ``address`` is where the front says that it comes from."""

    def __init__(self, origin: str, cookies: Mapping[str, str] | None = None) -> None:
        super().__init__(origin, cookies)
        self.address = f"127.77.{secrets.randbelow(250) + 1}.{secrets.randbelow(250) + 1}"
        self.entered: dict[str, Any] = {}

    @property
    def consultation(self) -> str:
        """The consultation that was entered."""
        return str(self.entered["consultation"])

    def enter(self, link: str) -> dict[str, Any]:
        """Open a link."""
        status, answer = self.request("POST", "enter", json.dumps({"secret": link.partition("#")[2]}).encode())
        assert status == 200, answer
        self.entered = answer
        return answer

    def try_enter(self, secret: str) -> str:
        """Try a secret; returns the error's code, or an empty text."""
        _, answer = self.request("POST", "enter", json.dumps({"secret": secret}).encode())
        return str(answer.get("code", ""))

    def log_in_by_code(self, phone: str) -> dict[str, Any]:
        """Ask for a code, read it off ``phone``, give a wrong one first; returns the visit."""
        place = f"visits/{self.consultation}/code"
        status, answer = self.request("POST", place)
        assert (status, answer["ends"]) == (200, phone[-2:]), answer
        code = latest_code(f"http://{self._host}", phone)
        wrong = json.dumps({"code": f"{(int(code) + 1) % 10**6:06d}"}).encode()
        self.expect_error(403, "code_wrong", "POST", f"{place}/check", body=wrong)
        status, answer = self.request("POST", f"{place}/check", json.dumps({"code": code}).encode())
        assert (status, answer["logged_in"]) == (200, True), answer
        return answer

    def get(self) -> dict[str, Any]:
        """The visit as it stands."""
        status, answer = self.request("GET", f"visits/{self.consultation}")
        assert status == 200, answer
        return answer

    def ticket(self) -> str:
        """A pass for one socket."""
        status, answer = self.request("POST", f"visits/{self.consultation}/ticket")
        assert status == 200, answer
        return str(answer["ticket"])

    def expect_error(self, status: int, code: str, method: str, path: str, **given: Any) -> None:
        """Ask, and get just this error with a text for a person."""
        got, answer = self.request(method, path, given.get("body"), given.get("headers"))
        assert (got, answer.get("code")) == (status, code)
        assert answer["message"]
        assert isinstance(answer["retry"], bool)

    def connect(self) -> http.client.HTTPConnection:
        """From an address of its own."""
        # Every address in 127/8 is this machine; the front reports the one that a connection comes from.
        return http.client.HTTPConnection(self._host, timeout=60, source_address=(self.address, 0))
