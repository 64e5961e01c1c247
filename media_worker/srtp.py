"""Encrypting and decrypting in one buffer, by libsrtp itself: pylibsrtp's own way copies, and ends at 1,356 bytes."""

from typing import Any, Final

from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

ROOM: Final = 2048
MOST: Final = ROOM - 160
"""Bytes of a datagram that can be carried: encryption adds some."""

_bytes: Final = ffi.new("char[]", ROOM)
buffer: Final = memoryview(ffi.buffer(_bytes)).cast("B")
"""Where a packet is made before `seal` encrypts it."""
_length: Final = ffi.new("int *")


def handle(session: Session) -> Any:
    """What libsrtp knows a session by; valid as long as the session lives."""
    return session._srtp[0]


def seal(session: Any, size: int) -> memoryview | None:
    """Encrypt the packet of this size in the buffer, where it stands; None when libsrtp refuses."""
    _length[0] = size
    return None if lib.srtp_protect(session, _bytes, _length) else buffer[: _length[0]]


def open_rtp(session: Any, data: bytes) -> bytes | None:
    """Decrypt; None for what the keys do not open, or what came before."""
    return _through(lib.srtp_unprotect, session, data)


def open_rtcp(session: Any, data: bytes) -> bytes | None:
    """As `open_rtp`, for a compound packet."""
    return _through(lib.srtp_unprotect_rtcp, session, data)


def seal_rtcp(session: Any, data: bytes) -> bytes | None:
    """Encrypt a compound packet; None when libsrtp refuses."""
    return _through(lib.srtp_protect_rtcp, session, data)


def _through(function: Any, session: Any, data: bytes) -> bytes | None:
    size = len(data)
    buffer[:size] = data
    _length[0] = size
    return None if function(session, _bytes, _length) else bytes(buffer[: _length[0]])
