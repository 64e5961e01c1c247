"""One browser's connection (ICE, DTLS, SRTP keys, data channels): the only file touching private parts of aiortc.

We leave `RTCPeerConnection` aside: it decodes what it receives and cannot restart ICE. What is used instead of it:

- the port answers the browser's checks (`ice.py`); `Path` stands where `RTCDtlsTransport` expects an `RTCIceTransport`;
- `RTCDtlsTransport` does the handshake; the SRTP sessions it makes go to the plane, which alone sees media;
- `RTCSctpTransport` carries data channels.

Written against aiortc 1.16 and pylibsrtp 1.0; `tests/media/test_guard.py` fails when what is used here changes.
"""

import asyncio
import functools
import socket
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from aiortc.rtcsctptransport import RTCSctpTransport
from pylibsrtp import Policy, Session

from media_worker.ice import Credentials
from media_worker.plane import Address, Listener
from media_worker.port import Port

CONSENT_SECONDS: Final = 30
"""Without an authenticated word from the browser for so long we stop sending (RFC 7675 section 5.1)."""
MAX_INBOX: Final = 1024
"""Datagrams waiting for DTLS; more are dropped, as a full socket buffer would."""
MAX_ADDRESSES: Final = 16
"""A browser checks from a handful of addresses; the oldest of more is forgotten."""
WINDOW: Final = 128
"""Packets that SRTP looks back; of pictures, about half a second."""
SCTP_PORT: Final = 5000
MAX_HELD: Final = 256 * 1024
"""Bytes of unfinished messages; aiortc tells the browser how much it may send, and does not mind if it sends more."""
MAX_CHUNKS: Final = 2_048
"""That came before one that is missing."""
MAX_CHANNELS: Final = 64
"""The page has one."""


class Remote(msgspec.Struct, frozen=True):
    """The browser's side of the transport. ``fingerprints``: (algorithm, value); ``setup``: as in RFC 5763."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    setup: str


class Local(msgspec.Struct, frozen=True):
    """Our side, for the answer. ``candidates`` are the values of ``a=candidate`` lines."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    setup: str
    candidates: tuple[str, ...]


class Owner(Protocol):
    """What a line tells its owner. Nothing is called after `Line.close`."""

    def line_up(self) -> None:
        """Packets can flow; also after an ICE restart."""

    def line_down(self) -> None:
        """The path is lost. An ICE restart may bring it back; closing is the owner's decision."""

    def line_ended(self) -> None:
        """The browser closed it, or it never came up: there is no way back."""


@functools.cache
def certificate() -> RTCCertificate:
    """The worker's own, one for all connections: it lives as long as the process."""
    return RTCCertificate.generateCertificate()


class Path:
    """What `RTCDtlsTransport` sees as its ICE transport: datagrams of the handshake, in and out."""

    role = "controlled"
    state = "completed"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send_now = send
        self._inbox: asyncio.Queue[bytes | None] = asyncio.Queue()

    def deliver(self, data: bytes | None) -> None:
        """A datagram came; None: none will."""
        if data is None or self._inbox.qsize() < MAX_INBOX:
            self._inbox.put_nowait(data)

    async def _recv(self) -> bytes:
        data = await self._inbox.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._send_now(data)  # lost while there is no path, like any datagram: DTLS sends again by itself


class Dtls(RTCDtlsTransport):  # type: ignore[misc]
    """aiortc's, with SRTP sessions that look back less far: libsrtp moves the whole window for each packet."""

    def _setup_srtp(self) -> None:
        super()._setup_srtp()
        if self._rx_srtp is None:
            return
        chosen = self._ssl.get_selected_srtp_profile()
        profile = next(p for p in self._srtp_profiles if p.openssl_profile == chosen)
        size = 2 * (profile.key_length + profile.salt_length)
        keys = self._ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", size)  # RFC 5764 section 4.2
        theirs, ours = (0, 1) if self._role == "server" else (1, 0)
        for name, kind, whose in (
            ("_rx_srtp", Policy.SSRC_ANY_INBOUND, theirs),
            ("_tx_srtp", Policy.SSRC_ANY_OUTBOUND, ours),
        ):
            policy = Policy(profile.get_key_and_salt(keys, whose), kind, srtp_profile=profile.libsrtp_profile)
            policy.allow_repeat_tx = True
            policy.window_size = WINDOW
            setattr(self, name, Session(policy))


class Line:
    """One browser's connection, from its offer to its end."""

    def __init__(self, port: Port, owner: Owner, media: Listener, connect_seconds: float) -> None:
        self._port = port
        self._owner = owner
        self._connect_seconds = connect_seconds
        self.peer: Any = port.join(media, self)
        self._path = Path(self.peer.send)
        self._dtls = Dtls(self._path, [certificate()])
        self._dtls.on("statechange", self._dtls_changed)
        self._sctp: Any = None
        self._window = 0
        self._remote: Remote | None = None
        self._ours: list[Credentials] = []  # in use, and while restarting the next
        self._heard: OrderedDict[Address, str] = OrderedDict()  # address → the credentials it named
        self._aimed: tuple[socket.socket, Address] | None = None
        self._found = asyncio.Event()
        self._starting: asyncio.Task[None] | None = None
        self._secured = False
        self._closed = False
        self._ended = False

    def is_same_session(self, remote: Remote) -> bool:
        """Whether an offer continues this line's DTLS session (an ICE restart, more slots) instead of a new one."""
        return not self._ended and self._remote is not None and self._remote.fingerprints == remote.fingerprints

    def open(self, remote: Remote, on_channel: Callable[[Any], None] | None = None) -> Local:
        """Our side for the answer: the first time, at every ICE restart (RFC 8445 section 2.4), and for more slots.

        ``on_channel`` gets each data channel that the browser opens. The browser's candidates are never signalled:
        they are learned from its checks (RFC 8445 section 7.3.1.3).
        """
        if on_channel is not None and self._sctp is None:
            self._sctp = RTCSctpTransport(self._dtls, SCTP_PORT)
            self._sctp.on("datachannel", on_channel)
            self._window = self._sctp._advertised_rwnd
            if self._dtls.state == "connected":
                self._starting = asyncio.create_task(self._sctp.start(None, SCTP_PORT))
        if self._remote is None or (self._remote.ufrag, self._remote.password) != (remote.ufrag, remote.password):
            for stale in self._ours[1:]:
                self._port.unexpect(stale)
            self._ours = [*self._ours[:1], Credentials.new()]
            self._port.expect(self._ours[-1], self)
        if self._starting is None:
            self._dtls._set_role("client" if remote.setup == "passive" else "server")
            self._starting = asyncio.create_task(self._start(remote))
        self._remote = remote
        fingerprints = tuple((f.algorithm, f.value) for f in self._dtls.getLocalParameters().fingerprints)
        setup = "passive" if self._dtls._role == "server" else "active"
        return Local(*self._ours[-1], fingerprints[:1], setup, self._port.candidates)

    @property
    def is_up(self) -> bool:
        """Whether packets can be sent."""
        return self._secured and self._aimed is not None

    # ------------------------------------------------------------ the port's news

    def checked(self, ufrag: str, sock: socket.socket, address: Address, nominates: bool) -> None:
        """Hear what comes from there; send there when the browser says so, or until it does."""
        if self._closed or not self.peer.hear(address):
            return
        self._heard[address] = ufrag
        self._heard.move_to_end(address)
        if len(self._heard) > MAX_ADDRESSES:
            self.peer.forget(self._heard.popitem(last=False)[0])
        if nominates and len(self._ours) > 1 and ufrag == self._ours[-1].ufrag:
            self._restarted()
        current = ufrag == self._ours[0].ufrag
        if (nominates and current and self._aimed != (sock, address)) or self._aimed is None:
            was_up = self._aimed is not None
            self._aimed = (sock, address)
            self.peer.aim(sock, address)
            self._found.set()
            if not was_up and self._secured:
                self._owner.line_up()

    def handshake(self, datagram: bytes) -> None:
        """For DTLS, unless the browser makes us keep more than any page's messages need."""
        if self._hoards():
            self._end()
        elif not self._ended:
            self._path.deliver(datagram)

    def look(self, now: int) -> None:
        """Stop sending to somebody who has fallen silent."""
        if self._aimed is not None and now - self.peer.heard > CONSENT_SECONDS * 1_000_000:
            self._aimed = None
            self.peer.aim(None)
            if not self._closed:
                self._owner.line_down()

    def _restarted(self) -> None:
        """The browser uses the new path: the old credentials and addresses are over."""
        self._port.unexpect(self._ours.pop(0))
        for address, ufrag in list(self._heard.items()):
            if ufrag != self._ours[0].ufrag:
                del self._heard[address]
                self.peer.forget(address)

    def _hoards(self) -> bool:
        sctp = self._sctp
        return sctp is not None and (
            self._window - sctp._advertised_rwnd > MAX_HELD
            or len(sctp._sack_misordered) > MAX_CHUNKS
            or len(sctp._inbound_streams) > MAX_CHANNELS
        )

    # ------------------------------------------------------------ DTLS

    async def _start(self, remote: Remote) -> None:
        parameters = RTCDtlsParameters([RTCDtlsFingerprint(algorithm=a, value=v) for a, v in remote.fingerprints])
        try:
            # nobody else gives up on a browser that never comes
            async with asyncio.timeout(self._connect_seconds):
                await self._found.wait()
                await self._dtls.start(parameters)
        except TimeoutError:
            self._end()
            return
        if self._dtls.state != "connected":
            self._end()
            return
        self.peer.secure(self._dtls._rx_srtp, self._dtls._tx_srtp)
        self._secured = True
        if self._sctp is not None:
            await self._sctp.start(None, SCTP_PORT)
        self._owner.line_up()

    def _dtls_changed(self) -> None:
        if self._dtls.state == "closed":
            self._end()

    def _end(self) -> None:
        self._secured = False
        if not self._closed and not self._ended:
            self._ended = True
            self._owner.line_ended()

    async def close(self) -> None:
        """Say goodbye to the browser and give everything back. May be called twice."""
        if self._closed:
            return
        self._closed, self._secured = True, False
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._sctp is not None:  # a broken session takes no goodbye
            await asyncio.gather(self._sctp.stop(), return_exceptions=True)
        pump = self._dtls._task
        await self._dtls.stop()
        self._path.deliver(None)
        if pump is not None:
            await asyncio.gather(pump, return_exceptions=True)
        self._dtls.remove_all_listeners()
        # their memory now, and not when the garbage collector comes by, which does not see how much it is
        self._dtls._ssl = self._dtls._rx_srtp = self._dtls._tx_srtp = None
        for ours in self._ours:
            self._port.unexpect(ours)
        self._port.leave(self.peer)
