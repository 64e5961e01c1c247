"""Wherever a browser is sent, it is to our own pages or to a configured issuer; nothing that comes in says where."""

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chalicelib.oidc_token import Person
from chalicelib.protocol import LoginLevel
from tests.fakes.browser import Browser, open_doors
from tests.fakes.clinic import Clinic, person

EVIL = (
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "elvenes/..//evil.example",
    "elvenes\r\nLocation: https://evil.example",
    "@evil.example",
    "javascript:alert(1)",
    "?next=https://evil.example",
)
hostile = st.one_of(st.sampled_from(EVIL), st.text(max_size=40).filter(lambda text: "\x00" not in text))


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    with open_doors(monkeypatch) as opened:
        yield opened


def ours(location: str) -> bool:
    """Whether it is on our origin, as browsers read addresses, or at a portal's own endpoint."""
    parts = urlsplit(location)
    if parts.scheme or parts.netloc:
        return (parts.scheme, parts.netloc) == ("https", "portal.example")
    return location.startswith("/") and not location.startswith(("//", "/\\")) and location.isprintable()


def follow(browser: Browser, method: str, path: str) -> str:
    """Where a door sends the browser to; our front page when it does not."""
    answer = browser.ask(method, path)
    body = answer.json_body if answer.body else {}
    assert answer.status_code < 500
    return str(answer.headers.get("Location") or body.get("location") or "/")


@given(code=hostile, state=hostile, error=hostile, more=hostile)
@example("code", "state-1", "", "https://evil.example")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
def test_nothing_that_a_callback_brings_says_where_to_go(
    clinic: Clinic, code: str, state: str, error: str, more: str
) -> None:
    names = {"code": code, "state": state, "error": error, "iss": more, "next": more, "redirect_uri": more}
    query = "&".join(f"{name}={quote(value, errors='surrogatepass')}" for name, value in names.items())
    for door in ("patient", "staff"):
        assert ours(follow(Browser(), "GET", f"/login/{door}/callback?{query}"))


@given(hostile)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
def test_nothing_in_an_address_says_where_to_go(clinic: Clinic, place: str) -> None:
    segment = quote(place, safe="", errors="surrogatepass") or "x"
    for method, path in (
        ("GET", f"/staff/{segment}/login"),
        ("POST", f"/staff/{segment}/logout"),
        ("POST", f"/visits/{segment}/login"),
        ("POST", f"/visits/{segment}/logout"),
    ):
        assert ours(follow(Browser(), method, path))


@pytest.mark.parametrize("who", [person("x", "12838421065"), person("x", "30915131103")], ids=["right", "wrong"])
def test_a_whole_login_and_logout_stays_with_us_and_the_portal(clinic: Clinic, who: Person) -> None:
    booked = clinic.book(login_level=LoginLevel.HIGH, national_id="12838421065")
    browser = Browser()
    browser.post("/enter", {"secret": clinic.secret()})
    there = follow(browser, "POST", f"/visits/{booked.id}/login")
    assert ours(there)
    clinic.patients.person = who
    state = there.split("state=")[1].split("&")[0]
    back = follow(browser, "GET", f"/login/patient/callback?code=c&state={state}")
    assert ours(back)
    assert back.endswith(f"#{booked.id}")
    assert ours(follow(browser, "POST", f"/visits/{booked.id}/logout"))
