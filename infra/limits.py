"""How much of AWS's shared room each part of the system may take, so that none starves another."""

from collections.abc import Mapping
from typing import Final

from infra.deployment import Deployment, Stage

REQUESTS: Final = (300, 600)
"""Requests a second that the REST API takes, and how many at once (API Gateway's throttling of a stage)."""
MESSAGES: Final = (1000, 2000)
"""The same of messages on sockets: a page pings every half minute, so these are thousands of open pages."""

AT_ONCE: Final[Mapping[str, int]] = {
    # A slow neighbour (the ID portal, a carrier) must not let requests take the room of the sockets, nor the reverse.
    "APIHandler": 250,
    "WebsocketConnect": 100,
    "WebsocketMessage": 250,
    "WebsocketDisconnect": 50,
    # What is sent to thousands, as of a suspension, waits behind who is here now; Lambda keeps and repeats it.
    "Deliver": 50,
    "MailReceipt": 10,
    "SmsReceiptLog": 10,
    "Sweep": 2,  # a minute's may run longer than a minute
}
"""Executions at a time of a function, kept for it and its most (Lambda's reserved concurrency).

Of the others, which the calendar or an operator calls, one."""
ACCOUNT: Final = 900
"""What an account has to reserve by default: 1,000, of which AWS keeps 100 for functions that reserve nothing."""
TOGETHER: Final = 4
"""Deployments for development and test that share an account: two trusts' two."""


def at_once(function: str, deployment: Deployment | None) -> int:
    """The reserved concurrency of a function; less where several deployments share one account."""
    most = AT_ONCE.get(function, 1)
    return most if deployment is None or deployment.stage is Stage.PROD else max(1, most // TOGETHER)
