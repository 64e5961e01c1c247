"""Requests and answers: cookies, addresses, headers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.edge import Answer, Request, respond, set_cookie


class Incoming:
    """The parts of Chalice's request that are looked at; header names in lower case."""

    def __init__(self, method: str = "GET", body: bytes = b"", **headers: str) -> None:
        self.method = method
        self.raw_body = body
        self.query_params: dict[str, str] | None = None
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def request(proxies: int = 1, **given: Any) -> Request:
    return Request(Incoming(**given), proxies, "health")


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
    assert answer.body == ""
