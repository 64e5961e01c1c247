"""Log lines as JSON by allow-list: event names, codes and counts; never an SDP, an address or a name."""

import logging
import sys
from collections.abc import Mapping
from typing import Any, Final

import msgspec

ALLOWED: Final = frozenset(
    {"code", "rooms", "seats", "probes", "capacity", "draining", "tries", "bytes", "milliseconds", "trace"}
)
_FOREIGN: Final = ("aiortc", "aioice", "websockets", "asyncio")


def quiet() -> None:
    """Silence the libraries: their lines hold addresses, and the socket's address holds the pass."""
    for name in _FOREIGN:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def unforeseen(context: Mapping[str, Any]) -> None:
    """The event loop's word on what nobody caught: only its kind, for messages and traces may quote anything."""
    say("unforeseen", code=type(context.get("exception")).__name__)


def say(event: str, **figures: str | float) -> None:
    """Write one line to standard error; what is not on the list is left out."""
    line = {"event": event} | {name: value for name, value in figures.items() if name in ALLOWED}
    sys.stderr.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stderr.flush()
