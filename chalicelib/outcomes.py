"""What carriers say became of the messages that they took: from SES, from SNS's log, from a gateway of SMS.

A receipt may come twice, late, or in any order. What arrived has arrived, whatever is said later.
"""

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

import msgspec

from chalicelib import agenda
from chalicelib.consultations import Consultations
from chalicelib.errors import BadRequest, NotFound, Overtaken, Unauthenticated
from chalicelib.protocol import Delivery
from chalicelib.records import Handed, Sending, consultation_key
from chalicelib.rest import FailureCause, SmsReceipt
from chalicelib.sendings import TRIES, Sendings
from chalicelib.store import Store

EARLY_SECONDS: Final = 120
"""A receipt may overtake the note of what it is about; one that is younger than this comes again."""
CLOCK_SECONDS: Final = 300
"""How old the signature of a gateway's receipt may be, or how far ahead; the Standard Webhooks' own figure."""
F = FailureCause
# What SNS's log says in ``providerResponse`` (Amazon SNS Developer Guide, "SMS delivery failure reasons").
SNS_CAUSES: Final = {
    "invalid phone number": F.RECEIVER,
    "phone has blocked sms": F.RECEIVER,
    "phone is on a blocked list": F.RECEIVER,
    "phone is currently unreachable/unavailable": F.RECEIVER,
    "phone number is opted out": F.OPTED_OUT,
    "unknown error attempting to reach phone": F.UNKNOWN,
}


class Outcome(msgspec.Struct, frozen=True):
    """That a message arrived or, with ``why``, did not; ``at``: when the carrier wrote that, seconds since 1970."""

    carrier: str
    message: str
    delivered: bool
    why: FailureCause
    at: float


class Outcomes:
    """Takes receipts."""

    def __init__(
        self, store: Store, consultations: Consultations, sendings: Sendings, now: Callable[[], float]
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._sendings = sendings
        self._now = now

    def take(self, receipt: Outcome) -> None:
        """Note it with its message. Raises NotFound for a message of which nothing is known (yet)."""
        asked = Handed(carrier=receipt.carrier, message=receipt.message, trust="", consultation="", reason="")
        handed = self._store.get(Handed, asked.key())
        if handed is None:
            raise NotFound
        key = consultation_key(handed.trust, handed.consultation), f"MSG#{handed.reason}"
        state = Delivery.DELIVERED if receipt.delivered else Delivery.FAILED
        for _ in range(TRIES):
            row = self._store.get(Sending, key)
            if row is None or row.state in (Delivery.DELIVERED, state):
                return None
            if noted := self._sendings.received(row, state, receipt.why):
                return self._tell(noted)
        raise Overtaken

    def take_all(self, receipts: Iterator[Outcome]) -> int:
        """As `take`, of what is known; returns how many. Raises NotFound for one so young that it may be known soon."""
        taken, early = 0, False
        for receipt in receipts:
            try:
                self.take(receipt)
                taken += 1
            except NotFound:
                early = early or self._now() - receipt.at < EARLY_SECONDS
        if early:
            raise NotFound
        return taken

    def _tell(self, row: Sending) -> None:
        present = self._consultations.find(row.trust, row.consultation)
        errand = agenda.named(present, row.reason.removesuffix(f"-{row.way}"))
        if errand is not None:
            self._sendings.tell(present, errand, row)


def of_mail(event: Any) -> Iterator[Outcome]:
    """From the event of SNS's topic by which SES publishes (Amazon SES Developer Guide, "Event publishing: SNS").

    What tells neither of arrival nor of failure, as that it was sent, opened or is late, is passed over; so is what is
    no event: SES tries the topic with a sentence when it is named to it.
    """
    for record in event["Records"]:
        try:
            said = json.loads(record["Sns"]["Message"])
        except json.JSONDecodeError:
            continue
        kind = said.get("eventType") or said.get("notificationType")
        message = said["mail"]["messageId"]
        at = _epoch(said.get(str(kind).lower(), {}).get("timestamp") or said["mail"]["timestamp"])
        if kind == "Delivery":
            yield Outcome("ses", message, True, F.NONE, at)
        elif kind == "Bounce":
            lasting = said["bounce"]["bounceType"] == "Permanent"
            yield Outcome("ses", message, False, F.RECEIVER if lasting else F.CARRIER, at)
        elif kind in ("Reject", "Rendering Failure"):
            yield Outcome("ses", message, False, F.CARRIER, at)


def of_sms_log(event: Any) -> Iterator[Outcome]:
    """From what CloudWatch passes on of SNS's log ("Viewing Amazon CloudWatch metrics and logs for SMS deliveries").

    A line holds the number as well; nothing is read of it but the message's id and what became of it.
    """
    passed = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    for line in passed.get("logEvents", []) if passed.get("messageType") == "DATA_MESSAGE" else []:
        said = json.loads(line["message"])
        delivered = said["status"] == "SUCCESS"
        answer = str(said.get("delivery", {}).get("providerResponse", "")).rstrip(".").lower()
        why = F.NONE if delivered else SNS_CAUSES.get(answer, F.CARRIER)
        yield Outcome("sns", said["notification"]["messageId"], delivered, why, line["timestamp"] / 1000)


def of_gateway(body: bytes, headers: Callable[[str], str], secret: str, now: float) -> Outcome:
    """A gateway's, signed as the Standard Webhooks say: ``v1,`` and base64 of HMAC-SHA-256 over id, time and body.

    One that is sent a second time changes nothing. Raises Unauthenticated, BadRequest.
    """
    name, time = headers("webhook-id"), headers("webhook-timestamp")
    if not time.isdigit() or len(time) > 12 or abs(now - int(time)) > CLOCK_SECONDS:
        raise Unauthenticated
    wanted = signature(secret, name, time, body)
    given = [part.partition(",")[2] for part in headers("webhook-signature").split() if part.startswith("v1,")]
    if not any(hmac.compare_digest(wanted.encode(), one.encode(errors="replace")) for one in given):
        raise Unauthenticated
    try:
        said = msgspec.json.decode(body, type=SmsReceipt)
    except (msgspec.DecodeError, UnicodeError):
        raise BadRequest from None
    return Outcome("gateway", said.message, said.delivered, said.why, int(time))


def signature(secret: str, name: str, time: str, body: bytes) -> str:
    """The signature of a receipt; ``secret`` is base64, perhaps after ``whsec_``."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, b".".join((name.encode(errors="replace"), time.encode(), body)), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
