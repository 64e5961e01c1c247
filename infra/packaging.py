"""The Chalice application as plain CloudFormation: packaged by Chalice, its SAM output expanded offline.

The plain template shows every function, role and API to the linters, and lets each function have a role of its own;
Chalice's own CDK construct hides them behind a SAM transform that only AWS can expand.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform

ROOT = Path(__file__).resolve().parent.parent
PACKAGED = ("app.py", "chalicelib", ".chalice/config.json")


class _NoManagedPolicies:
    """What the translator asks for SAM's managed policies; we use none, so it need not ask AWS."""

    def load(self) -> dict[str, str]:
        return {}


def package(build: Path) -> tuple[Path, dict[str, Any]]:
    """Package the functions into ``build``; return the zip file and the expanded template.

    Raises RuntimeError with Chalice's own words when packaging fails.
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
    # Chalice reads one requirement a line and knows no hashes; the versions are those of the locked file.
    locked = (ROOT / "requirements.txt").read_text()
    (project / "requirements.txt").write_text("\n".join(pinned(locked)) + "\n")
    out = build / "package"
    # Chalice and the translator ask for a region; the template holds for any.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-north-1")
    chalice = str(Path(sys.executable).with_name("chalice"))
    done = subprocess.run(
        [chalice, "--project-dir", project, "package", "--stage", "venterom", "--template-format", "json", out],
        # pip gives up a slow index after 15 s and then says that there is no such version.
        env={**os.environ, "PIP_DEFAULT_TIMEOUT": "60", "PIP_RETRIES": "10"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    sam = json.loads((out / "sam.json").read_text())
    for resource in sam["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": "set-by-infra", "Key": "set-by-infra"}
    return out / "deployment.zip", transform(sam, {}, _NoManagedPolicies())


def pinned(locked: str) -> list[str]:
    """The ``name==version ; marker`` lines of a lock file, without comments and hashes."""
    lines = (line.removesuffix("\\").strip() for line in locked.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "--hash="))]
