"""Calls of real browsers running the product's own client: layers, late comers, screens, six people, two engines."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from chalicelib.protocol import Seat
from media_worker.port import planes
from media_worker.room import Room
from tests.media.pages import LARGE, SMALL, Person, people
from tests.media.peers import ROOM, Calls
from tests.media.test_devices import estimates

TWO = (Seat.CLINICIAN, Seat.PATIENT)
THREE = (*TWO, Seat.GUEST_1)
SCREEN = """
(async () => {
  const stream = await navigator.mediaDevices.getDisplayMedia({video: {frameRate: {max: 10}}, audio: false});
  await media.share(stream.getVideoTracks()[0]);
})()
"""
"""Chromium with a fake camera shares a fake screen, of 1,280 pixels, without asking."""
CANVAS = """
(async () => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 400, height: 200});
  const context = canvas.getContext('2d');
  const draw = () => {
    context.fillStyle = `hsl(${performance.now() / 10 % 360} 90% 50%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
  };
  draw();
  setInterval(draw, 100);
  await media.share(canvas.captureStream(10).getVideoTracks()[0]);
})()
"""
CANVAS_WIDTH, SCREEN_WIDTH = 400, 1280


def call(seats: Sequence[Seat], scene: Callable[..., Awaitable[None]], plane: str = "", **how: Any) -> None:
    """A call in which these people may take part; ``scene`` gets the room's worker and everybody."""

    async def run() -> None:
        calls = Calls(plane=plane)
        async with people(calls, *seats, **how) as everybody:
            await scene(calls, *everybody)

    asyncio.run(run())


async def enter(*everybody: Person, video: dict[str, int] = SMALL, simulcast: bool = True) -> None:
    seats = sorted((who.seat for who in everybody), key=list(Seat).index)
    await asyncio.gather(*(who.enter(seats, video, simulcast) for who in everybody))


def room(calls: Calls) -> Room:
    found = calls.worker._calls[ROOM].port
    assert isinstance(found, Room)
    return found


def accounts_for_all(calls: Calls) -> bool:
    """Whether everything that arrives is measured, reported of and asked for again when lost."""
    seats = room(calls)._seats.values()
    return all(
        set(who._layers) == {layer.incoming.ssrc for source in who.sources for layer in source.layers.values()}
        for who in seats
    )


async def sees_layer(viewer: Person, sender: Person, name: str) -> None:
    """Waits until just the size that the sender gives this layer is decoded."""
    for _ in range(2):  # the sender's own load may change a size meanwhile
        sent = (await sender.look())["sent"]
        await viewer.until("f.from[k.seat]?.width === k.width", {"seat": sender.seat, "width": sent[name]["width"]})
    await viewer.follows(sender)


@pytest.mark.parametrize("plane", planes())
def test_layers_go_by_appetite_and_switch_unseen(plane: str) -> None:
    async def scene(calls: Calls, clinician: Person, patient: Person) -> None:
        await enter(clinician, patient, video=LARGE)
        await patient.until("f.from.clinician?.frames > 0")
        # the sender's estimate rises, or it would never send the largest layer
        await clinician.until("f.sent.h?.width >= 480 && f.available > 600_000")
        await sees_layer(patient, clinician, "h")
        before = (await patient.look())["from"][Seat.CLINICIAN]
        turns = (("low", "l"), ("all", "h")) * 2
        for appetite, layer in turns:
            await patient.do("media.wire.channel.want(g)", appetite)  # of what it is sent; its own camera goes on
            await sees_layer(patient, clinician, layer)
            await in_step(patient, clinician)
        after = (await patient.look())["from"][Seat.CLINICIAN]
        # a busy machine may freeze a picture or two, but not at every turn
        assert after["freezes"] < before["freezes"] + len(turns)
        assert after["plis"] < before["plis"] + len(turns)
        asked = sum(layer["plis"] for layer in (await clinician.look())["sent"].values())
        assert asked < 25, "keyframes cost too much to be asked for at every turn"
        assert accounts_for_all(calls)
        # a browser tells what reaches it, and so the way down is known
        assert room(calls)._seats[Seat.PATIENT].view.downlink._estimate > 100_000

        await patient.do("media.wire.channel.want(g)", "none")
        still = await settles(patient, clinician)
        heard = (await patient.look())["from"][Seat.CLINICIAN]["energy"]
        await patient.until("f.from.clinician.energy > k", heard + 0.05)
        assert (await patient.look())["from"][Seat.CLINICIAN]["frames"] == still
        await patient.do("media.wire.channel.want(g)", "all")
        await patient.follows(clinician)

    call(TWO, scene, plane)


async def in_step(viewer: Person, sender: Person) -> None:
    """Lips and voice: what is played now was captured at the same time."""
    together = "Math.abs(f.from[k].soundAt - f.from[k].pictureAt) < 200"
    await viewer.until(f"f.from[k].soundAt > 0 && f.from[k].pictureAt > 0 && {together}", sender.seat)


async def settles(viewer: Person, sender: Person) -> int:
    """Waits until no more pictures come; returns how many did."""
    last = """async g => {
      for (let frames = -1;;) {
        const now = (await look()).from[g].frames;
        if (now === frames) return now;
        frames = now;
        await new Promise(again => setTimeout(again, 1000));
      }
    }"""
    return int(await asyncio.wait_for(viewer.page.evaluate(last, sender.seat), 60))


def test_chromium_and_firefox_with_layers_through_a_restart() -> None:
    async def scene(calls: Calls, clinician: Person, patient: Person) -> None:
        await enter(clinician, patient, video=LARGE)
        await asyncio.gather(clinician.follows(patient), patient.follows(clinician))
        for viewer, sender in ((clinician, patient), (patient, clinician)):
            await sender.until("f.sent.h?.width >= 480")
            await sees_layer(viewer, sender, "h")
            await in_step(viewer, sender)
            await estimates(calls, viewer)  # how much varies at first
        for who in (clinician, patient):
            used = (await who.look())["pair"]
            await who.do("media.restart()")
            await who.until("f.pair && f.pair !== k && f.state === 'connected'", used)
        await asyncio.gather(clinician.follows(patient), patient.follows(clinician))

    call(TWO, scene, kinds=("chromium", "firefox"))


def test_three_people_come_and_go_and_show_their_screens() -> None:
    async def scene(calls: Calls, clinician: Person, patient: Person, guest: Person) -> None:
        await enter(clinician, patient)
        await asyncio.gather(clinician.follows(patient), patient.follows(clinician))
        seats = [Seat.PATIENT, Seat.CLINICIAN, Seat.GUEST_1]
        for who in (clinician, patient):
            await who.do("media.rejoin({...media.join, seats: g})", seats)
        await guest.enter(seats, SMALL)
        await asyncio.gather(guest.follows(clinician, patient), clinician.follows(guest), patient.follows(guest))

        await clinician.do("media.replace({video: null})")
        await settles(patient, clinician)
        await asyncio.gather(patient.follows(guest), guest.follows(patient))
        await clinician.do("media.replace({video: camera})")
        await asyncio.gather(patient.follows(clinician), guest.follows(clinician))

        await guest.do(CANVAS)
        await asyncio.gather(*(shows(who, CANVAS_WIDTH) for who in (clinician, patient)))
        await patient.do(SCREEN)  # the last to begin is shown
        await asyncio.gather(*(shows(who, SCREEN_WIDTH) for who in (clinician, guest)))
        await patient.do("media.share(null)")
        await asyncio.gather(*(shows(who, CANVAS_WIDTH) for who in (clinician, patient)))

        await guest.leave()
        await asyncio.gather(clinician.follows(patient), patient.follows(clinician))
        await quality_comes(clinician, patient)

    call(THREE, scene)


async def shows(viewer: Person, width: int) -> None:
    """Waits for moving pictures of a screen of this width."""
    await viewer.until("f.from.screen?.width === k", width)
    before = (await viewer.look())["from"]["screen"]
    await viewer.until("f.from.screen.width === k.width && f.from.screen.frames > k.frames + 5", before)


async def quality_comes(clinician: Person, patient: Person) -> None:
    """Everybody's to the clinician, to others their own."""
    await clinician.until("f.quality.map(q => q.seat).sort().join() === 'clinician,patient'")
    await patient.until("f.quality.map(q => q.seat).join() === 'patient'")
    await clinician.until("f.quality.every(q => q.up_kbps > 20 && q.down_kbps > 20 && q.width > 0 && q.rtt_ms < 1000)")


def test_six_people_see_and_hear_each_other() -> None:
    async def scene(calls: Calls, *everybody: Person) -> None:
        await enter(*everybody)
        await asyncio.gather(*(who.follows(*(x for x in everybody if x is not who)) for who in everybody))
        assert accounts_for_all(calls)

    call(tuple(Seat), scene)


def test_a_sender_without_layers_sends_what_its_receiver_wants() -> None:
    async def scene(calls: Calls, clinician: Person, patient: Person) -> None:
        # What is estimated grows with what is sent: of a small picture it may stay where a busy start left it.
        await enter(clinician, patient, video=LARGE, simulcast=False)
        await patient.follows(clinician)
        await clinician.until("f.available > 400_000")
        await patient.do("media.wire.channel.want('low')")
        await clinician.until("f.available < 250_000")
        await patient.follows(clinician)
        await patient.do("media.wire.channel.want('all')")
        await clinician.until("f.available > 400_000")
        await patient.follows(clinician)

    call(TWO, scene)


def test_lost_packets_are_sent_again_both_ways() -> None:
    async def scene(calls: Calls, clinician: Person, patient: Person) -> None:
        plane = calls.port.plane
        take, give = plane._datagram, plane.send
        counts: Counter[tuple[str, bytes]] = Counter()

        def lost(way: str, data: bytes) -> bool:
            """Every tenth of each stream: one count for all could fall in step with what comes, and spare a stream."""
            if not 128 <= data[0] <= 191 or 192 <= data[1] <= 223:
                return False  # not media
            stream = way, bytes(data[8:12])
            counts[stream] += 1
            return counts[stream] % 10 == 0

        plane._datagram = lambda sock, data, *more: None if lost("in", data) else take(sock, data, *more)
        plane.send = lambda sock, data, address: None if lost("out", data) else give(sock, data, address)
        await enter(clinician, patient)
        for viewer, sender in ((clinician, patient), (patient, clinician)):
            await viewer.until("f.from[k]?.mended > 5", sender.seat)
            await sender.until("Object.values(f.sent).some(layer => layer.again > 5)")
            await viewer.follows(sender)

    call(TWO, scene, "python")
