"""What a browser's offer asks for and what we answer (RFC 8866, RFC 9429): text in, text out, no connection."""

from typing import Final, Literal

import msgspec
from aiortc.sdp import MediaDescription, SessionDescription

from chalicelib.errors import BadSdp
from media_worker.forward import SCTP_PORT, Local, Remote

Kind = Literal["audio", "video"]
KINDS: Final[tuple[Kind, Kind]] = ("audio", "video")

CLOCK: Final = {"audio": 48_000, "video": 90_000}
CODEC: Final = {"audio": ("audio/opus", "opus/48000/2"), "video": ("video/VP8", "VP8/90000")}
FORMAT: Final = {"audio": "minptime=10;useinbandfec=1", "video": ""}
FEEDBACK: Final = {"audio": ("transport-cc",), "video": ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")}

TRANSPORT_CC: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
FORWARDED: Final = (
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "urn:3gpp:video-orientation",
)
"""Header extensions passed from one browser to the other. A phone held upright needs the last one."""
EXTENSIONS: Final = (TRANSPORT_CC, *FORWARDED)


class Slot(msgspec.Struct, frozen=True):
    """One of the two transceivers as offered: its payload type and the ids of the extensions we take."""

    kind: Kind
    mid: str
    payload_type: int
    feedback: tuple[str, ...]
    extensions: dict[str, int]


class CallOffer(msgspec.Struct, frozen=True):
    """An offer for a call: transceiver 0 audio, transceiver 1 video."""

    remote: Remote
    slots: tuple[Slot, Slot]


class ProbeOffer(msgspec.Struct, frozen=True):
    """An offer for a network test: one data channel."""

    remote: Remote
    mid: str


class Source(msgspec.Struct, frozen=True):
    """What we announce to send in a slot."""

    ssrc: int
    track: str


def read_call(sdp: str) -> CallOffer:
    """Raises BadSdp unless it offers Opus, then VP8, bundled on one transport."""
    media = _parse(sdp)
    if [m.kind for m in media] != list(KINDS) or not all(m.rtcp_mux or m.rtcp_port is None for m in media):
        raise BadSdp
    return CallOffer(_remote(media[0]), (_slot(media[0], "audio"), _slot(media[1], "video")))


def read_probe(sdp: str) -> ProbeOffer:
    """Raises BadSdp unless it offers exactly a data channel."""
    media = _parse(sdp)
    if [m.kind for m in media] != ["application"]:
        raise BadSdp
    return ProbeOffer(_remote(media[0]), media[0].rtp.muxId)


def write_call(offer: CallOffer, local: Local, session: int, stream: str, sources: tuple[Source, Source]) -> str:
    """The answer: both slots both ways, all of our candidates, one stream for both tracks so that lips stay in time."""
    lines = _session_lines(session, [slot.mid for slot in offer.slots])
    lines.append("a=msid-semantic: WMS *")
    for slot, source in zip(offer.slots, sources, strict=True):
        pt = slot.payload_type
        lines += [
            f"m={slot.kind} 9 UDP/TLS/RTP/SAVPF {pt}",
            "c=IN IP4 0.0.0.0",
            "a=rtcp:9 IN IP4 0.0.0.0",
            "a=rtcp-mux",
            f"a=mid:{slot.mid}",
            "a=sendrecv",
            f"a=msid:{stream} {source.track}",
            f"a=rtpmap:{pt} {CODEC[slot.kind][1]}",
        ]
        lines += [f"a=rtcp-fb:{pt} {feedback}" for feedback in slot.feedback]
        if FORMAT[slot.kind]:
            lines.append(f"a=fmtp:{pt} {FORMAT[slot.kind]}")
        lines += [f"a=extmap:{number} {uri}" for uri, number in slot.extensions.items()]
        lines += [f"a=ssrc:{source.ssrc} cname:{stream}", f"a=ssrc:{source.ssrc} msid:{stream} {source.track}"]
        lines += _transport_lines(local)
    return _text(lines)


def write_probe(offer: ProbeOffer, local: Local, session: int) -> str:
    """The answer: the data channel."""
    lines = [
        *_session_lines(session, [offer.mid]),
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{offer.mid}",
        f"a=sctp-port:{SCTP_PORT}",
        "a=max-message-size:65536",
        *_transport_lines(local),
    ]
    return _text(lines)


def _parse(sdp: str) -> list[MediaDescription]:
    try:
        media: list[MediaDescription] = SessionDescription.parse(sdp).media
    # aiortc's parser asserts, indexes and looks up what a peer sent; every failure of it means the same to us
    except Exception:  # noqa: BLE001
        raise BadSdp from None
    return media


def _remote(media: MediaDescription) -> Remote:
    ice, dtls = media.ice, media.dtls
    if not media.rtp.muxId or not ice.usernameFragment or not ice.password or not dtls or not dtls.fingerprints:
        raise BadSdp
    role = {"auto": "actpass", "client": "active", "server": "passive"}[dtls.role]
    return Remote(
        ice.usernameFragment, ice.password, tuple((f.algorithm.lower(), f.value) for f in dtls.fingerprints), role
    )


def _slot(media: MediaDescription, kind: Kind) -> Slot:
    codec = next((c for c in media.rtp.codecs if c.mimeType.lower() == CODEC[kind][0].lower()), None)
    if codec is None or not media.rtp.muxId:
        raise BadSdp
    offered = {f.type + (f" {f.parameter}" if f.parameter else "") for f in codec.rtcpFeedback}
    extensions = {e.uri: e.id for e in media.rtp.headerExtensions if e.uri in EXTENSIONS and 1 <= e.id <= 14}
    feedback = tuple(f for f in FEEDBACK[kind] if f in offered)
    return Slot(kind, media.rtp.muxId, codec.payloadType, feedback, extensions)


def _session_lines(session: int, mids: list[str]) -> list[str]:
    return ["v=0", f"o=- {session} 2 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {' '.join(mids)}"]


def _transport_lines(local: Local) -> list[str]:
    return [
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.password}",
        *(f"a=fingerprint:{algorithm} {value}" for algorithm, value in local.fingerprints),
        f"a=setup:{local.setup}",
        *(f"a=candidate:{candidate}" for candidate in local.candidates),
        "a=end-of-candidates",
    ]


def _text(lines: list[str]) -> str:
    return "\r\n".join(lines) + "\r\n"
