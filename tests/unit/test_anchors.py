"""Anchors: made once for each day, whatever comes between; and whoever alters anything of a day is found out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from chalicelib.anchors import MOST_DAYS, TRUST_ITSELF, Sealed
from chalicelib.chain import linked
from chalicelib.errors import BadRequest
from chalicelib.records import Anchor, Consultation, Gone, Happening, Head, trail_partition
from chalicelib.rest import Verified
from chalicelib.rights import system
from tests.fakes.clinic import Clinic

DAY = 86400


class Anchored(Clinic):
    """A clinic with two consultations and two entries of its own on its first day, which has an anchor."""

    def __init__(self) -> None:
        super().__init__()
        self.did()
        self.day = datetime.fromtimestamp(self.clock.time, UTC).date().isoformat()
        self.one, self.other = self.talking(), self.book(phone="90000002")
        self.did()
        self.tomorrow()
        self.services.anchors.make(self.trust)

    def did(self) -> None:
        self.services.trail.trust_did(system(self.trust), "registered", {"rows": 3})

    def tomorrow(self) -> None:
        self.clock.time += DAY

    def verify(self, day: str = "") -> Verified:
        return self.services.anchors.verify(self.trust, day or self.day)

    def entry(self, number: int, of: str | None = None) -> Happening:
        consultation = self.one.id if of is None else of
        return next(e for e in self.entries(consultation) if e.number == number)

    def entries(self, consultation: str) -> list[Happening]:
        return self.services.trail.happened(self.trust, consultation)

    def put(self, row: Any) -> None:
        self.store.rows[row.key()] = row

    def anchors(self) -> list[Anchor]:
        found: list[Anchor] = [row for row in self.store.rows.values() if isinstance(row, Anchor)]
        return sorted(found, key=lambda a: a.day)

    def rechain(self, entries: list[Happening]) -> None:
        """Write a chain anew so that it holds again, with its head."""
        previous = ""
        for entry in entries:
            self.put(made := linked(entry, previous))
            previous = made.hash
        there = self.now(self.one)
        self.put(msgspec.structs.replace(there, trail_hash=previous))


def test_a_day_that_nobody_touched_holds() -> None:
    clinic = Anchored()
    assert clinic.verify() == Verified(
        day=clinic.day,
        entries=len([r for r in clinic.store.rows.values() if isinstance(r, Happening)]),
        anchored=True,
        intact=True,
        broken=[],
    )


def test_a_day_goes_on_holding_while_its_trails_go_on() -> None:
    clinic = Anchored()
    clinic.did()
    clinic.services.trail.read(clinic.by, clinic.other.id)
    assert clinic.verify().anchored
    assert clinic.verify().intact


@pytest.mark.untrue("somebody touches the trail")
def test_what_has_no_anchor_yet_is_checked_by_its_chains() -> None:
    clinic = Anchored()
    read = clinic.services.trail.read(clinic.by, clinic.other.id)
    today = read.entries[-1].at[:10]
    assert (clinic.verify(today).anchored, clinic.verify(today).intact) == (False, True)
    entry = clinic.entries(clinic.other.id)[-1]
    clinic.put(msgspec.structs.replace(entry, staff="somebody-else"))
    assert clinic.verify(today).broken == [clinic.other.id]


def changed_field(clinic: Anchored) -> None:
    clinic.put(msgspec.structs.replace(clinic.entry(2), staff="somebody-else"))


def changed_and_hashed_again(clinic: Anchored) -> None:
    entry = clinic.entry(2)
    clinic.put(linked(msgspec.structs.replace(entry, staff="somebody-else"), entry.previous))


def removed(clinic: Anchored) -> None:
    del clinic.store.rows[clinic.entry(2).key()]


def removed_at_the_end(clinic: Anchored) -> None:
    del clinic.store.rows[clinic.entries(clinic.one.id)[-1].key()]


def inserted(clinic: Anchored) -> None:
    last = clinic.entries(clinic.one.id)[-1]
    clinic.put(linked(msgspec.structs.replace(last, number=last.number + 1), last.hash))


def reordered(clinic: Anchored) -> None:
    one, other = clinic.entry(2), clinic.entry(3)
    clinic.put(msgspec.structs.replace(one, number=3))
    clinic.put(msgspec.structs.replace(other, number=2))


def head_replaced(clinic: Anchored) -> None:
    clinic.put(msgspec.structs.replace(clinic.now(clinic.one), trail_hash="0" * 64))


def written_anew(clinic: Anchored) -> None:
    """The whole chain, with its head: only the anchor knows."""
    entries = clinic.entries(clinic.one.id)
    clinic.rechain([msgspec.structs.replace(entry, staff="somebody-else") for entry in entries])


def whole_consultation_gone(clinic: Anchored) -> None:
    for key in clinic.store.keys(clinic.one.key()[0]):
        del clinic.store.rows[key]


def consultation_gone_but_for_its_trail(clinic: Anchored) -> None:
    del clinic.store.rows[clinic.one.key()]


def gone_as_if_purged(clinic: Anchored) -> None:
    """With the hashes that a purge leaves, but no purge."""
    for entry in clinic.entries(clinic.one.id):
        clinic.put(Gone(trust=clinic.trust, day=entry.day, hash=entry.hash, purge=1))
    whole_consultation_gone(clinic)


@pytest.mark.parametrize(
    ("tamper", "anchored"),
    [
        (changed_field, True),  # the hash still stands there as it was
        (changed_and_hashed_again, False),
        (removed, False),
        (removed_at_the_end, False),
        (inserted, False),
        (reordered, True),
        (head_replaced, True),
        (written_anew, False),
        (whole_consultation_gone, False),
        (consultation_gone_but_for_its_trail, True),
    ],
)
@pytest.mark.untrue("somebody touches the trail")
def test_whoever_touches_a_consultations_trail_is_found_out(tamper: Callable[[Anchored], None], anchored: bool) -> None:
    clinic = Anchored()
    tamper(clinic)
    found = clinic.verify()
    assert not found.intact
    assert found.broken == [clinic.one.id]
    assert found.anchored is anchored


@pytest.mark.untrue("somebody touches the trail")
def test_hashes_that_no_purge_left_hide_nothing() -> None:
    clinic = Anchored()
    gone_as_if_purged(clinic)
    found = clinic.verify()
    assert (found.intact, found.broken) == (False, [TRUST_ITSELF])


def own_changed(clinic: Anchored) -> None:
    clinic.put(msgspec.structs.replace(clinic.entry(1, ""), counts={"rows": 4}))


def own_changed_and_hashed_again(clinic: Anchored) -> None:
    entry = clinic.entry(1, "")
    clinic.put(linked(msgspec.structs.replace(entry, counts={"rows": 4}), entry.previous))


def own_removed(clinic: Anchored) -> None:
    del clinic.store.rows[clinic.entry(1, "").key()]


def own_removed_at_the_end(clinic: Anchored) -> None:
    del clinic.store.rows[clinic.entry(2, "").key()]


def own_all_removed(clinic: Anchored) -> None:
    for key in clinic.store.keys(trail_partition(clinic.trust, "")):
        del clinic.store.rows[key]


def own_head_replaced(clinic: Anchored) -> None:
    clinic.put(Head(trust=clinic.trust, version=2, hash="0" * 64))


def own_head_gone(clinic: Anchored) -> None:
    del clinic.store.rows[Head(trust=clinic.trust, version=2, hash="").key()]


@pytest.mark.parametrize(
    "tamper",
    [
        own_changed,
        own_changed_and_hashed_again,
        own_removed,
        own_removed_at_the_end,
        own_all_removed,
        own_head_replaced,
        own_head_gone,
    ],
)
@pytest.mark.untrue("somebody touches the trail")
def test_whoever_touches_the_trusts_own_trail_is_found_out(tamper: Callable[[Anchored], None]) -> None:
    clinic = Anchored()
    tamper(clinic)
    found = clinic.verify()
    assert (found.intact, found.broken) == (False, [TRUST_ITSELF])


@pytest.mark.untrue("somebody touches the trail")
def test_the_trusts_own_entries_are_held_by_the_days_around_them() -> None:
    clinic = Anchored()
    clinic.did()
    today = datetime.fromtimestamp(clinic.clock.time, UTC).date().isoformat()
    assert clinic.verify(today).intact
    entry = clinic.entry(2, "")
    clinic.put(linked(msgspec.structs.replace(entry, counts={"rows": 4}), entry.previous))
    assert not clinic.verify(today).intact
    assert not clinic.verify().intact


def anchor_changed(clinic: Anchored) -> None:
    (made,) = clinic.anchors()
    clinic.put(msgspec.structs.replace(made, hash="0" * 64))


def anchor_gone(clinic: Anchored) -> None:
    (made,) = clinic.anchors()
    del clinic.store.rows[made.key()]


def object_gone(clinic: Anchored) -> None:
    clinic.sealed.kept.clear()


def object_has_another_version(clinic: Anchored) -> None:
    (versions,) = clinic.sealed.kept.values()
    sealed = msgspec.json.decode(versions[0], type=Sealed)
    versions.append(msgspec.json.encode(Sealed(msgspec.structs.replace(sealed.anchor, hash="0" * 64), [])))


def object_is_no_anchor(clinic: Anchored) -> None:
    (versions,) = clinic.sealed.kept.values()
    versions.append(b"{")


@pytest.mark.parametrize(
    "tamper", [anchor_changed, anchor_gone, object_gone, object_has_another_version, object_is_no_anchor]
)
def test_whoever_touches_an_anchor_is_found_out(tamper: Callable[[Anchored], None]) -> None:
    clinic = Anchored()
    tamper(clinic)
    assert not clinic.verify().anchored


def test_whoever_writes_chains_and_anchors_anew_is_found_out_by_the_bucket() -> None:
    clinic = Anchored()
    written_anew(clinic)
    for made in clinic.anchors():
        del clinic.store.rows[made.key()]
    clinic.services.anchors.make(clinic.trust)
    found = clinic.verify()
    assert (found.anchored, found.broken) == (False, [clinic.one.id])


def test_an_anchor_is_chained_to_the_day_before() -> None:
    clinic = Anchored()
    clinic.tomorrow()
    clinic.services.anchors.make(clinic.trust)
    first, second = clinic.anchors()
    assert (first.previous, second.previous) == ("", first.hash)
    assert second.entries == 0
    assert clinic.verify(second.day).anchored
    anchored_otherwise = msgspec.structs.replace(first, hash="0" * 64)
    clinic.put(anchored_otherwise)
    assert not clinic.verify(second.day).anchored


def test_missed_days_are_made_up_for_and_none_is_made_twice() -> None:
    clinic = Anchored()
    clinic.clock.time += 3 * DAY
    assert len(clinic.services.anchors.make(clinic.trust)) == 3
    assert clinic.services.anchors.make(clinic.trust) == []
    assert len(clinic.anchors()) == len(clinic.sealed.kept) == 4
    clinic.clock.time += 2 * MOST_DAYS * DAY
    assert len(clinic.services.anchors.make(clinic.trust)) == MOST_DAYS
    assert len(clinic.services.anchors.make(clinic.trust)) == MOST_DAYS
    assert clinic.services.anchors.make(clinic.trust) == []


def test_a_day_is_not_closed_before_all_that_began_on_it_is_written() -> None:
    clinic = Anchored()
    midnight = (clinic.clock.time // DAY + 1) * DAY
    clinic.clock.time = midnight + 1799
    assert clinic.services.anchors.make(clinic.trust) == []
    clinic.clock.time = midnight + 1800
    assert len(clinic.services.anchors.make(clinic.trust)) == 1


def test_runs_at_once_make_one_anchor() -> None:
    clinic = Anchored()
    clinic.tomorrow()
    clinic.store.before_write = lambda: clinic.services.anchors.make(clinic.trust) and None
    assert clinic.services.anchors.make(clinic.trust) == []
    assert len(clinic.anchors()) == 2
    assert clinic.verify(clinic.anchors()[-1].day).anchored


def test_a_run_that_was_cut_off_is_finished_by_the_next() -> None:
    clinic = Anchored()
    object_gone(clinic)
    clinic.services.anchors.make(clinic.trust)
    assert clinic.verify().anchored


def test_the_first_anchor_is_of_the_day_on_which_the_trail_begins_and_without_one_there_is_none() -> None:
    clinic = Clinic()
    for key in clinic.store.keys(trail_partition(clinic.trust, "")):
        del clinic.store.rows[key]
    assert clinic.services.anchors.make(clinic.trust) == []
    assert clinic.services.anchors.trusts() == [clinic.trust]


def test_consultations_are_compared_by_their_own_trust() -> None:
    clinic = Anchored()
    assert clinic.services.anchors.verify("another", clinic.day) == Verified(
        day=clinic.day, entries=0, anchored=False, intact=True, broken=[]
    )
    assert clinic.store.get(Consultation, clinic.one.key()) is not None


def checked(clinic: Anchored, first: int, last: int) -> bool:
    """Whether days hold, counted from the first day of the trail."""
    begin = datetime.fromisoformat(clinic.day)
    days = [(begin + timedelta(days=n)).date().isoformat() for n in (first, last)]
    found = clinic.services.anchors.verify_all(clinic.trust, *days)
    assert [day.day for day in found.days][:: len(found.days) - 1 or 1] in (days, days[:1])
    return found.intact


@pytest.mark.untrue("somebody touches the trail")
def test_many_days_hold_when_each_does_and_has_its_anchor() -> None:
    clinic = Anchored()
    assert checked(clinic, -5, 1), "there was no trust before, and of today there is no anchor yet"
    clinic.tomorrow()
    assert not checked(clinic, 0, 1), "its anchor should have been made"
    clinic.services.anchors.make(clinic.trust)
    assert checked(clinic, 0, 2)
    removed(clinic)
    assert not checked(clinic, 0, 2)
    assert checked(clinic, 1, 2)


@pytest.mark.untrue("somebody touches the trail")
def test_days_without_an_anchor_that_there_should_be_do_not_hold() -> None:
    clinic = Anchored()
    for key in [key for key, row in clinic.store.rows.items() if isinstance(row, Anchor | Happening | Head)]:
        del clinic.store.rows[key]
    assert not checked(clinic, 0, 0), "the bucket knows that there was something"


@pytest.mark.parametrize(
    ("first", "last"), [("2027-01-15", "2027-01-14"), ("", "2027-01-14"), ("2027-01-15", "2028-01-15"), ("x", "y")]
)
def test_what_are_no_days_is_refused(first: str, last: str) -> None:
    with pytest.raises(BadRequest):
        Clinic().services.anchors.verify_all("t", first, last)
