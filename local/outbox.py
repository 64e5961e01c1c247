"""What was sent, as a page: every SMS and e-mail, newest first. Mounted at /outbox by the front.

E-mail lies in a folder where `postbox` puts it; SMS are asked of the embedded AWS and laid beside it, so that a restart
loses neither. ``GET /outbox/messages`` gives the same as JSON.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, web

from local import outbox_page, receipts
from local.postbox import write

HERE: Final = Path(__file__).resolve().parent
LOOK_SECONDS: Final = 1.0
ASSETS: Final = ("outbox.css", "outbox.js")


class Part(msgspec.Struct, frozen=True):
    """One part of an e-mail; ``name`` is its file's, if it has one."""

    name: str
    type: str
    content: bytes


class Sent(msgspec.Struct, frozen=True):
    """One message. ``id`` sorts by time; ``kind`` is "sms" or "mail"; ``raw`` is the whole e-mail.

    ``carrier_id`` is what the embedded AWS calls it.
    """

    id: str
    kind: str
    at: datetime
    sender: str
    to: str
    subject: str
    text: str
    parts: list[Part] = []
    raw: bytes = b""
    carrier_id: str = ""


class Outbox:
    """The messages in ``folder``. ``fetch`` gives the embedded AWS's list of SMS, or raises OSError."""

    def __init__(self, folder: Path, fetch: Callable[[], Awaitable[Any]]) -> None:
        self._folder = folder
        self._fetch = fetch
        self._read: dict[str, Sent] = {}
        self._sms_known: set[str] = set()
        self._collecting = asyncio.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    async def collect(self) -> list[Sent]:
        """Lay new SMS beside the rest; return everything, newest first."""
        async with self._collecting:
            self._look()
            with suppress(OSError):
                answer = await self._fetch()
                for sms in (sms for of_number in answer["sms_messages"].values() for sms in of_number):
                    if sms["MessageId"] not in self._sms_known:
                        write(self._folder, json.dumps(sms).encode(), "sms.json")
                self._look()
        return [self._read[name] for name in sorted(self._read, reverse=True)]

    async def keep_collecting(self) -> None:
        """Collect once a second until cancelled: what has been seen is safe from the embedded AWS's sudden end."""
        while True:
            await self.collect()
            await asyncio.sleep(LOOK_SECONDS)

    def find(self, message: str) -> Sent | None:
        """A message by its id."""
        return self._read.get(message)

    def _look(self) -> None:
        for path in self._folder.iterdir():
            name = path.name.partition(".")[0]
            if name in self._read:
                continue
            if path.name.endswith(".sms.json"):
                sms = json.loads(path.read_bytes())
                self._sms_known.add(sms["MessageId"])
                self._read[name] = _sms(name, sms)
            elif path.suffix == ".eml":
                self._read[name] = _mail(name, path.read_bytes())


def mount(app: web.Application, aws: str, state: Path) -> None:
    """Add the outbox to ``app``. ``aws`` is the address of the embedded AWS; messages lie in ``state``/outbox."""
    session: list[ClientSession] = []

    async def fetch() -> Any:
        try:
            async with session[0].get(f"{aws}/_ministack/sns/sms-messages", raise_for_status=True) as answer:
                return await answer.json()
        except (ClientError, TimeoutError) as error:
            raise OSError(type(error).__name__) from None

    outbox = Outbox(state / "outbox", fetch)

    async def running(_: web.Application) -> AsyncIterator[None]:
        async with ClientSession(timeout=ClientTimeout(total=5)) as opened:
            session.append(opened)
            collecting = asyncio.create_task(outbox.keep_collecting())
            yield
            collecting.cancel()
            with suppress(asyncio.CancelledError):
                await collecting

    app.cleanup_ctx.append(running)
    app.add_routes(
        routes(outbox, lambda sent, arrived: receipts.tell(aws, sent.kind, sent.carrier_id, arrived=arrived))
    )


def routes(outbox: Outbox, tell: Callable[[Sent, bool], None] = lambda *_: None) -> list[web.RouteDef]:
    """The addresses under /outbox; ``tell`` says to the functions whether a message arrived."""

    async def page(_: web.Request) -> web.Response:
        return _html(outbox_page.page(await outbox.collect()))

    async def newer(request: web.Request) -> web.Response:
        known = request.query.get("than", "")
        return _html(outbox_page.messages([sent for sent in await outbox.collect() if sent.id > known]))

    async def as_json(_: web.Request) -> web.Response:
        listed = [_plain(sent) for sent in await outbox.collect()]
        return web.json_response(listed, headers={"Cache-Control": "no-store"})

    async def raw(request: web.Request) -> web.Response:
        return _download("message.eml", "message/rfc822", _wanted(request).raw)

    async def part(request: web.Request) -> web.StreamResponse:
        parts, number = _wanted(request).parts, int(request.match_info["number"])
        if number >= len(parts):
            raise web.HTTPNotFound(text="Denne delen finnes ikke.\n")
        wanted = parts[number]
        if wanted.type == "text/html":
            return await _sandboxed(request, wanted.content)
        return _download(wanted.name or f"part-{number}.txt", wanted.type, wanted.content)

    async def receipt(request: web.Request) -> web.Response:
        if request.headers.get("X-Venterom") != "1":  # as at our own doors: no foreign page can send it unasked
            raise web.HTTPForbidden
        await asyncio.to_thread(tell, _wanted(request), request.match_info["became"] == "arrived")
        return web.Response(status=204)

    async def asset(request: web.Request) -> web.FileResponse:
        return web.FileResponse(HERE / request.path.rpartition("/")[2], headers={"Cache-Control": "no-cache"})

    def _wanted(request: web.Request) -> Sent:
        sent = outbox.find(request.match_info["message"])
        if sent is None:
            raise web.HTTPNotFound(text="Denne meldingen finnes ikke.\n")
        return sent

    return [
        web.get("/outbox", page),
        web.get("/outbox/newer", newer),
        web.get("/outbox/messages", as_json),
        *(web.get(f"/outbox/{name}", asset) for name in ASSETS),
        web.get("/outbox/{message}/raw", raw),
        web.post("/outbox/{message}/{became:arrived|lost}", receipt),
        web.get(r"/outbox/{message}/parts/{number:\d{1,3}}", part),
    ]


def _sms(name: str, sms: dict[str, Any]) -> Sent:
    attributes = sms.get("MessageAttributes") or {}
    sender = attributes.get("AWS.SNS.SMS.SenderID", {})
    shown = sender.get("StringValue") or sender.get("Value") or ""
    return Sent(name, "sms", _written(name), shown, sms["PhoneNumber"], "", sms["Message"], carrier_id=sms["MessageId"])


def _mail(name: str, raw: bytes) -> Sent:
    message = message_from_bytes(raw, policy=policy.default)
    if not isinstance(message, EmailMessage):
        raise TypeError(name)
    parts = []
    for part in message.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            parts.append(Part(part.get_filename() or "", part.get_content_type(), content))
    body = message.get_body(("plain",))
    text = body.get_content() if body else ""
    return Sent(
        name,
        "mail",
        _written(name),
        str(message["From"]),
        str(message["To"]),
        str(message["Subject"]),
        text,
        parts,
        raw,
        str(message["Message-ID"] or "").strip().strip("<>"),
    )


def _written(name: str) -> datetime:
    return datetime.fromtimestamp(int(name.partition("-")[0]) / 1e9, UTC)


def _plain(sent: Sent) -> dict[str, Any]:
    return {
        "id": sent.id,
        "kind": sent.kind,
        "at": sent.at.isoformat(),
        "sender": sent.sender,
        "to": sent.to,
        "subject": sent.subject,
        "text": sent.text,
        "parts": [
            {"name": part.name, "type": part.type, "address": f"/outbox/{sent.id}/parts/{number}"}
            for number, part in enumerate(sent.parts)
        ],
    }


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers={"Cache-Control": "no-store"})


def _download(name: str, kind: str, content: bytes) -> web.Response:
    safe = "".join(c for c in name if c.isascii() and (c.isalnum() or c in "._-")) or "file"
    headers = {"Content-Disposition": f'attachment; filename="{safe}"', "Cache-Control": "no-store"}
    return web.Response(
        body=content, content_type=kind, charset="utf-8" if kind.startswith("text/") else None, headers=headers
    )


async def _sandboxed(request: web.Request, content: bytes) -> web.StreamResponse:
    """A page out of an e-mail, kept from acting as ours; sent here, before the front can put its own policy on it."""
    response = web.StreamResponse()
    response.content_type, response.charset = "text/html", "utf-8"
    response.headers["Content-Security-Policy"] = (
        "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; "
        "default-src 'none'; style-src 'unsafe-inline'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    await response.prepare(request)
    await response.write(content)
    await response.write_eof()
    return response
