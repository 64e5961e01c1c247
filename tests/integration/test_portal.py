"""The relying party against the running portal, over real HTTP: every e-ID, and all that a real issuer would refuse."""

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
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from chalicelib.errors import LevelTooLow, LoginFailed, Unavailable
from chalicelib.oidc import Client, RelyingParty, Started
from chalicelib.oidc_http import HttpFailed, IssuerHttp
from chalicelib.oidc_keys import new_key_set, public_key_set
from chalicelib.oidc_profile import ENTERPRISE, HELSEID, IDPORTEN, Profile
from chalicelib.oidc_token import Person
from chalicelib.protocol import LoginLevel
from local import portal
from local.portal_issuer import Issuer

HIGH, SUBSTANTIAL, NONE = LoginLevel.HIGH, LoginLevel.SUBSTANTIAL, LoginLevel.NONE
PARAMETERS = ["client_id", "redirect_uri", "state", "nonce", "scope", "acr_values", "response_type", "code_challenge"]
PROFILES: dict[str, Profile] = {"idporten": IDPORTEN, "helseid": HELSEID, "foretak": ENTERPRISE}
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

    def client(self, realm: str = "idporten") -> Client:
        kind = "patient" if realm == "idporten" else "staff"
        directory = {"id_claim": "oid", "role_claim": "roles"} if realm == "foretak" else {}
        return Client(
            issuer=f"{self.address}/{realm}",
            client_id=f"venterom-{kind}",
            redirect_uri=f"{self.origin}/api/login/{kind}/callback",
            logout_uri=f"{self.origin}/",
            profile=PROFILES[realm],
            **directory,
        )

    def party(self, realm: str = "idporten", http: Any = None, now: Callable[[], float] = time.time) -> RelyingParty:
        return RelyingParty(self.client(realm), lambda: self.key_set, http or IssuerHttp(), now)

    def issuer(self, realm: str) -> Issuer:
        return next(issuer for issuer in self.issuers if issuer.realm.name == realm)

    def roles(self, person: str) -> tuple[str, ...]:
        return next(one.roles for one in self.issuer("foretak").realm.people if one.id == person)


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
    return party.finish(came["code"], came.get("iss", ""), started.verifier, started.nonce, level)


# ---------------------------------------------------------------- logins


@pytest.mark.parametrize(
    ("eid", "level"),
    [("bankid", HIGH), ("bankid-mobil", HIGH), ("buypass", HIGH), ("commfides", HIGH), ("minid", SUBSTANTIAL)],
)
def test_every_eid(world: World, eid: str, level: LoginLevel) -> None:
    person = log_in(world.party(), "kari", eid, level)
    assert (person.level, person.national_id) == (level, "12838421065")
    assert abs(person.auth_time - time.time()) < 60
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


@pytest.mark.parametrize(("eid", "level"), [("ansattkort", HIGH), ("engangskode", SUBSTANTIAL)])
def test_staff_log_in_by_helseid(world: World, eid: str, level: LoginLevel) -> None:
    staff = log_in(world.party("helseid"), "ingrid-berg", eid, NONE)
    assert (staff.subject, staff.level, staff.national_id, staff.roles) == ("ingrid-berg", level, "", ())


def test_staff_log_in_at_their_companys_directory_and_bring_their_roles(world: World) -> None:
    staff = log_in(world.party("foretak"), "ingrid-berg", "ansattkort", NONE)
    assert (staff.subject, staff.level, staff.roles) == ("ingrid-berg", NONE, world.roles("ingrid-berg"))
    assert staff.sid


def test_the_staff_are_those_of_the_trusts() -> None:
    people = json.loads((portal.HERE / "people.json").read_text())
    trust, other = (json.loads((portal.HERE / name).read_text()) for name in ("trust.json", "trust2.json"))
    there = {one["id"]: one["name"] for one in (*trust["staff"], *other["staff"])}
    assert {one["id"]: one["name"] for one in people["staff"]} == there
    claimed = trust["trust"]["login"]["roles"]
    directory = {person["id"]: person.get("roles", []) for person in people["staff"]}
    for known in trust["staff"]:
        roles = [role for value in directory[known["id"]] for role in claimed[value]]
        assert roles == known.get("roles", ["clinician"]), "the register and the directory say the same"


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
    location = change(world.party("foretak").start(NONE, "nb").location, **changes)
    answer = BROWSER.request("GET", location, redirect=False)
    assert answer.status == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize("suffix", ["/", "?x=1", "#x", "/../../patient/callback"])
def test_the_address_must_be_exactly_the_registered_one(world: World, suffix: str) -> None:
    address = world.client("foretak").redirect_uri + suffix
    location = change(world.party("foretak").start(NONE, "nb").location, redirect_uri=address)
    assert BROWSER.request("GET", location, redirect=False).status == 400


RULES = [
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"nonce": None}, "invalid_request"),
    ({"prompt": "none"}, "invalid_request"),
    ({"max_age": "soon"}, "invalid_request"),
    ({"scope": "profile"}, "invalid_scope"),
    ({"response_type": "token"}, "unsupported_response_type"),
]


@pytest.mark.parametrize(("changes", "error"), RULES)
def test_a_request_that_breaks_the_rules_goes_back(world: World, changes: dict[str, str | None], error: str) -> None:
    started = world.party("foretak").start(NONE, "nb")
    answer = BROWSER.request("GET", change(started.location, **changes), redirect=False)
    assert answer.status == 302
    came = back(answer.headers["Location"])
    assert (came["error"], came["state"]) == (error, started.state)
    assert "code" not in came


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        *RULES,
        ({"acr_values": "Level4"}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"client_assertion": "a.b.c"}, "invalid_client"),
        ({"client_id": "venterom-staff"}, "invalid_client"),
    ],
)
def test_a_pushed_request_that_breaks_the_rules_goes_nowhere(
    world: World, changes: dict[str, str | None], error: str
) -> None:
    def meddle(fields: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in {**fields, **changes}.items() if value is not None}

    with pytest.raises(Unavailable) as refused:
        world.party(http=Meddler(meddle, "/par")).start(HIGH, "nb")
    # What RFC 6749 does not know of is told by the status alone.
    assert str(refused.value.__cause__) in (error, "400")


def test_where_requests_are_pushed_none_goes_by_the_browser(world: World) -> None:
    plain = world.party("foretak").start(NONE, "nb").location
    for realm in ("idporten", "helseid"):
        client = world.client(realm)
        changes = {"client_id": client.client_id, "redirect_uri": client.redirect_uri}
        location = change(plain.replace("/foretak/", f"/{realm}/"), **changes)
        assert BROWSER.request("GET", location, redirect=False).status == 400


def test_what_was_pushed_is_good_once_and_for_two_minutes(world: World) -> None:
    first, second = (world.party().start(HIGH, "nb").location for _ in range(2))
    assert [BROWSER.request("GET", first, redirect=False).status for _ in range(2)] == [200, 400]
    world.clock.ahead = 121
    assert BROWSER.request("GET", second, redirect=False).status == 400


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
        known = {"client_id": "venterom-staff", "redirect_uri": world.client("foretak").redirect_uri}
        for query in (fields, fields | known):
            address = f"{world.address}/foretak/authorize?{urlencode(query, errors='replace')}"
            assert BROWSER.request("GET", address, redirect=False).status in (302, 400)

    ask()


# ---------------------------------------------------------------- what a client can do wrong


class Meddler:
    """Http that changes a form on its way to one endpoint, and keeps the last answer."""

    def __init__(self, meddle: Callable[[dict[str, str]], Mapping[str, str]] = dict, to: str = "/token") -> None:
        self._http = IssuerHttp()
        self._meddle = meddle
        self._to = to
        self.answer: Any = None

    def get_json(self, url: str) -> Any:
        return self._http.get_json(url)

    def post_form(self, url: str, fields: Mapping[str, str], dpop: str = "") -> Any:
        meddled = self._meddle(dict(fields)) if url.endswith(self._to) else fields
        self.answer = self._http.post_form(url, meddled, dpop)
        return self.answer


def refused(world: World, meddle: Callable[[dict[str, str]], Mapping[str, str]]) -> str:
    """Log in with a token request that was meddled with; return the error."""
    party = world.party(http=Meddler(meddle))
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
    party = world.party(http=Meddler(lambda fields: {**fields, "client_assertion": once}))
    assert log_in(party, "kari", "bankid", HIGH).national_id == "12838421065"
    with pytest.raises(LoginFailed):
        log_in(party, "kari", "bankid", HIGH)


def test_a_code_is_used_once(world: World) -> None:
    party = world.party()
    started = party.start(HIGH, "nb")
    came = press(started.location, person="kari", eid="bankid")
    assert party.finish(came["code"], came["iss"], started.verifier, started.nonce, HIGH).level is HIGH
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
    later = world.party(now=world.clock)
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


# ---------------------------------------------------------------- DPoP


class Prover:
    """Http that changes the DPoP proof on its way to the token endpoint."""

    def __init__(self, change: Callable[[str], str]) -> None:
        self._http = IssuerHttp()
        self._change = change

    def get_json(self, url: str) -> Any:
        return self._http.get_json(url)

    def post_form(self, url: str, fields: Mapping[str, str], dpop: str = "") -> Any:
        return self._http.post_form(url, fields, self._change(dpop) if dpop else "")


def another_proof(**lies: Any) -> Callable[[str], str]:
    """A proof by a key of our own, with some claims changed or, with None, left out."""

    def change(proof: str) -> str:
        key, claims = ECKey.generate_key("P-256"), jwt.decode(proof, _key_of(proof), algorithms=["ES256"]).claims
        header = {"typ": lies.get("typ", "dpop+jwt"), "alg": "ES256", "jwk": key.as_dict(private=lies.get("d", False))}
        told = {name: value for name, value in {**claims, **lies}.items() if name not in ("typ", "d")}
        return jwt.encode(header, {k: v for k, v in told.items() if v is not None}, key, algorithms=["ES256"])

    return change


def _key_of(proof: str) -> ECKey:
    return ECKey.import_key(jws.extract_compact(proof.encode()).headers()["jwk"])


@pytest.mark.parametrize(
    "lie",
    [{"typ": "JWT"}, {"d": True}, {"htm": "GET"}, {"htu": "https://evil.example/"}, {"iat": 1}, {"jti": None}],
)
def test_a_proof_that_lies(world: World, lie: dict[str, Any]) -> None:
    with pytest.raises(LoginFailed) as refused:
        log_in(world.party("helseid", Prover(another_proof(**lie))), "ingrid-berg", "ansattkort", NONE)
    assert str(refused.value.__cause__) == "invalid_dpop_proof"


def test_no_proof_and_the_same_proof_twice(world: World) -> None:
    with pytest.raises(LoginFailed):
        log_in(world.party("helseid", Prover(lambda proof: "")), "ingrid-berg", "ansattkort", NONE)
    with pytest.raises(LoginFailed) as refused:
        log_in(world.party("helseid", Prover(another_proof(nonce="made up"))), "ingrid-berg", "ansattkort", NONE)
    assert str(refused.value.__cause__) == "use_dpop_nonce"


# ---------------------------------------------------------------- single sign-on, and the way out of it


class Jar:
    """A browser that keeps the portal's cookie."""

    def __init__(self) -> None:
        self.cookie = ""

    def go(self, method: str, address: str, **fields: str) -> urllib3.BaseHTTPResponse:
        headers = {"Cookie": self.cookie} if self.cookie else {}
        options: dict[str, Any] = {} if method == "GET" else {"encode_multipart": False}
        answer = BROWSER.request(method, address, fields=fields, headers=headers, redirect=False, **options)
        if "Set-Cookie" in answer.headers:
            self.cookie = answer.headers["Set-Cookie"].partition(";")[0]
        return answer

    def log_in(
        self, party: RelyingParty, person: str, eid: str, level: LoginLevel = HIGH, *, anew: bool = False
    ) -> Person:
        """Log in; the page is filled in only if there is one."""
        started = party.start(level, "nb", anew=anew)
        answer = self.go("GET", started.location)
        if answer.status == 200:
            issuer = started.location.partition("/authorize")[0]
            form = {"request": hidden_request(answer.data.decode()), "person": person, "eid": eid}
            answer = self.go("POST", f"{issuer}/login", **form)
        came = back(answer.headers["Location"])
        return party.finish(came["code"], came.get("iss", ""), started.verifier, started.nonce, level)

    def asked(self, party: RelyingParty, level: LoginLevel = HIGH, *, anew: bool = False) -> bool:
        """Whether a login shows a page."""
        return self.go("GET", party.start(level, "nb", anew=anew).location).status == 200


def test_one_login_is_enough_for_all_services(world: World) -> None:
    jar, party = Jar(), world.party()
    first = jar.log_in(party, "kari", "bankid")
    assert not jar.asked(party)
    again = jar.log_in(party, "nobody is asked", "")
    assert (again.sid, again.auth_time, again.national_id) == (first.sid, first.auth_time, "12838421065")
    assert jar.asked(party, anew=True)


def test_a_higher_level_is_asked_for_anew(world: World) -> None:
    jar, party = Jar(), world.party()
    jar.log_in(party, "kari", "minid", SUBSTANTIAL)
    assert not jar.asked(party, SUBSTANTIAL)
    assert jar.asked(party, HIGH)


def test_half_an_hour_later_one_logs_in_anew(world: World) -> None:
    jar, party = Jar(), world.party(now=world.clock)
    jar.log_in(party, "kari", "bankid")
    world.clock.ahead = 1799
    assert not jar.asked(party)
    world.clock.ahead = 1802
    assert jar.asked(party), "we ask for nobody who logged in longer ago than that"


def test_a_session_is_over_after_half_an_hour_idle_and_two_hours_in_all(world: World) -> None:
    jar, directory = Jar(), world.party("foretak")  # it is not asked how long ago somebody logged in
    jar.log_in(directory, "ingrid-berg", "ansattkort", NONE)
    for ahead in (1700, 3400, 5100, 6800):
        world.clock.ahead = ahead
        jar.go("GET", directory.start(NONE, "nb").location)
    assert not jar.asked(directory, NONE)
    world.clock.ahead = 7201
    assert jar.asked(directory, NONE), "two hours"
    jar.cookie = ""
    world.clock.ahead = 0
    jar.log_in(directory, "ingrid-berg", "ansattkort", NONE)
    world.clock.ahead = 1801
    assert jar.asked(directory, NONE), "idle"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_logging_out_tells_the_services_and_stays_at_the_portal(world: World, method: str) -> None:
    jar, party = Jar(), world.party()
    person = jar.log_in(party, "kari", "bankid")
    page = jar.go(method, party.logout_address())
    assert page.status == 200
    told = urlencode({"iss": person.issuer, "sid": person.sid}).replace("&", "&amp;")
    assert f'<iframe src="{world.origin}/api/login/patient/logout?{told}"' in page.data.decode()
    assert f"frame-src {world.origin}" in page.headers["Content-Security-Policy"]
    assert jar.asked(party), "nobody is logged in any more"
    assert "<iframe" not in jar.go(method, party.logout_address()).data.decode(), "nothing to tell twice"


def test_the_portal_sends_back_only_whom_it_has_a_token_of(world: World) -> None:
    jar, http = Jar(), Meddler()
    jar.log_in(world.party(http=http), "kari", "bankid")
    address = f"{world.address}/idporten/endsession"
    home = {"post_logout_redirect_uri": f"{world.origin}/", "state": "s"}
    hinted = {**home, "id_token_hint": http.answer["id_token"]}
    assert f"url={world.origin}/?state=s" in jar.go("POST", address, **hinted).data.decode()
    for lie in (
        {**hinted, "id_token_hint": "noise"},
        {**hinted, "post_logout_redirect_uri": "https://evil.example/"},
        home,
    ):
        assert "url=" not in jar.go("POST", address, **lie).data.decode()


def test_the_first_page_says_who_is_logged_in_and_lets_them_out(world: World) -> None:
    jar = Jar()
    jar.log_in(world.party("foretak"), "omar-haddad", "ansattkort", NONE)
    page = jar.go("GET", f"{world.address}/").data.decode()
    assert "Omar Haddad er logget inn med Ansattkort." in page
    assert f'action="{world.address}/foretak/endsession"' in page


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
