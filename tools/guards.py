"""Takes each guard of `tools.threats` away, one at a time in a copy, and wants the test that names it to fail.

``python -m tools.guards [T-01 …]``: all, or those named. A test that passes without its guard is worth nothing.
"""

import os
import resource
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from tools.threats import THREATS, Threat

ROOT: Final = Path(__file__).resolve().parent.parent
COPIED: Final = (
    "app.py", "pyproject.toml", "requirements.txt", "requirements-dev.txt", "chalicelib", "infra", "local",
    "media_worker", "client", "probe", "tests", "tools", "turn",
    "web/package.json",
)  # fmt: skip
SECONDS: Final = 60
"""Of processor time for one test."""
OURS: Final = ("app", "chalicelib", "client", "infra", "local", "media_worker", "probe", "tests", "tools")
FAILED: Final = 1
"""pytest's exit status when a test failed; others say that it did not run."""


def stripped(threat: Threat, text: str) -> str:
    """A file's text without the guard. Raises ValueError unless it is there, once."""
    before, after = threat.without
    if text.count(before) != 1:
        raise ValueError(f"{threat.id}: {threat.file} holds the guard {text.count(before)} times")
    return text.replace(before, after)


def copy(folder: Path) -> None:
    """What the tests need, without what was compiled."""
    for name in COPIED:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        else:
            shutil.copy(source, target)


def run(folder: Path, test: str) -> int:
    """pytest's exit status of one test in the copy. A process of its own, in which what is slow is loaded already."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.chdir(folder)
    sys.path[:] = [str(folder), *(path for path in sys.path if path not in ("", str(ROOT)))]
    for loaded in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[loaded]
    import pytest

    status = 99
    try:
        options = ["-q", "-x", "-p", "no:cacheprovider", f"--rootdir={folder}"]
        status = int(pytest.main([*options, f"tests/security/{test}"]))
    finally:
        os._exit(status)


def rewrite(file: Path, text: str) -> None:
    """Write a file, and forget what was compiled of it: two versions may be of one second and one size."""
    file.write_text(text)
    for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
        compiled.unlink()


def preload() -> None:
    """Load once what every test loads."""
    import boto3  # noqa: F401
    import chalice  # noqa: F401
    import hypothesis  # noqa: F401
    import joserfc.jwt  # noqa: F401
    import pynamodb.models  # noqa: F401
    import pytest  # noqa: F401


def check(threats: list[Threat]) -> list[str]:
    """What is wrong with them, in a line each; the test of each is given a minute of processor time."""
    wrong = []
    preload()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy(folder)
        for threat in threats:
            file = folder / threat.file
            whole = file.read_text()
            try:
                rewrite(file, stripped(threat, whole))
                status = run(folder, threat.test)
            except ValueError as error:
                wrong.append(str(error))
                continue
            finally:
                rewrite(file, whole)
            if status != FAILED:
                wrong.append(f"{threat.id}: without its guard in {threat.file}, {threat.test} ended with {status}")
    return wrong


def main() -> int:
    """Exit status 1 when a guard is not held by its test."""
    names = sys.argv[1:] or list(THREATS)
    wrong = check([THREATS[name] for name in names])
    print("\n".join([*wrong, f"{len(names) - len(wrong)} of {len(names)} guards are held by their tests."]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
