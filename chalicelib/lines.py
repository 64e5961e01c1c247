"""The queue for a line: who wants to call while all places on the workers are taken, and whose turn it is."""

from collections.abc import Callable

from chalicelib import probing
from chalicelib.consultations import Consultations
from chalicelib.errors import NotFound, NoWorker
from chalicelib.lifecycle import WITH_CALL, State
from chalicelib.metrics import Metric, measure
from chalicelib.placing import Placing
from chalicelib.protocol import Queued, Seat
from chalicelib.records import Consultation, Wanted
from chalicelib.rights import Actor
from chalicelib.settings import Settings
from chalicelib.sockets import Sockets
from chalicelib.store import Delete, Put, Store


class Lines:
    """First come, first served, as long as who came first still asks: a wish is kept for seconds after the last `call`.

    A call that moves waits for nobody: who talks goes before who wants to.
    """

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        sockets: Sockets,
        placing: Placing,
        hurry: Callable[[], None],
        settings: Settings,
        now: Callable[[], float],
    ) -> None:
        """``hurry``: somebody waits for a line; never fails."""
        self._store = store
        self._consultations = consultations
        self._sockets = sockets
        self._placing = placing
        self._hurry = hurry
        self._settings = settings
        self._now = now

    def call(self, by: Actor, consultation: Consultation) -> Consultation | Queued:
        """Let the clinician call, or say which place in the queue is hers. Raises as Consultations.happen."""
        if consultation.state in WITH_CALL:
            return consultation
        kept = self._store.query(Wanted, Wanted.PARTITION, "T#")
        mine = self._wanted(consultation, int(self._now() * 1000))
        mine = next((wanted for wanted in kept if wanted.key() == mine.key()), mine)
        before = [wanted for wanted in kept if (wanted.since, wanted.key()) < (mine.since, mine.key())]
        if not before or self._is_enough_for(before):
            try:
                called = self._placing.reserve(by, consultation)
            except NoWorker:
                pass  # filled up in the same moment, or there is none: perhaps one is being started
            else:
                if mine in kept:
                    self.give_up(called)
                return called
        queued = Queued(consultation=consultation.id, place=len(before) + 1)
        if consultation.trust == probing.TRUST:
            return queued  # nobody waits there: it holds up no one, and no worker is started for it
        self._store.write([Put(self._wanted(consultation, mine.since))])
        self._hurry()
        if mine not in kept:
            measure({Metric.NO_LINE: 1})
        return queued

    def waited_for(self) -> int:
        """How many ask for a line now and have none."""
        return len(self._store.query(Wanted, Wanted.PARTITION, "T#"))

    def give_up(self, consultation: Consultation) -> None:
        """Nobody wants a line for this any more."""
        self._store.write([Delete(self._wanted(consultation, 0).key())])

    def _wanted(self, consultation: Consultation, since: int) -> Wanted:
        expires = int(self._now()) + self._settings.line_seconds
        return Wanted(trust=consultation.trust, consultation=consultation.id, since=since, expires=expires)

    def _is_enough_for(self, before: list[Wanted]) -> bool:
        """Whether places would be left over if all of them had one. Each is looked at only when it matters."""
        free = self._placing.free()
        return free > len(before) or (free > 0 and free > sum(map(self._is_wanted, before)))

    def _is_wanted(self, wanted: Wanted) -> bool:
        """Whether somebody sits there to call a patient who waits: nobody is held up by who has gone."""
        try:
            consultation = self._consultations.find(wanted.trust, wanted.consultation)
        except NotFound:
            return False
        clinician = self._sockets.seat(wanted.trust, wanted.consultation, Seat.CLINICIAN)
        return consultation.state is State.CHECKED_IN and clinician is not None
