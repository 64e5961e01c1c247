"""What support may see of a consultation, found by the reference that a patient reads out."""

import re
from typing import Final
from urllib.parse import unquote

from chalicelib.consultations import Consultations
from chalicelib.errors import NotFound
from chalicelib.records import Referred
from chalicelib.register import Register
from chalicelib.rest import Support
from chalicelib.sockets import Sockets
from chalicelib.store import Store

# References have no letters that are mistaken for digits: whoever types one meant the digit.
MEANT: Final = str.maketrans("OIL", "011")


class References:
    """Looks references up; of the patient it tells nothing."""

    def __init__(self, store: Store, consultations: Consultations, register: Register, sockets: Sockets) -> None:
        self._store = store
        self._consultations = consultations
        self._register = register
        self._sockets = sockets

    def look_up(self, trust: str, typed: str) -> Support:
        """Case, spaces and hyphens do not matter. Raises NotFound."""
        reference = re.sub(r"[^0-9A-Z]", "", unquote(typed).upper()).translate(MEANT)
        found = self._store.get(Referred, Referred(trust=trust, reference=reference).key())
        if found is None:
            raise NotFound
        consultation = self._consultations.find(trust, found.consultation)
        seen = self._sockets.for_clinician(consultation)
        return Support(
            reference=seen.reference,
            state=seen.state,
            starts=seen.starts,
            department=self._register.department(trust, consultation.department).name,
            clinician=self._register.staff(trust, consultation.staff).name,
            sms=seen.sms,
            mail=seen.mail,
            devices=seen.devices,
            network=seen.network,
            patient_present=seen.patient_present,
            trail=self._consultations.entries(consultation),
        )
