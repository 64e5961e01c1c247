"""Keeps ECS from taking this task away while it carries a room; elsewhere than on ECS there is nothing to do.

ECS is asked through the agent beside the task, at ``$ECS_AGENT_URI`` (Amazon ECS, "Task scale-in protection endpoint").
It protects from a smaller number and from deployments, not from Spot's being taken back: that is SIGTERM, and draining.
"""

import asyncio
import json
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Final

import msgspec

from media_worker.log import say

VARIABLE: Final = "ECS_AGENT_URI"
PATH: Final = "/task-protection/v1/state"
MINUTES: Final = 10
"""How long protection holds without being asked for again. A deployment waits for it, and ECS refuses to renew it
meanwhile (DEPLOYMENT_BLOCKED): so this is also after how long at most a worker of before is drained for one of now."""


class _Failure(msgspec.Struct):
    reason: str = msgspec.field(name="Reason", default="unknown")


class _Answer(msgspec.Struct):
    """What the agent says when it has asked ECS; other failures are HTTP's."""

    failure: _Failure | None = None


class Rhythm(msgspec.Struct, frozen=True):
    """Seconds: between two looks at the rooms; until protection is asked for again, and until it is after a failure; of
    patience with the agent."""

    look: float = 1.0
    renew: float = MINUTES * 60 / 3
    retry: float = 30.0
    agent: float = 5.0


class Protection:
    """One task's."""

    def __init__(self, agent: str, carries: Callable[[], bool], rhythm: Rhythm | None = None) -> None:
        """``agent``: where ECS's agent listens; ``carries``: whether there is a room now."""
        self._url = agent + PATH
        self._carries = carries
        self._rhythm = rhythm or Rhythm()

    @classmethod
    def of(cls, environment: Mapping[str, str], carries: Callable[[], bool]) -> "Protection | None":
        """That of this task, or None where there is no ECS."""
        agent = environment.get(VARIABLE, "")
        return cls(agent, carries) if agent.startswith("http://") else None

    async def keep(self) -> None:
        """Until cancelled. What goes wrong is said and tried again; a call never knows of it."""
        now = asyncio.get_running_loop().time
        protected, ends, patience = False, 0.0, 0.0
        while True:
            carries = self._carries()
            if now() >= patience and (carries != protected or (carries and now() >= ends)):
                if await asyncio.to_thread(self._ask, carries):
                    protected, ends = carries, now() + self._rhythm.renew
                else:
                    patience = now() + self._rhythm.retry
            await asyncio.sleep(self._rhythm.look)

    def _ask(self, protected: bool) -> bool:
        """Whether the agent did it."""
        wanted = {"ProtectionEnabled": True, "ExpiresInMinutes": MINUTES} if protected else {"ProtectionEnabled": False}
        request = urllib.request.Request(  # noqa: S310 - `of` takes http only
            self._url, json.dumps(wanted).encode(), {"Content-Type": "application/json"}, method="PUT"
        )
        try:
            with urllib.request.urlopen(request, timeout=self._rhythm.agent) as answer:  # noqa: S310  # nosec B310
                told = msgspec.json.decode(answer.read(), type=_Answer)
            code = told.failure.reason if told.failure else ""
        except (OSError, HTTPException, msgspec.DecodeError) as error:
            code = type(error).__name__
        if code:
            say("not_protected", code=code)
        return not code
