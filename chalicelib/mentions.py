"""Where people are mentioned: by keyed hashes of numbers and addresses, so that the rows tell nobody who it is."""

from collections.abc import Callable

from chalicelib.phones import e164
from chalicelib.records import Consultation, Guest, Mention, person_partition
from chalicelib.rest import PersonQuery
from chalicelib.store import Delete, Put, Store, Write

# Hashes of a value at a trust: the one by the key in use first, then those by which it may have been written earlier.
Hashes = Callable[[str, str], tuple[str, ...]]


class Mentions:
    """Keeps the rows of people in step with the consultations, and finds the consultations of a person."""

    def __init__(self, store: Store, hashes: Hashes) -> None:
        self._store = store
        self._hashes = hashes

    def changes(self, before: Consultation | None, after: Consultation | None) -> list[Write]:
        """What is to be written along with a consultation's change: None before it began, and after it is removed."""
        of = after or before
        if of is None:
            return []
        old, new = (_named(one) if one else set() for one in (before, after))
        gone = [Delete(row.key()) for guest, kind, value in old - new for row in self._rows(of, guest, kind, value)]
        come = [Put(self._rows(of, guest, kind, value)[0]) for guest, kind, value in new - old]
        kept = {write.record.key() for write in come}
        return [*come, *(delete for delete in gone if delete.key not in kept)]

    def hashes_of(self, trust: str, query: PersonQuery) -> list[str]:
        """All hashes under which the rows of a person may stand. Raises BadRequest for what is no number."""
        values = [
            query.national_id,
            e164(query.phone) if query.phone else "",
            query.email.lower(),
        ]
        return [digest for value in values if value for digest in self._hashes(trust, value)]

    def of(self, trust: str, query: PersonQuery) -> list[Mention]:
        """Where a person is mentioned, each consultation once for themselves and for each guest that they were."""
        found = {
            (mention.consultation, mention.guest): mention
            for digest in self.hashes_of(trust, query)
            for mention in self._store.query(Mention, person_partition(trust, digest), "C#")
        }
        return [found[at] for at in sorted(found)]

    def _rows(self, of: Consultation, guest: str, kind: str, value: str) -> list[Mention]:
        digests = (value,) if kind == "person" else self._hashes(of.trust, value)
        return [Mention(trust=of.trust, person=d, consultation=of.id, guest=guest) for d in digests]


def _named(consultation: Consultation) -> set[tuple[str, str, str]]:
    """By what its people could be found: which guest (empty: the patient), what it is, and its value."""
    people: list[tuple[str, Consultation | Guest]] = [("", consultation)]
    people += [(guest.id, guest) for guest in consultation.guests]
    found = {(id_, "phone", who.phone) for id_, who in people}
    found |= {(id_, "email", who.email.lower()) for id_, who in people}
    found |= {("", "person", consultation.person)}
    return {(id_, kind, value) for id_, kind, value in found if value}
