"""What the worker's port threw away: because it was too slow, or because somebody sent too much."""

import asyncio
import socket
from typing import Any, cast

from media_worker.port import Endpoint, Port

MANY = 20_000
"""Of 1,000 bytes: more than the system keeps for a socket."""


class Flooding:
    """A peer that sent more than it may."""

    def __init__(self, flooded: int) -> None:
        self.flooded = flooded

    def close(self) -> None:
        self.flooded = 0


class Crowd:
    """A plane with nobody else."""

    def __init__(self) -> None:
        self.coming = [Flooding(3), Flooding(40)]

    def open(self, _: object) -> Flooding:
        return self.coming.pop(0)

    def close(self) -> None:
        pass


def port() -> Port:
    made = Port(Endpoint(("127.0.0.1",)))
    made.open()
    return made


def test_what_came_while_it_was_too_slow_is_counted() -> None:
    async def test() -> None:
        here = port()
        assert here.dropped == 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(MANY):  # and the event loop has no turn to take them
                sender.sendto(bytes(1_000), ("127.0.0.1", here.number))
        assert 0 < here.dropped < MANY
        here.close()

    asyncio.run(test())


def test_what_somebody_sent_too_much_stays_counted_when_they_have_left() -> None:
    async def test() -> None:
        here = port()
        here.plane.close()
        here.plane, nobody = Crowd(), cast(Any, object())
        one, other = here.join(nobody, nobody), here.join(nobody, nobody)
        assert here.dropped == 43
        here.leave(one)
        assert here.dropped == 43
        other.flooded += 100
        assert here.dropped == 143
        here.leave(other)
        here.close()

    asyncio.run(test())
