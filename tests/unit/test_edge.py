"""Requests and answers: cookies, addresses, headers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.edge import Answer, Request, framed, redirect, respond, set_cookie
from chalicelib.errors import NotJson
from chalicelib.headers import OVER_TLS, of_pages
from chalicelib.rest import Health

ORIGIN = "https://venterom.example"


class Incoming:
    """The parts of Chalice's request that are looked at; header names in lower case."""

    def __init__(self, method: str = "GET", body: bytes = b"", **headers: str) -> None:
        self.method = method
        self.raw_body = body
        self.query_params: dict[str, str] | None = None
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def request(proxies: int = 1, **given: Any) -> Request:
    return Request(Incoming(**given), ORIGIN, proxies, "health")


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("__Host-v-a=1", "1"),
        ("other=2; __Host-v-a=1", "1"),
        ("__Host-v-a=1; __Host-v-a=2", "1"),
        ('odd={"a": "ø"}; @=; ;;=; __Host-v-a=1', "1"),
        ("x__Host-v-a=2", ""),
        ("__host-v-a=2", ""),
        ("", ""),
    ],
)
def test_a_cookie_is_found_among_odd_neighbours(header: str, value: str) -> None:
    assert request(cookie=header).cookie("__Host-v-a") == value


@given(st.text())
def test_no_cookie_header_is_a_stumble(header: str) -> None:
    assert isinstance(request(cookie=header).cookie("a"), str)


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("192.0.2.1", 1, "192.0.2.1"),
        ("made up, 192.0.2.1", 1, "192.0.2.1"),
        ("made up, 192.0.2.1, 10.0.0.1", 2, "192.0.2.1"),
        ("192.0.2.1", 2, "192.0.2.1"),
    ],
)
def test_only_what_our_proxies_saw_is_believed(forwarded: str, proxies: int, address: str) -> None:
    assert request(proxies, x_forwarded_for=forwarded).address == address


@pytest.mark.parametrize(
    ("method", "header", "safe"), [("GET", "", True), ("POST", "1", True), ("POST", "", False), ("DELETE", "0", False)]
)
def test_what_changes_something_carries_our_header(method: str, header: str, safe: bool) -> None:
    assert request(method=method, x_venterom=header).safe is safe


def test_an_answer_carries_each_cookie_in_a_header_of_its_own() -> None:
    answer = respond(Answer(status=204, cookies=(("a", "1"), ("b", ""))))
    assert answer.headers["Set-Cookie"] == [set_cookie("a", "1"), set_cookie("b", "")]
    assert set_cookie("b", "").endswith("Max-Age=0")
    assert "Max-Age" not in set_cookie("a", "1"), "until the browser closes"
    assert set_cookie("a", "1", 300).endswith("; Max-Age=300")
    assert set_cookie("a", "", 300).endswith("; Max-Age=0")
    assert answer.body == ""


@pytest.mark.parametrize(
    ("headers", "safe"),
    [
        ({}, False),
        ({"x_venterom": "1"}, True),
        ({"x_venterom": "0"}, False),
        ({"x_venterom": "1", "origin": ORIGIN, "sec_fetch_site": "same-origin"}, True),
        ({"origin": ORIGIN, "sec_fetch_site": "same-origin"}, False),
        ({"x_venterom": "1", "origin": "https://evil.example"}, False),
        ({"x_venterom": "1", "origin": "null"}, False),
        ({"x_venterom": "1", "origin": f"{ORIGIN}.evil.example"}, False),
        ({"x_venterom": "1", "origin": "http://venterom.example"}, False),
        ({"x_venterom": "1", "sec_fetch_site": "cross-site"}, False),
        ({"x_venterom": "1", "sec_fetch_site": "same-site"}, False),
        ({"x_venterom": "1", "origin": ORIGIN, "sec_fetch_site": "cross-site"}, False),
    ],
)
def test_what_changes_something_comes_from_our_own_pages(headers: dict[str, str], safe: bool) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert Request(Incoming(method, b"", **headers), ORIGIN, 1, "health").safe is safe
    assert Request(Incoming("GET", b"", **headers), ORIGIN, 1, "health").safe


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])
def test_a_body_that_a_foreign_form_could_send_is_not_read(kind: str) -> None:
    with pytest.raises(NotJson):
        request(method="POST", body=b"{}", content_type=kind).body(Health)


def test_a_body_is_read_with_its_charset_named_or_not() -> None:
    for kind in ("application/json", "Application/JSON; charset=utf-8"):
        assert request(method="POST", body=b'{"status":"ok"}', content_type=kind).body(Health) == Health()


def test_an_answer_of_the_api_is_no_page_and_nobodys_to_keep() -> None:
    for answer in (Answer(Health()), Answer(status=204), redirect("/v")):
        sent = respond(answer).headers
        assert sent["Cache-Control"] == "no-store"
        assert sent["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert sent["X-Content-Type-Options"] == "nosniff"
    sent = respond(framed(["https://portal.example"])).headers
    assert sent["Content-Security-Policy"] == "default-src 'none'; frame-ancestors https://portal.example"
    assert respond(framed([])).headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_over_tls_the_pages_promise_it_and_ask_only_their_own_socket() -> None:
    sent = of_pages("venterom.example", tls=True)
    assert OVER_TLS.items() <= sent.items()
    assert "connect-src 'self' wss://venterom.example;" in sent["Content-Security-Policy"]
    assert "http:" not in str(sent)
    permissions = dict(part.split("=") for part in sent["Permissions-Policy"].split(", "))
    assert {name for name, who in permissions.items() if who != "()"} == {
        "camera", "microphone", "display-capture", "autoplay", "screen-wake-lock",
    }  # fmt: skip
