"""AWS's own CDK program, pinned below deploy/cdk: it shows differences, publishes files and images, deploys stacks."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy import Problem

PROGRAM: Final = Path(__file__).parent / "cdk" / "node_modules" / ".bin" / "cdk"


class Cdk:
    """The program with one assembly of templates."""

    def __init__(self, assembly: Path) -> None:
        self._assembly = assembly

    def diff(self, stacks: Sequence[str]) -> None:
        """Print what would change."""
        self._run("diff", *stacks)

    def deploy(self, stack: str) -> None:
        """Bring one stack to its template, with its files and images; nothing happens when it is so already.

        What was left half-way by an earlier try is rolled back or made anew first. Raises Problem.
        """
        # By itself the program keeps the parameters that a stack has, whatever the file of deployments says now.
        given = ("--exclusively", "--no-previous-parameters", "--require-approval", "never", "--progress", "events")
        self._run("deploy", stack, *given)

    def bootstrap(self, account: str, region: str) -> None:
        """Prepare an account's region: roles, a bucket and a repository for what deployments bring. Raises Problem."""
        self._call("bootstrap", f"aws://{account}/{region}")

    def _run(self, act: str, *arguments: str) -> None:
        self._call(act, "--app", str(self._assembly), *arguments)

    def _call(self, act: str, *arguments: str) -> None:
        # On the Node of our own packages; the program's own words go to the terminal as they come.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        done = subprocess.run(
            [PROGRAM, "--no-notices", "--no-version-reporting", act, *arguments],
            env={**os.environ, "PATH": path, "CDK_DISABLE_CLI_TELEMETRY": "true"},
            check=False,
        )
        if done.returncode:
            raise Problem(f"cdk {act} did not succeed (its words are above). Mend that and run this again.")
