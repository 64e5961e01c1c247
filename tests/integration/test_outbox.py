"""What the carrier sends through the embedded AWS stands in the outbox, whole, and survives both their restarts."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from aiohttp import ClientSession, web

from chalicelib.carriers import SesMail, SnsSms
from chalicelib.mail import mail
from chalicelib.protocol import Language, MessageKind
from chalicelib.words import Notice, sms_text
from local import outbox
from local.children import Child, free_port, wait_for_http

SENDER = "ikke-svar@elvenes.example"
LINK = "http://127.0.0.1:8000/i#abcdefghijklmnopqrstuv"
INVITATION = Notice(
    kind=MessageKind.INVITED,
    uid="c7Qm",
    link=LINK,
    language=Language.BOKMAL,
    department_name="Øre-nese-hals <poliklinikk>",
    department_phone="+4755500100",
    clinician_name="Ingrid Berg",
    time_zone="Europe/Oslo",
    starts=datetime(2026, 11, 24, 8, 30, tzinfo=UTC),
    minutes=30,
)


class Carriers(NamedTuple):
    """Both of AWS's."""

    sms: SnsSms
    mail: SesMail

    def text(self, number: str, text: str) -> str:
        return self.sms.send_sms(number, text, sender="Elvenes HF", key="k")


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def aws(state: Path) -> Iterator[str]:
    """The embedded AWS, as `make run` starts it."""
    port = free_port()
    environment = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "STATE_DIR": str(state / "aws"),
        "VENTEROM_OUTBOX": str(state / "outbox"),
        "LOG_LEVEL": "WARNING",
    }
    child = Child("aws", [sys.executable, "-m", "local.aws"], state / "aws.log", environment)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for_http(f"{address}/_ministack/health", child)
        yield address
    finally:
        child.stop()


@pytest.fixture(scope="module")
def carrier(aws: str) -> Carriers:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-north-1")
    ses = session.client("ses", endpoint_url=aws)
    ses.verify_email_identity(EmailAddress=SENDER)
    ses.create_configuration_set(ConfigurationSet={"Name": "receipts"})
    return Carriers(SnsSms(session.client("sns", endpoint_url=aws)), SesMail(ses, SENDER, "receipts"))


@asynccontextmanager
async def page(aws: str, state: Path) -> AsyncIterator[tuple[ClientSession, str]]:
    """The outbox beside a catch-all, as in the front."""
    app = web.Application()

    async def anything(_: web.Request) -> web.Response:
        return web.Response(status=404, text="the front's own answer")

    app.router.add_get("/{path:.+}", anything)
    outbox.mount(app, aws, state)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with ClientSession() as client:
            yield client, f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def listed(client: ClientSession, root: str) -> list[dict[str, Any]]:
    async with client.get(f"{root}/outbox/messages") as answer:
        messages: list[dict[str, Any]] = await answer.json()
        return messages


def test_an_empty_outbox_explains_itself(tmp_path: Path) -> None:
    async def look() -> str:
        # Nobody listens at this address: the page is there all the same.
        async with page(f"http://127.0.0.1:{free_port()}", tmp_path) as (client, root):
            assert await listed(client, root) == []
            async with client.get(f"{root}/outbox") as answer:
                return await answer.text()

    text = asyncio.run(look())
    assert "Her er det tomt ennå" in text
    assert '<p id="empty">' in text


def test_what_is_sent_is_shown_whole(aws: str, carrier: Carriers, state: Path) -> None:
    carrier.text("+4790000001", sms_text(INVITATION))
    carrier.mail.send_mail(mail(INVITATION, SENDER, "kari@pasient.example"), key="k")

    async def look() -> None:
        async with page(aws, state) as (client, root):
            messages = {message["kind"]: message for message in await listed(client, root)}
            sms, letter = messages["sms"], messages["mail"]
            assert (sms["to"], sms["sender"], sms["text"]) == ("+4790000001", "Elvenes HF", sms_text(INVITATION))
            assert letter["to"] == "kari@pasient.example"
            assert "Øre-nese-hals <poliklinikk>" in letter["sender"]
            assert letter["subject"] == "Videotime tirsdag 24. november 2026 kl. 09.30"
            assert LINK in letter["text"]
            assert [part["type"] for part in letter["parts"]] == ["text/plain", "text/html", "text/calendar"]

            async with client.get(root + letter["parts"][2]["address"]) as answer:
                assert answer.content_type == "text/calendar"
                assert 'filename="invite.ics"' in answer.headers["Content-Disposition"]
                assert (await answer.text()).startswith("BEGIN:VCALENDAR\r\n")
            async with client.get(root + letter["parts"][1]["address"]) as answer:
                assert answer.headers["Content-Security-Policy"].startswith("sandbox ")
                assert "Ingrid Berg" in await answer.text()
            async with client.get(f"{root}/outbox/{letter['id']}/raw") as answer:
                whole = message_from_bytes(await answer.read(), policy=policy.default)
                assert whole["To"] == "kari@pasient.example"

            async with client.get(f"{root}/outbox") as answer:
                html = await answer.text()
            assert "E-post til kari@pasient.example" in html
            assert "SMS til +4790000001" in html
            assert f'<a href="{LINK}" target="_blank" rel="noopener">{LINK}</a>' in html
            assert "Øre-nese-hals &lt;poliklinikk&gt;" in html
            assert "<poliklinikk>" not in html
            assert '<p id="empty" hidden>' in html
            for asset in ("outbox.js", "outbox.css"):
                async with client.get(f"{root}/outbox/{asset}") as answer:
                    assert answer.status == 200

    asyncio.run(look())


def test_whether_it_arrived_is_told_by_the_carriers_id(aws: str, carrier: Carriers, state: Path) -> None:
    sent = {"sms": carrier.text("+4790000009", "hei"),
            "mail": carrier.mail.send_mail(mail(INVITATION, SENDER, "kari@pasient.example"), key="k")}  # fmt: skip
    told: list[tuple[str, str, bool]] = []

    async def look() -> None:
        app = web.Application()
        box = outbox.Outbox(state / "outbox", _fetch(aws))
        app.add_routes(outbox.routes(box, lambda one, arrived: told.append((one.kind, one.carrier_id, arrived))))
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}/outbox"
        async with ClientSession() as session:
            newest = {one.kind: one for one in reversed(await box.collect())}
            for kind, became in (("sms", "lost"), ("mail", "arrived")):
                asked = f"{address}/{newest[kind].id}/{became}"
                assert (await session.post(asked)).status == 403
                assert (await session.post(asked, headers={"X-Venterom": "1"})).status == 204
        await runner.cleanup()

    asyncio.run(look())
    assert told == [("sms", sent["sms"], False), ("mail", sent["mail"], True)]


def _fetch(aws: str) -> Callable[[], Awaitable[Any]]:
    async def fetch() -> Any:
        async with ClientSession() as session, session.get(f"{aws}/_ministack/sns/sms-messages") as answer:
            return await answer.json()

    return fetch


def test_only_what_is_newer(aws: str, carrier: Carriers, state: Path) -> None:
    async def look() -> None:
        async with page(aws, state) as (client, root):
            await asyncio.to_thread(carrier.text, "+4790000002", "en")
            first = (await listed(client, root))[0]
            await asyncio.to_thread(carrier.text, "+4790000002", "to")
            async with client.get(f"{root}/outbox/newer", params={"than": first["id"]}) as answer:
                fresh = await answer.text()
            assert fresh.count("<article") == 1
            assert ">to</p>" in fresh
            newest = (await listed(client, root))[0]
            async with client.get(f"{root}/outbox/newer", params={"than": newest["id"]}) as answer:
                assert await answer.text() == ""

    asyncio.run(look())


@pytest.mark.parametrize("path", ["/outbox/nothing/raw", "/outbox/nothing/parts/0", "/outbox/../outbox.py/raw"])
def test_what_is_not_there(aws: str, state: Path, path: str) -> None:
    async def look() -> int:
        async with page(aws, state) as (client, root), client.get(root + path) as answer:
            return answer.status

    assert asyncio.run(look()) == 404


def test_a_restart_loses_nothing_and_doubles_nothing(aws: str, carrier: Carriers, state: Path) -> None:
    async def look(address: str) -> list[str]:
        async with page(address, state) as (client, root):
            return [message["id"] for message in await listed(client, root)]

    carrier.text("+4790000003", "hei")
    before = asyncio.run(look(aws))
    assert before
    assert asyncio.run(look(aws)) == before  # the embedded AWS lists the same SMS again
    assert asyncio.run(look(f"http://127.0.0.1:{free_port()}")) == before  # and here it is gone
