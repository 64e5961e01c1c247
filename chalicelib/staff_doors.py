"""Who of the staff stands at a door of the REST API, and as what."""

from chalicelib.edge import Request
from chalicelib.records import Session
from chalicelib.rights import Actor, foremost
from chalicelib.routes import BY_DOOR
from chalicelib.sessions import staff_cookie
from chalicelib.wiring import Services


class StaffDoors:
    """What the doors of the staff have in common."""

    def __init__(self, services: Services) -> None:
        self._s = services

    def _employee(self, request: Request, trust: str) -> Session:
        return self._s.sessions.employee(trust, request.cookie(staff_cookie(trust)))

    def _actors(self, request: Request, trust: str) -> list[Actor]:
        """Who of the staff asks, in each of the door's roles that is hers. Raises Unauthenticated, Forbidden."""
        return self._s.register.actors(self._employee(request, trust), BY_DOOR[request.door].staff)

    def _actor(self, request: Request, trust: str, consultation: str = "") -> Actor:
        """As `_actors`, in the first of these roles in which the consultation is hers, if it is about one."""
        actors = self._actors(request, trust)
        if len(actors) == 1 or not consultation:
            return actors[0]
        return foremost(actors, self._s.consultations.find(trust, consultation))
