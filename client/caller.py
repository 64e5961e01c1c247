"""Cheap callers, hundreds to a test: real checks, DTLS and SRTP around numbered packets of sound and pictures.

A packet that the worker lost is missing among the numbers.
"""

import asyncio
import contextlib
import random
import secrets
import socket
import struct
from typing import Any, Final

from aioice import stun
from aiortc import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from aiortc.rtcsctptransport import RTCSctpTransport
from pylibsrtp import Error, Session

from media_worker import feedback, rtp

PATIENCE: Final = 60
SOUND, PICTURE, RTX = 111, 96, 97
FRAME_SECONDS: Final = 1 / 30
KEPT: Final = 512
KEY: Final = bytes([0x50, 0x2D, 0x01, 0x9D, 0x01, 0x2A, 0x80, 0x02, 0xE0, 0x01])
DELTA: Final = bytes([0x51, 0x2D])
NUMBER: Final = struct.Struct("!Q")


class Heard:
    """One stream that came in, by the numbers in its packets."""

    def __init__(self) -> None:
        self.numbers: set[int] = set()
        self.sequences: set[int] = set()
        self.highest = -1
        """The highest sequence number, with its wraps."""
        self.missing: set[int] = set()

    def take(self, sequence: int, number: int) -> None:
        """A packet came."""
        self.numbers.add(number)
        if self.highest < 0:
            self.highest = sequence
        at = self.highest + rtp.after(sequence, self.highest)
        self.missing.discard(at)
        if self.highest < at < self.highest + KEPT:
            self.missing.update(range(self.highest + 1, at))
        self.highest = max(self.highest, at)
        self.missing = {m for m in self.missing if m > self.highest - KEPT}

    def lost(self) -> int:
        """How many numbers are missing between the first and the last that came."""
        return max(self.numbers) - min(self.numbers) + 1 - len(self.numbers)


class Track:
    """One stream that goes out."""

    def __init__(self, payload_type: int) -> None:
        self.payload_type = payload_type
        self.ssrc = secrets.randbelow(1 << 32)
        self.number = -1
        """Of the last packet."""
        self._sequence = secrets.randbelow(1 << 15)
        self._timestamp = secrets.randbelow(1 << 32)
        self.kept: dict[int, bytes] = {}

    def packet(self, head: bytes, *, ticks: int = 0, marker: bool = True, size: int = 60) -> bytes:
        """The next one; ``ticks``: units of time since the last."""
        self.number += 1
        self._sequence = (self._sequence + 1) % 65_536
        self._timestamp = (self._timestamp + ticks) % 2**32
        kind = marker << 7 | self.payload_type
        fixed = struct.pack("!BBHII", 0x80, kind, self._sequence, self._timestamp, self.ssrc)
        data = fixed + head + NUMBER.pack(self.number)
        data += bytes(max(0, size - len(data)))
        self.kept[self._sequence] = data
        self.kept.pop((self._sequence - KEPT) % 65_536, None)
        return data

    def again(self, sequence: int, ssrc: int, number: int) -> bytes | None:
        """The packet of this sequence number as a retransmission (RFC 4588)."""
        data = self.kept.get(sequence)
        if data is None:
            return None
        head = struct.pack("!BBH4sI", 0x80, data[1] & 0x80 | RTX, number % 65_536, data[4:8], ssrc)
        return head + data[2:4] + data[12:]


class Caller:
    """One seat. What its connection was told by signalling comes from whoever holds the worker."""

    role = "controlling"  # with `state`, `_send` and `_recv` what RTCDtlsTransport asks of its way
    state = "completed"

    def __init__(self, *, others: int = 1, channel: bool = False, host: str = "127.0.0.1", loss: float = 0.0) -> None:
        """``others``: people there is a place for; ``loss``: the share of packets lost each way."""
        self.sound, self.picture = Track(SOUND), Track(PICTURE)
        self.heard: dict[int, Heard] = {}
        """By the SSRC of the stream (that of the pictures for their retransmissions)."""
        self.keyframes_asked = 0
        self.reports: list[feedback.Report] = []
        self.channel: Any = None
        self.down = asyncio.Event()
        """The worker has said goodbye."""
        self._others, self._host, self._loss = others, host, loss
        self._chance = random.Random(1)  # noqa: S311  # nosec B311 # chance, no secret
        self._dtls = RTCDtlsTransport(self, [RTCCertificate.generateCertificate()])
        self._sctp: Any = RTCSctpTransport(self._dtls, 5000) if channel else None
        self._dtls.on("statechange", self._changed)
        self._inbox: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._answered = asyncio.Event()
        self._news = asyncio.Event()
        self._tx: Session | None = None
        self._rx: Session | None = None
        self._repairs: dict[int, int] = {}  # RTX SSRC → SSRC
        self._rtx_ssrc, self._rtx_number = secrets.randbelow(1 << 32), 0
        self._pid = secrets.randbelow(1 << 15)
        self._key_wanted = True
        self._own, self._theirs = ("", ""), ("", "")
        self._tasks: list[asyncio.Task[None]] = []
        self.socket: socket.socket | None = None
        self._remotes: list[tuple[str, int]] = []

    # ------------------------------------------------------------ signalling

    def offer(self) -> str:
        """Each has new ICE credentials: the first begins, another one restarts."""
        self._own = (secrets.token_hex(4), secrets.token_hex(12))
        prints = self._dtls.getLocalParameters().fingerprints
        way = [
            f"a=ice-ufrag:{self._own[0]}",
            f"a=ice-pwd:{self._own[1]}",
            *(f"a=fingerprint:{f.algorithm} {f.value}" for f in prints[:1]),
            "a=setup:actpass",
        ]
        sections = [self._section("audio", "0", "sendrecv"), self._section("video", "1", "sendrecv")]
        if self._sctp is not None:
            line = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"
            sections.append([line, "c=IN IP4 0.0.0.0", f"a=mid:{len(sections)}", "a=sctp-port:5000"])
        for _ in range(1, self._others):
            for kind in ("audio", "video"):
                sections.append(self._section(kind, str(len(sections)), "recvonly"))
        mids = " ".join(str(i) for i in range(len(sections)))
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}"]
        for section in sections:
            lines += section + way
        return "\r\n".join(lines) + "\r\n"

    def _section(self, kind: str, mid: str, direction: str) -> list[str]:
        sound = kind == "audio"
        types, codec = (f"{SOUND}", f"{SOUND} opus/48000/2") if sound else (f"{PICTURE} {RTX}", f"{PICTURE} VP8/90000")
        head = [f"m={kind} 9 UDP/TLS/RTP/SAVPF {types}", "c=IN IP4 0.0.0.0", "a=rtcp-mux", f"a=mid:{mid}"]
        more = [f"a={direction}", f"a=rtpmap:{codec}"]
        if kind == "video":
            more += [f"a=rtcp-fb:{PICTURE} {what}" for what in ("nack", "nack pli", "ccm fir", "goog-remb")]
            more += [f"a=rtpmap:{RTX} rtx/90000", f"a=fmtp:{RTX} apt={PICTURE}"]
        return head + more

    def _read(self, answer: str) -> RTCDtlsParameters:
        def values(name: str) -> list[str]:
            return [line.split(":", 1)[1] for line in answer.splitlines() if line.startswith(f"a={name}:")]

        self._theirs = (values("ice-ufrag")[0], values("ice-pwd")[0])
        words = (value.split() for value in values("candidate"))
        self._remotes = [(word[4], int(word[5])) for word in words]
        for group in values("ssrc-group"):
            _, ssrc, again = group.split()
            self._repairs[int(again)] = int(ssrc)
        algorithm, value = values("fingerprint")[0].split()
        return RTCDtlsParameters([RTCDtlsFingerprint(algorithm=algorithm, value=value)])

    async def connect(self, answer: str, *, handshake: bool = True) -> None:
        """Until packets can flow; without ``handshake`` until a check is answered. Raises ConnectionError."""
        parameters = self._read(answer)
        await self._open()
        self._tasks.append(asyncio.create_task(self._check()))
        async with asyncio.timeout(PATIENCE):
            await self._answered.wait()
            if not handshake:
                return
            self._dtls._set_role("client")
            await self._dtls.start(parameters)
        if self._dtls.state != "connected":
            raise ConnectionError
        self._tx, self._rx = self._dtls._tx_srtp, self._dtls._rx_srtp
        if self._sctp is not None:
            self.channel = RTCDataChannel(self._sctp, RTCDataChannelParameters(label="call"))
            await self._sctp.start(RTCSctpTransport.getCapabilities(), 5000)

    async def move(self, answer: str) -> None:
        """Go on from another address with the credentials of a restart."""
        self._read(answer)
        self._answered.clear()
        self._shut()
        await self._open()
        self.check()
        await asyncio.wait_for(self._answered.wait(), PATIENCE)

    # ------------------------------------------------------------ packets

    async def talk(self, seconds: float) -> None:
        """Send sound and pictures for so long."""
        loop = asyncio.get_running_loop()
        begun, at = loop.time(), 0
        while (due := begun + at * FRAME_SECONDS) < begun + seconds:
            await asyncio.sleep(max(0.0, due - loop.time()))
            self.frame()
            self.say()
            if at % 30 == 0:
                self.send_rtcp(feedback.remb(self.picture.ssrc, 0, 3_000_000))
            self._ask()
            at += 1

    def frame(self, parts: int = 2, size: int = 500) -> None:
        """A picture; a keyframe if one is wanted."""
        key, self._key_wanted = self._key_wanted, False
        self._pid = (self._pid + 1) % (1 << 15)
        for part in range(parts):
            described = struct.pack("!BBH", 0x80 if part else 0x90, 0x80, 0x8000 | self._pid)
            head = described + (KEY if key else DELTA.ljust(len(KEY), b"\0"))
            last = part == parts - 1
            self.send_rtp(self.picture.packet(head, ticks=0 if part else 3_000, marker=last, size=size))

    def say(self) -> None:
        """20 ms of sound."""
        self.send_rtp(self.sound.packet(b"", ticks=960, size=90))

    def send_rtp(self, data: bytes) -> None:
        """Encrypted; what libsrtp refuses to encrypt is not sent."""
        with contextlib.suppress(Error, ValueError):
            if self._tx is not None and not self._is_lost():
                self.send_raw(self._tx.protect(data))

    def send_rtcp(self, data: bytes) -> None:
        """Encrypted."""
        with contextlib.suppress(Error, ValueError):
            if self._tx is not None:
                self.send_raw(self._tx.protect_rtcp(data))

    def send_raw(self, data: bytes) -> None:
        """As it is."""
        with contextlib.suppress(OSError):  # lost, as datagrams are
            if self.socket is not None:
                self.socket.send(data)

    def send_record(self, data: bytes) -> None:
        """Within DTLS: what SCTP would have sent."""
        self._dtls._ssl.send(data)
        self.send_raw(self._dtls._ssl.bio_read(1_500))

    def request(self) -> stun.Message:
        """A check as it should be, not yet signed."""
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self._theirs[0]}:{self._own[0]}"
        message.attributes["PRIORITY"] = 2_130_706_431
        message.attributes["ICE-CONTROLLING"] = 1
        message.attributes["USE-CANDIDATE"] = None
        return message

    def signed(self, message: stun.Message) -> bytes:
        """With the password that we were told."""
        message.add_message_integrity(self._theirs[1].encode())
        return bytes(message)

    def check(self) -> None:
        """Send one."""
        self.send_raw(self.signed(self.request()))

    async def hears(self, streams: int = 2) -> None:
        """Waits until something of so many streams has come."""
        async with asyncio.timeout(PATIENCE):
            while len(self.heard) < streams:
                self._news.clear()
                await self._news.wait()

    async def all_heard(self, *others: "Caller") -> None:
        """Waits until what these sent last has arrived; sound and pictures."""
        last = {track.number for other in others for track in (other.sound, other.picture)}
        async with asyncio.timeout(PATIENCE):
            while not last <= {max(heard.numbers, default=-1) for heard in self.heard.values()}:
                self._news.clear()
                await self._news.wait()

    def arrived(self, payload_type: int) -> None:
        """A packet came; for who wants to know when."""

    async def close(self, *, politely: bool = True) -> None:
        """Hang up; not ``politely``: be gone, without a word."""
        for task in self._tasks:
            task.cancel()
        if not politely:
            self._shut()
        if self._sctp is not None:
            await self._sctp.stop()
        pump = self._dtls._task
        await self._dtls.stop()
        self._inbox.put_nowait(None)
        await asyncio.gather(*self._tasks, *(task for task in (pump,) if task), return_exceptions=True)
        self._dtls.remove_all_listeners()
        self._shut()

    # ------------------------------------------------------------ parts

    async def _open(self) -> None:
        """Straight to the worker; another way is a subclass's."""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.setblocking(False)
        self.socket.bind((self._host, 0))
        self.socket.connect(self._remotes[0])
        asyncio.get_running_loop().add_reader(self.socket, self._pump, self.socket)

    def _shut(self) -> None:
        if self.socket is not None:
            asyncio.get_running_loop().remove_reader(self.socket)
            self.socket.close()
            self.socket = None

    async def _check(self) -> None:
        while True:
            self.check()
            await asyncio.sleep(5.0 if self._answered.is_set() else 0.1)

    def _pump(self, sock: socket.socket) -> None:
        for _ in range(256):
            try:
                data = sock.recv(2_048)
            except OSError:
                return
            self._received(data)

    def _received(self, data: bytes) -> None:
        if data[0] <= 3:
            self._answered.set()
        elif data[0] < 64:
            self._inbox.put_nowait(data)
        elif self._rx is not None and not self._is_lost():
            self._media(self._rx, data)

    def _media(self, session: Session, data: bytes) -> None:
        if 192 <= data[1] <= 223:
            for report in feedback.parse(session.unprotect_rtcp(data)):
                self._told(report)
            return
        packet = session.unprotect(data)
        header = rtp.parse(packet)
        if header is None:
            return
        ssrc, sequence = header.ssrc, header.sequence
        if ssrc in self._repairs:
            ssrc = self._repairs[ssrc]
            sequence, packet = rtp.spread(packet)
        skip = header.offset + (14 if header.payload_type != SOUND else 0)
        if len(packet) >= skip + NUMBER.size:
            self._news.set()
            self.arrived(header.payload_type)
            self.heard.setdefault(ssrc, Heard()).take(sequence, NUMBER.unpack_from(packet, skip)[0])

    def _told(self, report: feedback.Report) -> None:
        self.reports.append(report)
        del self.reports[:-100]
        if isinstance(report, feedback.NeedsKeyframe):
            self.keyframes_asked += 1
            self._key_wanted = True
        elif isinstance(report, feedback.Lost) and report.ssrc == self.picture.ssrc:
            for sequence in report.sequences:
                data = self.picture.again(sequence, self._rtx_ssrc, self._rtx_number)
                if data is not None:
                    self._rtx_number += 1
                    self.send_rtp(data)

    def _ask(self) -> None:
        for ssrc, heard in self.heard.items():
            missing = sorted(heard.missing)[:100]
            if missing:
                self.send_rtcp(feedback.nack(self.picture.ssrc, ssrc, [m % 65_536 for m in missing]))

    def _is_lost(self) -> bool:
        return self._loss > 0 and self._chance.random() < self._loss

    def _changed(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self.down.set()

    async def _send(self, data: bytes) -> None:
        self.send_raw(data)

    async def _recv(self) -> bytes:
        data = await self._inbox.get()
        if data is None:
            raise ConnectionError
        return data
