"""The example consultation: booked for today through the real API, as its clinician would, unless there is one."""

import html
import http.cookiejar
import json
import re
import secrets
import urllib.parse
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from local.children import NotStarted

CLINICIAN: Final = "ingrid-berg"
PATIENT: Final = "kari"
PHONE: Final = "+4799000001"
OPEN_STATES: Final = ("booked", "invited", "checked_in")


class Clinician:
    """The API with a clinician's cookies."""

    def __init__(self, origin: str, trust: str) -> None:
        self._base = f"{origin}/api/staff/{trust}"
        # Cookies are Secure; that 127.0.0.1 is as good as https is known to browsers, not to Python's cookie jar.
        policy = http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https"))
        self._jar = http.cookiejar.CookieJar(policy)
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))

    @property
    def cookies(self) -> str:
        """As a browser sends them."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)

    def log_in(self, person: str) -> None:
        """Go through the stand-in portal, as a person would."""
        self._open(*answered(self._open(f"{self._base}/login").decode(), person))

    def get(self, path: str) -> Any:
        """A JSON answer."""
        return json.loads(self._open(f"{self._base}/{path}"))

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        """A JSON answer to a JSON body."""
        given = {"Content-Type": "application/json", "X-Venterom": "1", **headers}
        return json.loads(self._open(f"{self._base}/{path}", json.dumps(body).encode(), given))

    def put(self, path: str, body: dict[str, Any]) -> Any:
        """As `post`, in the place of what is there."""
        given = {"Content-Type": "application/json", "X-Venterom": "1"}
        return json.loads(self._open(f"{self._base}/{path}", json.dumps(body).encode(), given, "PUT"))

    def _open(
        self, url: str, data: bytes | None = None, headers: dict[str, str] | None = None, method: str | None = None
    ) -> bytes:
        request = urllib.request.Request(url, data, headers or {}, method=method)  # noqa: S310 - our own loopback address
        with self._opener.open(request, timeout=60) as answer:
            body: bytes = answer.read()
            return body


def answered(page: str, person: str) -> tuple[str, bytes]:
    """Where the portal's login page sends what ``person`` fills in, and that. Raises NotStarted for another page."""
    form = re.search(r'<form method="post" action="([^"]+)"', page)
    request = re.search(r'name="request" value="([^"]+)"', page)
    eid = re.search(r'name="eid" id="[^"]+" value="([^"]+)"', page)
    if not (form and request and eid):
        raise NotStarted("The portal's login page is not as expected.")
    fields = {"request": html.unescape(request[1]), "person": person, "eid": eid[1]}
    return html.unescape(form[1]), urllib.parse.urlencode(fields).encode()


def ready_link(origin: str, trust: dict[str, Any], national_id: str) -> str:
    """The link of an example consultation that can still be opened, booking one when there is none."""
    clinician = Clinician(origin, trust["trust"]["id"])
    clinician.log_in(CLINICIAN)
    now = datetime.now(UTC)
    days = {now.date().isoformat(), (now + timedelta(hours=2)).date().isoformat()}
    found = [c for day in sorted(days) for c in clinician.get(f"consultations?day={day}")["consultations"]]
    ready = next((c for c in found if c["phone"] == PHONE and c["state"] in OPEN_STATES), None)
    if ready is None:
        clinician.post(
            "consultations",
            {
                "department": trust["departments"][0]["id"],
                "patient_name": "Kari Testesen",
                "starts": (now + timedelta(minutes=15)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "phone": PHONE,
                "email": "kari@pasient.example",
                "national_id": national_id,
                "send": "now",
            },
            **{"Idempotency-Key": secrets.token_urlsafe(12)},
        )
    else:
        with suppress(NotStarted):
            return latest_link(origin, PHONE)
        clinician.post(f"consultations/{ready['consultation']}/invite", {})  # the old link leads to other ports
    return latest_link(origin, PHONE)


def latest_link(origin: str, phone: str) -> str:
    """The link in the newest SMS to ``phone`` that leads to this system. Raises NotStarted when there is none."""
    for message in sent_sms(origin):
        if message["to"] == phone and (found := re.search(re.escape(origin) + r"/i#\S+", message["text"])):
            return found[0]
    raise NotStarted("No SMS with a link arrived in the outbox.")


def latest_code(origin: str, phone: str) -> str:
    """The one-time code in the newest SMS to ``phone``. Raises NotStarted when that holds none."""
    newest = next((message["text"] for message in sent_sms(origin) if message["to"] == phone), "")
    if found := re.search(r"\b[0-9]{6}\b", newest):
        return found[0]
    raise NotStarted("The newest SMS in the outbox holds no code.")


def sent_sms(origin: str) -> list[dict[str, Any]]:
    """Every SMS in the outbox, the newest first, each with at least ``to`` and ``text``."""
    with urllib.request.urlopen(f"{origin}/outbox/messages", timeout=30) as answer:  # noqa: S310  # nosec B310 # our own address
        messages: list[dict[str, Any]] = json.load(answer)
    return [message for message in messages if message["kind"] == "sms"]
