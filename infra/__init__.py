"""The whole system as one CloudFormation template, written in Python (AWS CDK)."""

import os
import sys
from pathlib import Path
from typing import Final

STACK: Final = "venterom"

# jsii, beneath the CDK, runs on the Node that came with our Python packages; the machine needs none of its own.
os.environ.setdefault("JSII_NODE", str(Path(sys.executable).with_name("node")))


def parameter(field: str) -> str:
    """The template's parameter for a field of Settings: ``socket_seconds`` is SocketSeconds."""
    return "".join(word.capitalize() for word in field.split("_"))
