"""Calls a function of the system on this machine: `python -m local.ask NAME`, with its payload on standard input.

What it answers goes to standard output. The running system is found by what `make run` wrote.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from local.deploy import Aws, DeploymentFailed
from local.template import BUILD

FUNCTIONS: Final = {
    "verify_trail": "VerifyTrailFunction",
    "export_person": "ExportPersonFunction",
    "erase_person": "ErasePersonFunction",
}


class NotRunning(Exception):
    """There is no system to ask."""


def ask(name: str, payload: Any, addresses: Path = BUILD / "run.json") -> Any:
    """What a function answers. Raises NotRunning, or DeploymentFailed when it fails."""
    try:
        endpoint = json.loads(addresses.read_text())["aws"]
    except FileNotFoundError:
        raise NotRunning("Nothing runs here: start it with `make run`.") from None
    aws = Aws(endpoint)
    outputs = aws.outputs()
    if outputs is None:
        raise NotRunning("The system is not deployed yet.")
    return aws.invoke(outputs[FUNCTIONS[name]], payload)


def main() -> int:
    """Ask; 1 when there is nobody to ask or the function failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(FUNCTIONS))
    try:
        answer = ask(parser.parse_args().name, json.load(sys.stdin))
    except (NotRunning, DeploymentFailed) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
