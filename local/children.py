"""Child processes that end with us: started in a group of their own, logged to a file, stopped by their own id."""

import ctypes
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PR_SET_PDEATHSIG: Final = 1
START_SECONDS: Final = 60
STOP_SECONDS: Final = 20
_pause = Event()


class NotStarted(Exception):
    """Something the system needs is missing or did not come up; the message is for the person at the keyboard."""


class Child:
    """One running program."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        env: Mapping[str, str] | None = None,
        stop_with: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name = name
        self.log = log
        self._started = time.monotonic()
        self._stop_with = stop_with
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with log.open("ab") as out:
                self._process = subprocess.Popen(
                    list(command),
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **(env or {})},
                    # Its own group: Ctrl-C reaches us alone, and we stop the children in order. Not its own session:
                    # kernels share their time by sessions, and `nice` would mean nothing between us and them.
                    process_group=0,
                    preexec_fn=lambda: _end_with_parent(stop_with),
                )
        except FileNotFoundError:
            raise NotStarted(f"{command[0]} is not installed.") from None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def lived(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self._started

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Ask it to end, wait, and insist if it does not."""
        if not self.alive:
            return
        self._process.send_signal(self._stop_with)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self.kill()  # what it started in turn too, if any of that is left

    def kill(self) -> None:
        """End it as a power failure would; it is over when this returns."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def require(self) -> None:
        """Raise NotStarted with the end of its log when it has died."""
        if not self.alive:
            lines = self.log.read_text(errors="replace").strip().splitlines()[-3:]
            raise NotStarted(f"{self.name} did not start: {' / '.join(lines) or 'it said nothing'} (see {self.log})")


def _end_with_parent(how: signal.Signals) -> None:
    # prctl(2): if we are killed without a chance to stop our children, the kernel does.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, how)


def wait_for_http(url: str, child: Child) -> None:
    """Wait until ``url`` answers anything at all. Raises NotStarted when the child dies or does not answer."""

    def answers() -> bool:
        try:
            urllib.request.urlopen(url, timeout=30).close()  # noqa: S310  # nosec B310 # our own loopback address
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    _wait(child, answers)


def wait_for_line(child: Child, text: str) -> None:
    """Wait until the child has logged ``text``. Raises NotStarted when it dies or does not."""
    _wait(child, lambda: text in child.log.read_text(errors="replace"))


def _wait(child: Child, done: Callable[[], bool]) -> None:
    give_up = time.monotonic() + START_SECONDS
    while not done():
        child.require()
        if time.monotonic() > give_up:
            raise NotStarted(f"{child.name} does not answer (see {child.log}).")
        _pause.wait(0.05)


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
