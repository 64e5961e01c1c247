"""The stand-in for ID-porten and for the trusts' own staff logins: OpenID providers on loopback, for test people.

``python -m local.portal --port 8002 --origin http://127.0.0.1:8000 --state build/state`` serves the issuers
``http://127.0.0.1:8002/idporten`` (patients), ``…/helseid`` and ``…/foretak`` (staff: HelseID's rules, and those of a
company's directory) to the clients ``venterom-patient`` and ``venterom-staff``, whose addresses are
``{origin}/api/login/{patient,staff}/…`` and whose public keys come from ``{origin}/api/jwks``. The signing key stays in
the state folder; who is logged in is forgotten when it stops.
"""

import argparse
import json
import os
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, web
from joserfc.jwk import RSAKey

from local import portal_page
from local.portal_client import Denied
from local.portal_issuer import Issuer, WrongDoor
from local.portal_realm import Eid, Kind, Level, Person, Realm, Registration

HERE: Final = Path(__file__).resolve().parent
PATIENT_EIDS: Final = (
    Eid("bankid", "BankID", Level.HIGH, "BankID"),
    Eid("bankid-mobil", "BankID på mobil", Level.HIGH, "BankID Mobil"),
    Eid("buypass", "Buypass ID", Level.HIGH, "Buypass"),
    Eid("commfides", "Commfides", Level.HIGH, "Commfides"),
    Eid("minid", "MinID", Level.SUBSTANTIAL, "Minid-APP"),
    Eid("eidas", "eIDAS", Level.HIGH, "eIDAS", national_id=False),
)
STAFF_EIDS: Final = (
    Eid("ansattkort", "Ansattkort", Level.HIGH, "swk"),
    Eid("engangskode", "Passord og engangskode", Level.SUBSTANTIAL, "otp"),
)
MAX_FORM: Final = 32 * 1024
NO_STORE: Final = {"Cache-Control": "no-store"}


class People(msgspec.Struct, frozen=True):
    """`local/people.json`: everybody who can log in."""

    patients: Sequence[Person]
    staff: Sequence[Person]


def issuers(
    address: str,
    origin: str,
    state: Path,
    fetch: Callable[[str], Awaitable[Any]],
    now: Callable[[], float] = time.time,
    clients: Mapping[str, str] | None = None,
) -> list[Issuer]:
    """All issuers at ``address``, the portal's own, for the pages at ``origin``."""
    people = msgspec.json.decode((HERE / "people.json").read_bytes(), type=People)
    names = {"patient": "venterom-patient", "staff": "venterom-staff", **(clients or {})}
    client = {
        kind: Registration(
            name,
            f"{origin}/api/login/{kind}/callback",
            f"{origin}/api/jwks",
            f"{origin}/",
            f"{origin}/api/login/{kind}/logout",
        )
        for kind, name in names.items()
    }
    key, salt = _kept(state / "portal.json")
    realms = (
        Realm(
            "idporten", Kind.IDPORTEN, "Logg inn med ID-porten", PATIENT_EIDS, people.patients, client["patient"], salt
        ),
        Realm("helseid", Kind.HELSEID, "Logg inn med HelseID", STAFF_EIDS, people.staff, client["staff"]),
        Realm("foretak", Kind.ENTERPRISE, "Logg inn som ansatt", STAFF_EIDS, people.staff, client["staff"]),
    )
    return [Issuer(realm, f"{address}/{realm.name}", key, now, fetch) for realm in realms]


def create(served: Sequence[Issuer], origin: str) -> web.Application:
    """The application that serves the issuers to browsers (pages) and to the client (JSON)."""
    app = web.Application(client_max_size=MAX_FORM)

    async def front(request: web.Request) -> web.Response:
        known = [(issuer, issuer.signed_on.of(_cookie(request, issuer))) for issuer in served]
        return page(portal_page.front_page(known))

    async def style(_: web.Request) -> web.FileResponse:
        return web.FileResponse(HERE / "portal.css")

    def page(text: str, status: int = 200) -> web.Response:
        # Browsers hold form-action against where a form's answer redirects, too: hence the origin of the pages. It is
        # framed where a client is told of a logout.
        policy = (
            "default-src 'none'",
            "style-src 'self'",
            f"form-action 'self' {origin}",
            f"frame-src {origin}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
        headers = {
            "Content-Security-Policy": "; ".join(policy),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(status=status, text=text, content_type="text/html", headers=headers)

    def realm(issuer: Issuer) -> list[web.RouteDef]:
        async def metadata(_: web.Request) -> web.Response:
            return web.json_response(issuer.metadata())

        async def keys(_: web.Request) -> web.Response:
            return web.json_response(issuer.public_keys())

        async def par(request: web.Request) -> web.Response:
            try:
                return web.json_response(await issuer.push(await _once(request)), status=201, headers=NO_STORE)
            except Denied as denied:
                return _denied(denied)

        async def authorize(request: web.Request) -> web.Response:
            query = await _once(request)
            try:
                asked = issuer.ask(query, _cookie(request, issuer))
            except WrongDoor as door:
                return page(portal_page.sorry_page(str(door)), 400)
            except Denied as denied:
                raise web.HTTPFound(issuer.refusal(denied, query.get("state", ""))) from None
            # The client waits while its token request is served; so its keys are fetched while the person still reads.
            with suppress(Denied):
                await issuer.client.learn_keys()
            if isinstance(asked, str):
                raise web.HTTPFound(asked)
            return page(portal_page.login_page(issuer, *asked))

        async def login(request: web.Request) -> web.Response:
            form, cookie = await _once(request), ""
            try:
                if "cancel" in form:
                    location = issuer.cancel(form.get("request", ""))
                else:
                    location, cookie = issuer.log_in(
                        form.get("request", ""), form.get("person", ""), form.get("eid", "")
                    )
            except WrongDoor as door:
                return page(portal_page.sorry_page(str(door)), 400)
            answer = web.Response(status=303, headers={"Location": location, **NO_STORE})
            if cookie:
                answer.set_cookie(_name(issuer), cookie, httponly=True, samesite="Lax")
            return answer

        async def token(request: web.Request) -> web.Response:
            try:
                answer = await issuer.redeem(await _once(request), request.headers.get("DPoP", ""))
            except Denied as denied:
                return _denied(denied)
            return web.json_response(answer, headers=NO_STORE)

        async def end_session(request: web.Request) -> web.Response:
            ended = issuer.end_session(await _once(request), _cookie(request, issuer))
            answer = page(portal_page.logged_out_page(ended))
            answer.del_cookie(_name(issuer))
            return answer

        root = f"/{issuer.realm.name}"
        return [
            web.get(f"{root}/.well-known/openid-configuration", metadata),
            web.get(f"{root}/jwks", keys),
            web.post(f"{root}/par", par),
            web.get(f"{root}/authorize", authorize),
            web.post(f"{root}/login", login),
            web.post(f"{root}/token", token),
            web.get(f"{root}/endsession", end_session),
            web.post(f"{root}/endsession", end_session),
        ]

    app.add_routes([web.get("/", front), web.get("/portal.css", style)])
    for issuer in served:
        app.add_routes(realm(issuer))
    return app


class Fetcher:
    """Gets JSON documents over HTTP for as long as an application runs."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    async def attach(self, _: web.Application) -> AsyncIterator[None]:
        """An application's cleanup context."""
        async with ClientSession(timeout=ClientTimeout(total=10)) as self._session:
            yield

    async def __call__(self, url: str) -> Any:
        """The document. Raises OSError."""
        if self._session is None:
            raise OSError("not started")
        try:
            async with self._session.get(url, allow_redirects=False, raise_for_status=True) as answer:
                return await answer.json(content_type=None)
        except (ClientError, TimeoutError, ValueError) as error:
            raise OSError(type(error).__name__) from None


def _denied(denied: Denied) -> web.Response:
    """An OAuth error (RFC 6749 section 5.2)."""
    body = {"error": denied.error, "error_description": denied.why}
    headers = NO_STORE | ({"DPoP-Nonce": denied.nonce} if denied.nonce else {})
    return web.json_response(body, status=401 if denied.error == "invalid_client" else 400, headers=headers)


def _name(issuer: Issuer) -> str:
    """Of the cookie by which an issuer knows who is logged in."""
    return f"portal-{issuer.realm.name}"


def _cookie(request: web.Request, issuer: Issuer) -> str:
    return request.cookies.get(_name(issuer), "")


async def _once(request: web.Request) -> dict[str, str]:
    """The parameters of a query or a form; OAuth allows none twice (RFC 6749 section 3.1)."""
    given = request.query if request.method == "GET" else await request.post()
    fields: dict[str, str] = {}
    for name, value in given.items():
        if name in fields or not isinstance(value, str):
            raise web.HTTPBadRequest(text="Each parameter once, please.\n")
        fields[name] = value
    return fields


def _kept(path: Path) -> tuple[RSAKey, str]:
    """The signing key and the salt of subjects; made at the first start, so that logins survive the next."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        made = {
            "key": RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True),
            "salt": secrets.token_urlsafe(24),
        }
        path.touch(mode=0o600)
        path.write_text(json.dumps(made))
    kept = json.loads(path.read_text())
    return RSAKey.import_key(kept["key"]), str(kept["salt"])


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--origin", required=True, help="the pages' scheme, host and port, without a slash at the end")
    parser.add_argument("--state", type=Path, required=True, help="folder for the signing key")
    parser.add_argument("--patient-client", default="venterom-patient", help="client id at /idporten")
    parser.add_argument("--staff-client", default="venterom-staff", help="client id at /helseid and /foretak")
    options = parser.parse_args()
    try:
        listener = socket.create_server(("127.0.0.1", options.port))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        sys.exit(f"The portal cannot listen on 127.0.0.1:{options.port}: {reason}")
    fetch = Fetcher()
    clients = {"patient": options.patient_client, "staff": options.staff_client}
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = create(issuers(address, options.origin, options.state, fetch, clients=clients), options.origin)
    app.cleanup_ctx.append(fetch.attach)
    web.run_app(app, sock=listener, print=None, access_log=None)


if __name__ == "__main__":
    main()
