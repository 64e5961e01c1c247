"""The whole system on loopback: the embedded AWS with the deployed template, TURN, portal, front, media workers."""

import json
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Final, Self

from chalicelib import probing
from infra import parameter
from local import deploy, seed
from local.children import ROOT, Child, NotStarted, free_port, require_free, wait_for_http, wait_for_line
from local.front import API_GATEWAY, Limits
from local.template import ASSEMBLY, synthesize

CLIENT: Final = "venterom-patient"
"""Who we are to the patients' portal."""
PURPOSES: Final = {"front": "pages", "aws": "embedded AWS", "portal": "ID portal", "turn": "TURN server"}
SOCKET_EVENTS: Final = ("Connect", "Message", "Disconnect")
TRUST: Final = json.loads((ROOT / "local" / "trust.json").read_text())
OTHER_TRUST: Final = json.loads((ROOT / "local" / "trust2.json").read_text())
NOTHING: Final[Mapping[str, str]] = {}


@dataclass(frozen=True)
class Ports:
    """Where everything listens, on 127.0.0.1."""

    front: int
    aws: int
    portal: int
    turn: int

    @classmethod
    def from_base(cls, base: int) -> Self:
        """Four ports in a row."""
        return cls(base, base + 1, base + 2, base + 3)

    @classmethod
    def free(cls) -> Self:
        """Four that nobody uses, for tests."""
        return cls(free_port(), free_port(), free_port(), free_port())


@dataclass(frozen=True)
class Reach:
    """Where browsers send media: an address of this machine.

    With a certificate for ``name`` and its key (PEM files) the TURN server speaks TLS too, on ``tls_port``.
    """

    address: str = "127.0.0.1"
    name: str = ""
    tls_port: int = 0
    certificate: Path = Path()
    key: Path = Path()

    def turn_urls(self, port: int) -> str:
        """As the template wants them, for a TURN server on ``port``."""
        urls = [f"turn:{self.address}:{port}?transport={transport}" for transport in ("udp", "tcp")]
        return ",".join(urls + ([f"turns:{self.name}:{self.tls_port}?transport=tcp"] if self.name else []))

    def turn_environment(self) -> dict[str, str]:
        """As turn/entrypoint.sh wants it: it relays to the worker's address and to no other."""
        settings = {"RELAY": self.address, "PEERS": self.address}
        if self.name:
            settings |= {"TLS_PORT": str(self.tls_port), "CERTIFICATE": str(self.certificate), "KEY": str(self.key)}
        return {f"VENTEROM_TURN_{name}": value for name, value in settings.items()}


class System:
    """Start it with `with System(...) as system`; everything it started ends with the block."""

    EMBEDDED: ClassVar[str] = "local.aws"
    """The module that runs as the embedded AWS."""
    WORKER: ClassVar[str] = "media_worker"
    """The module that runs as a media worker."""

    def __init__(
        self,
        state: Path,
        ports: Ports,
        say: Callable[[str], None] = print,
        reach: Reach = Reach(),
        workers: int = 1,
        settings: Mapping[str, str] = NOTHING,
        worker_settings: Mapping[str, str] = NOTHING,
        limits: Limits = API_GATEWAY,
    ) -> None:
        """``workers``: how many media workers. ``settings`` and ``worker_settings``: fields of the functions' Settings
        and of the worker's that shall be other than what they are by themselves. ``limits``: what the front holds
        sockets to."""
        self._workers = workers
        self._settings = settings
        self._worker_settings = worker_settings
        self._limits = limits
        self.state = state
        self.reach = reach
        self.ports = ports
        self._say = say
        self._children: dict[str, Child] = {}
        self.origin = f"http://127.0.0.1:{ports.front}"
        self.portal = f"http://127.0.0.1:{ports.portal}"
        self.issuer = f"{self.portal}/idporten"
        self.aws = deploy.Aws(f"http://127.0.0.1:{ports.aws}")
        self.addresses: dict[str, str] = {}
        self._worker_key, self._turn_secret = "", ""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Bring everything up. Raises NotStarted or DeploymentFailed with a line for the person at the keyboard."""
        for port, purpose in zip(asdict(self.ports).values(), asdict(self.ports), strict=True):
            require_free(port, PURPOSES[purpose], "Stop what uses it, or choose four others: make run PORT=9000")
        if not shutil.which("turnserver"):
            raise NotStarted("The program turnserver is missing. Install it: apt-get install coturn")
        self.state.mkdir(parents=True, exist_ok=True)
        self._say("Template: synthesizing what has changed …")
        synthesize()
        self._say("Embedded AWS: starting and deploying the template …")
        self.start_aws()
        outputs = self.deploy()
        self._say("TURN server, portal and pages: starting …")
        self._turn_secret = self.aws.secret(outputs["TurnSecret"])
        self.start_turn()
        rest = f"{self.aws.endpoint}/_aws/execute-api/{outputs['RestApi']}/api"
        socket = f"ws://127.0.0.1:{self.ports.aws}/_aws/execute-api/{outputs['SocketApi']}/ws"
        self._run("portal", "-m", "local.portal", "--port", str(self.ports.portal), "--origin", self.origin,
                  "--state", str(self.state))  # fmt: skip
        self._run("front", "-m", "local.front", "--port", str(self.ports.front), "--aws", self.aws.endpoint,
                  "--rest", rest, "--socket", socket, "--state", str(self.state),
                  "--issuer", self.issuer, "--client", CLIENT,
                  *self._limits.arguments())  # fmt: skip
        wait_for_http(self.origin, self._children["front"])
        wait_for_http(self.portal, self._children["portal"])
        self._say("Functions: warming …")
        self._warm(outputs)
        self._say("Media workers: starting …")
        self._worker_key = self.aws.secret(outputs["WorkerSecret"])
        for name in worker_names(self._workers):
            self.start_worker(name)
        self._say("Example consultation: looking for one, or booking it …")
        patient = seed.ready_link(self.origin, TRUST, national_id(seed.PATIENT))
        trust, department = TRUST["trust"]["id"], TRUST["departments"][0]["id"]
        self.addresses = {
            "clinician": f"{self.origin}/staff/{trust}",
            "other_trust": f"{self.origin}/staff/{OTHER_TRUST['trust']['id']}",
            "patient": patient,
            "department": f"{self.origin}/d/{trust}/{department}",
            "outbox": f"{self.origin}/outbox",
            "api": f"{self.origin}/api",
            "socket": f"ws://127.0.0.1:{self.ports.front}/ws",
            "status": f"{self.origin}/status",
            "portal": self.portal,
            "state": str(self.state),
            "aws": self.aws.endpoint,
        }

    def stop(self) -> None:
        """End every child, the last one started first; the embedded AWS saves its state as it ends."""
        for child in reversed(list(self._children.values())):
            child.stop()
        self._children.clear()

    def start_worker(self, name: str = "worker") -> None:
        """Start one of the media workers, also after it ended; it is known to the functions when this returns.

        Raises NotStarted.
        """
        self._log(name).unlink(missing_ok=True)
        environment = dict(self._worker_settings) | {
            "socket": f"ws://127.0.0.1:{self.ports.front}/ws",
            "worker_key": self._worker_key,
            "address": self.reach.address,
            "port": "0",  # any free one; `make run` may itself have been given a variable of this name
        }
        self._children[name] = Child(
            name.replace("worker", "media worker ").strip(),
            [sys.executable, "-m", self.WORKER],
            self._log(name),
            {f"VENTEROM_{field.upper()}": value for field, value in environment.items()},
            stop_with=signal.SIGINT,  # it would let calls end first if asked by SIGTERM
        )
        wait_for_line(self._children[name], '"registered"')

    def _warm(self, outputs: dict[str, str]) -> None:
        """Call every function once, so that nobody waits for its first start; two of them are needed at each start."""
        socket = {"apiId": outputs["SocketApi"], "domainName": "127.0.0.1", "stage": "ws", "connectionId": "warm"}
        ring = "login_keys"
        calls = [
            (outputs["RotateSecretFunction"], {"secret": ring, "only_if_missing": True}),
            *((outputs["RegisterTrustFunction"], trust_entry(one, self.portal)) for one in (TRUST, OTHER_TRUST)),
            (outputs["RegisterTrustFunction"], probing.ENTRY),
            (outputs["DeliverFunction"], {"trust": "", "consultation": "", "reason": ""}),
            *((outputs[f"Websocket{name}HandlerName"], {"requestContext": socket}) for name in SOCKET_EVENTS),
        ]
        with ThreadPoolExecutor(2) as pool:
            health = pool.submit(wait_for_http, f"{self.origin}/api/health", self._children["front"])
            for done in [pool.submit(self.aws.invoke, function, payload) for function, payload in calls]:
                done.result()
            health.result()

    def child(self, name: str) -> Child:
        """A child by name: aws, turn, portal, front, worker, worker2, ….

        ``kill`` ends it as a power failure would, ``stop`` as it wants to be stopped; `start_worker` brings one back.
        """
        return self._children[name]

    def children(self) -> list[Child]:
        """Everything that was started."""
        return list(self._children.values())

    def died(self) -> dict[str, Child]:
        """Children that ended by themselves, by name."""
        return {name: child for name, child in self._children.items() if not child.alive}

    def _log(self, name: str) -> Path:
        return self.state / "log" / f"{name}.log"

    def _run(self, name: str, *arguments: str, env: dict[str, str] | None = None) -> Child:
        child = Child(PURPOSES[name], [sys.executable, *arguments], self._log(name), env)
        self._children[name] = child
        return child

    def start_aws(self) -> None:
        """Start the embedded AWS alone."""
        storage, scratch = self.state / "aws", self.state / "tmp"
        storage.mkdir(exist_ok=True)
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        child = self._run(
            "aws",
            "-m",
            self.EMBEDDED,
            env={
                "GATEWAY_PORT": str(self.ports.aws),
                "BIND_HOST": "127.0.0.1",
                "LAMBDA_EXECUTOR": "local",
                "IOT_MTLS_ENABLED": "0",
                "PERSIST_STATE": "1",
                "STATE_DIR": str(storage),
                "S3_PERSIST": "1",
                "S3_DATA_DIR": str(storage / "s3"),
                "MINISTACK_REGION": deploy.REGION,
                "AWS_DEFAULT_REGION": deploy.REGION,
                "LOG_LEVEL": "WARNING",
                "AUTH": "true",  # functions may do what their roles allow and no more, as on AWS
                "AWS_ACCESS_KEY_ID": deploy.ADMIN,
                "AWS_SECRET_ACCESS_KEY": deploy.ADMIN,
                "TMPDIR": str(scratch),
                "PYTHONDONTWRITEBYTECODE": "",  # functions start faster from byte code
                "VENTEROM_OUTBOX": str(self.state / "outbox"),
            },
        )
        wait_for_http(f"{self.aws.endpoint}/_ministack/health", child)

    def deploy(self) -> dict[str, str]:
        """Bring the template to the embedded AWS that was started; its outputs."""
        return deploy.deploy(
            self.aws,
            ASSEMBLY,
            {
                "Origin": self.origin,
                "PatientIssuer": self.issuer,
                "PatientClientId": CLIENT,
                "TurnUrls": self.reach.turn_urls(self.ports.turn),
                "MailSender": "ikke-svar@elvenes.example",
                "SmsSender": "Elvenes HF",
                "PushBase": f"{self.aws.endpoint}/_aws/execute-api",
            }
            | {parameter(field): value for field, value in self._settings.items()},
        )

    def start_turn(self) -> None:
        """Start coturn as it is configured everywhere, also after it ended."""
        env = self.reach.turn_environment() | {
            "VENTEROM_TURN_SECRET": self._turn_secret,
            "VENTEROM_TURN_PORT": str(self.ports.turn),
            "VENTEROM_TURN_FOLDER": str(self.state / "turn"),
        }
        child = Child(PURPOSES["turn"], [str(ROOT / "turn" / "entrypoint.sh")], self._log("turn"), env)
        self._children["turn"] = child
        child.require()


def worker_names(count: int) -> list[str]:
    """What the media workers are called among the children."""
    return ["worker", *(f"worker{n}" for n in range(2, count + 1))]


def trust_entry(entry: dict[str, Any], portal: str) -> dict[str, Any]:
    """A trust's register, its staff logging in at the stand-in ``portal``."""
    trust = entry["trust"]
    login = {**trust["login"], "issuer": f"{portal}/{trust['login']['issuer']}"}
    return {**entry, "trust": {**trust, "login": login}}


def national_id(patient: str) -> str:
    """The synthetic identity number of one of the stand-in portal's people."""
    people = json.loads((ROOT / "local" / "people.json").read_text())["patients"]
    return next(str(person["national_id"]) for person in people if person["id"] == patient)
