"""One whole consultation without browsers, step by step, for whoever counts what it takes.

Who comes are pages as in tests/faults: the clinician books, the patient gets SMS and e-mail, opens the link, logs in at
the stand-in portal, tests devices and network, waits, is called, talks, hangs up, says how it went; later it is purged.
"""

import asyncio
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from bench.soak import until_answered
from chalicelib import protocol as p
from chalicelib.lifecycle import WITH_CALL, State
from chalicelib.records import Consultation, Kept, Purged, Ruled
from chalicelib.rest import Rules
from chalicelib.store import DynamoStore, Put, Replace
from local import deploy, seed
from local.system import TRUST, System, national_id
from tests.faults.clinic import DEPARTMENT, Desk, Guest
from tests.media.test_probe import Page as ProbePage

PERSON: Final = "kari"
SCHEDULED: Final = {
    "version": "0", "id": "", "detail-type": "Scheduled Event", "source": "aws.events", "account": "", "time": "",
    "region": deploy.REGION, "resources": [], "detail": {},
}  # fmt: skip
"""What EventBridge calls the clean-up with."""
PATIENCE: Final = 600.0
PURGED_DAYS: Final = 10
"""So many days ago it was, for the purge."""
FRAMES: Final = 5.0
"""Pictures a second that stand for video: media is not what is counted here."""

Mark = Callable[[str], None]


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nothing: where a redirect leads is what is asked for."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Never another request."""


async def walk(
    system: System, mark: Mark, waiting: Callable[[], Awaitable[None]], talking: Callable[[], Awaitable[None]]
) -> None:
    """All of it; ``mark`` hears what begins, the two others last as long as the patient waits and both talk."""
    mark("staff login")
    clinician = seed.Clinician(system.origin, TRUST["trust"]["id"])
    await until_answered(lambda: asyncio.to_thread(clinician.log_in, seed.CLINICIAN))
    desk = Desk(system, clinician, DEPARTMENT[seed.CLINICIAN], frames_per_second=FRAMES)
    guest = Guest(system, frames_per_second=FRAMES)
    coming: list[asyncio.Task[None]] = []
    try:
        mark("booking")
        phone = f"+479{secrets.randbelow(10**7):07d}"
        consultation = await until_answered(lambda: asyncio.to_thread(_book, clinician, phone))
        link = await _sent(system, phone)
        mark("opening")
        await until_answered(lambda: guest.enter(link))
        mark("login")
        await until_answered(lambda: asyncio.to_thread(_log_in, guest))
        mark("pages")
        coming += [asyncio.create_task(page.run()) for page in (desk.page, guest.page)]
        await desk.page.until(lambda: desk.has(consultation, State.INVITED), seconds=PATIENCE)
        await guest.page.until(lambda: guest.page.visit is not None, seconds=PATIENCE)
        mark("tests")
        await _test(guest)
        mark("check-in")
        ready = p.CheckIn(p.DeviceReport())
        await guest.page.until(lambda: guest.is_(State.CHECKED_IN), ready, seconds=PATIENCE)
        await desk.page.until(lambda: desk.has(consultation, State.CHECKED_IN), seconds=PATIENCE)
        mark("waiting")
        await waiting()
        mark("call")
        await desk.page.until(lambda: desk.has(consultation, *WITH_CALL), p.Call(consultation), seconds=PATIENCE)
        await guest.page.until(lambda: guest.page.told(p.Ringing) is not None, seconds=PATIENCE)
        await guest.accept()
        await asyncio.gather(desk.page.until_heard(), guest.page.until_heard())
        mark("talking")
        await talking()
        mark("hanging up")
        await guest.page.until(lambda: guest.is_(State.ENDED), guest.hang_up(), seconds=PATIENCE)
        await asyncio.gather(guest.page.hang_up(), desk.page.hang_up())
        mark("feedback")
        body = json.dumps({"quality": "good", "problems": []}).encode()
        await asyncio.to_thread(_must, guest, "POST", "feedback", body)
        mark("leaving")
    finally:
        for task in coming:
            task.cancel()
        await asyncio.gather(*coming, return_exceptions=True)
    await asyncio.to_thread(_purge, system, consultation, mark)
    mark("")


def _mail(phone: str) -> str:
    return f"p{phone[1:]}@pasient.example"


def _book(clinician: seed.Clinician, phone: str) -> str:
    starts = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 300))
    made = clinician.post(
        "consultations",
        {
            "department": DEPARTMENT[seed.CLINICIAN],
            "patient_name": "Kari Testesen",
            "phone": phone,
            "email": _mail(phone),
            "national_id": national_id(PERSON),
            "starts": starts,
            "send": "now",
        },
        **{"Idempotency-Key": f"walk-{phone[1:]}"},
    )
    return str(made["consultation"])


async def _sent(system: System, phone: str) -> str:
    """The link, when SMS and e-mail have both gone."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with urllib.request.urlopen(f"{system.origin}/outbox/messages", timeout=30) as answer:  # noqa: S310, ASYNC210  # nosec B310 # our own address
                to = [message["to"] for message in json.load(answer)]
            if phone in to and _mail(phone) in to:
                return await asyncio.to_thread(seed.latest_link, system.origin, phone)
            await asyncio.sleep(0.2)


def _must(guest: Guest, method: str, what: str, body: bytes | None = None) -> dict[str, Any]:
    status, answer = guest.visitor.request(method, f"visits/{guest.visitor.consultation}/{what}", body)
    if status >= 400:
        raise ConnectionError(answer.get("code", status))
    return answer


def _log_in(guest: Guest) -> None:
    """To the portal and back, as a browser would go."""
    away = _must(guest, "POST", "login")["location"]
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(), _Stay)
    page = browser.open(away).read().decode()
    try:
        back = browser.open(*seed.answered(page, PERSON)).headers["Location"]
    except urllib.error.HTTPError as redirect:
        back = redirect.headers["Location"]
    address = urlsplit(back)
    status, _ = guest.visitor.request("GET", f"{address.path.removeprefix('/api/')}?{address.query}")
    if status != 302:
        raise ConnectionError(status)
    if not guest.visitor.get()["logged_in"]:
        raise ConnectionError("not logged in")


async def _test(guest: Guest) -> None:
    """Devices, each answered by itself, and the network, as far as the functions take part."""
    page = guest.page
    yes = p.Answer3.YES
    for devices in (
        p.DeviceReport(camera=yes),
        p.DeviceReport(camera=yes, speaker=yes),
        p.DeviceReport(camera=yes, speaker=yes, microphone=yes),
    ):
        await page.say(p.Tested(devices))
    await page.until(lambda: page.told(p.ProbeReady) is not None, p.ProbeStart(), seconds=PATIENCE)
    ready = page.told(p.ProbeReady)
    if ready is None:
        raise ConnectionError("no network test")
    probe = ProbePage()
    offer = p.ProbeOffer(ready.probe, await probe.offer())
    await page.until(lambda: page.told(p.ProbeAnswer) is not None, offer, seconds=PATIENCE)
    answer = page.told(p.ProbeAnswer)
    if answer is not None:
        await probe.open(answer.sdp)
    await probe.connection.close()
    network = p.NetworkReport(
        verdict=p.Verdict.GOOD, transport=p.Transport.DIRECT, rtt_ms=20, up_kbps=1200, down_kbps=1200
    )
    await page.say(p.Tested(devices, network))


def _purge(system: System, consultation: str, mark: Mark) -> None:
    """Have the clean-up run with nothing to do, and again when this consultation's time is over."""
    outputs = system.aws.outputs() or {}
    store = DynamoStore(outputs["Table"], deploy.REGION, system.aws.endpoint)
    trust = TRUST["trust"]["id"]
    rules = Rules(keep_contact_days=1, keep_feedback_days=1, keep_consultation_days=1)
    store.write([Put(Ruled(trust=trust, version=1, rules=rules))])
    _from_the_beginning(store, trust)
    mark("empty purge")
    system.aws.invoke(outputs["PurgeFunction"], SCHEDULED)
    mark("")
    key = (f"T#{trust}#C#{consultation}", "CONSULTATION")
    present = store.get(Consultation, key)
    if present is None:
        raise ConnectionError("the consultation is gone")
    back = PURGED_DAYS * 86400
    day = (date.fromisoformat(present.day) - timedelta(days=PURGED_DAYS)).isoformat()
    old = msgspec.structs.replace(present, starts=present.starts - back, day=day)
    store.write([Replace(old, present.version), Put(Kept(trust=trust, consultation=consultation, day=day))])
    _from_the_beginning(store, trust)
    mark("purge")
    system.aws.invoke(outputs["PurgeFunction"], SCHEDULED)
    mark("")
    if store.get(Consultation, key) is not None:
        raise ConnectionError("it was not purged")


def _from_the_beginning(store: DynamoStore, trust: str) -> None:
    """Let the next clean-up look at all days again."""
    key = Purged(trust=trust, version=0).key()
    present = store.get(Purged, key)
    if present is not None:
        store.write([Put(msgspec.structs.replace(present, days={}))])
