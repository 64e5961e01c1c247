"""Sessions: as long as somebody does something, as long as a call lasts, and not a minute longer than half an hour."""

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chalicelib import protocol as p
from chalicelib.errors import TicketInvalid, Unauthenticated, VenteromError
from chalicelib.lifecycle import Role
from chalicelib.protocol import DeviceReport, LoginLevel
from chalicelib.records import Consultation, Session, Socket
from chalicelib.sessions import SEEN_SECONDS, signed_in
from chalicelib.tokens import digest
from tests.fakes.clinic import SETTINGS, Clinic

IDLE, HARD = SETTINGS.idle_seconds, SETTINGS.session_seconds
ELSEWHERE = signed_in("https://portal.example", "sid-1")
READY = p.CheckIn(devices=DeviceReport())


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


class Patient:
    """A patient's page: a cookie, and a socket that it opened with it."""

    def __init__(self, clinic: Clinic, visit: Consultation, connection: str = "P") -> None:
        self.clinic, self.visit, self.connection = clinic, visit, connection
        session, self.cookie = clinic.services.sessions.begin(
            trust=clinic.trust,
            role=Role.PATIENT,
            consultation=visit.id,
            proven=True,
            level=LoginLevel.HIGH,
            signed_in=ELSEWHERE,
        )
        self.digest = session.digest
        self.connect()

    def connect(self) -> None:
        """Raises Unauthenticated."""
        self.clinic.push.gone.discard(self.connection)
        self.clinic.services.signaling.connect(self.connection, self.ticket())
        self.say(p.Hello())

    def ticket(self) -> str:
        sessions, tickets = self.clinic.services.sessions, self.clinic.services.tickets
        return tickets.issue(sessions.proven_visitor(self.visit.id, self.cookie)).ticket

    def say(self, message: p.Message) -> str:
        return self.clinic.say(self.connection, message)

    def session(self) -> Session | None:
        found: Session | None = self.clinic.store.get(Session, (f"SESSION#{self.digest}", "SESSION"))
        return found

    def alive(self) -> bool:
        """Whether a request is let in; asking is doing something."""
        try:
            self.ticket()
        except Unauthenticated:
            return False
        return True


def talking(clinic: Clinic) -> Patient:
    """A patient in a call with the clinician at socket C."""
    patient = waiting(clinic)
    assert clinic.say("C", p.Call(consultation=patient.visit.id)) == "call"
    assert patient.say(p.Accept(consultation=patient.visit.id, call=1)) == "accept"
    return patient


def waiting(clinic: Clinic) -> Patient:
    patient = Patient(clinic, clinic.book(login_level=LoginLevel.HIGH))
    clinic.worker("W", "w1")
    clinic.clinician("C")
    assert patient.say(READY) == "check_in"
    return patient


def hang_up(clinic: Clinic, patient: Patient) -> None:
    assert clinic.say("C", p.HangUp(consultation=patient.visit.id, call=1)) == "hang_up"


def elsewhere(clinic: Clinic) -> None:
    clinic.services.sessions.log_out_elsewhere(ELSEWHERE)


def test_half_an_hour_without_a_word_is_the_end(clinic: Clinic) -> None:
    patient = Patient(clinic, clinic.book())
    clinic.clock.time += IDLE - 1
    assert patient.alive()
    clinic.clock.time += IDLE
    assert not patient.alive()
    assert patient.say(p.Tested(devices=DeviceReport())) == "unauthenticated"
    assert "P" in clinic.push.gone, "and its socket is told nothing more"


def test_of_a_visit_only_the_login_ends_and_can_be_done_anew(clinic: Clinic) -> None:
    patient = Patient(clinic, clinic.book(login_level=LoginLevel.HIGH))
    sessions = clinic.services.sessions
    clinic.clock.time += IDLE
    assert not sessions.visitor(patient.visit.id, patient.cookie).proven
    assert patient.say(p.Ping()) == "unauthenticated"
    clinic.clock.time += 3 * IDLE
    opened = sessions.visitor(patient.visit.id, patient.cookie)
    assert (opened.proven, opened.level) == (False, LoginLevel.NONE)
    patient.cookie = sessions.prove(opened, LoginLevel.HIGH)
    assert patient.alive()


def test_who_has_only_opened_the_link_may_take_their_time_to_log_in(clinic: Clinic) -> None:
    sessions, visit = clinic.services.sessions, clinic.book(login_level=LoginLevel.HIGH)
    _, cookie = sessions.begin_visit(visit)
    clinic.clock.time += HARD - 1
    assert not sessions.visitor(visit.id, cookie).proven
    clinic.clock.time += 1 + SETTINGS.link_grace_seconds
    with pytest.raises(Unauthenticated):
        sessions.visitor(visit.id, cookie)


def test_a_page_that_was_asked_for_no_login_stays_while_it_is_open(clinic: Clinic) -> None:
    visit = clinic.book()
    _, cookie = clinic.services.sessions.begin_visit(visit)
    patient = Patient(clinic, visit)
    patient.cookie = cookie
    patient.connection = "Q"
    patient.connect()
    for _ in range(3):
        clinic.clock.time += IDLE - 1
        assert patient.say(p.Ping()) == "ping"
    clinic.clock.time += IDLE
    assert not patient.alive()


def test_requests_and_messages_keep_a_session_but_not_for_ever(clinic: Clinic) -> None:
    patient = Patient(clinic, clinic.book())
    begun = clinic.clock.time
    while clinic.clock.time < begun + HARD - 2 * IDLE:
        clinic.clock.time += IDLE - SEEN_SECONDS
        assert patient.alive()
        patient.connect()
        clinic.clock.time += IDLE - SEEN_SECONDS
        assert patient.say(p.RunningLate(minutes=5)) == "running_late"
    clinic.clock.time = begun + HARD
    assert not patient.alive()


def test_a_page_that_only_pings_is_nobody_at_it(clinic: Clinic) -> None:
    patient = Patient(clinic, clinic.book())
    clinic.clock.time += IDLE - 1
    assert patient.say(p.Ping()) == "ping"
    clinic.clock.time += 1
    assert patient.say(p.Ping()) == "unauthenticated"


def test_a_clinicians_open_page_keeps_her_session(clinic: Clinic) -> None:
    clinic.clinician("C")
    for _ in range(3):  # a socket lives for two hours
        clinic.clock.time += IDLE - SEEN_SECONDS
        assert clinic.say("C", p.Ping()) == "ping"
    clinic.clock.time += IDLE
    assert clinic.say("C", p.Ping()) == "unauthenticated"


def test_a_patient_who_waits_for_a_late_clinician_is_not_thrown_out(clinic: Clinic) -> None:
    patient = waiting(clinic)
    for _ in range(4):
        clinic.clock.time += IDLE - 1
        assert patient.say(p.Ping()) == "ping"


def test_the_phone_of_a_patient_who_waits_may_sleep(clinic: Clinic) -> None:
    patient = waiting(clinic)
    clinic.leave("P")
    clinic.clock.time += 3 * IDLE
    patient.connect()
    assert patient.alive()


def test_a_session_left_behind_does_not_come_to_life_when_its_owner_checks_in_elsewhere(clinic: Clinic) -> None:
    left_behind = Patient(clinic, clinic.book(), "library")
    clinic.clock.time += IDLE
    at_home = Patient(clinic, left_behind.visit, "P")
    assert at_home.say(READY) == "check_in"
    assert not left_behind.alive()
    assert left_behind.say(p.Leave()) == "unauthenticated"


def test_a_guest_who_waits_is_kept_by_the_open_page(clinic: Clinic) -> None:
    booked = clinic.book()
    guest = clinic.invite(booked)
    clinic.guest("G", booked, guest)
    clinic.say("G", READY)
    for _ in range(3):
        clinic.clock.time += IDLE - 1
        assert clinic.say("G", p.Ping()) == "ping"
    clinic.clock.time += IDLE
    assert clinic.say("G", p.Ping()) == "unauthenticated"


def test_when_somebody_was_last_seen_is_written_once_a_minute(clinic: Clinic) -> None:
    patient = Patient(clinic, clinic.book())
    versions = set()
    for _ in range(3 * SEEN_SECONDS):
        clinic.clock.time += 1
        assert patient.alive()
        session = patient.session()
        assert session is not None
        versions.add(session.version)
    assert len(versions) <= 4


def test_a_logout_elsewhere_ends_what_is_in_no_call_at_once(clinic: Clinic) -> None:
    patient = waiting(clinic)
    ticket = patient.ticket()
    elsewhere(clinic)
    assert not patient.alive()
    assert "P" in clinic.push.gone
    with pytest.raises(Unauthenticated):
        clinic.services.signaling.connect("late", ticket)


def test_a_logout_elsewhere_cuts_no_call_and_ends_with_it(clinic: Clinic) -> None:
    patient = talking(clinic)
    elsewhere(clinic)
    clinic.clock.time += SEEN_SECONDS
    assert patient.say(p.Ping()) == "ping"
    clinic.leave("P")
    patient.connect()
    assert patient.say(p.Media(consultation=patient.visit.id, call=1, camera=True, microphone=True)) == "media"
    hang_up(clinic, patient)
    assert patient.say(p.Ping()) == "unauthenticated"
    assert not patient.alive()


def test_a_call_lasts_beyond_the_end_of_the_sessions_in_it(clinic: Clinic) -> None:
    patient = talking(clinic)
    for _ in range(HARD // (IDLE - SEEN_SECONDS) + 1):
        clinic.clock.time += IDLE - SEEN_SECONDS
        assert patient.say(p.Ping()) == "ping"
        patient.connect()
    clinic.clinician("C")
    hang_up(clinic, patient)
    assert patient.say(p.Ping()) == "unauthenticated"


def test_a_clinician_who_logged_out_elsewhere_goes_on_talking_also_on_a_new_socket(clinic: Clinic) -> None:
    patient = waiting(clinic)
    sessions, signaling = clinic.services.sessions, clinic.services.signaling
    session, cookie = sessions.begin(
        trust=clinic.trust, role=Role.CLINICIAN, staff=clinic.staff, proven=True, signed_in=ELSEWHERE[::-1]
    )
    signaling.connect("D", clinic.services.tickets.issue(session).ticket)
    assert clinic.say("D", p.Call(consultation=patient.visit.id)) == "call"
    sessions.log_out_elsewhere(ELSEWHERE[::-1])
    signaling.connect("E", clinic.services.tickets.issue(sessions.employee(clinic.trust, cookie)).ticket)
    assert clinic.say("E", p.Hello()) == "hello"
    assert clinic.say("E", p.WithdrawCall(consultation=patient.visit.id, call=1)) == "withdraw_call"
    assert clinic.say("E", p.Ping()) == "unauthenticated"


def test_logging_out_ends_session_sockets_and_tickets_also_in_a_call(clinic: Clinic) -> None:
    patient = talking(clinic)
    ticket, session = patient.ticket(), patient.session()
    assert session is not None
    clinic.services.sessions.log_out(session)
    assert "P" in clinic.push.gone
    assert patient.say(p.Ping()) == "unauthenticated"
    assert not patient.alive()
    with pytest.raises(Unauthenticated):
        clinic.services.signaling.connect("late", ticket)
    left = [key for key in clinic.store.rows if key[0] == f"SESSION#{session.digest}"]
    assert left == [(f"SESSION#{session.digest}", "CONN#P")], "by which the sweep finds the socket"
    clinic.clock.time += 75
    clinic.services.signaling.sweep([clinic.trust])
    assert not [key for key in clinic.store.rows if key[0] == f"SESSION#{session.digest}"]


def test_logging_out_between_the_ticket_and_the_socket(clinic: Clinic) -> None:
    patient = Patient(clinic, clinic.book())
    ticket, session = patient.ticket(), patient.session()
    assert session is not None

    def when_the_ticket_is_taken() -> None:
        clinic.store.before_write = lambda: clinic.services.sessions.log_out(session)

    clinic.store.before_write = when_the_ticket_is_taken
    with pytest.raises(TicketInvalid):
        clinic.services.signaling.connect("late", ticket)
    assert clinic.services.sockets.find("late") is None


def test_being_seen_while_logging_out_brings_nothing_back(clinic: Clinic) -> None:
    patient = Patient(clinic, clinic.book())
    session = patient.session()
    assert session is not None
    clinic.clock.time += SEEN_SECONDS
    clinic.store.before_write = lambda: clinic.services.sessions.log_out(session)
    assert patient.say(p.RunningLate(minutes=5)) == "running_late", "it came before"
    assert patient.session() is None


def test_being_seen_while_logged_out_elsewhere_does_not_undo_it(clinic: Clinic) -> None:
    patient = talking(clinic)
    clinic.clock.time += SEEN_SECONDS
    clinic.store.before_write = lambda: elsewhere(clinic)
    assert patient.say(p.Ping()) == "ping"
    session = patient.session()
    assert session is not None
    assert session.logged_out
    hang_up(clinic, patient)
    assert not patient.alive()


def test_of_two_logins_with_one_session_one_takes_its_place(clinic: Clinic) -> None:
    sessions, booked = clinic.services.sessions, clinic.book(login_level=LoginLevel.HIGH)
    session, _ = sessions.begin_visit(booked)
    clinic.store.before_write = lambda: sessions.prove(session, LoginLevel.HIGH)
    with pytest.raises(Unauthenticated):
        sessions.prove(session, LoginLevel.SUBSTANTIAL)


def test_a_socket_says_nothing_without_its_session(clinic: Clinic) -> None:
    booked = clinic.book()
    socket = Socket(connection="P", role=Role.PATIENT, trust=clinic.trust, consultation=booked.id)
    clinic.store.write(clinic.services.leases.rows(socket))
    assert clinic.say("P", p.Hello()) == "unauthenticated"


class Life(RuleBasedStateMachine):
    """A patient's session beside a model of it: the last thing that counts, whether there is a call, who logged out."""

    @initialize()
    def begin(self) -> None:
        self.clinic = Clinic()
        visit = self.clinic.book(login_level=LoginLevel.HIGH)
        self.clinic.worker("W", "w1")
        self.patient = Patient(self.clinic, visit)
        self.begun = self.last = self.clinic.clock.time
        self.connected = self.begun
        self.state, self.call, self.over, self.elsewhere = "invited", 0, False, False

    # The model: over for good, or good until the last thing that counts is half an hour ago.

    @property
    def called(self) -> bool:
        return self.state in ("calling", "in_call")

    def must_be(self) -> bool | None:
        """Whether the session is good; None where the minute between two writings decides."""
        silent, ended = self.clinic.clock.time - self.last, self.clinic.clock.time >= self.begun + HARD
        if self.over or ((ended or self.elsewhere) and not self.called):
            return False
        if silent < IDLE - SEEN_SECONDS:
            return True
        if self.state in ("checked_in", "calling", "in_call") and not ended and not self.elsewhere:
            return True
        return False if silent >= IDLE else None

    def did(self, good: bool, *, counts: bool = True) -> None:
        expected = self.must_be()
        assert expected is None or good is expected, (self.state, self.clinic.clock.time - self.last)
        if not good:
            self.over = True
        elif counts:
            self.last = self.clinic.clock.time

    @rule(seconds=st.sampled_from([1, 59, 61, IDLE // 2, IDLE - 61, IDLE - 1, IDLE, 2 * IDLE]))
    def time_passes(self, seconds: int) -> None:
        self.clinic.clock.time += seconds

    @rule()
    def request(self) -> None:
        self.did(self.patient.alive())

    @property
    def open(self) -> bool:
        """Whether its socket can still be open: API Gateway closes it after two hours."""
        return not self.over and self.clinic.clock.time < self.connected + 7200

    @precondition(lambda self: self.open)
    @rule()
    def ping(self) -> None:
        self.did(self.patient.say(p.Ping()) == "ping", counts=self.state != "invited")

    @precondition(lambda self: not self.over)
    @rule()
    def connects_again(self) -> None:
        try:
            self.patient.connect()
        except VenteromError:
            self.did(False)
        else:
            self.did(True)
            self.connected = self.clinic.clock.time

    @precondition(lambda self: self.state == "invited" and self.open)
    @rule()
    def checks_in(self) -> None:
        good = self.patient.say(READY) == "check_in"
        self.did(good)
        if good:
            self.state = "checked_in"

    @precondition(lambda self: self.state == "checked_in")
    @rule()
    def is_called(self) -> None:
        self.clinic.clinician("C")
        self.clinic.worker("W", "w1")
        assert self.clinic.say("C", p.Call(consultation=self.patient.visit.id)) == "call"
        self.state, self.call = "calling", self.call + 1

    @precondition(lambda self: self.state == "calling" and self.open)
    @rule()
    def accepts(self) -> None:
        good = self.patient.say(p.Accept(consultation=self.patient.visit.id, call=self.call)) == "accept"
        self.did(good)
        if good:
            self.state = "in_call"

    @precondition(lambda self: self.called)
    @rule()
    def is_withdrawn_or_ends(self) -> None:
        self.clinic.clinician("C")
        kind = p.WithdrawCall if self.state == "calling" else p.HangUp
        self.clinic.say("C", kind(consultation=self.patient.visit.id, call=self.call))
        self.state = "checked_in" if self.state == "calling" else "ended"

    @precondition(lambda self: not self.over)
    @rule()
    def logs_out_elsewhere(self) -> None:
        stays = self.called and self.must_be()
        if self.called and self.must_be() is None:
            return
        elsewhere(self.clinic)
        if stays and self.clinic.clock.time - self.last < IDLE - SEEN_SECONDS:
            self.elsewhere = True
        elif self.called and stays:
            self.over = self.patient.session() is None
            self.elsewhere = not self.over
        else:
            self.over = True

    @precondition(lambda self: not self.over)
    @rule()
    def logs_out(self) -> None:
        session = self.patient.session()
        if session is not None:
            self.clinic.services.sessions.log_out(session)
        self.over = True

    @invariant()
    def nobody_elses_cookie_is_touched(self) -> None:
        session = self.patient.session()
        assert session is None or session.digest == digest(self.patient.cookie)


TestLife = Life.TestCase
TestLife.settings = hypothesis_settings(max_examples=60, stateful_step_count=25, deadline=None)
