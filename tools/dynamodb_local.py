"""Fetches AWS's own DynamoDB engine for tests into build/, by package name (its licence: development only)."""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

PACKAGE: Final = "amplify-dynamodb-simulator@2.9.30"
FOLDER: Final = Path(__file__).resolve().parent.parent / "build" / "dynamodb-local"


def fetch() -> Path:
    """Return the folder with DynamoDBLocal.jar, fetching it the first time. Raises RuntimeError when that fails."""
    if (FOLDER / "DynamoDBLocal.jar").exists():
        return FOLDER
    print(f"Fetching DynamoDB Local ({PACKAGE}) …", flush=True)
    npm = shutil.which("npm", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if npm is None:
        raise RuntimeError("npm is missing; run `make setup`")
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as scratch:
        packed = subprocess.run(
            [npm, "pack", "--silent", PACKAGE], cwd=scratch, capture_output=True, text=True, check=False
        )
        if packed.returncode:
            raise RuntimeError(f"could not fetch {PACKAGE}: {packed.stderr.strip()[-300:]}")
        with tarfile.open(Path(scratch) / packed.stdout.strip().splitlines()[-1]) as archive:
            archive.extractall(scratch, filter="data")
        (Path(scratch) / "package" / "emulator").rename(FOLDER)
    return FOLDER


def command(port: int) -> list[str]:
    """How to start it, in memory, on ``port``; working folder is the one that `fetch` returned."""
    java = ["java", "-Xmx256m", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"]
    return [*java, "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]


if __name__ == "__main__":
    print(fetch())
