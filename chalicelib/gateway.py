"""A second carrier of SMS: any gateway that takes JSON over HTTPS. What it must do is in docs/operating/messages.md."""

import json
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import urllib3

from chalicelib.carriers import NotSent, Unsure
from chalicelib.rest import FailureCause

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
AGAIN: Final = frozenset({401, 403, 408, 409, 425, 429})
"""Answers after which a later try can help: its load, a like request under way, or our secret, which can be mended."""
TIMEOUT: Final = urllib3.Timeout(connect=2, read=8)  # seconds; a function that sends lives longer


class Keys(msgspec.Struct, frozen=True):
    """What we and the gateway know: the ``token`` that we show, and the key by which it signs its ``receipts``."""

    token: str
    receipts: str


class Gateway:
    """`SmsCarrier` over one. It sends what comes twice with the same ``Idempotency-Key`` once."""

    name = "gateway"
    repeatable = True

    def __init__(self, url: str, token: str) -> None:
        """Raises ValueError for an address that is neither HTTPS nor this machine's own."""
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ValueError("the gateway's address is not HTTPS")
        self._url = url
        self._token = token
        self._pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT)

    def send_sms(self, number: str, text: str, *, sender: str, key: str) -> str:
        """Hand it over, and return the gateway's id of it."""
        try:
            answer = self._pool.request(
                "POST",
                self._url,
                body=json.dumps({"to": number, "from": sender, "text": text}).encode(),
                headers={
                    "Authorization": f"Bearer {self._token}",
                    "Content-Type": "application/json",
                    "Idempotency-Key": key,
                },
                redirect=False,
            )
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
            raise NotSent(type(error).__name__, retry=True) from None
        except urllib3.exceptions.HTTPError as error:
            raise Unsure(type(error).__name__) from None
        if 200 <= answer.status < 300:
            return _id(answer.data)
        code = f"http_{answer.status}"
        if answer.status in AGAIN:
            raise NotSent(code, retry=True)
        if answer.status >= 500:
            raise Unsure(code)
        raise NotSent(code, retry=False, why=FailureCause.RECEIVER if answer.status == 422 else FailureCause.CARRIER)


def _id(body: bytes) -> str:
    """The message's id; empty when the answer tells none: it was taken all the same, only no receipt can be known."""
    try:
        answer: Any = json.loads(body)
    except ValueError:
        return ""
    found = answer.get("id") if isinstance(answer, dict) else None
    return found[:128] if isinstance(found, str) else ""
