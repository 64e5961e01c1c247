"""Where the system stands: one deployment for each trust (or group of trusts) and stage, read from deployments.toml."""

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from infra import STACK

FILE: Final = Path(__file__).with_name("deployments.toml")
WORKERS: Final = "workers"
"""The name of the ECS service of media workers, in the deployment's cluster."""
TURN_SERVERS: Final = "turn"
"""That of the TURN servers."""
ABROAD: Final = "us-east-1"
"""The region where AWS keeps budgets and CloudFront's certificates, wherever a deployment stands."""
BOUNCES: Final = "bounces"
"""The name, below the sender's domain, to which e-mail that nobody takes comes back: SES's own MAIL FROM there."""

LONGEST_TRAIL_DAYS: Final = 3650
"""As long as `rest.Rules` lets a trust keep its trails."""

FIRST_WORD: Final = "first"
"""The version of the entrance's word before it has been turned over for the first time (infra/entrance.py)."""


class Stage(StrEnum):
    """What a deployment is for. Only the last one holds consultations of patients."""

    DEV = "dev"
    TEST = "test"
    PROD = "prod"


class Lock(StrEnum):
    """How S3 locks the anchors of trails (Amazon S3 User Guide, "Retention modes")."""

    GOVERNANCE = "GOVERNANCE"
    COMPLIANCE = "COMPLIANCE"
    """Nobody can undo it before its time, not even the account's owner."""


class SmsLog(StrEnum):
    """Whether a deployment is told what became of its SMS, from the log that SNS keeps once an account and region."""

    OWN = "own"
    """It makes the log's groups, and reads them."""
    SHARED = "shared"
    """It reads those of another deployment in the same account and region."""
    NONE = "none"
    """An SMS stays "sent" then."""


class Workers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The media workers and TURN servers of one deployment."""

    most: Annotated[int, msgspec.Meta(ge=1)] = 20
    """Workers at most, whatever the book says: what the budget and AWS's quota bear."""
    minimum: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Workers at any time, at night too."""
    spot: bool = False
    """Whether they may be cheaper tasks which AWS may take back with two minutes' notice; calls move then."""
    turn_servers: Annotated[int, msgspec.Meta(ge=1)] = 2
    """TURN servers at any time, in as many zones."""


class Deployment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One trust's system at one stage, in one account and region of the EU."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9]{1,15}$")]
    """The trust or group of trusts."""
    stage: Stage
    account: Annotated[str, msgspec.Meta(pattern=r"^\d{12}$")]
    region: Annotated[str, msgspec.Meta(pattern=r"^eu-[a-z]+-\d$")]
    domain: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")]
    """Where patients and clinicians find the pages: video.trust.example. The TURN servers are at turn.{domain} for TLS,
    and at relay.{domain} for UDP and TCP."""
    certificate: str
    """ARN of the certificate for `domain`, in us-east-1, where CloudFront looks for it."""
    turn_certificate: str
    """ARN of the certificate for turn.{domain}, in the deployment's own region."""
    alarms_to: str
    """The e-mail address that alarms and the budget are told to: a role's, never a person's."""
    budget_usd: Annotated[int, msgspec.Meta(ge=1)] = 500
    """A month's; told when the forecast passes it."""
    workers: Workers = Workers()
    portal_keys: Annotated[str, msgspec.Meta(pattern=r"^https://[a-z0-9.-]+/[A-Za-z0-9._/-]+$")]
    """Where the patients' portal publishes its keys (`jwks_uri` of its metadata): pages get them from there, through
    CloudFront and not through the functions. ID-porten's: https://idporten.no/jwks.json, and of its test environment
    https://test.idporten.no/jwks.json."""
    web_acl: str = ""
    """ARN of a web ACL of AWS WAF, in us-east-1, that CloudFront shall ask; empty: none."""
    restored_table: str = ""
    """Name of a table, restored from a backup, that takes the place of the stack's own (docs/operating/recovery.md)."""
    anchor_lock: Lock = Lock.GOVERNANCE
    """How the anchors of trails are locked (docs/operating/trail.md)."""
    anchor_days: Annotated[int, msgspec.Meta(ge=365, le=LONGEST_TRAIL_DAYS)] = LONGEST_TRAIL_DAYS
    """For how many days: at least as long as a trust keeps its trails."""
    sms_log: SmsLog = SmsLog.OWN
    """One deployment of an account and region has its own, one more may share it (docs/operating/messages.md)."""
    settings: dict[str, str] = {}
    """Fields of Settings that differ from their defaults, and those that have none."""

    @property
    def stack(self) -> str:
        """The beginning of the names of its stacks."""
        return f"{STACK}-{self.name}-{self.stage}"

    def region_of(self, kind: str) -> str:
        """Where its stack of this kind stands."""
        return ABROAD if kind == "abroad" else self.region

    @property
    def origin(self) -> str:
        """Scheme and host of the pages."""
        return f"https://{self.domain}"

    @property
    def turn_domain(self) -> str:
        """Host of the TURN servers for TLS."""
        return f"turn.{self.domain}"

    @property
    def relay_domain(self) -> str:
        """Host of the same servers for UDP and TCP: one load balancer cannot have both on port 443."""
        return f"relay.{self.domain}"

    @property
    def turn_urls(self) -> str:
        """What browsers are told, separated by commas."""
        return ",".join(
            (
                f"turn:{self.relay_domain}:443?transport=udp",
                f"turn:{self.relay_domain}:443?transport=tcp",
                f"turns:{self.turn_domain}:443?transport=tcp",
            )
        )

    @property
    def mail_domain(self) -> str:
        """Domain of the From address of e-mail, for which SES signs; empty while none is set."""
        return self.settings.get("mail_sender", "").partition("@")[2]

    @property
    def cluster(self) -> str:
        """The name of the ECS cluster, known before it is made: so core's functions can be told of it."""
        return self.stack

    @property
    def given(self) -> dict[str, str]:
        """The fields of Settings that it knows."""
        return {
            "origin": self.origin,
            "turn_urls": self.turn_urls,
            "worker_cluster": self.cluster,
            "worker_service": WORKERS,
            "worker_minimum": str(self.workers.minimum),
            "worker_most": str(self.workers.most),
        } | self.settings


def load(text: str) -> list[Deployment]:
    """Those that a file holds. Raises ValueError, msgspec's ValidationError among them, that says what and where."""
    trusts = msgspec.convert(tomllib.loads(text), dict[str, dict[str, dict[str, Any]]])
    found = [_read(name, stage, values) for name, stages in trusts.items() for stage, values in stages.items()]
    domains = Counter(one.domain for one in found)
    for domain in (domain for domain, times in domains.items() if times > 1):
        raise ValueError(f"Two deployments have the same domain, {domain}.")
    _check_sms_logs(found)
    _check_senders(found)
    return found


def _check_senders(found: Sequence[Deployment]) -> None:
    """Raises ValueError when SES would have to keep one domain twice."""
    senders = Counter((one.account, one.region, one.mail_domain) for one in found if one.mail_domain)
    for (account, region, domain), times in senders.items():
        if times > 1:
            raise ValueError(
                f"Two deployments in {account}, {region} send e-mail from {domain}, which SES keeps once an account "
                "and region: give each a domain of its own below it (mail_sender)."
            )


def _check_sms_logs(found: Sequence[Deployment]) -> None:
    """CloudWatch lets two functions read a group of log lines, and SNS has one pair of groups an account and region."""
    logs = Counter((one.account, one.region, one.sms_log) for one in found)
    for (account, region, kind), times in logs.items():
        where = f"of account {account} in {region}"
        if kind is not SmsLog.NONE and times > 1:
            raise ValueError(
                f'{times} deployments {where} have sms_log = "{kind}": one may have "own", one "shared",'
                ' the others "none".'
            )
        if kind is SmsLog.SHARED and not logs[account, region, SmsLog.OWN]:
            raise ValueError(f'A deployment {where} has sms_log = "shared", and none has "own".')


def _read(name: str, stage: str, values: Mapping[str, Any]) -> Deployment:
    try:
        return msgspec.convert({"name": name, "stage": stage, **values}, Deployment)
    except msgspec.ValidationError as error:
        raise msgspec.ValidationError(f"[{name}.{stage}] {error}") from None
