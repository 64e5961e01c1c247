"""Builds the plane's compiled path beside this file: `python -m media_worker.hotpath_build`.

Needs a C compiler and no libsrtp. The worker runs without it, in pure Python, for more CPU.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent


def builder(*more: str) -> FFI:
    """The extension's description: what Python sees, and the C around it. ``more``: for the compiler and the linker."""
    ffi = FFI()
    header = (HERE / "hotpath.h").read_text()
    ffi.cdef(re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL))
    ffi.set_source(
        "media_worker._hotpath",
        (HERE / "hotpath.c").read_text(),
        extra_compile_args=["-O2", "-fno-plt", "-Wall", "-Wextra", "-Wno-unused-parameter", *more],
        extra_link_args=list(more),
    )
    return ffi


def build() -> Path:
    """Compile; returns the extension's file. Raises cffi's VerificationError when there is no compiler."""
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(builder().compile(tmpdir=scratch))
        fresh = shutil.copy(made, HERE / f"{made.name}.new")
        return Path(fresh).replace(HERE / made.name)  # at once: a worker may run with the former one


if __name__ == "__main__":
    sys.stdout.write(f"{build().name}\n")
