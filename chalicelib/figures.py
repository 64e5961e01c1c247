"""Figures of how calls went, by trust and day, for dashboards: sums of nobody in particular."""

from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec

from chalicelib.consultations import ONCE_SECONDS, Consultations
from chalicelib.errors import Overtaken
from chalicelib.metrics import Metric, measure
from chalicelib.protocol import Room, RoomQuality
from chalicelib.records import DayFigures, Once
from chalicelib.register import Register
from chalicelib.store import Create, Refused, Replace, Store

# All calls of a trust meet in one row a day; of those that end in the same moment one a round gets through.
TRIES: Final = 20


class Figures:
    """Adds up what the workers say of each room when it closes."""

    def __init__(
        self, store: Store, consultations: Consultations, register: Register, now: Callable[[], float]
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._register = register
        self._now = now

    def count(self, worker: str, said: RoomQuality) -> bool:
        """Add a room to its trust's present day, once; False when it was counted before or was never this worker's.

        The day is the trust's own, by its time zone. Raises NotFound; Overtaken when others were
        faster again and again.
        """
        room = Room.parse(said.room)
        present = self._consultations.find(room.trust, room.consultation)
        # Of an earlier call nobody knows any more who carried it.
        if room.call > present.call or (room.call == present.call and present.worker != worker):
            return False
        now = self._now()
        day = self._register.day_of(room.trust, now)
        once = Once(name=f"quality#{said.room}", expires=int(now) + ONCE_SECONDS)
        for _ in range(TRIES):
            before = self.day(room.trust, day)
            after = _with(before, said)
            change = Replace(after, expected=before.version) if before.version else Create(after)
            try:
                self._store.write([Create(once), change])
            except Refused as refused:
                if 0 in refused.failed:
                    return False
                continue  # another room was counted meanwhile: read, and add again
            measure({Metric.TALK: said.good + said.fair + said.poor, Metric.TRAFFIC: said.megabytes}, room.trust)
            return True
        raise Overtaken

    def day(self, trust: str, day: str) -> DayFigures:
        """A trust's figures of one day (``YYYY-MM-DD``); zeros where there were no calls."""
        none = DayFigures(trust=trust, day=day)
        return self._store.get(DayFigures, none.key()) or none


def _with(before: DayFigures, said: RoomQuality) -> DayFigures:
    seconds = said.good + said.fair + said.poor
    return msgspec.structs.replace(
        before,
        version=before.version + 1,
        calls=before.calls + 1,
        participants=before.participants + said.participants,
        good=before.good + said.good,
        fair=before.fair + said.fair,
        poor=before.poor + said.poor,
        causes=dict(Counter(before.causes) + Counter(said.causes)),
        rtt_weighted=before.rtt_weighted + said.rtt_ms * seconds,
        loss_weighted=before.loss_weighted + said.loss * seconds,
        megabytes=before.megabytes + said.megabytes,
        freezes=before.freezes + said.freezes,
    )
