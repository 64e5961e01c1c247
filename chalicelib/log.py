"""Structured logs by allow-list: one JSON line for each thing done, made of codes, counts and durations only."""

import json
import sys
import traceback
from pathlib import Path
from typing import Final

from chalicelib.trace import present

FIELDS: Final = frozenset(
    {
        *("door", "outcome", "status", "role", "rows", "calls", "milliseconds", "anchor", "entries", "trace"),
        *("wanted", "allowed", "desired", "alive", "rest", "waiting", "mended", "left"),
    }
)


def log(**fields: str | int) -> None:
    """Write one line. Raises ValueError for a field that is not on the list: nothing personal can slip in by name.

    On whose behalf it was done is added: see `trace`.
    """
    if unknown := fields.keys() - FIELDS:
        raise ValueError(f"not to be logged: {sorted(unknown)}")
    trace = present()
    trace.said = fields
    sys.stdout.write(json.dumps(fields | ({"trace": trace.id} if trace.id else {})) + "\n")


class Failed(Exception):
    """Something unexpected, in place of an error whose text nobody knows; its own is made by `fault`."""


def fault(error: BaseException) -> str:
    """What may be logged of an unexpected error: its kind and where it was raised, never its text."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "chalicelib" in frame.filename] or frames
    place = f" {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{place}"
