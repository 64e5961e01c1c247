"""Hosts in network namespaces, and the wires between them.

    with Net() as net:
        worker, phone = net.host("worker"), net.host("phone")
        wire = net.wire(phone, worker, up=Line(loss=0.05), down=Line(delay_ms=50))
        with worker.inside():
            ...  # sockets that this thread makes, and programs it starts, are the worker's
        phone.popen(["ping", worker.address])
        wire.set(up=Line(cut=True))

A host's `address` is reached over any of its wires, as a server with one public address is; the wire that was laid
first is preferred, until it is unplugged. What leaves from a wire's own address goes through that wire. There is
nothing else in such a network: no internet, no names. All of it is gone at the end of the block. It needs root and
/dev/net/tun.
"""

import contextlib
import ctypes
import fcntl
import itertools
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from tests.nets.pipe import Change, Counts, Line

ROOT = Path(__file__).parents[2]
CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001

_libc = ctypes.CDLL(None, use_errno=True)
_numbers = itertools.count()


def possible() -> bool:
    """Whether this process may make such networks."""
    return os.geteuid() == 0 and Path("/dev/net/tun").exists()


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, CLONE_NEWNET):  # os.setns came with Python 3.12
        raise OSError(ctypes.get_errno(), "setns")


class Host:
    """One machine of the network."""

    def __init__(self, namespace: str, address: str) -> None:
        self.namespace = namespace
        self.address = address
        self._wires = 0
        self._etc = Path("/etc/netns", namespace)  # `ip netns exec` lays it over /etc

    def start(self) -> None:
        """Raises OSError."""
        _ip("netns", "add", self.namespace)
        self.ip("link", "set", "lo", "up")
        self.ip("addr", "add", f"{self.address}/32", "dev", "lo")

    def stop(self) -> None:
        """May be called whatever `start` did."""
        shutil.rmtree(self._etc, ignore_errors=True)
        if Path("/run/netns", self.namespace).exists():
            _ip("netns", "delete", self.namespace)

    def ip(self, *words: str) -> None:
        """Run `ip` here. Raises OSError with what it says."""
        _ip("-n", self.namespace, *words)

    def pids(self) -> list[int]:
        """Of the programs that run here."""
        done = subprocess.run(["ip", "netns", "pids", self.namespace], capture_output=True, text=True, check=True)
        return [int(pid) for pid in done.stdout.split()]

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Meanwhile this thread is here: its new sockets, threads and programs are the host's. Old sockets stay."""
        with Path("/proc/thread-self/ns/net").open("rb") as back, Path("/run/netns", self.namespace).open("rb") as here:
            _enter(here.fileno())
            try:
                yield
            finally:
                _enter(back.fileno())

    def popen(self, command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
        """Start a program here; who starts it also ends it."""
        return subprocess.Popen(["ip", "netns", "exec", self.namespace, *command], **options)

    def program(self, path: str, directory: Path) -> Path:
        """A script in ``directory`` that runs ``path`` here, for those who want one file name (as Playwright does)."""
        script = directory / f"{self.namespace}-{Path(path).name}"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self.namespace} {path} "$@"\n')
        script.chmod(0o700)
        return script

    def name(self, name: str, address: str) -> None:
        """Programs started with `popen` or `program` find that address by this name."""
        self._etc.mkdir(parents=True)
        (self._etc / "hosts").write_text(f"127.0.0.1 localhost\n{address} {name}\n")

    def next_metric(self) -> int:
        self._wires += 1
        return self._wires


class _End:
    """A wire's end: the interface in one host, and the ways that lead through it."""

    def __init__(self, host: Host, far: Host, name: str, address: str, table: int) -> None:
        self.host = host
        self.address = address
        self._far = far
        self._name = name
        self._metric = str(host.next_metric())
        self._table = str(table)
        with host.inside():
            self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TUN_NO_PI))
        host.ip("addr", "add", f"{address}/24", "dev", name)
        host.ip("rule", "add", "from", address, "lookup", self._table)

    def plug(self) -> None:
        self.host.ip("link", "set", self._name, "up")
        self.host.ip("route", "add", self._far.address, "dev", self._name, "metric", self._metric)
        self.host.ip("route", "add", "default", "dev", self._name, "table", self._table)

    def unplug(self) -> None:
        self.host.ip("link", "set", self._name, "down")  # its routes go with it


class Wire:
    """A connection between two hosts, that can be changed and cut while in use."""

    def __init__(self, number: int, first: Host, second: Host, name: str) -> None:
        """``number``: below 255, the wire's own in its network."""
        self._ends = (
            _End(first, second, name, f"10.77.{number}.1", 1_000 + number),
            _End(second, first, name, f"10.77.{number}.2", 1_000 + number),
        )
        tuns = [end.tun for end in self._ends]
        self._pipe = subprocess.Popen(
            [sys.executable, "-m", "tests.nets.pipe", *map(str, tuns)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=tuns,
            cwd=ROOT,
        )
        for end in self._ends:
            os.close(end.tun)
            end.plug()

    def address(self, host: Host) -> str:
        """What ``host`` is called on this wire alone."""
        return self._end(host).address

    def set(self, up: Line | None = None, down: Line | None = None) -> Counts:
        """From now on the wire is like this; packets on their way still arrive. Returns what was carried so far.

        ``up`` is from the first host to the second; None leaves a direction as it is.
        """
        assert self._pipe.stdin is not None
        assert self._pipe.stdout is not None
        self._pipe.stdin.write(msgspec.json.encode(Change(up, down)) + b"\n")
        self._pipe.stdin.flush()
        return msgspec.json.decode(self._pipe.stdout.readline(), type=Counts)

    def cut(self) -> None:
        """Nothing gets through, and nobody is told: a phone that is carried out of its Wi-Fi's reach."""
        self.set(Line(cut=True), Line(cut=True))

    def unplug(self, host: Host) -> None:
        """``host`` sees its interface go down: Wi-Fi switched off. Its other wires are used."""
        self._end(host).unplug()

    def plug(self, host: Host) -> None:
        """Undo `unplug`."""
        self._end(host).plug()

    def close(self) -> None:
        assert self._pipe.stdin is not None
        self._pipe.stdin.close()
        self._pipe.wait()

    def _end(self, host: Host) -> _End:
        return next(end for end in self._ends if end.host is host)


class Net:
    """A network that exists inside its `with` block."""

    def __init__(self) -> None:
        self._prefix = f"venterom-{os.getpid()}-{next(_numbers)}"
        self._hosts: list[Host] = []
        self._wires: list[Wire] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with contextlib.ExitStack() as stack:
            for host in self._hosts:
                stack.callback(host.stop)
            for wire in self._wires:
                stack.callback(wire.close)

    def host(self, name: str) -> Host:
        """A new machine without wires; ``name`` is short and unique in this network. Raises OSError."""
        host = Host(f"{self._prefix}-{name}", f"10.76.0.{len(self._hosts) + 1}")
        self._hosts.append(host)
        host.start()
        return host

    def wire(self, first: Host, second: Host, up: Line | None = None, down: Line | None = None, name: str = "") -> Wire:
        """Lay a wire; ``up`` is from ``first`` to ``second``. ``name``: the interface's in both. Raises OSError."""
        number = len(self._wires) + 1
        wire = Wire(number, first, second, name or f"wire{number}")
        self._wires.append(wire)
        wire.set(up, down)
        return wire
