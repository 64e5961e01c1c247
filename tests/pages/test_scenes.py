"""Every page in every state: axe finds nothing, light or dark, from left or from right, and all of it fits."""

import asyncio
from typing import Any

import pytest

from tests.pages import look
from tests.pages.gallery import Gallery, Scene
from tests.pages.scenes import ALL

LANGUAGES = ("nb", "ar")
WIDTHS = ((1440, 900), (640, 400), (320, 640))  # the middle one is a small desktop at 200 %
AT_ONCE = 4


async def look_at(gallery: Gallery, scene: Scene, language: str) -> list[str]:
    found: list[str] = []
    async with gallery.show(scene, language) as sight:
        page = sight.page
        for width, height in WIDTHS:
            await page.set_viewport_size({"width": width, "height": height})
            await look.still(page)
            found += [f"{width}: {line}" for line in await look.layout(page)]
        found += [f"light: {line}" for line in await look.axe(page)]
        await page.emulate_media(color_scheme="dark")
        await look.still(page)
        found += [f"dark: {line}" for line in await look.axe(page, look.COLORS)]
        direction = await page.evaluate("document.documentElement.dir")
        if scene.page not in {"unsupported", "noscript"} and (direction == "rtl") != (language == "ar"):
            found.append(f"direction: {direction}")
    return found


async def look_at_all(chosen: list[tuple[Scene, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    left = iter(chosen)

    async def some(gallery: Gallery) -> None:
        for scene, language in left:
            try:
                found[f"{scene}-{language}"] = await look_at(gallery, scene, language)
            except Exception as error:  # noqa: BLE001 - told at its own test
                found[f"{scene}-{language}"] = [str(error)]

    async with Gallery() as gallery:
        await asyncio.gather(*(some(gallery) for _ in range(AT_ONCE)))
    return found


@pytest.fixture(scope="module")
def findings(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """What is wrong with each of the scenes that are asked for, found in one go."""
    items = [item for item in request.session.items if item.path == request.path]
    chosen: list[dict[str, Any]] = [item.callspec.params for item in items if isinstance(item, pytest.Function)]
    return asyncio.run(look_at_all([(params["scene"], params["language"]) for params in chosen]))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scene", ALL, ids=str)
def test_everyone_can_use_it(findings: dict[str, list[str]], scene: Scene, language: str) -> None:
    assert findings[f"{scene}-{language}"] == []
