"""Threats to links and to what they open."""

import pytest

from chalicelib.errors import LinkExpired, LinkUnknown, LinkWithdrawn, TooManyAttempts
from chalicelib.limits import OPENINGS, WRONG_LINKS
from chalicelib.protocol import LoginLevel
from tests.fakes.clinic import ORIGIN, SETTINGS, Clinic
from tests.fakes.world import World
from tests.security.planted import held

ADDRESS = "192.0.2.1"


def sent(clinic: Clinic) -> str:
    """The secret of the latest link."""
    return clinic.carrier.texts[-1][1].split(f"{ORIGIN}/i#")[1].split()[0]


def test_t01_links_cannot_be_guessed_for_long(clinic: Clinic) -> None:
    """T-01. Guard: wrong links are counted by address."""
    for n in range(WRONG_LINKS.most):
        with pytest.raises(LinkUnknown):
            clinic.services.invites.enter(f"guess-{n}", ADDRESS)
    with pytest.raises(TooManyAttempts):
        clinic.services.invites.enter("guess", ADDRESS)


def test_t02_who_reads_the_table_has_no_link(clinic: Clinic) -> None:
    """T-02. Guard: of a secret only its hash is stored."""
    clinic.book()
    secret = sent(clinic)
    assert not any(secret in " ".join(key) for key in clinic.store.rows)
    assert not any(secret in text for row in clinic.store.rows.values() for _, text in held(row))


def test_t03_a_withdrawn_link_opens_nothing(clinic: Clinic) -> None:
    """T-03. Guard: whether it is withdrawn is read from the consultation, each time."""
    booked = clinic.book()
    secret = sent(clinic)
    clinic.services.desk.cancel(clinic.by, booked.id)
    with pytest.raises(LinkWithdrawn):
        clinic.services.invites.enter(secret, ADDRESS)


def test_t04_an_old_link_opens_nothing(clinic: Clinic) -> None:
    """T-04. Guard: a link ends a day after the appointment."""
    booked = clinic.book()
    secret = sent(clinic)
    clinic.clock.time = booked.ends + SETTINGS.link_grace_seconds
    with pytest.raises(LinkExpired):
        clinic.services.invites.enter(secret, ADDRESS)


def test_t05_no_guesser_hides_behind_a_header(world: World) -> None:
    """T-05. Guard: the address is the one that our own proxy saw."""
    body = b'{"secret":"guess"}'
    for n in range(WRONG_LINKS.most + 1):
        answer = world.ask("nobody", "POST", "/enter", body, **{"X-Forwarded-For": f"198.51.100.{n}, 192.0.2.1"})
    assert answer.json["code"] == "too_many_attempts"


def test_t06_a_link_alone_tells_nobody_who_was_invited(world: World) -> None:
    """T-06. Guard: guests are named to whoever is proven only; the patient to no visitor."""
    told = world.ask("unproven", "GET", f"/visits/{world.consultation.id}").body
    assert "Testesen" not in told
    assert "Per Testesen" in world.ask("patient", "GET", f"/visits/{world.consultation.id}").body


def test_t07_one_link_cannot_be_opened_without_end(clinic: Clinic) -> None:
    """T-07. Guard: openings are counted by link."""
    clinic.book()
    secret = sent(clinic)
    for n in range(OPENINGS.most):
        clinic.services.invites.enter(secret, f"192.0.2.{n}")
    with pytest.raises(TooManyAttempts):
        clinic.services.invites.enter(secret, ADDRESS)


def test_t08_a_guest_who_was_shown_out_stays_out(clinic: Clinic) -> None:
    """T-08. Guard: each use of a guest's session looks for the guest in the consultation."""
    booked = clinic.book()
    guest = clinic.invite(booked)
    _, cookie = clinic.services.sessions.begin_guest_visit(clinic.now(booked), guest.id)
    clinic.remove(booked, guest)
    with pytest.raises(LinkWithdrawn):
        clinic.services.sessions.visitor(booked.id, cookie)


def test_t09_a_link_is_no_login(clinic: Clinic) -> None:
    """T-09. Guard: a visit begins unproven when the booking asks for a login."""
    booked = clinic.book(login_level=LoginLevel.HIGH)
    session, _ = clinic.services.sessions.begin_visit(booked)
    assert not session.proven
