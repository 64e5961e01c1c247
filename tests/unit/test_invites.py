"""Links and the messages that carry them."""

import pytest

from chalicelib.carriers import NotSent
from chalicelib.errors import (
    BadRequest,
    IllegalTransition,
    LinkExpired,
    LinkUnknown,
    LinkWithdrawn,
    NotFound,
    TooManyAttempts,
)
from chalicelib.lifecycle import State
from chalicelib.limits import OPENINGS, WRONG_LINKS
from chalicelib.protocol import Delivery, LoginLevel
from chalicelib.records import Link
from chalicelib.rest import Rules, SendInvitation
from chalicelib.tokens import digest
from tests.fakes.clinic import ORIGIN, SETTINGS, Clinic

DAY = 86_400


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def secrets(clinic: Clinic) -> list[str]:
    return [text.split(f"{ORIGIN}/i#")[1].split()[0] for _, text in clinic.carrier.texts]


def test_by_rule_the_invitation_goes_two_days_before(clinic: Clinic) -> None:
    booked = clinic.book(send=SendInvitation.BY_RULE, starts="2027-03-01T10:00:00Z")
    assert (booked.state, booked.sms, clinic.carrier.texts) == (State.BOOKED, Delivery.DUE, [])
    due = booked.starts - Rules().lead_days * DAY
    assert booked.invite_at == clinic.scheduler.planned[booked.id, "invite-1"] == due
    clinic.clock.time = due
    clinic.deliver(booked, "invite-1")
    assert (clinic.now(booked).state, clinic.now(booked).sms) == (State.INVITED, Delivery.SENT)


def test_when_that_time_has_passed_it_goes_at_once(clinic: Clinic) -> None:
    booked = clinic.book(send=SendInvitation.BY_RULE)
    assert (booked.state, booked.sms) == (State.INVITED, Delivery.SENT)
    assert clinic.scheduler.planned[booked.id, "invite-1"] == clinic.clock.time + 60, "the schedule stands behind it"


def test_sms_and_mail_carry_a_link_each_and_only_hashes_are_kept(clinic: Clinic) -> None:
    booked = clinic.book(email="kari@example.no")
    assert (booked.sms, booked.mail) == (Delivery.SENT, Delivery.SENT)
    (number, _), (mail,) = clinic.carrier.texts[0], clinic.carrier.mails
    assert number == "+4790000000"
    assert mail["To"] == "kari@example.no"
    (by_sms,) = secrets(clinic)
    assert by_sms not in str(mail)
    links = [row for row in clinic.store.rows.values() if isinstance(row, Link)]
    assert len(links) == 2
    assert digest(by_sms) in {link.digest for link in links}
    assert not any(by_sms in str(row) for row in clinic.store.rows.values())


def test_whoever_holds_a_link_gets_in_as_often_as_they_like(clinic: Clinic) -> None:
    booked = clinic.book()
    (secret,) = secrets(clinic)
    for _ in range(WRONG_LINKS.most * 2):
        assert clinic.services.invites.enter(secret, "192.0.2.1").consultation == booked.id


def test_one_link_is_not_opened_without_end_and_others_go_on_opening(clinic: Clinic) -> None:
    clinic.book()
    clinic.book()
    first, second = secrets(clinic)
    for n in range(OPENINGS.most):
        clinic.services.invites.enter(first, f"192.0.2.{n}")
    with pytest.raises(TooManyAttempts):
        clinic.services.invites.enter(first, "198.51.100.1")
    clinic.services.invites.enter(second, "192.0.2.1")


def test_a_link_expires_and_is_withdrawn_with_the_appointment(clinic: Clinic) -> None:
    booked, other = clinic.book(), clinic.book()
    first, second = secrets(clinic)
    clinic.services.desk.cancel(clinic.by, booked.id)
    with pytest.raises(LinkWithdrawn):
        clinic.services.invites.enter(first, "192.0.2.1")
    clinic.clock.time = other.ends + SETTINGS.link_grace_seconds - 1
    clinic.services.invites.enter(second, "192.0.2.1")
    clinic.clock.time += 1
    with pytest.raises(LinkExpired):
        clinic.services.invites.enter(second, "192.0.2.1")


def test_guessing_at_speed_is_stopped_for_that_address_and_for_a_while(clinic: Clinic) -> None:
    clinic.book()
    (secret,) = secrets(clinic)
    enter = clinic.services.invites.enter
    clinic.clock.time += 100 - clinic.clock.time % WRONG_LINKS.seconds
    for n in range(WRONG_LINKS.most):
        with pytest.raises(LinkUnknown):
            enter(f"guess-{n}", "192.0.2.1")
    with pytest.raises(TooManyAttempts) as stopped:
        enter("another", "192.0.2.1")
    assert stopped.value.wait_seconds == WRONG_LINKS.seconds - 100
    with pytest.raises(LinkUnknown):
        enter("another", "192.0.2.2")
    assert enter(secret, "192.0.2.1"), "what strangers do behind the same address keeps nobody from her own link"
    clinic.clock.time += stopped.value.wait_seconds
    with pytest.raises(LinkUnknown):
        enter("another", "192.0.2.1")
    assert not any("192.0.2" in name for name in clinic.store.counters), "addresses are kept as keyed hashes"


def test_what_could_not_be_sent_shows_and_leaves_it_booked(clinic: Clinic) -> None:
    clinic.carrier.fail = NotSent("InvalidParameter", retry=False)
    booked = clinic.book()
    assert (booked.state, booked.sms) == (State.BOOKED, Delivery.FAILED)
    clinic.carrier.fail = None
    clinic.clock.time = clinic.scheduler.planned[booked.id, "invite-1"]
    clinic.deliver(booked, "invite-1")
    assert (clinic.carrier.texts, clinic.now(booked)) == ([], booked), "what cannot go is tried once"
    again = clinic.services.invites.send_again(clinic.by, booked.id)
    assert (again.state, again.sms) == (State.INVITED, Delivery.SENT)


def test_what_may_go_better_next_time_is_asked_for_again(clinic: Clinic) -> None:
    booked = clinic.book(send=SendInvitation.BY_RULE, starts="2027-03-01T10:00:00Z", email="kari@example.no")
    clinic.clock.time = clinic.scheduler.planned[booked.id, "invite-1"]
    clinic.carrier.fail = NotSent("Throttling", retry=True)
    clinic.deliver(booked, "invite-1")
    assert (clinic.now(booked).sms, clinic.now(booked).mail) == (Delivery.FAILED, Delivery.FAILED)
    clinic.carrier.fail = None
    clinic.clock.time = clinic.scheduler.planned[booked.id, "invite-1.1"]
    clinic.deliver(booked, "invite-1.1")
    assert (clinic.now(booked).sms, clinic.now(booked).mail) == (Delivery.SENT, Delivery.SENT)


def test_delivering_again_sends_nothing_again(clinic: Clinic) -> None:
    booked = clinic.book()
    version = clinic.now(booked).version
    for reason in ("invite-1", "invite-1", "invite-0", "invite-7", "nonsense"):
        clinic.deliver(booked, reason)
    assert len(clinic.carrier.texts) == 1
    assert clinic.now(booked).version == version


def test_nothing_is_sent_for_what_was_cancelled_or_is_not_there(clinic: Clinic) -> None:
    booked = clinic.book(send=SendInvitation.BY_RULE, starts="2027-03-01T10:00:00Z")
    clinic.services.desk.cancel(clinic.by, booked.id)
    clinic.deliver(booked, "invite-1")
    clinic.services.invites.deliver(clinic.trust, "nowhere", "invite-1")
    assert clinic.carrier.texts == []
    with pytest.raises(IllegalTransition):
        clinic.services.invites.send_again(clinic.by, booked.id)


def test_no_link_is_sent_that_would_not_open(clinic: Clinic) -> None:
    booked = clinic.book(send=SendInvitation.BY_RULE, starts="2027-03-01T10:00:00Z")
    clinic.clock.time = booked.ends + SETTINGS.link_grace_seconds
    clinic.deliver(booked, "invite-1")
    with pytest.raises(IllegalTransition):
        clinic.services.invites.send_again(clinic.by, booked.id)
    assert clinic.carrier.texts == []
    assert clinic.now(booked) == booked


def test_only_the_own_clinician_sends_again(clinic: Clinic) -> None:
    booked = clinic.book()
    with pytest.raises(NotFound):
        clinic.services.invites.send_again(clinic.as_("sunniva-lie"), booked.id)


@pytest.mark.parametrize(
    "changes",
    [
        {"phone": "", "email": ""},
        {"phone": "12"},
        {"national_id": "12838421065", "login_level": LoginLevel.NONE},
        {"starts": "2020-01-01T10:00:00Z"},
        {"starts": "2099-01-01T10:00:00Z"},
        {"starts": "2027-02-31T10:00:00Z"},
    ],
)
def test_a_booking_that_cannot_be(clinic: Clinic, changes: dict[str, str]) -> None:
    rows = dict(clinic.store.rows)
    with pytest.raises(BadRequest):
        clinic.book(**changes)
    assert clinic.store.rows == rows
