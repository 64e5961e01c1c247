"""The relying party against the running portal, over real HTTP: every e-ID, and every refusal ID-porten would give."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import msgspec
import pytest
import urllib3
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey

from chalicelib.errors import LevelTooLow, LoginFailed
from chalicelib.oidc import Client, HttpFailed, IssuerHttp, Person, RelyingParty, Started, new_key_set, public_key_set
from chalicelib.protocol import LoginLevel
from local import portal
from local.portal_issuer import Issuer

HIGH, SUBSTANTIAL, NONE = LoginLevel.HIGH, LoginLevel.SUBSTANTIAL, LoginLevel.NONE
PARAMETERS = ["client_id", "redirect_uri", "state", "nonce", "scope", "acr_values", "response_type", "code_challenge"]
BROWSER = urllib3.PoolManager(retries=False, timeout=10)


class Clock:
    """The portal's clock: the real one, and what a test adds."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class World:
    """The portal and the pages' origin, both listening on loopback in a thread of their own."""

    def __init__(self, state: Path) -> None:
        self.key_set = new_key_set(None)
        self.key_fetches = 0
        self.clock = Clock()
        self.issuers: list[Issuer] = []
        self.origin = self.address = ""
        self._state = state
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._runners: list[web.AppRunner] = []

    def __enter__(self) -> "World":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        async def keys(_: web.Request) -> web.Response:
            self.key_fetches += 1
            return web.Response(text=public_key_set(self.key_set), content_type="application/json")

        pages = web.Application()
        pages.router.add_get("/api/jwks", keys)
        self.origin = await self._serve(pages)
        # A portal knows its address before it starts, so its port is bound first.
        listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        fetch = portal.Fetcher()
        self.issuers = portal.issuers(self.address, self.origin, self._state, fetch, self.clock)
        app = portal.create(self.issuers, self.origin)
        app.cleanup_ctx.append(fetch.attach)
        await self._serve(app, listener)

    async def _serve(self, app: web.Application, listener: Any = None) -> str:
        runner = web.AppRunner(app)
        await runner.setup()
        self._runners.append(runner)
        site = web.SockSite(runner, listener) if listener else web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def _stop(self) -> None:
        for runner in reversed(self._runners):
            await runner.cleanup()

    def client(self, realm: str = "idporten", kind: str = "patient") -> Client:
        return Client(
            f"{self.address}/{realm}", f"venterom-{kind}", f"{self.origin}/api/login/{kind}/callback", self.key_set
        )

    def party(self, realm: str = "idporten", kind: str = "patient") -> RelyingParty:
        return RelyingParty(self.client(realm, kind), IssuerHttp(), time.time)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("portal")) as running:
        yield running


@pytest.fixture(autouse=True)
def _clock_back(world: World) -> Iterator[None]:
    yield
    world.clock.ahead = 0.0


def hidden_request(page: str) -> str:
    return page.split('name="request" value="')[1].split('"')[0]


def press(page_address: str, **fields: str) -> dict[str, str]:
    """Open the login page, fill in its form, return the parameters that come back to the callback."""
    page = BROWSER.request("GET", page_address, redirect=False)
    assert page.status == 200, page.data
    form = {"request": hidden_request(page.data.decode()), **fields}
    issuer = page_address.partition("/authorize")[0]
    answer = BROWSER.request("POST", f"{issuer}/login", fields=form, encode_multipart=False, redirect=False)
    assert answer.status == 303, answer.data
    return back(answer.headers["Location"])


def back(location: str) -> dict[str, str]:
    address = urlsplit(location)
    assert address.path.startswith("/api/login/")
    return {name: value for name, (value,) in parse_qs(address.query).items()}


def change(address: str, **changes: str | None) -> str:
    """The address with some parameters changed or, with None, left out."""
    parts = urlsplit(address)
    query = {name: value for name, (value,) in parse_qs(parts.query).items()} | changes
    return urlunsplit(parts._replace(query=urlencode({k: v for k, v in query.items() if v is not None})))


def log_in(party: RelyingParty, person: str, eid: str, level: LoginLevel) -> Person:
    started = party.start(level, "nb")
    came = press(started.location, person=person, eid=eid)
    assert came["state"] == started.state
    return party.finish(came["code"], came["iss"], started.verifier, started.nonce, level)


# ---------------------------------------------------------------- logins


@pytest.mark.parametrize(
    ("eid", "level"),
    [("bankid", HIGH), ("bankid-mobil", HIGH), ("buypass", HIGH), ("commfides", HIGH), ("minid", SUBSTANTIAL)],
)
def test_every_eid(world: World, eid: str, level: LoginLevel) -> None:
    person = log_in(world.party(), "kari", eid, level)
    assert (person.level, person.national_id, person.name) == (level, "12838421065", "Kari Testesen")
    assert person.issuer == f"{world.address}/idporten"


def test_a_level_too_low_can_be_picked_and_is_caught_by_us(world: World) -> None:
    with pytest.raises(LevelTooLow):
        log_in(world.party(), "kari", "minid", HIGH)


def test_high_is_good_enough_for_substantial(world: World) -> None:
    assert log_in(world.party(), "kari", "bankid", SUBSTANTIAL).level is HIGH


def test_a_foreign_eid_brings_no_identity_number(world: World) -> None:
    assert log_in(world.party(), "oleh", "eidas", HIGH).national_id == ""


def test_subjects_are_the_same_each_time_and_tell_nothing(world: World) -> None:
    first, again = (log_in(world.party(), "nils", "bankid", HIGH) for _ in range(2))
    other = log_in(world.party(), "amina", "bankid", HIGH)
    assert first.subject == again.subject != other.subject
    assert "nils" not in first.subject
    assert first.national_id not in first.subject


def test_staff_log_in_as_themselves(world: World) -> None:
    staff = log_in(world.party("ansatt", "staff"), "ingrid-berg", "ansattkort", NONE)
    assert (staff.subject, staff.name, staff.national_id) == ("ingrid-berg", "Ingrid Berg", "")


def test_the_staff_are_those_of_the_trust() -> None:
    people = json.loads((portal.HERE / "people.json").read_text())
    trust = json.loads((portal.HERE / "trust.json").read_text())
    assert people["staff"] == [{"id": one["id"], "name": one["name"]} for one in trust["staff"]]


def test_test_people_have_synthetic_numbers_with_valid_check_digits() -> None:
    """Skatteetaten's test numbers add 80 to the month, so nobody alive has one."""
    people = json.loads((portal.HERE / "people.json").read_text())
    assert len(people["patients"]) == 4
    for person in people["patients"]:
        digits = [int(digit) for digit in person["national_id"]]
        assert 81 <= digits[2] * 10 + digits[3] <= 92
        for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)):
            assert sum(weight * digit for weight, digit in zip(weights, digits, strict=False)) % 11 == 0


def test_a_restart_knows_people_and_keys_again(world: World, tmp_path: Path) -> None:
    async def fetch(_: str) -> Any:
        raise OSError

    def keys() -> dict[str, Any]:
        return portal.issuers("http://127.0.0.1:1", world.origin, tmp_path, fetch)[0].public_keys()

    assert keys() == keys()
    assert (tmp_path / "portal.json").stat().st_mode & 0o077 == 0


def test_it_says_what_it_is(world: World) -> None:
    page = BROWSER.request("GET", world.party().start(HIGH, "nb").location)
    text = page.data.decode()
    assert "stedfortreder" in text
    assert "<script" not in text
    assert "Tjenesten ber om nivå høyt." in text
    assert f"form-action 'self' {world.origin}" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


# ---------------------------------------------------------------- what a browser can do wrong


def test_cancel(world: World) -> None:
    started = world.party().start(HIGH, "nb")
    came = press(started.location, cancel="1")
    assert came == {"error": "access_denied", "state": started.state, "iss": f"{world.address}/idporten"}


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "somebody"},
        {"client_id": None},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": None},
    ],
)
def test_an_unknown_client_or_address_sends_nobody_anywhere(world: World, changes: dict[str, str | None]) -> None:
    answer = BROWSER.request("GET", change(world.party().start(HIGH, "nb").location, **changes), redirect=False)
    assert answer.status == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize("suffix", ["/", "?x=1", "#x", "/../../staff/callback"])
def test_the_address_must_be_exactly_the_registered_one(world: World, suffix: str) -> None:
    address = world.client().redirect_uri + suffix
    location = change(world.party().start(HIGH, "nb").location, redirect_uri=address)
    assert BROWSER.request("GET", location, redirect=False).status == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"nonce": None}, "invalid_request"),
        ({"acr_values": "Level4"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_a_request_that_breaks_the_rules_goes_back(world: World, changes: dict[str, str | None], error: str) -> None:
    started = world.party().start(HIGH, "nb")
    answer = BROWSER.request("GET", change(started.location, **changes), redirect=False)
    assert answer.status == 302
    came = back(answer.headers["Location"])
    assert (came["error"], came["state"], came["iss"]) == (error, started.state, f"{world.address}/idporten")
    assert "code" not in came


@pytest.mark.parametrize(
    "fields",
    [
        {"person": "nobody", "eid": "bankid"},
        {"person": "kari", "eid": "passport"},
        {"person": "kari"},
        {"person": "ingrid-berg", "eid": "bankid"},
        {"request": "guessed", "person": "kari", "eid": "bankid"},
    ],
)
def test_a_form_that_is_not_ours(world: World, fields: dict[str, str]) -> None:
    page = BROWSER.request("GET", world.party().start(HIGH, "nb").location).data.decode()
    form = {"request": hidden_request(page), **fields}
    answer = BROWSER.request(
        "POST", f"{world.address}/idporten/login", fields=form, encode_multipart=False, redirect=False
    )
    assert answer.status == 400


def test_a_login_page_is_good_once_and_for_ten_minutes(world: World) -> None:
    def submit(request: str) -> int:
        form = {"request": request, "person": "kari", "eid": "bankid"}
        address = f"{world.address}/idporten/login"
        return BROWSER.request("POST", address, fields=form, encode_multipart=False, redirect=False).status

    first, second = (
        hidden_request(BROWSER.request("GET", world.party().start(HIGH, "nb").location).data.decode()) for _ in range(2)
    )
    assert [submit(first), submit(first)] == [303, 400]
    world.clock.ahead = 601
    assert submit(second) == 400


def test_no_request_breaks_the_portal(world: World) -> None:
    @given(st.dictionaries(st.sampled_from(PARAMETERS), st.text()))
    def ask(fields: dict[str, str]) -> None:
        known = {"client_id": "venterom-patient", "redirect_uri": world.client().redirect_uri}
        for query in (fields, fields | known):
            address = f"{world.address}/idporten/authorize?{urlencode(query, errors='replace')}"
            assert BROWSER.request("GET", address, redirect=False).status in (302, 400)

    ask()


# ---------------------------------------------------------------- what a client can do wrong


class Meddler:
    """Http that changes the token request on its way."""

    def __init__(self, meddle: Callable[[dict[str, str]], Mapping[str, str]]) -> None:
        self._http = IssuerHttp()
        self._meddle = meddle

    def get_json(self, url: str) -> Any:
        return self._http.get_json(url)

    def post_form(self, url: str, fields: Mapping[str, str]) -> Any:
        return self._http.post_form(url, self._meddle(dict(fields)))


def refused(world: World, meddle: Callable[[dict[str, str]], Mapping[str, str]]) -> str:
    """Log in with a token request that was meddled with; return the error."""
    party = RelyingParty(world.client(), Meddler(meddle), time.time)
    with pytest.raises(LoginFailed) as failure:
        log_in(party, "kari", "bankid", HIGH)
    return str(failure.value.__cause__)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "A" * 43}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_grant"),
        ({"code": "guessed"}, "invalid_grant"),
        ({"client_assertion": ""}, "invalid_client"),
        ({"client_assertion": "a.b.c"}, "invalid_client"),
        ({"client_assertion_type": "x"}, "invalid_client"),
        ({"client_id": "venterom-staff"}, "invalid_client"),
    ],
)
def test_a_token_request_that_breaks_the_rules(world: World, changes: dict[str, str], error: str) -> None:
    assert refused(world, lambda fields: {**fields, **changes}) == error


def assertion(world: World, key_set: str | None = None, **changes: Any) -> str:
    key = json.loads(key_set or world.key_set)["keys"][0]
    now = int(time.time())
    name = "venterom-patient"
    claims = {
        "iss": name,
        "sub": name,
        "aud": f"{world.address}/idporten",
        "iat": now,
        "exp": now + 60,
        "jti": str(now),
    }
    header = {"alg": "RS256", "kid": key["kid"]}
    return jwt.encode(header, {k: v for k, v in {**claims, **changes}.items() if v is not None}, RSAKey.import_key(key))


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "somebody"},
        {"sub": "somebody"},
        {"aud": "https://evil.example"},
        {"aud": None},
        {"exp": 1},
        {"exp": None},
        {"exp": 2**33},
        {"iat": 2**33},
        {"jti": None},
    ],
)
def test_an_assertion_that_lies(world: World, lie: dict[str, Any]) -> None:
    assert refused_with(world, assertion(world, **lie)) == "invalid_client"


def test_an_assertion_signed_by_somebody_else(world: World) -> None:
    stranger = new_key_set(None)
    own = json.loads(world.key_set)["keys"][0]["kid"]
    posing = json.dumps({"keys": [{**json.loads(stranger)["keys"][0], "kid": own}]})
    assert refused_with(world, assertion(world, stranger)) == "invalid_client"
    assert refused_with(world, assertion(world, posing)) == "invalid_client"


def refused_with(world: World, forged: str) -> str:
    return refused(world, lambda fields: {**fields, "client_assertion": forged})


def test_an_assertion_is_used_once(world: World) -> None:
    once = assertion(world, jti="the-same")
    party = RelyingParty(world.client(), Meddler(lambda fields: {**fields, "client_assertion": once}), time.time)
    assert log_in(party, "kari", "bankid", HIGH).name == "Kari Testesen"
    with pytest.raises(LoginFailed):
        log_in(party, "kari", "bankid", HIGH)


def test_a_code_is_used_once(world: World) -> None:
    party = world.party()
    started = party.start(HIGH, "nb")
    came = press(started.location, person="kari", eid="bankid")
    assert party.finish(came["code"], came["iss"], started.verifier, started.nonce, HIGH).name == "Kari Testesen"
    assert spent(party, started, came) == "invalid_grant"


def test_a_code_is_spent_by_a_wrong_verifier(world: World) -> None:
    party = world.party()
    started = party.start(HIGH, "nb")
    came = press(started.location, person="kari", eid="bankid")
    assert spent(party, msgspec.structs.replace(started, verifier="A" * 43), came) == "invalid_grant"
    assert spent(party, started, came) == "invalid_grant"


def test_a_code_is_good_for_a_minute(world: World) -> None:
    party = world.party()
    started = party.start(HIGH, "nb")
    came = press(started.location, person="kari", eid="bankid")
    world.clock.ahead = 61
    later = RelyingParty(world.client(), IssuerHttp(), world.clock)
    assert spent(later, started, came) == "invalid_grant"


def spent(party: RelyingParty, started: Started, came: dict[str, str]) -> str:
    with pytest.raises(LoginFailed) as failure:
        party.finish(came["code"], came["iss"], started.verifier, started.nonce, HIGH)
    return str(failure.value.__cause__)


def test_our_keys_may_roll(world: World) -> None:
    log_in(world.party(), "kari", "bankid", HIGH)
    before = world.key_fetches
    world.key_set = new_key_set(world.key_set)  # what signs now was published before: nobody need ask again
    log_in(world.party(), "kari", "bankid", HIGH)
    assert world.key_fetches == before
    world.key_set = new_key_set(None)  # after a leak: nothing is known
    log_in(world.party(), "kari", "bankid", HIGH)
    assert world.key_fetches == before + 1


def test_log_out(world: World) -> None:
    address = f"{world.address}/idporten/endsession"
    fields = {"post_logout_redirect_uri": f"{world.origin}/", "state": "s"}
    answer = BROWSER.request("POST", address, fields=fields, encode_multipart=False, redirect=False)
    assert (answer.status, answer.headers["Location"]) == (303, f"{world.origin}/?state=s")
    elsewhere = BROWSER.request(
        "GET", address, fields={"post_logout_redirect_uri": "https://evil.example/"}, redirect=False
    )
    assert elsewhere.status == 200


# ---------------------------------------------------------------- our HTTP


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/nothing", "404 without JSON"),
        ("/idporten/authorize", "400 without JSON"),
        ("/portal.css", "200 without JSON"),
    ],
)
def test_answers_that_are_none(world: World, path: str, reason: str) -> None:
    with pytest.raises(HttpFailed) as failure:
        IssuerHttp().get_json(world.address + path)
    assert str(failure.value) == reason


def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(HttpFailed):
        IssuerHttp().post_form(f"http://127.0.0.1:{port}/token", {})
