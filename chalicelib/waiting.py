"""Those who wait are told what concerns them of others: their place, whether the clinician is busy, how late she is."""

from collections.abc import Callable, Iterable
from typing import Final

from chalicelib.consultations import TRIES
from chalicelib.lifecycle import FINAL, State
from chalicelib.protocol import Delayed
from chalicelib.queues import WAITING, Queue, Queues, Standing
from chalicelib.records import Consultation, Delay
from chalicelib.sockets import Sockets
from chalicelib.store import Put, Store

# In these states a consultation is in the way of others, or is itself one of those that wait.
IN_THE_QUEUE: Final = WAITING | {State.IN_CALL}
KEEP_SECONDS: Final = 3 * 86400


class Waiting:
    """Each telling reads the day once for all, and then looks once more whether it still holds.

    Two that change the same queue at once may each tell what the other has made untrue: no version orders places. So
    whoever told last looks last, and tells again where it differs.
    """

    def __init__(self, store: Store, sockets: Sockets, queues: Queues, now: Callable[[], float]) -> None:
        self._store = store
        self._sockets = sockets
        self._queues = queues
        self._now = now

    def changed(self, after: Consultation, before: Consultation | None) -> None:
        """A consultation changed; it is new when ``before`` is None. Whoever it is about is told, and who waits too."""
        if before is None or not _matters(after, before):
            self._sockets.tell(after)
            return
        queue = self._queues.of(after.trust, after.staff, after.day, after)
        standing = queue.standing(after)
        self._sockets.tell(after, standing)
        self._tell_all(queue, lambda: self._queues.of(after.trust, after.staff, after.day, after), {after.id: standing})
        if (before.staff, before.day) != (after.staff, after.day):
            self.tell_all(before.trust, before.staff, before.day)

    def tell(self, consultation: Consultation) -> None:
        """Tell one patient how it stands, who may have missed it."""
        if consultation.state not in WAITING:
            self._sockets.tell_patient(consultation)
            return
        told: dict[str, Standing] = {}
        for _ in range(TRIES):
            queue = self._queues.of(consultation.trust, consultation.staff, consultation.day, consultation)
            if not self._tell([consultation], queue, told):
                return

    def tell_all(self, trust: str, staff: str, day: str) -> None:
        """Tell everybody who waits for a clinician on a day."""
        self._tell_all(self._queues.of(trust, staff, day), lambda: self._queues.of(trust, staff, day), {})

    def delay(self, trust: str, staff: str, day: str, minutes: int) -> None:
        """A clinician says how late she is: her pages and all patients of the day whose page is open are told."""
        expires = int(self._now()) + KEEP_SECONDS
        self._store.write([Put(Delay(trust=trust, staff=staff, day=day, minutes=minutes, expires=expires))])
        told: dict[str, Standing] = {}
        said: int | None = None
        for _ in range(TRIES):
            queue = self._queues.of(trust, staff, day)
            if queue.delay_minutes == said:
                return
            said = queue.delay_minutes
            self._sockets.to_watchers(trust, staff, Delayed(day=day, clinician=staff, minutes=said))
            self._tell((c for c in queue.day if c.state not in FINAL), queue, told)

    def _tell_all(self, queue: Queue, look: Callable[[], Queue], told: dict[str, Standing]) -> None:
        for _ in range(TRIES):
            waiting = [c for c in queue.day if c.state is State.CHECKED_IN]
            if not self._tell(waiting, queue, told):
                return
            queue = look()

    def _tell(self, whom: Iterable[Consultation], queue: Queue, told: dict[str, Standing]) -> bool:
        """Tell those whose standing is another than ``told``, and note it there; False when there were none."""
        new = {c.id: c for c in whom if told.get(c.id) != queue.standing(c)}
        for consultation in new.values():
            standing = told[consultation.id] = queue.standing(consultation)
            self._sockets.tell_visitors(consultation, standing)
        return bool(new)


def _matters(after: Consultation, before: Consultation) -> bool:
    """Whether a change can be one for others who wait."""
    if not {before.state, after.state} & IN_THE_QUEUE:
        return False
    return any(getattr(before, part) != getattr(after, part) for part in ("state", "staff", "day", "starts"))
