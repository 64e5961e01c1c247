"""Each rule about the table can fail: it is broken by hand, and the rule says so."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest

from chalicelib import records as r
from chalicelib.chain import linked
from chalicelib.lifecycle import Role, State
from chalicelib.protocol import Delivery, Seat
from chalicelib.records import Record
from chalicelib.rest import Feedback, Impression
from tests.fakes.clinic import Clinic
from tests.invariants import ALWAYS, AT_REST, Rule, always, at_rest, broken
from tests.invariants.leases import GOES, STAYS
from tests.invariants.table import KINDS

pytestmark = pytest.mark.untrue("that is what it is about")
Break = Callable[["Day"], object]


class Day(Clinic):
    """A call of three, and what comes before it."""

    def __init__(self) -> None:
        super().__init__()
        self.services.trail.trust_did(self.by, "rules_set")
        self.consultation, self.person = self.joined()

    def put(self, row: Record) -> None:
        self.store.rows[row.key()] = row

    def alter(self, **fields: Any) -> None:
        self.put(msgspec.structs.replace(self.now(self.consultation), **fields))

    def change(self, kind: type[Record], **fields: Any) -> None:
        """The first row of a kind."""
        self.put(msgspec.structs.replace(self.first(kind), **fields))

    def first(self, kind: type[Record]) -> Any:
        return next(row for row in self.store.rows.values() if type(row) is kind)

    def lose(self, kind: type[Record]) -> None:
        del self.store.rows[self.first(kind).key()]

    def entries(self) -> list[r.Happening]:
        found: list[r.Happening] = self.services.trail.happened(self.trust, self.consultation.id)
        return found

    def chained(self, **last: Any) -> None:
        """The last entry is another, and the chain holds."""
        entry = self.entries()[-1]
        made = linked(msgspec.structs.replace(entry, **last), entry.previous)
        self.put(made)
        self.alter(trail_hash=made.hash, state=made.state)

    @property
    def room(self) -> str:
        return f"{self.trust}.{self.consultation.id}.1"


def misplaced(day: Day) -> None:
    day.store.rows["LINK#x", "LINK"] = day.first(r.Link)


def unreadable(day: Day) -> None:
    day.store.rows["T#elvenes", "NOTHING"] = Misplaced()


class Misplaced(r.Trust, frozen=True, kw_only=True):
    id: str = ""
    name: str = ""
    time_zone: str = ""
    login: Any = None

    def key(self) -> tuple[str, str]:
        return "T#elvenes", "NOTHING"


def gone_but_for_its_trail(day: Day) -> None:
    day.lose(r.Consultation)


def gone_with_a_hole(day: Day) -> None:
    def may(_: r.Consultation) -> bool:
        return True

    day.services.consultations.end(day.by, day.consultation.id, "purged", may)
    del day.store.rows[day.entries()[1].key()]


def done_anew(day: Day) -> None:
    day.change(r.Head, version=7)


def shown_out_but_seated(day: Day) -> None:
    day.alter(guests=())


def answered(day: Day) -> None:
    feedback = Feedback(quality=Impression.GOOD)
    day.put(r.Answered(trust=day.trust, consultation=day.consultation.id, at=1, feedback=feedback))


def booked_and_not_counted(day: Day) -> None:
    day.lose(r.Slot)


def counted_and_not_booked(day: Day) -> None:
    day.put(msgspec.structs.replace(day.first(r.Slot), part=3, number=1))


def another_reference(day: Day) -> None:
    day.put(r.Referred(trust=day.trust, reference="ABCDEF", consultation=day.consultation.id))


def on_two_workers(day: Day) -> None:
    day.worker("X", "w2", rooms=())
    worker = next(w for w in day.workers() if w.id == "w2")
    day.put(msgspec.structs.replace(worker, rooms=frozenset({day.room})))


def told_differently(day: Day) -> None:
    row = next(row for row in day.store.rows.values() if isinstance(row, r.Sending) and not row.guest)
    day.put(msgspec.structs.replace(row, state=Delivery.DELIVERED))


def only_booked(day: Day) -> None:
    day.chained(state=State.BOOKED, what="booked")


def not_mentioned(day: Day) -> None:
    day.lose(r.Mention)


def mentioned_for_nothing(day: Day) -> None:
    day.put(r.Mention(trust=day.trust, person="x", consultation=day.consultation.id))


def sits_for_another(day: Day) -> None:
    row = day.services.sockets.seat(day.trust, day.consultation.id, Seat.PATIENT)
    assert row
    day.put(msgspec.structs.replace(row, connection="C"))


def another_clinicians_seat(day: Day) -> None:
    day.clinician("D", "sunniva-lie")
    row = day.services.sockets.seat(day.trust, day.consultation.id, Seat.CLINICIAN)
    assert row
    day.put(msgspec.structs.replace(row, connection="D"))


BREAKS: Final[list[tuple[Rule, Break]]] = [
    (always.everything_is_known, misplaced),
    (always.everything_is_known, unreadable),
    (always.what_is_to_go_goes, lambda day: day.change(r.Taken, expires=None)),
    (always.what_is_to_go_goes, lambda day: day.change(r.Link, expires=day.clock.time + 10**9)),
    (always.what_is_to_go_goes, lambda day: day.change(r.Referred, expires=day.clock.time + 10)),
    (always.trails_are_whole, lambda day: day.store.rows.pop(day.entries()[1].key())),
    (always.trails_are_whole, lambda day: day.put(msgspec.structs.replace(day.entries()[1], staff="x"))),
    (always.trails_are_whole, lambda day: day.alter(state=State.CALLING)),
    (always.a_trail_of_what_is_gone_says_so, gone_but_for_its_trail),
    (always.a_trail_of_what_is_gone_says_so, gone_with_a_hole),
    (always.transitions_are_legal, lambda day: day.chained(what="check_in", state=State.CHECKED_IN)),
    (always.transitions_are_legal, lambda day: day.chained(what="paused", state=State.ENDED)),
    (always.transitions_are_legal, lambda day: day.chained(what="cancel", role=Role.PATIENT)),
    (always.the_trusts_trails_are_whole, done_anew),
    (always.the_trusts_trails_are_whole, lambda day: day.lose(r.Head)),
    (always.consultations_are_sound, lambda day: day.alter(worker="")),
    (always.consultations_are_sound, lambda day: day.alter(pausers=(Seat.GUEST_3,))),
    (always.consultations_are_sound, lambda day: day.alter(pausers=(Seat.PATIENT, Seat.PATIENT))),
    (always.consultations_are_sound, lambda day: day.alter(state=State.ENDED, pausers=(Seat.PATIENT,))),
    (always.consultations_are_sound, lambda day: day.alter(guests=(day.person, day.person))),
    (always.consultations_are_sound, lambda day: day.alter(call=0)),
    (always.consultations_are_sound, lambda day: day.alter(checked_in_at=None)),
    (always.consultations_are_sound, lambda day: day.alter(by_phone=True)),
    (always.consultations_are_sound, lambda day: day.alter(feedback_given=True)),
    (always.consultations_are_sound, lambda day: day.alter(erased=True)),
    (always.consultations_are_sound, lambda day: day.alter(starts=0)),
    (always.rooms_are_placed_once, on_two_workers),
    (always.rooms_are_placed_once, lambda day: day.change(r.Worker, capacity=0)),
    (always.rooms_are_placed_once, lambda day: day.change(r.Worker, rooms=frozenset({"x"}))),
    (always.calls_have_their_place, lambda day: day.services.store.release_room("w1", day.room)),
    (always.references_stand_for_one, lambda day: day.lose(r.Referred)),
    (always.references_stand_for_one, lambda day: day.alter(reference="ABCDEF")),
    (always.references_stand_for_one, another_reference),
    (always.the_book_adds_up, booked_and_not_counted),
    (always.the_book_adds_up, counted_and_not_booked),
    (always.each_day_knows_its_consultations, lambda day: day.lose(r.Kept)),
    (always.each_day_knows_its_consultations, lambda day: day.change(r.Kept, day="2027-01-01")),
    (always.each_day_knows_its_consultations, lambda day: day.change(r.Kept, consultation="x")),
    (always.people_are_mentioned_where_they_are, not_mentioned),
    (always.people_are_mentioned_where_they_are, mentioned_for_nothing),
    (always.people_are_mentioned_where_they_are, shown_out_but_seated),
    (always.answers_are_noted, answered),
    (always.answers_are_noted, lambda day: day.alter(feedback_given=True)),
    (always.messages_are_sound, lambda day: day.change(r.Sending, seed="x")),
    (always.messages_are_sound, lambda day: day.change(r.Sending, done=False, seed="x")),
    (always.messages_are_sound, lambda day: day.change(r.Sending, done=False, state=Delivery.SENDING)),
    (always.what_is_said_of_messages_is_so, lambda day: day.lose(r.Sending)),
    (always.what_is_said_of_messages_is_so, lambda day: day.alter(told=False)),
    (always.links_are_of_somebody, lambda day: day.change(r.Link, role=Role.GUEST)),
    (always.sockets_are_somebodys, lambda day: day.change(r.Socket, staff="x", consultation="x")),
    (always.seats_are_of_their_people, lambda day: day.change(r.Taken, guest="x")),
    (at_rest.every_place_is_a_call, lambda day: day.alter(state=State.ENDED)),
    (at_rest.every_place_is_a_call, lambda day: day.alter(call=2)),
    (at_rest.every_call_has_a_living_worker, lambda day: day.lose(r.Worker)),
    (at_rest.every_call_has_a_living_worker, lambda day: setattr(day.clock, "time", day.clock.time + 16)),
    (at_rest.seats_are_held_by_sockets, sits_for_another),
    (at_rest.seats_are_held_by_sockets, another_clinicians_seat),
    (at_rest.seats_are_held_by_sockets, shown_out_but_seated),
    (at_rest.seats_are_held_by_sockets, lambda day: day.change(r.Taken, connection="nowhere")),
    (at_rest.watchers_are_sockets, lambda day: day.change(r.Watcher, connection="nowhere")),
    (at_rest.watchers_are_sockets, lambda day: day.change(r.Watcher, staff="sunniva-lie")),
    (at_rest.watchers_are_sockets, lambda day: day.change(r.Opened, session="another")),
    (at_rest.sessions_outlive_their_sockets, lambda day: day.lose(r.Session)),
    (at_rest.outcomes_are_told, told_differently),
    (at_rest.outcomes_are_told, only_booked),
]


def test_a_day_without_mishap_breaks_nothing() -> None:
    assert broken(Day().table(), [*ALWAYS, *AT_REST]) == []


@pytest.mark.parametrize(("rule", "act"), BREAKS, ids=[f"{rule.__name__}-{n}" for n, (rule, _) in enumerate(BREAKS)])
def test_a_rule_that_is_broken_says_so(rule: Rule, act: Break) -> None:
    day = Day()
    act(day)
    said = broken(day.table(), [rule])
    assert said
    for text in said:
        assert not {"Kari", "Per", "Testesen", "ingrid-berg", "90000000"} & set(text.split())


def test_every_rule_is_seen_to_fail() -> None:
    assert {rule for rule, _ in BREAKS} == {*ALWAYS, *AT_REST}


def test_every_kind_of_row_is_known_and_has_its_time() -> None:
    kinds = {kind for kind in Record.__subclasses__() if kind.__module__ == r.__name__}
    assert kinds == set(KINDS)
    assert kinds == {*GOES, *STAYS}
    assert not STAYS & set(GOES)
