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
