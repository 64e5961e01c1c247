"""What is wrong with a page as it stands: what axe finds, and what is cut off or has to be scrolled sideways."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page

AXE: Final = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
ALL: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLORS: Final = ("color-contrast", "link-in-text-block")
"""The rules of axe's category color: nothing else changes between light and dark (web/src/shared/colors.css)."""
FOUND: Final = """
async runOnly => {
  const {violations} = await axe.run(document, {runOnly, resultTypes: ['violations']});
  return violations.flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) =>
    `${id}: ${target.join(' ')}: ${failureSummary.split('\\n').slice(1, 3).join(' ').trim()}`));
}
"""
# A page's motion is over before it is looked at; what turns for ever is left to turn.
STILL: Final = """
() => { for (const motion of document.getAnimations()) try { motion.finish(); } catch { motion.pause(); } }
"""
LAYOUT: Final = """
() => {
  const found = [];
  const root = document.scrollingElement;
  const name = ({innerText, ariaLabel, tagName}) => (innerText || ariaLabel || tagName).trim().slice(0, 40);
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.body.querySelectorAll('*')].filter(element => {
      const {left, right, width} = element.getBoundingClientRect();
      return width > 1 && (right > root.clientWidth + 1 || left < -1);
    });
    const widest = wide.slice(0, 3).map(name).join(', ');
    found.push(`scrolls sideways, ${root.scrollWidth} in ${root.clientWidth}: ${widest}`);
  }
  for (const button of document.querySelectorAll('button, a.ds-button, summary')) {
    if (button.clientWidth > 1 && button.scrollWidth > button.clientWidth + 1) found.push(`cut off: ${name(button)}`);
    const {width, height} = button.getBoundingClientRect();
    if (button.checkVisibility() && width > 1 && (width < 24 || height < 24)) found.push(`too small: ${name(button)}`);
  }
  if (!/^\\S.*\\S$/.test(document.title)) found.push(`title: "${document.title}"`);
  const keys = /\\b(common|visit|staff|office|department|landing|error)\\.[a-z_]+[a-z_.]*/;
  const raw = document.body.innerText.match(keys);
  if (raw) found.push(`a text is missing: ${raw[0]}`);
  return found;
}
"""


async def still(page: Page) -> None:
    """Bring what moves to its end."""
    await page.evaluate(STILL)


async def axe(page: Page, only: Sequence[str] = ALL) -> list[str]:
    """What axe finds by these tags or rules, one line each."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(AXE.read_text())  # by the debugger, which the page's policy does not hold for
    found: list[Any] = await page.evaluate(FOUND, only)
    return [str(line) for line in found]


async def layout(page: Page) -> list[str]:
    """What does not fit, one line each."""
    found: list[Any] = await page.evaluate(LAYOUT)
    return [str(line) for line in found]
