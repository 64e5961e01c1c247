"""Keeps what each release writes into the table: ``python -m tools.rows`` adds what this one writes anew.

One file a kind of row in tests/contract/rows: its bodies, each with all that it means, defaults included. What stands
there is never changed; a body is taken out by hand, when no table can hold such a row any more.
"""

import enum
import itertools
import json
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec

from chalicelib.records import Record, to_body
from tests.invariants.table import KINDS

FOLDER: Final = Path(__file__).resolve().parent.parent / "tests" / "contract" / "rows"
TEXTS: Final = "x{}"
NUMBER: Final = 7
LEAST: Final = -1
"""The turn in which parts, too, have nothing but what they must."""


def examples(kind: type[Record]) -> Iterator[Record]:
    """A row with nothing but what it must have; then full ones, until every value of every enumeration was there."""
    needed = {f.encode_name: f.type for f in msgspec.structs.fields(kind) if f.required}
    yield kind(**{name: _value(of, LEAST) for name, of in needed.items()})
    every = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    for turn in range(max([1, *_sizes(kind)])):
        yield kind(**{name: _value(of, turn) for name, of in every.items()})


def meaning(value: Any) -> Any:
    """What a row says, as JSON, with what it leaves out because that is the default."""
    if isinstance(value, msgspec.Struct):
        return {name: meaning(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {str(meaning(key)): meaning(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [meaning(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(meaning(inner) for inner in value)
    return value.value if isinstance(value, enum.Enum) else value


def written(kind: type[Record]) -> list[dict[str, Any]]:
    """What this release writes of a kind, each once."""
    rows = {to_body(row).decode(): meaning(row) for row in examples(kind)}
    return [{"body": body, "means": means} for body, means in rows.items()]


def file_of(kind: type[Record]) -> Path:
    """Where the rows of a kind are kept."""
    return FOLDER / f"{kind.__name__}.json"


def kept(kind: type[Record]) -> list[dict[str, Any]]:
    """What releases have written of a kind."""
    file = file_of(kind)
    found: list[dict[str, Any]] = json.loads(file.read_text()) if file.exists() else []
    return found


def _value(of: Any, turn: int) -> Any:
    """Something of a type that is not its default; of an enumeration the value whose turn it is."""
    origin, inside = get_origin(of), get_args(of)
    if origin is Annotated:
        low = next((meta.ge for meta in inside[1:] if getattr(meta, "ge", None) is not None), None)
        return low + 1 if low is not None and inside[0] is int else _value(inside[0], turn)
    if origin in (Union, types.UnionType):
        return _value(next(one for one in inside if one is not type(None)), turn)
    if origin is dict:
        return {_value(inside[0], turn): _value(inside[1], turn)}
    if origin in (tuple, list, frozenset, set):
        return origin([_value(inside[0], turn)])
    return _plain(of, turn)


def _plain(of: Any, turn: int) -> Any:
    if issubclass(of, enum.Enum):
        members = list(of)
        return members[turn % len(members)]
    if issubclass(of, msgspec.Struct):
        fields = [field for field in msgspec.structs.fields(of) if field.required or turn != LEAST]
        return of(**{field.encode_name: _value(field.type, turn) for field in fields})
    plain = {bool: True, int: NUMBER + turn, float: 0.5, str: TEXTS.format(max(turn, 0))}
    return plain[of]


def _sizes(of: Any) -> list[int]:
    """Of all enumerations below a type."""
    if isinstance(of, type) and issubclass(of, enum.Enum):
        return [len(of)]
    if isinstance(of, type) and issubclass(of, msgspec.Struct):
        return list(itertools.chain.from_iterable(_sizes(field.type) for field in msgspec.structs.fields(of)))
    return list(itertools.chain.from_iterable(map(_sizes, get_args(of))))


def main() -> int:
    """Add to the files; says how much."""
    FOLDER.mkdir(exist_ok=True)
    for kind in KINDS:
        before = kept(kind)
        known = {row["body"] for row in before}
        new = [row for row in written(kind) if row["body"] not in known]
        if new:
            rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in [*before, *new])
            file_of(kind).write_text(f"[\n{rows}\n]\n")
            print(f"{kind.__name__}: {len(new)} added")
    return 0


if __name__ == "__main__":
    sys.exit(main())
