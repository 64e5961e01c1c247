"""On whose behalf something is done, across page, functions and worker: one random id for each load of a page.

It is W3C Trace Context (https://www.w3.org/TR/trace-context/), made in the page, and names nobody.
"""

import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

HEADER: Final = "traceparent"
_FORM: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class Part(NamedTuple):
    """Something that was waited for meanwhile: its name, from and until when (seconds since 1970)."""

    name: str
    begun: float
    ended: float


class Trace:
    """What one invocation does, and on whose behalf."""

    def __init__(self) -> None:
        self.came = ""
        """The `traceparent` as it came; empty when nobody said."""
        self.segment = secrets.token_hex(8)
        self.begun = time.time()
        self.parts: list[Part] = []
        self.said: dict[str, str | int] = {}
        """The last log line of it."""

    @property
    def id(self) -> str:
        """32 hexadecimal digits, or an empty text."""
        return id_of(self.came)


_present: ContextVar[Trace] = ContextVar("trace")


@contextmanager
def invocation(over: Callable[[Trace], None]) -> Iterator[Trace]:
    """Begin anew, on nobody's behalf yet; ``over`` is given the trace in the end, whatever happens."""
    trace = Trace()
    token = _present.set(trace)
    try:
        yield trace
    finally:
        _present.reset(token)
        over(trace)


def present() -> Trace:
    """The present invocation's; another each time outside of any."""
    return _present.get(None) or Trace()


def valid(said: str) -> str:
    """A `traceparent` as it came, or an empty text when it is none: nobody is refused for it."""
    return said if _FORM.fullmatch(said) else ""


def follow(said: str) -> None:
    """Do the rest on behalf of what a `traceparent` says; anything else is passed over."""
    if valid(said):
        present().came = said


def onward() -> str:
    """The `traceparent` for whoever is asked next; empty when this is on nobody's behalf."""
    trace = present()
    return f"00-{trace.id}-{trace.segment}-01" if trace.came else ""


def id_of(said: str) -> str:
    """The id within a valid `traceparent`, or an empty text."""
    return said[3:35]


class Timed:
    """Something whose methods are parts of the trace, each call by the name given."""

    def __init__(self, name: str, of: Any) -> None:
        self._name = name
        self._of = of

    def __getattr__(self, method: str) -> Any:
        """The method, timed."""
        does = getattr(self._of, method)
        if not callable(does):
            return does

        def timed(*given: Any, **named: Any) -> Any:
            begun = time.time()
            try:
                return does(*given, **named)
            finally:
                present().parts.append(Part(self._name, begun, time.time()))

        return timed
