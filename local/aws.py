"""The embedded AWS: ministack on loopback, mended where a consultation would feel the difference from AWS.

Of stock ministack (1.5.33) the following is changed here and nowhere else:

- Every WebSocket message of a function went to one process, so that one socket waited for another. Now each message
  leases a process of its own for as long as it takes, as AWS gives every concurrent invocation its own environment.
- Requests, and what is scheduled, started as many processes of a function as there were. Now they wait their turn too.
- What sockets call by an alias had processes apart, which a new setting did not reach.
- What a function raised was sent to the browser word for word. AWS says only that something failed.
- A message may be 128 KB long, not 16 MB.
- Each process unpacked and compiled the package anew, 40 MB and some seconds. All that run here share one copy.
- State was written only at a clean end. It is now written every few seconds too.
- What is still at work when it is told to stop is ended, not waited for.
- The right to send e-mail was asked for everything, not for the sender's identity.
- The right to change a service of ECS was asked for its cluster.
- A request over loopback counts as one over TLS, which buckets ask for. There is no certificate for 127.0.0.1.
- E-mail is laid into the outbox's folder (see ``postbox``).
"""

import hashlib
import json
import os
import shutil
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any, Final, Self

from hypercorn.config import Config
from ministack import app
from ministack.core import iam_actions, lambda_runtime
from ministack.services import lambda_svc

from chalicelib.protocol import MAX_MESSAGE
from local import postbox
from local.alone import alone
from local.children import ROOT

MOST_WORKERS: Final = 8  # a function's processes at once; the rest of the messages wait their turn
SAVE_SECONDS: Final = 5.0
KEEP_SECONDS: Final = 86_400.0
"""How long a package's copy stays from when the last process was started from it."""
FAILED: Final = json.dumps({"message": "Internal server error"})

_free = threading.Condition()
_saving = threading.Lock()


class Lease:
    """What get_or_create_worker returns here: takes a process for just one invocation."""

    def __init__(self, *key: Any, **named: Any) -> None:
        # Sockets call by alias, which here always means the newest code: the processes of all other callers.
        self._key, self._named = key, named | {"qualifier": "$LATEST"}

    def invoke(self, event: dict[str, Any], request_id: str, **named: Any) -> dict[str, Any]:
        """Run the function once. Waits while the most processes allowed are busy."""
        worker = take_in_turn(*self._key, **self._named)[0]
        try:
            result: dict[str, Any] = worker.invoke(event, request_id, **named)
        finally:
            lambda_runtime.release_worker(worker)
            with _free:
                _free.notify()
        return result | {"error": FAILED} if result.get("status") == "error" else result


def take_in_turn(*key: Any, **named: Any) -> Any:
    """A process of a function, as ministack's acquire_worker returns it. Waits while the most that may be are busy.

    Without that a rush starts a process for each request: two cores then start processes and nothing else.
    """
    with _free:
        while (taken := lambda_runtime.acquire_worker(*key, **named, max_concurrency=MOST_WORKERS))[0] is None:
            _free.wait(0.1)  # not every invocation tells us when it gives its process back
    return taken


class SharedCode:
    """Stands where ministack opens a package's zip file: unpacks it once on this machine and links to that.

    What one function compiled of it is there for all others, and for the next embedded AWS.
    """

    FOLDER: Final = ROOT / "build" / "code"

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._path.unlink(missing_ok=True)

    def extractall(self, target: str) -> None:
        """Make ``target``, an empty folder, a link to the package's only copy."""
        code = self.FOLDER / hashlib.sha256(self._path.read_bytes()).hexdigest()[:32]
        self.FOLDER.mkdir(parents=True, exist_ok=True)
        with alone(self.FOLDER / "lock"):
            if not code.exists():
                self._forget()
                unfinished = code.with_suffix(".unfinished")
                shutil.rmtree(unfinished, ignore_errors=True)
                with zipfile.ZipFile(self._path) as archive:
                    archive.extractall(unfinished)
                unfinished.rename(code)
            os.utime(code)
        Path(target).rmdir()
        Path(target).symlink_to(code)

    def _forget(self) -> None:
        """Remove copies that nobody was started from for long."""
        for old in self.FOLDER.iterdir():
            if old.is_dir() and old.stat().st_mtime < time.time() - KEEP_SECONDS:
                shutil.rmtree(old, ignore_errors=True)


def save_by_turns(save: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    """``save``, which names its unfinished files alike each time, never twice at once."""

    def save_alone(services: dict[str, Any]) -> None:
        with _saving:
            save(services)

    return save_alone


def with_sender(find: Callable[..., str]) -> Callable[..., str]:
    """``find``, which tells what a request is about, made to know the domain that an e-mail is sent from."""

    def find_resource(
        service: str, method: str, path: str, headers: Any, body: Any, query: Any, region: str, account: str
    ) -> str:
        found = find(service, method, path, headers, body, query, region, account)
        source = query.get("Source", "")
        if service != "ses" or found != "*" or not source:
            return found
        sender: str = source[0] if isinstance(source, list) else source
        return f"arn:aws:ses:{region}:{account}:identity/{sender.rpartition('@')[2]}"

    return find_resource


def with_service(find: Callable[..., str]) -> Callable[..., str]:
    """``find``, made to know which service of ECS a request is about."""

    def find_resource(service: str, method: str, path: str, headers: Any, body: bytes, *more: Any) -> str:
        found = find(service, method, path, headers, body, *more)
        if service != "ecs" or not body:
            return found
        asked = json.loads(body)
        name = asked.get("service") or next(iter(asked.get("services") or ()), "")
        return found.replace(":cluster/", ":service/") + f"/{name}" if name and ":cluster/" in found else found

    return find_resource


def over_tls(pin: Callable[[str, bool], None]) -> Callable[[str, bool], None]:
    """``pin``, which keeps where a request comes from, told that it came over TLS."""

    def pin_as_secure(source: str, _secure: bool) -> None:
        pin(source, True)

    return pin_as_secure


def end_functions(_at_start: bool = False) -> None:
    """Stands where ministack looks after containers, which we have none of: the last thing it does as it ends.

    A function still at work could no longer reach AWS and would hold up the end until its time is out.
    """
    lambda_runtime.reset()


def main() -> None:
    """Run until told to stop. Set by ministack's own environment, and by VENTEROM_OUTBOX (where sent mail is laid)."""
    postbox.keep_mail(Path(os.environ["VENTEROM_OUTBOX"]))
    lambda_runtime.zipfile = SimpleNamespace(
        ZipFile=SharedCode, BadZipFile=zipfile.BadZipFile, LargeFileError=zipfile.LargeZipFile
    )
    lambda_runtime.get_or_create_worker = Lease
    lambda_svc.acquire_worker = take_in_turn  # invocations by name, REST's and the scheduler's
    iam_actions.extract_resource_arn = with_service(with_sender(iam_actions.extract_resource_arn))
    app.pin_request_origin = over_tls(app.pin_request_origin)
    Config.websocket_max_message_size = MAX_MESSAGE
    app.save_all = save_by_turns(app.save_all)
    app._stop_docker_containers = end_functions
    over = threading.Event()

    def save_now_and_then() -> None:
        while not over.wait(SAVE_SECONDS):
            app.save_all(app._build_persistence_save_dict())

    threading.Thread(target=save_now_and_then, daemon=True).start()
    try:
        app.main()
    finally:
        over.set()


if __name__ == "__main__":
    main()
