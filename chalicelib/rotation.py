"""What a secret becomes when its keys are turned over: by the calendar, or at once after one was given away. Pure."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from chalicelib import oidc_keys, rings


class Secret(StrEnum):
    """Each secret that has keys."""

    PEPPER = "pepper"
    TURN = "turn"
    WORKER = "worker"
    PROBE = "probe"
    LOGIN_KEYS = "login_keys"


KEEP: Final = {Secret.PEPPER: 13, Secret.TURN: 3, Secret.WORKER: 3, Secret.PROBE: 3}
"""The keys of each ring: those of a month or two where what is signed lives for hours. Hashes are kept for at most ten
years (`rest.Rules`), and the pepper is turned over once a year."""
FORGET: Final = 2
"""The keys of a ring that has forgotten those that were in use."""


def turned(secret: Secret, present: str, now: Callable[[], float], *, leaked: bool = False) -> str:
    """The secret's next value. ``leaked``: nothing more is signed with the present keys or taken that was.

    Only a pepper's are still compared with: what was hashed cannot be hashed anew, for nobody knows it any more.
    """
    if secret is Secret.LOGIN_KEYS:
        return oidc_keys.new_key_set(None if leaked else present, now)
    ring, keep = rings.read(present), KEEP[secret]
    if not leaked:
        return ring.turned(keep).text()
    return ring.replaced(keep if secret is Secret.PEPPER else FORGET).text()


def is_filled(secret: Secret, present: str) -> bool:
    """Whether it can be used as it is: what a template makes is a ring of one key, but no key set to sign in with."""
    return secret is not Secret.LOGIN_KEYS or oidc_keys.is_key_set(present)
