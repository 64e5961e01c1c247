"""Sealed frames: a second implementation, from docs/e2ee.md and not from the pages."""

from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.e2ee.agreement import SEATS, hkdf

KINDS = ("audio", "camera", "screen")
TRAILER = 6
TAG = 16


def clear_bytes(kind: str, data: bytes) -> int:
    """How many bytes stay readable: of Opus 1, of VP8 10 in a key frame (RFC 6386 section 9.1) and 3 in others."""
    most = 1 if kind == "audio" else 3 if data and data[0] & 1 else 10
    return min(most, len(data))


@dataclass(frozen=True)
class FrameKey:
    """The key of one kind of frames under one secret."""

    kind: str
    seat: str
    epoch: int
    key: bytes
    salt: bytes

    @classmethod
    def of(cls, secret: bytes, kind: str, seat: str, epoch: int) -> "FrameKey":
        """Derived from a sender's ``secret`` of 32 bytes."""
        both = hkdf(secret, b"", f"venterom frame 1 {kind} {seat} {epoch}", 44)
        return cls(kind, seat, epoch, both[:32], both[32:])

    def nonce(self, counter: int) -> bytes:
        """RFC 9605 section 4.4.3."""
        return bytes(a ^ b for a, b in zip(self.salt, counter.to_bytes(12, "big"), strict=True))

    def seal(self, counter: int, data: bytes) -> bytes:
        """The frame as it is sent."""
        clear = data[: clear_bytes(self.kind, data)]
        kid = SEATS.index(self.seat) << 13 | self.epoch % 8192
        trailer = kid.to_bytes(2, "big") + counter.to_bytes(4, "big")
        return clear + AESGCM(self.key).encrypt(self.nonce(counter), data[len(clear) :], clear + trailer) + trailer

    def open(self, frame: bytes) -> bytes | None:
        """The frame as it was; None for what was not sealed with this key."""
        if len(frame) < TAG + TRAILER:
            return None
        body, trailer = frame[:-TRAILER], frame[-TRAILER:]
        kid = int.from_bytes(trailer[:2], "big")
        if kid != SEATS.index(self.seat) << 13 | self.epoch % 8192:
            return None
        clear = body[: clear_bytes(self.kind, body[:-TAG])]
        counter = int.from_bytes(trailer[2:], "big")
        try:
            return clear + AESGCM(self.key).decrypt(self.nonce(counter), body[len(clear) :], clear + trailer)
        except InvalidTag:
            return None
