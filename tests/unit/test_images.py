"""A Dockerfile names the files of chalicelib that its program imports and no others; without one it would not start."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMPORTED = "import sys; print(*(name for name in sys.modules if name.split('.')[0] == 'chalicelib'))"


@pytest.mark.parametrize(
    ("file", "modules"),
    [
        ("media_worker/Dockerfile", "media_worker.__main__, media_worker.health"),
        ("probe/Dockerfile", "probe.__main__, probe.run, client.page"),
    ],
)
def test_it_names_what_is_imported(file: str, modules: str) -> None:
    command = [sys.executable, "-c", f"import {modules}; {IMPORTED}"]
    imported = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    files = {f"{name.replace('.', '/')}.py" for name in imported} - {"chalicelib.py"} | {"chalicelib/__init__.py"}
    (copied,) = re.findall(r"^COPY (chalicelib/.*) chalicelib/$", (ROOT / file).read_text(), re.MULTILINE)
    assert set(copied.split()) == files
