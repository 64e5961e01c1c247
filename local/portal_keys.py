"""What browsers are told of the patients' portal: who it is, and its keys, passed on as CloudFront does."""

from collections.abc import Callable
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from infra.addresses import KEPT_SHORTLY, PORTAL, PORTAL_KEYS

SECONDS: Final = 10
"""The longest that the portal may take."""


def portal(issuer: str, client_id: str, keys: str) -> Callable[[web.Application], None]:
    """Adds both addresses to an application; ``keys`` is where the portal publishes its own."""

    async def about(_: web.Request) -> web.Response:
        return web.json_response({"issuer": issuer, "client_id": client_id}, headers={"Cache-Control": KEPT_SHORTLY})

    async def passed_on(_: web.Request) -> web.Response:
        try:
            async with ClientSession(timeout=ClientTimeout(total=SECONDS)) as session, session.get(keys) as answer:
                body, status = await answer.read(), answer.status
        except (ClientError, TimeoutError):
            raise web.HTTPBadGateway(text="The portal does not answer.\n") from None
        # CloudFront keeps no refusal (infra/web.py), and answers for as long at most.
        kept = {"Cache-Control": KEPT_SHORTLY} if status == 200 else {}
        return web.Response(body=body, status=status, content_type="application/json", headers=kept)

    def mount(app: web.Application) -> None:
        app.router.add_get(PORTAL, about)
        app.router.add_get(PORTAL_KEYS, passed_on)

    return mount
