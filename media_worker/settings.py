"""What a worker is told by its environment (`VENTEROM_*`)."""

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from media_worker.port import Endpoint, planes

CAPACITY: Final = {"compiled": 60, "python": 25}
"""Calls of two for each plane: half of what was measured to fit into 60 % of a CPU, for what the measurement left out
(transport-cc, browsers' moods, slower CPUs). Larger calls show in the load, which refuses too."""


class Misconfigured(Exception):
    """A variable is missing or wrong; the text is one line that names it and holds no value."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One field per variable ``VENTEROM_<FIELD>``; seconds where nothing else is said."""

    socket: str
    """The WebSocket API: ``ws://`` or ``wss://``, without a query."""
    worker_key: str
    """The key shared with the functions, with which the pass is signed."""
    address: str = ""
    """The addresses to tell browsers, the preferred first, separated by commas; IPv4 and IPv6. If empty: where the
    functions see us come from, then our own IPv4 address, which the relay reaches. So on Fargate, where a task is told
    its private address only."""
    bind: str = ""
    """Our own addresses to listen on, separated by commas; those of ``address`` if empty. Behind a one-to-one NAT they
    differ."""
    port: int = 0
    """The one UDP port for all calls and network tests; any free one if 0."""
    plane: str = ""
    """``compiled`` or ``python``; the fastest there is if empty."""
    worker_id: str = ""
    """A name in the list of workers, letters, digits, ``-`` and ``_``; random if empty."""
    capacity: int = 0
    """Calls at once; what its plane carries if 0 (docs/performance.md)."""
    probes: int = 10
    """Network tests at once."""
    connect_seconds: float = 30.0
    """A browser that has not connected in this time is given up."""
    empty_seconds: float = 120.0
    """A room without anybody for so long is over."""
    drain_seconds: float = 110.0
    """After SIGTERM calls may go on for so long; a task on Fargate gets at most 120 s."""
    settle_seconds: float = 20.0
    """A call that has moved to another worker stays for so long at most, for whoever is not settled there."""
    busy: float = 0.75
    """The share of one CPU from which on no new call is taken: everything here runs on one."""
    health_file: str = ""
    """Touched while all is well; see `health`."""
    system: str = ""
    """Of which deployment its metrics are (`vitals`); nothing is measured if empty."""
    vitals_seconds: float = 60.0
    """From one line of them to the next."""

    @property
    def endpoint(self) -> Endpoint:
        """Where browsers are to find this worker."""
        return Endpoint(_listed(self.address), _listed(self.bind), self.port)

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises Misconfigured."""
        prefix = "VENTEROM_"
        given = {name.removeprefix(prefix).lower(): value for name, value in environment.items()}
        known = {name: value for name, value in given.items() if name in cls.__struct_fields__ and value != ""}
        for name in ("socket", "worker_key"):
            if name not in known:
                raise Misconfigured(f"{prefix}{name.upper()} is not set.")
        try:
            settings = msgspec.convert(known, cls, strict=False)
        except msgspec.ValidationError as error:
            raise Misconfigured(f"{prefix}{_name(error)} is not what it should be.") from None
        return settings._checked()

    def _checked(self) -> "Settings":
        if urlsplit(self.socket).scheme not in ("ws", "wss") or urlsplit(self.socket).query:
            raise Misconfigured("VENTEROM_SOCKET must be a ws:// or wss:// address without a query.")
        for name, value in (("ADDRESS", self.address), ("BIND", self.bind)):
            try:
                for address in _listed(value):
                    ipaddress.ip_address(address)
            except ValueError:
                raise Misconfigured(f"VENTEROM_{name} must be IP addresses, separated by commas.") from None
        if bool(self.address) != bool(_listed(self.address)):
            raise Misconfigured("VENTEROM_ADDRESS must be IP addresses, separated by commas.")
        if not (self.port == 0 or 1024 <= self.port <= 65_535):
            raise Misconfigured("VENTEROM_PORT must be a UDP port from 1024 to 65535, or 0 for any.")
        if self.plane not in ("", *planes()):
            raise Misconfigured(f"VENTEROM_PLANE must be one of: {', '.join(planes())}.")
        worker_id = self.worker_id or f"w-{secrets.token_hex(8)}"
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", worker_id):
            raise Misconfigured("VENTEROM_WORKER_ID may hold up to 64 letters, digits, - and _.")
        if self.capacity < 0:
            raise Misconfigured("VENTEROM_CAPACITY must be at least 1, or 0 for what was measured.")
        capacity = self.capacity or CAPACITY[self.plane or next(iter(planes()))]
        return msgspec.structs.replace(self, worker_id=worker_id, capacity=capacity)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _name(error: msgspec.ValidationError) -> str:
    found = re.search(r"\$\.(\w+)", str(error))
    return found.group(1).upper() if found else "*"
