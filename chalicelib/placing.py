"""Where a call is: giving it a place on a worker, moving it to another, and giving it up."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from chalicelib import trace
from chalicelib.calls import Calls
from chalicelib.consultations import Consultations, only_in
from chalicelib.crew import Crew, room_of
from chalicelib.errors import Conflict, NotFound, NoWorker, Overtaken
from chalicelib.guests import carried_on
from chalicelib.lifecycle import WITH_CALL, Event
from chalicelib.metrics import Metric, measure
from chalicelib.placement import choose, free
from chalicelib.protocol import CloseRoom, EndReason, OpenRoom, Room
from chalicelib.records import Consultation, Worker
from chalicelib.rights import Actor, own, system
from chalicelib.store import Refused, ReserveRoom, Store, Write


class Place(NamedTuple):
    """A call on a worker, by the room's name: whoever has an older name knows of an older call."""

    worker: str
    room: str


class Placing:
    """A call's number, its worker and the place there change in one transaction, so no call is ever on two workers.

    The number is the fence: what a worker says of an older one changes nothing.
    """

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        crew: Crew,
        calls: Calls,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._crew = crew
        self._calls = calls
        self._now = now

    def reserve(self, by: Actor, consultation: Consultation) -> Consultation:
        """Let the clinician call: the consultation and a place on a worker change in one step.

        The worker is told to open the room. Raises NoWorker when there is no place, else as Consultations.happen.
        """
        if consultation.state in WITH_CALL:
            return consultation  # pressed twice; perhaps it is this very call that fills the worker
        tried: set[str] = set()
        while chosen := self._best(tried):
            tried.add(chosen.id)
            try:
                called = self._place(by, consultation, chosen)
            except Refused:
                continue  # filled up or lost since it was read
            place = _place_of(called)
            if place.worker != chosen.id or self._open(chosen, called):
                return called
            self._end_of_line(Room.parse(place.room))
            self._release(place)
        raise NoWorker

    def free(self) -> int:
        """How many places there are for further calls."""
        return free(self._crew.all(), self._now())

    def move(self, at: Place, *, back: bool = False, calmly: bool = False) -> Place | None:
        """Move a call to another worker, or ``back`` to its own too, and tell everybody: its state stays as it is.

        ``calmly``: the worker has its socket and is only late, so only to one that is not, and not twice within a
        lease: where everybody is late it is the functions that are slow, and calls that move to and fro would make them
        slower. Returns where it stands when there is no place for it; None when it is in good hands, over, or not there
        (any more). May run in several functions at once: one of them moves it, and the others say nothing.
        """
        tried = set() if back else {at.worker}
        while other := self._best(tried, at.room):
            if calmly and self._crew.is_silent(other):
                return at
            tried.add(other.id)
            try:
                moved = self._place_again(at, other, since=self._crew.a_lease_ago() if calmly else 0)
            except Refused:
                continue  # filled up or lost since it was read
            except (Conflict, NotFound):
                return None  # over, or elsewhere by now
            before, at = at, _place_of(moved)
            opened = self._open(other, moved)
            if opened:
                measure({Metric.CALLS_MOVED: 1})
                self._calls.ask_everybody(moved)
            self._leave(before)
            if opened:
                return None
        return at

    def look_after(self, consultation: Consultation) -> bool:
        """Nothing arrives in a call: when its worker is silent it moves. True when it is lost for good.

        Without another place it stays for a while: the worker may be back, or another one come.
        """
        worker = self._crew.find(consultation.worker)
        if worker is not None and not self._crew.is_lost(worker) and not self._crew.is_silent(worker):
            return False
        stuck = self.move(_place_of(consultation), calmly=worker is not None and self._crew.is_only_late(worker))
        return stuck is not None and self._crew.is_given_up(self._crew.find(stuck.worker)) and self.drop(stuck)

    def drop(self, at: Place) -> bool:
        """A worker carries a call no longer: both sides learn it, and the clinician may call again.

        False when there was no such call there.
        """
        room = Room.parse(at.room)
        lost = self._end_of_line(room) if self.is_there(at) else None
        self._release(at)  # last, so that the sweep finds what a function that died here left behind
        if lost is None:
            return False
        measure({Metric.CALLS_DROPPED: 1})
        self._calls.over(lost, EndReason.WORKER_LOST)
        return True

    def ask(self, at: Place) -> None:
        """Ask a worker for the room of a call, unless the clinician is there, whose page asks for it by its offers.

        It may never have been opened, or be over, and whoever was told so has died: then it is opened, and ends by
        itself if nobody comes, or the worker says once more that it is over.
        """
        present, worker = self._present(at.room), self._crew.find(at.worker)
        if worker and present and _carries(at, present) and not self._calls.has_clinician(present):
            self._open(worker, present)

    def end(self, consultation: Consultation) -> None:
        """A call is over: tell its worker and free the place."""
        if consultation.call:
            self._crew.to_worker_of(consultation, CloseRoom(room=str(room_of(consultation))))
            self._store.release_room(*_place_of(consultation))

    def is_there(self, at: Place) -> bool:
        """Whether the table says that this worker carries this call now."""
        present = self._present(at.room)
        return present is not None and _carries(at, present)

    def goes_on(self, name: str) -> bool:
        """Whether a room's consultation is in a call, be it by a later number."""
        present = self._present(name)
        return present is not None and present.state in WITH_CALL

    # ------------------------------------------------------------ parts

    def _best(self, tried: set[str], leaving: str = "") -> Worker | None:
        """Who takes a call that leaves the place ``leaving``; who is silent only when nobody else can."""
        crew = [w for w in self._crew.all() if w.id not in tried]
        there = (msgspec.structs.replace(w, rooms=w.rooms - {leaving}) for w in crew)
        able = choose(there, self._now(), goes_on=bool(leaving))
        return min(able, key=self._crew.is_silent, default=None)

    def _place(self, by: Actor, consultation: Consultation, worker: Worker) -> Consultation:
        def alter(present: Consultation) -> dict[str, Any]:
            call = own(by, present).call + 1
            return {"call": call, "begun": call, "worker": worker.id, "moved": 0}

        def also(present: Consultation) -> list[Write]:
            return [ReserveRoom(worker, str(room_of(present, present.call + 1)), int(self._now()))]

        return self._consultations.happen(by, consultation.id, Event.CALL, alter=alter, also=also)

    def _place_again(self, at: Place, other: Worker, *, since: float) -> Consultation:
        """Move a call to ``other``, under its next number. Raises Overtaken when it is not there, when it came
        there later than ``since`` unless that is 0, or as `happen`."""
        room = Room.parse(at.room)
        if other.id == at.worker:  # its old place there becomes free
            other = msgspec.structs.replace(other, capacity=other.capacity + 1)

        def decide(present: Consultation) -> dict[str, Any]:
            if not _carries(at, present) or 0 < since < present.moved:
                raise Overtaken
            call = present.call + 1
            now = int(self._now())
            return {"call": call, "worker": other.id, "moved": now, "guests": carried_on(present, call)}

        def also(present: Consultation) -> list[Write]:
            return [ReserveRoom(other, str(room_of(present, present.call + 1)), int(self._now()))]

        return self._consultations.note(system(room.trust), room.consultation, "moved", decide, also)

    def _open(self, worker: Worker, consultation: Consultation) -> bool:
        servers = self._calls.ice_servers(consultation.id)
        # A call that moves by itself is opened on nobody's behalf: then on that of the clinician's page.
        came = trace.onward() or self._calls.trace_of(consultation)
        return self._crew.say(worker, OpenRoom(room=str(room_of(consultation)), ice_servers=servers, trace=came))

    def _leave(self, at: Place) -> None:
        """The old worker keeps everybody until they are settled, takes no offer under the old number, and has room."""
        if worker := self._crew.find(at.worker):
            self._crew.say(worker, CloseRoom(room=at.room, moved=True))
        self._store.release_room(*at)

    def _release(self, at: Place) -> None:
        """Free a place, unless its call is there after all: others may have changed it again and again."""
        if not self.is_there(at):
            self._store.release_room(*at)

    def _end_of_line(self, room: Room) -> Consultation | None:
        """Take back a call whose worker is lost; None when it ended in another way meanwhile."""
        by, alter = system(room.trust), only_in(room.call)
        try:
            return self._consultations.happen(by, room.consultation, Event.DROP, alter=alter)
        except Conflict:
            return None

    def _present(self, name: str) -> Consultation | None:
        room = Room.parse(name)
        try:
            return self._consultations.find(room.trust, room.consultation)
        except NotFound:
            return None


def _place_of(consultation: Consultation) -> Place:
    return Place(consultation.worker, str(room_of(consultation)))


def _carries(at: Place, present: Consultation) -> bool:
    """Whether a place is where a consultation's present call is."""
    return present.state in WITH_CALL and _place_of(present) == at
