"""The chain of a trail: it holds for whatever happens, and for nothing that anybody altered afterwards."""

import hashlib
import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.chain import anchor, entry_hash, holds, linked
from chalicelib.lifecycle import Role, State
from chalicelib.protocol import LoginLevel
from chalicelib.records import Happening

WORDS = st.text(max_size=8)
STEPS: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    what=WORDS,
    at=st.integers(0, 2**40),
    role=st.sampled_from(Role),
    staff=WORDS,
    level=st.sampled_from(LoginLevel),
    state=st.none() | st.sampled_from(State),
    counts=st.dictionaries(WORDS, st.integers(0, 2**40), max_size=3),
)
CHAINS = st.lists(STEPS, min_size=1, max_size=8)


def chain(steps: list[dict[str, Any]]) -> list[Happening]:
    made: list[Happening] = []
    for number, step in enumerate(steps, 1):
        entry = Happening(trust="t", consultation="c", number=number, **step)
        made.append(linked(entry, made[-1].hash if made else ""))
    return made


def intact(entries: list[Happening], of: list[Happening]) -> bool:
    """Whether ``entries`` pass for the chain that ends as ``of`` does."""
    return holds(entries, of[-1].number, of[-1].hash, lambda _: False)


def nothing_gone(_: str) -> bool:
    return False


def test_the_format_is_the_one_that_is_written_down() -> None:
    entry = linked(
        Happening(
            trust="helse-test", consultation="c1", number=2, at=1_800_000_000, what="call", role=Role.CLINICIAN,
            staff="å\u0001\"", level=LoginLevel.HIGH, state=State.CALLING, counts={"b": 2, "a": 1},
        ),
        "00ff",
    )  # fmt: skip
    text = (
        '["venterom-entry-1","00ff","helse-test","c1",2,1800000000,"call","clinician","å\\u0001\\"","high","calling",'
        '[["a",1],["b",2]]]'
    )
    assert entry.hash == hashlib.sha256(text.encode()).hexdigest()
    made = anchor("helse-test", "2027-01-15", ["b", "a"], "p")
    text = json.dumps(["venterom-anchor-1", "p", "helse-test", "2027-01-15", ["a", "b"]], separators=(",", ":"))
    assert (made.entries, made.previous, made.hash) == (2, "p", hashlib.sha256(text.encode()).hexdigest())


@given(CHAINS)
def test_what_was_only_appended_to_holds(steps: list[dict[str, Any]]) -> None:
    made = chain(steps)
    assert intact(made, made)


@given(CHAINS, st.data())
def test_whatever_is_altered_is_found(steps: list[dict[str, Any]], data: st.DataObject) -> None:
    made = chain(steps)
    at = data.draw(st.integers(0, len(made) - 1))
    field, value = data.draw(
        st.sampled_from(
            [
                ("trust", "other"),
                ("consultation", "other"),
                ("number", 99),
                ("at", -1),
                ("what", "something else"),
                ("role", next(r for r in Role if r is not made[at].role)),
                ("staff", "somebody else"),
                ("level", next(v for v in LoginLevel if v is not made[at].level)),
                ("state", next(s for s in State if s is not made[at].state)),
                ("counts", {"something else": 1}),
                ("previous", "0" * 64),
                ("hash", "0" * 64),
            ]
        )
    )
    altered = [*made]
    altered[at] = msgspec.structs.replace(made[at], **{field: value})
    assert not intact(altered, made)
    # Whoever knows the format makes the hash fit as well: then what follows it, or the head, does not.
    if field != "hash":
        altered[at] = msgspec.structs.replace(altered[at], hash=entry_hash(altered[at]))
        assert not intact(altered, made)


@given(CHAINS, st.data())
def test_whatever_is_taken_out_put_in_or_moved_is_found(steps: list[dict[str, Any]], data: st.DataObject) -> None:
    made = chain(steps)
    at = data.draw(st.integers(0, len(made) - 1))
    assert not intact(made[:at] + made[at + 1 :], made)
    assert not intact([*made[:at], made[at], *made[at:]], made)
    other = data.draw(st.integers(0, len(made) - 1))
    swapped = [*made]
    swapped[at], swapped[other] = made[other], made[at]
    assert intact(swapped, made) is (at == other)
    assert not holds(made, made[-1].number, "0" * 64, nothing_gone)
    assert not holds(made, made[-1].number + 1, made[-1].hash, nothing_gone)
    assert not holds([], made[-1].number, made[-1].hash, nothing_gone)


@given(st.lists(STEPS, min_size=2, max_size=8), st.data())
def test_a_chain_may_lack_its_beginning_where_retention_took_it(
    steps: list[dict[str, Any]], data: st.DataObject
) -> None:
    made = chain(steps)
    cut = data.draw(st.integers(1, len(made) - 1))
    took = {entry.hash for entry in made[:cut]}
    assert holds(made[cut:], made[-1].number, made[-1].hash, took.__contains__)
    assert not intact(made[cut:], made)
    assert holds([], 0, "", nothing_gone)


@given(st.sets(st.text("0123456789abcdef", min_size=4, max_size=4), min_size=1, max_size=6), st.data())
def test_an_anchor_is_of_just_these_entries(hashes: set[str], data: st.DataObject) -> None:
    made = anchor("t", "2027-01-15", hashes, "before")
    assert anchor("t", "2027-01-15", data.draw(st.permutations(sorted(hashes))), "before") == made
    one = data.draw(st.sampled_from(sorted(hashes)))
    for other in (
        anchor("t", "2027-01-15", hashes - {one}, "before"),
        anchor("t", "2027-01-15", hashes | {"more"}, "before"),
        anchor("t", "2027-01-15", hashes, "another"),
        anchor("t", "2027-01-16", hashes, "before"),
        anchor("u", "2027-01-15", hashes, "before"),
    ):
        assert other.hash != made.hash
