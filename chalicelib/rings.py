"""The keys of one secret, in their turns: the one in use, the one that comes next, and those that were in use. Pure.

A key is known to everybody one rotation before it is used, and for some rotations after. So nobody needs to learn of a
rotation in time: whoever still has the ring of before knows the key that is in use now.
"""

import hmac
import json
from typing import Annotated

import msgspec

from chalicelib.tokens import keyed, mint


class Ring(msgspec.Struct, frozen=True):
    """At least one key, the one in use first."""

    keys: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]

    @property
    def current(self) -> str:
        """The key to sign and to hash with."""
        return self.keys[0]

    def hash(self, *parts: str) -> str:
        """`keyed`, with the key in use: what is written now."""
        return keyed(self.current, *parts)

    def hashes(self, *parts: str) -> tuple[str, ...]:
        """`keyed` with each of the keys, the one in use first: what may have been written at any time."""
        return tuple(keyed(key, *parts) for key in self.keys)

    def fits(self, written: str, *parts: str) -> bool:
        """Whether ``written`` is a hash of ``parts`` by any of the keys; its time tells at most by which."""
        # As bytes: compare_digest takes no text beyond ASCII.
        given = written.encode(errors="replace")
        return any(hmac.compare_digest(made.encode(), given) for made in self.hashes(*parts))

    def turned(self, keep: int) -> "Ring":
        """The ring after a rotation, of at most ``keep`` keys: the next key is in use, and a new one comes next."""
        current, *others = self.keys
        if not others:
            return Ring((current, mint()))
        following, *past = others
        return Ring((following, mint(), current, *past)[:keep])

    def replaced(self, keep: int) -> "Ring":
        """The ring after a key was given away: a new one is in use at once; ``keep`` 2 forgets those of before."""
        return Ring((mint(), mint(), *self.keys)[:keep])

    def text(self) -> str:
        """As it is kept: JSON."""
        return json.dumps({"keys": self.keys})


def read(text: str) -> Ring:
    """A ring as it is kept, or a plain text, which is what a template makes of a secret, as the only key."""
    try:
        return msgspec.json.decode(text, type=Ring)
    except msgspec.DecodeError:
        return Ring((text,))
