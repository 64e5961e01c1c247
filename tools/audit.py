"""Asks the advisory databases of PyPI and npm about everything that is locked; says so when they cannot be asked."""

import json
import sys
from collections.abc import Mapping
from typing import Any, Final

from tools.programs import run

LOCKS: Final = (
    "requirements.txt",
    "requirements-dev.txt",
    "media_worker/requirements.txt",
    "media_worker/requirements-build.txt",
    "probe/requirements.txt",
)
CLEAN, FOUND, NOT_ASKED = 0, 1, 2
# Advisories that do not touch us: id → why. None so far.
ACCEPTED: Final[Mapping[str, str]] = {}


def python(report: Mapping[str, Any], accepted: Mapping[str, str] = ACCEPTED) -> tuple[int, list[str]]:
    """What pip-audit's JSON says: a status and lines for a person. What it skipped is not clean."""
    packages = report.get("dependencies", [])
    found = [
        f"{package['name']} {package['version']}: {flaw['id']}"
        for package in packages
        for flaw in package.get("vulns", [])
        if not {flaw["id"], *flaw.get("aliases", [])} & accepted.keys()
    ]
    if found:
        return FOUND, found
    skipped = sum("skip_reason" in package for package in packages)
    if skipped or not packages:
        return NOT_ASKED, [f"{skipped} packages were not looked up {report.get('message', '')}".strip()]
    return CLEAN, []


def node(report: Mapping[str, Any], accepted: Mapping[str, str] = ACCEPTED) -> tuple[int, list[str]]:
    """What npm's JSON says, as `python`."""
    if "vulnerabilities" not in report:
        return NOT_ASKED, [str(report.get("message", ""))]
    found = [
        f"{name}: {flaw['url']} ({flaw['severity']})"
        for name, package in report["vulnerabilities"].items()
        for flaw in package["via"]
        # A text names another package, which is listed itself.
        if isinstance(flaw, dict) and flaw["url"].rpartition("/")[2] not in accepted
    ]
    return (FOUND, found) if found else (CLEAN, [])


def main() -> int:
    """Exit status 0: clean; 1: something is known to be wrong; 2: not all could be looked up."""
    told = []
    for lock in LOCKS:
        asked = ["pip-audit", "--disable-pip", "--require-hashes", "--format=json", "-r", lock]
        told.append(tell(lock, python(answer(asked))))
    told += [
        tell(f"{folder}/package-lock.json", node(answer(["npm", "--prefix", folder, "audit", "--json"])))
        for folder in ("web", "tests/certified", "deploy/cdk")
    ]
    return FOUND if FOUND in told else max(told)


def answer(command: list[str]) -> Any:
    """A program's JSON, or nothing that could be taken for a clean answer."""
    done = run(command)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {"message": "".join(done.stderr.strip().splitlines()[-1:])}


def tell(lock: str, result: tuple[int, list[str]]) -> int:
    """Print one lock file's result; returns its status."""
    status, lines = result
    print(f"{lock}: {('clean', 'KNOWN FLAWS', 'NOT AUDITED: the registry here served no advisories')[status]}")
    for line in lines:
        print(f"  {line}")
    return status


if __name__ == "__main__":
    sys.exit(main())
