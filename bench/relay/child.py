"""A relay's process: started on its own core, asked by lines of JSON, its CPU time and memory read from the system."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any, Final

STOP_SECONDS: Final = 10.0


class Child:
    """A program that answers each line of JSON with one; everything else it says goes to its log."""

    def __init__(self, core: int | None, log: Path, *command: str, **environment: str) -> None:
        """On this core alone, or wherever there is room. ``environment`` is added to our own."""
        self._core = core
        self._log = log
        self._command = command
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()
        self.media_pid = 0
        """Whose CPU time counts: its own, unless somebody says otherwise."""

    async def start(self) -> None:
        """It does not outlive us."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        pinned = ("setpriv", "--pdeathsig", "TERM", *(() if self._core is None else ("taskset", "-c", str(self._core))))
        with self._log.open("wb") as errors:
            self._process = await asyncio.create_subprocess_exec(
                *pinned,
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **self._environment},
                limit=1 << 20,
            )
        self.media_pid = self._process.pid

    async def ask(self, **question: Any) -> Any:
        """Raises RuntimeError when it says ``error``, ConnectionError when it is gone."""
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            raise ConnectionError("the relay's process was not started")
        async with self._lock:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            await self._process.stdin.drain()
            line = await self._process.stdout.readline()
        if not line:
            raise ConnectionError("the relay's process has ended")
        answer = json.loads(line)
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    @property
    def ended(self) -> bool:
        """Whether the process is over."""
        return self._process is None or self._process.returncode is not None

    async def stop(self) -> None:
        """End it: politely, then not. May be called twice, or before it was started."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.communicate(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.communicate()


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads that a process has, by the scheduler's own clock: /proc/PID/stat counts in
    steps of 10 ms. Raises OSError when it has ended."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def resident_bytes(pid: int) -> int:
    """Its resident memory."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))
