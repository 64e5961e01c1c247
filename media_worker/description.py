"""What a browser's offer asks for and what we answer (RFC 8866, RFC 9429, RFC 8853): text in, text out, no connection.

What a section is for follows from its place: sound, camera, then if they are there a shared screen and a data channel,
then a pair of sound and picture to receive for each further person (`chalicelib.protocol.Join`).
"""

import re
from typing import Final, Literal

import msgspec
from aiortc.sdp import MediaDescription, SessionDescription

from chalicelib.errors import BadSdp
from media_worker.forward import SCTP_PORT, Local, Remote

Kind = Literal["audio", "video"]

RATE: Final = {"audio": 48_000, "video": 90_000}
"""Timestamp units a second."""
CODEC: Final = {"audio": ("audio/opus", "opus/48000/2"), "video": ("video/VP8", "VP8/90000")}
FORMAT: Final = {"audio": "minptime=10;useinbandfec=1", "video": ""}
FEEDBACK: Final = {"audio": ("transport-cc",), "video": ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")}

TRANSPORT_CC: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
SENT_AT: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID: Final = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED: Final = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
FORWARDED: Final = ("urn:ietf:params:rtp-hdrext:ssrc-audio-level", SENT_AT, "urn:3gpp:video-orientation")
"""Header extensions passed from one browser to the other. A phone held upright needs the last one."""
RECEIVED: Final = (TRANSPORT_CC, MID, RID, REPAIRED)
"""Those that are between a browser and us."""

OWN_SECTIONS: Final = 3
"""In the first ones a browser may send, now or after a later offer; what is not negotiated at first never will be."""
MAX_SECTIONS: Final = 16
"""Six people need 12."""
MAX_LAYERS: Final = 4
MAX_TYPE: Final = 127
"""Payload types have seven bits."""
ANSWERED: Final = {"sendrecv": "sendrecv", "recvonly": "sendonly", "sendonly": "recvonly", "inactive": "inactive"}


class Slot(msgspec.Struct, frozen=True):
    """One media section as offered: what of it we take. ``rtx``: payload type of retransmissions, 0: none; ``layers``:
    simulcast names, empty without; ``ssrcs``: (stream, its retransmissions or 0) where the offer names them."""

    kind: Kind
    mid: str
    payload_type: int
    rtx: int
    feedback: tuple[str, ...]
    extensions: dict[str, int]
    direction: str
    layers: tuple[str, ...] = ()
    ssrcs: tuple[tuple[int, int], ...] = ()

    @property
    def sends(self) -> bool:
        """Whether the browser may send in it."""
        return self.direction in ("sendrecv", "sendonly")

    @property
    def receives(self) -> bool:
        """Whether the browser wants to be sent something in it."""
        return self.direction in ("sendrecv", "recvonly")


class Channel(msgspec.Struct, frozen=True):
    """The section of the data channel."""

    mid: str


class CallOffer(msgspec.Struct, frozen=True):
    """An offer for a call."""

    remote: Remote
    sections: tuple[Slot | Channel, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """All sections of media."""
        return tuple(section for section in self.sections if isinstance(section, Slot))

    @property
    def screen(self) -> Slot | None:
        """The shared screen's section."""
        third = self.sections[2] if len(self.sections) > 2 else None
        return third if isinstance(third, Slot) and third.kind == "video" else None

    @property
    def places(self) -> tuple[tuple[Slot, Slot], ...]:
        """Sound and picture of each person it has room for."""
        slots = [slot for slot in self.slots if slot is not self.screen]
        return tuple(zip(slots[::2], slots[1::2], strict=True))

    @property
    def channel(self) -> bool:
        """Whether it asks for a data channel."""
        return any(isinstance(section, Channel) for section in self.sections)


class ProbeOffer(msgspec.Struct, frozen=True):
    """An offer for a network test: one data channel."""

    remote: Remote
    mid: str


class Source(msgspec.Struct, frozen=True):
    """What we announce to send in a slot. ``rtx``: the SSRC of its retransmissions, 0: none; ``stream``: what it is in
    step with."""

    ssrc: int
    rtx: int
    stream: str
    track: str


def read_call(sdp: str) -> CallOffer:
    """Raises BadSdp unless its sections are those of a call, bundled on one transport."""
    media = _parse(sdp)
    texts = sdp.replace("\r\n", "\n").split("\nm=")[1:]
    if not 2 <= len(media) <= MAX_SECTIONS or len(texts) != len(media):
        raise BadSdp
    sections = tuple(
        Channel(m.rtp.muxId) if m.kind == "application" else _slot(m, text, at < OWN_SECTIONS)
        for at, (m, text) in enumerate(zip(media, texts, strict=True))
    )
    offer = CallOffer(_remote(media[0]), sections)
    kinds = [slot.kind for slot in offer.slots if slot is not offer.screen]
    channels = len(sections) - len(offer.slots)
    paired = kinds and kinds == ["audio", "video"] * (len(kinds) // 2)
    if not paired or channels > 1 or not all(section.mid for section in sections):
        raise BadSdp
    return offer


def read_probe(sdp: str) -> ProbeOffer:
    """Raises BadSdp unless it offers exactly a data channel."""
    media = _parse(sdp)
    if [m.kind for m in media] != ["application"]:
        raise BadSdp
    return ProbeOffer(_remote(media[0]), media[0].rtp.muxId)


def write_call(offer: CallOffer, local: Local, session: int, sources: dict[str, Source]) -> str:
    """The answer: every section, all of our candidates; ``sources`` by the mid of the slot in which we send."""
    lines = _session_lines(session, [section.mid for section in offer.sections])
    lines.append("a=msid-semantic: WMS *")
    for section in offer.sections:
        if isinstance(section, Channel):
            lines += _channel_lines(section.mid)
        else:
            lines += _slot_lines(section, sources.get(section.mid))
        lines += _transport_lines(local)
    return _text(lines)


def write_probe(offer: ProbeOffer, local: Local, session: int) -> str:
    """The answer: the data channel."""
    return _text([*_session_lines(session, [offer.mid]), *_channel_lines(offer.mid), *_transport_lines(local)])


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


def _slot(media: MediaDescription, text: str, own: bool) -> Slot:
    kind: Kind = "audio" if media.kind == "audio" else "video"
    codecs = [c for c in media.rtp.codecs if 0 <= c.payloadType <= MAX_TYPE]
    codec = next((c for c in codecs if c.mimeType.lower() == CODEC[kind][0].lower()), None)
    if media.kind not in CODEC or codec is None or (media.rtcp_port is not None and not media.rtcp_mux):
        raise BadSdp
    repair = (
        c.payloadType
        for c in codecs
        if c.mimeType.lower() == "video/rtx" and str(c.parameters.get("apt")) == str(codec.payloadType)
    )
    offered = {f.type + (f" {f.parameter}" if f.parameter else "") for f in codec.rtcpFeedback}
    direction = media.direction if media.direction in ANSWERED else "sendrecv"
    wanted = (*RECEIVED, *FORWARDED) if own else FORWARDED
    return Slot(
        kind,
        media.rtp.muxId,
        codec.payloadType,
        next(repair, 0),
        tuple(f for f in FEEDBACK[kind] if f in offered and (TRANSPORT_CC in wanted or f != "transport-cc")),
        {e.uri: e.id for e in media.rtp.headerExtensions if e.uri in wanted and 1 <= e.id <= 14},
        direction,
        _layers(text),
        _ssrcs(media),
    )


def _layers(text: str) -> tuple[str, ...]:
    """The names of the layers offered (RFC 8853 section 5.1); of alternatives the first."""
    line = re.search(r"^a=simulcast:(?:.* )?send (\S+)", text, re.MULTILINE)
    names = [layer.split(",")[0].lstrip("~") for layer in line[1].split(";")] if line else []
    if len(names) > MAX_LAYERS or not all(re.fullmatch(r"[A-Za-z0-9_-]{1,16}", name) for name in names):
        raise BadSdp
    return tuple(names)


def _ssrcs(media: MediaDescription) -> tuple[tuple[int, int], ...]:
    repairs = {group.items[0]: group.items[1] for group in media.ssrc_group if len(group.items) == 2}
    own = [s.ssrc for s in media.ssrc if s.ssrc not in repairs.values()]
    return tuple((ssrc, repairs.get(ssrc, 0)) for ssrc in own[:MAX_LAYERS])


def _session_lines(session: int, mids: list[str]) -> list[str]:
    return [
        "v=0",
        f"o=- {session} 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {' '.join(mids)}",
    ]


def _slot_lines(slot: Slot, source: Source | None) -> list[str]:
    pt = slot.payload_type
    lines = [
        f"m={slot.kind} 9 UDP/TLS/RTP/SAVPF {pt}{f' {slot.rtx}' if slot.rtx else ''}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        "a=rtcp-mux",
        f"a=mid:{slot.mid}",
        f"a={ANSWERED[slot.direction]}",
        f"a=rtpmap:{pt} {CODEC[slot.kind][1]}",
    ]
    lines += [f"a=rtcp-fb:{pt} {feedback}" for feedback in slot.feedback]
    if FORMAT[slot.kind]:
        lines.append(f"a=fmtp:{pt} {FORMAT[slot.kind]}")
    if slot.rtx:
        lines += [f"a=rtpmap:{slot.rtx} rtx/90000", f"a=fmtp:{slot.rtx} apt={pt}"]
    lines += [f"a=extmap:{number} {uri}" for uri, number in slot.extensions.items()]
    if slot.layers:
        lines += [f"a=rid:{name} recv" for name in slot.layers]
        lines.append(f"a=simulcast:recv {';'.join(slot.layers)}")
    if source is not None:
        lines.append(f"a=msid:{source.stream} {source.track}")
        if source.rtx:
            lines.append(f"a=ssrc-group:FID {source.ssrc} {source.rtx}")
        lines += [f"a=ssrc:{ssrc} cname:{source.stream}" for ssrc in (source.ssrc, source.rtx) if ssrc]
    return lines


def _channel_lines(mid: str) -> list[str]:
    return [
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{mid}",
        f"a=sctp-port:{SCTP_PORT}",
        "a=max-message-size:65536",
    ]


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
