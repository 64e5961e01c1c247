"""The word that CloudFront says to the REST API: when a deployment turns it over, and who learns of it first.

The API (stack `core`) hears the word and the one before; CloudFront (stack `web`, deployed later) says the word. A new
one is made only when CloudFront says the last one: nobody is refused meanwhile, and none is skipped after a failure.
"""

import datetime
import uuid
from collections.abc import Callable
from typing import Final

import msgspec

from chalicelib.tokens import mint
from deploy.account import Account
from infra.deployment import FIRST_WORD, Deployment

PERIOD: Final = datetime.timedelta(days=30)
"""A word that is older is turned over by the next deployment."""


class Words(msgspec.Struct, frozen=True):
    """What the secret holds."""

    word: str
    before: str = ""
    """None in the secret that the template made."""


class Entrance:
    """Of one deployment, as it stands, with what becomes of its word."""

    def __init__(
        self, deployment: Deployment, where: Account, now: Callable[[], datetime.datetime], *, asked: bool = False
    ) -> None:
        """``asked``: turn it over whatever its age."""
        self._where = where
        self._secret = (where.outputs(f"{deployment.stack}-core") or {}).get("EntranceSecret", "")
        self.due = False
        """Whether it will be turned over."""
        self.version = FIRST_WORD
        """Of the secret, that the templates shall name."""
        if not self._secret:
            return
        text, version, since = where.secret(self._secret)
        self._words = msgspec.json.decode(text, type=Words)
        if self._words.before:
            self.version = version
        said = (where.outputs(f"{deployment.stack}-web") or {}).get("EntranceVersion")
        old = not self._words.before or now() - since >= PERIOD
        self.due = said == self.version and (asked or old)
        if self.due:
            self.version = str(uuid.uuid4())

    def turn(self) -> None:
        """Write the next word, where one is due."""
        if self.due:
            following = Words(mint(), self._words.word)
            self._where.put_secret(self._secret, msgspec.json.encode(following).decode(), self.version)
