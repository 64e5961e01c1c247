"""The whole service on a host of its own with two workers, and patients' hosts with networks that fail."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from local import deploy, seed
from local.children import Child, wait_for_line
from local.front import Limits
from local.system import TRUST, Ports, Reach, System, worker_names
from local.template import synthesize
from tests.nets.forward import Forward, forwarded
from tests.nets.pipe import Line
from tests.nets.wires import Host, Net, Wire

CLEAN: Final = Line(delay_ms=5)
WORKERS: Final = 2
USUAL: Final = Limits()


def now() -> float:
    """As pages count: ms since 1970."""
    return time.time() * 1000


class Service:
    """The running system on ``server``; ``phones`` reach it over their wires, two each: "wifi" and "mobile"."""

    def __init__(self, system: System, server: Host, phones: Sequence["Phone"], forward: Forward) -> None:
        self.system = system
        self.server = server
        self.phones = phones
        self.forward = forward

    def clinician(self, person: str = seed.CLINICIAN) -> seed.Clinician:
        """One of the staff over the API, logged in; to be used on the server's host (`inside`)."""
        desk = seed.Clinician(self.system.origin, TRUST["trust"]["id"])
        desk.log_in(person)
        return desk

    def inside(self) -> contextlib.AbstractContextManager[None]:
        """Meanwhile this thread is on the server's host."""
        return self.server.inside()

    def mend(self) -> None:
        """Everything that runs, and every network, is as it was in the beginning."""
        for phone in self.phones:
            phone.mend()
        for name in worker_names(WORKERS):
            if name not in self.workers:
                self.start_worker(name)

    # ------------------------------------------------------------ workers

    def worker_at(self, port: int) -> str:
        """The worker that has this UDP port."""
        return next(name for name in self.workers if port in udp_ports(self.system.child(name)))

    @property
    def workers(self) -> list[str]:
        """Those that run, by name."""
        return [name for name in worker_names(WORKERS) if self.system.child(name).alive]

    def start_worker(self, name: str) -> None:
        """Again, after it ended."""
        with self.inside():
            self.system.start_worker(name)

    def drain(self, name: str) -> None:
        """Ask a worker to end when its calls have."""
        os.kill(self.system.child(name).pid, signal.SIGTERM)

    def until_ended(self, name: str) -> None:
        """Until that worker has."""
        wait_for_line(self.system.child(name), '"stopped"')
        self.system.child(name).stop()

    @contextlib.contextmanager
    def frozen(self, *children: str) -> Iterator[None]:
        """Meanwhile these parts do nothing, and their connections stay open: as with a network cable pulled out."""
        with stopped(os.killpg, [self.system.child(name).pid for name in children]):
            yield

    def restart_turn(self) -> None:
        """The TURN server dies and is started anew."""
        self.system.child("turn").kill()
        with self.inside():
            self.system.start_turn()

    # ------------------------------------------------------------ the embedded AWS

    def restart_aws(self) -> None:
        """All functions, the table and both APIs are away for some seconds, and every socket is lost."""
        self.system.child("aws").stop()
        with self.inside():
            self.system.start_aws()

    @contextlib.contextmanager
    def failing(self, function: str) -> Iterator[None]:
        """Meanwhile every call of this function (the name of its output) fails: its table is not there."""
        with self.inside():
            name = (self.system.aws.outputs() or {})[function]
            client = self.system.aws.client("lambda")
            good = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            client.update_function_configuration(
                FunctionName=name, Environment={"Variables": good | {"VENTEROM_TABLE": "nowhere"}}
            )
        try:
            yield
        finally:
            with self.inside():
                client.update_function_configuration(FunctionName=name, Environment={"Variables": good})

    def close_sockets(self, **whose: str) -> int:
        """Have API Gateway close the sockets whose rows say this, such as their ``role``; how many there were."""
        with self.inside():
            outputs = self.system.aws.outputs() or {}
            connections = [row["connection"] for row in self.rows("CONN#") if whose.items() <= row.items()]
            stage = deploy.Aws(f"{self.system.aws.endpoint}/_aws/execute-api/{outputs['SocketApi']}/ws")
            gateway = stage.client("apigatewaymanagementapi")
            for connection in connections:
                with contextlib.suppress(gateway.exceptions.GoneException):
                    gateway.delete_connection(ConnectionId=connection)
            return len(connections)

    def rows(self, pk: str = "", sk: str = "") -> list[dict[str, Any]]:
        """What the table holds under keys that begin so; to be used on the server's host (`inside`)."""
        outputs = self.system.aws.outputs() or {}
        pages = self.system.aws.client("dynamodb").get_paginator("scan").paginate(TableName=outputs["Table"])
        return [
            json.loads(row["body"]["S"])
            for page in pages
            for row in page["Items"]
            if "body" in row and row["pk"]["S"].startswith(pk) and row["sk"]["S"].startswith(sk)
        ]


class Phone:
    """A patient's machine: its way to the service can be cut, spoilt and changed."""

    def __init__(self, host: Host, wifi: Wire, mobile: Wire) -> None:
        """``mobile`` is switched off until it is needed."""
        self.host = host
        self.wifi = wifi
        self.mobile = mobile
        mobile.unplug(host)

    def become(self, line: Line) -> None:
        """Its network is like this both ways."""
        self.wifi.set(line, line)

    def mend(self) -> None:
        """As it was."""
        self.become(CLEAN)

    def roam(self) -> None:
        """Out of the Wi-Fi's reach, and on by the mobile network: another address, another way."""
        self.mobile.plug(self.host)
        self.wifi.unplug(self.host)

    def come_home(self) -> None:
        """Back into it."""
        self.wifi.plug(self.host)
        self.mobile.unplug(self.host)

    @contextlib.contextmanager
    def asleep(self) -> Iterator[None]:
        """Meanwhile no program runs on it: a laptop whose lid is closed."""
        with stopped(os.kill, self.host.pids()):
            yield


@contextlib.contextmanager
def stopped(send: Callable[[int, int], None], pids: Sequence[int]) -> Iterator[None]:
    """Meanwhile these processes, or groups, stand still; ``send`` is how a signal reaches them."""
    for pid in pids:
        send(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            send(pid, signal.SIGCONT)


def udp_ports(child: Child) -> set[int]:
    """The UDP ports that a program holds, by proc(5)."""
    proc = Path("/proc", str(child.pid))
    held = set()
    for descriptor in (proc / "fd").iterdir():
        with contextlib.suppress(OSError):
            held.add(str(descriptor.readlink()))
    ports = set()
    for table in ("udp", "udp6"):
        for line in (proc / "net" / table).read_text().splitlines()[1:]:
            fields = line.split()
            if f"socket:[{fields[9]}]" in held:
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports


@contextlib.contextmanager
def service(
    folder: Path,
    phones: Sequence[str] = ("phone",),
    settings: Mapping[str, str] | None = None,
    limits: Limits = USUAL,
) -> Iterator[Service]:
    """All of it until the block ends; ``settings`` are the functions'."""
    synthesize()  # may fetch packages, which a host of the network could not
    with Net() as net:
        server = net.host("server")
        there = []
        for name in phones:
            host = net.host(name)
            wifi = net.wire(host, server, CLEAN, CLEAN)
            there.append(Phone(host, wifi, net.wire(host, server, CLEAN, CLEAN)))
        ports = Ports.free()
        with server.inside():
            system = System(
                folder / "state",
                ports,
                reach=Reach(server.address),
                workers=WORKERS,
                settings=settings or {},
                limits=limits,
            )
            system.start()
        try:
            with forwarded([phone.host for phone in there], server, [ports.front, ports.portal]) as forward:
                yield Service(system, server, there, forward)
        finally:
            with server.inside():
                system.stop()
