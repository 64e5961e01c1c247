"""What one run found: how each part of the service stands, and how long things took. Pure; of nobody."""

from enum import StrEnum

import msgspec


class Part(StrEnum):
    """What people need, in the order in which they need it."""

    PAGES = "pages"
    LOGIN = "login"
    ROOMS = "rooms"
    CALLS = "calls"


class State(StrEnum):
    """How a part stands. ``resting``: no call is due, so no worker runs and none could be tried."""

    OK = "ok"
    FAULT = "fault"
    RESTING = "resting"


class Cause(StrEnum):
    """What went wrong first, for the operators (docs/operating/alarms/probe-failed.md)."""

    NONE = ""
    PAGE = "page"
    ISSUER = "issuer"
    FUNCTIONS = "functions"
    SOCKET = "socket"
    TURNED_AWAY = "turned_away"
    """A message on the socket was answered with an error, or with nothing."""
    WORKER = "worker"
    """No place on any worker, though there should be one."""
    RELAY_UDP = "relay_udp"
    RELAY_TCP = "relay_tcp"
    RELAY_TLS = "relay_tls"
    MEDIA = "media"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One run's; times in milliseconds, by the way through TURN where there are two."""

    at: int
    """When it began, in seconds since 1970."""
    parts: dict[Part, State]
    cause: Cause = Cause.NONE
    join_ms: int = 0
    """From the patient's answer to the call until both have a line."""
    first_picture_ms: dict[str, int] = {}
    """From the same moment until the first packet of the other's picture came."""
    round_trip_ms: dict[str, int] = {}

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return State.FAULT not in self.parts.values()
