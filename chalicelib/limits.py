"""How often something may be tried: counters in the table, each for a while, by keyed hashes of who is counted.

A limit holds up who reaches it and, as far as can be, nobody else. Who has a link is counted by the link or by what it
opens; a stranger cannot use up what they do not have. Addresses are shared, by a hospital or by all phones of a
carrier, so they are allowed much, and a link that is right opens from any of them. A trust's own limits bound what
an attack from everywhere can cost.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from chalicelib.errors import TooManyAttempts
from chalicelib.rings import Ring
from chalicelib.store import Store


class Limit(msgspec.Struct, frozen=True):
    """At most so many of something within a window of so many seconds."""

    name: str
    most: int
    seconds: int


MINUTE: Final = 60
DAY: Final = 86400

WRONG_LINKS: Final = Limit("wrong_link", 20, 5 * MINUTE)
"""By address."""
OPENINGS: Final = Limit("opening", 60, 15 * MINUTE)
"""By link."""
ARRIVALS: Final = Limit("arrival", 20, 5 * MINUTE)
"""By address."""
TRUST_ARRIVALS: Final = Limit("trust_arrival", 300, 5 * MINUTE)
LOGINS: Final = Limit("login", 20, 15 * MINUTE)
"""By what a link opens."""
ADDRESS_LOGINS: Final = Limit("address_login", 300, 15 * MINUTE)
STAFF_LOGINS: Final = Limit("staff_login", 3000, 15 * MINUTE)
"""By address: all of a hospital may begin its day behind one."""
TICKETS: Final = Limit("ticket", 300, 15 * MINUTE)
"""By session; a page whose sockets all come to nothing asks for fewer (docs/decisions, 27)."""
CODES: Final = Limit("code", 3, 15 * MINUTE)
"""By the number that they are sent to, as are a day's: who has a link must not make us send SMS without end."""
DAY_CODES: Final = Limit("day_code", 10, DAY)
ADDRESS_CODES: Final = Limit("address_code", 30, 15 * MINUTE)
TRUST_CODES: Final = Limit("trust_code", 300, 15 * MINUTE)
CHECKS: Final = Limit("check", 20, 15 * MINUTE)
"""By what a link opens; each code has its own, smaller number of tries."""


class Limits:
    """Counts, and says for how long it is enough."""

    def __init__(self, store: Store, pepper: Callable[[], Ring], now: Callable[[], float]) -> None:
        self._store = store
        self._pepper = pepper
        self._now = now

    def count(self, limit: Limit, *who: str) -> None:
        """Count once more. Raises TooManyAttempts, with the seconds to wait, beyond the limit."""
        window, gone = divmod(int(self._now()), limit.seconds)
        name = f"{limit.name}#{self._pepper().hash(limit.name, *who)}#{window}"
        if self._store.count(name, (window + 2) * limit.seconds) > limit.most:
            raise TooManyAttempts(limit.seconds - gone)
