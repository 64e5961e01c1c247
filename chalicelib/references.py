"""What support may see of a consultation, found by the reference that a patient reads out."""

import re
from typing import Final
from urllib.parse import unquote

from chalicelib.consultations import Consultations
from chalicelib.errors import NotFound
from chalicelib.records import Referred
from chalicelib.register import Register
from chalicelib.rest import Support
from chalicelib.rights import Actor
from chalicelib.sockets import Sockets
from chalicelib.store import Store
from chalicelib.trail import Trail

# References have no letters that are mistaken for digits: whoever types one meant the digit.
MEANT: Final = str.maketrans("OIL", "011")


class References:
    """Looks references up; of the patient it tells nothing, and who looked stands in the trail."""

    def __init__(
        self, store: Store, consultations: Consultations, trail: Trail, register: Register, sockets: Sockets
    ) -> None:
        self._store = store
        self._consultations = consultations
        self._trail = trail
        self._register = register
        self._sockets = sockets

    def look_up(self, by: Actor, typed: str) -> Support:
        """Case, spaces and hyphens do not matter. Raises NotFound."""
        reference = normal(unquote(typed))
        found = self._store.get(Referred, Referred(trust=by.trust, reference=reference).key())
        if found is None:
            raise NotFound
        consultation = self._consultations.note(by, found.consultation, "looked_up", lambda _: {})
        seen = self._sockets.for_clinician(consultation)
        return Support(
            reference=seen.reference,
            state=seen.state,
            starts=seen.starts,
            department=self._register.department(by.trust, consultation.department).name,
            clinician=self._register.staff(by.trust, consultation.staff).name,
            sms=seen.sms,
            mail=seen.mail,
            devices=seen.devices,
            network=seen.network,
            patient_present=seen.patient_present,
            trail=self._trail.entries(consultation),
        )


def normal(typed: str) -> str:
    """A reference as it is kept: case, spaces and hyphens do not matter."""
    return re.sub(r"[^0-9A-Z]", "", typed.upper()).translate(MEANT)
