"""A relay in a process of its own, on a host of its own: asked by lines of JSON, answering with lines of JSON."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from typing import Any, Final

from tests.nets.wires import ROOT, Host

LOG: Final = ROOT / "build/log/loss.log"
LINE_BYTES: Final = 1 << 20
PATIENCE: Final = 30.0


class Program:
    """A running relay."""

    def __init__(self, process: Process, requests: asyncio.StreamWriter, answers: asyncio.StreamReader) -> None:
        self._process = process
        self._requests = requests
        self._answers = answers

    @classmethod
    async def start(cls, host: Host, *command: str) -> "Program":
        """``command`` reads requests on its input, one at a time, and ends with it."""
        words = ("ip", "netns", "exec", host.namespace, *command)
        LOG.parent.mkdir(parents=True, exist_ok=True)
        with LOG.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *words, stdin=PIPE, stdout=PIPE, stderr=log, limit=LINE_BYTES, cwd=ROOT
            )
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a program without pipes")
        return cls(process, process.stdin, process.stdout)

    async def ask(self, do: str, **details: Any) -> Any:
        """The answer. Raises RuntimeError when the program says what went wrong, or is gone; TimeoutError."""
        self._requests.write(json.dumps({"do": do, **details}).encode() + b"\n")
        line = await asyncio.wait_for(self._answers.readline(), PATIENCE)
        answer = json.loads(line or '{"error": "the relay is gone, see build/log/loss.log"}')
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    async def stop(self) -> None:
        """By the end of its input."""
        self._requests.close()
        await self._process.wait()
