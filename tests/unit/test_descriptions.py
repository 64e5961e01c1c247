"""The generated descriptions of both APIs: valid by their own rules, and nothing left out."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from chalicelib.routes import ROUTES
from tools.generate import asyncapi, openapi
from tools.generate.contracts import ROOT, members

SOCKETS = ROOT / "web" / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"


def written(name: str) -> Any:
    return json.loads((Path(ROOT) / "docs" / name).read_text())


def test_the_rest_api_is_described_validly() -> None:
    OpenAPIV31SpecValidator(written("openapi.json")).validate()
    broken = written("openapi.json")
    del broken["paths"]["/enter"]["post"]["responses"]["200"]["description"]
    with pytest.raises(OpenAPIValidationError):
        OpenAPIV31SpecValidator(broken).validate()


def test_every_door_is_described() -> None:
    described = {
        (method.upper(), path): operation["operationId"]
        for path, operations in openapi.description()["paths"].items()
        for method, operation in operations.items()
    }
    assert described == {(route.method, route.path): route.door for route in ROUTES}


def test_the_socket_is_described_validly() -> None:
    # Draft 7 (the schema's own) knows no keyword that the generated schemas need beyond it.
    check = jsonschema.Draft7Validator(json.loads(SOCKETS.read_text()))
    check.validate(written("asyncapi.json"))
    broken = written("asyncapi.json")
    broken["operations"]["patientSays"]["action"] = "shout"
    assert not check.is_valid(broken)


def test_every_message_of_every_role_is_described() -> None:
    found = asyncapi.description()
    for role, unions in asyncapi.ROLES.items():
        for operation, union in zip((f"{role}Says", f"{role}IsTold"), unions, strict=True):
            told = [reference["$ref"].rpartition("/")[2] for reference in found["operations"][operation]["messages"]]
            assert told == [asyncapi.tag(cls) for cls in members(union)]
            assert set(told) <= found["components"]["messages"].keys()
