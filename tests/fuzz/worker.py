"""Fuzz targets of the media worker: packets, descriptions, and what is said on its socket and its channels."""

from typing import Final

from aioice import stun

from chalicelib import protocol
from chalicelib.errors import BadRequest, BadSdp
from media_worker import feedback, ice, rtp
from media_worker.description import CallOffer, read_call, read_probe, write_call, write_probe
from media_worker.forward import Local
from tests.fakes.shapes import shaped
from tests.fuzz.picks import SDP, Fuzzed

OURS: Final = ice.Credentials("wxyz", "v" * 24)
LINES: Final = (
    *SDP.split("\r\n"), "m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=video 9 UDP/TLS/RTP/SAVPF 96 97", "a=mid:1", "a=sendrecv",
    "a=rtpmap:111 opus/48000/2", "a=rtpmap:96 VP8/90000", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96", "a=rtcp-mux",
    "a=group:BUNDLE 0 1", "a=rtcp-fb:96 nack pli", "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid", "a=rid:h send",
    "a=simulcast:send h;l", "a=ssrc-group:FID 1 2", "a=ssrc:1 cname:x", "a=candidate:1 1 udp 1 x.local 9 typ host",
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32), "a=end-of-candidates", "a=rtpmap:300 VP8/0",
)  # fmt: skip


def packet(data: bytes) -> None:
    """RTP, RTCP and STUN as they come from the wire: read, or passed over."""
    header = rtp.parse(data)
    if header is not None:
        layout = rtp.lay_out(data, header)
        assert layout.fits(data, header) in (True, False)
        assert all(len(value) <= len(data) for value in rtp.extensions(data, header).values())
        rtp.has_one_byte(data, header)
        rtp.describe(data, header.offset, min(header.offset + header.payload, len(data)))
    for report in feedback.parse(data):
        assert report
    check = ice.read(data)
    if check is not None:
        ice.answer(check, OURS, ("127.0.0.1", 1))


def signed(data: bytes) -> None:
    """A browser's check with the right password and odd attributes: answered, or passed over."""
    pick = Fuzzed(data)
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    request.attributes["USERNAME"] = pick.one(("wxyz:abcd", pick.words()))
    for name in ("PRIORITY", "ICE-CONTROLLING", "ICE-CONTROLLED"):
        if pick.yes():
            request.attributes[name] = pick.data.ConsumeIntInRange(0, 2**32 - 1)
    request.add_message_integrity(OURS.password.encode())
    raw = bytes(request)
    at = pick.data.ConsumeIntInRange(0, len(raw))
    for datagram in (raw, raw[:at] + pick.some(8) + raw[at:]):
        check = ice.read(datagram)
        if check is not None:
            ice.answer(check, OURS, ("127.0.0.1", 1))


def offer(data: bytes) -> None:
    """A session description: read and answered, or `BadSdp`; the functions look at it too."""
    pick = Fuzzed(data)
    lines = [pick.one(LINES) if pick.data.ConsumeIntInRange(0, 7) else pick.anything()
             for _ in range(pick.data.ConsumeIntInRange(0, 40))]  # fmt: skip
    sdp = "v=0\r\n" + "\r\n".join(lines)
    protocol.looks_like_sdp(sdp)
    local = Local("wxyz", "v" * 24, (("sha-256", "AB"),), "passive", ("1 1 udp 1 127.0.0.1 9 typ host",))
    for read in (read_call, read_probe):
        try:
            found = read(sdp)
        except BadSdp:
            continue
        answer = write_call(found, local, 1, {}) if isinstance(found, CallOffer) else write_probe(found, local, 1)
        assert protocol.looks_like_sdp(answer)
        assert sdp.count("\nm=") == answer.count("\nm=")


def told(data: bytes) -> None:
    """What the worker is told by the functions, and by a page on the call's data channel: known, or a clear error."""
    pick = Fuzzed(data)
    for kind, parse in (
        (protocol.ToWorker, protocol.parse_to_worker),
        (protocol.OnCallFromPage, protocol.parse_on_call),
    ):
        raw = pick.json(shaped(kind, pick)) if pick.data.ConsumeIntInRange(0, 7) else pick.some()
        try:
            assert protocol.encode(parse(raw))
        except BadRequest:
            continue
