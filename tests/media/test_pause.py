"""Real browsers in a call: a pause lets nothing out, from its first moment on, and brings everything back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from chalicelib.protocol import Seat
from tests.media.pages import SMALL, Person, people
from tests.media.peers import Calls

TWO = (Seat.CLINICIAN, Seat.PATIENT)
KINDS = ("chromium", "firefox")


def call(kinds: tuple[str, ...], scene: Callable[[Calls, Person, Person], Awaitable[None]]) -> None:
    """A call of a clinician and a patient, in browsers of these kinds."""

    async def run() -> None:
        calls = Calls()
        async with people(calls, *TWO, kinds=kinds) as (clinician, patient):
            await scene(calls, clinician, patient)

    asyncio.run(run())


async def told(person: Person, times: int = 1) -> dict[str, Any]:
    """Waits until the worker has told so many times more how the connection does, as it does every three seconds; what
    the page counts then."""
    await person.until("f.told >= k", (await person.look())["told"] + times)
    return await person.look()


async def sends_nothing(person: Person) -> None:
    """What was on its way is out after the worker's next word; from then on nothing more is sent."""
    before = await told(person)
    assert (await told(person))["packets"] == before["packets"]


@pytest.mark.parametrize("kinds", [("chromium", "chromium"), ("chromium", "firefox"), ("firefox", "chromium")])
def test_a_pause_sends_nothing_and_all_comes_back(kinds: tuple[str, ...]) -> None:
    async def scene(calls: Calls, clinician: Person, patient: Person) -> None:
        await asyncio.gather(*(who.enter(TWO, SMALL, simulcast=False) for who in (clinician, patient)))
        await patient.follows(clinician)
        await clinician.follows(patient)
        await patient.do("media.pause(true)")
        assert await patient.do("remote.people[0].stream.getTracks().map(track => track.enabled)") == [False, False]
        await sends_nothing(patient)
        await patient.do("media.pause(false)")
        await clinician.follows(patient)
        await patient.follows(clinician)

    call(kinds, scene)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_that_comes_into_a_pause_lets_nothing_slip_out(kind: str) -> None:
    async def scene(calls: Calls, clinician: Person, patient: Person) -> None:
        await clinician.enter(TWO, SMALL, simulcast=False)
        await patient.enter(TWO, SMALL, simulcast=False, paused=True)
        await patient.until("f.state === 'connected'")
        before = await told(patient)
        assert sum(before["packets"].values()) == 0
        await patient.do("media.pause(false)")
        await clinician.follows(patient)

    call(("chromium", kind), scene)
