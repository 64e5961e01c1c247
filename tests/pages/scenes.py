"""Every page's every state: what axe looks at and what `make screenshots` photographs."""

from collections.abc import Iterator

import msgspec

from chalicelib import errors
from probe.outcome import Part, State
from tests.pages import content, staff_scenes, visit_scenes
from tests.pages.backend import Answers
from tests.pages.content import VISIT
from tests.pages.gallery import Scene, Sight

DEPARTMENT = "/d/elvenes/medisinsk"


def scenes() -> Iterator[Scene]:
    """All of them, each page's in the order in which people meet them."""
    yield Scene("landing", "start", "/", "main h1")
    yield Scene("landing", "logged-out", "/?logged_out", "main .ds-alert")
    yield Scene("unsupported", "plain", "/unsupported.html", "[role=main] h1")
    beside = Answers({f"GET /visits/{VISIT}": content.visit()})
    for view in ("help", "advice", "privacy", "accessibility"):
        yield Scene(view, "alone", f"/{view}", f"main[data-view={view}] h1")
        yield Scene(view, "beside-a-visit", f"/{view}#~{VISIT}", ".v-phone", beside)
    yield Scene("help", "all-open", "/help", "main details[open]", then=_all_open)
    yield from _status()
    yield from _department()
    yield from visit_scenes.scenes()
    yield from staff_scenes.scenes()


def _status() -> Iterator[Scene]:
    yield Scene("status", "never", "/status", "main[data-step=never] .ds-alert")
    for name, minutes, changed in (
        ("well", 2, {}),
        ("calls-down", 1, {Part.CALLS: State.FAULT}),
        ("all-down", 1, dict.fromkeys((Part.LOGIN, Part.ROOMS, Part.CALLS), State.FAULT)),
        ("resting", 4, {Part.CALLS: State.RESTING}),
    ):
        told = Answers(status=content.status(minutes, changed))
        yield Scene("status", name, "/status", "main[data-step=known] .s-days", told)
    old = Answers(status=content.status(60, {}))
    yield Scene("status", "nobody-looks", "/status", "main[data-step=unknown] .s-days", old, then=_bad_days)
    yield Scene("status", "unreadable", "/status", "main[data-step=unknown] .ds-alert", Answers(status=b"<html>"))


async def _bad_days(sight: Sight) -> None:
    await sight.page.locator("main details.s-bad summary").last.click()


def _department() -> Iterator[Scene]:
    known = Answers({f"GET /departments{DEPARTMENT[2:]}": content.PAGE})
    unknown = Answers({f"GET /departments{DEPARTMENT[2:]}": errors.NotFound()})
    down = Answers({f"GET /departments{DEPARTMENT[2:]}": errors.Unavailable()})
    yield Scene("department", "who", DEPARTMENT, "main[data-step=who] h1", known)
    yield Scene("department", "you", DEPARTMENT, "main[data-step=you] h1", known, then=_first)
    yield Scene("department", "you-faults", DEPARTMENT, "main [aria-invalid=true]", known, then=_nothing_typed)
    stopped = msgspec.structs.replace(content.PAGE, suspended=content.STOPPED)
    closed = Answers({f"GET /departments{DEPARTMENT[2:]}": stopped})
    yield Scene("department", "suspended", DEPARTMENT, "main[data-step=suspended] h1", closed)
    overtaken = Answers(
        {
            f"GET /departments{DEPARTMENT[2:]}": (content.PAGE, stopped),
            f"POST /departments{DEPARTMENT[2:]}/arrivals": errors.Suspended(),
        }
    )
    yield Scene("department", "suspended-meanwhile", DEPARTMENT, "main[data-step=suspended] h1", overtaken, then=_typed)
    yield Scene("department", "unknown", DEPARTMENT, "main h1", unknown)
    busy = {f"GET /departments{DEPARTMENT[2:]}": errors.Busy()}
    yield Scene("department", "busy", DEPARTMENT, "main progress", Answers(busy))
    arriving = {**known.rest, f"POST /departments{DEPARTMENT[2:]}/arrivals": errors.Busy()}
    yield Scene("department", "you-busy", DEPARTMENT, "main progress", Answers(arriving), then=_typed)
    yield Scene("department", "failed", DEPARTMENT, "main [role=alert]", down)


async def _all_open(sight: Sight) -> None:
    await sight.see("main details")
    await sight.page.locator("main details").evaluate_all("found => found.forEach(one => { one.open = true; })")


async def _first(sight: Sight) -> None:
    await sight.page.locator("main[data-step=who] li button").first.click()


async def _nothing_typed(sight: Sight) -> None:
    await _first(sight)
    await sight.press("department.next")


async def _typed(sight: Sight) -> None:
    await _first(sight)
    await sight.page.locator("main [name=name]").fill("Kari Nordmann")
    await sight.page.locator("main [name=phone]").fill("900 00 000")
    await sight.press("department.next")


ALL = tuple(scenes())
