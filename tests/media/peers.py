"""aiortc connections in the browsers' place: offers without candidates, synthetic media, eyes and ears."""

import array
import asyncio
import re
from collections.abc import Callable
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack

from chalicelib.protocol import FromWorker, Message, RelayAnswer, RelayOffer, Seat, encode
from media_worker.port import Endpoint, Port
from media_worker.probe import Probes
from media_worker.room import Room, Timing
from media_worker.worker import Worker

PATIENCE = 60
ROOM = "trust.consultation.1"
HERE = Endpoint(("127.0.0.1",))


class Grey(VideoStreamTrack):  # type: ignore[misc]
    """A picture of one brightness."""

    def __init__(self, brightness: int) -> None:
        super().__init__()
        self._brightness = brightness

    async def recv(self) -> Any:
        frame = await super().recv()
        for plane, value in zip(frame.planes, (self._brightness, 128, 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        return frame


class Buzz(AudioStreamTrack):  # type: ignore[misc]
    """A loud square wave."""

    async def recv(self) -> Any:
        frame = await super().recv()
        size = frame.planes[0].buffer_size
        frame.planes[0].update((b"\x00\x40" * 10 + b"\x00\xc0" * 10) * (size // 40))
        return frame


def stripped(sdp: str) -> str:
    """As the page sends it: without candidates."""
    return re.sub(r"^a=(candidate:.*|end-of-candidates)\r?\n", "", sdp, flags=re.MULTILINE)


class Peer:
    """One seat's browser."""

    def __init__(self, seat: Seat, brightness: int) -> None:
        self.seat = seat
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.audio = self.connection.addTransceiver(Buzz())
        self.video = self.connection.addTransceiver(Grey(brightness))
        self.channel = self.connection.createDataChannel("call")
        self.asked_keyframe = asyncio.Event()
        self._send_keyframe = self.video.sender._send_keyframe
        self.video.sender._send_keyframe = self._keyframe_asked
        self.remote: dict[str, Any] = {}
        self.connection.on("track", lambda track: self.remote.update({track.kind: track}))

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return stripped(self.connection.localDescription.sdp)

    async def take(self, sdp: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(sdp, "answer"))

    def _keyframe_asked(self) -> None:
        self.asked_keyframe.set()
        self._send_keyframe()

    async def connected(self) -> None:
        """Waits until the handshake is over."""
        done = asyncio.Event()

        def look() -> None:
            if self.connection.connectionState == "connected":
                done.set()

        self.connection.on("connectionstatechange", look)
        look()
        await asyncio.wait_for(done.wait(), PATIENCE)

    async def says(self, message: Message) -> None:
        """On the data channel, once that is open."""
        opened = asyncio.Event()
        self.channel.on("open", opened.set)
        if self.channel.readyState != "open":
            await asyncio.wait_for(opened.wait(), PATIENCE)
        self.channel.send(encode(message).decode())

    async def request_keyframe(self) -> None:
        """As its decoder would after loss."""
        receiver = self.video.receiver
        await receiver._send_rtcp_pli(receiver.getSynchronizationSources()[0].source)

    async def sees(self, brightness: int) -> None:
        """Waits for a decoded picture of about this brightness."""
        await self._until("video", lambda frame: abs(bytes(frame.planes[0])[0] - brightness) < 12)

    async def hears(self) -> None:
        """Waits for decoded sound that is not silence."""
        await self._until("audio", lambda frame: max(array.array("h", bytes(frame.planes[0]))) > 1_000)

    async def _until(self, kind: str, holds: Callable[[Any], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds(await self.remote[kind].recv()):
                pass

    async def close(self) -> None:
        await self.connection.close()


class Calls:
    """A worker whose messages are handed over by hand, as the functions would."""

    def __init__(self, timing: Timing | None = None, endpoint: Endpoint = HERE, plane: str = "") -> None:
        """Within a running loop."""
        self.sent: asyncio.Queue[FromWorker] = asyncio.Queue()
        self.port = Port(endpoint, plane)
        self.port.open()
        self.probes = Probes(self.port, most=2)
        self.worker = Worker(
            lambda on_empty: Room(self.port, on_empty, timing or Timing()), self.probes, self.sent.put_nowait, most=2
        )

    async def next(self) -> FromWorker:
        return await asyncio.wait_for(self.sent.get(), PATIENCE)

    async def relay(self, seat: Seat, n: int, sdp: str) -> FromWorker:
        await self.worker.take(RelayOffer(ROOM, seat, n, sdp))
        return await self.next()

    async def answer(self, seat: Seat, n: int, sdp: str) -> str:
        message = await self.relay(seat, n, sdp)
        assert isinstance(message, RelayAnswer), message
        assert message.n == n
        return message.sdp

    async def join(self, peer: Peer, n: int = 1) -> None:
        await peer.take(await self.answer(peer.seat, n, await peer.offer()))

    async def close(self) -> None:
        await self.worker.close()
        await self.probes.close()
        self.port.close()
