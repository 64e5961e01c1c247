"""Images and containers without a container engine: debootstrap makes bases, buildah images, a chroot containers.

Everything is kept in build/image; root is needed. A container here has its own mounts (a root that cannot be written,
memory at /dev/shm) and the image's user, environment and command; it shares this machine's network and processes.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
STORE: Final = ROOT / "build" / "image"
PATIENCE: Final = 60
SUITE: Final = "bookworm"
TOOLS: Final = ("gcc", "libc6-dev", "python3-dev", "python3-pip")
BUILDAH: Final = (
    "buildah", "--root", str(STORE / "storage"), "--runroot", str(STORE / "run"), "--storage-driver", "vfs",
)  # fmt: skip
NOT_NEEDED: Final = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")
CERTIFICATES: Final = "etc/ssl/certs/ca-certificates.crt"
ENTER: Final = """
set -e
mount --bind "$1" "$1"
mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
for device in null zero urandom; do mount --bind "/dev/$device" "$1/dev/$device"; done
mount -o remount,bind,ro "$1"
root=$1
shift
exec chroot "$root" "$@"
"""


@dataclass(frozen=True)
class Image:
    """What was built."""

    name: str
    config: dict[str, Any]
    """As a container engine would read it: User, Env, Entrypoint, Healthcheck, …"""


class Container:
    """One image's files, and programs that run in them."""

    def __init__(self, image: Image, root: Path) -> None:
        self.root = root
        self.config = image.config
        self._env = dict(item.split("=", 1) for item in image.config["Env"])

    def command(self, *arguments: str, env: dict[str, str] | None = None) -> list[str]:
        """What to start for the image's entry point, or the given program instead, in a fresh read-only root."""
        return [
            "unshare", "--mount", "sh", "-c", ENTER, "sh", str(self.root),
            *self._inside(env or {}), *(arguments or self.config["Entrypoint"]),
        ]  # fmt: skip

    def check(self, process: int, env: dict[str, str] | None = None) -> int:
        """The exit code of the image's health check, run beside a process that was started by `command`; -1 if late."""
        kind, *words = self.config["Healthcheck"]["Test"]
        program = ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words
        entering = ["nsenter", "--target", str(process), "--mount", "--root", "--wd"]
        seconds = self.config["Healthcheck"]["Timeout"] / 1e9
        try:
            return subprocess.run(
                [*entering, *self._inside(env or {}), *program], timeout=seconds, capture_output=True, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            return -1

    def size(self) -> int:
        """Bytes of all files, the base's included."""
        return int(_run("du", "--summarize", "--bytes", str(self.root)).split()[0])

    def _inside(self, env: dict[str, str]) -> list[str]:
        user, folder = str(self.config["User"]), self.config["WorkingDir"] or "/"
        variables = [f"{name}={value}" for name, value in (self._env | env).items()]
        # the image's own programs: they are there in every Debian
        return [
            "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs", "--bounding-set=-all",
            "--inh-caps=-all", "env", "--ignore-environment", f"--chdir={folder}", *variables,
        ]  # fmt: skip


def require_root() -> None:
    """Skip the test for whom cannot mount."""
    if os.geteuid() != 0:
        pytest.skip("building and running images here takes root")


def base() -> str:
    """The image of a Debian with Python, made once; it asks the package index that this machine asks."""
    tag = "localhost/venterom-python"
    with _alone():
        if not _exists(tag):
            files = STORE / "python"
            shutil.rmtree(files, ignore_errors=True)
            _run("debootstrap", "--variant=minbase", "--include=python3,ca-certificates", SUITE, str(files), _mirror())
            for folder in NOT_NEEDED:
                shutil.rmtree(files / folder, ignore_errors=True)
            shutil.copy(f"/{CERTIFICATES}", files / CERTIFICATES)
            (files / "etc" / "pip.conf").write_text(_pip_settings())
            scratch = _run(*BUILDAH, "from", "scratch")
            _run(*BUILDAH, "add", "--quiet", scratch, str(files), "/")
            _run(*BUILDAH, "commit", "--quiet", "--rm", scratch, tag)
            shutil.rmtree(files)
    return tag


def toolchain() -> str:
    """The image of `base` with pip and a C compiler, made once."""
    tag, start = "localhost/venterom-toolchain", base()
    with _alone():
        if not _exists(tag):
            scratch = _run(*BUILDAH, "from", start)
            for command in ("update --quiet", "install --quiet --yes --no-install-recommends " + " ".join(TOOLS)):
                _run(*BUILDAH, "run", "--isolation", "chroot", scratch, "--", "apt-get", *command.split())
            _run(*BUILDAH, "commit", "--quiet", "--rm", scratch, tag)
    return tag


def build(name: str, dockerfile: str, context: str, sources: Sequence[str], **arguments: str) -> Image:
    """Build an image from the repository, unless its sources (files and folders) are those of the last time."""
    image = f"localhost/venterom-{name}"
    tag = f"{image}:{_fingerprint((dockerfile, *sources), arguments)}"
    given = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
    with _alone():
        if not _exists(tag):
            for old in _run(*BUILDAH, "images", "--quiet", "--filter", f"reference={image}").split():
                _run(*BUILDAH, "rmi", "--force", old)
            _run(
                *BUILDAH, "build", "--isolation", "chroot", "--format", "docker", "--layers=false", "--quiet",
                "--tag", tag, "--file", str(ROOT / dockerfile), *given, str(ROOT / context),
            )  # fmt: skip
    return Image(tag, json.loads(_run(*BUILDAH, "inspect", "--type", "image", tag))["Docker"]["config"])


@contextmanager
def container(image: Image) -> Iterator[Container]:
    """A container of the image; its files go with the block."""
    name = _run(*BUILDAH, "from", image.name)
    try:
        yield Container(image, Path(_run(*BUILDAH, "mount", name)))
    finally:
        _run(*BUILDAH, "rm", name)


async def healthy(container: Container, process: int, env: dict[str, str] | None = None) -> None:
    """Wait until the health check says so. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while await asyncio.to_thread(container.check, process, env) != 0:
            pass


def user(process: int) -> int:
    """Whose it is."""
    return Path(f"/proc/{process}").stat().st_uid


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{shlex.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout.strip()


@contextmanager
def _alone() -> Iterator[None]:
    STORE.mkdir(parents=True, exist_ok=True)
    with (STORE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _exists(tag: str) -> bool:
    looked = subprocess.run([*BUILDAH, "inspect", "--type", "image", tag], capture_output=True, check=False)
    return looked.returncode == 0


def _fingerprint(sources: Sequence[str], arguments: dict[str, str]) -> str:
    """Of all that an image is made of: what git would not keep is left out."""
    digest = hashlib.sha256(repr(sorted(arguments.items())).encode())
    for name in sorted(
        _run("git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", *sources).split("\n")
    ):
        digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes() if (ROOT / name).is_file() else b"")
    return digest.hexdigest()[:16]


def _mirror() -> str:
    """The Debian archive that this machine itself uses."""
    wanted = ("--format", "$(REPO_URI)", "Created-By: Packages", "Component: main")
    archives = _run("apt-get", "indextargets", *wanted).split()
    return next(archive for archive in archives if archive.rstrip("/").endswith("/debian"))


def _pip_settings() -> str:
    """This machine's package index as a pip.conf; indexes that are folders cannot be seen from a container."""
    lines = ["[global]", f"cert = /{CERTIFICATES}"]
    for line in _run(sys.executable, "-m", "pip", "config", "list").splitlines():
        key, _, quoted = line.partition("=")
        name, value = key.rpartition(".")[2], quoted.strip("'\"")
        if name in ("index-url", "extra-index-url", "proxy", "trusted-host") and not value.startswith("file:"):
            lines.append(f"{name} = {value}")
    return "\n".join([*lines, ""])
