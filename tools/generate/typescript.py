"""web/src/protocol.ts: every type that the pages share with the functions."""

import enum
import types
import typing
from typing import Any

import msgspec

from chalicelib import lifecycle, protocol, rest
from tools.generate.contracts import HEADER, classes, error_codes, members, strip, summary

BROWSER_DIRECTIONS = (
    "FromPatient",
    "FromClinician",
    "ToPatient",
    "ToClinician",
    "OnCallFromPage",
    "OnCallFromWorker",
)


def typescript(annotation: Any) -> str:
    """A Python annotation as a TypeScript type."""
    annotation = strip(annotation)
    simple = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
    if annotation in simple:
        return simple[annotation]
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is dict:
        return f"Partial<Record<{typescript(args[0])}, {typescript(args[1])}>>"
    if origin in (list, tuple):
        return f"{typescript(args[0])}[]"
    if origin is typing.Literal:
        return " | ".join(f'"{arg}"' for arg in args)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(typescript(arg) for arg in args)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum | msgspec.Struct):
        return annotation.__name__
    raise TypeError(annotation)


def interface(cls: type[msgspec.Struct]) -> str:
    """One struct as a TypeScript interface. What we send may leave out what has a default."""
    hints = typing.get_type_hints(cls, include_extras=True)
    lines = [f"/** {summary(cls)} */", f"export interface {cls.__name__} {{"]
    if issubclass(cls, protocol.Message):
        lines.append(f'  type: "{cls.__struct_config__.tag}";')
    from_browser = {c for union in ("FromPatient", "FromClinician", "OnCallFromPage") for c in members(union)}
    sent = cls.__module__ == rest.__name__ or cls in from_browser
    for field in msgspec.structs.fields(cls):
        optional = "?" if sent and not field.required else ""
        lines.append(f"  {field.name}{optional}: {typescript(hints[field.name])};")
    return "\n".join([*lines, "}"])


def protocol_ts() -> str:
    """web/src/protocol.ts: every type the pages share with the functions."""
    browser = {cls for union in BROWSER_DIRECTIONS for cls in members(union)}
    parts = [f"// {HEADER}"]
    enums: list[type[enum.Enum]] = [
        lifecycle.State,
        lifecycle.Role,
        *classes(protocol, enum.Enum),
        *classes(rest, enum.Enum),
    ]
    for kind in enums:
        values = " | ".join(f'"{member.value}"' for member in kind)
        parts.append(f"/** {summary(kind)} */\nexport type {kind.__name__} = {values};")
    for module in (protocol, rest):
        parts += [interface(cls) for cls in classes(module, protocol.Part) if cls is not protocol.Part]
    parts += [interface(cls) for cls in classes(protocol, protocol.Message) if cls in browser]
    for union in BROWSER_DIRECTIONS:
        names = " | ".join(cls.__name__ for cls in members(union))
        parts.append(f"export type {union} = {names};")
    codes = " | ".join(f'"{code}"' for code in error_codes())
    parts.append(f"/** Every code an error can carry. */\nexport type ErrorCode = {codes};")
    return "\n\n".join(parts) + "\n"
