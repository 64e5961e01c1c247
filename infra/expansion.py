"""The Chalice application as plain CloudFormation: packaged by Chalice, its SAM output expanded offline.

The plain template shows every function, role and API to the linters, and lets each function have a role of its own;
Chalice's own CDK construct hides them behind a SAM transform that only AWS can expand.
"""

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform

ROOT = Path(__file__).resolve().parent.parent
PACKAGED = ("app.py", "chalicelib", ".chalice/config.json")


class _NoManagedPolicies:
    """What the translator asks for SAM's managed policies; we use none, so it need not ask AWS."""

    def load(self) -> dict[str, str]:
        return {}


@cache
def expand(build: Path) -> tuple[Path, str]:
    """Let Chalice package the application into ``build``, once a process; return its zip file and the plain template.

    The zip holds our sources and Chalice's runtime, without what they need. Raises RuntimeError with Chalice's words.
    """
    project = build / "chalice"
    shutil.rmtree(project, ignore_errors=True)
    for name in PACKAGED:
        source, target = ROOT / name, project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    out = build / "package"
    # Chalice and the translator ask for a region; the template holds for any.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-north-1")
    chalice = str(Path(sys.executable).with_name("chalice"))
    done = subprocess.run(
        [chalice, "--project-dir", project, "package", "--stage", "venterom", "--template-format", "json", out],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    sam: dict[str, Any] = json.loads((out / "sam.json").read_text())
    for resource in sam["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": "set-by-infra", "Key": "set-by-infra"}
    return out / "deployment.zip", json.dumps(transform(sam, {}, _NoManagedPolicies()))
