"""The trails: each entry is linked to the one before, whoever else writes in the same moment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.chain import holds
from chalicelib.errors import Overtaken
from chalicelib.lifecycle import Role
from chalicelib.protocol import LoginLevel
from chalicelib.records import Happening, Head, trail_partition
from chalicelib.rights import Actor
from chalicelib.trail import TRIES, Trail
from tests.fakes.clinic import Clock
from tests.fakes.store import FakeStore

BY = Actor("t", Role.ADMINISTRATOR, staff="s", level=LoginLevel.HIGH)


def own(store: FakeStore, trust: str = "t") -> list[Happening]:
    return store.query(Happening, trail_partition(trust, ""), "TRAIL#")


def intact(store: FakeStore) -> bool:
    head = store.get(Head, Head(trust="t", version=0, hash="").key())
    assert head is not None
    return holds(own(store), head.version, head.hash, lambda _: False)


def test_what_the_trust_did_says_who_in_what_role_how_surely_known_and_how_much() -> None:
    store, clock = FakeStore(), Clock()
    entry = Trail(store, clock).trust_did(BY, "rules_set", {"rows": 2})
    assert own(store) == [entry]
    assert (entry.number, entry.at, entry.what, entry.counts) == (1, clock.time, "rules_set", {"rows": 2})
    assert (entry.role, entry.staff, entry.level) == (Role.ADMINISTRATOR, "s", LoginLevel.HIGH)


def test_each_trust_has_a_trail_of_its_own() -> None:
    store = FakeStore()
    trail = Trail(store, Clock())
    trail.trust_did(BY, "rules_set")
    trail.trust_did(Actor("u", Role.SYSTEM), "purged")
    assert [(e.number, e.what) for e in own(store, "u")] == [(1, "purged")]


@given(st.lists(st.integers(0, 3), max_size=12))
def test_entries_of_those_who_race_are_one_chain(rivals: list[int]) -> None:
    store = FakeStore()
    trail = Trail(store, Clock())
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
    store = FakeStore()
    trail, rival = Trail(store, Clock()), Trail(store, Clock())

    def overtake() -> None:
        rival.trust_did(BY, "audit_read")
        store.before_write = overtake

    store.before_write = overtake
    with pytest.raises(Overtaken):
        trail.trust_did(BY, "rules_set")
    assert len(own(store)) == TRIES
    assert intact(store)
