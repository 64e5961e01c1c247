"""Requests made from the OpenAPI description, as everybody, at the doors in this process: answers are as described.

The same description is tried at the running service by tests/integration/test_running_api.py, with fewer requests.
"""

import io
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fakes.gateway import OPEN
from tests.fakes.world import EVERYBODY, World
from tests.fakes.wsgi import application
from tools.generate.openapi import description

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 5


def built() -> dict[str, Any]:
    """The description of the doors that are there."""
    described = description()
    there = {(route.path, route.method.lower()) for route in OPEN}
    described["paths"] = {
        path: {method: operation for method, operation in operations.items() if (path, method) in there}
        for path, operations in described["paths"].items()
    }
    return described


schema = schemathesis.openapi.from_dict(built())
schema.app = application


class Kept:
    """A world, as new before each request."""

    def __init__(self) -> None:
        self.world = World()
        self._rows = dict(self.world.clinic.store.rows)

    def again(self) -> World:
        self.world.clinic.store.rows = dict(self._rows)
        self.world.clinic.store.counters.clear()
        self.world.clinic.scheduler.planned.clear()
        return self.world


@pytest.fixture(scope="module")
def kept() -> Iterator[Kept]:
    with redirect_stdout(io.StringIO()):
        made = Kept()
    yield made
    made.world.close()


@schema.parametrize()
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_are_as_described(case: "schemathesis.Case[Any]", kept: Kept) -> None:
    if case.method != case.operation.method.upper():
        return  # API Gateway knows no such method, and answers itself
    made_up = dict(case.path_parameters or {})
    for who in EVERYBODY:
        world = kept.again()
        # Made-up places lead nowhere; the ones that are there lead on.
        for places in (made_up, {name: world.places.get(name, value) for name, value in made_up.items()}):
            case.path_parameters = places
            with redirect_stdout(io.StringIO()):
                case.call_and_validate(headers=world.headers(who), checks=CHECKS)
