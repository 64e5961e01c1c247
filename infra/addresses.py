"""Which page stands at which address and how long browsers may keep it: one table for whoever serves the pages."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PAGES: Final[Mapping[str, str]] = {
    "/": "index.html",
    "/i": "visit.html",
    "/v": "visit.html",
    "/d/{trust}/{department}": "department.html",
    "/staff/{trust}": "staff.html",
    "/help": "help.html",
    "/advice": "help.html",
    "/privacy": "help.html",
    "/accessibility": "help.html",
    "/status": "status.html",
}
ASSETS: Final = "assets/"
"""Where files stand whose names hold their hashes."""
NO_PAGE: Final = "There is no such page.\n"
"""What is answered (404) where nothing stands."""


def kept(name: str) -> str:
    """The Cache-Control of a file of the pages: what its name cannot tell apart is asked for again each time."""
    return "public, max-age=31536000, immutable" if name.startswith(ASSETS) else "no-cache"


def router(headers: Mapping[str, str]) -> str:
    """The CloudFront Function that finds the file at an address; ``headers`` go with what it answers by itself."""
    pages = ", ".join(f"[/{_pattern(address)}/, {json.dumps(f'/{file}')}]" for address, file in PAGES.items())
    told = {"content-type": "text/plain; charset=utf-8", **{name.lower(): value for name, value in headers.items()}}
    answer = {
        "statusCode": 404,
        "statusDescription": "Not Found",
        "headers": {name: {"value": value} for name, value in told.items()},
        "body": {"encoding": "text", "data": NO_PAGE},
    }
    program = Path(__file__).with_name("router.js").read_text()
    return f"const PAGES = [{pages}];\nconst MISSING = {json.dumps(answer)};\n{program}"


def _pattern(address: str) -> str:
    """A regular expression for an address, in which {word} stands for one part of the path."""
    parts = (r"[^{}/]+" if part.startswith("{") else re.escape(part) for part in address.split("/"))
    return "^" + r"\/".join(parts) + "$"
