"""What a trust decides for all its departments: reading it, and changing it without undoing what another decided."""

from collections.abc import Callable
from typing import Final

from chalicelib import probing
from chalicelib.errors import BadRequest, Overtaken
from chalicelib.quiet import Quiet
from chalicelib.records import Ruled
from chalicelib.register import Register
from chalicelib.rest import Rules, TrustRules
from chalicelib.rights import Actor
from chalicelib.store import Create, Refused, Replace, Store, Write
from chalicelib.telling import tells

DAY: Final = 86_400


class RuleBook:
    """The rules of every trust; who has decided nothing has the defaults, as version 0."""

    def __init__(self, store: Store, register: Register, did: Callable[[Actor, str, list[Write]], object]) -> None:
        """``did`` writes a change together with who made it, in the trust's trail."""
        self._store = store
        self._register = register
        self._did = did

    def of(self, trust: str) -> Rules:
        """What holds at a trust."""
        return self.read(trust).rules

    def read(self, trust: str) -> TrustRules:
        """What holds at a trust, and which version that is."""
        found = self._store.get(Ruled, Ruled(trust=trust, version=0, rules=Rules()).key())
        undecided = probing.RULES if trust == probing.TRUST else Rules()
        return TrustRules(version=found.version, rules=found.rules) if found else TrustRules(version=0, rules=undecided)

    def quiet(self, trust: str) -> Quiet:
        """The trust's quiet hours, where it is. Raises NotFound for no trust."""
        return Quiet.of(self.of(trust), self._register.trust(trust).time_zone)

    def change(self, by: Actor, new: TrustRules) -> TrustRules:
        """Put ``new.rules`` in the place of version ``new.version``. Raises Overtaken when there is a newer one.

        What messages are planned for already stays so; switching off reminders and the like holds at once. Raises
        BadRequest for a sender's name that tells of an illness.
        """
        if tells(new.rules.sms_sender):
            raise BadRequest
        ruled = Ruled(trust=by.trust, version=new.version + 1, rules=new.rules)
        write: Write = Replace(ruled, expected=new.version) if new.version else Create(ruled)
        try:
            self._did(by, "rules_changed", [write])
        except Refused:
            raise Overtaken from None
        return TrustRules(version=ruled.version, rules=ruled.rules)
