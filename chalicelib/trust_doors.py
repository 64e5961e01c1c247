"""The doors of what a trust decides for all its departments: its rules, its texts, whether it holds video just now."""

from chalicelib import rest
from chalicelib.edge import Request
from chalicelib.staff_doors import StaffDoors


class TrustDoors(StaffDoors):
    """One method a door."""

    def rules(self, request: Request, trust: str) -> rest.TrustRules:
        """The rules."""
        return self._s.rules.read(self._actor(request, trust).trust)

    def set_rules(self, request: Request, trust: str) -> rest.TrustRules:
        """Other rules."""
        return self._s.rules.change(self._actor(request, trust), request.body(rest.TrustRules))

    def suspension(self, request: Request, trust: str) -> rest.Suspension:
        """Whether it holds video consultations."""
        return self._s.announcements.shown(self._actors(request, trust)[-1])

    def suspend(self, request: Request, trust: str) -> rest.Suspension:
        """Hold none from now on, or again."""
        return self._s.announcements.change(self._actor(request, trust), request.body(rest.Suspension))

    def phone_list(self, request: Request, trust: str) -> rest.PhoneList:
        """Whom to phone instead."""
        return self._s.phone_lists.read(self._actors(request, trust), request.query(rest.WhichPhoneList))

    def texts(self, request: Request, trust: str) -> rest.Texts:
        """What messages say."""
        return self._s.wordings.all(self._actor(request, trust))

    def set_text(self, request: Request, trust: str) -> rest.CheckedText:
        """Other words, if nothing is wrong with them."""
        return self._s.wordings.change(self._actor(request, trust), request.body(rest.NewText))

    def check_text(self, request: Request, trust: str) -> rest.CheckedText:
        """How other words would look."""
        return self._s.wordings.check(self._actor(request, trust), request.body(rest.NewText))
