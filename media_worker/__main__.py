"""`python -m media_worker`: one worker, until SIGTERM and the last call's end, or SIGINT."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from chalicelib.protocol import FromWorker
from media_worker.health import beat
from media_worker.link import Link
from media_worker.load import Load
from media_worker.log import quiet, say, unforeseen
from media_worker.port import Endpoint, Port
from media_worker.probe import Probes
from media_worker.protection import Protection
from media_worker.room import Room, Timing
from media_worker.settings import Misconfigured, Settings
from media_worker.vitals import Vitals
from media_worker.worker import Worker


async def serve(settings: Settings, make_port: Callable[[Endpoint, str], Port] = Port) -> None:
    """Work until drained. SIGTERM lets the calls go on for a while, SIGINT ends them at once. Raises OSError when the
    port cannot be had."""
    timing = Timing(settings.connect_seconds, settings.empty_seconds)
    port = make_port(settings.endpoint, settings.plane)
    port.open()
    say("listening", code=port.kind)
    probes = Probes(port, settings.probes)
    load = Load()

    def make_worker(send: Callable[[FromWorker], None]) -> Worker:
        # The functions count a place as free before we have heard that its call is over.
        most = 2 * settings.capacity
        open_room = lambda on_empty: Room(port, on_empty, timing)  # noqa: E731
        busy = lambda: load.share() > settings.busy or not port.is_reachable  # noqa: E731
        return Worker(open_room, probes, send, most, busy, settings.settle_seconds)

    link = Link(settings, make_worker, seen_from=port.seen_from)
    running = asyncio.create_task(link.run())
    beside = [asyncio.create_task(beat(Path(file), lambda: link.is_well)) for file in (settings.health_file,) if file]
    if protection := Protection.of(os.environ, lambda: bool(link.worker.rooms)):
        beside.append(asyncio.create_task(protection.keep()))
    if settings.system:
        vitals = Vitals(dropped=lambda: port.dropped, lost=lambda: link.lost)
        beside.append(asyncio.create_task(vitals.tell(settings.vitals_seconds)))
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: unforeseen(context))
    loop.add_signal_handler(signal.SIGTERM, link.drain)
    loop.add_signal_handler(signal.SIGINT, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running
    for task in beside:
        task.cancel()
    await probes.close()
    port.close()
    say("stopped")


def main() -> int:
    """Exit code 2 and one line when the environment is wrong, or the port cannot be had."""
    try:
        settings = Settings.load()
    except Misconfigured as error:
        sys.stderr.write(f"{error}\n")
        return 2
    quiet()
    try:
        import uvloop

        run = uvloop.run
    except ImportError:
        run = asyncio.run
    try:
        run(serve(settings))
    except OSError:
        sys.stderr.write("The UDP port could not be opened: is it taken, is the address this machine's?\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
