"""docs/openapi.json: the REST API in OpenAPI 3.1, from `chalicelib.routes` and the structs of its bodies."""

import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from chalicelib import errors, protocol, rest
from chalicelib.doors import LONGEST_KEY
from chalicelib.edge import SIGNED
from chalicelib.routes import ROUTES, Route, Who
from tools.generate.contracts import HEADER, classes

COMPONENTS = "#/components"
REFERENCE = f"{COMPONENTS}/schemas/{{name}}"
# A logout token (OpenID Connect Back-Channel Logout 1.0 section 2.5).
FORM = {"type": "object", "properties": {"logout_token": {"type": "string"}}, "required": ["logout_token"]}
LICENSE = {"name": "Apache-2.0"}
COOKIES = {
    Who.VISITOR: ("visit", "__Host-v-{consultation}", "A visit's session; begun by `POST /enter` or an arrival."),
    Who.PROVEN: ("visit", "", ""),
    Who.STAFF: ("staff", "__Host-s-{trust}", "A session of the staff; begun at the trust's issuer."),
}
NAMES = {
    Who.VISITOR: "a visitor",
    Who.PROVEN: "a visitor whose login is done",
    Who.CARRIER: "the SMS carrier",
    Who.ISSUER: "the issuer",
}


def text() -> str:
    """The file."""
    return json.dumps(description(), indent=1, ensure_ascii=False) + "\n"


def description() -> dict[str, Any]:
    """The whole description."""
    bodies = [kind for route in ROUTES for kind in (route.takes, route.gives, route.query) if kind is not None]
    _, schemas = msgspec.json.schema_components([*bodies, rest.ErrorBody], ref_template=REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Venterom", "version": "1", "description": HEADER, "license": LICENSE},
        "servers": [{"url": "/api"}],
        "paths": paths,
        "components": {
            "schemas": tidy(schemas),
            "responses": {name(status): refusal(status) for status in statuses()},
            "parameters": {
                "XVenterom": {
                    "name": "X-Venterom", "in": "header", "required": True, "schema": {"const": "1"},
                    "description": "No foreign page can send it without asking first.",
                },
                "IdempotencyKey": {
                    "name": "Idempotency-Key", "in": "header", "required": True,
                    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
                    "description": "The caller's own name for this request: the same one again does nothing again.",
                },
            },
            "securitySchemes": {
                scheme: {"type": "apiKey", "in": "cookie", "name": cookie, "description": about}
                for scheme, cookie, about in COOKIES.values()
                if cookie
            },
        },
    }  # fmt: skip


def operation(route: Route) -> dict[str, Any]:
    """One door."""
    made: dict[str, Any] = {"operationId": route.door, "summary": f"For {audience(route)}."}
    if parameters := list(parameters_of(route)):
        made["parameters"] = parameters
    if route.takes is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema(route.takes)}}}
    if route.who is Who.ISSUER:
        made["requestBody"] = {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": FORM}}}
    made["responses"] = {str(route.status): answer(route)}
    made["responses"] |= {str(status): {"$ref": f"{COMPONENTS}/responses/{name(status)}"} for status in refused(route)}
    if route.who in COOKIES:
        made["security"] = [{COOKIES[route.who][0]: []}]
    return made


def audience(route: Route) -> str:
    """Whom a door is for, in words."""
    return ", ".join(route.staff) or NAMES.get(route.who, "anybody")


def parameters_of(route: Route) -> Iterable[dict[str, Any]]:
    """What a door takes besides its body."""
    for place in re.findall(r"{(\w+)}", route.path):
        yield {"name": place, "in": "path", "required": True, "schema": schema(protocol.Id)}
    if route.query is not None:
        _, components = msgspec.json.schema_components([route.query], ref_template=REFERENCE)
        of = components[route.query.__name__]
        for field, shape in of["properties"].items():
            # In a query nothing can be null: it is left out.
            alone = next((s for s in shape.get("anyOf", ()) if s != {"type": "null"}), shape)
            yield {"name": field, "in": "query", "required": field in of.get("required", ()), "schema": alone}
    if route.method != "GET" and route.who not in SIGNED:
        yield {"$ref": f"{COMPONENTS}/parameters/XVenterom"}
    if route.once:
        yield {"$ref": f"{COMPONENTS}/parameters/IdempotencyKey"}


def answer(route: Route) -> dict[str, Any]:
    """What a door gives when all is well."""
    if route.status == 302:
        place = {"required": True, "schema": {"type": "string"}}
        return {"description": "Go there next.", "headers": {"Location": place}}
    if route.gives is None:
        return {"description": "Done."}
    return {"description": "Done.", "content": {"application/json": {"schema": schema(route.gives)}}}


def refused(route: Route) -> list[int]:
    """The statuses of the errors that a door may answer with."""
    found = {400, 500, 503, *((429,) if route.door != "health" else ())}
    if route.method != "GET":
        found |= {403, 409}
    if route.takes is not None or route.who is Who.ISSUER:
        found |= {413}
    if route.who is not Who.ANYBODY:
        found |= {401, 403}
    if route.who is Who.CARRIER:
        found |= {404}
    if "{" in route.path or route.door == "enter":
        found |= {404, 410}
    return sorted(found)


def statuses() -> list[int]:
    """Every status that an error can have."""
    return sorted({error.status for error in classes(errors, errors.VenteromError)})


def name(status: int) -> str:
    """What the response of a status is called here."""
    return f"Error{status}"


def refusal(status: int) -> dict[str, Any]:
    """One status's answer, and which codes come with it."""
    codes = ", ".join(f"`{e.code}`" for e in classes(errors, errors.VenteromError) if e.status == status)
    return {"description": codes, "content": {"application/json": {"schema": schema(rest.ErrorBody)}}}


def schema(kind: Any) -> Any:
    """A type's schema; of a struct, where it stands."""
    (found,), _ = msgspec.json.schema_components([kind], ref_template=REFERENCE)
    return found


def tidy(schemas: dict[str, Any]) -> dict[str, Any]:
    """With each description in one line."""
    for of in schemas.values():
        if "description" in of:
            of["description"] = " ".join(of["description"].split())
    return schemas
