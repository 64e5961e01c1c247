"""Whom to phone when there is no video: a day's consultations with names and numbers, by the rights of who asks."""

from collections.abc import Callable, Sequence

from chalicelib import agenda, rest
from chalicelib.consultations import instant
from chalicelib.errors import Conflict, NotFound
from chalicelib.lifecycle import FINAL, Role
from chalicelib.protocol import Delivery
from chalicelib.records import Consultation, Stopped
from chalicelib.register import Register
from chalicelib.rights import Actor, owns
from chalicelib.sendings import Sendings
from chalicelib.store import Store
from chalicelib.suspensions import Suspensions
from chalicelib.trail import Trail


class PhoneLists:
    """Reads them; that somebody did stands in the trust's trail."""

    def __init__(
        self,
        store: Store,
        register: Register,
        suspensions: Suspensions,
        sendings: Sendings,
        trail: Trail,
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._register = register
        self._suspensions = suspensions
        self._sendings = sendings
        self._trail = trail
        self._now = now

    def read(self, actors: Sequence[Actor], asked: rest.WhichPhoneList) -> rest.PhoneList:
        """What somebody may see in any of her roles. An administrator sees patients' names today only, and only while
        there is a suspension: raises Conflict to who is nothing else otherwise."""
        trust = actors[0].trust
        stopped, today = self._suspensions.of(trust), self._suspensions.today(trust)
        day = asked.day or today
        whole = stopped.on and day == today
        seeing = [by for by in actors if whole or by.role is not Role.ADMINISTRATOR]
        if not seeing:
            raise Conflict
        found = sorted(self._of(seeing, day), key=lambda c: (c.starts, c.id))
        self._trail.trust_did(seeing[-1], "phone_list_read", {"consultations": len(found)})
        names = {staff: self._name(trust, staff) for staff in {c.staff for c in found}}
        departments = {one: self._department(trust, one) for one in {c.department for c in found}}
        return rest.PhoneList(
            day=day,
            consultations=[
                rest.ToPhone(
                    consultation=c.id,
                    starts=instant(c.starts),
                    minutes=c.minutes,
                    patient_name=c.patient_name,
                    phone=c.phone,
                    language=c.language,
                    department=departments[c.department],
                    clinician_name=names[c.staff],
                    state=c.state,
                    reference=c.reference,
                    told=self._told(c, stopped),
                )
                for c in found
            ],
        )

    # ------------------------------------------------------------ parts

    def _of(self, actors: Sequence[Actor], day: str) -> list[Consultation]:
        trust = actors[0].trust
        only_her_own = all(by.role is Role.CLINICIAN for by in actors)
        whose = [actors[0].staff] if only_her_own else [one.id for one in self._register.everybody(trust)]
        listed = (c for staff in whose for c in self._store.day(trust, staff, day) if c.state not in FINAL)
        return [c for c in listed if any(by.role is Role.ADMINISTRATOR or owns(by, c) for by in actors)]

    def _told(self, consultation: Consultation, stopped: Stopped) -> Delivery:
        if not stopped.number:
            return Delivery.NONE
        reason = stopped.reason(consultation.day)
        told = self._sendings.became(consultation, reason)
        planned = agenda.told_of_stop(consultation, self._suspensions.over(consultation), self._now())
        return Delivery.DUE if told is Delivery.NONE and reason in planned else told

    def _name(self, trust: str, staff: str) -> str:
        try:
            return self._register.staff(trust, staff).name
        except NotFound:
            return ""  # no longer in the register

    def _department(self, trust: str, department: str) -> str:
        try:
            return self._register.department(trust, department).name
        except NotFound:
            return ""
