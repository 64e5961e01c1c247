"""Logins, sessions and passes: who somebody is, and nobody else."""

from collections.abc import Callable

import msgspec
import pytest

from chalicelib.errors import Forbidden, LevelTooLow, LoginFailed, NotFound, Unauthenticated
from chalicelib.lifecycle import Role
from chalicelib.logins import Outcome, Returned, login_cookie
from chalicelib.oidc import LoginTooOld
from chalicelib.protocol import LoginLevel
from chalicelib.records import Consultation, Happening, StaffLogin, consultation_key
from chalicelib.sessions import staff_cookie, visit_cookie
from chalicelib.store import Put
from tests.fakes.clinic import ID_TOKEN, SETTINGS, Clinic, person

KARI = "12838421065"


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


class Browser:
    """A patient's browser on the way through the portal."""

    def __init__(self, clinic: Clinic, consultation: Consultation) -> None:
        self.logins, self.sessions = clinic.services.logins, clinic.services.sessions
        self.consultation = consultation
        _, value = self.sessions.begin_visit(consultation)
        self.jar = {visit_cookie(consultation.id): value}

    @property
    def cookie(self) -> str:
        return self.jar[visit_cookie(self.consultation.id)]

    def leave(self, nonce: str = "") -> str:
        """Go to the portal; returns the state."""
        return self.logins.start_visit_login(self.consultation.id, self.cookie, nonce).split("state=")[1]

    def back(self, returned: Returned) -> Outcome:
        outcome = self.logins.finish_visit_login(returned, lambda c: self.jar.get(visit_cookie(c), ""))
        if outcome.cookie:
            name, value = outcome.cookie
            self.jar[name] = value
        return outcome

    def proven(self) -> bool:
        return self.sessions.visitor(self.consultation.id, self.cookie).proven


def strict(clinic: Clinic) -> Consultation:
    return clinic.book(login_level=LoginLevel.HIGH, national_id=KARI)


def test_the_clinician_sees_how_the_patient_logged_in(clinic: Clinic) -> None:
    booked = strict(clinic)
    browser = Browser(clinic, booked)
    clinic.patients.person = msgspec.structs.replace(person("sub", KARI), method="Buypass")
    browser.back(Returned(code="code", state=browser.leave(), iss="https://portal.example"))
    assert clinic.services.sockets.for_clinician(clinic.now(booked)).login_method == "Buypass"


def test_who_was_invited_gets_in_with_a_new_cookie(clinic: Clinic) -> None:
    browser = Browser(clinic, strict(clinic))
    before = browser.cookie
    assert not browser.proven()
    with pytest.raises(Unauthenticated):
        browser.sessions.proven_visitor(browser.consultation.id, before)
    clinic.patients.person = person("pairwise", KARI)
    state = browser.leave()
    outcome = browser.back(Returned(code="code", state=state, iss="https://portal.example"))
    assert outcome.location == f"/v#{browser.consultation.id}"
    assert browser.cookie != before
    assert browser.proven()
    assert clinic.patients.finished == [("code", "https://portal.example", "verifier-1", "nonce-1", LoginLevel.HIGH)]
    with pytest.raises(Unauthenticated):
        browser.sessions.visitor(browser.consultation.id, before)
    assert clinic.now(browser.consultation).version > browser.consultation.version, "the trail knows of the login"


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (person("x", "30915131103"), "wrong_person"),
        (person("x", ""), "wrong_person"),
        (LevelTooLow(), "level_too_low"),
        (LoginFailed(), "login_failed"),
    ],
    ids=["another", "no number", "level", "portal"],
)
def test_nobody_else_gets_in(clinic: Clinic, who, code: str) -> None:
    browser = Browser(clinic, strict(clinic))
    clinic.patients.person = who
    outcome = browser.back(Returned(code="code", state=browser.leave()))
    assert outcome == Outcome(f"/v?error={code}#{browser.consultation.id}")
    assert not browser.proven()


def test_without_a_number_on_the_booking_anybody_at_the_level_gets_in(clinic: Clinic) -> None:
    browser = Browser(clinic, clinic.book(login_level=LoginLevel.SUBSTANTIAL))
    clinic.patients.person = person("x", "")
    browser.back(Returned(code="code", state=browser.leave()))
    assert browser.proven()


def test_a_state_works_once_in_its_own_browser_for_ten_minutes(clinic: Clinic) -> None:
    consultation = strict(clinic)
    browser, thief = Browser(clinic, consultation), Browser(clinic, consultation)
    clinic.patients.person = person("x", KARI)
    stolen = browser.leave()
    assert "error=login_failed" in thief.back(Returned(code="code", state=stolen)).location
    assert not thief.proven()
    assert "error=login_failed" in browser.back(Returned(code="code", state=stolen)).location, "it was used up"
    late = browser.leave()
    clinic.clock.time += 600
    assert "error=login_failed" in browser.back(Returned(code="code", state=late)).location
    for made_up in ("", "guess", "æ"):
        assert browser.back(Returned(code="code", state=made_up)) == Outcome("/v?error=login_failed")
    assert clinic.patients.finished == [], "no code was ever exchanged"


@pytest.mark.parametrize(
    ("returned", "code"),
    [
        ({"error": "access_denied"}, "login_cancelled"),
        ({"error": "server_error"}, "login_failed"),
        ({}, "login_failed"),
    ],
)
def test_what_the_portal_refuses_is_said(clinic: Clinic, returned: dict[str, str], code: str) -> None:
    browser = Browser(clinic, strict(clinic))
    outcome = browser.back(Returned(state=browser.leave(), **returned))
    assert outcome.location == f"/v?error={code}#{browser.consultation.id}"


def test_a_visits_cookie_opens_that_visit_only_and_not_for_ever(clinic: Clinic) -> None:
    first, second = clinic.book(), clinic.book()
    browser = Browser(clinic, first)
    assert browser.proven(), "no login was asked for"
    with pytest.raises(Unauthenticated):
        browser.sessions.visitor(second.id, browser.cookie)
    with pytest.raises(Unauthenticated):
        browser.sessions.employee(clinic.trust, browser.cookie)
    clinic.clock.time += SETTINGS.session_seconds
    with pytest.raises(Unauthenticated):
        browser.sessions.visitor(first.id, browser.cookie)


def staff_login(clinic: Clinic, returned: Callable[[str], Returned]) -> Outcome:
    started = clinic.services.logins.start_staff_login(clinic.trust, "")
    assert started.cookie is not None
    jar = {started.cookie[0]: started.cookie[1]}
    state = started.location.split("state=")[1]
    return clinic.services.logins.finish_staff_login(returned(state), lambda trust: jar.get(login_cookie(trust), ""))


def test_a_clinician_logs_in_and_out(clinic: Clinic) -> None:
    sessions = clinic.services.sessions
    clinic.employees.person = person("ingrid-berg", level=LoginLevel.NONE)
    outcome = staff_login(clinic, lambda state: Returned(code="code", state=state))
    assert outcome.location == "/staff/elvenes"
    assert outcome.cookie is not None
    name, value = outcome.cookie
    assert name == staff_cookie("elvenes")
    session = sessions.employee("elvenes", value)
    assert session.staff == "ingrid-berg"
    with pytest.raises(Unauthenticated):
        sessions.employee("another", value)
    sessions.log_out(session)
    with pytest.raises(Unauthenticated):
        sessions.employee("elvenes", value)


CLAIMS = StaffLogin(
    issuer="https://staff.example",
    client_id="staff",
    role_claim="roles",
    roles={"Lege": (Role.CLINICIAN,), "Leder": (Role.ADMINISTRATOR, Role.CLINICIAN), "Robot": (Role.WORKER,)},
)


def claiming(clinic: Clinic, *claimed: str, login: StaffLogin = CLAIMS) -> Outcome:
    """Ingrid logs in, of whom her issuer says these roles."""
    trust = clinic.services.register.trust(clinic.trust)
    clinic.store.write([Put(msgspec.structs.replace(trust, login=login))])
    clinic.employees.person = msgspec.structs.replace(person("ingrid-berg"), roles=claimed)
    return staff_login(clinic, lambda state: Returned(code="code", state=state))


@pytest.mark.parametrize(
    ("claimed", "roles"),
    [
        (["Lege"], (Role.CLINICIAN,)),
        (["Leder", "Lege", "unknown"], (Role.CLINICIAN, Role.ADMINISTRATOR)),
    ],
)
def test_the_issuers_roles_count_where_it_tells_them(
    clinic: Clinic, claimed: list[str], roles: tuple[Role, ...]
) -> None:
    cookie = claiming(clinic, *claimed).cookie
    assert cookie is not None
    session = clinic.services.sessions.employee(clinic.trust, cookie[1])
    assert clinic.services.register.roles_of(session) == session.roles == roles
    assert session.level is LoginLevel.HIGH


@pytest.mark.parametrize("claimed", [[], ["unknown"], ["Robot"], ["lege"]])
def test_who_has_no_role_is_told_whom_to_ask(clinic: Clinic, claimed: list[str]) -> None:
    assert claiming(clinic, *claimed) == Outcome("/staff/elvenes?error=no_role")


def test_where_the_issuer_tells_no_roles_the_register_does_at_every_request(clinic: Clinic) -> None:
    cookie = claiming(clinic, "Leder", login=msgspec.structs.replace(CLAIMS, role_claim="")).cookie
    assert cookie is not None
    session = clinic.services.sessions.employee(clinic.trust, cookie[1])
    assert clinic.services.register.roles_of(session) == (Role.CLINICIAN,)
    known = clinic.services.register.staff(clinic.trust, clinic.staff)
    clinic.store.write([Put(msgspec.structs.replace(known, roles=(Role.AUDITOR,)))])
    assert clinic.services.register.roles_of(session) == (Role.AUDITOR,)
    clinic.store.write([Put(msgspec.structs.replace(known, roles=()))])
    with pytest.raises(Forbidden):
        clinic.services.register.roles_of(session)
    assert claiming(clinic, "Lege") == Outcome("/staff/elvenes?error=no_role"), "whoever has left is nobody"


def own_trail(clinic: Clinic) -> list[tuple[str, str, str]]:
    return [(e.what, e.role.value, e.staff) for e in clinic.services.trail.happened(clinic.trust, "")]


def test_who_of_the_staff_logged_in_stands_in_the_trusts_trail_and_that_somebody_could_not(clinic: Clinic) -> None:
    for who in ("ingrid-berg", "a-stranger"):
        clinic.employees.person = person(who)
        staff_login(clinic, lambda state: Returned(code="code", state=state))
    staff_login(clinic, lambda state: Returned(error="access_denied", state=state))
    assert own_trail(clinic) == [("logged_in", "clinician", "ingrid-berg"), ("login_failed", "system", "")]


def test_whoever_is_not_on_the_staff_is_told(clinic: Clinic) -> None:
    clinic.employees.person = person("a-stranger")
    outcome = staff_login(clinic, lambda state: Returned(code="code", state=state))
    assert outcome == Outcome("/staff/elvenes?error=forbidden")


def test_a_clinicians_login_belongs_to_the_browser_it_began_in(clinic: Clinic) -> None:
    clinic.employees.person = person("ingrid-berg")
    state = clinic.services.logins.start_staff_login(clinic.trust, "").location.split("state=")[1]
    outcome = clinic.services.logins.finish_staff_login(Returned(code="code", state=state), lambda _: "")
    assert outcome == Outcome("/staff/elvenes?error=login_failed")


def test_the_cookie_of_a_login_under_way_is_no_session(clinic: Clinic) -> None:
    started = clinic.services.logins.start_staff_login(clinic.trust, "")
    assert started.cookie is not None
    with pytest.raises(Unauthenticated):
        clinic.services.sessions.employee(clinic.trust, started.cookie[1])


def test_a_patients_state_is_no_clinicians(clinic: Clinic) -> None:
    browser = Browser(clinic, strict(clinic))
    clinic.employees.person = person("ingrid-berg")
    returned = Returned(code="code", state=browser.leave())
    outcome = clinic.services.logins.finish_staff_login(returned, lambda _: browser.cookie)
    assert outcome == Outcome("/?error=login_failed")


def test_an_unknown_trust_has_no_login(clinic: Clinic) -> None:
    with pytest.raises(NotFound):
        clinic.services.logins.start_staff_login("nowhere", "")


# ---------------------------------------------------------------- once more


def test_whoever_was_not_let_in_makes_room_at_the_portal(clinic: Clinic) -> None:
    browser = Browser(clinic, strict(clinic))
    clinic.patients.person = person("x", "30915131103", sid="s-1")
    browser.back(Returned(code="code", state=browser.leave()))
    clinic.patients.person = person("pairwise", KARI, sid="s-2")
    browser.back(Returned(code="code", state=browser.leave()))
    assert clinic.patients.anew == [False, True]
    assert browser.proven()


def test_a_login_of_long_ago_is_asked_for_anew_once(clinic: Clinic) -> None:
    browser = Browser(clinic, strict(clinic))
    clinic.patients.person = LoginTooOld()
    outcome = browser.back(Returned(code="code", state=browser.leave()))
    assert outcome.location == "https://portal.example/login?state=state-2"
    assert clinic.patients.anew == [False, True]
    refused = browser.back(Returned(code="code", state="state-2"))
    assert refused.location == f"/v?error=login_failed#{browser.consultation.id}"
    assert len(clinic.patients.anew) == 2


NONCE = "bm9uY2Utb2YtdGhlLWJyb3dzZXItaXRzZWxmLTEyMzQ"


def test_a_browser_that_gives_a_nonce_is_given_the_token_that_says_it(clinic: Clinic) -> None:
    browser = Browser(clinic, strict(clinic))
    clinic.patients.person = person("pairwise", KARI)
    outcome = browser.back(Returned(code="code", state=browser.leave(NONCE)))
    assert browser.proven()
    assert clinic.patients.finished[-1][3] == NONCE
    assert outcome.proof == (f"__Host-id-{browser.consultation.id}", ID_TOKEN, 300)
    assert outcome.cookies == (outcome.cookie, outcome.proof)
    assert not [row for row in clinic.store.rows.values() if ID_TOKEN in str(row)], "nothing keeps it"


def test_without_a_nonce_no_token_leaves_the_functions(clinic: Clinic) -> None:
    browser = Browser(clinic, strict(clinic))
    clinic.patients.person = person("pairwise", KARI)
    outcome = browser.back(Returned(code="code", state=browser.leave()))
    assert browser.proven()
    assert (clinic.patients.finished[-1][3], outcome.proof) == ("nonce-1", None)


def test_whoever_is_not_let_in_is_given_no_token(clinic: Clinic) -> None:
    browser = Browser(clinic, strict(clinic))
    clinic.patients.person = person("x", "30915131103")
    outcome = browser.back(Returned(code="code", state=browser.leave(NONCE)))
    assert "error=wrong_person" in outcome.location
    assert outcome.cookies == ()


def test_a_login_that_is_asked_for_anew_says_the_same_of_the_browser(clinic: Clinic) -> None:
    browser = Browser(clinic, strict(clinic))
    clinic.patients.person = LoginTooOld()
    browser.back(Returned(code="code", state=browser.leave(NONCE)))
    clinic.patients.person = person("pairwise", KARI)
    assert browser.back(Returned(code="code", state="state-2")).proof
    assert [finished[3] for finished in clinic.patients.finished] == [NONCE, NONCE]


def state(started: Outcome) -> str:
    return started.location.split("state=")[1]


def test_a_stranger_among_the_staff_makes_room_too(clinic: Clinic) -> None:
    logins = clinic.services.logins
    clinic.employees.person = person("a-stranger", sid="s-1")
    first = logins.start_staff_login(clinic.trust, "")
    assert first.cookie
    value = first.cookie[1]
    assert logins.finish_staff_login(Returned(code="c", state=state(first)), lambda _: value).location.endswith(
        "forbidden"
    )
    clinic.employees.person = LoginTooOld()
    second = logins.start_staff_login(clinic.trust, value)
    assert second.cookie
    assert clinic.employees.anew == [False, True]
    value = second.cookie[1]
    assert logins.finish_staff_login(Returned(code="c", state=state(second)), lambda _: value).location == (
        "/staff/elvenes?error=login_failed"
    )


def test_who_is_asked_for_a_code_cannot_come_with_somebody_elses_e_id(clinic: Clinic) -> None:
    browser = Browser(clinic, clinic.book(login_level=LoginLevel.CODE))
    with pytest.raises(Forbidden):
        browser.leave()
    assert not clinic.patients.started


def happened(clinic: Clinic, visit: Consultation) -> list[Happening]:
    found: list[Happening] = clinic.store.query(Happening, consultation_key(clinic.trust, visit.id), "TRAIL#")
    return found


class GuestBrowser(Browser):
    """A guest's browser on the way through the portal."""

    def __init__(self, clinic: Clinic, level: LoginLevel) -> None:
        booked = clinic.book(login_level=LoginLevel.HIGH, national_id=KARI)
        guest = clinic.invite(booked, login_level=level)
        super().__init__(clinic, clinic.now(booked))
        _, value = self.sessions.begin_guest_visit(self.consultation, guest.id)
        self.jar = {visit_cookie(booked.id): value}


@pytest.mark.parametrize("level", [LoginLevel.SUBSTANTIAL, LoginLevel.HIGH])
def test_a_guest_logs_in_at_the_level_asked_for_whoever_they_are(clinic: Clinic, level: LoginLevel) -> None:
    browser = GuestBrowser(clinic, level)
    assert not browser.proven()
    clinic.patients.person = person("a-friend", "30915131103")
    outcome = browser.back(Returned(code="code", state=browser.leave()))
    assert outcome.location == f"/v#{browser.consultation.id}"
    session = browser.sessions.proven_visitor(browser.consultation.id, browser.cookie)
    assert (session.role, bool(session.guest), session.level) == (Role.GUEST, True, LoginLevel.HIGH)
    assert clinic.patients.started[-1][0] is level
    assert [h.role for h in happened(clinic, browser.consultation) if h.what.startswith("logged_in")] == [Role.GUEST]


def test_a_guest_below_the_level_does_not_get_in_and_a_guest_without_one_has_nothing_to_log_in_for(
    clinic: Clinic,
) -> None:
    browser = GuestBrowser(clinic, LoginLevel.HIGH)
    clinic.patients.person = LevelTooLow()
    assert "error=level_too_low" in browser.back(Returned(code="code", state=browser.leave())).location
    assert not browser.proven()
    for level in (LoginLevel.NONE, LoginLevel.CODE):
        with pytest.raises(Forbidden):
            GuestBrowser(clinic, level).leave()
