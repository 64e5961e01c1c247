"""Janus in the comparison (Debian's package, its videoroom): a connection to publish, one to receive the others."""

import asyncio
import itertools
import json
import secrets
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.relay import sdp
from bench.relay.child import Child
from bench.relay.client import KINDS, Client
from bench.relay.sdp import Description

LIBRARIES: Final = "/usr/lib/x86_64-linux-gnu/janus"
PATIENCE: Final = 10.0
STARTS: Final = 10
"""It now and then finds at its start that it has no transport, and ends."""
UNUSED_PLUGINS: Final = (
    "audiobridge", "duktape", "echotest", "lua", "nosip", "recordplay", "sip", "streaming", "textroom",
    "videocall", "voicemail",
)  # fmt: skip
UNUSED_TRANSPORTS: Final = ("http", "mqtt", "nanomsg", "rabbitmq", "websockets")
CONFIGURATION: Final = {
    "janus.jcfg": """
general: {{
  configs_folder = "{folder}"
  plugins_folder = "{libraries}/plugins"
  transports_folder = "{libraries}/transports"
  session_timeout = 0
}}
media: {{ {loops} }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
""",
    "janus.transport.pfunix.jcfg": """
general: {{
  enabled = true
  path = "{folder}/api"
  type = "SOCK_SEQPACKET"
}}
""",
    "janus.plugin.videoroom.jcfg": "general: {{}}\n",
}


class Janus:
    """One Janus; a room a call. The settings are the package's but for what has nothing to do with media."""

    def __init__(self, event_loops: int | None, core: int | None, log: Path) -> None:
        """``event_loops``: as in its configuration; None for its default, a thread a connection."""
        self._loops = event_loops
        self._folder = Path(tempfile.mkdtemp(prefix="janus-"))
        self._child = Child(core, log, "janus", "-F", str(self._folder), "-L", f"{log}.txt")
        self._numbers = itertools.count(1)
        self._answers: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._feeds: dict[Client, int] = {}
        self._rooms: set[int] = set()
        self._socket: socket.socket | None = None
        self._reading: asyncio.Task[None] | None = None
        self._session = 0

    async def start(self) -> None:
        """Raises FileNotFoundError where there is no Janus, RuntimeError when it does not start."""
        values = {
            "folder": str(self._folder),
            "libraries": LIBRARIES,
            "loops": "" if self._loops is None else f"event_loops = {self._loops}",
            "plugins": ",".join(f"libjanus_{name}.so" for name in UNUSED_PLUGINS),
            "transports": ",".join(f"libjanus_{name}.so" for name in UNUSED_TRANSPORTS),
        }
        for name, text in CONFIGURATION.items():
            (self._folder / name).write_text(text.format(**values))
        for _ in range(STARTS):
            await self._child.start()
            if await self._connect():
                return
            await self._end()
        raise RuntimeError("janus does not start")

    async def _connect(self) -> bool:
        """Open a session; False when the process ends instead."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)
        while not self._child.ended:
            try:
                self._socket.connect(str(self._folder / "api"))
            except OSError:
                await asyncio.sleep(0.05)
                continue
            self._reading = asyncio.create_task(self._read(self._socket))
            try:
                self._session = (await self._ask({"janus": "create"}, final=("success",)))["data"]["id"]
            except (OSError, TimeoutError):
                return False
            return True
        return False

    async def _end(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._socket is not None:
            self._socket.close()
        await self._child.stop()

    async def stop(self) -> None:
        """Ends the process."""
        await self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def media_pid(self) -> int:
        """The process that forwards."""
        return self._child.media_pid

    async def join(self, client: Client) -> None:
        """Publish, or only be there."""
        room = client.call + 1
        handle = await self._attach()
        if room not in self._rooms:
            self._rooms.add(room)
            await self._message(handle, {"request": "create", "room": room, "publishers": 6})
        if not client.sends:
            return
        ssrc = secrets.randbelow(1 << 31) + 1
        own = [sdp.section(k, str(k), "sendonly", ssrc + 2 * k, transport_cc=client.transport_cc) for k in KINDS]
        wire = client.wire()
        offer = {"type": "offer", "sdp": sdp.write(Description(wire.local, own))}
        reply = await self._message(handle, {"request": "joinandconfigure", "ptype": "publisher", "room": room}, offer)
        self._feeds[client] = reply["plugindata"]["data"]["id"]
        answer = sdp.read(reply["jsep"]["sdp"])
        await wire.connect(answer.transport)
        client.send(wire, [sdp.track(ours, theirs) for ours, theirs in zip(own, answer.sections, strict=True)])

    async def watch(self, client: Client, others: list[Client]) -> None:
        """One connection to receive everybody: what Janus calls multistream."""
        if not others:
            return
        handle = await self._attach()
        streams = [{"feed": self._feeds[other]} for other in others]
        reply = await self._message(
            handle, {"request": "join", "ptype": "subscriber", "room": client.call + 1, "streams": streams}
        )
        offer = sdp.read(reply["jsep"]["sdp"])
        wire = client.wire()
        mirrored = [msgspec.structs.replace(s, direction="recvonly", ssrc=0, rtx_ssrc=0) for s in offer.sections]
        local = msgspec.structs.replace(wire.local, setup="active")
        answer = {"type": "answer", "sdp": sdp.write(Description(local, mirrored))}
        sources = {s["mid"]: s["feed_id"] for s in reply["plugindata"]["data"]["streams"]}
        for other in others:
            sections = [s for s in offer.sections if sources[s.mid] == self._feeds[other]]
            client.expect(wire, other, [section.incoming for section in sections])
        await self._message(handle, {"request": "start"}, answer)
        await wire.connect(offer.transport, controls=False)

    # ------------------------------------------------------------ its API

    async def _attach(self) -> int:
        reply = await self._ask({"janus": "attach", "plugin": "janus.plugin.videoroom"}, final=("success",))
        return int(reply["data"]["id"])

    async def _message(self, handle: int, body: dict[str, Any], jsep: dict[str, Any] | None = None) -> dict[str, Any]:
        request = {"janus": "message", "handle_id": handle, "body": body} | ({"jsep": jsep} if jsep else {})
        reply = await self._ask(request, final=("success", "event"))
        data = reply.get("plugindata", {}).get("data", {})
        if "error" in data:
            raise RuntimeError(f"Janus: {data['error']}")
        return reply

    async def _ask(self, request: dict[str, Any], final: tuple[str, ...]) -> dict[str, Any]:
        """Raises RuntimeError when it says no, TimeoutError when it says nothing."""
        number = str(next(self._numbers))
        queue = self._answers[number] = asyncio.Queue()
        text = json.dumps(request | {"transaction": number} | ({"session_id": self._session} if self._session else {}))
        if self._socket is None:
            raise ConnectionError
        await asyncio.get_running_loop().sock_sendall(self._socket, text.encode())
        async with asyncio.timeout(PATIENCE):
            while True:
                reply = await queue.get()
                if reply["janus"] == "error":
                    raise RuntimeError(f"Janus: {reply['error']['reason']}")
                if reply["janus"] in final:
                    del self._answers[number]
                    return reply

    async def _read(self, api: socket.socket) -> None:
        while data := await asyncio.get_running_loop().sock_recv(api, 1 << 18):
            reply = json.loads(data)
            queue = self._answers.get(reply.get("transaction", ""))
            if queue is not None:
                queue.put_nowait(reply)
