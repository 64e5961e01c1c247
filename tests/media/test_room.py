"""A call on the worker with aiortc's own peers in this process: real sockets, real decoding at the ends only."""

import asyncio
import socket
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from chalicelib.protocol import RelayAnswer, RelayRefused, RoomEnded, Seat
from media_worker.port import Endpoint, Port
from media_worker.room import Timing
from tests.media.peers import HERE, PATIENCE, ROOM, Calls, Peer

DARK, LIGHT = 60, 200


def free_port() -> int:
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.bind((HERE.addresses[0], 0))
        return int(probe.getsockname()[1])


def sockets() -> int:
    return sum("socket:" in str(entry.readlink()) for entry in _entries())


def _entries() -> list[Path]:
    return [entry for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]


def run(test: Coroutine[Any, Any, None]) -> None:
    """Runs a test and sees that no task of the worker's stays (aiortc's own peers are not as tidy)."""

    async def whole() -> None:
        await test
        assert [task for task in asyncio.all_tasks() if "/media_worker/" in repr(task)] == []

    asyncio.run(whole())


def test_sound_and_picture_arrive_both_ways() -> None:
    async def test() -> None:
        calls, patient, clinician = Calls(), Peer(Seat.PATIENT, DARK), Peer(Seat.CLINICIAN, LIGHT)
        await calls.join(clinician)
        await calls.join(patient)
        await asyncio.gather(patient.sees(LIGHT), clinician.sees(DARK), patient.hears(), clinician.hears())
        await asyncio.gather(patient.close(), clinician.close(), calls.close())

    run(test())


def test_candidates_in_an_offer_are_passed_over() -> None:
    """A name ending in .local would cost a second to look up, and the end of candidates would fail the connection."""

    async def test() -> None:
        calls, patient = Calls(), Peer(Seat.PATIENT, DARK)
        useless = (
            "a=candidate:1 1 udp 2113937151 7a3b0c5e-1f2d-4c6a-9b8e-0d1e2f3a4b5c.local 54321 typ host\r\n"
            "a=candidate:2 1 tcp 1518280447 10.0.0.1 9 typ host tcptype active\r\n"
            "a=end-of-candidates\r\n"
        )
        offer = (await patient.offer()).replace("a=ice-ufrag", f"{useless}a=ice-ufrag")
        assert useless in offer
        await patient.take(await calls.answer(Seat.PATIENT, 1, offer))
        await patient.connected()
        await asyncio.gather(patient.close(), calls.close())

    run(test())


def test_one_port_serves_everybody_and_is_given_back() -> None:
    async def test() -> None:
        number = free_port()
        here = Endpoint(HERE.addresses, port=number)
        calls, patient, clinician = Calls(endpoint=here), Peer(Seat.PATIENT, DARK), Peer(Seat.CLINICIAN, LIGHT)
        for peer in (patient, clinician):
            answer = await calls.answer(peer.seat, 1, await peer.offer())
            candidates = {tuple(x.split()[4:6]) for x in answer.splitlines() if x.startswith("a=candidate:")}
            assert candidates == {(HERE.addresses[0], str(number))}
            assert "a=ice-lite" in answer.splitlines()
            await peer.take(answer)
        await asyncio.gather(patient.connected(), clinician.connected())
        with pytest.raises(OSError, match="in use"):
            Port(here).open()
        await calls.close()
        Calls(endpoint=here).port.close()
        await asyncio.gather(patient.close(), clinician.close())

    run(test())


def test_behind_a_nat_it_tells_what_it_does_not_bind() -> None:
    async def test() -> None:
        calls = Calls(endpoint=Endpoint(("203.0.113.7", "127.0.0.1"), ("127.0.0.1",)))
        patient = Peer(Seat.PATIENT, DARK)
        answer = await calls.answer(Seat.PATIENT, 1, await patient.offer())
        candidates = [line.split() for line in answer.splitlines() if line.startswith("a=candidate:")]
        hosts = [(candidate[4], int(candidate[5])) for candidate in candidates[:2]]
        assert hosts == [("203.0.113.7", calls.port.number), ("127.0.0.1", calls.port.number)]
        assert int(candidates[0][3]) > int(candidates[1][3])
        await patient.take(answer)
        await patient.connected()
        await asyncio.gather(patient.close(), calls.close())

    run(test())


def test_it_is_reached_by_ipv6_too() -> None:
    async def test() -> None:
        calls = Calls(endpoint=Endpoint(("127.0.0.1", "::1")))
        patient = Peer(Seat.PATIENT, DARK)
        answer = await calls.answer(Seat.PATIENT, 1, await patient.offer())
        only_v6 = "".join(x for x in answer.splitlines(keepends=True) if not ("a=candidate:" in x and "127.0" in x))
        await patient.take(only_v6)
        await patient.connected()
        await asyncio.gather(patient.close(), calls.close())

    run(test())


def test_a_late_second_participant_gets_a_keyframe() -> None:
    async def test() -> None:
        calls, patient, clinician = Calls(), Peer(Seat.PATIENT, DARK), Peer(Seat.CLINICIAN, LIGHT)
        await calls.join(clinician)
        await clinician.connected()
        assert not clinician.asked_keyframe.is_set()
        await calls.join(patient)
        await asyncio.wait_for(clinician.asked_keyframe.wait(), PATIENCE)
        await asyncio.gather(patient.close(), clinician.close(), calls.close())

    run(test())


def test_a_receivers_request_for_a_keyframe_reaches_the_sender() -> None:
    async def test() -> None:
        calls, patient, clinician = Calls(), Peer(Seat.PATIENT, DARK), Peer(Seat.CLINICIAN, LIGHT)
        await calls.join(clinician)
        await calls.join(patient)
        await patient.sees(LIGHT)
        await asyncio.wait_for(clinician.asked_keyframe.wait(), PATIENCE)  # because the patient joined
        clinician.asked_keyframe.clear()
        await patient.request_keyframe()
        await asyncio.wait_for(clinician.asked_keyframe.wait(), PATIENCE)
        await asyncio.gather(patient.close(), clinician.close(), calls.close())

    run(test())


def test_a_new_connection_takes_the_seat_and_the_other_side_sees_on() -> None:
    async def test() -> None:
        calls, patient, clinician = Calls(), Peer(Seat.PATIENT, DARK), Peer(Seat.CLINICIAN, LIGHT)
        await calls.join(clinician)
        await calls.join(patient)
        await asyncio.gather(patient.sees(LIGHT), clinician.sees(DARK))
        again = Peer(Seat.PATIENT, (DARK + LIGHT) // 2)
        await calls.join(again, n=2)
        await asyncio.gather(again.sees(LIGHT), clinician.sees((DARK + LIGHT) // 2), clinician.hears())
        await asyncio.gather(patient.close(), again.close(), clinician.close(), calls.close())

    run(test())


def test_the_same_offer_again_gets_the_same_answer() -> None:
    async def test() -> None:
        calls, patient = Calls(), Peer(Seat.PATIENT, DARK)
        offer = await patient.offer()
        first = await calls.answer(Seat.PATIENT, 7, offer)
        assert await calls.answer(Seat.PATIENT, 7, offer) == first
        await patient.take(first)
        await patient.connected()
        await asyncio.gather(patient.close(), calls.close())

    run(test())


def test_an_ice_restart_keeps_the_fingerprint_and_changes_the_credentials() -> None:
    async def test() -> None:
        calls, patient = Calls(), Peer(Seat.PATIENT, DARK)
        offer = await patient.offer()
        first = await calls.answer(Seat.PATIENT, 1, offer)
        ufrag = next(line for line in offer.splitlines() if line.startswith("a=ice-ufrag:"))
        second = await calls.answer(Seat.PATIENT, 2, offer.replace(ufrag, "a=ice-ufrag:abcd"))
        for prefix, same in (("a=fingerprint:", True), ("a=ssrc:", True), ("a=ice-ufrag:", False)):
            former, latter = ([x for x in sdp.splitlines() if x.startswith(prefix)] for sdp in (first, second))
            assert (former == latter) is same, prefix
        await asyncio.gather(patient.close(), calls.close())

    run(test())


@pytest.mark.parametrize(
    "damage",
    [
        lambda sdp: "v=0\r\ns=-\r\n",
        lambda sdp: sdp.replace("a=ice-pwd", "a=ice-xyz"),
        lambda sdp: sdp.replace("a=fingerprint", "a=fingerless"),
        lambda sdp: sdp.replace("VP8", "VP9"),
        lambda sdp: sdp.replace("opus", "speex"),
        lambda sdp: sdp.replace("m=audio", "m=radio"),
        lambda sdp: sdp.replace("a=mid:0", "a=mid:"),
        lambda sdp: sdp[: sdp.index("m=video")],
        lambda sdp: sdp.replace("a=rtpmap:96", "a=rtpmap:ninety-six"),
        lambda sdp: sdp.replace("a=setup:actpass", "a=setup:maybe"),
    ],
)
def test_a_bad_description_is_refused_and_the_room_lives_on(damage: Any) -> None:
    async def test() -> None:
        calls, patient, clinician = Calls(), Peer(Seat.PATIENT, DARK), Peer(Seat.CLINICIAN, LIGHT)
        offer = await patient.offer()
        assert damage(offer) != offer
        assert await calls.relay(Seat.PATIENT, 1, damage(offer)) == RelayRefused(ROOM, Seat.PATIENT, 1, "bad_sdp")
        await patient.take(await calls.answer(Seat.PATIENT, 2, offer))
        await calls.join(clinician)
        await asyncio.gather(patient.connected(), clinician.connected())
        await asyncio.gather(patient.close(), clinician.close(), calls.close())

    run(test())


def test_when_everybody_has_left_the_room_ends() -> None:
    async def test() -> None:
        before = sockets()
        calls, patient, clinician = Calls(Timing(empty=0.2)), Peer(Seat.PATIENT, DARK), Peer(Seat.CLINICIAN, LIGHT)
        for peer in (patient, clinician):
            await calls.join(peer)
        await asyncio.gather(patient.connected(), clinician.connected())
        await patient.close()
        await clinician.close()
        assert await calls.next() == RoomEnded(ROOM)
        assert calls.worker.rooms == []
        await calls.close()
        assert sockets() == before

    run(test())


def test_a_browser_that_never_connects_is_given_up() -> None:
    async def test() -> None:
        calls, patient = Calls(Timing(connect=0, empty=0)), Peer(Seat.PATIENT, DARK)
        answer = await calls.relay(Seat.PATIENT, 1, await patient.offer())
        assert isinstance(answer, RelayAnswer)
        assert await calls.next() == RoomEnded(ROOM)
        await asyncio.gather(patient.close(), calls.close())

    run(test())


def test_closing_in_the_middle_of_connecting_leaves_nothing() -> None:
    async def test() -> None:
        before = sockets()
        calls, patient = Calls(), Peer(Seat.PATIENT, DARK)
        await calls.join(patient)
        await calls.close()
        await patient.close()
        assert sockets() == before

    run(test())
