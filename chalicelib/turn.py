"""Time-limited TURN credentials (draft-uberti-behave-turn-rest-00), as coturn checks them. Pure."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from chalicelib.protocol import IceServer


def credentials(secret: str, urls: Sequence[str], subject: str, now: float, seconds: int) -> list[IceServer]:
    """The TURN servers as RTCConfiguration wants them; ``subject`` is opaque, and empty ``urls`` give an empty list.

    The user name is ``{expiry}:{subject}``, the password the base64 of HMAC-SHA-1 over it.
    """
    if not urls:
        return []
    username = f"{int(now) + seconds}:{subject}"
    mac = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return [IceServer(urls=list(urls), username=username, credential=base64.b64encode(mac).decode())]
