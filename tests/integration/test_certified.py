"""Our relying party against a certified OpenID provider (npm ``oidc-provider``), over real HTTP: what we believe of the
standards is what others believe too.
"""

import base64
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import urllib3

from chalicelib.errors import LevelTooLow, LoginFailed, Unavailable
from chalicelib.oidc import Client, LoginTooOld, RelyingParty, Started
from chalicelib.oidc_http import IssuerHttp
from chalicelib.oidc_keys import new_key_set, public_key_set
from chalicelib.oidc_profile import ENTERPRISE, HELSEID, IDPORTEN, Profile
from chalicelib.oidc_token import Person
from chalicelib.protocol import LoginLevel

FOLDER = Path(__file__).parents[1] / "certified"
NODE = Path(sys.executable).with_name("node")
HIGH, SUBSTANTIAL, NONE = LoginLevel.HIGH, LoginLevel.SUBSTANTIAL, LoginLevel.NONE
HTTP = urllib3.PoolManager(retries=False, timeout=10)


class Pages:
    """What the provider fetches of us, and what it tells us."""

    def __init__(self) -> None:
        self.key_set = new_key_set(None)
        self.key_fetches = 0
        self.logout_tokens: SimpleQueue[str] = SimpleQueue()
        pages = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pages.key_fetches += 1
                self._answer(public_key_set(pages.key_set))

            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                pages.logout_tokens.put(parse_qs(form)["logout_token"][0])
                self._answer("{}")

            def _answer(self, body: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> "Pages":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def provider(pages: Pages, *, port: int = 0, pushed: bool = True) -> Iterator[str]:
    """A provider; gives its address."""
    options = {"origin": pages.origin, "port": port, "pushed": pushed}
    with subprocess.Popen(
        [str(NODE), "provider.mjs", json.dumps(options)],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdout
        assert child.stdin
        try:
            address = child.stdout.readline().strip()
            assert address, "it did not start"
            yield address
        finally:
            child.stdin.close()
            child.wait()


@pytest.fixture(scope="module")
def pages() -> Iterator[Pages]:
    with Pages() as running:
        yield running


@pytest.fixture(scope="module")
def issuer(pages: Pages) -> Iterator[str]:
    with provider(pages) as address:
        yield address


PROFILES: dict[str, Profile] = {"patient": IDPORTEN, "staff": HELSEID, "directory": ENTERPRISE}


def relying_party(
    pages: Pages, issuer: str, client_id: str = "patient", now: Callable[[], float] = time.time
) -> RelyingParty:
    directory = {"id_claim": "oid", "role_claim": "roles"} if client_id == "directory" else {}
    client = Client(
        issuer=issuer,
        client_id=client_id,
        redirect_uri=f"{pages.origin}/callback",
        logout_uri=f"{pages.origin}/",
        profile=PROFILES[client_id],
        **directory,
    )
    return RelyingParty(client, lambda: pages.key_set, IssuerHttp(), now)


class Browser:
    """Follows redirects at the provider and keeps its cookies."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}

    def go(self, address: str, method: str = "GET", **fields: str) -> urllib3.BaseHTTPResponse:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        options: dict[str, Any] = {"fields": fields, "encode_multipart": False} if method == "POST" else {}
        answer = HTTP.request(method, address, headers=headers, redirect=False, **options)
        for cookie in answer.headers.getlist("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def follow(self, address: str, until: str, person: str = "kari", acr: str = "idporten-loa-high") -> str:
        """From redirect to redirect until an address begins with ``until``; at the login page somebody logs in."""
        for _ in range(6):
            if "/login/" in address:
                address += f"?person={person}&acr={acr}"
            answer = self.go(address)
            assert answer.status in (302, 303), answer.data
            address = urljoin(address, answer.headers["Location"])
            if address.startswith(until):
                return address
        raise AssertionError("led in circles")

    def come_back(self, started: Started, pages: Pages, **who: str) -> dict[str, str]:
        """What the provider sends back for a login."""
        address = urlsplit(self.follow(started.location, f"{pages.origin}/callback", **who))
        return {name: value for name, (value,) in parse_qs(address.query).items()}


def log_in(
    party: RelyingParty, pages: Pages, level: LoginLevel = HIGH, browser: Browser | None = None, **who: str
) -> Person:
    started = party.start(level, "nb")
    came = (browser or Browser()).come_back(started, pages, **who)
    assert came["state"] == started.state
    return party.finish(came["code"], came["iss"], started.verifier, started.nonce, level)


# ---------------------------------------------------------------- logins


def test_a_patient(pages: Pages, issuer: str) -> None:
    """PAR, PKCE, RS256 assertion, pairwise subject, acr, auth_time, sid, at_hash, response iss."""
    person = log_in(relying_party(pages, issuer), pages)
    assert (person.issuer, person.level, person.national_id) == (issuer, HIGH, "12838421065")
    assert person.subject.startswith("patient-")
    assert person.sid
    assert abs(person.auth_time - time.time()) < 60


def test_a_nonce_of_the_browsers_own_stands_in_the_token_also_a_second_time(pages: Pages, issuer: str) -> None:
    party, nonce = relying_party(pages, issuer), "n" * 43
    for _ in range(2):
        started = party.start(HIGH, "nb", nonce=nonce)
        came = Browser().come_back(started, pages)
        found = party.finish(came["code"], came["iss"], started.verifier, nonce, HIGH, with_token=True)
        claims = json.loads(base64.urlsafe_b64decode(found.token.split(".")[1] + "=="))
        assert (claims["nonce"], claims["pid"]) == (nonce, found.national_id)


def test_one_of_the_staff_by_helseids_rules(pages: Pages, issuer: str) -> None:
    """ES256 assertion, DPoP with the provider's nonce, an ID token signed with PS256."""
    person = log_in(relying_party(pages, issuer, "staff"), pages, NONE, person="ingrid-berg")
    assert (person.subject, person.level, person.roles) == ("ingrid-berg", HIGH, ())


def test_one_of_the_staff_by_a_directory_that_knows_no_pushing(pages: Pages) -> None:
    with provider(pages, pushed=False) as address:
        person = log_in(relying_party(pages, address, "directory"), pages, NONE, person="ingrid-berg")
    assert (person.subject, person.roles) == ("oid-ingrid-berg", ("Video.Behandler",))


def test_a_level_too_low(pages: Pages, issuer: str) -> None:
    with pytest.raises(LevelTooLow):
        log_in(relying_party(pages, issuer), pages, acr="idporten-loa-substantial")
    assert log_in(relying_party(pages, issuer), pages, SUBSTANTIAL, acr="idporten-loa-substantial").level is SUBSTANTIAL


def test_cancel(pages: Pages, issuer: str) -> None:
    started = relying_party(pages, issuer).start(HIGH, "nb")
    came = Browser().come_back(started, pages, person="")
    assert (came["error"], came["state"], came["iss"]) == ("access_denied", started.state, issuer)


def test_a_request_that_was_not_pushed_goes_nowhere(pages: Pages, issuer: str) -> None:
    with provider(pages, pushed=False) as other:
        plain = relying_party(pages, other, "directory").start(NONE, "nb").location
    answer = Browser().go(plain.replace(other, issuer))
    refused = answer.status == 400 or "error=invalid_request" in answer.headers.get("Location", "")
    assert refused


def test_a_code_and_its_verifier_are_good_once_and_together(pages: Pages, issuer: str) -> None:
    party = relying_party(pages, issuer)
    started, other = party.start(HIGH, "nb"), party.start(HIGH, "nb")
    came = Browser().come_back(started, pages)
    with pytest.raises(LoginFailed) as refused:
        party.finish(came["code"], came["iss"], other.verifier, started.nonce, HIGH)
    assert str(refused.value.__cause__) == "invalid_grant"
    again = party.start(HIGH, "nb")
    came = Browser().come_back(again, pages)
    with pytest.raises(LoginFailed) as refused:
        party.finish(came["code"], came["iss"], again.verifier, started.nonce, HIGH)
    assert str(refused.value.__cause__) == "nonce"
    with pytest.raises(LoginFailed) as refused:
        party.finish(came["code"], came["iss"], again.verifier, again.nonce, HIGH)
    assert str(refused.value.__cause__) == "invalid_grant"


def test_a_login_of_an_hour_ago_is_none(pages: Pages, issuer: str) -> None:
    """Its single sign-on would let her in; we look at when she logged in."""
    ahead = 0.0
    party, browser = relying_party(pages, issuer, now=lambda: time.time() + ahead), Browser()
    log_in(party, pages, browser=browser)
    started = party.start(HIGH, "nb")
    came = browser.come_back(started, pages)
    ahead = 1900.0
    with pytest.raises(LoginFailed) as refused:
        party.finish(came["code"], came["iss"], started.verifier, started.nonce, HIGH)
    assert not isinstance(refused.value, LoginTooOld), "our clock is wrong, and our assertion is from the future"
    assert str(refused.value.__cause__) == "invalid_client"


def test_single_sign_on_and_a_login_anew(pages: Pages, issuer: str) -> None:
    party, browser = relying_party(pages, issuer), Browser()
    first = log_in(party, pages, browser=browser)
    assert log_in(party, pages, browser=browser, person="nobody-is-asked").subject == first.subject
    assert "/login/" in browser.go(party.start(HIGH, "nb", anew=True).location).headers["Location"]


# ---------------------------------------------------------------- keys that roll


def test_our_keys_roll() -> None:
    """The provider keeps our keys for a minute at least: the one that signs next is known to it already."""
    with Pages() as pages, provider(pages) as address:
        party = relying_party(pages, address)
        log_in(party, pages)
        fetched = pages.key_fetches
        pages.key_set = new_key_set(pages.key_set)
        log_in(party, pages)
        assert pages.key_fetches == fetched


def test_a_key_that_is_not_ours(pages: Pages, issuer: str) -> None:
    log_in(relying_party(pages, issuer), pages)
    stranger = Pages.__new__(Pages)
    stranger.key_set, stranger.origin = new_key_set(None), pages.origin
    with pytest.raises(Unavailable) as refused:
        relying_party(stranger, issuer).start(HIGH, "nb")
    assert str(refused.value.__cause__) == "invalid_client"


def test_the_issuers_keys_roll(pages: Pages) -> None:
    with provider(pages) as address:
        party = relying_party(pages, address)
        first = log_in(party, pages)
    with provider(pages, port=urlsplit(address).port or 0) as again:
        assert again == address
        assert log_in(party, pages).subject == first.subject


# ---------------------------------------------------------------- the way out


def test_logging_out(pages: Pages, issuer: str) -> None:
    """By the browser without a token: it is asked, comes back to us, and every session is told of."""
    party, browser = relying_party(pages, issuer), Browser()
    person = log_in(party, pages, browser=browser)
    form = browser.go(party.logout_address())
    assert form.status == 200
    action = re.search(r'action="([^"]+)"', form.data.decode())
    xsrf = re.search(r'name="xsrf" value="([^"]+)"', form.data.decode())
    assert action
    assert xsrf
    answer = browser.go(urljoin(issuer, action[1]), "POST", xsrf=xsrf[1], logout="yes")
    assert answer.headers["Location"] == f"{pages.origin}/"
    assert party.ended(pages.logout_tokens.get(timeout=10)) == person.sid
    other = relying_party(pages, issuer, "staff")
    with pytest.raises(LoginFailed):
        other.ended("noise")
    assert "/login/" in browser.go(party.start(HIGH, "nb").location).headers["Location"], "nobody is logged in any more"
