"""The media workers in the list: finding them, telling how they fare, and speaking to them."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from chalicelib.errors import NoWorker
from chalicelib.placement import choose_for_probe
from chalicelib.protocol import CloseSeat, Message, OpenRoom, ProbeRelay, RelayOffer, Room, Seat
from chalicelib.push import Push
from chalicelib.records import Consultation, Worker
from chalicelib.settings import Settings
from chalicelib.store import Store
from chalicelib.trace import onward

LATE_SECONDS: Final = 2
"""How much later than promised a heartbeat may come before its worker counts as silent."""
TRACED: Final = (OpenRoom, RelayOffer, ProbeRelay)
"""They tell a worker on whose behalf."""


class Crew:
    """Changes nothing of a worker but its connection, when that turns out to be gone."""

    def __init__(self, store: Store, push: Push, settings: Settings, now: Callable[[], float]) -> None:
        self._store = store
        self._push = push
        self._settings = settings
        self._now = now

    def find(self, worker: str) -> Worker | None:
        """One of them."""
        return self._store.get(Worker, (Worker.PARTITION, f"W#{worker}"))

    def all(self) -> list[Worker]:
        """All of them, also the lost ones that still have a row."""
        return self._store.query(Worker, Worker.PARTITION, "W#")

    def is_lost(self, worker: Worker | None) -> bool:
        """Whether its lease has run out: nothing is placed there, and what it carries goes elsewhere if it can."""
        return worker is None or worker.lease <= self._now()

    def is_given_up(self, worker: Worker | None) -> bool:
        """Whether it has been lost for so long that what it carries, and nobody else can take, is over."""
        return worker is None or worker.lease + self._settings.rescue_seconds <= self._now()

    def is_silent(self, worker: Worker) -> bool:
        """Whether it has no socket, or its heartbeat is overdue: it may be back, but who knows."""
        heard = worker.lease - self._settings.lease_seconds
        return not worker.connection or self._now() > heard + self._settings.heartbeat_seconds + LATE_SECONDS

    def is_only_late(self, worker: Worker) -> bool:
        """Whether all that speaks against it is a heartbeat that did not come: it has its socket, and stays."""
        return bool(worker.connection) and not worker.draining

    def a_lease_ago(self) -> float:
        """When a worker said its last heartbeat whose lease runs out now; seconds since 1970."""
        return self._now() - self._settings.lease_seconds

    def say(self, worker: Worker, message: Message) -> bool:
        """Send to a worker; False when it has no socket. One that turns out to be gone is taken from its row.

        The socket's own row stays for `$disconnect`, which moves what the worker carries.
        """
        if isinstance(message, TRACED):
            message = msgspec.structs.replace(message, trace=onward() or message.trace)
        if worker.connection and self._push.send(worker.connection, message):
            return True
        if worker.connection:
            self._store.unplug(worker.id, worker.connection)
        return False

    def to_worker_of(self, consultation: Consultation, message: Any) -> bool:
        """Send to the worker that carries a consultation's call; False when that worker is gone."""
        worker = self.find(consultation.worker)
        return worker is not None and not self.is_given_up(worker) and self.say(worker, message)

    def close_seat(self, consultation: Consultation, seat: Seat) -> None:
        """Somebody left a call that goes on: its worker drops them."""
        self.to_worker_of(consultation, CloseSeat(room=str(room_of(consultation)), seat=seat))

    def probe(self, connection: str, probe: str, sdp: str) -> None:
        """Hand a network test to a worker. Raises NoWorker."""
        for worker in choose_for_probe(self.all(), self._now()):
            if self.say(worker, ProbeRelay(reply_to=connection, probe=probe, sdp=sdp)):
                return
        raise NoWorker


def room_of(consultation: Consultation, call: int | None = None) -> Room:
    """The full name of a consultation's present call, or of another one by its number."""
    return Room(consultation.trust, consultation.id, consultation.call if call is None else call)
