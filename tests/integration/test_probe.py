"""The probe in the real local system: green when all is well, and red with a cause when a part of it is not."""

import asyncio
import os
import signal
from collections.abc import Iterator

import msgspec
import pytest

from chalicelib import probing
from chalicelib.records import Consultation
from client.rest import Rest
from local.probe import settings_of
from local.system import Ports, System
from probe.keeper import keeper
from probe.outcome import Cause, Outcome, Part, State
from probe.run import look
from probe.settings import Settings
from probe.status import after
from tests.invariants import Table
from tests.media.turnserver import PATIENCE

SILENT = 20.0
"""Seconds in which what works has answered here, however busy the machine."""
ALL_WELL = dict.fromkeys(Part, State.OK)
NO_CALLS = ALL_WELL | {Part.CALLS: State.FAULT}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with System(tmp_path_factory.mktemp("probe") / "state", Ports.free()) as running:
        yield running


@pytest.fixture
def settings(system: System) -> Settings:
    outputs = system.aws.outputs() or {}
    made = settings_of(system.addresses, system.aws.secret(outputs["ProbeSecret"]))
    return msgspec.structs.replace(made, patience=PATIENCE)


def held(settings: Settings, *, patience: float | None = None, resting: bool = False) -> Outcome:
    """One run. Where a fault is to be found by silence, ``patience`` says how long that is waited for."""
    waits = msgspec.structs.replace(settings, patience=patience or settings.patience)
    return asyncio.run(look(waits, lambda: resting))


def test_a_call_goes_both_ways_through_turn_and_leaves_nothing_behind(system: System, settings: Settings) -> None:
    found = held(settings)
    assert (found.parts, found.cause) == (ALL_WELL, Cause.NONE)
    assert set(found.first_picture_ms) == set(found.round_trip_ms) == {"udp", "tcp"}
    assert held(settings).ok, "and again"
    outputs = system.aws.outputs() or {}
    table = Table.scanned(system.aws.client("dynamodb"), outputs["Table"], lambda: found.at)
    calls = [c for c in table.all(Consultation) if c.trust == probing.TRUST]
    assert [c.state for c in calls] == ["ended", "ended"]


def test_what_it_wrote_stands_at_the_domain(system: System, settings: Settings) -> None:
    front = Rest(system.origin)
    assert front.raw("GET", "/status.json")[0] == 404, "before it ever looked"
    written = msgspec.json.encode(after(None, held(settings), settings.every))
    keeper(settings).write(written)
    assert front.raw("GET", "/status.json") == (200, written)
    assert front.raw("GET", "/status")[0] == 200


def test_turn_that_is_down_is_named(system: System, settings: Settings) -> None:
    system.child("turn").stop()
    try:
        found = held(settings)
    finally:
        system.start_turn()
    assert found.parts == NO_CALLS
    assert found.cause in (Cause.RELAY_UDP, Cause.RELAY_TCP)


def test_a_lost_worker_is_named_unless_none_is_wanted(system: System, settings: Settings) -> None:
    system.child("worker").stop()
    try:
        found = held(settings, patience=SILENT)
        at_night = held(settings, resting=True)
    finally:
        system.start_worker()
    assert (found.parts, found.cause) == (NO_CALLS, Cause.WORKER)
    assert (at_night.parts[Part.CALLS], at_night.ok) == (State.RESTING, True)


def test_functions_that_do_nothing_are_named_and_pages_are_not(system: System, settings: Settings) -> None:
    pid = system.child("aws").pid
    os.killpg(pid, signal.SIGSTOP)
    try:
        found = held(settings, patience=SILENT)
    finally:
        os.killpg(pid, signal.SIGCONT)
    assert found.parts == NO_CALLS | {Part.ROOMS: State.FAULT}
    assert found.cause is Cause.FUNCTIONS
    assert held(settings).ok, "and well again"
