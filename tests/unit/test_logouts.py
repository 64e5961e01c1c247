"""Logging out, here and elsewhere: whose session ends, whose goes on, and where the browser is sent."""

import pytest

from chalicelib.errors import LoginFailed, Unauthenticated
from chalicelib.logins import Returned, login_cookie
from chalicelib.protocol import LoginLevel
from chalicelib.records import Happening, Session, SignedIn
from chalicelib.rest import LoggedOut
from chalicelib.sessions import signed_in
from tests.fakes.clinic import PORTAL, Clinic, person

KARI = "12838421065"


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def visitor(clinic: Clinic, sid: str = "s-1") -> tuple[Session, str]:
    """A patient who has logged in by the portal's session ``sid``, and her cookie."""
    booked = clinic.book(login_level=LoginLevel.HIGH, national_id=KARI)
    _, before = clinic.services.sessions.begin_visit(booked)
    clinic.patients.person = person("pairwise", KARI, sid=sid)
    state = clinic.services.logins.start_visit_login(booked.id, before).split("state=")[1]
    outcome = clinic.services.logins.finish_visit_login(Returned(code="c", state=state), lambda _: before)
    assert outcome.cookie
    return clinic.services.sessions.visitor(booked.id, outcome.cookie[1]), outcome.cookie[1]


def employee(clinic: Clinic, sid: str = "s-1") -> tuple[Session, str]:
    """A clinician who has logged in."""
    clinic.employees.person = person("ingrid-berg", sid=sid)
    logins = clinic.services.logins
    started = logins.start_staff_login(clinic.trust, "")
    assert started.cookie
    jar = dict([started.cookie])
    state = started.location.split("state=")[1]
    outcome = logins.finish_staff_login(Returned(code="c", state=state), lambda trust: jar[login_cookie(trust)])
    assert outcome.cookie
    return clinic.services.sessions.employee(clinic.trust, outcome.cookie[1]), outcome.cookie[1]


def ended(clinic: Clinic, session: Session) -> bool:
    """Whether a session is over."""
    return clinic.store.get(Session, session.key()) is None


def trail(clinic: Clinic, session: Session) -> list[str]:
    rows = clinic.store.query(Happening, f"T#{session.trust}#C#{session.consultation}", "TRAIL#")
    return [row.what for row in rows]


def test_what_the_issuer_calls_its_session_is_not_kept(clinic: Clinic) -> None:
    session, _ = visitor(clinic, sid="a-name-of-a-session")
    assert session.signed_in == signed_in(PORTAL, "a-name-of-a-session")
    assert "a-name-of-a-session" not in repr(clinic.store.__dict__)
    assert signed_in(PORTAL, "") == ""


def test_a_patient_logs_out_here_and_goes_on_to_the_portal(clinic: Clinic) -> None:
    session, cookie = visitor(clinic)
    assert clinic.services.logouts.visit(session) == f"{PORTAL}/logout"
    with pytest.raises(Unauthenticated):
        clinic.services.sessions.visitor(session.consultation, cookie)
    assert clinic.store.query(SignedIn, f"SIGNED#{session.signed_in}", "SESSION#") == []
    assert trail(clinic, session)[-1] == "logged_out"


def test_who_never_was_at_the_portal_is_not_sent_there(clinic: Clinic) -> None:
    booked = clinic.book()
    session, _ = clinic.services.sessions.begin_visit(booked)
    assert clinic.services.logouts.visit(session) == "/?logged_out"


def test_who_was_not_let_in_can_log_out_at_the_portal(clinic: Clinic) -> None:
    """ID-porten's verification test 6 asks for it of everybody who tries."""
    booked = clinic.book(login_level=LoginLevel.HIGH, national_id=KARI)
    _, cookie = clinic.services.sessions.begin_visit(booked)
    clinic.patients.person = person("another", "30915131103", sid="s-9")
    state = clinic.services.logins.start_visit_login(booked.id, cookie).split("state=")[1]
    clinic.services.logins.finish_visit_login(Returned(code="c", state=state), lambda _: cookie)
    session = clinic.services.sessions.visitor(booked.id, cookie)
    assert clinic.services.logouts.visit(session) == f"{PORTAL}/logout"
    assert "logged_out" not in trail(clinic, session), "nobody had logged in"


def test_staff_log_out_at_their_issuer(clinic: Clinic) -> None:
    session, cookie = employee(clinic)
    assert clinic.services.logouts.employee(session) == f"{PORTAL}/logout"
    with pytest.raises(Unauthenticated):
        clinic.services.sessions.employee(clinic.trust, cookie)
    again, _ = employee(clinic, sid="")
    assert clinic.services.logouts.employee(again) == "/staff/elvenes"


def test_a_logout_elsewhere_ends_all_that_came_of_it_and_nothing_else(clinic: Clinic) -> None:
    first, _ = visitor(clinic, "s-1")
    second, _ = visitor(clinic, "s-1")
    other, _ = visitor(clinic, "s-2")
    for _ in range(2):
        assert clinic.services.logouts.visit_elsewhere(LoggedOut(PORTAL, "s-1")) == (PORTAL,)
    assert [ended(clinic, session) for session in (first, second, other)] == [True, True, False]
    assert trail(clinic, first).count("logged_out") == 1


@pytest.mark.parametrize(
    "told",
    [
        LoggedOut(),
        LoggedOut(PORTAL),
        LoggedOut(PORTAL, "guess"),
        LoggedOut("https://evil.example", "s-1"),
        LoggedOut("", "s-1"),
    ],
)
def test_a_made_up_logout_ends_nothing(clinic: Clinic, told: LoggedOut) -> None:
    session, _ = visitor(clinic)
    clinic.services.logouts.visit_elsewhere(told)
    clinic.services.logouts.employee_elsewhere(told)
    assert not ended(clinic, session)


def test_a_logout_elsewhere_of_staff_may_be_framed_by_the_issuer_of_whom_it_ends(clinic: Clinic) -> None:
    session, _ = employee(clinic)
    assert clinic.services.logouts.employee_elsewhere(LoggedOut(PORTAL, "s-1")) == (PORTAL,)
    assert ended(clinic, session)
    assert clinic.services.logouts.employee_elsewhere(LoggedOut(PORTAL, "unknown")) == ()


def test_the_portal_itself_tells_of_a_logout(clinic: Clinic) -> None:
    session, _ = visitor(clinic)
    with pytest.raises(LoginFailed):
        clinic.services.logouts.visit_ended("noise")
    assert not ended(clinic, session)
    clinic.services.logouts.visit_ended("ended:s-1")
    assert ended(clinic, session)
