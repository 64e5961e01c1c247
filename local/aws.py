"""The embedded AWS: ministack on loopback, with its WebSocket plane mended so that one socket never waits for another.

Stock ministack (1.5.33) hands every WebSocket message of one function to one worker process. Here each message leases a
worker of its own, as AWS gives each concurrent invocation an execution environment, and messages over 128 KB are refused.
"""

import os
import threading
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

from local import postbox

MOST_WORKERS = 8  # a function's processes at once; the rest of the messages wait their turn

_free = threading.Condition()


class _Lease:
    """What get_or_create_worker returns: takes a worker for just one invocation."""

    def __init__(self, *key: Any, **named: Any) -> None:
        self._key, self._named = key, named

    def invoke(self, event: dict[str, Any], request_id: str, **named: Any) -> dict[str, Any]:
        with _free:
            while (
                worker := lambda_runtime.acquire_worker(*self._key, **self._named, max_concurrency=MOST_WORKERS)[0]
            ) is None:
                _free.wait()
        try:
            result: dict[str, Any] = worker.invoke(event, request_id, **named)
            return result
        finally:
            lambda_runtime.release_worker(worker)
            with _free:
                _free.notify()


def main() -> None:
    """Run until told to stop; configured by ministack's own environment, and VENTEROM_OUTBOX for sent mail."""
    postbox.keep_mail(Path(os.environ["VENTEROM_OUTBOX"]))
    lambda_runtime.get_or_create_worker = _Lease
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
