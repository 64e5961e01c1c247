"""Makes values of any type of our contracts, as JSON has them; what stands in them another one picks."""

from collections.abc import Sequence
from enum import Enum
from typing import Annotated, Any, Protocol, TypeVar

import msgspec
from msgspec import inspect as m

T = TypeVar("T")


class Pick(Protocol):
    """Who decides what stands in a value."""

    def text(self, limits: m.StrType, field: str) -> str:
        """A text for a field."""

    def number(self, low: int, high: int) -> int:
        """A number."""

    def one(self, options: Sequence[T]) -> T:
        """One of several."""

    def yes(self) -> bool:
        """Whether something that may be left out is there."""


def shaped(kind: Any, pick: Pick) -> Any:
    """A value of a type: a struct as a dict."""
    return _value(m.type_info(kind), pick, "")


def _value(kind: m.Type, pick: Pick, field: str) -> Any:
    match kind:
        case m.Metadata():
            return _value(kind.type, pick, field)
        case m.StrType():
            return pick.text(kind, field)
        case m.IntType():
            return pick.number(kind.ge or 0, kind.le if kind.le is not None else 1 << 40)
        case m.FloatType():
            return float(pick.number(int(kind.ge or 0), int(kind.le if kind.le is not None else 1 << 40)))
        case m.BoolType():
            return pick.one((True, False))
        case m.NoneType():
            return None
        case m.EnumType():
            return _plain(pick.one(list(kind.cls)))
        case m.LiteralType():
            return pick.one(kind.values)
        case m.UnionType():
            return _value(pick.one(kind.types), pick, field)
        case m.ListType() | m.VarTupleType() | m.FrozenSetType():
            most = min(kind.max_length or 3, 3)
            return [_value(kind.item_type, pick, field) for _ in range(pick.one(range(kind.min_length or 0, most + 1)))]
        case m.DictType():
            return {_value(kind.key_type, pick, field): _value(kind.value_type, pick, field)} if pick.yes() else {}
        case m.StructType():
            made = {kind.tag_field: kind.tag} if kind.tag_field else {}
            for of in kind.fields:
                if of.required or pick.yes():
                    made[of.encode_name] = _value(of.type, pick, of.name)
            return made
        case m.AnyType():
            return pick.text(m.StrType(), field)
    raise TypeError(kind)


def _plain(member: Enum) -> Any:
    return member.value


def fits(text: str, limits: m.StrType) -> bool:
    """Whether a text is one that the type takes."""
    try:
        msgspec.convert(text, _kind(limits))
    except msgspec.ValidationError:
        return False
    return True


def _kind(limits: m.StrType) -> Any:
    return Annotated[
        str,
        msgspec.Meta(min_length=limits.min_length, max_length=limits.max_length, pattern=limits.pattern),
    ]
