"""What is kept of one person: all of it to be handed out (GDPR articles 15 and 20), or to be taken away (article 17).

What was taken away is written down for as long as the table can be restored from a backup (see ``again``): as random
ids of consultations and guests, which tell nobody who it was.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

import msgspec

from chalicelib import rest
from chalicelib.consultations import Consultations, new_id
from chalicelib.eraser import PATIENT, Eraser
from chalicelib.errors import NotFound, Overtaken
from chalicelib.lifecycle import FINAL
from chalicelib.mentions import Mentions
from chalicelib.objects import Objects
from chalicelib.phones import e164
from chalicelib.protocol import ConsultationView, Delivery
from chalicelib.records import Answered, Consultation, Mention, feedback_key
from chalicelib.rest import PersonQuery
from chalicelib.rights import Actor, system
from chalicelib.sendings import Sendings
from chalicelib.sockets import Sockets
from chalicelib.store import Store
from chalicelib.trail import Trail, shown

UNSENT: Final = frozenset({Delivery.DUE, Delivery.SENDING})


class Erasure(msgspec.Struct, frozen=True):
    """What was erased: consultations, each with the guest whose data it was (empty: the patient's)."""

    trust: str
    of: tuple[tuple[str, str], ...]


class People:
    """Finds a person by any of their numbers, in consultations of their own and in those where they were guests."""

    def __init__(
        self,
        store: Store,
        consultations: Consultations,
        trail: Trail,
        eraser: Eraser,
        mentions: Mentions,
        sendings: Sendings,
        sockets: Sockets,
        wants_sms: Callable[[str, str], bool],
        erasures: Objects,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._trail = trail
        self._eraser = eraser
        self._mentions = mentions
        self._sendings = sendings
        self._sockets = sockets
        self._wants_sms = wants_sms
        self._erasures = erasures
        self._now = now

    def export(self, by: Actor, query: PersonQuery) -> rest.PersonExport:
        """Everything that is kept of a person, and nothing of others. Raises BadRequest for what is no number."""
        wanted = self._wants_sms(by.trust, e164(query.phone) if query.phone else "")
        found = []
        for mention in self._mentions.of(by.trust, query):
            try:
                present = self._consultations.note(by, mention.consultation, "exported", lambda _: {})
            except NotFound:
                continue  # its time was over just now
            found.append(self._exported(present, mention.guest))
        self._trail.trust_did(by, "person_exported", {"consultations": len(found)})
        return rest.PersonExport(sms_wanted=wanted, consultations=found)

    def erase(self, by: Actor, query: PersonQuery) -> rest.Erased:
        """Take away what is kept of a person in consultations that are over; those to come are counted and stay.

        Done twice, or twice at once, it is done once. Raises BadRequest for what is no number.
        """
        found = [(mention, self._there(mention)) for mention in self._mentions.of(by.trust, query)]
        to_come = [mention for mention, present in found if present and not self._over(present)]
        over = tuple((m.consultation, m.guest) for m, present in found if present and self._over(present))
        if over:
            name = f"{by.trust}/{new_id()}.json"
            self._erasures.create(name, msgspec.json.encode(Erasure(by.trust, over)))
        counts = {"consultations": 0, "guests": 0, "messages": 0, "feedback": 0, "open": len(to_come)}
        for consultation, guest in over:
            self._take(by, consultation, guest, "erased", counts)
        self._trail.trust_did(by, "person_erased", counts)
        return rest.Erased(**counts)

    def again(self, trust: str) -> int:
        """Do again what was erased lately: it is there again when the table was restored. Returns how much was."""
        counts = {"consultations": 0, "guests": 0, "messages": 0, "feedback": 0}
        for name in self._erasures.names(f"{trust}/"):
            for body in self._erasures.versions(name):
                for consultation, guest in msgspec.json.decode(body, type=Erasure).of:
                    with suppress(Overtaken):  # the next run tries again, and the rest goes all the same
                        self._take(system(trust), consultation, guest, "erased_again", counts)
        if any(counts.values()):
            self._trail.trust_did(system(trust), "erased_again", counts)
        return sum(counts.values())

    # ------------------------------------------------------------ parts

    def _take(self, by: Actor, consultation: str, guest: str, what: str, counts: dict[str, int]) -> None:
        try:
            taken, messages = self._eraser.contacts(by, consultation, what, self._over, guest)
            if guest == PATIENT and self._eraser.feedback(by, consultation, f"feedback_{what}", self._over):
                counts["feedback"] += 1
        except NotFound:
            return
        counts["guests" if guest else "consultations"] += taken
        counts["messages"] += messages

    def _there(self, mention: Mention) -> Consultation | None:
        try:
            return self._consultations.find(mention.trust, mention.consultation)
        except NotFound:
            return None

    def _over(self, present: Consultation) -> bool:
        """Whether nothing is to come for which people must be known, such as a message that it is cancelled."""
        if self._consultations.closing_time(present) <= self._now():
            return True
        ways = {present.sms, present.mail, *(way for guest in present.guests for way in (guest.sms, guest.mail))}
        return present.state in FINAL and not UNSENT & ways

    def _exported(self, present: Consultation, guest: str) -> rest.PersonConsultation:
        entries, intact = self._trail.whole(present)
        said = None if guest else self._store.get(Answered, feedback_key(present.trust, present.id))
        messages = self._sendings.kept(present.trust, present.id)
        return rest.PersonConsultation(
            consultation=_only(self._sockets.for_clinician(present), guest),
            guest=guest,
            trail=rest.Trail(entries=shown(entries), intact=intact),
            messages=[message for message in messages if message.guest == guest],
            feedback=said.feedback if said else None,
        )


def _only(view: ConsultationView, guest: str) -> ConsultationView:
    """A consultation without what it holds of anybody but this person."""
    own = [one for one in view.guests if one.id == guest]
    if not guest:
        return msgspec.structs.replace(view, guests=[])
    return msgspec.structs.replace(view, patient_name="", phone="", email="", guests=own)
