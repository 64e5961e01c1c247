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
PORTAL: Final = "/portal/portal.json"
"""Who the patients' portal is, and who we are to it."""
PORTAL_KEYS: Final = "/portal/jwks.json"
"""Its published keys."""
KEPT_SECONDS: Final = 300
"""How long they are kept on the way: keys roll seldom, and are published before they sign."""
KEPT_SHORTLY: Final = f"public, max-age={KEPT_SECONDS}"


def kept(name: str) -> str:
    """The Cache-Control of a file of the pages: what its name cannot tell apart is asked for again each time."""
    return "public, max-age=31536000, immutable" if name.startswith(ASSETS) else "no-cache"


def router(headers: Mapping[str, str]) -> str:
    """The CloudFront Function that finds the file at an address; ``headers`` go with what it answers by itself."""
    pages = ", ".join(f"[/{_pattern(address)}/, {json.dumps(f'/{file}')}]" for address, file in PAGES.items())
    return f"const PAGES = [{pages}];\nconst MISSING = {_missing(headers)};\n{_program('router')}"


def portal(headers: Mapping[str, str], issuer: str, client_id: str, keys: str) -> str:
    """The CloudFront Function that says who the patients' portal is, and where on it the path ``keys`` leads to.

    The clinician's browser believes who a patient is by these two answers, so that none of our functions gives them
    (docs/decisions/0042-who-sits-behind-the-keys.md).
    """
    about = json.dumps({"issuer": issuer, "client_id": client_id})
    told = _answer(200, "OK", {**headers, "content-type": "application/json", "cache-control": KEPT_SHORTLY}, about)
    return (
        f"const ABOUT = {told};\nconst KEYS = {json.dumps(keys)};\nconst MISSING = {_missing(headers)};\n"
        f"{_program('portal')}"
    )


def _missing(headers: Mapping[str, str]) -> str:
    return _answer(404, "Not Found", {**headers, "content-type": "text/plain; charset=utf-8"}, NO_PAGE)


def _answer(status: int, description: str, headers: Mapping[str, str], body: str) -> str:
    """What CloudFront answers by itself, as its functions return it."""
    return json.dumps(
        {
            "statusCode": status,
            "statusDescription": description,
            "headers": {name.lower(): {"value": value} for name, value in headers.items()},
            "body": {"encoding": "text", "data": body},
        }
    )


def _program(name: str) -> str:
    return Path(__file__).with_name(f"{name}.js").read_text()


def _pattern(address: str) -> str:
    """A regular expression for an address, in which {word} stands for one part of the path."""
    parts = (r"[^{}/]+" if part.startswith("{") else re.escape(part) for part in address.split("/"))
    return "^" + r"\/".join(parts) + "$"
