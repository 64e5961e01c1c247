"""The functions' package: our sources, Chalice's runtime and what both need, for one interpreter and architecture.

It holds what a function reads and nothing else, and is the same, byte for byte, whenever its sources are.
"""

import gzip
import hashlib
import json
import platform
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Final

from chalicelib.aws import Service
from infra.expansion import ROOT, expand

UNUSED: Final = frozenset({"bin", "cffi", "pycparser"})
"""What cryptography needs when it is built; at work it takes ``_cffi_backend`` alone."""
DATED: Final = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the package: the first that a zip file can say."""
DATA: Final = PurePosixPath("botocore/data")


@dataclass(frozen=True)
class Target:
    """An interpreter and an architecture, as Lambda names them."""

    python: str
    architecture: str
    platform: str = ""
    """As uv names it; empty: this machine's."""

    @property
    def runtime(self) -> str:
        """Lambda's name of the interpreter."""
        return f"python{self.python}"


AWS: Final = Target(python="3.13", architecture="arm64", platform="aarch64-manylinux2014")
HERE: Final = Target(
    python=".".join(map(str, sys.version_info[:2])),
    architecture="arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64",
)
"""For the embedded AWS, which runs functions with its own interpreter."""


@cache
def package(build: Path, target: Target) -> Path:
    """The package, made in ``build`` once a process. Raises RuntimeError with the words of Chalice or uv."""
    files, needs = dict(_ours(build)), _installed(build, target)
    files |= {str(name): (needs / name).read_bytes() for name in _needed(needs)}
    files["botocore/data/endpoints.json"] = _endpoints(files)
    made = build / f"functions-{target.architecture}-{target.python}.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, DATED)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, 9)
    return made


def _ours(build: Path) -> Iterator[tuple[str, bytes]]:
    """Our sources and Chalice's runtime, with its licence."""
    with zipfile.ZipFile(expand(build)[0]) as archive:
        yield from ((name, archive.read(name)) for name in archive.namelist() if not name.endswith("/"))
    chalice = distribution("chalice")
    for file in chalice.files or ():
        if file.parts[0].endswith(".dist-info") and is_needed(PurePosixPath(file)):
            yield file.as_posix(), Path(str(chalice.locate_file(file))).read_bytes()


def _installed(build: Path, target: Target) -> Path:
    """The folder with what the lock file names, fetched once for each lock file and target."""
    lock = ROOT / "requirements.txt"
    key = hashlib.sha256(lock.read_bytes() + repr(target).encode()).hexdigest()[:16]
    folder = build / f"wheels-{target.architecture}-{target.python}-{key}"
    if folder.exists():
        return folder
    uv = str(Path(sys.executable).with_name("uv"))
    elsewhere = ["--python-platform", target.platform, "--python-version", target.python] if target.platform else []
    with TemporaryDirectory(dir=build) as unfinished:
        done = subprocess.run(
            [
                *(uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", unfinished, *elsewhere),
                *("--only-binary", ":all:", "--no-deps", "--no-compile-bytecode", "--require-hashes", "-r", lock),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        with suppress(OSError):  # somebody else was faster
            Path(unfinished).rename(folder)
            Path(unfinished).mkdir()
    return folder


def _needed(folder: Path) -> Iterable[PurePosixPath]:
    found = (PurePosixPath(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return (path for path in found if is_needed(path))


def is_needed(path: PurePosixPath) -> bool:
    """Whether a function reads an installed file, or its licence asks for it to be there."""
    top = path.parts[0]
    if top in UNUSED or top.startswith("pycparser-") or path.suffix in (".pyc", ".pyi") or path.name == "py.typed":
        return False
    if top.endswith(".dist-info"):
        return path.name == "METADATA" or "licenses" in path.parts or path.name.startswith(("LICENSE", "NOTICE"))
    if path.is_relative_to(DATA) and len(path.parts) > 3:
        return path.parts[2] in frozenset(Service) and not path.name.startswith("examples-")
    return True


def _endpoints(files: dict[str, bytes]) -> bytes:
    """botocore's list of where services are, of ours alone: it is read when the first client is made."""
    ours = set()
    for name, content in files.items():
        path = PurePosixPath(name)
        if path.is_relative_to(DATA) and path.name == "service-2.json.gz":
            ours.add(json.loads(gzip.decompress(content))["metadata"]["endpointPrefix"])
    known: dict[str, Any] = json.loads(files[str(DATA / "endpoints.json")])
    for partition in known["partitions"]:
        partition["services"] = {name: where for name, where in partition["services"].items() if name in ours}
    return json.dumps(known, separators=(",", ":")).encode()
