"""`make screenshots`: every page in every state, at four widths, in two languages, with a sheet of them all.

Writes build/screenshots/{page}-{state}-{width}-{scheme}-{language}.png and index.html; fails if anything does not fit.
"""

import asyncio
import html
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.pages import look
from tests.pages.gallery import Gallery, Scene
from tests.pages.scenes import ALL

FOLDER: Final = Path(__file__).resolve().parents[1] / "build" / "screenshots"
LANGUAGES: Final = ("nb", "ar")
WIDTHS: Final = {320: 640, 390: 844, 768: 1024, 1440: 900}
DARK_AT: Final = 390
AT_ONCE: Final = 4
STYLE: Final = "figure { display: inline-block; margin: 0 1rem 1rem 0; vertical-align: top } img { height: 20rem }"


def shots() -> Iterator[tuple[int, int, str]]:
    """Widths, heights and schemes of one scene's pictures."""
    for width, height in WIDTHS.items():
        yield width, height, "light"
        if width == DARK_AT:
            yield width, height, "dark"


async def photograph(gallery: Gallery, scene: Scene, language: str) -> list[str]:
    """Takes all pictures of a scene; returns what does not fit."""
    found: list[str] = []
    async with gallery.show(scene, language) as sight:
        for width, height, scheme in shots():
            await sight.page.set_viewport_size({"width": width, "height": height})
            await sight.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            await look.still(sight.page)
            found += [f"{scene} {width} {language}: {line}" for line in await look.layout(sight.page)]
            path = FOLDER / f"{scene}-{width}-{scheme}-{language}.png"
            await sight.page.screenshot(path=path, full_page=True, animations="disabled", caret="hide")
    return found


async def photograph_all(chosen: list[Scene]) -> list[str]:
    """Takes the pictures of these scenes, some of them at once."""
    found: list[str] = []
    left = iter([(scene, language) for scene in chosen for language in LANGUAGES])

    async def some(gallery: Gallery) -> None:
        for scene, language in left:
            try:
                found.extend(await photograph(gallery, scene, language))
            except Exception as error:  # noqa: BLE001 - the others are still worth having
                found.append(f"{scene} {language}: {error}")

    async with Gallery() as gallery:
        await asyncio.gather(*(some(gallery) for _ in range(AT_ONCE)))
    return found


def sheet(chosen: list[Scene]) -> str:
    """All pictures on one page, each scene's in a row."""
    rows = []
    for scene in chosen:
        names = [f"{scene}-{w}-{scheme}-{language}" for language in LANGUAGES for w, _, scheme in shots()]
        pictures = "".join(
            f'<figure><a href="{name}.png"><img src="{name}.png" alt="" loading="lazy"></a>'
            f"<figcaption>{html.escape(name.removeprefix(f'{scene}-'))}</figcaption></figure>"
            for name in names
        )
        rows.append(f"<h2>{html.escape(str(scene))}</h2>{pictures}")
    head = f'<!doctype html><meta charset="utf-8"><title>Screenshots</title><style>{STYLE}</style>'
    return head + "\n".join(rows)


def main(*words: str) -> int:
    """Photograph the scenes whose names hold one of these words, or all of them."""
    chosen = [scene for scene in ALL if not words or any(word in str(scene) for word in words)]
    if not words:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = asyncio.run(photograph_all(chosen))
    (FOLDER / "index.html").write_text(sheet(chosen))
    for line in found:
        print(line)
    print(f"{len(chosen)} states, {len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}/index.html")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
