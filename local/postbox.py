"""Keeps the e-mail that the embedded AWS sends, whole: one file a message, where the outbox finds it.

ministack (1.5.33) lists sent e-mail without attachments and forgets it when it ends, but hands each raw message to an
SMTP relay if it knows one. Here that relay is a folder.
"""

import time
import uuid
from collections.abc import Sequence
from pathlib import Path


def keep_mail(folder: Path) -> None:
    """From now on write what SES's SendRawEmail sends to ``folder``, in the process of the embedded AWS."""
    from ministack.services import ses  # only the embedded AWS's own process has it

    folder.mkdir(parents=True, exist_ok=True)

    def relay(_source: str, _recipients: Sequence[str], message: str) -> None:
        write(folder, message.encode(), "eml")

    ses._smtp_relay = relay


def write(folder: Path, content: bytes, ending: str) -> Path:
    """A new file, named so that files sort by the time they were written; it is never seen half written."""
    path = folder / f"{time.time_ns():020}-{uuid.uuid4().hex[:8]}.{ending}"
    unfinished = path.with_suffix(".part")
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(content)
    return unfinished.rename(path)
