"""Our relay as a program, `python -m bench.loss.worker <address>`: a request a line in, an answer a line out."""

import asyncio
import json
import sys

from chalicelib.protocol import Seat
from media_worker.log import quiet
from media_worker.port import Endpoint
from tests.media.peers import Calls


async def serve(address: str) -> None:
    """Until the input ends."""
    loop = asyncio.get_running_loop()
    requests = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(requests), sys.stdin.buffer)
    calls: Calls | None = None
    while line := await requests.readline():
        request, answer = json.loads(line), {}
        if calls is None or request["do"] == "call":
            if calls is not None:
                await calls.close()
            calls = Calls(endpoint=Endpoint((address,)))
        if request["do"] == "answer":
            answer["sdp"] = await calls.answer(Seat(request["seat"]), 1, request["sdp"])
        print(json.dumps(answer), flush=True)
    if calls is not None:
        await calls.close()


if __name__ == "__main__":
    quiet()
    try:
        import uvloop
    except ImportError:
        asyncio.run(serve(sys.argv[1]))
    else:
        uvloop.run(serve(sys.argv[1]))
