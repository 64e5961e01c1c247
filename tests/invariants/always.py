"""What holds after any write, whoever died right after it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from chalicelib import records as r
from chalicelib.anchors import CLOSING
from chalicelib.book import COUNTED_SECONDS, sums, time_of
from chalicelib.chain import holds
from chalicelib.guests import SEATS
from chalicelib.lifecycle import ALLOWED, FINAL, TRANSITIONS, WITH_CALL, Event, Role, State
from chalicelib.mentions import Mentions
from chalicelib.protocol import Delivery, Room, Way
from chalicelib.records import Happening
from chalicelib.sendings import KEEP_SECONDS, TOLD
from chalicelib.store import Delete, Put
from tests.fakes.store import FakeStore
from tests.invariants.leases import GOES, STAYS
from tests.invariants.table import Rule, Table


def everything_is_known(table: Table) -> Iterator[str]:
    """Every row is of a known kind, stands where it belongs, and can be read."""
    yield from table.unknown


def what_is_to_go_goes(table: Table) -> Iterator[str]:
    """What is to go by itself says when, within its kind's time; what stays says nothing."""
    for row in table.rows.values():
        name, ahead = type(row).__name__, None if row.expires is None else row.expires - table.now
        if type(row) in GOES:
            if ahead is None:
                yield f"a {name} never goes"
            elif ahead > GOES[type(row)]:
                yield f"a {name} stays for {ahead:.0f} s"
        elif type(row) not in STAYS:
            yield f"nobody has said whether a {name} stays"
        elif ahead is not None:
            yield f"a {name} goes"


def trails_are_whole(table: Table) -> Iterator[str]:
    """A consultation's trail is numbered 1 to its version, and each entry is chained to the one before."""
    trails = table.trails()
    for c in table.all(r.Consultation):
        trail = trails[c.trust, c.id]
        if [entry.number for entry in trail] != list(range(1, c.version + 1)):
            yield f"consultation {c.id} of version {c.version} has entries {[e.number for e in trail]}"
        elif not holds(trail, c.version, c.trail_hash, lambda _: False):
            yield f"the chain of consultation {c.id}"
        elif trail[-1].state is not c.state:
            yield f"consultation {c.id} is {c.state}, its trail says {trail[-1].state}"


def a_trail_of_what_is_gone_says_so(table: Table) -> Iterator[str]:
    """The trail of a consultation that is no more ends with its removal, and its chain holds."""
    gone = {row.hash for row in table.all(r.Gone)}
    for (trust, id_), trail in table.trails().items():
        if not id_ or not trail or table.consultation(trust, id_):
            continue
        last, first = trail[-1], trail[0]
        since = (first.number - 1, first.previous)
        if last.what != CLOSING:
            yield f"the trail of {id_} ends with {last.what}"
        elif not holds(trail, last.number, last.hash, gone.__contains__, since):
            yield f"the chain of {id_}, which is no more"
        elif first.number > 1 and first.previous not in gone:
            yield f"the trail of {id_} begins with {first.number}"


def transitions_are_legal(table: Table) -> Iterator[str]:
    """A trail holds nothing but what could happen, by who may do it."""
    for (_, id_), trail in table.trails().items():
        if not id_:
            continue
        for before, after in pairwise(trail):
            if after.what not in set(Event):
                if before.state is not after.state:
                    yield f"{after.what} made consultation {id_} {after.state} from {before.state}"
                continue
            event = Event(after.what)
            if before.state is None or TRANSITIONS.get((before.state, event)) is not after.state:
                yield f"{event} made consultation {id_} {after.state} from {before.state}"
            if after.role not in ALLOWED[event]:
                yield f"{after.role} did {event} to consultation {id_}"


def the_trusts_trails_are_whole(table: Table) -> Iterator[str]:
    """A trust's own trail is chained from end to end, but for what retention took."""
    gone = {row.hash for row in table.all(r.Gone)}
    trails = table.trails()
    for head in table.all(r.Head):
        trail: list[Happening] = trails[head.trust, ""]
        if not holds(trail, head.version, head.hash, gone.__contains__):
            yield f"the trail of a trust, of {head.version} entries"
    headed = {head.trust for head in table.all(r.Head)}
    if {trust for trust, id_ in trails if not id_ and trails[trust, id_]} - headed:
        yield "the trail of a trust has no end"


def consultations_are_sound(table: Table) -> Iterator[str]:
    """What a consultation says of itself fits together."""
    zones = {trust.id: ZoneInfo(trust.time_zone) for trust in table.all(r.Trust)}
    for c in table.all(r.Consultation):
        with_call = c.state in WITH_CALL
        guests = [guest.seat for guest in c.guests]
        sound = {
            "has a call without a number or worker": not with_call or (c.call > 0 and c.worker != ""),
            "is paused without a call": with_call or not c.pausers,
            "is paused by who has no seat": set(c.pausers) <= set(c.seats),
            "is paused twice by one": len(set(c.pausers)) == len(c.pausers),
            "has two guests on one seat": len(set(guests)) == len(guests),
            "has a guest on a seat of others": set(guests) <= set(SEATS),
            "has a guest twice": len({guest.id for guest in c.guests}) == len(c.guests),
            "has a guest in a call that never was": all(guest.call <= c.call for guest in c.guests),
            "has a guest in a call who was not let in": all(
                guest.ready and guest.admitted for guest in c.guests if guest.call
            ),
            "has a patient without a time of coming": c.checked_in_at is not None
            or c.state not in {State.CHECKED_IN, *WITH_CALL},
            "is by phone but not over": not c.by_phone or c.state is State.ENDED,
            "has been answered before its end": not c.feedback_given or c.state is State.ENDED,
            "is erased and names somebody": not (c.erased and (c.patient_name or c.phone or c.email or c.person)),
            "is of another day than it starts": c.trust not in zones
            or datetime.fromtimestamp(c.starts, zones[c.trust]).date().isoformat() == c.day,
        }
        yield from (f"consultation {c.id} {what}" for what, fine in sound.items() if not fine)


def rooms_are_placed_once(table: Table) -> Iterator[str]:
    """A room is on one worker at most, and a worker has no more than it takes."""
    rooms = Counter(room for worker in table.all(r.Worker) for room in worker.rooms)
    yield from (f"room {room} is on {n} workers" for room, n in rooms.items() if n > 1)
    for worker in table.all(r.Worker):
        # By consultations: one that moves back to its own worker is there under two numbers for a moment.
        carried = {room.rpartition(".")[0] for room in worker.rooms}
        if len(carried) > worker.capacity:
            yield f"worker {worker.id} takes {worker.capacity} and has {len(carried)}"
        for room in worker.rooms:
            try:
                Room.parse(room)
            except ValueError:
                yield f"worker {worker.id} has a room of no call"


def calls_have_their_place(table: Table) -> Iterator[str]:
    """A call has its place on the worker that the consultation names, while that worker is in the list."""
    workers = {worker.id: worker for worker in table.all(r.Worker)}
    for c in table.all(r.Consultation):
        worker = workers.get(c.worker)
        if c.state in WITH_CALL and worker and str(Room(c.trust, c.id, c.call)) not in worker.rooms:
            yield f"call {c.call} of consultation {c.id} is not on worker {worker.id}"


def references_stand_for_one(table: Table) -> Iterator[str]:
    """Each reference stands for one consultation, and each consultation has one."""
    named = Counter((row.trust, row.consultation) for row in table.all(r.Referred))
    yield from (f"consultation {id_} has {n} references" for (_, id_), n in named.items() if n > 1)
    for row in table.all(r.Referred):
        c = table.consultation(row.trust, row.consultation)
        if c is None or c.reference != row.reference:
            yield f"a reference to {row.consultation}"
    for c in table.all(r.Consultation):
        if (c.trust, c.id) not in named:
            yield f"consultation {c.id} has none"


def each_day_knows_its_consultations(table: Table) -> Iterator[str]:
    """Every consultation is kept under its day; what is kept is there, or its trail is."""
    kept = {(row.trust, row.consultation): row.day for row in table.all(r.Kept)}
    trails = table.trails()
    for c in table.all(r.Consultation):
        if kept.get((c.trust, c.id)) != c.day:
            yield f"consultation {c.id}"
    for trust, id_ in kept:
        if table.consultation(trust, id_) is None and not trails[trust, id_] and not table.all(r.Gone):
            yield f"{id_} is kept, and nothing of it is there"


def the_book_adds_up(table: Table) -> Iterator[str]:
    """A sum of the book is what the consultations say, from their booking until a day after they begin."""
    kept = sums(table.all(r.Slot))
    counted = Counter(time for c in table.all(r.Consultation) if (time := time_of(c)))
    for time in kept.keys() | counted.keys():
        if table.now < time[0] + COUNTED_SECONDS and kept[time] != counted[time]:
            yield f"{counted[time]} begin at {time[0]} for {time[1]} minutes, and the sum is {kept[time]}"


def people_are_mentioned_where_they_are(table: Table) -> Iterator[str]:
    """Whoever is in a consultation is mentioned there, and nobody else is."""
    may: set[tuple[str, str]] | None = None
    if table.hashes is not None:
        mentions, may = Mentions(FakeStore(), table.hashes), set()
        for c in table.all(r.Consultation):
            may |= {write.key for write in mentions.changes(c, None) if isinstance(write, Delete)}
            must = {write.record.key() for write in mentions.changes(None, c) if isinstance(write, Put)}
            # Since a rotation a row may stand under an earlier key.
            if len(table.hashes(c.trust, "")) == 1 and not must <= table.rows.keys():
                yield f"somebody of consultation {c.id} is not mentioned"
    for row in table.all(r.Mention):
        there = table.consultation(row.trust, row.consultation) is not None
        guest = not row.guest or table.is_guest(row.trust, row.consultation, row.guest)
        if not (there and guest) or (may is not None and row.key() not in may):
            yield f"a mention in consultation {row.consultation}"


def answers_are_noted(table: Table) -> Iterator[str]:
    """A patient's answer is there if its consultation says so, or the trail that it was taken away."""
    answered = {(row.trust, row.consultation) for row in table.all(r.Answered)}
    trails = table.trails()
    for c in table.all(r.Consultation):
        at = (c.trust, c.id)
        taken = any(entry.what.startswith("feedback_") for entry in trails[at])
        if (at in answered) != c.feedback_given and not (c.feedback_given and taken):
            yield f"consultation {c.id}"
        answered.discard(at)
    for trust, id_ in answered:
        if not _is_being_removed(table, trust, id_):
            yield f"an answer to {id_}, which is not there"


def messages_are_sound(table: Table) -> Iterator[str]:
    """A message is done when it has an outcome, and then nothing of its link's making is left."""
    for row in table.all(r.Sending):
        name = f"{row.kind} to consultation {row.consultation}"
        if row.done and (row.state is Delivery.SENDING or row.seed):
            yield f"{name} is done and under way"
        if not row.done and row.state not in {Delivery.SENDING, Delivery.FAILED}:
            yield f"{name} is {row.state} and not done"
        if not row.done and not row.seed:
            yield f"{name} is under way and cannot make its link"


def what_is_said_of_messages_is_so(table: Table) -> Iterator[str]:
    """Nobody is said to have been sent, or not sent, what nobody tried to send."""
    trails = table.trails()
    for c in table.all(r.Consultation):
        if any(table.now - entry.at >= KEEP_SECONDS for entry in trails[c.trust, c.id][:1]):
            continue  # what was sent first is not known any more
        if c.state in FINAL or table.now > c.ends:
            continue  # whoever takes away who it was about takes their messages first
        receivers: list[tuple[str, r.Consultation | r.Guest]] = [(c.id, c)]
        receivers += [(f"{c.id}, guest {guest.id}", guest) for guest in c.guests]
        for whose, receiver in receivers:
            for way in Way:
                state: Delivery = getattr(receiver, way)
                if state in TOLD and not receiver.told:
                    yield f"consultation {whose} is told by {way} and does not know it"
                row = table.rows.get((r.consultation_key(c.trust, c.id), f"MSG#{receiver.reason}-{way}"))
                erased = c.erased or not (receiver.phone or receiver.email)
                settled = state not in {Delivery.NONE, Delivery.DUE, Delivery.SENDING}
                if settled and not erased and not (isinstance(row, r.Sending) and row.state is not Delivery.SENDING):
                    yield f"consultation {whose} says {state} of an {way}"


def links_are_of_somebody(table: Table) -> Iterator[str]:
    """A link is a guest's or the patient's, and of a consultation that there is or was."""
    for row in table.all(r.Link):
        if bool(row.guest) != (row.role is Role.GUEST) or row.role not in {Role.GUEST, Role.PATIENT}:
            yield f"a link of a {row.role} to consultation {row.consultation}"


def sockets_are_somebodys(table: Table) -> Iterator[str]:
    """A socket has what its role needs and nothing else: a visitor a consultation, the staff a name, as a worker."""
    for row in table.all(r.Socket):
        has = (bool(row.consultation), bool(row.guest), bool(row.staff), bool(row.worker))
        fits = {
            Role.PATIENT: has == (True, False, False, False),
            Role.GUEST: has == (True, True, False, False),
            Role.CLINICIAN: has in {(False, False, True, False), (True, False, True, False)},
            Role.SECRETARY: has == (False, False, True, False),
            Role.WORKER: has == (False, False, False, True),
        }
        if not fits.get(row.role, False) or bool(row.trust) == (row.role is Role.WORKER):
            yield f"a {row.role}'s socket"


def seats_are_of_their_people(table: Table) -> Iterator[str]:
    """A guest's seat is held by a guest, the others by patient and clinician."""
    for row in table.all(r.Taken):
        if bool(row.guest) != (row.seat in SEATS):
            yield f"seat {row.seat} of consultation {row.consultation}"


def _is_being_removed(table: Table, trust: str, consultation: str) -> bool:
    """Its row goes first, what else there is of it after it."""
    trail = table.trails()[trust, consultation]
    return table.consultation(trust, consultation) is None and bool(trail) and trail[-1].what == CLOSING


ALWAYS: Final[tuple[Rule, ...]] = (
    everything_is_known,
    what_is_to_go_goes,
    trails_are_whole,
    a_trail_of_what_is_gone_says_so,
    transitions_are_legal,
    the_trusts_trails_are_whole,
    consultations_are_sound,
    rooms_are_placed_once,
    calls_have_their_place,
    references_stand_for_one,
    each_day_knows_its_consultations,
    the_book_adds_up,
    people_are_mentioned_where_they_are,
    answers_are_noted,
    messages_are_sound,
    what_is_said_of_messages_is_so,
    links_are_of_somebody,
    sockets_are_somebodys,
    seats_are_of_their_people,
)
