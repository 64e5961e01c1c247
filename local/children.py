"""Child processes that end with us: started in a group of their own, logged to a file, stopped by their own id."""

import ctypes
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event
from typing import Final

PR_SET_PDEATHSIG: Final = 1
STOP_SECONDS: Final = 20
_pause = Event()


class NotStarted(Exception):
    """Something the system needs is missing or did not come up; the message is for the person at the keyboard."""


class Child:
    """One running program."""

    def __init__(self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with log.open("ab") as out:
                self._process = subprocess.Popen(
                    list(command),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **(env or {})},
                    # Its own session: Ctrl-C reaches us alone, and we stop the children in order.
                    start_new_session=True,
                    preexec_fn=_end_with_parent,
                )
        except FileNotFoundError:
            raise NotStarted(f"{command[0]} is not installed.") from None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, wait, and insist if it does not."""
        if self.alive:
            self._process.send_signal(how)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def require(self) -> None:
        """Raise NotStarted with the end of its log when it has died."""
        if not self.alive:
            lines = self.log.read_text(errors="replace").strip().splitlines()[-3:]
            raise NotStarted(f"{self.name} did not start: {' / '.join(lines) or 'it said nothing'} (see {self.log})")


def _end_with_parent() -> None:
    # prctl(2): if we are killed without a chance to stop our children, the kernel does.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_for_http(url: str, child: Child, tries: int = 300) -> None:
    """Wait until ``url`` answers anything at all. Raises NotStarted when the child dies or never answers."""
    for _ in range(tries):
        child.require()
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own loopback address
        except urllib.error.HTTPError:
            return
        except OSError:
            _pause.wait(0.1)
        else:
            return
    raise NotStarted(f"{child.name} does not answer (see {child.log}).")


def free_port() -> int:
    """A port of the loopback address that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(port: int, purpose: str, remedy: str) -> None:
    """Raise NotStarted when somebody listens on ``port``."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise NotStarted(f"Port {port} ({purpose}) is in use. {remedy}") from None
