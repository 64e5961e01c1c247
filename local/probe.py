"""`make probe`: the probe's test call in the system that runs on this machine, which /status then shows.

Ends with 0 when all is well, 1 when a part has a fault, 2 when there is no system to look at.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from local.deploy import Aws
from local.template import BUILD
from probe.keeper import keeper, known
from probe.run import look
from probe.settings import Settings
from probe.status import NAME, after


def settings_of(addresses: Mapping[str, str], key: str) -> Settings:
    """As the template sets them in an account; ``addresses`` as `make run` writes them."""
    return Settings(
        origin=addresses["api"].removesuffix("/api"),
        key=key,
        issuer=f"{addresses['portal']}/idporten",
        file=str(Path(addresses["state"]) / NAME),
    )


def main() -> int:
    """Look, say what was found, and return the exit status."""
    try:
        addresses = json.loads((BUILD / "run.json").read_text())
    except FileNotFoundError:
        print("Nothing runs here: start it with `make run`.", file=sys.stderr)
        return 2
    aws = Aws(addresses["aws"])
    outputs = aws.outputs()
    if outputs is None:
        print("The system is not deployed yet.", file=sys.stderr)
        return 2
    settings = settings_of(addresses, aws.secret(outputs["ProbeSecret"]))
    found = asyncio.run(look(settings))
    keeping = keeper(settings)
    keeping.write(msgspec.json.encode(after(known(keeping.read()), found, settings.every)))
    for part, state in found.parts.items():
        print(f"{part:8} {state}")
    if found.cause:
        print(f"cause    {found.cause}")
    print(f"join {found.join_ms} ms, first picture {found.first_picture_ms}, round trip {found.round_trip_ms}")
    print(addresses["status"])
    return 0 if found.ok else 1


if __name__ == "__main__":
    sys.exit(main())
