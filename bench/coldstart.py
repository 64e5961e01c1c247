"""`make bench-coldstart`: the size of the functions' package, and what starting and calling each function costs.

In fresh interpreters over the unpacked package, compiled, against the embedded AWS, and beside functions of boto3 alone
that ask AWS the same (plain.py). CPU is what a start costs; the clock also tells how busy this machine is.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from chalicelib import snapshot
from chalicelib.rotation import Secret
from infra.budgets import IMPORT_CPU_MS, PACKAGE_BYTES
from infra.packaging import AWS, HERE, package
from local.children import ROOT
from local.deploy import ADMIN, REGION
from local.system import TRUST, Ports, System, trust_entry
from local.template import BUILD, synthesize

ROUNDS: Final = 5
WARM: Final = 15
WHOSE: Final = ("ours", "ours_ahead", "boto3_alone")
"""Ours, started when called; ours, of which SnapStart keeps a picture before that; the peer."""
IMPORT: Final = "import time, sys; sys.path.insert(0, sys.argv[1]); {}; print(time.process_time() * 1000)"
IMPORTS: Final = 9
SOCKET: Final = {"requestContext": {"connectionId": "x", "domainName": "127.0.0.1", "stage": "api", "apiId": "x"}}
SCHEDULED: Final = {
    **dict.fromkeys(("id", "account", "region", "time", "source", "version", "detail-type"), ""),
    "detail": {},
    "resources": [],
}
DEPARTMENT: Final = {
    "resource": "/departments/{trust}/{department}",
    "headers": {"host": "video.example"},
    "multiValueQueryStringParameters": None,
    "pathParameters": {"trust": TRUST["trust"]["id"], "department": TRUST["departments"][0]["id"]},
    "requestContext": {
        "resourcePath": "/departments/{trust}/{department}",
        "httpMethod": "GET",
        "identity": {"sourceIp": "127.0.0.1"},
        "path": "/",
    },
    "stageVariables": None,
    "body": None,
    "isBase64Encoded": False,
}
EVENTS: Final[Mapping[str, tuple[str, Any]]] = {
    "APIHandler": ("app.app", DEPARTMENT),
    "WebsocketConnect": ("app.ws_connect", SOCKET | {"queryStringParameters": {"ticket": "A" * 22}}),
    "WebsocketMessage": ("app.ws_message", SOCKET | {"body": '{"type":"ping"}'}),
    "WebsocketDisconnect": ("app.ws_disconnect", SOCKET),
    "Sweep": ("app.sweep", SCHEDULED),
    "Deliver": ("app.deliver", {"trust": "", "consultation": "", "reason": ""}),
    "RegisterTrust": ("app.register_trust", None),  # None: see `events`
    "RotateSecret": ("app.rotate_secret", {"secret": Secret.TURN.value, "only_if_missing": True}),
}
"""What each function is called with: the reads and writes of somebody who comes, asks or says something."""


def cpu_ms(folder: Path, statement: str) -> float:
    """Median CPU time, in ms, of fresh interpreters that run ``statement`` over nothing but an unpacked package."""
    command: list[str | Path] = [sys.executable, "-I", "-S", "-c", IMPORT.format(statement), folder]
    environment = {"AWS_DEFAULT_REGION": REGION, "PATH": os.environ["PATH"]}
    return statistics.median(
        float(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)
        for _ in range(IMPORTS)
    )


def unpacked(folder: Path, archive: Path) -> int:
    """Unpack and compile, as after a first start; return the bytes before compiling."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
        size = sum(entry.file_size for entry in packed.infolist())
    compiled(folder)
    return size


def compiled(folder: Path) -> None:
    """Make the byte code of all that is in a folder."""
    subprocess.run([sys.executable, "-m", "compileall", "-q", folder], check=False, capture_output=True)


def boto3_alone(folder: Path) -> None:
    """What who writes a function with boto3 packages: all of it, as it is fetched."""
    uv = str(Path(sys.executable).with_name("uv"))
    versions = ["-c", str(ROOT / "requirements-dev.txt")]
    into = ["--python", sys.executable, "--target", str(folder)]
    subprocess.run([uv, "pip", "install", "-q", *into, *versions, "boto3"], check=True)
    (folder / "plain.py").write_bytes(Path(__file__).with_name("plain.py").read_bytes())
    compiled(folder)


class Starts:
    """Starts functions in fresh interpreters, with the settings that the template gives them."""

    def __init__(self, scratch: Path, system: System, outputs: Mapping[str, str]) -> None:
        self._scratch = scratch
        functions = system.aws.client("lambda").get_function_configuration(FunctionName=outputs["SweepFunction"])
        self._environment = {
            **functions["Environment"]["Variables"],
            "AWS_ENDPOINT_URL": system.aws.endpoint,
            "AWS_ACCESS_KEY_ID": ADMIN,
            "AWS_SECRET_ACCESS_KEY": ADMIN,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def start(
        self, folder: Path, handler: str, event: Any, calls: Path | None = None, *, ahead: bool = False
    ) -> dict[str, float]:
        """Once; ``ahead``: as SnapStart would, before anybody calls. Raises RuntimeError with the function's words."""
        given = self._scratch / "event.json"
        given.write_text(json.dumps(event))
        script = Path(__file__).with_name("starting.py")
        command: list[str | Path] = [sys.executable, "-I", "-S", script, folder, handler, given, str(WARM)]
        command += [calls] if calls else []
        environment = self._environment | ({snapshot.HOW: "snap-start"} if ahead else {})
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        lines = [line for line in done.stdout.splitlines() if line.startswith('{"import_cpu_ms"')]
        found: dict[str, float] = json.loads(lines[-1])
        return found


def measured(starts: Starts, ours: Path, plain: Path, events: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    """All of each function by turns, so that what else the machine does meets all alike."""
    figures: dict[str, Any] = {}
    for name, (handler, event) in events.items():
        calls = plain / f"{name}.pickle"
        starts.start(ours, handler, event, calls)  # unmeasured: writes down what is asked of AWS
        rounds = [
            (
                starts.start(ours, handler, event),
                starts.start(ours, handler, event, ahead=True),
                starts.start(plain, "plain.replay", event, calls),
            )
            for _ in range(ROUNDS)
        ]
        figures[name] = {
            whose: {what: round(statistics.median(one[side][what] for one in rounds), 1) for what in rounds[0][side]}
            for side, whose in enumerate(WHOSE)
        }
        for whose in WHOSE:
            print(f"{name:22}{whose:16}{_said(figures[name][whose])}")
    return figures


def _said(one: Mapping[str, float]) -> str:
    return (
        f"CPU ms: start {one['import_cpu_ms']:6.1f}, first call {one['first_cpu_ms']:6.1f}, "
        f"later {one['warm_cpu_ms']:5.1f}; clock: both {one['cold_ms']:6.1f}, later {one['warm_ms']:5.1f}"
    )


def main() -> None:
    """Measure the packages that the templates deploy, write build/bench/coldstart.json."""
    synthesize()
    build = BUILD / "functions"
    with tempfile.TemporaryDirectory() as scratch:
        ours, plain = Path(scratch) / "ours", Path(scratch) / "plain"
        size = unpacked(ours, package(build, HERE))
        boto3_alone(plain)
        bare, whole, boto3 = cpu_ms(ours, "pass"), cpu_ms(ours, "import app"), cpu_ms(plain, "import boto3")
        figures: dict[str, Any] = {
            "import_cpu_ms": round(whole, 1),
            "import_boto3_alone_cpu_ms": round(boto3, 1),
            "interpreter_cpu_ms": round(bare, 1),
            "package_bytes": package(build, AWS).stat().st_size,
            "package_bytes_here": package(build, HERE).stat().st_size,
            "unpacked_bytes": size,
            "python": ".".join(map(str, sys.version_info[:3])),
            "load": os.getloadavg()[0],
            "rounds": ROUNDS,
        }
        for name, value in figures.items():
            print(f"{name:28}{value:>15}")
        system = System(Path(scratch) / "state", Ports.free())
        try:
            system.state.mkdir()
            system.start_aws()
            outputs = system.deploy()
            system.aws.invoke(outputs["RotateSecretFunction"], {"secret": Secret.TURN.value, "only_if_missing": True})
            entry = trust_entry(TRUST, system.portal)
            system.aws.invoke(outputs["RegisterTrustFunction"], entry)
            events = {name: (handler, entry if event is None else event) for name, (handler, event) in EVENTS.items()}
            figures["functions"] = measured(Starts(Path(scratch), system, outputs), ours, plain, events)
        finally:
            system.stop()
    for what, budget in (("import_cpu_ms", IMPORT_CPU_MS), ("package_bytes", PACKAGE_BYTES)):
        print(f"{what}: {figures[what]} of {budget}, {'within' if figures[what] <= budget else 'OVER'} the budget")
    target = BUILD / "bench" / "coldstart.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
