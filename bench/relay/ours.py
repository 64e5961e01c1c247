"""This relay in the comparison: one connection a person; run as a program, the process that forwards."""

import asyncio
import json
import secrets
import sys
from pathlib import Path
from typing import Final

from bench.relay import sdp
from bench.relay.child import Child
from bench.relay.client import KINDS, Client
from bench.relay.sdp import Description
from chalicelib.protocol import Seat
from media_worker.port import Endpoint, Port
from media_worker.room import Room, Timing

SEATS: Final = list(Seat)


class Ours:
    """Every person's one connection: what they send, and a place for each of the others."""

    def __init__(self, plane: str, address: str, core: int | None, log: Path) -> None:
        """``plane``: ``compiled`` or ``python``."""
        self._sections: dict[Client, list[sdp.Section]] = {}
        self._child = Child(core, log, sys.executable, "-m", "bench.relay.ours", address, plane)

    async def start(self) -> None:
        """Raises ConnectionError when the plane asked for is not there."""
        await self._child.start()
        await self._child.ask()

    async def stop(self) -> None:
        """Ends the process."""
        await self._child.stop()

    @property
    def media_pid(self) -> int:
        """The process that forwards."""
        return self._child.media_pid

    async def join(self, client: Client) -> None:
        """As the page does it: audio and video both ways, and a pair to receive each further person."""
        wire = client.wire()
        ssrc = secrets.randbelow(1 << 31) + 1
        own = [sdp.section(k, str(k), "sendrecv", ssrc + 2 * k, transport_cc=client.transport_cc) for k in KINDS]
        more = [sdp.section(k, str(2 * place + k), "recvonly") for place in range(1, client.people - 1) for k in KINDS]
        offer = sdp.write(Description(wire.local, own + more))
        seat = SEATS[client.seat].value
        answer = sdp.read((await self._child.ask(call=client.call, seat=seat, sdp=offer))["sdp"])
        self._sections[client] = answer.sections
        await wire.connect(answer.transport)
        if client.sends:
            client.send(wire, [sdp.track(ours, theirs) for ours, theirs in zip(own, answer.sections, strict=False)])

    async def watch(self, client: Client, others: list[Client]) -> None:
        """All is negotiated: the k-th seat but one's own comes in the k-th place."""
        for other in others:
            place = other.seat - (other.seat > client.seat)
            sections = self._sections[client][2 * place : 2 * place + 2]
            client.expect(client.wires[0], other, [section.incoming for section in sections])


class Rooms:
    """The program's side: rooms by call, on one port."""

    def __init__(self, address: str, plane: str) -> None:
        self._port = Port(Endpoint((address,)), plane)
        self._port.open()
        self._rooms: dict[int, Room] = {}

    async def answer(self, call: int, seat: str, sdp: str) -> dict[str, str]:
        """To an offer."""
        room = self._rooms.get(call)
        if room is None:
            room = self._rooms[call] = Room(self._port, lambda: None, Timing())
        return {"sdp": await room.answer(Seat(seat), sdp)}


async def serve(address: str, plane: str) -> None:
    """Answer lines until the input ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    rooms = Rooms(address, plane)
    while line := await reader.readline():
        question = json.loads(line)
        try:
            answer = await rooms.answer(**question) if question else {}
        except Exception as error:  # noqa: BLE001  # whatever it is, the one who asked must hear of it
            answer = {"error": repr(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(*sys.argv[1:]))
