"""The built pages as they go to their bucket: what is named by its hash first, pages last, nothing is taken away.

So nobody gets a page whose scripts are not there yet, and a page that is open finds those that it may still fetch.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy import Problem
from deploy.account import Account
from infra.addresses import ASSETS, kept

KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""Written down, because what Python guesses depends on the machine."""


def in_order(dist: Path) -> Iterator[tuple[str, Path]]:
    """Names in the bucket and files. Raises Problem when nothing is built."""
    if not (dist / "index.html").is_file():
        raise Problem("The pages are not built: run make web/dist/index.html")
    names = {path.relative_to(dist).as_posix(): path for path in dist.rglob("*") if path.is_file()}
    for name in sorted(names, key=lambda name: (not name.startswith(ASSETS), name.endswith(".html"), name)):
        yield name, names[name]


def upload(where: Account, bucket: str, dist: Path) -> int:
    """Put all of them there; how many. Browsers ask for pages each time, so no copy at the edge has to be dropped."""
    files = list(in_order(dist))
    for name, path in files:
        if path.suffix not in KINDS:
            raise Problem(f"{name}: which type of content that is does not stand in deploy/pages.py.")
    for name, path in files:
        where.put(bucket, name, path.read_bytes(), KINDS[path.suffix], kept(name))
    return len(files)
