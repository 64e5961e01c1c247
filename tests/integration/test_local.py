"""`make run` on one machine: what listens where, what survives, what ends, what is said when something is missing."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from infra import STACK
from local.children import ROOT, NotStarted, free_port, require_free
from local.seed import CLINICIAN, PHONE, Clinician, latest_link
from local.system import TRUST, Ports, System
from tests.invariants.running import hold

TRUST_ID: str = TRUST["trust"]["id"]


def family(*roots: int) -> set[int]:
    """Processes and all that they started, by id."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(status.parent.name)] = int(fields[1])
    found = set(roots)
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def part(root: int, name: str) -> set[int]:
    """Those of a process's family that run this module of ours and are not over."""
    asked = f"\0-m\0{name}\0"
    return {pid for pid in family(root) if alive(pid) and asked in Path(f"/proc/{pid}/cmdline").read_text()}


def eventually(true: Callable[[], bool]) -> None:
    """Wait until something is so; the test's patience ends after a minute."""
    pause = Event()
    for _ in range(1200):
        if true():
            return
        pause.wait(0.05)
    pytest.fail("It never came to be.")


def later(file: Path, before: int) -> bool:
    """Whether a file was written after ``before``, in ns."""
    return file.stat().st_mtime_ns > before


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def listening(pids: set[int]) -> list[str]:
    """The local addresses at which processes listen or wait for datagrams."""
    shown = subprocess.run(["ss", "-Hltnup"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split()[4] for line in shown if pids & {int(pid) for pid in re.findall(r"pid=(\d+)", line)}]


def clinician(system: System) -> Clinician:
    found = Clinician(system.origin, TRUST_ID)
    found.log_in(CLINICIAN)
    return found


def book(by: Clinician) -> str:
    """A consultation tomorrow; returns its id."""
    starts = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT10:00:00Z")
    booking = {"department": "medisinsk", "patient_name": "Nils Prøve", "starts": starts}
    booking |= {"phone": "+4799000002", "email": "nils@pasient.example", "send": "now"}
    booked: str = by.post("consultations", booking, **{"Idempotency-Key": starts})["consultation"]
    return booked


def trail(by: Clinician, consultation: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = by.get(f"consultations/{consultation}/trail")["entries"]
    return entries


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def ports() -> Ports:
    return Ports.free()


class TestOneLife:
    """One system through its starts and ends, in this order."""

    booked = ""
    entries: list[dict[str, Any]]

    def test_the_first_start_gives_all_addresses_and_listens_on_loopback_only(self, state: Path, ports: Ports) -> None:
        with System(state, ports) as system:
            assert {"clinician", "patient", "department", "outbox", "api", "socket"} <= set(system.addresses)
            assert system.addresses["patient"] == latest_link(system.origin, PHONE)
            addresses = listening(family(*(child.pid for child in system.children())))
            assert len(addresses) >= 5  # pages, AWS, portal, TURN over UDP and over TCP
            assert [a for a in addresses if not a.startswith("127.0.0.1:")] == []
            desk = clinician(system)
            TestOneLife.booked = book(desk)
            TestOneLife.entries = trail(desk, self.booked)
            assert {"sms_sent", "mail_sent"} <= {entry["what"] for entry in self.entries}
            started = family(*(child.pid for child in system.children()))
        assert not [pid for pid in started if alive(pid)]

    def test_the_second_start_has_everything_and_deploys_nothing(self, state: Path, ports: Ports) -> None:
        with System(state, ports) as system:
            assert trail(clinician(system), self.booked) == self.entries
            sets = system.aws.client("cloudformation").list_change_sets(StackName=STACK)["Summaries"]
            assert len(sets) == 1

    def test_what_was_saved_survives_a_sudden_end(self, state: Path, ports: Ports) -> None:
        with System(state, ports) as system:
            desk = clinician(system)
            desk.post(f"consultations/{self.booked}/cancel", {})
            entries = trail(desk, self.booked)
            assert len(entries) > len(self.entries)
            table = state / "aws" / "dynamodb.json"
            for _ in range(2):  # two savings from now the last one began after the booking was changed
                before = table.stat().st_mtime_ns
                eventually(partial(later, table, before))
            os.kill(system.child("aws").pid, signal.SIGKILL)
            eventually(lambda: set(system.died()) == {"aws"})
        with System(state, Ports.free()) as system:  # on other ports the same state, and a link that leads there
            assert trail(clinician(system), self.booked) == entries
            assert system.addresses["patient"].startswith(system.origin)
            hold(system)


def run(*options: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "local.run", *options],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def running(state: Path, tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """`make run` up and about, and where it wrote its addresses."""
    addresses = tmp_path / "run.json"
    process = run("--port", "0", "--state", str(state), "--addresses", str(addresses))
    try:
        eventually(lambda: addresses.exists() or process.poll() is not None)
        yield process, addresses
    finally:
        process.kill()
        process.communicate()


def test_sigterm_ends_it_and_all_that_it_started(running: tuple["subprocess.Popen[str]", Path]) -> None:
    process, addresses = running
    assert "patient" in json.loads(addresses.read_text())
    started = family(process.pid)
    assert len(started) > 5
    process.terminate()
    said, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, "")
    assert "Stopped." in said
    assert not addresses.exists()
    assert not [pid for pid in started if alive(pid)]


def test_nothing_outlives_it_when_it_is_killed(running: tuple["subprocess.Popen[str]", Path]) -> None:
    process, _ = running
    started = family(process.pid)
    process.kill()
    eventually(lambda: not [pid for pid in started if alive(pid)])


def test_when_a_part_ends_by_itself_all_ends_and_it_is_said(running: tuple["subprocess.Popen[str]", Path]) -> None:
    process, _ = running
    (front,) = part(process.pid, "local.front")
    os.kill(front, signal.SIGKILL)
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "The pages ended by itself" in complaints


def test_a_media_worker_that_ends_by_itself_is_started_again(running: tuple["subprocess.Popen[str]", Path]) -> None:
    process, _ = running
    first, second = part(process.pid, "media_worker")
    os.kill(first, signal.SIGKILL)
    assert process.stdout is not None
    assert any(line.startswith("The media worker") and "starting another one" in line for line in process.stdout)
    eventually(lambda: len(part(process.pid, "media_worker") - {first}) == 2)
    assert second in part(process.pid, "media_worker")
    process.terminate()
    assert process.communicate(timeout=60)[1] == ""


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = run("--port", str(port), "--state", str(tmp_path))
        _, complaints = process.communicate(timeout=60)
    assert process.returncode == 1
    (line,) = complaints.split("\n")[1:-1]
    assert line.startswith(f"Port {port} (pages) is in use. ")
    assert "PORT=" in line


def four_in_a_row() -> int:
    """The first of four ports that nobody uses; whoever else runs on this machine may have one between."""
    while True:
        first = free_port()
        with contextlib.suppress(NotStarted):
            for port in range(first, first + 4):
                require_free(port, "", "")
            return first


def test_a_missing_program_is_said_in_one_line(tmp_path: Path) -> None:
    process = run("--port", str(four_in_a_row()), "--state", str(tmp_path), PATH=str(tmp_path))
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 1
    (line,) = complaints.split("\n")[1:-1]
    assert line == "The program turnserver is missing. Install it: apt-get install coturn"
