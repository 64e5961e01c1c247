"""This repository's relay for the benchmark: both browsers offer, it answers."""

import sys

from bench.loss.page import Browser
from bench.loss.program import Program
from chalicelib.protocol import Seat
from tests.nets.wires import Host


class Ours:
    """One worker, one call after another."""

    name = "ours"

    def __init__(self, program: Program) -> None:
        self._program = program

    @classmethod
    async def start(cls, host: Host) -> "Ours":
        return cls(await Program.start(host, sys.executable, "-m", "bench.loss.worker", host.address))

    async def connect(self, sender: Browser, receiver: Browser) -> None:
        """A new call, one way as with mediasoup."""
        await self._program.ask("call")
        for browser, seat in ((sender, Seat.PATIENT), (receiver, Seat.CLINICIAN)):
            sends = browser is sender
            await browser.open(sends, "sendonly" if sends else "recvonly")
            answer = await self._program.ask("answer", seat=seat.value, sdp=await browser.offer())
            await browser.accept(answer["sdp"])

    async def stop(self) -> None:
        await self._program.stop()
