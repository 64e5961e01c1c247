"""Lost packets come again: from the worker's memory on the way to the receiver, from the sender on the way to us."""

import asyncio
from typing import Any

from aiortc import rtp

from chalicelib.protocol import Seat
from tests.media.peers import PATIENCE, Calls, Peer
from tests.media.test_room import DARK, LIGHT, run

EVERY = 7


class Lossy:
    """Loses every seventh packet of a payload type, and counts the retransmissions (RFC 4588) that answer it."""

    def __init__(self, peer: Peer) -> None:
        self._payload_type, self._repair = (int(codec.payloadType) for codec in peer.video._codecs[:2])
        self._count = 0
        self._recovered: set[int] = set()
        self.enough = asyncio.Event()

    def loses(self, data: bytes) -> bool:
        if len(data) < 12 or data[0] >> 6 != 2 or rtp.is_rtcp(data):
            return False
        if data[1] & 0x7F == self._repair:
            self._recovered.add(int.from_bytes(data[2:4], "big"))
            if len(self._recovered) >= 5:
                self.enough.set()
        if data[1] & 0x7F != self._payload_type:
            return False
        self._count += 1
        return self._count % EVERY == 0


def test_a_receiver_gets_again_what_it_missed() -> None:
    async def test() -> None:
        calls, patient, clinician = Calls(), Peer(Seat.PATIENT, DARK), Peer(Seat.CLINICIAN, LIGHT)
        await calls.join(clinician)
        await calls.join(patient)
        path, lossy = patient.video.receiver.transport.transport, Lossy(patient)
        take = path._recv

        async def receive() -> bytes:
            """Loses packets before they are decrypted: SRTP takes nothing twice."""
            while lossy.loses(data := await take()):
                pass
            return bytes(data)

        path._recv = receive
        await asyncio.wait_for(lossy.enough.wait(), PATIENCE)
        await asyncio.gather(patient.close(), clinician.close(), calls.close())

    run(test())


def test_the_worker_asks_again_for_what_did_not_arrive() -> None:
    async def test() -> None:
        calls, patient, clinician = Calls(), Peer(Seat.PATIENT, DARK), Peer(Seat.CLINICIAN, LIGHT)
        await calls.join(clinician)
        await calls.join(patient)
        transport = clinician.video.sender.transport
        give, lossy = transport._send_rtp, Lossy(clinician)

        async def send(data: bytes) -> Any:
            if not lossy.loses(data):
                await give(data)

        transport._send_rtp = send
        await asyncio.wait_for(lossy.enough.wait(), PATIENCE)
        await patient.sees(LIGHT)
        await asyncio.gather(patient.close(), clinician.close(), calls.close())

    run(test())
