"""Between API Gateway and the use cases: bodies, cookies, the client's address, and errors as answers."""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from chalice.app import Request as ChaliceRequest
from chalice.app import Response

from chalicelib import headers, trace
from chalicelib.errors import BadRequest, Busy, Forbidden, NotJson, TooLarge, VenteromError
from chalicelib.headers import Cookie
from chalicelib.log import fault, log
from chalicelib.metrics import Metric, measure
from chalicelib.rest import ErrorBody
from chalicelib.routes import BY_DOOR, Who

T = TypeVar("T")
MAX_BODY: Final = 16 * 1024  # bytes; the longest honest body is a booking, below 1 KB
JSON: Final = {"Content-Type": "application/json", **headers.API}
OUR_HEADER: Final = "x-venterom"
OUR_SITES: Final = frozenset({"", "same-origin", "none"})
SIGNED: Final = frozenset({Who.CARRIER, Who.ISSUER})
"""Who comes without a browser, and without a cookie that a foreign page could use."""


class Request:
    """One request, as the doors need it."""

    def __init__(self, request: ChaliceRequest, origin: str, trusted_proxies: int, door: str) -> None:
        self.door = door
        self._request = request
        self._origin = origin
        self._trusted_proxies = trusted_proxies

    def raw(self) -> bytes:
        """The body as it came. Raises TooLarge."""
        raw: bytes = self._request.raw_body
        if len(raw) > MAX_BODY:
            raise TooLarge
        return raw

    def body(self, kind: type[T]) -> T:
        """The body as ``kind``. Raises NotJson, BadRequest, TooLarge."""
        if self.header("content-type").partition(";")[0].strip().lower() != "application/json":
            raise NotJson
        try:
            return msgspec.json.decode(self.raw(), type=kind)
        except msgspec.ValidationError:
            raise BadRequest from None
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise NotJson from None

    def body_or(self, default: T) -> T:
        """As `body`, of the kind of ``default``, which is taken where there is none."""
        return self.body(type(default)) if self.raw() else default

    def form(self, kind: type[T]) -> T:
        """The body, a form, as ``kind``; what ``kind`` does not know is ignored. Raises BadRequest, TooLarge."""
        raw = self.raw()
        try:
            return msgspec.convert(dict(parse_qsl(raw.decode())), kind)
        except (msgspec.ValidationError, ValueError):
            raise BadRequest from None

    def query(self, kind: type[T]) -> T:
        """The query string as ``kind``; what ``kind`` does not know is ignored. Raises BadRequest."""
        try:
            return msgspec.convert(dict(self._request.query_params or {}), kind)
        except (msgspec.ValidationError, UnicodeError):
            raise BadRequest from None

    def cookie(self, name: str) -> str:
        """A cookie's value, or an empty text."""
        # By hand: http.cookies gives up on all cookies when one of them, perhaps a neighbour's, is odd.
        for part in self.header("cookie").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value
        return ""

    def header(self, name: str) -> str:
        """A header's value, or an empty text."""
        return str(self._request.headers.get(name, ""))

    @property
    def address(self) -> str:
        """Where the client is, as the outermost proxy of ours saw it; what the client itself wrote is not believed."""
        seen = [part.strip() for part in self.header("x-forwarded-for").split(",")]
        return seen[-self._trusted_proxies] if len(seen) >= self._trusted_proxies else seen[0]

    @property
    def safe(self) -> bool:
        """Whether it changes nothing, proves itself, or can only come from our own pages.

        Those send a header that no foreign page can send, and their browser names them as where it comes from, if it
        names anybody: not all browsers that we serve do (Fetch Metadata came to Safari in 2023).
        """
        if self._request.method == "GET" or BY_DOOR[self.door].who in SIGNED:
            return True
        from_us = self.header("origin") in ("", self._origin) and self.header("sec-fetch-site") in OUR_SITES
        return from_us and self.header(OUR_HEADER) == "1"


class Answer(msgspec.Struct, frozen=True):
    """What a door answers: a body, or another place to go, or how long to wait before trying again; cookies by name (an
    empty value takes one away), those that are not to last with their seconds; headers in the place of the usual ones.
    """

    body: Any = None
    status: int = 200
    location: str = ""
    wait_seconds: int = 0
    cookies: tuple[Cookie, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def rest(request: Request, act: Callable[[Request], Any]) -> Response:
    """Run one door of the REST API: what it returns, or the error it raised, as a response."""
    trace.follow(request.header(trace.HEADER))
    try:
        if not request.safe:
            raise Forbidden
        result = act(request)
        answer = result if isinstance(result, Answer) else Answer(result, 204 if result is None else 200)
        outcome = "ok"
    except VenteromError as error:
        told = ErrorBody(code=error.code, message=error.text, retry=error.retry, wait_seconds=error.wait_seconds)
        answer = Answer(told, error.status, wait_seconds=error.wait_seconds)
        outcome = error.code
        if isinstance(error, Busy):
            measure({Metric.BUSY: 1})
    except Exception as error:  # noqa: BLE001 - Chalice would answer in words of its own
        unexpected = VenteromError()
        answer = Answer(ErrorBody(code=unexpected.code, message=unexpected.text, retry=True), unexpected.status)
        outcome = fault(error)
        measure({Metric.UNFORESEEN: 1})
    log(door=request.door, outcome=outcome, status=answer.status)
    return respond(answer)


def in_our_words(response: Response) -> Response:
    """Chalice's own refusals, as of a content type, quote what came; every answer of ours is text already."""
    if isinstance(response.body, str):
        return response
    kind = BadRequest if response.status_code < VenteromError.status else VenteromError
    return respond(Answer(ErrorBody(code=kind.code, message=kind.text, retry=kind.retry), kind.status))


def respond(answer: Answer) -> Response:
    """An answer as Chalice's response."""
    sent: dict[str, Any] = dict(JSON)
    if answer.location:
        sent["Location"] = answer.location
    if answer.wait_seconds:
        sent["Retry-After"] = str(answer.wait_seconds)
    if answer.cookies:
        sent["Set-Cookie"] = [set_cookie(*cookie) for cookie in answer.cookies]
    sent |= dict(answer.headers)
    body = "" if answer.body is None else msgspec.json.encode(answer.body).decode()
    return Response(body=body, status_code=answer.status, headers=sent)


def redirect(location: str, *cookies: Cookie) -> Answer:
    """Go there instead."""
    return Answer(status=302, location=location, cookies=cookies)


def framed(origins: Iterable[str]) -> Answer:
    """An empty page that the pages of ``origins`` may frame."""
    allowed = " ".join(origins) or "'none'"
    policy = headers.API["Content-Security-Policy"].replace("frame-ancestors 'none'", f"frame-ancestors {allowed}")
    return Answer(headers=(("Content-Type", "text/html; charset=utf-8"), ("Content-Security-Policy", policy)))


def set_cookie(name: str, value: str, seconds: int = 0) -> str:
    """A cookie that scripts cannot read and that goes to this host alone (RFC 6265bis, the __Host- prefix); until the
    browser closes, or for ``seconds``."""
    lasts = f"; Max-Age={seconds if value else 0}" if seconds or not value else ""
    return f"{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{lasts}"
