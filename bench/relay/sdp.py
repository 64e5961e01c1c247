"""Session descriptions of the load: what browsers say of Opus and VP8, as relays need it (RFC 8866, RFC 9429)."""

from typing import Final

import msgspec
from aiortc.sdp import SessionDescription

from bench.relay.client import Incoming
from bench.relay.engine import PICTURE, SOUND, Track
from bench.relay.wire import Transport

MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
LEVEL: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_CC: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
NAMES: Final = {SOUND: "audio", PICTURE: "video"}
TYPES: Final = {SOUND: 111, PICTURE: 96}
RTX_TYPE: Final = 97
CODECS: Final = {
    SOUND: ("a=rtpmap:{type} opus/48000/2", "a=fmtp:{type} minptime=10;useinbandfec=1"),
    PICTURE: (
        "a=rtpmap:{type} VP8/90000",
        "a=rtcp-fb:{type} goog-remb",
        "a=rtcp-fb:{type} ccm fir",
        "a=rtcp-fb:{type} nack",
        "a=rtcp-fb:{type} nack pli",
    ),
}


class Section(msgspec.Struct, frozen=True):
    """One m-line. ``extensions``: URI to id; SSRCs are 0 where nothing is sent, ``rtx_type`` 0 without RTX."""

    kind: int
    mid: str
    direction: str
    type: int
    rtx_type: int = 0
    ssrc: int = 0
    rtx_ssrc: int = 0
    extensions: dict[str, int] = {}

    @property
    def incoming(self) -> Incoming:
        """What the other side sends here."""
        return Incoming(self.kind, self.ssrc, self.rtx_ssrc)


class Description(msgspec.Struct, frozen=True):
    """An offer or answer."""

    transport: Transport
    sections: list[Section]


def section(kind: int, mid: str, direction: str, ssrc: int = 0, *, transport_cc: bool = False) -> Section:
    """What a browser offers; ``ssrc`` and the one after it for retransmissions, if it sends."""
    extensions = {MID: 4} | ({LEVEL: 1} if kind == SOUND else {}) | ({TRANSPORT_CC: 3} if transport_cc else {})
    rtx = (RTX_TYPE, ssrc + 1 if ssrc else 0) if kind == PICTURE else (0, 0)
    return Section(kind, mid, direction, TYPES[kind], rtx[0], ssrc, rtx[1], extensions)


def track(ours: Section, theirs: Section) -> Track:
    """What to send in our section after the other side's answer to it, or its offer of it."""
    agreed = {uri: theirs.extensions.get(uri, 0) for uri in (MID, LEVEL, TRANSPORT_CC)}
    rtx = (ours.rtx_ssrc, theirs.rtx_type) if theirs.rtx_type else (0, 0)
    return Track(ours.kind, ours.ssrc, theirs.type, ours.mid, *rtx, agreed[MID], agreed[LEVEL], agreed[TRANSPORT_CC])


def write(description: Description) -> str:
    """As text. Every section is bundled on the first one's transport."""
    mids = " ".join(section.mid for section in description.sections)
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}", "a=msid-semantic: WMS *"]
    for part in description.sections:
        lines += _section(part) + _transport(description.transport)
    return "\r\n".join(lines) + "\r\n"


def _section(part: Section) -> list[str]:
    types = f"{part.type} {part.rtx_type}" if part.rtx_type else str(part.type)
    lines = [
        f"m={NAMES[part.kind]} 9 UDP/TLS/RTP/SAVPF {types}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp-mux",
        f"a=mid:{part.mid}",
        f"a={part.direction}",
        *(line.format(type=part.type) for line in CODECS[part.kind]),
    ]
    if part.rtx_type:
        lines += [f"a=rtpmap:{part.rtx_type} rtx/90000", f"a=fmtp:{part.rtx_type} apt={part.type}"]
    if TRANSPORT_CC in part.extensions:
        lines.append(f"a=rtcp-fb:{part.type} transport-cc")
    lines += [f"a=extmap:{number} {uri}" for uri, number in part.extensions.items()]
    if part.ssrc:
        lines.append(f"a=msid:load {NAMES[part.kind]}")
        if part.rtx_ssrc:
            lines.append(f"a=ssrc-group:FID {part.ssrc} {part.rtx_ssrc}")
        lines += [f"a=ssrc:{ssrc} cname:load" for ssrc in (part.ssrc, part.rtx_ssrc) if ssrc]
    return lines


def _transport(transport: Transport) -> list[str]:
    return [
        f"a=ice-ufrag:{transport.ufrag}",
        f"a=ice-pwd:{transport.password}",
        *(f"a=fingerprint:{algorithm} {value}" for algorithm, value in transport.fingerprints),
        f"a=setup:{transport.setup}",
        *(f"a=candidate:1 1 udp 2130706431 {host} {port} typ host" for host, port in transport.candidates),
        "a=end-of-candidates",
    ]


def read(text: str) -> Description:
    """What a relay wrote."""
    parsed = SessionDescription.parse(text)
    sections = []
    for media in parsed.media:
        if media.kind not in NAMES.values():
            continue
        codecs = {codec.mimeType.lower(): codec for codec in media.rtp.codecs}
        kind = SOUND if media.kind == "audio" else PICTURE
        codec = codecs.get("audio/opus" if kind == SOUND else "video/vp8")
        rtx = codecs.get("video/rtx")
        groups = [group.items for group in media.ssrc_group if group.semantic == "FID"]
        ssrcs = groups[0] if groups else [described.ssrc for described in media.ssrc[:1]]
        sections.append(
            Section(
                kind,
                media.rtp.muxId,
                media.direction or "sendrecv",
                codec.payloadType if codec else 0,
                rtx.payloadType if rtx else 0,
                ssrcs[0] if ssrcs else 0,
                ssrcs[1] if len(ssrcs) > 1 else 0,
                {extension.uri: extension.id for extension in media.rtp.headerExtensions},
            )
        )
    first = parsed.media[0]
    setup = {"auto": "actpass", "client": "active", "server": "passive"}[first.dtls.role]
    candidates = tuple((c.ip, c.port) for c in first.ice_candidates if c.component == 1 and c.protocol.lower() == "udp")
    fingerprints = tuple((f.algorithm, f.value) for f in first.dtls.fingerprints)
    transport = Transport(first.ice.usernameFragment, first.ice.password, fingerprints, setup, candidates)
    return Description(transport, sections)
