"""aiortc's MediaRelay in the comparison: the stock way, which decodes all and encodes it for each receiver."""

import asyncio
import json
import secrets
import sys
from pathlib import Path
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay

from bench.relay import sdp
from bench.relay.child import Child
from bench.relay.client import KINDS, Client
from bench.relay.sdp import Description


class Mediarelay:
    """One process of aiortc; a connection to publish and one to receive, since its answers offer nothing later on."""

    def __init__(self, core: int | None, log: Path) -> None:
        self._child = Child(core, log, sys.executable, "-m", "bench.relay.mediarelay")

    async def start(self) -> None:
        """Start the process."""
        await self._child.start()

    async def stop(self) -> None:
        """Ends the process."""
        await self._child.stop()

    @property
    def media_pid(self) -> int:
        """The process that forwards."""
        return self._child.media_pid

    async def join(self, client: Client) -> None:
        """Publish, if this one does."""
        if not client.sends:
            return
        ssrc = secrets.randbelow(1 << 31) + 1
        own = [sdp.section(k, str(k), "sendonly", ssrc + 2 * k) for k in KINDS]
        answer = await self._connect(client, own, publish=_person(client))
        client.send(client.wires[-1], [sdp.track(o, t) for o, t in zip(own, answer.sections, strict=True)])

    async def watch(self, client: Client, others: list[Client]) -> None:
        """A connection for each one watched."""
        for other in others:
            places = [sdp.section(k, str(k), "recvonly") for k in KINDS]
            answer = await self._connect(client, places, watch=_person(other))
            client.expect(client.wires[-1], other, [section.incoming for section in answer.sections], foreign=True)

    async def _connect(self, client: Client, sections: list[sdp.Section], **wish: str) -> Description:
        wire = client.wire()
        offer = sdp.write(Description(wire.local, sections))
        answer = sdp.read((await self._child.ask(sdp=offer, **wish))["sdp"])
        await wire.connect(answer.transport)
        return answer


def _person(client: Client) -> str:
    return f"{client.call}/{client.seat}"


class Publishers:
    """The program's side: everybody's tracks, relayed to whoever asks."""

    def __init__(self) -> None:
        self._relay = MediaRelay()
        self._tracks: dict[str, list[Any]] = {}
        self._connections: list[Any] = []

    async def answer(self, sdp: str, publish: str = "", watch: str = "") -> dict[str, str]:
        """To an offer of one who publishes, or who watches."""
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connections.append(connection)
        if publish:
            connection.on("track", self._tracks.setdefault(publish, []).append)
        for track in self._tracks.get(watch, []):
            connection.addTrack(self._relay.subscribe(track))
        await connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        return {"sdp": connection.localDescription.sdp}


async def serve() -> None:
    """Answer lines until the input ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    publishers = Publishers()
    while line := await reader.readline():
        sys.stdout.write(json.dumps(await publishers.answer(**json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve())
