"""Threats to the door by which the probe comes in: its key opens the trust that nobody belongs to, and nothing else."""

import msgspec
import pytest

from chalicelib import probing
from chalicelib import protocol as p
from chalicelib.errors import BadRequest, TicketInvalid
from chalicelib.records import Consultation, Session, Socket, Wanted
from chalicelib.rest import Arrival
from chalicelib.store import Delete
from chalicelib.tokens import probe_pass, worker_pass
from tests.fakes.clinic import Clinic

STAFF = "probe-0"


def connect(clinic: Clinic, staff: str = STAFF) -> Socket:
    """The probe's socket, as it is let in."""
    clinic.services.signaling.connect("probe", probe_pass("probe", staff, clinic.clock()))
    found = clinic.services.sockets.known("probe")
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def registered(clinic: Clinic) -> None:
    clinic.services.register.enter(probing.ENTRY)


def test_t45_nobody_else_is_the_probe(clinic: Clinic) -> None:
    """T-45. Guard: its pass is signed with a key of its own."""
    for key in ("guess", "worker", "turn"):
        with pytest.raises(TicketInvalid):
            clinic.services.signaling.connect("probe", probe_pass(key, STAFF, clinic.clock()))


@pytest.mark.parametrize("other", ["probe", "worker"])
def test_t46_a_pass_is_of_its_kind(clinic: Clinic, other: str) -> None:
    """T-46. Guard: the kind is signed with it. Here both keys are the same, as if somebody had set them so."""
    vars(clinic.services)["secret"] = lambda _: "one key"
    vars(clinic.services).pop("tickets", None)
    made = {"probe": probe_pass, "worker": worker_pass}[other]("one key", STAFF, clinic.clock())
    shown = {"probe": "worker.", "worker": "probe."}[other]
    tickets = clinic.services.tickets
    redeem = {"probe": tickets._redeem_worker, "worker": tickets._redeem_probe}[other]
    assert not made.startswith(shown)
    with pytest.raises(TicketInvalid):
        redeem(made, "X")


def test_t47_the_probes_key_opens_no_other_trust(clinic: Clinic) -> None:
    """T-47. Guard: trust and role are not what the pass says."""
    theirs = clinic.waiting()
    for staff in (STAFF, clinic.staff, "nobody"):
        socket = connect(clinic, staff)
        assert (socket.trust, socket.role, socket.roles) == (probing.TRUST, "clinician", ("clinician",))
        for message in (p.Call(consultation=theirs.id), p.HangUp(consultation=theirs.id, call=1)):
            assert clinic.say("probe", message) in ("not_found", "forbidden")
        assert clinic.say("probe", p.Watch(day="2027-01-15", clinician=clinic.staff)) in ("not_found", "forbidden")
    assert clinic.now(theirs).state == "checked_in"


def test_t48_nobody_else_is_in_the_probes_trust(clinic: Clinic) -> None:
    """T-48. Guard: its register is the one that stands in the code."""
    somebody = {"id": "somebody", "name": "Somebody", "departments": [probing.DEPARTMENT], "roles": ["auditor"]}
    login = {"issuer": "https://x.example", "client_id": "x"}
    for entry in (
        probing.ENTRY | {"staff": [*probing.ENTRY["staff"], somebody]},
        probing.ENTRY | {"trust": probing.ENTRY["trust"] | {"login": login}},
    ):
        with pytest.raises(BadRequest):
            clinic.services.register.enter(entry)
    assert clinic.services.register.trust(probing.TRUST).login.issuer == "https://probe.invalid"


def test_t49_the_probes_clinician_does_not_stay(clinic: Clinic) -> None:
    """T-49. Guard: her session ends before the next call."""
    connect(clinic)
    assert clinic.say("probe", p.Ping()) == "ping"
    clinic.clock.time += probing.SESSION_SECONDS
    assert clinic.say("probe", p.Ping()) != "ping"


def test_its_pass_opens_one_socket(clinic: Clinic) -> None:
    good = probe_pass("probe", STAFF, clinic.clock())
    clinic.services.signaling.connect("probe", good)
    with pytest.raises(TicketInvalid):
        clinic.services.signaling.connect("again", good)


def test_its_pass_is_soon_over(clinic: Clinic) -> None:
    old = probe_pass("probe", STAFF, clinic.clock() - 31)
    with pytest.raises(TicketInvalid):
        clinic.services.signaling.connect("probe", old)


def test_it_leaves_no_cookie_and_no_way_to_the_staffs_doors(clinic: Clinic) -> None:
    """The session's row is there for the socket; what it is the hash of nobody has been told."""
    socket = connect(clinic)
    session = clinic.store.get(Session, (f"SESSION#{socket.session}", "SESSION"))
    assert session is not None
    assert session.ends - clinic.clock() == probing.SESSION_SECONDS
    assert clinic.services.sessions.of(socket.session) is None
    clinic.store.write([Delete(session.key())])
    assert clinic.say("probe", p.Ping()) == "unauthenticated"


def arrived(clinic: Clinic) -> Consultation:
    arrival = Arrival(clinician=STAFF, name="Prøve", phone="+447700900000")
    return clinic.services.bookings.arrive(probing.TRUST, probing.DEPARTMENT, arrival)


def test_no_message_goes_out_for_a_test_call(clinic: Clinic) -> None:
    before = len(clinic.carrier.texts)
    made = arrived(clinic)
    clinic.clock.time += 3600
    for reason in (f"missing-{made.starts}-{made.invitation}", f"remind-{made.starts}-{made.invitation}"):
        clinic.services.invites.deliver(probing.TRUST, made.id, reason)
    assert len(clinic.carrier.texts) == before


def test_what_it_leaves_is_kept_for_as_short_a_time_as_can_be(clinic: Clinic) -> None:
    rules = clinic.services.rules.of(probing.TRUST)
    assert (rules.keep_contact_days, rules.keep_consultation_days, rules.keep_trail_days) == (1, 1, 365)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(msgspec.to_builtins(msgspec.structs.replace(rules, keep_trail_days=364)), type(rules))


def test_a_test_call_holds_nobody_up_and_starts_no_worker(clinic: Clinic) -> None:
    """With no place free its clinician is told so, and stands in no queue: people who come later go first."""
    made = arrived(clinic)
    session, _ = clinic.services.sessions.begin_visit(made)
    clinic.services.signaling.connect("patient", clinic.services.tickets.issue(session).ticket)
    clinic.say("patient", p.CheckIn(devices=p.DeviceReport()))
    connect(clinic)
    assert clinic.say("probe", p.Call(consultation=made.id)) == "call"
    assert p.Queued(consultation=made.id, place=1) in clinic.push.to("probe")
    assert clinic.store.query(Wanted, Wanted.PARTITION, "T#") == []
    clinic.worker("W", "w1")
    clinic.say("probe", p.Call(consultation=made.id))
    assert clinic.services.consultations.find(probing.TRUST, made.id).state == "calling"
