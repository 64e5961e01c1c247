"""Hundreds of joins in real browsers without one clear frame, and the mistake that sends them in clear found out."""

import asyncio
import functools
import subprocess
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest
from playwright.async_api import Page, async_playwright

from tests.media.pages import PAGE, ROOT, open_browser

IN_ONE_BROWSER: Final = 60
"""Chromium makes 500 connections in a process, and counts those that were closed too."""
AT_ONCE: Final = 10
PATIENCE: Final = 180

KEEPING = """
onrtctransform = ({transformer: {options, readable, writable}}) => readable
  .pipeThrough(new TransformStream({transform(frame, to) {
    postMessage({...options, data: frame.data.slice(0)});
    to.enqueue(frame);
  }})).pipeTo(writable).catch(() => undefined);
"""
"""The other one's worker: keeps what arrives as it arrives."""


@functools.cache
def bundled(entry: str) -> str:
    """A module of the pages with all that it imports as one script; `Joins` holds what it exports."""
    command = [".venv/bin/node", "web/node_modules/.bin/rolldown", entry, "--format", "iife", "--name", "Joins"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()


def in_page(kind: str, scene: Callable[[Page], Awaitable[Any]]) -> Any:
    """What ``scene`` finds in a page that can join calls."""
    files = {
        "sealer.js": bundled("web/src/shared/e2ee/sealer.worker.ts"),
        "keeping.js": KEEPING,
        "joins.js": bundled("web/tests/e2ee/joins.ts"),
        "": "<body><script src=/joins.js></script></body>",
    }

    async def run() -> Any:
        async with async_playwright() as playwright:
            browser = await open_browser(playwright, kind)
            page = await (await browser.new_context()).new_page()

            async def serve(route: Any) -> None:
                name = route.request.url.removeprefix(PAGE)
                if name in files:
                    await route.fulfill(content_type="text/javascript" if name else "text/html", body=files[name])
                else:
                    await route.fulfill(status=404)

            await page.route(f"{PAGE}**", serve)
            await page.goto(PAGE)
            try:
                async with asyncio.timeout(PATIENCE):
                    return await scene(page)
            finally:
                await browser.close()

    return asyncio.run(run())


@pytest.mark.parametrize(("kind", "joins"), [("chromium", 300), ("firefox", 60)])
def test_nothing_goes_out_in_clear_in_hundreds_of_joins(kind: str, joins: int) -> None:
    join = "([count, atOnce]) => Joins.joins(count, atOnce)"
    joined: list[Any] = []
    while len(joined) < joins:
        joined += in_page(kind, lambda page: page.evaluate(join, [IN_ONE_BROWSER, AT_ONCE]))
    assert len(joined) == joins
    assert sum(one["clear"] for one in joined) == 0
    assert all(one["frames"] > 0 and one["state"]["state"] == "sealed" and not one["stopped"] for one in joined)


def test_a_transform_set_late_is_found_out_by_the_counts() -> None:
    """In Chromium, which takes no notice of it; Firefox leads frames through it from then on, and counts anew."""
    found = in_page("chromium", lambda page: page.evaluate("async () => Joins.join(await Joins.devices(), true)"))
    assert found["clear"] > 0, "the mistake was none in this browser: the test shows nothing"
    assert found["stopped"]
    assert found["state"] == {"state": "refused", "reason": "untransformed", "seat": None}
