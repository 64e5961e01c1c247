"""Run by itself over the unpacked package: starts it as SnapStart would, and says what its picture would hold.

python -I -S frozen.py FOLDER
"""

import json
import os
import socket
import sys
import threading
import time
import types
from collections.abc import Callable
from typing import Any, Final

SEEN: Final[dict[str, set[str]]] = {"random": set(), "time": set(), "connected": set()}
AFTERWARDS: Final[list[str]] = []


def watched(what: str, does: Callable[..., Any]) -> Callable[..., Any]:
    """``does``, written down with who called it."""

    def watch(*given: Any, **named: Any) -> Any:
        frame = sys._getframe(1)
        SEEN[what].add(f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}")
        return does(*given, **named)

    return watch


def plain(value: object) -> object:
    """What of a value could be unique: data, and not what it is wrapped in."""
    match value:
        case str() | int() | float() | bytes() | bool() | None:
            return repr(value)
        case dict():
            return sorted((repr(plain(key)), repr(plain(inner))) for key, inner in value.items())
        case list() | tuple() | set() | frozenset():
            return sorted(repr(plain(inner)) for inner in value)
    return type(value).__name__


def main(folder: str) -> None:
    """Print, as JSON, what was asked for while it started and the data that its modules hold."""
    assert "random" not in sys.modules
    os.urandom = watched("random", os.urandom)
    for clock in ("time", "time_ns", "monotonic"):
        setattr(time, clock, watched("time", getattr(time, clock)))
    socket.socket.connect = watched("connected", socket.socket.connect)  # type: ignore[method-assign]
    hooks = types.ModuleType("snapshot_restore_py")
    hooks.register_after_restore = lambda hook: AFTERWARDS.append(hook.__qualname__)  # type: ignore[attr-defined]
    sys.modules["snapshot_restore_py"] = hooks
    sys.path.insert(0, folder)
    import app  # noqa: F401
    from chalicelib import wiring

    ours = {name: module for name, module in sys.modules.items() if name == "app" or name.startswith("chalicelib")}
    json.dump(
        {
            **{what: sorted(by) for what, by in SEEN.items()},
            "threads": threading.active_count(),
            "afterwards": AFTERWARDS,
            "made": sorted(wiring.services().__dict__),
            "cryptography": "cryptography" in sys.modules,
            "data": {
                f"{name}.{attribute}": plain(value)
                for name, module in ours.items()
                for attribute, value in vars(module).items()
                if not attribute.startswith("__")
            },
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main(sys.argv[1])
