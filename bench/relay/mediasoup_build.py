"""Builds mediasoup's worker from the sources that its npm package brings along, once, under build/bench/mediasoup."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
RECIPE: Final = Path(__file__).parent / "mediasoup"
PLACE: Final = ROOT / "build" / "bench" / "mediasoup"
MODULES: Final = PLACE / "node_modules"
WORKER: Final = MODULES / "mediasoup" / "worker"
BINARY: Final = WORKER / "out" / "Release" / "mediasoup-worker"
LOG: Final = ROOT / "build" / "log" / "mediasoup.log"

GYP_ON_PYTHON_3: Final = """
import collections, collections.abc, runpy, sys
collections.MutableSet = collections.abc.MutableSet  # gone since Python 3.10; the vendored gyp expects Python 2
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class CannotBuild(Exception):
    """mediasoup is not to be had here; the text is one line that says why."""


def build() -> Path:
    """The worker's program; built if it is not there yet, which takes ten minutes and more on two cores.

    Raises CannotBuild.
    """
    if not BINARY.exists():
        print(f"mediasoup: building, once (progress in {LOG.relative_to(ROOT)}) …", flush=True)
        PLACE.mkdir(parents=True, exist_ok=True)
        LOG.parent.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(RECIPE / name, PLACE / name)
        # Its own install script would want Python 2 and a network: the sources are enough.
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], PLACE)
        _mend()
        shim = PLACE / "gyp3.py"
        shim.write_text(GYP_ON_PYTHON_3)
        _run([sys.executable, "-W", "ignore", str(shim), "scripts/configure.py", "-R", "mediasoup-worker"], WORKER)
        _run(["nice", "make", f"-j{os.cpu_count() or 1}", "BUILDTYPE=Release", "-C", "out"], WORKER)
    return BINARY


def _mend() -> None:
    """SIGSTKSZ is a long in today's C library, no longer an int constant."""
    source = WORKER / "deps/libwebrtc/deps/abseil-cpp/abseil-cpp/absl/debugging/failure_signal_handler.cc"
    text = source.read_text()
    source.write_text(text.replace("std::max(SIGSTKSZ, 65536)", "std::max<size_t>(SIGSTKSZ, 65536)"))


def _run(command: list[str], folder: Path) -> None:
    environment = {**os.environ, "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}"}
    with LOG.open("ab") as log:
        try:
            subprocess.run(command, cwd=folder, env=environment, stdout=log, stderr=log, check=True)
        except (OSError, subprocess.CalledProcessError):
            raise CannotBuild(f"{command[0]} failed, see {LOG.relative_to(ROOT)}") from None


if __name__ == "__main__":
    try:
        build()
    except CannotBuild as error:
        sys.exit(f"mediasoup: {error}")
