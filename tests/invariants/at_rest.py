"""What holds once every lease of what died has run out, the sweep has run, and the schedule has done what was due."""

from collections.abc import Iterator
from typing import Final

from chalicelib import records as r
from chalicelib.agenda import errands
from chalicelib.lifecycle import WITH_CALL, Role, State
from chalicelib.protocol import Delivery, Room, Seat, Way
from chalicelib.sendings import TOLD
from tests.invariants.table import Rule, Table

OF_SEAT: Final = {Seat.PATIENT: Role.PATIENT, Seat.CLINICIAN: Role.CLINICIAN}


def every_place_is_a_call(table: Table) -> Iterator[str]:
    """Every room on a worker is the present call of a consultation, on that worker."""
    for worker in table.all(r.Worker):
        for name in worker.rooms:
            room = Room.parse(name)
            c = table.consultation(room.trust, room.consultation)
            if c is None or c.state not in WITH_CALL or (c.call, c.worker) != (room.call, worker.id):
                yield f"room {name} on worker {worker.id}"


def every_call_has_a_living_worker(table: Table) -> Iterator[str]:
    """A consultation with a call has its room on a worker that is alive."""
    workers = {worker.id: worker for worker in table.all(r.Worker)}
    for c in table.all(r.Consultation):
        if c.state not in WITH_CALL:
            continue
        worker = workers.get(c.worker)
        if worker is None or worker.lease <= table.now or str(Room(c.trust, c.id, c.call)) not in worker.rooms:
            yield f"consultation {c.id} in call {c.call} on worker {c.worker}"


def seats_are_held_by_sockets(table: Table) -> Iterator[str]:
    """A seat is held by an open socket of whose seat it is."""
    for row in table.all(r.Taken):
        socket, c = table.socket(row.connection), table.consultation(row.trust, row.consultation)
        if socket is None:
            yield f"seat {row.seat} of consultation {row.consultation} is held by a socket that is not there"
        elif c is None:
            yield f"seat {row.seat} of a consultation that is not there"
        elif socket.role is not OF_SEAT.get(row.seat, Role.GUEST):
            yield f"seat {row.seat} of consultation {row.consultation} is held by a {socket.role}"
        elif row.seat is Seat.CLINICIAN:
            if (socket.trust, socket.staff) != (c.trust, c.staff):
                yield f"seat {row.seat} of consultation {c.id} is another clinician's"
        elif (socket.trust, socket.consultation, socket.guest) != (row.trust, row.consultation, row.guest):
            yield f"seat {row.seat} of consultation {c.id} is held by another's socket"
        elif row.guest and not table.is_guest(row.trust, row.consultation, row.guest):
            yield f"seat {row.seat} of consultation {c.id} is held by who was shown out"


def watchers_are_sockets(table: Table) -> Iterator[str]:
    """Whoever watches a list has an open socket of the staff, and so has what a session opened."""
    for row in table.all(r.Watcher):
        socket = table.socket(row.connection)
        if socket is None:
            yield "a list is watched by a socket that is not there"
        elif socket.trust != row.trust or row.staff not in {socket.staff, socket.clinician}:
            yield "a list is watched by a socket that shows another"
    for row_ in table.all(r.Opened):
        socket = table.socket(row_.connection)
        if socket is None or socket.session != row_.session:
            yield "a session opened a socket that is not there"


def sessions_outlive_their_sockets(table: Table) -> Iterator[str]:
    """A socket's session is there."""
    for row in table.all(r.Socket):
        if row.session and (f"SESSION#{row.session}", "SESSION") not in table.rows:
            yield f"a {row.role}'s socket"


def outcomes_are_told(table: Table) -> Iterator[str]:
    """What became of the latest message to somebody stands in the consultation as in the message's own row."""
    for c in table.all(r.Consultation):
        for errand in errands(c).values():
            receiver = errand.receiver(c)
            if not errand.present or receiver is None or c.erased:
                continue
            for way in Way:
                row = table.rows.get((r.consultation_key(c.trust, c.id), f"MSG#{errand.reason}-{way}"))
                said = getattr(receiver, way)
                if isinstance(row, r.Sending) and row.done and row.state not in {said, Delivery.NONE}:
                    yield f"the {errand.kind} of consultation {c.id} is {row.state}, and it says {said}"
        if c.state is State.BOOKED and {c.sms, c.mail} & TOLD:
            yield f"consultation {c.id} was invited and is only booked"


AT_REST: Final[tuple[Rule, ...]] = (
    every_place_is_a_call,
    every_call_has_a_living_worker,
    seats_are_held_by_sockets,
    watchers_are_sockets,
    sessions_outlive_their_sockets,
    outcomes_are_told,
)
