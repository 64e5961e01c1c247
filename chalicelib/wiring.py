"""Puts the parts together, once a process: the only place that picks adapters and makes clients of AWS."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from typing import Any, Final, cast

import msgspec
from botocore.config import Config
from botocore.session import Session

from chalicelib import oidc_keys, rings, rotation
from chalicelib.anchors import Anchors
from chalicelib.announcements import Announcements
from chalicelib.audit import Audit
from chalicelib.aws import Service
from chalicelib.book import Book
from chalicelib.bookings import Bookings
from chalicelib.busy import told_as_busy
from chalicelib.calls import Calls
from chalicelib.carriers import MailCarrier, SesMail, SmsCarrier, SnsSms
from chalicelib.clinician_messages import ClinicianMessages
from chalicelib.codes import Codes
from chalicelib.company import Company
from chalicelib.compose import Composer
from chalicelib.consultations import Consultations
from chalicelib.crew import Crew
from chalicelib.desk import Desk
from chalicelib.ecs import EcsTasks
from chalicelib.eraser import Eraser
from chalicelib.errors import Busy, NotFound
from chalicelib.figures import Figures
from chalicelib.fleet import Fleet, Hurry, Tasks
from chalicelib.floods import Floods
from chalicelib.gateway import Gateway, Keys
from chalicelib.guest_messages import GuestMessages
from chalicelib.invites import Invites
from chalicelib.leases import Leases
from chalicelib.lifecycle import Role
from chalicelib.limits import Limits
from chalicelib.lines import Lines
from chalicelib.lists import Lists
from chalicelib.logins import Logins
from chalicelib.logouts import Logouts
from chalicelib.mentions import Mentions
from chalicelib.objects import Objects, S3Objects
from chalicelib.oidc import Client, RelyingParty
from chalicelib.oidc_http import IssuerHttp
from chalicelib.oidc_profile import ENTERPRISE, HELSEID, IDPORTEN
from chalicelib.outcomes import Outcomes
from chalicelib.outgoing import Outgoing
from chalicelib.patient_messages import PatientMessages
from chalicelib.people import People
from chalicelib.phone_lists import PhoneLists
from chalicelib.placing import Placing
from chalicelib.plans import Plans
from chalicelib.push import GatewayPush, Push
from chalicelib.queues import Queues
from chalicelib.receipts import Receipts
from chalicelib.records import LoginProfile, StaffLogin, Trust
from chalicelib.recount import Recount
from chalicelib.references import References
from chalicelib.register import Register
from chalicelib.retention import Retention
from chalicelib.rings import Ring
from chalicelib.rotation import Secret
from chalicelib.rules import RuleBook
from chalicelib.schedule import AwsScheduler
from chalicelib.secretary_messages import SecretaryMessages
from chalicelib.sendings import Sendings
from chalicelib.sessions import Sessions
from chalicelib.settings import Settings, SmsBy
from chalicelib.signaling import Messages, Signaling
from chalicelib.sockets import Sockets
from chalicelib.store import DynamoStore, Store
from chalicelib.suspensions import Suspensions
from chalicelib.tickets import Tickets
from chalicelib.trace import Timed
from chalicelib.trail import Trail
from chalicelib.waiting import Waiting
from chalicelib.wishes import Wishes
from chalicelib.wordings import Wordings
from chalicelib.worker_messages import WorkerMessages
from chalicelib.workers import Workers

AT_ONCE: Final = 4
"""How many calls of a worker one function moves at a time: it waits for AWS most of the time. More would collide."""
SECRET_SECONDS: Final = 300
"""How long a process believes what it read of a secret; keys are known a rotation before they are used."""
STALE_SECONDS: Final = 1800
"""As `SECRET_SECONDS`, while it cannot be read: less than the time between two rotations."""
ROTATION_SECONDS: Final = 3600
"""At least so long between two rotations: longer than any process believes in the ring of before."""


class Services:
    """The use cases over their adapters; tests give their own adapters, everything else is made when first used."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.now = now
        self._secrets: dict[str, tuple[float, str]] = {}
        self._staff: dict[str, tuple[StaffLogin, RelyingParty]] = {}

    def ready(self) -> None:
        """Make now what callers would wait for: the clients and the use cases over them. Nobody is asked anything."""
        if isinstance(self.store, DynamoStore):
            self.store.ready()
        _ = self._vault, self.signaling, self.outgoing, self.logins

    # ------------------------------------------------------------ adapters

    @cached_property
    def store(self) -> Store:
        """The table."""
        region = os.environ.get("AWS_REGION", "eu-north-1")
        return cast(Store, Timed("DynamoDB", DynamoStore(self.settings.table, region, _dynamodb_host(), self.now)))

    @cached_property
    def push(self) -> Push:
        """The way to sockets."""
        client = _client(Service.APIGATEWAYMANAGEMENTAPI, patience=2, endpoint_url=self.settings.push_endpoint)
        return cast(Push, Timed("push", GatewayPush(client)))

    @cached_property
    def sms(self) -> SmsCarrier:
        """The way to telephones."""
        if self.settings.sms_carrier is SmsBy.GATEWAY:
            return Gateway(self.settings.sms_gateway_url, self.gateway_keys.token)
        return SnsSms(_client(Service.SNS, tries=1))

    @property
    def gateway_keys(self) -> Keys:
        """What we and the gateway of SMS know. Raises NotFound where there is none."""
        if self.settings.sms_carrier is not SmsBy.GATEWAY:
            raise NotFound
        known: Keys = msgspec.json.decode(self.secret(self.settings.secret_sms_gateway), type=Keys)
        return known

    @cached_property
    def mail(self) -> MailCarrier:
        """The way to e-mail addresses."""
        return SesMail(_client(Service.SES, tries=1), self.settings.mail_sender, self.settings.mail_configuration)

    @cached_property
    def scheduler(self) -> Any:
        """The way to later."""
        return AwsScheduler(_client(Service.SCHEDULER), self.settings)

    @cached_property
    def tasks(self) -> Tasks:
        """What runs the workers."""
        return EcsTasks(_client(Service.ECS), self.settings.worker_cluster, self.settings.worker_service)

    def decide_soon(self) -> None:
        """Start the function that decides how many workers there are; nobody waits for it."""
        functions = _client(Service.LAMBDA, tries=1, patience=2)
        functions.invoke(FunctionName=self.settings.fleet_function, InvocationType="Event")

    @cached_property
    def sealed(self) -> Objects:
        """Where anchors are put so that nobody can change them."""
        return S3Objects(_client(Service.S3), self.settings.anchor_bucket)

    @cached_property
    def erasures(self) -> Objects:
        """Where it is said what was erased."""
        return S3Objects(_client(Service.S3), self.settings.erasure_bucket)

    @cached_property
    def _vault(self) -> Any:
        return _client(Service.SECRETSMANAGER, patience=2)

    def secret(self, name: str) -> str:
        """A secret by its Secrets Manager id, as it was at most five minutes ago, or when it could last be read.

        Raises Busy when it never could.
        """
        read_at, value = self._secrets.get(name, (0.0, ""))
        if not value or self.now() - read_at >= SECRET_SECONDS:
            try:
                with told_as_busy():
                    value = self._vault.get_secret_value(SecretId=name)["SecretString"]
            except Busy:
                if not value or self.now() - read_at >= STALE_SECONDS:
                    raise
                return value  # and asked for again the next time
            self._secrets[name] = self.now(), value
        return value

    def ring(self, name: str) -> Ring:
        """The keys of a secret."""
        return rings.read(self.secret(name))

    def _relying_party(self, client: Client) -> RelyingParty:
        return RelyingParty(client, lambda: self.secret(self.settings.secret_oidc), IssuerHttp(), self.now)

    @cached_property
    def patients(self) -> RelyingParty:
        """Where patients log in."""
        return self._relying_party(
            Client(
                issuer=self.settings.patient_issuer,
                client_id=self.settings.patient_client_id,
                redirect_uri=f"{self.settings.origin}/api/login/patient/callback",
                logout_uri=f"{self.settings.origin}/",
                profile=IDPORTEN,
            )
        )

    def staff(self, trust: Trust) -> RelyingParty:
        """Where a trust's staff log in; the same one until its register says otherwise."""
        login, made = trust.login, self._staff.get(trust.id)
        if made is None or made[0] != login:
            client = Client(
                issuer=login.issuer,
                client_id=login.client_id,
                redirect_uri=f"{self.settings.origin}/api/login/staff/callback",
                logout_uri=f"{self.settings.origin}/staff/{trust.id}",
                profile=HELSEID if login.profile is LoginProfile.HELSEID else ENTERPRISE,
                id_claim=login.id_claim,
                role_claim=login.role_claim,
            )
            made = self._staff[trust.id] = login, self._relying_party(client)
        return made[1]

    # ------------------------------------------------------------ use cases

    @cached_property
    def register(self) -> Register:
        """The trusts' registers."""
        return Register(self.store)

    @cached_property
    def sockets(self) -> Sockets:
        """Open sockets."""
        return Sockets(
            self.store,
            self.push,
            self.register,
            self.queues,
            self.wishes,
            self.suspensions,
            self.leases,
            self.now,
        )

    @cached_property
    def leases(self) -> Leases:
        """Which sockets are alive."""
        return Leases(self.store, self.settings, self.now)

    @cached_property
    def trail(self) -> Trail:
        """What happened."""
        return Trail(self.store, self.consultations, self.now)

    @cached_property
    def anchors(self) -> Anchors:
        """What each day is checked by."""
        return Anchors(self.store, self.trail, self.sealed, self.now)

    @cached_property
    def eraser(self) -> Eraser:
        """Takes away who a consultation was about."""
        return Eraser(self.store, self.consultations)

    @cached_property
    def retention(self) -> Retention:
        """The daily clean-up."""
        return Retention(self.store, self.consultations, self.trail, self.eraser, self.rules, self.now)

    @cached_property
    def people(self) -> People:
        """What is kept of one person."""
        return People(
            self.store,
            self.consultations,
            self.trail,
            self.eraser,
            self.mentions,
            self.sendings,
            self.sockets,
            self.wishes.wants_sms,
            self.erasures,
            self.now,
        )

    @cached_property
    def audit(self) -> Audit:
        """What the auditor searches."""
        return Audit(self.store, self.trail, self.register)

    @cached_property
    def receipts(self) -> Receipts:
        """What patients read of what happened."""
        return Receipts(self.trail, self.register)

    @cached_property
    def queues(self) -> Queues:
        """Who waits."""
        return Queues(self.store)

    @cached_property
    def lists(self) -> Lists:
        """The staff's lists."""
        return Lists(self.consultations, self.queues, self.sockets, self.leases, self.register, self.suspensions)

    @cached_property
    def waiting(self) -> Waiting:
        """Telling those who wait."""
        return Waiting(self.store, self.sockets, self.queues, self.now)

    @cached_property
    def references(self) -> References:
        """What support looks up."""
        return References(self.store, self.consultations, self.trail, self.register, self.sockets)

    @cached_property
    def consultations(self) -> Consultations:
        """Consultations; every change is told to the open pages."""
        return Consultations(
            self.store,
            self.register,
            self.mentions,
            self.book,
            self.plans,
            self.now,
            self.waiting.changed,
        )

    @cached_property
    def book(self) -> Book:
        """The sums of the appointment book."""
        return Book(self.store, self.now)

    @cached_property
    def recount(self) -> Recount:
        """The same, counted anew."""
        return Recount(self.store, self.register, self.book, self.now)

    @cached_property
    def plans(self) -> Plans:
        """What is to happen later."""
        return Plans(self.scheduler, self.rules, self.suspensions, self.settings, self.now)

    @cached_property
    def rules(self) -> RuleBook:
        """What the trusts decide."""
        return RuleBook(self.store, self.register, lambda by, what, also: self.trail.trust_did(by, what, also=also))

    @cached_property
    def suspensions(self) -> Suspensions:
        """Which trusts hold no video consultations."""
        return Suspensions(self.store, self.register, self.now)

    @cached_property
    def announcements(self) -> Announcements:
        """Suspensions announced."""
        return Announcements(
            self.suspensions,
            self.register,
            self.queues,
            self.sockets,
            self.plans,
            self.scheduler,
            self.wishes,
            self.trail,
            self.now,
        )

    @cached_property
    def phone_lists(self) -> PhoneLists:
        """Whom to phone instead."""
        return PhoneLists(self.store, self.register, self.suspensions, self.sendings, self.trail, self.now)

    @cached_property
    def wishes(self) -> Wishes:
        """Who wants no SMS."""
        return Wishes(self.store, self._pepper)

    @cached_property
    def sendings(self) -> Sendings:
        """What became of messages."""
        return Sendings(self.store, self.consultations, self.now)

    @cached_property
    def wordings(self) -> Wordings:
        """The trusts' own words."""
        return Wordings(self.store, self.register, self.trail, self.settings)

    @cached_property
    def outcomes(self) -> Outcomes:
        """What carriers say became of messages."""
        return Outcomes(self.store, self.consultations, self.sendings, self.now)

    @cached_property
    def outgoing(self) -> Outgoing:
        """Messages on their way out."""
        return Outgoing(
            self.consultations,
            self.sendings,
            Composer(self.register, self.rules, self.wordings.own, self.settings),
            self.wishes,
            self.rules,
            self.suspensions,
            self.queues,
            (self.sms, self.mail),
            self.scheduler,
            self.settings,
            self._pepper,
            self.now,
        )

    @cached_property
    def mentions(self) -> Mentions:
        """Where people are mentioned."""
        return Mentions(self.store, lambda trust, value: self._pepper().hashes(trust, value))

    @cached_property
    def bookings(self) -> Bookings:
        """How consultations come about."""
        return Bookings(self.store, self.consultations, self.register, self.suspensions, self._pepper, self.now)

    @cached_property
    def invites(self) -> Invites:
        """Invitations."""
        return Invites(self.store, self.consultations, self.outgoing, self.wishes, self.settings, self.limits, self.now)

    @cached_property
    def limits(self) -> Limits:
        """How often is too often."""
        return Limits(self.store, self._pepper, self.now)

    @cached_property
    def sessions(self) -> Sessions:
        """Who somebody is."""
        return Sessions(self.store, self.consultations, self.push.close, self.settings, self.now)

    @cached_property
    def logins(self) -> Logins:
        """Ways to and from the portals."""
        return Logins(
            self.store,
            self.consultations,
            self.register,
            self.sessions,
            lambda: self.patients,
            self.staff,
            self.settings,
            self._pepper,
            self.trail.trust_did,
            self.now,
        )

    @cached_property
    def logouts(self) -> Logouts:
        """Ends of sessions, here and at the portals."""
        return Logouts(
            self.consultations,
            self.register,
            self.sessions,
            lambda: self.patients,
            self.staff,
            self.settings,
        )

    @cached_property
    def codes(self) -> Codes:
        """One-time codes."""
        return Codes(
            self.store,
            self.consultations,
            self.sessions,
            self.limits,
            self.outgoing.send_code,
            self._pepper,
            self.settings,
            self.now,
        )

    @cached_property
    def tickets(self) -> Tickets:
        """Passes for sockets."""
        return Tickets(self.store, self.consultations, self.settings, self.ring, self.now)

    @cached_property
    def workers(self) -> Workers:
        """How media workers come and go."""
        means = self.store, self.crew, self.placing, self.sockets, self.settings, self.now
        return Workers(*means, self.side_by_side)

    @cached_property
    def side_by_side(self) -> Callable[..., Any]:
        """Does something for many, a few at a time."""
        return ThreadPoolExecutor(AT_ONCE).map

    @cached_property
    def crew(self) -> Crew:
        """Media workers."""
        return Crew(self.store, self.push, self.settings, self.now)

    @cached_property
    def placing(self) -> Placing:
        """Where calls are."""
        return Placing(self.store, self.consultations, self.crew, self.calls, self.now)

    @cached_property
    def lines(self) -> Lines:
        """The queue for a place."""
        return Lines(self.store, self.consultations, self.sockets, self.placing, self.hurry, self.settings, self.now)

    @cached_property
    def fleet(self) -> Fleet:
        """How many workers there are."""
        tasks = self.tasks if self.settings.worker_service else None
        return Fleet(self.store, self.crew, self.book, tasks, self.settings, self.now)

    @cached_property
    def hurry(self) -> Hurry:
        """Has that decided at once."""
        return Hurry(self.store, lambda: self.decide_soon(), self.settings, self.now)

    @cached_property
    def calls(self) -> Calls:
        """What is said in calls."""
        return Calls(self.consultations, self.sockets, self.settings, self.rules.of, self.ring, self.now)

    @cached_property
    def desk(self) -> Desk:
        """Moving, handing over, cancelling, phoning instead."""
        return Desk(self.consultations, self.invites, self.register, self.sockets, self.placing, self.calls, self.now)

    @cached_property
    def company(self) -> Company:
        """Guests."""
        return Company(
            self.store,
            self.consultations,
            self.invites,
            self.sockets,
            self.crew,
            self.calls,
            self.now,
        )

    @cached_property
    def figures(self) -> Figures:
        """How calls went."""
        return Figures(self.store, self.consultations, self.register, self.now)

    @cached_property
    def signaling(self) -> Signaling:
        """The socket."""
        means = (
            self.store,
            self.consultations,
            self.sockets,
            self.crew,
            self.placing,
            self.calls,
            self.waiting,
            self.queues,
            self.register,
            self.settings,
            self.now,
        )
        messages: dict[Role, Messages] = {
            Role.PATIENT: PatientMessages(self.hurry, *means),
            Role.GUEST: GuestMessages(self.hurry, *means),
            Role.CLINICIAN: ClinicianMessages(self.lists, self.lines, self.suspensions, *means),
            Role.SECRETARY: SecretaryMessages(self.sockets, self.lists),
            Role.WORKER: WorkerMessages(self.consultations, self.sockets, self.workers, self.figures, self.now),
        }
        return Signaling(
            self.store,
            self.tickets,
            self.sessions,
            self.sockets,
            self.leases,
            self.push.close,
            Floods(self.now),
            messages,
        )

    def public_login_keys(self) -> str:
        """The public part of the keys with which we sign in, as JSON."""
        return oidc_keys.public_key_set(self.secret(self.settings.secret_oidc))

    def rotate_secret(self, secret: Secret, *, only_if_missing: bool = False, leaked: bool = False) -> bool:
        """Turn a secret's keys over; returns whether it was done. Asked for twice at once, it is done once."""
        name = {
            Secret.PEPPER: self.settings.secret_pepper,
            Secret.TURN: self.settings.secret_turn,
            Secret.WORKER: self.settings.secret_worker,
            Secret.PROBE: self.settings.secret_probe,
            Secret.LOGIN_KEYS: self.settings.secret_oidc,
        }[secret]
        held = self._vault.get_secret_value(SecretId=name)
        present = str(held["SecretString"])
        if rotation.is_filled(secret, present):
            just_done = self.now() - held["CreatedDate"].timestamp() < ROTATION_SECONDS
            if only_if_missing or (just_done and not leaked):
                return False
        made = rotation.turned(secret, present, self.now, leaked=leaked)
        self._vault.put_secret_value(SecretId=name, SecretString=made)
        self._secrets.pop(name, None)
        return True

    def _pepper(self) -> Ring:
        return self.ring(self.settings.secret_pepper)


@lru_cache(maxsize=1)
def services() -> Services:
    """The services of this process, from its environment."""
    return Services(Settings.load())


_sdk = lru_cache(maxsize=1)(Session)
"""AWS's SDK, once a process: botocore alone, for boto3 adds nothing that we use and a tenth to the time of a start."""


def _client(service: Service, *, tries: int = 3, patience: int = 5, **options: Any) -> Any:
    # botocore waits a minute by default, longer than any of the functions may run. What is throttled, fails or does not
    # answer is tried again after up to one second, then two (standard mode).
    limits = Config(connect_timeout=1, read_timeout=patience, retries={"mode": "standard", "total_max_attempts": tries})
    return _sdk().create_client(service.value, config=limits, **options)


def _dynamodb_host() -> str | None:
    # pynamodb knows no endpoint variables; botocore does, and both are to go the same way.
    return os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") or os.environ.get("AWS_ENDPOINT_URL")
