"""Runs the programs that the repository's own Python environment brings, npm among them."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent


def run(command: list[str], given: str = "") -> "subprocess.CompletedProcess[str]":
    """Run one from the repository's root, with ``given`` as its input; what it prints is kept."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    program = str(Path(sys.executable).with_name(command[0]))
    environment = {**os.environ, "PATH": path}
    return subprocess.run(
        [program, *command[1:]], cwd=ROOT, input=given, capture_output=True, text=True, check=False, env=environment
    )
