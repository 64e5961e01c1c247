"""Takes away who a consultation was about: names, numbers, addresses, what was sent to them, and what they answered."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from chalicelib.consultations import Consultations
from chalicelib.records import Answered, Consultation, Sending, consultation_key, feedback_key
from chalicelib.rights import Actor
from chalicelib.store import Delete, Store, Write

NOBODY: Final[dict[str, Any]] = {"name": "", "phone": "", "email": ""}
PATIENT: Final = ""
"""Whose data, where it is not a guest's, by id."""
AT_ONCE: Final = 40
"""Rows in one transaction; DynamoDB takes a hundred writes."""

May = Callable[[Consultation], bool]


class Eraser:
    """Each taking is asked ``may`` of what the consultation is in that very moment; done twice, it is done once."""

    def __init__(self, store: Store, consultations: Consultations) -> None:
        self._store = store
        self._consultations = consultations

    def contacts(self, by: Actor, consultation: str, what: str, may: May, *whose: str) -> tuple[bool, int]:
        """Take away who it was about: ``whose`` data, or everybody's. Notes ``what`` in its trail.

        Returns whether there was something, and how many messages went. Raises NotFound.
        """
        if not may(self._consultations.find(by.trust, consultation)):
            return False, 0
        messages = self._messages(by.trust, consultation, whose)
        taken = False

        def decide(present: Consultation) -> dict[str, Any] | None:
            nonlocal taken
            fields = nameless(present, *whose) if may(present) else {}
            taken = bool(fields)
            return fields or None

        self._consultations.note(by, consultation, what, decide)
        return taken, messages

    def feedback(self, by: Actor, consultation: str, what: str, may: May) -> bool:
        """Take away what the patient answered; whether there was something. Raises NotFound."""
        answered = feedback_key(by.trust, consultation)
        taken = False

        def decide(present: Consultation) -> dict[str, Any] | None:
            nonlocal taken
            taken = may(present) and self._store.get(Answered, answered) is not None
            return {} if taken else None

        self._consultations.note(by, consultation, what, decide, lambda _: [Delete(answered)])
        return taken

    def all_but_trail(self, trust: str, consultation: str, *stays: str) -> None:
        """Remove all rows of a consultation that is no more, but its trail's and what else ``stays``."""
        keys = self._store.keys(consultation_key(trust, consultation))
        self.remove([key for key in keys if not key[1].startswith(("TRAIL#", *stays))])

    def remove(self, keys: list[tuple[str, str]]) -> None:
        """Remove rows, some at a time."""
        for begin in range(0, len(keys), AT_ONCE):
            deletes: list[Write] = [Delete(key) for key in keys[begin : begin + AT_ONCE]]
            self._store.write(deletes)

    def _messages(self, trust: str, consultation: str, whose: tuple[str, ...]) -> int:
        partition = consultation_key(trust, consultation)
        sent = [row for row in self._store.query(Sending, partition, "MSG#") if not whose or row.guest in whose]
        self.remove([row.key() for row in sent])
        return len(sent)


def nameless(consultation: Consultation, *whose: str) -> dict[str, Any]:
    """The fields of a consultation without who it was about: without ``whose`` data, or without everybody's.

    Empty when nothing of it is left.
    """
    fields: dict[str, Any] = {}
    named = consultation.patient_name or consultation.phone or consultation.email or consultation.person
    if named and (not whose or PATIENT in whose):
        fields = {"patient_name": "", "phone": "", "email": "", "person": "", "erased": True}
    gone = [g.id for g in consultation.guests if (g.name or g.phone or g.email) and (not whose or g.id in whose)]
    if gone:
        guests = [msgspec.structs.replace(g, **NOBODY) if g.id in gone else g for g in consultation.guests]
        fields["guests"] = tuple(guests)
    return fields
