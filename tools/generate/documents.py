"""docs/protocol.md, docs/lifecycle.md and docs/api.md: the contracts for a reader."""

import enum
import inspect
import typing
from typing import Any

import msgspec

from chalicelib import errors, lifecycle, protocol, routes
from tools.generate.contracts import DIRECTIONS, HEADER, classes, members, summary
from tools.generate.typescript import typescript


def shape(annotation: Any) -> str:
    """An annotation for a reader of the protocol document, with its limits."""
    limits = []
    if typing.get_origin(annotation) is typing.Annotated:
        for meta in typing.get_args(annotation)[1:]:
            for name, words in (("ge", "≥"), ("le", "≤"), ("max_length", "length ≤")):
                if (value := getattr(meta, name)) is not None:
                    limits.append(f"{words} {value}")
    text = typescript(annotation).replace("|", "or")
    return f"{text} ({', '.join(limits)})" if limits else text


def protocol_md() -> str:
    """docs/protocol.md: each message, who sends it to whom, its fields."""
    out = [f"# The signalling protocol\n\n{HEADER}\n", (inspect.getdoc(protocol) or "") + "\n"]
    out.append(
        f"A message is at most {protocol.MAX_MESSAGE} bytes and travels in one frame of at most {protocol.MAX_FRAME} "
        f"bytes; a session description is at most {protocol.MAX_SDP} characters.\n"
    )
    titles = {
        "FromPatient": "Patient → functions",
        "FromGuest": "Guest → functions",
        "FromClinician": "Clinician → functions",
        "FromSecretary": "Secretary → functions",
        "FromWorker": "Worker → functions",
        "ToPatient": "Functions → patient",
        "ToClinician": "Functions → clinician",
        "ToWorker": "Functions → worker",
        "OnCallFromPage": "Page → worker, on the call's data channel",
        "OnCallFromWorker": "Worker → page, on the call's data channel",
    }
    out.append("## Who may send what\n")
    for union in DIRECTIONS:
        names = ", ".join(f"[`{cls.__struct_config__.tag}`](#{cls.__struct_config__.tag})" for cls in members(union))
        out.append(f"- **{titles[union]}**: {names}")
    out.append("\n## Messages\n")
    for cls in classes(protocol, protocol.Message):
        if cls is protocol.Message:
            continue
        out.append(f"### {cls.__struct_config__.tag}\n\n{summary(cls)}\n")
        out.append(fields_table(cls))
    out.append("## Values\n")
    for kind in classes(protocol, enum.Enum):
        values = ", ".join(f"`{member.value}`" for member in kind)
        out.append(f"### {kind.__name__}\n\n{summary(kind)}\n\n{values}\n")
    for part in classes(protocol, protocol.Part):
        if part is not protocol.Part:
            out.append(f"### {part.__name__}\n\n{summary(part)}\n")
            out.append(fields_table(part))
    out.append("## Errors\n\n| code | status | try again | text |\n|---|---|---|---|")
    out += [
        f"| `{c.code}` | {c.status} | {'yes' if c.retry else 'no'} | {c.text} |"
        for c in classes(errors, errors.VenteromError)
    ]
    return "\n".join(out) + "\n"


def fields_table(cls: Any) -> str:
    """A struct's fields as a Markdown table."""
    fields = msgspec.structs.fields(cls)
    if not fields:
        return "No fields.\n"
    hints = typing.get_type_hints(cls, include_extras=True)
    rows = [f"| `{f.name}` | {shape(hints[f.name])} | {'' if f.required else 'optional'} |" for f in fields]
    return "\n".join(["| field | value | |", "|---|---|---|", *rows]) + "\n"


def lifecycle_md() -> str:
    """docs/lifecycle.md: the table and the diagram of a consultation's life."""
    out = [f"# A consultation's life\n\n{HEADER}\n", "```mermaid", "stateDiagram-v2", "  [*] --> booked"]
    out += [f"  {a} --> {b}: {event}" for (a, event), b in lifecycle.TRANSITIONS.items()]
    out += [f"  {state} --> [*]" for state in lifecycle.State if state in lifecycle.FINAL]
    out += ["```", "", "`·` changes nothing (a repeat), an empty field is refused.", ""]
    events = list(lifecycle.Event)
    out.append("| state | " + " | ".join(events) + " |")
    out.append("|---" * (len(events) + 1) + "|")
    for state in lifecycle.State:
        cells = []
        for event in events:
            after = lifecycle.TRANSITIONS.get((state, event))
            cells.append(after or ("·" if (state, event) in lifecycle.REPEATS else ""))
        out.append(f"| **{state}** | " + " | ".join(cells) + " |")
    out += ["", "| event | by |", "|---|---|"]
    out += [f"| {event} | {', '.join(sorted(lifecycle.ALLOWED[event]))} |" for event in events]
    return "\n".join(out) + "\n"


def api_md() -> str:
    """docs/api.md: every door of the REST API."""
    out = [f"# The REST API\n\n{HEADER}\n", (inspect.getdoc(routes) or "") + "\n"]
    out.append("[openapi.json](openapi.json) describes the same with every body; `once`: asks for `Idempotency-Key`.\n")
    out.append("| door | for | takes | gives | status | |\n|---|---|---|---|---|---|")
    for route in routes.ROUTES:
        who = ", ".join(route.staff) or route.who
        takes = route.takes or route.query
        given = getattr(route.gives, "__name__", "") if route.gives else ""
        cells = [who, getattr(takes, "__name__", ""), given, str(route.status), "once" if route.once else ""]
        out.append(f"| `{route.method} /api{route.path}` | {' | '.join(cells)} |")
    return "\n".join(out) + "\n"
