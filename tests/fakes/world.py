"""A trust with somebody of every role, each known by a cookie, and the doors open before them."""

import os
from typing import Any, Final

from chalicelib import protocol as p
from chalicelib.lifecycle import STAFF, Role
from chalicelib.protocol import LoginLevel
from chalicelib.records import Socket, Staff
from chalicelib.rights import Actor
from chalicelib.store import Put
from chalicelib.wiring import services
from tests.fakes.clinic import SETTINGS, Clinic
from tests.fakes.gateway import Answer, ask

NOBODY: Final = "nobody"
VISITORS: Final = ("unproven", "patient", "guest")
EVERYBODY: Final = (NOBODY, *VISITORS, *(str(role) for role in STAFF))
ADDRESS: Final = "203.0.113.9, 198.51.100.77"
"""What X-Forwarded-For says: what the client wrote, and where our proxy saw it."""


class World:
    """``everybody`` may knock at any door, and hold a socket named after them.

    Close it when it is over: the doors find their services by this process's environment.
    """

    def __init__(self, clinic: Clinic | None = None) -> None:
        for field in SETTINGS.__struct_fields__:
            os.environ[f"VENTEROM_{field.upper()}"] = str(getattr(SETTINGS, field))
        os.environ.setdefault("AWS_REGION", "eu-north-1")  # as Lambda sets it
        services.cache_clear()
        self.clinic = clinic or Clinic(services())
        self.trust = self.clinic.trust
        for role in STAFF:
            person = Staff(
                trust=self.trust, id=str(role), name=f"Ansatt {role}", departments=("medisinsk",), roles=(role,)
            )
            self.clinic.store.write([Put(person)])
        self.clinic.staff = "clinician"
        self.clinic.by = Actor(self.trust, Role.CLINICIAN, "clinician", ("medisinsk",), LoginLevel.HIGH)
        self.consultation = self.clinic.book()
        self.guest = self.clinic.invite(self.consultation)
        self.cookies = {who: self._let_in(who) for who in EVERYBODY if who != NOBODY}

    @staticmethod
    def close() -> None:
        """Forget the services, and what the environment said of them."""
        services.cache_clear()
        for field in SETTINGS.__struct_fields__:
            os.environ.pop(f"VENTEROM_{field.upper()}", None)

    @property
    def places(self) -> dict[str, str]:
        """What stands in the addresses of the doors, all of it there."""
        now = self.clinic.now(self.consultation)
        return {
            "trust": self.trust,
            "consultation": now.id,
            "department": now.department,
            "guest": self.guest.id,
            "reference": now.reference,
        }

    def cookie(self, who: str) -> str:
        """The Cookie header of somebody's browser."""
        if who == NOBODY:
            return ""
        name = f"v-{self.consultation.id}" if who in VISITORS else f"s-{self.trust}"
        return f"__Host-{name}={self.cookies[who]}"

    def headers(self, who: str, **more: str) -> dict[str, str]:
        """What our pages send."""
        sent = {"X-Forwarded-For": ADDRESS, "X-Venterom": "1", "Content-Type": "application/json"}
        return sent | ({"Cookie": cookie} if (cookie := self.cookie(who)) else {}) | more

    def ask(self, who: str, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Somebody asks at an address as browsers write it."""
        path, _, query = path.partition("?")
        pairs = [(name, value) for part in query.split("&") if part for name, _, value in [part.partition("=")]]
        return ask(method, path, pairs, self.headers(who, **headers).items(), body)

    def connect(self, who: str) -> str:
        """A socket of theirs; returns its connection's id."""
        fields: dict[str, Any] = {"connection": who, "role": Role.WORKER, "worker": "w1"}
        if who in VISITORS:
            role = Role.GUEST if who == "guest" else Role.PATIENT
            guest = self.guest.id if who == "guest" else ""
            fields = {"role": role, "trust": self.trust, "consultation": self.consultation.id, "guest": guest}
        elif who in STAFF:
            fields = {"role": Role(who), "trust": self.trust, "staff": who}
        first = p.Register(worker="w1", capacity=4) if who == "worker" else p.Hello()
        self.clinic.open(Socket(**fields | {"connection": who}), first)
        return who

    def _let_in(self, who: str) -> str:
        known: dict[str, Any] = {"role": Role(who), "staff": who, "roles": (Role(who),)} if who in STAFF else {}
        if who in VISITORS:
            known = {"role": Role.GUEST if who == "guest" else Role.PATIENT, "consultation": self.consultation.id}
        if who == "guest":
            known["guest"] = self.guest.id
        begin = self.clinic.services.sessions.begin
        return begin(trust=self.trust, proven=who != "unproven", level=LoginLevel.HIGH, **known)[1]
