"""Runs one target: `python -m tests.fuzz TARGET [libFuzzer's options] [corpus]`; exit status 0: nothing found."""

import sys
from collections.abc import Callable
from typing import Final

import atheris

with atheris.instrument_imports(include=["chalicelib", "media_worker"]):
    from tests.fuzz import functions, logins, texts, worker


def canary(data: bytes) -> None:
    """Something that the fuzzer must find, or it finds nothing anywhere."""
    if len(data) > 2 and data[0] == 99 and data[1] == 97:
        assert data[2] != 110


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "door": functions.door,
    "message": functions.message,
    "ticket": functions.ticket,
    "entry": functions.entry,
    "token": logins.token,
    "calendar": texts.calendar,
    "wording": texts.wording,
    "packet": worker.packet,
    "signed": worker.signed,
    "offer": worker.offer,
    "told": worker.told,
    "canary": canary,
}

if __name__ == "__main__":
    target = TARGETS[sys.argv[1]]
    atheris.instrument_func(target)
    atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
    atheris.Fuzz()
