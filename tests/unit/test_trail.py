"""The trails: each entry is linked to the one before, whoever else writes in the same moment."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chalicelib
from chalicelib.chain import holds
from chalicelib.errors import Overtaken
from chalicelib.lifecycle import Role
from chalicelib.protocol import LoginLevel
from chalicelib.records import Happening, Head, trail_partition
from chalicelib.rights import Actor
from chalicelib.trail import READ_AGAIN_SECONDS, TRIES
from tests.fakes.clinic import Clinic
from tests.fakes.store import FakeStore

BY = Actor("t", Role.ADMINISTRATOR, staff="s", level=LoginLevel.HIGH)


def own(store: FakeStore, trust: str = "t") -> list[Happening]:
    return store.query(Happening, trail_partition(trust, ""), "TRAIL#")


def intact(store: FakeStore) -> bool:
    head = store.get(Head, Head(trust="t", version=0, hash="").key())
    assert head is not None
    return holds(own(store), head.version, head.hash, lambda _: False)


def test_what_the_trust_did_says_who_in_what_role_how_surely_known_and_how_much() -> None:
    clinic = Clinic()
    entry = clinic.services.trail.trust_did(BY, "rules_set", {"rows": 2})
    assert own(clinic.store) == [entry]
    assert (entry.number, entry.at, entry.what, entry.counts) == (1, clinic.clock.time, "rules_set", {"rows": 2})
    assert (entry.role, entry.staff, entry.level) == (Role.ADMINISTRATOR, "s", LoginLevel.HIGH)


def test_each_trust_has_a_trail_of_its_own() -> None:
    clinic = Clinic()
    store, trail = clinic.store, clinic.services.trail
    trail.trust_did(BY, "rules_set")
    trail.trust_did(Actor("u", Role.SYSTEM), "purged")
    assert [(e.number, e.what) for e in own(store, "u")] == [(1, "purged")]


@given(st.lists(st.integers(0, 3), max_size=12))
def test_entries_of_those_who_race_are_one_chain(rivals: list[int]) -> None:
    clinic = Clinic()
    store, trail = clinic.store, clinic.services.trail
    for several in rivals:

        def others(left: int = several) -> None:
            if left:
                store.before_write = lambda: others(left - 1)
                trail.trust_did(BY, "audit_read")

        store.before_write = others
        trail.trust_did(BY, "audit_read")
    assert len(own(store)) == len(rivals) + sum(rivals)
    assert not rivals or intact(store)


def test_whoever_is_overtaken_again_and_again_is_told_so() -> None:
    clinic = Clinic()
    store, trail = clinic.store, clinic.services.trail

    def overtake() -> None:
        trail.trust_did(BY, "audit_read")
        store.before_write = overtake

    store.before_write = overtake
    with pytest.raises(Overtaken):
        trail.trust_did(BY, "rules_set")
    assert len(own(store)) == TRIES
    assert intact(store)


def test_a_consultations_entries_are_a_chain_that_ends_with_it() -> None:
    clinic = Clinic()
    entries, intact = clinic.services.trail.whole(clinic.talking())
    assert intact
    assert [e.what for e in entries][-3:] == ["check_in", "call", "accept"]
    assert {e.hash for e in entries} == {e.previous for e in entries[1:]} | {entries[-1].hash}


def test_who_of_the_staff_reads_a_trail_stands_in_it_but_not_at_each_look() -> None:
    clinic = Clinic()
    booked = clinic.book()
    for _ in range(2):
        read = clinic.services.trail.read(clinic.by, booked.id)
        assert read.intact
    assert [e.what for e in read.entries].count("trail_read") == 1
    assert read.entries[-1].who == clinic.staff
    clinic.clock.time += READ_AGAIN_SECONDS
    assert [e.what for e in clinic.services.trail.read(clinic.by, booked.id).entries].count("trail_read") == 2


@pytest.mark.untrue("somebody touches the trail")
def test_a_trail_that_somebody_touched_is_said_to_be_broken() -> None:
    clinic = Clinic()
    booked = clinic.book()
    entry = clinic.services.trail.happened(clinic.trust, booked.id)[0]
    clinic.store.rows[entry.key()] = msgspec.structs.replace(entry, staff="somebody-else")
    assert not clinic.services.trail.read(clinic.by, booked.id).intact


def test_a_change_between_two_readings_is_no_break() -> None:
    clinic = Clinic()
    booked = clinic.book()
    clinic.services.trail.read(clinic.by, booked.id)
    entries, intact = clinic.services.trail.whole(booked)
    assert intact
    assert entries[-1].what == "trail_read"


def test_no_code_changes_an_entry_and_retention_alone_takes_one_away() -> None:
    """Entries are created on condition that there is none, and are the one thing that retention replaces by a hash."""
    sources = {path.name: path.read_text() for path in Path(chalicelib.__file__).parent.glob("*.py")}
    makes = {name for name, text in sources.items() if "Happening(" in text.replace("class Happening(", "")}
    assert makes == {"consultations.py", "trail.py"}
    for name in makes:
        assert not re.search(r"(Put|Replace|Delete|Take|Remove)\(entry\b", sources[name]), name
        assert re.search(r"Create\(entry\)|for record in \(referred, made, entry", sources[name]), name
    takes = {name for name, text in sources.items() if re.search(r"Delete\(entry\.key\(\)\)", text)}
    assert takes == {"retention.py"}
    partitions = {
        name for name, text in sources.items() if re.search(r"\.keys\((consultation_key|trail_partition)", text)
    }
    assert partitions == {"eraser.py"}, "who reads all keys of a partition could remove the trail with the rest"


@pytest.mark.untrue("takes what is left of a consultation that is there")
def test_what_is_left_of_a_consultation_is_removed_but_for_its_trail() -> None:
    clinic = Clinic()
    booked = clinic.book()
    clinic.services.eraser.all_but_trail(clinic.trust, booked.id)
    left = clinic.store.keys(booked.key()[0])
    assert left
    assert all(key[1].startswith("TRAIL#") for key in left)
