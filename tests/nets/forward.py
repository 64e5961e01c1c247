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


@contextlib.contextmanager
def forwarded(near: Host, far: Host, ports: Sequence[int]) -> Iterator[None]:
    """Until the block ends, these ports on ``near``'s loopback lead to those on ``far``'s."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(_open(near, far, ports), loop).result()
        yield
    finally:
        asyncio.run_coroutine_threadsafe(_close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _open(near: Host, far: Host, ports: Sequence[int]) -> None:
    for port in ports:
        await _hop((near, LOOPBACK), (near, far.address), port)
        await _hop((far, far.address), (far, LOOPBACK), port)


async def _close() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _hop(listen: tuple[Host, str], connect: tuple[Host, str], port: int) -> None:
    with listen[0].inside():
        listener = socket.create_server((listen[1], port))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with connect[0].inside():
            onward = socket.socket()
        onward.setblocking(False)
        with contextlib.closing(writer), contextlib.suppress(OSError):
            await asyncio.get_running_loop().sock_connect(onward, (connect[1], port))
            there, back = await asyncio.open_connection(sock=onward)
            with contextlib.closing(back):
                await asyncio.gather(_copy(reader, back), _copy(there, writer))

    await asyncio.start_server(serve, sock=listener)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What one side says, to the other; its end too."""
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
