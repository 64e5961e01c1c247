"""docs/asyncapi.json: the WebSocket API in AsyncAPI 3.0, from the unions of `chalicelib.protocol`."""

import json
from typing import Any

import msgspec

from chalicelib import protocol
from tools.generate.contracts import HEADER, classes, members, summary
from tools.generate.openapi import COMPONENTS, LICENSE, REFERENCE, tidy

# Who speaks on the socket: the unions of what one says and hears.
ROLES = {
    "patient": ("FromPatient", "ToPatient"),
    "guest": ("FromGuest", "ToPatient"),
    "clinician": ("FromClinician", "ToClinician"),
    "secretary": ("FromSecretary", "ToClinician"),
    "worker": ("FromWorker", "ToWorker"),
}


def text() -> str:
    """The file."""
    return json.dumps(description(), indent=1, ensure_ascii=False) + "\n"


def description() -> dict[str, Any]:
    """The whole description: one channel a role, all at the same address; the ticket decides which it is."""
    said = {cls for unions in ROLES.values() for union in unions for cls in members(union)}
    kinds = [cls for cls in classes(protocol, protocol.Message) if cls in said]
    _, schemas = msgspec.json.schema_components(kinds, ref_template=REFERENCE)
    operations = {}
    for role, (heard, told) in ROLES.items():
        operations[f"{role}Says"] = operation(role, "receive", heard)
        operations[f"{role}IsTold"] = operation(role, "send", told)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Venterom's socket", "version": "1", "description": HEADER, "license": LICENSE},
        "servers": {
            "functions": {
                "host": "{origin}", "protocol": "wss", "pathname": "/ws",
                "variables": {"origin": {"description": "The host of the pages."}},
                "security": [{"$ref": f"{COMPONENTS}/securitySchemes/ticket"}],
            }
        },
        "defaultContentType": "application/json",
        "channels": {role: channel(role, *unions) for role, unions in ROLES.items()},
        "operations": operations,
        "components": {
            "messages": {tag(cls): message(cls) for cls in kinds},
            "schemas": tidy(schemas),
            "securitySchemes": {
                "ticket": {
                    "type": "httpApiKey", "in": "query", "name": "ticket",
                    "description": "Good once and for half a minute; from `POST …/ticket`, or a worker's signed pass.",
                }
            },
        },
    }  # fmt: skip


def channel(role: str, heard: str, told: str) -> dict[str, Any]:
    """One role's socket."""
    tags = sorted({tag(cls) for union in (heard, told) for cls in members(union)})
    return {
        "address": "/",
        "description": f"A {role}'s socket.",
        "messages": {name: {"$ref": f"{COMPONENTS}/messages/{name}"} for name in tags},
    }


def operation(role: str, action: str, union: str) -> dict[str, Any]:
    """What goes one way on it; the description's subject are the functions."""
    references = [{"$ref": f"#/channels/{role}/messages/{tag(cls)}"} for cls in members(union)]
    return {"action": action, "channel": {"$ref": f"#/channels/{role}"}, "messages": references}


def message(cls: type[msgspec.Struct]) -> dict[str, Any]:
    """One message."""
    return {
        "name": tag(cls),
        "summary": summary(cls),
        "payload": {"$ref": f"{COMPONENTS}/schemas/{cls.__name__}"},
    }


def tag(cls: type[msgspec.Struct]) -> str:
    """What it is called on the wire."""
    return str(cls.__struct_config__.tag)
