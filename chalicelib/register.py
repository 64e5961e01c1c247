"""A trust's register: its departments and staff, as the pages show them."""

from typing import Any, TypeVar

import msgspec

from chalicelib.errors import Forbidden, NotFound
from chalicelib.protocol import DepartmentView, LoginLevel
from chalicelib.records import Department, Staff, Trust, trust_key
from chalicelib.rest import ClinicianView, Colleague, DepartmentPage, Me
from chalicelib.store import Put, Store

R = TypeVar("R", Trust, Department, Staff)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A trust with all that belongs to it, in the shape of ``local/trust.json``."""

    class TrustEntry(msgspec.Struct, frozen=True):
        """The trust itself."""

        id: str
        name: str
        time_zone: str

    class DepartmentEntry(msgspec.Struct, frozen=True):
        """One department."""

        id: str
        name: str
        phone: str

    class StaffEntry(msgspec.Struct, frozen=True):
        """One clinician."""

        id: str
        name: str
        departments: tuple[str, ...]

    trust: TrustEntry
    departments: tuple[DepartmentEntry, ...]
    staff: tuple[StaffEntry, ...]


class Register:
    """Reads and writes the register of every trust."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def enter(self, entry: Any) -> int:
        """Write a trust's register; may be run again. Returns the number of rows. Raises msgspec.ValidationError."""
        given = msgspec.convert(entry, Entry)
        trust = Trust(id=given.trust.id, name=given.trust.name, time_zone=given.trust.time_zone)
        rows: list[Trust | Department | Staff] = [
            trust,
            *(Department(trust=trust.id, id=d.id, name=d.name, phone=d.phone) for d in given.departments),
            *(Staff(trust=trust.id, id=s.id, name=s.name, departments=s.departments) for s in given.staff),
        ]
        for row in rows:
            self._store.write([Put(row)])
        return len(rows)

    def trust(self, trust: str) -> Trust:
        """Raises NotFound."""
        return _found(self._store.get(Trust, (trust_key(trust), "TRUST")))

    def department(self, trust: str, department: str) -> Department:
        """Raises NotFound."""
        return _found(self._store.get(Department, (trust_key(trust), f"DEP#{department}")))

    def staff(self, trust: str, staff: str) -> Staff:
        """Raises NotFound."""
        return _found(self._store.get(Staff, (trust_key(trust), f"STAFF#{staff}")))

    def clinician_of(self, trust: str, department: str, staff: str) -> Staff:
        """A clinician who works in the department. Raises NotFound or Forbidden."""
        found = self.staff(trust, staff)
        if department not in found.departments:
            raise Forbidden
        return found

    def page(self, trust: str, department: str) -> DepartmentPage:
        """What the department's fixed address shows. Raises NotFound."""
        found = self.department(trust, department)
        everybody = self._store.query(Staff, trust_key(trust), "STAFF#")
        return DepartmentPage(
            trust_name=self.trust(trust).name,
            department=department_view(found),
            clinicians=[ClinicianView(id=s.id, name=s.name) for s in everybody if department in s.departments],
        )

    def me(self, trust: str, staff: str) -> Me:
        """The clinician's own page. Raises NotFound."""
        found, home = self.staff(trust, staff), self.trust(trust)
        departments = [department_view(self.department(trust, d)) for d in found.departments]
        return Me(
            id=found.id,
            name=found.name,
            roles=list(found.roles),
            level=LoginLevel.NONE,
            trust=home.id,
            trust_name=home.name,
            time_zone=home.time_zone,
            departments=departments,
            colleagues=self._colleagues(found),
            clinicians=[],
        )

    def _colleagues(self, of: Staff) -> list[Colleague]:
        """Who shares a department with somebody, and which of those."""
        everybody = self._store.query(Staff, trust_key(of.trust), "STAFF#")
        shared = {s: [d for d in s.departments if d in of.departments] for s in everybody if s.id != of.id}
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
