"""How long pages say that things took: getting into a call, the first picture, coming back after a fault."""

from collections.abc import Callable

from chalicelib import trace, xray
from chalicelib.consultations import ONCE_SECONDS
from chalicelib.counted import passed
from chalicelib.errors import Overtaken
from chalicelib.metrics import Metric, measure
from chalicelib.protocol import Seat, Timed, Timing
from chalicelib.records import Consultation, Once
from chalicelib.store import Create, Refused, Store


class Timings:
    """A page's word counts once for each seat and call, of a recovery once a minute: nobody can bend the figures."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now

    def note(self, consultation: Consultation, seat: Seat, said: Timed) -> None:
        """Count what a page says, unless it was counted before. Raises Overtaken when it is of no call of this one."""
        c = consultation
        if not c.begun <= said.call <= c.call or not c.begun:
            raise Overtaken
        now = self._now()
        name = f"timed#{c.trust}.{c.id}.{c.begun}#{seat}#{said.what}"
        if said.what is Timing.RECOVERY:
            name += f"#{int(now) // 60}"
        try:
            self._store.write([Create(Once(name=name, expires=int(now) + ONCE_SECONDS))])
        except Refused:
            return
        if said.what is Timing.RECOVERY:
            measure({Metric.RECOVERY: said.milliseconds}, c.trust)
        elif said.what is Timing.FIRST_PICTURE:
            measure({Metric.FIRST_PICTURE: said.milliseconds}, c.trust)
        elif seat is Seat.PATIENT and passed(c):
            measure({Metric.JOINS_SUCCEEDED: 1}, c.trust)
        xray.told("page", trace.present().came, said.milliseconds, now, said.what)
