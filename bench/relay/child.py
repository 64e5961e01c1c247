"""A relay's process: started on its own core, asked by lines of JSON, its CPU time and memory read from the system."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any, Final, Self

STOP_SECONDS: Final = 10.0


class Child:
    """A program that answers each line of JSON with one; everything else it says goes to its log."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lock = asyncio.Lock()
        self.media_pid = process.pid
        """Whose CPU time counts."""

    @classmethod
    async def start(cls, core: int | None, log: Path, *command: str, **environment: str) -> Self:
        """On this core alone, or wherever there is room; it does not outlive us."""
        log.parent.mkdir(parents=True, exist_ok=True)
        pinned = ("setpriv", "--pdeathsig", "TERM", *(() if core is None else ("taskset", "-c", str(core))))
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *pinned,
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **environment},
                limit=1 << 20,
            )
        return cls(process)

    async def ask(self, **question: Any) -> Any:
        """Raises RuntimeError when it says ``error``, ConnectionError when it is gone."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None  # noqa: S101, PT018  # both are pipes
        async with self._lock:
            stdin.write(json.dumps(question).encode() + b"\n")
            await stdin.drain()
            line = await stdout.readline()
        if not line:
            raise ConnectionError("the relay's process has ended")
        answer = json.loads(line)
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    @property
    def ended(self) -> bool:
        """Whether the process is over."""
        return self._process.returncode is not None

    async def stop(self) -> None:
        """End it: politely, then not."""
        if self._process.returncode is None:
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
