"""What documents promise is there: commands, files that they link to, and a line for every decision and every page."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
COMMAND = re.compile(r"(?:^|[`(]|[A-Z]+=\S+ )make ([a-z][a-z0-9-]*)", re.MULTILINE)
TARGET = re.compile(r"^([a-z][a-z0-9-]*):", re.MULTILINE)
MODULE = re.compile(r"python(?:3)? -m ((?:infra|local|tools|bench|tests)[\w.]*)")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")


@EVERY_PAGE
def test_commands_exist(page: Path) -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    assert set(COMMAND.findall(page.read_text())) <= targets


@EVERY_PAGE
def test_modules_exist(page: Path) -> None:
    for module in MODULE.findall(page.read_text()):
        place = ROOT.joinpath(*module.rstrip(".").split("."))
        assert place.with_suffix(".py").exists() or (place / "__main__.py").exists(), module


@EVERY_PAGE
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        if "://" not in link and not link.startswith("mailto:"):
            assert (page.parent / link).exists(), link


@pytest.mark.parametrize("folder", ["decisions", "operating"])
def test_every_page_of_a_folder_is_listed(folder: str) -> None:
    listed = (ROOT / "docs" / folder / "README.md").read_text()
    pages = [page for page in sorted((ROOT / "docs" / folder).glob("*.md")) if page.name != "README.md"]
    assert [page.name for page in pages if f"({page.name})" not in listed] == []
