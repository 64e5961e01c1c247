"""One-time codes: whoever has the phone gets in, whoever guesses does not, and nobody sends SMS without end."""

import re

import pytest

from chalicelib import limits
from chalicelib.carriers import NotSent
from chalicelib.codes import MOST_TRIES
from chalicelib.errors import (
    BadRequest,
    CodeExpired,
    CodeWrong,
    Conflict,
    TooManyAttempts,
    Unauthenticated,
    Unavailable,
    VenteromError,
)
from chalicelib.lifecycle import Role
from chalicelib.protocol import LoginLevel
from chalicelib.records import Code, Consultation, Guest, Happening, Session, consultation_key
from tests.fakes.clinic import SETTINGS, Clinic

PHONE, ADDRESS = "+4790000000", "192.0.2.1"


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


class Visitor:
    """Somebody with a link, before a login."""

    def __init__(self, clinic: Clinic, visit: Consultation, guest: Guest | None = None) -> None:
        self.clinic, self.visit = clinic, visit
        sessions = clinic.services.sessions
        begun = sessions.begin_guest_visit(visit, guest.id) if guest else sessions.begin_visit(visit)
        self.session, self.cookie = begun

    def ask(self, address: str = ADDRESS) -> str:
        """Ask for a code; returns the one that came."""
        told = self.clinic.services.codes.send(self.session, address)
        number, text = self.clinic.carrier.texts[-1]
        assert told.ends == number[-2:]
        assert told.seconds == SETTINGS.code_seconds
        found = re.search(r"\b[0-9]{6}\b", text)
        assert found
        return found[0]

    def give(self, code: str) -> Session:
        """Give a code; returns the new session. Raises as `check`."""
        self.cookie = self.clinic.services.codes.check(self.session, code)
        return self.clinic.services.sessions.proven_visitor(self.visit.id, self.cookie)

    def gets(self, code: str) -> str:
        """What giving a code comes to: an error's code, or nothing."""
        try:
            self.give(code)
        except VenteromError as error:
            return error.code
        return ""


def by_code(clinic: Clinic) -> Visitor:
    return Visitor(clinic, clinic.book(login_level=LoginLevel.CODE))


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def trail(clinic: Clinic, visit: Consultation) -> list[Happening]:
    found: list[Happening] = clinic.store.query(Happening, consultation_key(clinic.trust, visit.id), "TRAIL#")
    return found


def test_whoever_has_the_phone_gets_in_with_a_new_cookie(clinic: Clinic) -> None:
    patient = by_code(clinic)
    before = patient.cookie
    assert not patient.session.proven
    session = patient.give(patient.ask())
    assert (session.proven, session.level, session.role) == (True, LoginLevel.CODE, Role.PATIENT)
    assert clinic.carrier.texts[-1][0] == PHONE
    assert patient.cookie != before
    with pytest.raises(Unauthenticated):
        clinic.services.sessions.visitor(patient.visit.id, before)
    last = trail(clinic, patient.visit)[-1]
    assert (last.what, last.level, last.role) == ("logged_in_code", LoginLevel.CODE, Role.PATIENT)


def test_a_guest_gets_in_by_a_code_to_a_phone_of_their_own(clinic: Clinic) -> None:
    booked = clinic.book(login_level=LoginLevel.HIGH)
    guest = clinic.invite(booked, login_level=LoginLevel.CODE, phone="90000001")
    visitor = Visitor(clinic, clinic.now(booked), guest)
    assert not visitor.session.proven
    session = visitor.give(visitor.ask())
    assert (session.guest, session.level, session.proven) == (guest.id, LoginLevel.CODE, True)
    assert clinic.carrier.texts[-1][0] == "+4790000001"
    view = clinic.services.sockets.for_session(clinic.now(booked), session)
    assert (view.login_level, view.logged_in, view.code_ends) == (LoginLevel.CODE, True, "01")


def test_the_page_is_told_which_phone_to_look_at_and_nobody_elses_is(clinic: Clinic) -> None:
    patient = by_code(clinic)
    view = clinic.services.sockets.for_session(patient.visit, patient.session)
    assert (view.code_ends, view.logged_in) == ("00", False)
    plain = Visitor(clinic, clinic.book(login_level=LoginLevel.HIGH))
    assert clinic.services.sockets.for_session(plain.visit, plain.session).code_ends == ""


def test_a_wrong_code_is_told_and_the_right_one_still_opens(clinic: Clinic) -> None:
    patient = by_code(clinic)
    code = patient.ask()
    assert [patient.gets(other(code)) for _ in range(MOST_TRIES - 1)] == ["code_wrong"] * (MOST_TRIES - 1)
    assert patient.give(code).proven


def test_after_five_wrong_ones_the_right_one_opens_nothing(clinic: Clinic) -> None:
    patient = by_code(clinic)
    code = patient.ask()
    said = [patient.gets(other(code)) for _ in range(MOST_TRIES)]
    assert said == [*["code_wrong"] * (MOST_TRIES - 1), "code_expired"]
    assert patient.gets(code) == "code_expired"
    assert patient.give(patient.ask()).proven, "a new code does"


def test_a_code_is_good_for_five_minutes_and_once_and_only_the_newest(clinic: Clinic) -> None:
    patient = by_code(clinic)
    late = patient.ask()
    clinic.clock.time += SETTINGS.code_seconds
    assert patient.gets(late) == "code_expired"
    first = patient.ask()
    second = patient.ask()
    if first != second:
        assert patient.gets(first) == "code_wrong"
    session = patient.session
    assert patient.give(second).proven
    with pytest.raises(CodeExpired):
        clinic.services.codes.check(session, second)


def test_a_code_opens_the_page_that_asked_for_it_only_and_others_cannot_use_up_its_tries(clinic: Clinic) -> None:
    patient = by_code(clinic)
    somebody_with_the_link = Visitor(clinic, patient.visit)
    code = patient.ask()
    for _ in range(MOST_TRIES):
        assert somebody_with_the_link.gets(code) == "code_expired"
    assert patient.give(code).proven


def test_of_two_who_give_the_code_at_once_one_gets_in(clinic: Clinic) -> None:
    patient = by_code(clinic)
    code = patient.ask()

    def when_the_try_is_counted() -> None:
        clinic.store.before_write = lambda: patient.give(code)

    clinic.store.before_write = when_the_try_is_counted
    with pytest.raises(Unauthenticated):
        clinic.services.codes.check(patient.session, code)


def test_tries_at_the_same_time_are_all_counted(clinic: Clinic) -> None:
    patient = by_code(clinic)
    code = patient.ask()
    clinic.store.before_write = lambda: patient.gets(other(code))
    assert patient.gets(other(code)) == "code_wrong"
    row = clinic.store.get(Code, Code(session=patient.session.digest, digest="").key())
    assert row.tries == 2


def test_a_try_of_the_old_code_does_not_undo_the_new_one(clinic: Clinic) -> None:
    patient = by_code(clinic)
    patient.ask()
    new: list[str] = []
    clinic.store.before_write = lambda: new.append(patient.ask())
    patient.gets("000000")
    assert patient.give(new[0]).proven


def test_so_many_codes_to_one_number_and_no_more(clinic: Clinic) -> None:
    clinic.clock.time -= clinic.clock.time % limits.DAY
    patient = by_code(clinic)
    for n in range(limits.CODES.most):
        patient.ask(f"192.0.2.{n}")
    with pytest.raises(TooManyAttempts) as enough:
        Visitor(clinic, clinic.book(login_level=LoginLevel.CODE)).ask()
    assert enough.value.wait_seconds == limits.CODES.seconds
    sent = limits.CODES.most
    for _ in range(20):
        clinic.clock.time += limits.CODES.seconds
        patient = Visitor(clinic, patient.visit)
        for _ in range(limits.CODES.most):
            try:
                patient.ask()
            except TooManyAttempts:
                break
            sent += 1
    assert sent == limits.DAY_CODES.most


@pytest.mark.parametrize("limit", [limits.ADDRESS_CODES, limits.TRUST_CODES], ids=lambda limit: limit.name)
def test_one_address_and_one_trust_get_so_many_and_no_more(clinic: Clinic, limit: limits.Limit) -> None:
    for n in range(limit.most):
        booked = clinic.book(login_level=LoginLevel.CODE, phone=f"9000{n:04d}")
        Visitor(clinic, booked).ask(ADDRESS if limit is limits.ADDRESS_CODES else f"198.51.{n // 256}.{n % 256}")
    with pytest.raises(TooManyAttempts):
        by_code(clinic).ask()


def test_an_sms_that_did_not_go_is_told(clinic: Clinic) -> None:
    patient = by_code(clinic)
    clinic.carrier.fail = NotSent("503", retry=True)
    with pytest.raises(Unavailable):
        patient.ask()
    clinic.carrier.fail = None
    assert patient.give(patient.ask()).proven


def test_the_trail_holds_each_check_and_neither_trail_nor_table_a_code(clinic: Clinic) -> None:
    patient = by_code(clinic)
    code = patient.ask()
    wrong = other(code)
    patient.gets(wrong)
    patient.give(code)
    patient.session, _ = clinic.services.sessions.begin_visit(patient.visit)
    patient.gets(code)
    told = [h.what for h in trail(clinic, patient.visit)]
    assert [what for what in told if "code" in what] == ["code_sent", "code_wrong", "logged_in_code", "code_expired"]
    rows = str(list(clinic.store.rows.values()))
    assert f"'{code}'" not in rows
    assert f"'{wrong}'" not in rows


@pytest.mark.parametrize("level", [LoginLevel.NONE, LoginLevel.SUBSTANTIAL, LoginLevel.HIGH])
def test_where_no_code_is_asked_for_none_is_sent_or_taken(clinic: Clinic, level: LoginLevel) -> None:
    visitor = Visitor(clinic, clinic.book(login_level=level))
    sent = len(clinic.carrier.texts)
    with pytest.raises(Conflict):
        clinic.services.codes.send(visitor.session, ADDRESS)
    assert visitor.gets("123456") == "conflict"
    assert len(clinic.carrier.texts) == sent


def test_whoever_is_logged_in_needs_no_code(clinic: Clinic) -> None:
    patient = by_code(clinic)
    patient.session = patient.give(patient.ask())
    with pytest.raises(Conflict):
        patient.ask()


def test_who_can_be_sent_no_code_cannot_be_asked_for_one(clinic: Clinic) -> None:
    with pytest.raises(BadRequest):
        clinic.book(login_level=LoginLevel.CODE, phone="", email="kari@pasient.example")
    with pytest.raises(BadRequest):
        clinic.book(login_level=LoginLevel.CODE, national_id="12838421065")
    booked = clinic.book()
    with pytest.raises(BadRequest):
        clinic.invite(booked, login_level=LoginLevel.CODE, phone="", email="per@gjest.example")
    clinic.invite(booked, login_level=LoginLevel.NONE, phone="", email="per@gjest.example")
    assert [guest.login_level for guest in clinic.now(booked).guests] == [LoginLevel.NONE]


def test_the_wrong_code_is_wrong(clinic: Clinic) -> None:
    patient = by_code(clinic)
    with pytest.raises(CodeWrong):
        patient.give(other(patient.ask()))
