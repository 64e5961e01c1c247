"""A TCP connection from a port on one host's loopback to the same port on another host's, over the wire between them.

So a page keeps the origin that it has in `make run`, 127.0.0.1, which browsers trust as they trust HTTPS, while its
requests and its socket meet everything that the wire does.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence

from tests.nets.wires import Host

LOOPBACK = "127.0.0.1"
PIECE = 65_536


class Forward:
    """The connections that are carried."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.open: set[asyncio.StreamWriter] = set()

    def drop(self) -> None:
        """Break all there are, as a gateway that restarts; new ones get through."""
        asyncio.run_coroutine_threadsafe(self._drop(), self._loop).result()

    async def _drop(self) -> None:
        for writer in self.open:
            writer.transport.abort()


@contextlib.contextmanager
def forwarded(near: Sequence[Host], far: Host, ports: Sequence[int]) -> Iterator[Forward]:
    """Until the block ends, these ports on each ``near``'s loopback lead to those on ``far``'s."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        forward = Forward(loop)
        asyncio.run_coroutine_threadsafe(_open(near, far, ports, forward), loop).result()
        yield forward
    finally:
        asyncio.run_coroutine_threadsafe(_close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _open(near: Sequence[Host], far: Host, ports: Sequence[int], forward: Forward) -> None:
    for port in ports:
        for host in near:
            await _hop((host, LOOPBACK), (host, far.address), port, forward)
        await _hop((far, far.address), (far, LOOPBACK), port, forward)


async def _close() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _hop(listen: tuple[Host, str], connect: tuple[Host, str], port: int, forward: Forward) -> None:
    with listen[0].inside():
        listener = socket.create_server((listen[1], port))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with connect[0].inside():
            onward = socket.socket()
        onward.setblocking(False)
        # Cancelled is how all of it ends, and asyncio would report it.
        with contextlib.closing(writer), contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.get_running_loop().sock_connect(onward, (connect[1], port))
            there, back = await asyncio.open_connection(sock=onward)
            forward.open |= {writer, back}
            with contextlib.closing(back):
                await asyncio.gather(_copy(reader, back), _copy(there, writer))
            forward.open -= {writer, back}

    await asyncio.start_server(serve, sock=listener)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What one side says, to the other; its end too."""
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
