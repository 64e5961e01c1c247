"""What a worker is told by its environment (`VENTEROM_*`)."""

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from media_worker.forward import ANY_PORT, Endpoint


class Misconfigured(Exception):
    """A variable is missing or wrong; the text is one line that names it and holds no value."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """One field per variable ``VENTEROM_<FIELD>``; seconds where nothing else is said."""

    socket: str
    """The WebSocket API: ``ws://`` or ``wss://``, without a query."""
    worker_key: str
    """The key shared with the functions, with which the pass is signed."""
    address: str
    """The address to bind and to tell browsers."""
    ports: str = ""
    """The UDP ports it may take, ``first-last``; any free ones if empty. One a participant and network test, two while
    a connection moves."""
    worker_id: str = ""
    """A name in the list of workers, letters, digits, ``-`` and ``_``; random if empty."""
    capacity: int = 20
    """Calls at once."""
    probes: int = 10
    """Network tests at once."""
    connect_seconds: float = 30.0
    """A browser that has not connected in this time is given up."""
    empty_seconds: float = 120.0
    """A room without anybody for so long is over."""
    drain_seconds: float = 110.0
    """After SIGTERM calls may go on for so long; a task on Fargate gets at most 120 s."""

    @property
    def endpoint(self) -> Endpoint:
        """Where browsers are to find this worker."""
        return Endpoint(self.address, _ports(self.ports))

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Raises Misconfigured."""
        prefix = "VENTEROM_"
        given = {name.removeprefix(prefix).lower(): value for name, value in environment.items()}
        known = {name: value for name, value in given.items() if name in cls.__struct_fields__ and value != ""}
        for name in ("socket", "worker_key", "address"):
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
        try:
            ipaddress.ip_address(self.address)
        except ValueError:
            raise Misconfigured("VENTEROM_ADDRESS must be an IP address.") from None
        if not _ports(self.ports):
            raise Misconfigured("VENTEROM_PORTS must be first-last, UDP ports from 1024 to 65535.")
        worker_id = self.worker_id or f"w-{secrets.token_hex(8)}"
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", worker_id):
            raise Misconfigured("VENTEROM_WORKER_ID may hold up to 64 letters, digits, - and _.")
        if self.capacity < 1:
            raise Misconfigured("VENTEROM_CAPACITY must be at least 1.")
        return msgspec.structs.replace(self, worker_id=worker_id)


def _ports(text: str) -> range:
    """An empty range for what is not one."""
    if text == "":
        return ANY_PORT
    found = re.fullmatch(r"(\d{1,5})-(\d{1,5})", text, re.ASCII)
    first, last = (int(found[1]), int(found[2])) if found else (0, 0)
    return range(first, last + 1) if first >= 1024 and last <= 65_535 else range(0)


def _name(error: msgspec.ValidationError) -> str:
    found = re.search(r"\$\.(\w+)", str(error))
    return found.group(1).upper() if found else "*"
