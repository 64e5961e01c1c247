"""One measurement: a relay under one load, for some seconds, and what it cost; with every frame accounted for."""

import asyncio
import time
from collections.abc import Awaitable, Iterable
from typing import Final, Protocol

import msgspec
from av.error import FFmpegError

from bench.relay import media
from bench.relay.child import cpu_seconds, resident_bytes
from bench.relay.client import Client
from bench.relay.client import Relay as Joinable
from bench.relay.engine import PICTURE, SOUND, Engine, Figures

AT_ONCE: Final = 20
"""Connections being made at the same time."""
WARM_SECONDS: Final = 2.0
"""At least; then until everything comes through."""
LOOK_SECONDS: Final = 0.5
ENOUGH_TO_FLOW: Final = 8
"""Frames of every stream between two looks."""
LONGEST_WARM_SECONDS: Final = 45.0
"""This relay gives a receiver one more big picture after the other, a few seconds each, as long as there is room."""
DRAIN_SECONDS: Final = 3.0
"""At most, for what is under way; a packet may have to be sent again."""
ENOUGH_TO_DECODE: Final = {SOUND: 50, PICTURE: 30}
MOST_TO_DECODE: Final = 90
KIND_NAMES: Final = {SOUND: "sound", PICTURE: "picture"}


class Relay(Joinable, Protocol):
    """A relay that is started for one measurement."""

    async def start(self) -> None:
        """May raise what says that it is not to be had here."""
        ...

    async def stop(self) -> None:
        """End its processes."""
        ...

    @property
    def media_pid(self) -> int:
        """Whose CPU time and memory count."""
        ...


class Load(msgspec.Struct, frozen=True):
    """``senders`` of the ``people`` in each of so many calls send; everybody receives everybody who does."""

    name: str
    calls: int
    people: int
    senders: int

    @property
    def streams(self) -> int:
        """Sound and picture of one person to one person."""
        return self.calls * self.senders * (self.people - 1)


class Measurement(msgspec.Struct, frozen=True):
    """What one run showed.

    ``cpu_ms``: of the relay's process a second and forwarded stream; ``memory``: resident bytes a call, beyond those at
    rest; ``late``: share of the load's own wake-ups that came late; ``load_share``: of its core that the load took.
    """

    cpu_ms: float
    packets_per_core_second: float
    latency_p50_us: float
    latency_p99_us: float
    memory: float
    frames_due: int
    frames_complete: int
    pictures_decoded: int
    late: float
    load_share: float
    cipher: str
    faults: list[str]


async def measure(relay: Relay, load: Load, seconds: float, address: str, *, foreign: bool = False) -> Measurement:
    """``foreign``: the relay encodes anew, so frames are counted and decoded, not compared."""
    engine = Engine()
    try:
        await relay.start()
        at_rest = resident_bytes(relay.media_pid)
        clients = people(engine, load, address)
        try:
            await _connect(relay, clients, load)
            await _warm(clients)
            engine.mark()
            began, cpu_began, own_began = time.monotonic(), cpu_seconds(relay.media_pid), time.process_time()
            await asyncio.sleep(seconds)
            cpu, took = cpu_seconds(relay.media_pid) - cpu_began, time.monotonic() - began
            packets, own = engine.totals().received, time.process_time() - own_began
            engine.end()
            await _drain(clients)
            totals = engine.totals()
            figures = [(client, key, f) for client in clients for key, f in client.figures().items()]
            decoded, faults = _decode(clients)
            if not foreign:
                faults = _faults(figures) + faults
            return Measurement(
                cpu_ms=cpu / took / load.streams * 1000,
                packets_per_core_second=packets / max(cpu, 0.01),
                latency_p50_us=engine.latency_us(0.50),
                latency_p99_us=engine.latency_us(0.99),
                memory=(resident_bytes(relay.media_pid) - at_rest) / load.calls,
                frames_due=sum(f.due for *_, f in figures),
                frames_complete=sum(f.complete for *_, f in figures),
                pictures_decoded=decoded,
                late=totals.late / max(totals.ticks, 1),
                load_share=own / took,
                cipher=next(client.wires[0].cipher for client in clients if client.wires),
                faults=faults,
            )
        finally:
            await _each(client.close() for client in clients)
    finally:
        await relay.stop()
        engine.close()


def people(engine: Engine, load: Load, address: str) -> list[Client]:
    """Everybody, their frames spread over a frame's time; what the last one of the first and last call gets is kept."""
    count = load.calls * load.people
    return [
        Client(
            engine,
            call,
            seat,
            load.people,
            sends=seat < load.senders,
            phase=(call * load.people + seat) / count,
            address=address,
            tape=seat == load.people - 1 and call in (0, load.calls - 1),
        )
        for call in range(load.calls)
        for seat in range(load.people)
    ]


async def _connect(relay: Relay, clients: list[Client], load: Load) -> None:
    await _each(client.connect(relay) for client in clients)
    calls = [clients[first : first + load.people] for first in range(0, len(clients), load.people)]
    await _each(client.watch(relay, call) for call in calls for client in call)
    for client in clients:
        client.start()


async def _warm(clients: list[Client]) -> None:
    """Until every stream flows: some relays try whether a picture has room before they settle on it."""
    await asyncio.sleep(WARM_SECONDS - 2 * LOOK_SECONDS)
    before: list[int] = []
    for _ in range(int(LONGEST_WARM_SECONDS / LOOK_SECONDS)):
        await asyncio.sleep(LOOK_SECONDS)
        now = [f.complete for client in clients for f in client.figures().values()]
        if before and all(b - a >= ENOUGH_TO_FLOW for a, b in zip(before, now, strict=True)):
            return  # what does not flow even then shows in the frames
        before = now


async def _drain(clients: list[Client]) -> None:
    for _ in range(int(DRAIN_SECONDS / LOOK_SECONDS)):
        await asyncio.sleep(LOOK_SECONDS)
        if all(f.complete >= f.due for client in clients for f in client.figures().values()):
            return


async def _each(tasks: Iterable[Awaitable[None]]) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(task: Awaitable[None]) -> None:
        async with room:
            await task

    await asyncio.gather(*(one(task) for task in tasks))


def _faults(figures: list[tuple[Client, tuple[int, int], Figures]]) -> list[str]:
    found = []
    for client, (seat, kind), f in figures:
        if f.due == 0 or f.complete < f.due or f.altered or f.bent:
            found.append(
                f"call {client.call}, {seat} to {client.seat}, {KIND_NAMES[kind]}: {f.complete} of {f.due} frames, "
                f"{f.altered} packets altered, {f.bent} numbered wrong"
            )
    return found


def _decode(clients: list[Client]) -> tuple[int, list[str]]:
    """How many pictures a decoder showed, and what was wrong."""
    shown, faults = 0, []
    for client in clients:
        for seat, kind in client.incoming if client.keeps else ():
            frames = client.tape(seat, kind)[:MOST_TO_DECODE]
            try:
                count = (media.decoded_pictures if kind == PICTURE else media.decoded_sounds)(frames)
            except FFmpegError as error:
                faults.append(f"call {client.call}, {seat} to {client.seat}: {KIND_NAMES[kind]} not decodable: {error}")
                continue
            shown += count if kind == PICTURE else 0
            if count != len(frames) or count < ENOUGH_TO_DECODE[kind]:
                faults.append(
                    f"call {client.call}, {seat} to {client.seat}: {count} of {len(frames)} kept frames of "
                    f"{KIND_NAMES[kind]} decoded"
                )
    return shown, faults
