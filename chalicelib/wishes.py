"""Who wants no SMS: a number's own word, which holds at all departments of the trust. One-time codes come all the same.

Kept as a keyed hash of the number, so that the rows tell nobody who they are about.
"""

from collections.abc import Callable

from chalicelib.records import OptedOut
from chalicelib.rings import Ring
from chalicelib.store import Delete, Put, Store


class Wishes:
    """Reads and writes what numbers want."""

    def __init__(self, store: Store, pepper: Callable[[], Ring]) -> None:
        self._store = store
        self._pepper = pepper

    def wants_sms(self, trust: str, number: str) -> bool:
        """Whether a number (E.164) takes SMS from the trust; True for no number."""
        if not number:
            return True
        newest, *older = self._rows(trust, number)
        if self._store.get(OptedOut, newest.key()):
            return False
        if not any(self._store.get(OptedOut, row.key()) for row in older):
            return True
        self._store.write([Put(newest)])  # under the key in use, so that no rotation forgets it
        return False

    def wish(self, trust: str, number: str, *, wanted: bool) -> None:
        """What the number wants from now on; wished again, it is so already."""
        newest, *older = self._rows(trust, number)
        gone = [Delete(row.key()) for row in ([newest, *older] if wanted else older)]
        self._store.write([*gone, *([] if wanted else [Put(newest)])])

    def _rows(self, trust: str, number: str) -> list[OptedOut]:
        """Where it stands by the key in use, and where it may stand by the others."""
        return [OptedOut(trust=trust, number=hashed) for hashed in self._pepper().hashes(trust, number)]
