"""Says in a carrier's place what became of a message of the outbox: calls the function that would be told, by AWS's own
kind of event, so that a person sees what the department is shown.
"""

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import Any

from local.deploy import Aws

FUNCTIONS = {"mail": "MailReceiptFunction", "sms": "SmsReceiptFunction"}


def tell(aws: str, kind: str, message: str, *, arrived: bool) -> None:
    """Tell that ``message``, by the carrier's id, arrived or not. Raises DeploymentFailed when the function fails."""
    account = Aws(aws)
    outputs = account.outputs() or {}
    event = _mail(message, arrived) if kind == "mail" else _sms(message, arrived)
    account.invoke(outputs[FUNCTIONS[kind]], event)


def _mail(message: str, arrived: bool) -> Any:
    """What SES publishes to its topic."""
    now = datetime.now(UTC).isoformat()
    about = {"messageId": message, "timestamp": now}
    said = (
        {"eventType": "Delivery", "delivery": {"timestamp": now}}
        if arrived
        else {"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "timestamp": now}}
    )
    return {"Records": [{"Sns": {"Message": json.dumps({"mail": about, **said})}}]}


def _sms(message: str, arrived: bool) -> Any:
    """What CloudWatch passes on of SNS's log."""
    now = datetime.now(UTC)
    answer = "Message has been accepted by phone" if arrived else "Phone is currently unreachable/unavailable"
    said = {
        "notification": {"messageId": message, "timestamp": now.isoformat()},
        "delivery": {"providerResponse": answer},
        "status": "SUCCESS" if arrived else "FAILURE",
    }
    line = {"id": "1", "timestamp": int(now.timestamp() * 1000), "message": json.dumps(said)}
    packed = gzip.compress(json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [line]}).encode())
    return {"awslogs": {"data": base64.b64encode(packed).decode()}}
