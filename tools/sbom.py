"""Writes what we ship is made of, to build/sbom/ in CycloneDX: functions, media worker, probe, pages."""

import json
import re
import sys
from pathlib import Path
from typing import Any, Final

from tools.programs import ROOT, run

BESIDES: Final = ("chalice",)  # its runtime is packaged with the functions, though their lock does not name it


def functions() -> dict[str, Any]:
    """What the functions' package holds."""
    development = pinned((ROOT / "requirements-dev.txt").read_text())
    besides = [line for line in development if line.partition("==")[0] in BESIDES]
    return python("functions", [*pinned((ROOT / "requirements.txt").read_text()), *besides])


def worker() -> dict[str, Any]:
    """What the media worker's image holds."""
    return image("media-worker", ROOT / "media_worker")


def probe() -> dict[str, Any]:
    """What the probe's image holds."""
    return image("probe", ROOT / "probe")


def image(name: str, folder: Path) -> dict[str, Any]:
    """What an image of ours holds beyond its base, and the base. Raises RuntimeError where that is not named."""
    made = python(name, pinned((folder / "requirements.txt").read_text()))
    base = re.search(r"^ARG BASE=(\S+):(\S+)$", (folder / "Dockerfile").read_text(), re.MULTILINE)
    if base is None:
        raise RuntimeError("the Dockerfile names no base")
    made["components"].append({"type": "container", "bom-ref": "base", "name": base[1], "version": base[2]})
    return made


def pages() -> dict[str, Any]:
    """What is built into the pages."""
    npm = ["npm", "--prefix", "web", "sbom", "--omit=dev", "--package-lock-only", "--sbom-format=cyclonedx"]
    made = made_by(npm)
    made["metadata"]["component"]["name"] = "venterom-pages"
    return made


def python(name: str, pins: list[str]) -> dict[str, Any]:
    """Of packages as ``name==version ; marker``."""
    made = made_by(["cyclonedx-py", "requirements", "--output-reproducible", "-"], "\n".join(pins))
    made.setdefault("metadata", {})["component"] = {"type": "application", "bom-ref": name, "name": f"venterom-{name}"}
    return made


def pinned(locked: str) -> list[str]:
    """The ``name==version ; marker`` lines of a lock file, without comments and hashes."""
    lines = (line.removesuffix("\\").strip() for line in locked.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "--hash="))]


def made_by(command: list[str], given: str = "") -> dict[str, Any]:
    """A program's JSON. Raises RuntimeError with its own words."""
    done = run(command, given)
    if done.returncode:
        raise RuntimeError(done.stderr)
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def main(folder: Path) -> None:
    """Write one file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in {"functions": functions, "media-worker": worker, "pages": pages, "probe": probe}.items():
        file = folder / f"{name}.cdx.json"
        file.write_text(json.dumps(make(), indent=1) + "\n")
        print(file)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "build" / "sbom")
