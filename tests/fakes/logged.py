"""Everything that would stand in the logs: what is printed, what loggers write, and what Lambda writes of a failure."""

import io
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What is logged meanwhile, as text; a logger's lines with their tracebacks."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    loggers = [logging.getLogger(), logging.getLogger("venterom")]  # Chalice's does not hand on to the root
    for logger in loggers:
        logger.addHandler(handler)
    try:
        with redirect_stdout(out), redirect_stderr(out):
            yield out
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


def invoke(function: Callable[..., Any], event: Any) -> Any:
    """Call a function as Lambda does: what it raises is logged with its text and its place."""
    try:
        return function(event, None)
    except Exception:  # noqa: BLE001 - whatever it is
        traceback.print_exc()
        return None
