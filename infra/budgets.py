"""What the functions' package may weigh (tested) and cost (measured by `make bench-coldstart`)."""

from typing import Final

PACKAGE_BYTES: Final = 12_000_000
"""Zipped, for any target."""
IMPORT_CPU_MS: Final = 350
"""Of importing app.py from byte code into a fresh interpreter, the interpreter's own start included."""
