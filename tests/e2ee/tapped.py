"""`python -m tests.e2ee.tapped`: a media worker that writes down every packet it has decrypted, as a hacked one would.

$VENTEROM_TAP names the folder; each worker has a file of its own there, which `dump.py` reads.
"""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from media_worker.__main__ import serve
from media_worker.downlink import Downlink
from media_worker.log import quiet
from media_worker.participant import Participant
from media_worker.plane import Listener, Peer, Plane
from media_worker.port import Endpoint, Port
from media_worker.settings import Settings
from media_worker.streams import Incoming

FOLDER: Final = "VENTEROM_TAP"


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """One packet as the worker has it in its hands. ``at``: seconds since 1970; ``again``: a retransmission."""

    at: float
    seat: str
    ssrc: int
    video: bool
    again: bool
    packet: bytes


class Wide(Downlink):
    """A way down that is never full. How much fits is the concern of other tests: a browser that hardly gets a turn
    takes that for a narrow way, and that somebody is not shown for a minute then says nothing about keys."""

    def estimate(self, bits: int, now: float) -> bool:
        return False

    def loss(self, fraction: float, now: float) -> bool:
        return False


class TappedPeer(Peer):
    def __init__(self, plane: Plane, listener: Listener, write: Callable[[Heard], None]) -> None:
        super().__init__(plane, listener)
        self._write = write

    def _take(self, stream: Incoming, packet: bytes, now: int) -> None:
        seat = getattr(self.listener, "seat", "")
        self._write(Heard(time.time(), seat, stream.ssrc, stream.video, stream.primary is not None, packet))
        super()._take(stream, packet, now)


class TappedPlane(Plane):
    def __init__(self, foreign: Any, write: Callable[[Heard], None]) -> None:
        super().__init__(foreign)
        self._write = write

    def open(self, listener: Listener) -> Peer:
        if isinstance(listener, Participant):
            listener.view.downlink = Wide()
        return TappedPeer(self, listener, self._write)


class TappedPort(Port):
    def __init__(self, endpoint: Endpoint, kind: str = "") -> None:
        super().__init__(endpoint, "python")
        file = (Path(os.environ[FOLDER]) / f"{os.getpid()}").open("ab", buffering=0)

        def write(heard: Heard) -> None:
            data = msgspec.msgpack.encode(heard)
            file.write(len(data).to_bytes(4, "big") + data)

        self.plane = TappedPlane(self._foreign, write)


if __name__ == "__main__":
    quiet()
    asyncio.run(serve(Settings.load(), TappedPort))
