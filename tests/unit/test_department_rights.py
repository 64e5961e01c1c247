"""No sequence of requests and messages lets a secretary see or touch what is of another department than hers now."""

from typing import Any, Final, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import protocol as p
from chalicelib.consultations import instant
from chalicelib.lifecycle import Role
from chalicelib.protocol import GuestKind
from chalicelib.records import Consultation
from chalicelib.rest import Booking, NewGuest, SendInvitation
from chalicelib.routes import Route
from chalicelib.store import Put
from tests.fakes.browser import Browser, open_doors
from tests.fakes.clinic import Clinic
from tests.unit.test_permissions import MESSAGES, OF_STAFF

BERIT: Final = "berit-solli"
DEPARTMENTS: Final = ("medisinsk", "kirurgisk")
BOOKED: Final = (
    ("ingrid-berg", "medisinsk"),
    ("omar-haddad", "medisinsk"),
    ("omar-haddad", "kirurgisk"),
    ("sunniva-lie", "kirurgisk"),
)
# Looking up a reference is for all of the trust's staff, of whom it tells nothing of a patient, and is noted.
HERS: Final = [route for route in OF_STAFF if Role.SECRETARY in route.staff and route.door != "reference"]
BOOK: Final = next(route for route in HERS if route.door == "book")
SAID: Final = [message for message in MESSAGES if isinstance(message, get_args(p.FromSecretary))]

clinicians = st.sampled_from(["ingrid-berg", "omar-haddad", "sunniva-lie", BERIT])
targets = st.integers(0, len(BOOKED))
steps = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from([*HERS, *[BOOK] * 8]),
            targets,
            clinicians,
            st.sampled_from(DEPARTMENTS),
            st.sampled_from("ab"),
        ),
        st.tuples(st.sampled_from(SAID), clinicians),
        st.sampled_from([(), *((department,) for department in DEPARTMENTS), DEPARTMENTS]),
    ),
    min_size=4,
    max_size=25,
)


class World:
    """Four consultations in two departments, and a secretary at their doors and with a socket (S)."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.departments: tuple[str, ...] = ("medisinsk",)
        self.ids = [self._book(n, staff, department) for n, (staff, department) in enumerate(BOOKED)]
        self.browser = Browser().be(clinic, BERIT)
        clinic.secretary("S")

    def _book(self, n: int, staff: str, department: str) -> str:
        by, services = self.clinic.as_(staff), self.clinic.services
        booking = Booking(
            department=department,
            patient_name=f"Patient{n}",
            starts=instant(self.clinic.clock.time + 3600 + n),
            phone=f"4000000{n}",
            send=SendInvitation.NOW,
        )
        made = services.invites.send_now(services.bookings.book(by, booking, f"booked-{n}"))
        guest = NewGuest(kind=GuestKind.COMPANION, name=f"Guest{n}", phone=f"4100000{n}")
        services.company.invite(by, made.id, guest, "guest")
        return made.id

    def everything(self) -> list[Consultation]:
        return [row for row in self.clinic.store.rows.values() if isinstance(row, Consultation)]

    def foreign(self) -> list[Consultation]:
        return [c for c in self.everything() if c.department not in self.departments]

    def rows_of(self, consultations: list[Consultation]) -> dict[Any, Any]:
        partitions = {c.key()[0] for c in consultations}
        return {key: row for key, row in self.clinic.store.rows.items() if key[0] in partitions}

    def transfer(self, departments: tuple[str, ...]) -> None:
        known = self.clinic.services.register.staff(self.clinic.trust, BERIT)
        self.clinic.store.write([Put(msgspec.structs.replace(known, departments=departments))])
        self.departments = departments

    def knock(self, route: Route, target: int, clinician: str, department: str, key: str) -> str:
        consultation = self.ids[target] if target < len(self.ids) else "nobodys"
        guests = [g.id for c in self.everything() if c.id == consultation for g in c.guests]
        place = {"trust": self.clinic.trust, "consultation": consultation, "guest": guests[0] if guests else "none"}
        query = f"?day=2027-01-15&clinician={clinician}" if route.query else ""
        bodies: dict[str, dict[str, Any]] = {
            "book": {
                "department": department,
                "clinician": clinician,
                "patient_name": "New",
                "starts": "2027-01-15T12:00:00Z",
                "phone": "42000000",
            },
            "move": {"starts": "2027-01-15T13:00:00Z", "minutes": 20},
            "hand_over": {"staff": clinician},
            "invite_guest": {"kind": "companion", "name": "New", "phone": "42000001"},
            "wish_sms_for": {"wanted": False},
        }
        body = None if route.method == "GET" else bodies.get(route.door, {})
        answer = self.browser.ask(route.method, route.path.format(**place) + query, body, Idempotency_Key=key)
        if answer.status_code == 401:  # logged out by an earlier step
            self.browser.be(self.clinic, BERIT)
        assert answer.status_code < 500
        return str(answer.body.decode())

    def say(self, message: p.Message, clinician: str) -> str:
        if isinstance(message, p.Watch):
            message = msgspec.structs.replace(message, clinician=clinician)
        return self.clinic.say("S", message)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_what_is_of_another_department_is_neither_seen_nor_touched(taken: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch, open_doors(monkeypatch) as clinic:
        world = World(clinic)
        for step in taken:
            if not step or isinstance(step[0], str):
                world.transfer(step)
                continue
            foreign = world.foreign()
            rows, heard = world.rows_of(foreign), len(clinic.push.to("S"))
            seen = world.knock(*step) if isinstance(step[0], Route) else world.say(*step)
            shown = f"{seen}{clinic.push.to('S')[heard:]}"
            assert world.rows_of(foreign) == rows
            assert len(world.foreign()) == len(foreign), "nor is one booked there"
            for one in foreign:
                assert one.id not in shown
                assert one.phone not in shown


@settings(max_examples=60, deadline=None)
@given(steps)
def test_what_others_change_is_told_only_of_her_departments(taken: list[Any]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch, open_doors(monkeypatch) as clinic:
        world = World(clinic)
        for step in taken:
            if not step or isinstance(step[0], str):
                world.transfer(step)
            elif isinstance(step[0], p.Message):
                world.say(*step)
        heard = len(clinic.push.to("S"))
        for n, (staff, _) in enumerate(BOOKED):
            clinic.services.desk.cancel(clinic.as_(staff), world.ids[n])
        shown = str(clinic.push.to("S")[heard:])
        assert not [one for one in world.foreign() if one.id in shown]
