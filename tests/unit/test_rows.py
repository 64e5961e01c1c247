"""Rows of other releases: what an earlier one wrote means what it meant, and what a later one adds is passed over."""

import json
from typing import Any

import msgspec
import pytest

from chalicelib.records import Record, from_body
from tests.invariants.table import KINDS
from tools.rows import FOLDER, examples, file_of, kept, meaning, written

EVERY_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


@EVERY_KIND
def test_what_releases_wrote_is_read_and_means_what_it_meant(kind: type[Record]) -> None:
    assert kept(kind), f"Nothing is kept of {kind.__name__}: run python -m tools.rows"
    for row in kept(kind):
        assert within(row["means"], meaning(from_body(kind, row["body"])))


@EVERY_KIND
def test_what_this_release_writes_is_kept(kind: type[Record]) -> None:
    bodies = {row["body"] for row in kept(kind)}
    assert {row["body"] for row in written(kind)} <= bodies, "Records have changed: run python -m tools.rows"


@EVERY_KIND
def test_fields_of_a_later_release_are_passed_over(kind: type[Record]) -> None:
    for row in examples(kind):
        assert from_body(kind, json.dumps(later(row))) == row


def test_nothing_is_kept_of_kinds_that_are_no_more() -> None:
    assert {file.name for file in FOLDER.glob("*.json")} == {file_of(kind).name for kind in KINDS}


def test_what_is_wrong_is_still_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        from_body(next(iter(KINDS)), b'{"id": 1}')


def within(before: Any, after: Any) -> bool:
    """Whether all that was said is still said; parts may say more."""
    if isinstance(before, dict) and isinstance(after, dict):
        return all(name in after and within(inner, after[name]) for name, inner in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(within, before, after))
    return bool(before == after)


def later(value: Any) -> Any:
    """A row, as JSON, with one more field in each of its parts."""
    if isinstance(value, msgspec.Struct):
        return {name: later(getattr(value, name)) for name in value.__struct_fields__} | {"of_a_later_release": [1]}
    if isinstance(value, list | tuple):
        return [later(inner) for inner in value]
    if isinstance(value, dict):
        return {str(key): later(inner) for key, inner in value.items()}
    return meaning(value)
