"""Real browsers in a call: without a camera one only receives pictures, and what is chosen anew is seen at once."""

import asyncio

import pytest

from media_worker.room import Room
from tests.media.pages import SMALL, Person
from tests.media.peers import PATIENCE, ROOM, Calls
from tests.media.test_pause import KINDS, TWO, call, told

OTHER = {"width": 640, "height": 480, "frameRate": 10}
MOVING = 70
"""More pictures than Firefox makes of a camera that has stopped, one a second, before the test gives up."""


@pytest.mark.parametrize("simulcast", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_without_a_camera_one_only_receives_pictures_until_one_comes(kind: str, simulcast: bool) -> None:
    async def scene(calls: Calls, clinician: Person, patient: Person) -> None:
        await clinician.enter(TWO, SMALL, simulcast=False)
        await patient.enter(TWO, video=False, simulcast=simulcast)
        await patient.follows(clinician)
        assert await patient.do("pc.getTransceivers()[1].currentDirection") == "recvonly"
        await estimates(calls, patient)
        await patient.do("film(g)", SMALL)
        await patient.until("pc.getTransceivers()[1].currentDirection === 'sendrecv'")
        await clinician.follows(patient)
        await patient.follows(clinician)
        if kind == "chromium":
            await patient.until("f.available > 150_000")  # without transport-cc it stays below 100 kbit/s

    call(("chromium", kind), scene)


async def estimates(calls: Calls, person: Person) -> None:
    """Waits until its browser has told the worker how much can come down to it."""
    room = calls.worker._calls[ROOM].port
    assert isinstance(room, Room)
    async with asyncio.timeout(PATIENCE):
        while not room._seats[person.seat].view.downlink._estimate:
            await told(person)


@pytest.mark.parametrize("kind", KINDS)
def test_another_camera_and_microphone_go_on_where_the_old_ones_were(kind: str) -> None:
    async def scene(calls: Calls, clinician: Person, patient: Person) -> None:
        await asyncio.gather(*(who.enter(TWO, SMALL, simulcast=False) for who in (clinician, patient)))
        await clinician.follows(patient)
        sections = await patient.do("pc.getTransceivers().length")
        await patient.do("(camera.stop(), film(g))", OTHER)
        await clinician.follows(patient, frames=MOVING)
        await patient.do(LISTEN)
        await clinician.follows(patient)
        assert await patient.do("pc.getTransceivers().length") == sections

    call(("chromium", kind), scene)


LISTEN = """
(async () => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true});
  pc.getSenders()[0].track.stop();
  await media.replace({audio: stream.getAudioTracks()[0]});
})()
"""
