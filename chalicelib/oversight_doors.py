"""The doors of those who look after a trust's data: the auditor's, and what an administrator may do about a person."""

from chalicelib import rest
from chalicelib.edge import Request
from chalicelib.staff_doors import StaffDoors


class OversightDoors(StaffDoors):
    """One method a door."""

    def anchors(self, request: Request, trust: str) -> rest.Anchors:
        """The days that can be checked."""
        return self._s.anchors.shown(self._actor(request, trust))

    def verify(self, request: Request, trust: str) -> rest.Verified:
        """Check a day."""
        by = self._actor(request, trust)
        return self._s.anchors.verify(by.trust, request.body(rest.Verify).day)

    def audit(self, request: Request, trust: str) -> rest.AuditPage:
        """Search the trail."""
        by = self._actor(request, trust)
        return self._s.audit.search(by, request.query(rest.AuditQuery))

    def purges(self, request: Request, trust: str) -> rest.Purges:
        """What the daily clean-up took away."""
        return self._s.retention.shown(self._actor(request, trust))

    def export_person(self, request: Request, trust: str) -> rest.PersonExport:
        """Everything that is kept of a person."""
        return self._s.people.export(self._actor(request, trust), request.body(rest.PersonQuery))

    def erase_person(self, request: Request, trust: str) -> rest.Erased:
        """Take away what is kept of a person."""
        return self._s.people.erase(self._actor(request, trust), request.body(rest.PersonQuery))
