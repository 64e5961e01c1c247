"""The REST API as a browser speaks it: with cookies, and with the header that no foreign page can send."""

import http.client
import json
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

OURS: Final = {"X-Venterom": "1", "Content-Type": "application/json"}
PATIENCE: Final = 60
"""Seconds for one answer."""


class Rest:
    """One browser's cookies at one origin."""

    def __init__(self, origin: str, cookies: Mapping[str, str] | None = None, *, patience: float = PATIENCE) -> None:
        place = urlsplit(origin)
        self._host, self._tls, self._patience = place.netloc, place.scheme == "https", patience
        self._cookies = dict(cookies or {})

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """One request; returns the status and the JSON of the answer, if it is any. Raises OSError."""
        status, raw = self.raw(method, f"/api/{path}", body, headers)
        try:
            answer = json.loads(raw or b"{}")
        except ValueError:
            answer = {}
        return status, answer if isinstance(answer, dict) else {}

    def raw(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """The same of any address there; the answer as it came. Raises OSError."""
        connection = self.connect()
        sent = dict(OURS if headers is None else headers)
        sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            raw = answer.read()
        except http.client.HTTPException as error:
            raise ConnectionError from error
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = cookie.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        return answer.status, raw

    def connect(self) -> http.client.HTTPConnection:
        """To the origin."""
        if self._tls:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, timeout=self._patience, context=context)
        return http.client.HTTPConnection(self._host, timeout=self._patience)
