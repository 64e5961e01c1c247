"""The test vectors of docs/e2ee.md: `python -m tests.e2ee.vectors` writes vectors.json."""

import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from tests.e2ee.agreement import Side, agree, base64url, commitment, public_point, seal_part
from tests.e2ee.sealing import FrameKey

FILE = Path(__file__).with_name("vectors.json")
CONSULTATION = "0123456789abcdef"
# The order of P-256's group (SEC 2 section 2.4.2), within which private keys lie.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _bytes(name: str, length: int) -> bytes:
    """Bytes that look random and are the same every time."""
    return hashlib.shake_256(name.encode()).digest(length)


def _pair(one: str, other: str) -> dict[str, Any]:
    keys = {
        seat: ec.derive_private_key(
            1 + int.from_bytes(_bytes(f"{one} {other} {seat}", 32), "big") % (ORDER - 1), ec.SECP256R1()
        )
        for seat in (one, other)
    }
    sides = {}
    for seat, peer in ((one, other), (other, one)):
        attempt = base64url(_bytes(f"attempt {one} {other} {seat}", 16))
        public = public_point(keys[seat])
        sides[seat] = Side(seat, attempt, commitment(CONSULTATION, seat, peer, attempt, public), public)
    agreed = agree(CONSULTATION, sides[one], keys[one], sides[other])
    parts = []
    for n, (start, end) in enumerate(agreed.keys, 2):
        part = {"epoch": n, "secret": base64url(_bytes(f"secret {start}", 32)), "has": 0, "done": False}
        sealed = seal_part(agreed.keys[start, end], n, part)
        parts.append(
            {"from": start, "to": end, "key": agreed.keys[start, end].hex(), "n": n, "part": part, "sealed": sealed}
        )
    return {
        "consultation": CONSULTATION,
        "sides": [
            {
                "seat": side.seat,
                "private": f"{keys[side.seat].private_numbers().private_value:064x}",
                "attempt": side.attempt,
                "commitment": side.commitment,
                "public": side.public,
            }
            for side in sides.values()
        ],
        "transcript": agreed.transcript.hex(),
        "code": agreed.code,
        "sealed": parts,
    }


def _frame(kind: str, seat: str, epoch: int, counter: int, data: bytes) -> dict[str, Any]:
    secret = _bytes(f"secret {seat}", 32)
    key = FrameKey.of(secret, kind, seat, epoch)
    return {
        "secret": secret.hex(),
        "kind": kind,
        "seat": seat,
        "epoch": epoch,
        "counter": counter,
        "key": key.key.hex(),
        "salt": key.salt.hex(),
        "nonce": key.nonce(counter).hex(),
        "data": data.hex(),
        "frame": key.seal(counter, data).hex(),
    }


def vectors() -> dict[str, Any]:
    """All of them; bytes in hexadecimal but where a parcel has them in base64url."""
    delta = b"\x31" + _bytes("delta", 39)
    return {
        "pairs": [_pair("patient", "clinician"), _pair("guest2", "clinician"), _pair("guest1", "guest4")],
        "frames": [
            _frame("audio", "patient", 1, 0, b"\x78" + _bytes("opus", 30)),
            _frame("audio", "clinician", 2, 1, b"\x78"),
            _frame("audio", "guest1", 3, 2, b""),
            _frame("camera", "patient", 1, 0, b"\x10" + _bytes("key", 49)),
            _frame("camera", "guest4", 8191, 0xFFFF_FFFF, delta),
            _frame("camera", "clinician", 8192, 256, delta[:3]),
            _frame("screen", "clinician", 8193, 65_536, b"\x10" + _bytes("key", 5)),
            _frame("screen", "guest3", 7, 77, delta[:2]),
        ],
    }


def text() -> str:
    """What stands in the file."""
    return json.dumps(vectors(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
