"""Faults by chance, one after the other, on a running system; and the story of what happened."""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from chalicelib.records import open_sockets
from local.children import NotStarted, wait_for_line
from local.deploy import Aws
from local.system import TRUST, System

STORY: Final = 60
PAUSE: Final = (2.0, 10.0)
"""Seconds between two faults."""
SLOW: Final = (0.5, 3.0)
"""Seconds for which functions do nothing."""
KINDS: Final = ("killed", "drained", "socket closed", "functions slow")


@dataclass
class Story:
    """What happened, the last of it to be told when something fails."""

    begun: float = field(default_factory=time.monotonic)
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=STORY))
    counts: Counter[str] = field(default_factory=Counter)

    def tell(self, what: str, who: str = "") -> None:
        """Note it, and count it."""
        self.counts[what] += 1
        self.lines.append(f"{time.monotonic() - self.begun:7.1f} s  {what} {who}".rstrip())


class Mischief:
    """One fault after the other."""

    def __init__(self, system: System, workers: Sequence[str], story: Story, chance: random.Random) -> None:
        self._system, self._workers, self._story, self._chance = system, workers, story, chance
        outputs = system.aws.outputs() or {}
        stage = Aws(f"{system.aws.endpoint}/_aws/execute-api/{outputs['SocketApi']}/ws")
        self._gateway = stage.client("apigatewaymanagementapi")
        self._rows, self._table = system.aws.client("dynamodb"), outputs["Table"]

    async def run(self) -> None:
        """Until cancelled; what was begun is finished."""
        faults = (self._kill, self._drain, self._sockets, self._sockets, self._slow)
        while True:
            await asyncio.sleep(self._chance.uniform(*PAUSE))
            await asyncio.shield(asyncio.create_task(self._chance.choice(faults)()))

    async def _kill(self) -> None:
        name = self._chance.choice(self._workers)
        self._story.tell("killed", name)
        self._system.child(name).kill()
        await self._start(name)

    async def _start(self, name: str) -> None:
        while True:  # it may come up just while the functions are slow
            with contextlib.suppress(NotStarted):
                return await asyncio.to_thread(self._system.start_worker, name)

    async def _drain(self) -> None:
        name = self._chance.choice(self._workers)
        self._story.tell("drained", name)
        child = self._system.child(name)
        os.kill(child.pid, signal.SIGTERM)
        await asyncio.to_thread(wait_for_line, child, '"stopped"')
        await self._start(name)

    async def _sockets(self) -> None:
        """API Gateway closes one."""
        await asyncio.to_thread(self._close_one)

    def _close_one(self) -> None:
        connections = self._connections()
        if not connections:
            return
        with contextlib.suppress(self._gateway.exceptions.GoneException):
            self._gateway.delete_connection(ConnectionId=self._chance.choice(connections))
            self._story.tell("socket closed")

    def _connections(self) -> list[str]:
        """All open sockets, people's and workers'.

        Not from the whole table: it grows, and while something happens it is not twice the same, which who reads it
        whole waits for.
        """
        found: list[str] = []
        for trust in (TRUST["trust"]["id"], ""):
            answer = self._rows.query(
                TableName=self._table,
                IndexName="by_day",
                KeyConditionExpression="day_pk = :sockets",
                ExpressionAttributeValues={":sockets": {"S": open_sockets(trust)}},
            )
            found += [row["day_sk"]["S"] for row in answer["Items"]]
        return sorted(found)

    async def _slow(self) -> None:
        """The functions do nothing for a while."""
        self._story.tell("functions slow")
        pid = self._system.child("aws").pid
        os.killpg(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(self._chance.uniform(*SLOW))
        finally:
            os.killpg(pid, signal.SIGCONT)
