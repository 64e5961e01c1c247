"""`python -m media_worker`: one worker, until SIGTERM and the last call's end, or SIGINT."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable

from chalicelib.protocol import FromWorker
from media_worker.link import Link
from media_worker.log import quiet, say, unforeseen
from media_worker.probe import Probes
from media_worker.room import Room, Timing
from media_worker.settings import Misconfigured, Settings
from media_worker.worker import Worker


async def serve(settings: Settings) -> None:
    """Work until drained. SIGTERM lets the calls go on for a while, SIGINT ends them at once."""
    timing = Timing(settings.connect_seconds, settings.empty_seconds)
    probes = Probes(settings.endpoint, settings.probes)

    def make_worker(send: Callable[[FromWorker], None]) -> Worker:
        # The functions count a place as free before we have heard that its call is over.
        most = 2 * settings.capacity
        return Worker(lambda on_empty: Room(settings.endpoint, on_empty, timing), probes, send, most)

    link = Link(settings, make_worker)
    running = asyncio.create_task(link.run())
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: unforeseen(context))
    loop.add_signal_handler(signal.SIGTERM, link.drain)
    loop.add_signal_handler(signal.SIGINT, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await probes.close()
    say("stopped")


def main() -> int:
    """Exit code 2 and one line when the environment is wrong."""
    try:
        settings = Settings.load()
    except Misconfigured as error:
        sys.stderr.write(f"{error}\n")
        return 2
    quiet()
    try:
        import uvloop

        uvloop.run(serve(settings))
    except ImportError:
        asyncio.run(serve(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
