"""Everything a deployment can set: the environment variables of the functions, by name, with their meaning.

The template sets exactly these (a test compares); secrets are named here and read from Secrets Manager, never set here.
"""

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from chalicelib.scaling import Policy

POLICY: Final = Policy(calls_a_worker=60, most=20)
"""How workers are counted where a deployment says nothing else. `calls_a_worker` is media_worker.settings.CAPACITY (a
test compares): measured, docs/performance.md, "Calls a worker takes"."""


class SmsBy(StrEnum):
    """Which carrier takes SMS: AWS's own, or a gateway over HTTPS."""

    SNS = "sns"
    GATEWAY = "gateway"


Seconds = Annotated[int, msgspec.Meta(gt=0)]
Number = Annotated[int, msgspec.Meta(ge=0)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One field per environment variable ``VENTEROM_<FIELD>``; the defaults are the protocol's own figures."""

    table: str
    """Name of the one DynamoDB table."""
    system: str = "venterom"
    """By which name this deployment is told from others in metrics: the beginning of its stacks' names."""
    origin: str
    """Scheme, host and port of the pages as browsers see them, without a slash at the end."""
    push_endpoint: str
    """URL of the WebSocket API's connection management (``https://{api}.execute-api.{region}.amazonaws.com/{stage}``)."""
    secret_pepper: str
    """Secrets Manager id: key of every keyed hash (national identity numbers, addresses in rate limits)."""
    secret_turn: str
    """Secrets Manager id: the secret shared with the TURN server."""
    secret_worker: str
    """Secrets Manager id: the key with which media workers sign their connection."""
    secret_probe: str
    """Secrets Manager id: the key with which the probe signs its connection."""
    secret_oidc: str
    """Secrets Manager id: JSON Web Key Set (private) with which we sign client assertions."""
    patient_issuer: str
    """OIDC issuer of the patients' portal."""
    patient_client_id: str
    turn_urls: str
    """Comma-separated ``turn:`` and ``turns:`` URLs given to browsers and workers; may be empty."""
    mail_sender: str
    """The From address of e-mail, verified in SES."""
    sms_sender: str
    """Sender name shown on the phone (at most 11 letters), of trusts that have chosen none."""
    mail_configuration: str
    """SES's configuration set, through which receipts of e-mail come."""
    deliver_function: str
    """ARN of the function that sends due invitations, for the scheduler."""
    anchor_bucket: str
    """Name of the S3 bucket whose objects nobody can change: each day's anchor."""
    erasure_bucket: str
    """Name of the S3 bucket that says, for as long as backups live, what was erased."""
    scheduler_role: str
    """ARN of the role the scheduler takes to call it."""
    secret_sms_gateway: str
    """Secrets Manager id: JSON with ``token`` and ``receipts``, what we and the gateway of SMS know."""
    dead_letters: str
    """ARN of the queue for what was scheduled and failed for good."""
    fleet_function: str
    """ARN of the function that decides how many workers there are, for whoever waits for a line."""
    worker_cluster: str = ""
    """Name of the ECS cluster in which the workers run."""
    worker_service: str = ""
    """Name of the ECS service there that runs them; empty: nobody's number is set, and no worker is told to rest."""
    calls_a_worker: Annotated[int, msgspec.Meta(ge=1)] = POLICY.calls_a_worker
    """See `scaling.Policy`, as for the six that follow."""
    worker_margin: Annotated[float, msgspec.Meta(ge=1)] = POLICY.margin
    worker_spare: Number = POLICY.spare
    worker_lead_seconds: Number = POLICY.lead_seconds
    worker_late_seconds: Number = POLICY.late_seconds
    worker_minimum: Number = POLICY.minimum
    worker_most: Annotated[int, msgspec.Meta(ge=1)] = POLICY.most or 1
    sms_carrier: SmsBy = SmsBy.SNS
    sms_gateway_url: str = ""
    """Where a gateway takes SMS."""
    trusted_proxies: int = 1
    """How many proxies in front of the API add to X-Forwarded-For."""
    relay_only: bool = False
    """Whether browsers may only go through TURN."""
    ticket_seconds: Seconds = 30
    session_seconds: Seconds = 12 * 3600
    """After which a session is over, however busy."""
    idle_seconds: Seconds = 1800
    """After which a session is over when its owner has done nothing."""
    code_seconds: Seconds = 300
    """How long a one-time code is good."""
    heartbeat_seconds: Seconds = 5
    """Between two signs of life of a worker."""
    lease_seconds: Seconds = 15
    """Without a sign of life for so long a worker is lost, whatever its socket looks like."""
    rescue_seconds: Seconds = 180
    """A call whose worker is lost waits for so long for a place elsewhere: another may be being started, and people who
    still hear each other, while only the functions are late, are not to be parted."""
    ping_seconds: Seconds = 25
    """Between two signs of life of a page."""
    silence_seconds: Seconds = 75
    """Without a sign of life for so long a page's socket is gone, whether or not anything said so."""
    socket_seconds: Seconds = 6600
    """At this age of a socket its owner opens the next: API Gateway ends it at 7,200."""
    line_seconds: Seconds = 15
    """A place in the queue for a line is kept for so long after the last `call`."""
    turn_seconds: Seconds = 4 * 3600
    link_grace_seconds: Seconds = 24 * 3600
    """How long after the appointment's end the link still opens."""

    @property
    def policy(self) -> Policy:
        """By which workers are counted. Raises ValueError where there may be fewer than there are at any time."""
        return Policy(
            calls_a_worker=self.calls_a_worker,
            margin=self.worker_margin,
            spare=self.worker_spare,
            lead_seconds=self.worker_lead_seconds,
            late_seconds=self.worker_late_seconds,
            minimum=self.worker_minimum,
            most=self.worker_most,
        )

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read ``VENTEROM_*``. Raises msgspec.ValidationError, naming the variable that is missing or wrong."""
        prefix = "VENTEROM_"
        given = {k.removeprefix(prefix).lower(): v for k, v in environment.items() if k.startswith(prefix)}
        known = {k: v for k, v in given.items() if k in cls.__struct_fields__}
        return msgspec.convert(known, cls, strict=False)
