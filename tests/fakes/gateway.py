"""API Gateway before the functions, without a network: events as it makes them, answers as it reads them."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import app as doors
from chalicelib.routes import ROUTES, Route

Pairs = Mapping[str, str] | Iterable[tuple[str, str]]

OPEN: Final = [route for route in ROUTES if route.method in doors.app.routes.get(route.path, {})]
"""Every door that has something behind it."""
_PATTERNS: Final = {
    path: re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path) + r"\Z") for path in {route.path for route in OPEN}
}


class Answer(NamedTuple):
    """What came back; a header may come more than once."""

    status: int
    headers: Mapping[str, list[str]]
    body: str

    @property
    def json(self) -> Any:
        """The body, or None when there is none."""
        return json.loads(self.body) if self.body else None


def ask(method: str, path: str, query: Pairs = (), headers: Pairs = (), body: bytes | None = None) -> Answer:
    """One request; ``path`` percent-encoded, without ``/api``. Raises LookupError when there is no such door."""
    for template, pattern in _PATTERNS.items():
        if (found := pattern.match(path)) and method in doors.app.routes[template]:
            return through(
                method, template, {k: unquote(v) for k, v in found.groupdict().items()}, query, headers, body
            )
    raise LookupError(path)


def through(
    method: str, template: str, places: Mapping[str, str], query: Pairs, headers: Pairs, body: bytes | None
) -> Answer:
    """As `ask`, for a door that is known."""
    sent, asked = _many(headers), _many(query)
    text, encoded = _text(body)
    event = {
        "resource": template,
        "path": template,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in sent.items()} or None,
        "multiValueHeaders": sent or None,
        "queryStringParameters": {name: values[-1] for name, values in asked.items()} or None,
        "multiValueQueryStringParameters": asked or None,
        "pathParameters": dict(places) or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": template, "httpMethod": method, "stage": "api", "path": f"/api{template}",
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": text,
        "isBase64Encoded": encoded,
    }  # fmt: skip
    answer = doors.app(event, None)
    once = {name: [value] for name, value in answer["headers"].items()}
    return Answer(answer["statusCode"], once | answer.get("multiValueHeaders", {}), answer["body"])


def fill(route: Route, places: Mapping[str, str]) -> dict[str, str]:
    """The values of a door's places."""
    return {name: places[name] for name in re.findall(r"{(\w+)}", route.path)}


def _many(pairs: Pairs) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs.items() if isinstance(pairs, Mapping) else pairs:
        found.setdefault(name, []).append(value)
    return found


def _text(body: bytes | None) -> tuple[str | None, bool]:
    """A body is text where it can be, else base64."""
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
