"""A trust's register: its departments and staff, as the pages show them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from chalicelib import probing
from chalicelib.errors import BadRequest, Forbidden, NoRole, NotFound
from chalicelib.lifecycle import STAFF, Role
from chalicelib.protocol import DepartmentView
from chalicelib.records import Department, Session, Socket, Staff, StaffLogin, Trust, trust_key
from chalicelib.rest import ClinicianView, Colleague, DepartmentPage, Me
from chalicelib.rights import Actor
from chalicelib.store import Put, Store

R = TypeVar("R", Trust, Department, Staff)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A trust with all that belongs to it, in the shape of ``local/trust.json``."""

    class TrustEntry(msgspec.Struct, frozen=True):
        """The trust itself."""

        id: str
        name: str
        time_zone: str
        login: StaffLogin

    class DepartmentEntry(msgspec.Struct, frozen=True):
        """One department."""

        id: str
        name: str
        phone: str
        message_name: str = ""

    class StaffEntry(msgspec.Struct, frozen=True):
        """One of the staff."""

        id: str
        name: str
        departments: tuple[str, ...]
        roles: tuple[Role, ...] = (Role.CLINICIAN,)

    trust: TrustEntry
    departments: tuple[DepartmentEntry, ...]
    staff: tuple[StaffEntry, ...]


class Register:
    """Reads and writes the register of every trust."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def enter(self, entry: Any) -> int:
        """Write a trust's register; may be run again. Whoever has left keeps a name, for what she did, and no right.

        Returns the number of rows. Raises msgspec.ValidationError; BadRequest for the probe's trust with others in it.
        """
        given = msgspec.convert(entry, Entry)
        of = given.trust
        if of.id == probing.TRUST and given != msgspec.convert(probing.ENTRY, Entry):
            raise BadRequest  # whom the probe's passes let in is not to be anybody
        trust = Trust(id=of.id, name=of.name, time_zone=of.time_zone, login=of.login)
        rows: list[Trust | Department | Staff] = [
            trust,
            *(
                Department(trust=trust.id, id=d.id, name=d.name, phone=d.phone, message_name=d.message_name)
                for d in given.departments
            ),
            *(
                Staff(trust=trust.id, id=s.id, name=s.name, departments=s.departments, roles=s.roles)
                for s in given.staff
            ),
            *(
                msgspec.structs.replace(left, departments=(), roles=())
                for left in self.everybody(trust.id)
                if left.id not in {s.id for s in given.staff}
            ),
        ]
        for row in rows:
            self._store.write([Put(row)])
        return len(rows)

    def trust(self, trust: str) -> Trust:
        """Raises NotFound."""
        return _found(self._store.get(Trust, (trust_key(trust), "TRUST")))

    def day_of(self, trust: str, moment: float) -> str:
        """The day it is then where the trust is. Raises NotFound."""
        return datetime.fromtimestamp(moment, ZoneInfo(self.trust(trust).time_zone)).date().isoformat()

    def department(self, trust: str, department: str) -> Department:
        """Raises NotFound."""
        return _found(self._store.get(Department, (trust_key(trust), f"DEP#{department}")))

    def staff(self, trust: str, staff: str) -> Staff:
        """Raises NotFound."""
        return _found(self._store.get(Staff, (trust_key(trust), f"STAFF#{staff}")))

    def admit(self, trust: str, subject: str, claimed: Sequence[str]) -> tuple[Staff, tuple[Role, ...]]:
        """Whom a trust's issuer let in, and what the roles that it ``claimed`` make of her here; none of these where
        the register says what she is. Raises Forbidden to who is not on the staff, NoRole to who is nothing here.
        """
        try:
            known = self.staff(trust, subject)
        except NotFound:
            raise Forbidden from None
        login = self.trust(trust).login
        if not known.roles:
            raise NoRole
        if not login.role_claim:
            return known, ()
        given = {role for value in claimed for role in login.roles.get(value, ())}
        if not given.intersection(STAFF):
            raise NoRole
        return known, tuple(role for role in STAFF if role in given)

    def roles_of(self, who: Session | Socket) -> tuple[Role, ...]:
        """What one of the staff is: what her issuer says or, where it says nothing, the register as it is now.

        Raises Forbidden when she is not on the staff any more.
        """
        return self._roles(who, self._known(who))

    def actors(self, who: Session | Socket, allowed: Sequence[Role]) -> list[Actor]:
        """One of the staff in each of ``allowed`` that is hers, at least one; a change of the register counts at once.

        Raises Forbidden when none is, or when she is not on the staff any more.
        """
        known = self._known(who)
        roles = self._roles(who, known)
        actors = [Actor(who.trust, r, known.id, known.departments, who.level) for r in allowed if r in roles]
        if not actors:
            raise Forbidden
        return actors

    @staticmethod
    def _roles(who: Session | Socket, known: Staff) -> tuple[Role, ...]:
        return who.roles or known.roles

    def _known(self, who: Session | Socket) -> Staff:
        try:
            known = self.staff(who.trust, who.staff)
        except NotFound:
            raise Forbidden from None
        if not known.roles:
            raise Forbidden
        return known

    def clinician_of(self, trust: str, department: str, staff: str) -> Staff:
        """A clinician who works in the department. Raises NotFound or Forbidden."""
        found = self.staff(trust, staff)
        if Role.CLINICIAN not in found.roles or department not in found.departments:
            raise Forbidden
        return found

    def clinicians_of(self, trust: str, department: str) -> list[Staff]:
        """The clinicians who work in a department."""
        return [s for s in self.everybody(trust) if Role.CLINICIAN in s.roles and department in s.departments]

    def whose(self, by: Actor, clinician: str | None) -> str:
        """Whose list somebody means: a clinician hers, a secretary that of a clinician who shares a department.

        Raises NotFound for anybody else's, BadRequest when a secretary does not say whose.
        """
        if by.role is Role.CLINICIAN:
            if clinician not in (None, by.staff):
                raise NotFound
            return by.staff
        if clinician is None:
            raise BadRequest
        found = self.staff(by.trust, clinician)
        if Role.CLINICIAN not in found.roles or set(found.departments).isdisjoint(by.departments):
            raise NotFound
        return found.id

    def everybody(self, trust: str) -> list[Staff]:
        """All of the staff, and who has left."""
        return self._store.query(Staff, trust_key(trust), "STAFF#")

    def page(self, trust: str, department: str, suspended: str) -> DepartmentPage:
        """What the department's fixed address shows; ``suspended``: see there. Raises NotFound."""
        found = self.department(trust, department)
        return DepartmentPage(
            trust_name=self.trust(trust).name,
            department=department_view(found),
            clinicians=[ClinicianView(id=s.id, name=s.name) for s in self.clinicians_of(trust, department)],
            suspended=suspended,
        )

    def me(self, by: Actor, roles: Sequence[Role]) -> Me:
        """One of the staff's own page: ``roles`` are all of hers. Raises NotFound."""
        found, home = self.staff(by.trust, by.staff), self.trust(by.trust)
        departments = [department_view(self.department(by.trust, d)) for d in found.departments]
        clinicians = self._sharing(found)
        return Me(
            id=found.id,
            name=found.name,
            roles=list(roles),
            level=by.level,
            trust=home.id,
            trust_name=home.name,
            time_zone=home.time_zone,
            departments=departments,
            colleagues=[c for c in clinicians if c.id != found.id],
            clinicians=clinicians if Role.SECRETARY in roles else [],
        )

    def _sharing(self, of: Staff) -> list[Colleague]:
        """The clinicians who share a department with somebody, and which of those."""
        everybody = self.everybody(of.trust)
        shared = {s: [d for d in s.departments if d in of.departments] for s in everybody if Role.CLINICIAN in s.roles}
        return [
            Colleague(id=s.id, name=s.name, departments=departments) for s, departments in shared.items() if departments
        ]


def _found(record: R | None) -> R:
    if record is None:
        raise NotFound
    return record


def department_view(department: Department) -> DepartmentView:
    """A department as everyone may see it."""
    return DepartmentView(
        id=department.id,
        name=department.name,
        phone=department.phone,
        address=f"/d/{department.trust}/{department.id}",
    )
