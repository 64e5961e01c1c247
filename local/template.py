"""Makes the template anew when what it is made of has changed, once for all who want it at the same time."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from local import deploy
from local.alone import alone
from local.children import ROOT, NotStarted

BUILD: Final = ROOT / "build"
ASSEMBLY: Final = BUILD / "cdk"
# What the template is made of: when none of it has changed, neither has the template.
TEMPLATE_SOURCES: Final = ("app.py", "chalicelib", "infra", "requirements.txt", ".chalice/config.json")
IMAGE_SOURCES: Final = ("media_worker", "turn", "probe", "client", ".dockerignore")
"""What deployments' templates are made of besides."""


def synthesize(assembly: Path = ASSEMBLY, deployments: Path | None = None) -> None:
    """Make the cloud assembly anew when a source of it has changed; with a file of deployments, all that it names.

    Raises NotStarted with the tool's own words.
    """
    fingerprint = hashlib.sha256()
    for path in _files(*(IMAGE_SOURCES if deployments else ())):
        fingerprint.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    stamp = assembly.with_suffix(".stamp")
    BUILD.mkdir(exist_ok=True)
    with alone(BUILD / "cdk.lock"):  # all package in the same folder
        if stamp.exists() and stamp.read_text() == fingerprint.hexdigest() and assembly.exists():
            return
        shutil.rmtree(assembly, ignore_errors=True)
        done = subprocess.run(
            [sys.executable, "-m", "infra.app", str(assembly), *([str(deployments)] if deployments else [])],
            cwd=ROOT,
            env={
                **os.environ,
                "AWS_DEFAULT_REGION": deploy.REGION,
                "JSII_NODE": str(Path(sys.executable).with_name("node")),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NotStarted(f"The template could not be made:\n{done.stderr[-2000:]}")
        stamp.write_text(fingerprint.hexdigest())


def _files(*more: str) -> Iterator[Path]:
    for name in (*TEMPLATE_SOURCES, *more):
        path = ROOT / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (p for p in found if p.is_file() and "__pycache__" not in p.parts)
