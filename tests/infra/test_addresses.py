"""What stands at an address: the same at CloudFront, whose program runs here in Node, and at the local front."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from yarl import URL

from infra.addresses import KEPT_SHORTLY, NO_PAGE, PAGES, PORTAL, PORTAL_KEYS, kept, portal, router
from local import front, portal_keys

FILES: Final = (
    *(f"{name}.html" for name in ("index", "visit", "department", "staff", "help", "status", "unsupported")),
    "icon.svg",
    "support.js",
    "assets/main-D9_x-1.js",
    "assets/main-abc.css",
)
ASKED: Final = (
    "/",
    "/i",
    "/v",
    "/d/elvenes/medisinsk",
    "/d/elvenes/a%20b",
    "/d/elvenes/a%2Fb",
    "/staff/elvenes",
    "/help",
    "/advice",
    "/privacy",
    "/accessibility",
    "/status",
    "/status.json",
    *(f"/{name}" for name in FILES),
    "/i/",
    "/I",
    "/ii",
    "/d",
    "/d/",
    "/d/elvenes",
    "/d/elvenes/",
    "/d/elvenes/medisinsk/",
    "/d/elvenes/medisinsk/more",
    "/staff",
    "/staff/",
    "/staff/elvenes/more",
    "/staff/{trust}",
    "/help/more",
    "/nothing",
    "/nothing.html",
    "/assets",
    "/assets/",
    "/assets/nothing-abc.js",
    "/assets/.hidden",
    "/.hidden",
    "/%2e%2e/secret.txt",
    "/a%2f..%2f..%2fb",
    "/api",
)
HEADERS: Final = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'"}
CALL: Final = """
const uris = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(uris.map((uri) => handler({ request: { method: "GET", uri } }))));
"""


def at_the_edge(uris: tuple[str, ...], program: str = router(HEADERS)) -> list[dict[str, Any]]:
    """What CloudFront's program answers: the request with another address, or an answer."""
    done = subprocess.run(
        [Path(sys.executable).with_name("node"), "-e", program + CALL],
        input=json.dumps(uris),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def from_the_front(dist: Path, uris: tuple[str, ...]) -> list[tuple[int, str]]:
    async def ask() -> list[tuple[int, str]]:
        found = []
        nowhere = "http://127.0.0.1:9"
        async with TestServer(front.create(nowhere, nowhere, dist)) as server, ClientSession() as client:
            for uri in uris:
                async with client.get(URL(f"{server.make_url('')}".rstrip("/") + uri, encoded=True)) as answer:
                    found.append((answer.status, await answer.text()))
        return found

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "dist"
    (folder / "assets").mkdir(parents=True)
    for name in FILES:
        (folder / name).write_text(name)
    (folder.parent / "secret.txt").write_text("secret")
    return folder


def test_cloudfront_and_the_local_front_agree_on_what_stands_where(dist: Path) -> None:
    for uri, edge, (status, text) in zip(ASKED, at_the_edge(ASKED), from_the_front(dist, ASKED), strict=True):
        name = edge.get("uri", "/").removeprefix("/")
        if name in FILES:
            assert (status, text) == (200, name), uri
        elif "uri" in edge:
            # The bucket has no such file, and says so in its own words.
            assert status == 404, uri
        else:
            assert (edge["statusCode"], edge["body"]["data"]) == (status, text) == (404, NO_PAGE), uri


def test_every_page_and_every_file_of_the_pages_is_found(dist: Path) -> None:
    shown = [address.replace("{trust}", "elvenes").replace("{department}", "medisinsk") for address in PAGES]
    found = at_the_edge((*shown, *(f"/{name}" for name in FILES)))
    assert [one["uri"].removeprefix("/") for one in found] == [*PAGES.values(), *FILES]
    public = {path.name for path in (front.DIST.parent / "public").iterdir()}
    assert public
    assert all("uri" in one for one in at_the_edge(tuple(f"/{name}" for name in sorted(public))))


def test_what_is_answered_at_the_edge_is_guarded_as_pages_are() -> None:
    (answer,) = at_the_edge(("/nothing",))
    assert answer["headers"] == {
        "content-type": {"value": "text/plain; charset=utf-8"},
        "x-content-type-options": {"value": "nosniff"},
        "content-security-policy": {"value": "default-src 'none'"},
    }


def test_only_what_is_named_by_its_hash_is_kept() -> None:
    assert {name: kept(name) for name in ("index.html", "support.js", "icon.svg")} == dict.fromkeys(
        ("index.html", "support.js", "icon.svg"), "no-cache"
    )
    assert kept("assets/main-abc.js") == "public, max-age=31536000, immutable"


def test_the_front_passes_on_what_cloudfront_passes_on_and_no_more(dist: Path) -> None:
    async def heard(request: web.Request) -> web.Response:
        return web.json_response(sorted(name.lower() for name in request.headers))

    async def ask() -> list[str]:
        behind = web.Application()
        behind.router.add_route("*", "/{path:.*}", heard)
        async with TestServer(behind) as api:
            address = str(api.make_url("")).rstrip("/")
            async with TestServer(front.create(address, address, dist)) as server, ClientSession() as client:
                sent = {"X-Venterom": "1", "Cookie": "a=b", "Referer": "https://x.example", "X-Other": "1"}
                async with client.get(server.make_url("/api/health"), headers=sent) as answer:
                    names: list[str] = await answer.json()
                    return names

    names = asyncio.run(ask())
    assert {"x-venterom", "cookie", "x-forwarded-for"} <= set(names)
    assert not {"referer", "x-other"} & set(names)


ISSUER, CLIENT = "https://portal.example", 'ours "quoted"'
KEYS: Final = {"keys": [{"kid": "1"}]}


def test_the_edge_says_who_the_portal_is_and_leads_to_its_keys() -> None:
    program = portal(HEADERS, ISSUER, CLIENT, "/jwks.json")
    about, keys, *others = at_the_edge((PORTAL, PORTAL_KEYS, "/portal/", "/portal/jwks.json/x", "/jwks.json"), program)
    assert about["statusCode"] == 200
    assert json.loads(about["body"]["data"]) == {"issuer": ISSUER, "client_id": CLIENT}
    assert about["headers"]["content-type"] == {"value": "application/json"}
    assert about["headers"]["cache-control"] == {"value": KEPT_SHORTLY}
    assert about["headers"]["x-content-type-options"] == {"value": "nosniff"}
    assert keys["uri"] == "/jwks.json"
    assert {other["statusCode"] for other in others} == {404}


@pytest.mark.parametrize("alive", [True, False])
def test_the_front_says_the_same_and_passes_the_portals_keys_on(dist: Path, alive: bool) -> None:
    async def published(request: web.Request) -> web.Response:
        assert "Cookie" not in request.headers
        return web.json_response(KEYS)

    async def ask() -> None:
        at_portal = web.Application()
        at_portal.router.add_get("/keys", published)
        nowhere = "http://127.0.0.1:9"
        async with TestServer(at_portal) as behind, ClientSession(cookies={"__Host-id-c": "secret"}) as client:
            mount = portal_keys.portal(ISSUER, CLIENT, str(behind.make_url("/keys")) if alive else nowhere)
            async with TestServer(front.create(nowhere, nowhere, dist, mount)) as server:
                async with client.get(server.make_url(PORTAL)) as answer:
                    assert await answer.json() == {"issuer": ISSUER, "client_id": CLIENT}
                    assert answer.headers["Cache-Control"] == KEPT_SHORTLY
                async with client.get(server.make_url(PORTAL_KEYS)) as answer:
                    assert answer.status == (200 if alive else 502)
                    if alive:
                        assert await answer.json() == KEYS
                        assert "Content-Security-Policy" in answer.headers

    asyncio.run(ask())
