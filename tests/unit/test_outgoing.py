"""One message for one reason: whoever dies where, however often and at once it is asked for; and what goes when."""

import contextlib
from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.carriers import NotSent, Unsure
from chalicelib.consultations import instant
from chalicelib.errors import BadRequest, NotFound, Overtaken, Unavailable
from chalicelib.lifecycle import State
from chalicelib.protocol import Delay, Delivery, MessageKind, Way
from chalicelib.records import Consultation, Link, Sending, consultation_key
from chalicelib.rest import FailureCause, Move, Rules, SendInvitation, TrustRules
from chalicelib.tokens import digest
from tests.fakes.clinic import ORIGIN, Clinic, FakeCarrier

DAY = 86_400
HOUR = 3600


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def rule(clinic: Clinic, **changes: Any) -> None:
    version = clinic.services.rules.read(clinic.trust).version
    clinic.services.rules.change(clinic.by, TrustRules(version=version, rules=Rules(**changes)))


def far(clinic: Clinic, days: int = 10, **changes: Any) -> Consultation:
    """Booked so many days ahead, to be invited by the rule."""
    booking = {"send": SendInvitation.BY_RULE, "starts": instant(clinic.clock.time + days * DAY)}
    return clinic.book(**booking | changes)


def run(clinic: Clinic, until: int) -> None:
    """What the scheduler does until then, in its order; and what that asks it for."""
    while due := sorted((at, *key) for key, at in clinic.scheduler.planned.items() if at <= until):
        at, consultation, reason = due[0]
        clinic.clock.time = max(clinic.clock.time, at)
        del clinic.scheduler.planned[consultation, reason]
        clinic.services.invites.deliver(clinic.trust, consultation, reason)
    clinic.clock.time = until


def kinds(clinic: Clinic, consultation: Consultation) -> list[tuple[MessageKind, Delivery]]:
    shown = clinic.services.sendings.of(clinic.by, consultation.id).messages
    return sorted((m.kind, m.state) for m in shown)


# ---------------------------------------------------------------- one message


class Died(BaseException):
    """The function's process ends here."""


class Careful(FakeCarrier):
    """What a carrier took, by key; ``repeatable`` ones send what comes twice once. ``act``: what happens next to it."""

    def __init__(self, repeatable: bool) -> None:
        super().__init__()
        self.repeatable = repeatable
        self.sent: list[tuple[str, str]] = []
        self.act: str = "take"

    def _take(self, key: str, text: str) -> str:
        act, self.act = self.act, "take"
        if act == "busy":
            raise NotSent("busy", retry=True)
        if act == "die_before":
            raise Died
        if not self.repeatable or key not in dict(self.sent):
            self.sent.append((key, text))
        if act == "die_after":
            raise Died
        if act == "unsure":
            raise Unsure
        return f"id-{key}"

    def send_sms(self, number: str, text: str, *, sender: str, key: str) -> str:
        return self._take(key, text)

    def send_mail(self, message: EmailMessage, *, key: str) -> str:
        return self._take(key, message.as_string())


def with_carrier(repeatable: bool) -> tuple[Clinic, Careful]:
    clinic, carrier = Clinic(), Careful(repeatable)
    vars(clinic.services).update(sms=carrier, mail=carrier)
    return clinic, carrier


def interrupted(clinic: Clinic, write: int, act: Callable[[], None]) -> None:
    """``act`` before the ``write``-th next write of the store."""

    def hook(left: int) -> Callable[[], None]:
        def happen() -> None:
            if left == 0:
                act()
            else:
                clinic.store.before_write = hook(left - 1)

        return happen

    clinic.store.before_write = hook(write)


def die() -> None:
    raise Died


# Each step is one run of `deliver`: what the carrier does, before which write the process dies or another run comes in
# between, and how many seconds later it begins.
steps = st.tuples(
    st.sampled_from(["take", "take", "busy", "unsure", "die_before", "die_after"]),
    st.one_of(st.none(), st.tuples(st.integers(0, 6), st.sampled_from(["die", "another", "late"]))),
    st.sampled_from([0, 5, 41, 61]),
)


@settings(max_examples=600, deadline=None)
@given(st.booleans(), st.lists(steps, min_size=1, max_size=5), st.booleans())
def test_never_two_and_never_lost_unseen(repeatable: bool, runs: list[Any], both: bool) -> None:
    clinic, carrier = with_carrier(repeatable)
    booked = far(clinic, email="kari@example.no" if both else "")
    assert booked.invite_at
    clinic.clock.time = booked.invite_at

    def deliver() -> None:
        clinic.deliver(booked, "invite-1")

    def late() -> None:
        clinic.clock.time += 50  # the process stood still for longer than its claim, and another came
        deliver()

    for act, between, seconds in runs:
        carrier.act = act
        if between:
            write, what = between
            interrupted(clinic, write, {"die": die, "another": deliver, "late": late}[what])
        with contextlib.suppress(Died):
            deliver()
        clinic.store.before_write = lambda: None
        carrier.act = "take"
        clinic.clock.time += seconds

    # Whoever died, AWS runs it again or the schedule does: by then the claims have run out.
    for _ in range(2):
        clinic.clock.time += 61
        deliver()
    ways = 2 if both else 1
    for key, times in Counter(key for key, _ in carrier.sent).items():
        assert times == 1, key
    rows = clinic.store.query(Sending, consultation_key(clinic.trust, booked.id), "MSG#")
    assert len(rows) == ways
    taken = len({key for key, _ in carrier.sent})
    assert all(row.done and not row.seed for row in rows)
    known = sum(row.state is Delivery.SENT for row in rows)
    unsure = sum(row.state is Delivery.UNCERTAIN for row in rows)
    assert known + unsure == ways
    assert known <= taken <= known + unsure
    if repeatable:
        assert taken == known == ways
    present = clinic.now(booked)
    assert present.told
    assert present.state is State.INVITED
    assert present.sms is next(row.state for row in rows if row.way is Way.SMS), "the list says what the row says"
    for _, text in carrier.sent:  # whatever reached somebody opens
        if "/i#" in text:
            secret = text.split("/i#")[1].split()[0][:22]
            assert clinic.store.get(Link, Link(digest=digest(secret), trust="", consultation="").key())


def test_a_carrier_that_sends_once_is_given_the_same_again() -> None:
    clinic, carrier = with_carrier(repeatable=True)
    given_: list[tuple[str, str]] = []
    take = carrier._take

    def noted(key: str, text: str) -> str:
        given_.append((key, text))
        return take(key, text)

    carrier._take = noted  # type: ignore[method-assign]
    booked, carrier.act = far(clinic), "die_after"
    clinic.clock.time = booked.invite_at or 0
    with pytest.raises(Died):
        clinic.deliver(booked, "invite-1")
    clinic.clock.time += 60
    clinic.deliver(booked, "invite-1")
    assert len(given_) == 2
    assert len(set(given_)) == 1, "key, words and link"


def test_what_is_uncertain_is_shown_and_sent_anew_by_one_press() -> None:
    clinic, carrier = with_carrier(repeatable=False)
    carrier.act = "unsure"
    booked = clinic.book()
    assert (booked.sms, booked.state, booked.told) == (Delivery.UNCERTAIN, State.INVITED, True)
    run(clinic, clinic.clock.time + HOUR // 2)
    assert len(carrier.sent) == 1, "nobody sends it again unasked"
    assert clinic.services.invites.send_again(clinic.by, booked.id).sms is Delivery.SENT


def test_whoever_handed_it_over_knows_better() -> None:
    """A process stands still in the carrier's call, is taken for dead, and then tells that the message went."""
    clinic, carrier = with_carrier(repeatable=False)
    booked = far(clinic)
    clinic.clock.time = booked.invite_at or 0
    take = carrier._take

    def slow(key: str, text: str) -> str:
        carrier._take = take  # type: ignore[method-assign]
        clinic.clock.time += 60
        clinic.deliver(booked, "invite-1")
        assert clinic.now(booked).sms is Delivery.UNCERTAIN
        return take(key, text)

    carrier._take = slow  # type: ignore[method-assign]
    clinic.deliver(booked, "invite-1")
    assert clinic.now(booked).sms is Delivery.SENT
    assert len(carrier.sent) == 1


def test_what_stays_uncertain_is_said_to_be_so_when_it_is_of_no_use_any_more() -> None:
    clinic, carrier = with_carrier(repeatable=True)
    rule(clinic, remind_hours=0, missing_minutes=0)
    booked = far(clinic)
    carrier._take = unsure  # type: ignore[method-assign,assignment]
    run(clinic, booked.ends)
    (message,) = clinic.services.sendings.of(clinic.by, booked.id).messages
    assert (message.state, message.why) == (Delivery.UNCERTAIN, FailureCause.EXPIRED)


def unsure(*_: str) -> str:
    raise Unsure


def test_while_one_is_at_it_another_leaves_it_alone() -> None:
    clinic, carrier = with_carrier(repeatable=False)
    booked = far(clinic)
    clinic.clock.time = booked.invite_at or 0
    take = carrier._take

    def meanwhile(key: str, text: str) -> str:
        clinic.clock.time += 39
        clinic.deliver(booked, "invite-1")
        assert clinic.now(booked).sms is Delivery.SENDING
        return take(key, text)

    carrier._take = meanwhile  # type: ignore[method-assign]
    clinic.deliver(booked, "invite-1")
    assert len(carrier.sent) == 1


def test_it_is_tried_less_and_less_often_until_it_is_of_no_use(clinic: Clinic) -> None:
    rule(clinic, quiet_from=0, quiet_to=0, remind_hours=0, missing_minutes=0)
    booked = far(clinic)
    clinic.carrier.fail = NotSent("busy", retry=True)
    tried: list[float] = []
    at = clinic.scheduler.at

    def noted(when: int, trust: str, consultation: str, reason: str) -> None:
        tried.append(when - clinic.clock.time)
        at(when, trust, consultation, reason)

    clinic.scheduler.at = noted  # type: ignore[method-assign]
    run(clinic, booked.ends)
    assert tried[:5] == [60, 300, 1500, 7500, 7500]
    assert kinds(clinic, booked) == [(MessageKind.INVITED, Delivery.FAILED)]
    (message,) = clinic.services.sendings.of(clinic.by, booked.id).messages
    assert message.why is FailureCause.EXPIRED
    assert clinic.now(booked).sms is Delivery.FAILED


def test_a_try_again_respects_the_night(clinic: Clinic) -> None:
    booked = far(clinic)
    clinic.clock.time = (booked.invite_at or 0) + 12 * HOUR - 120  # 20.58 there
    clinic.carrier.fail = NotSent("busy", retry=True)
    for attempt in ("invite-1", "invite-1.1"):
        clinic.deliver(booked, attempt)
        clinic.clock.time += 60
    assert clinic.scheduler.planned[booked.id, "invite-1.2"] == (booked.invite_at or 0) + 23 * HOUR  # 08.00


def test_whose_sender_is_gone_for_good_is_seen(clinic: Clinic) -> None:
    clinic.carrier.fail = Died()
    with pytest.raises(Died):
        clinic.book()
    ((consultation, _),) = [key for key in clinic.scheduler.planned if key[1] == "invite-1"]
    of = clinic.services.sendings.of
    assert of(clinic.by, consultation).messages[0].state is Delivery.SENDING
    clinic.clock.time += 41
    assert of(clinic.by, consultation).messages[0].state is Delivery.UNCERTAIN


# ---------------------------------------------------------------- what goes when


def test_a_patients_messages_in_their_order(clinic: Clinic) -> None:
    booked = far(clinic)
    run(clinic, booked.ends)
    texts = [text for _, text in clinic.carrier.texts]
    assert ["Påminnelse" in text for text in texts] == [False, True, False]
    assert "begynte kl." in texts[2]
    assert all(f"{ORIGIN}/i#" in text and "+47 55 50 01 00" in text for text in texts)
    assert len({text.split("/i#")[1].split()[0] for text in texts}) == 3
    assert kinds(clinic, booked) == sorted(
        (kind, Delivery.SENT) for kind in (MessageKind.INVITED, MessageKind.REMINDER, MessageKind.MISSING)
    )


def test_a_moved_appointment_is_reminded_of_at_its_new_time_only(clinic: Clinic) -> None:
    booked = far(clinic, days=3)
    run(clinic, booked.starts - 30 * HOUR)
    new = booked.starts + 5 * DAY
    clinic.services.desk.move(clinic.by, booked.id, Move(starts=instant(new), minutes=30))
    run(clinic, new - HOUR)
    reminders = [text for _, text in clinic.carrier.texts if "Påminnelse" in text]
    assert len(reminders) == 1
    assert clinic.clock.time == new - HOUR


def test_who_was_just_told_is_not_reminded(clinic: Clinic) -> None:
    rule(clinic, remind_hours=3)
    booked = clinic.book(starts=instant(clinic.clock.time + 4 * HOUR))
    assert (booked.id, f"remind-{booked.starts}-1") not in clinic.scheduler.planned
    clinic.deliver(booked, f"remind-{booked.starts}-1")
    assert len(clinic.carrier.texts) == 1


def test_who_has_come_is_neither_reminded_nor_missed(clinic: Clinic) -> None:
    waiting = clinic.waiting()
    clinic.clock.time += 2 * HOUR
    for reason in (f"remind-{waiting.starts}-1", f"missing-{waiting.starts}-1"):
        clinic.deliver(waiting, reason)
    assert len(clinic.carrier.texts) == 1


def test_who_is_expected_later_is_not_missed(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.clinician("C")
    clinic.say("C", Delay(minutes=20))
    run(clinic, booked.ends)
    assert len(clinic.carrier.texts) == 1


@pytest.mark.parametrize("end", ["phone", "cancel"])
def test_what_is_over_is_not_missed(clinic: Clinic, end: str) -> None:
    booked = clinic.book()
    getattr(clinic.services.desk, end)(clinic.by, booked.id)
    sent = len(clinic.carrier.texts)
    run(clinic, booked.ends)
    assert len(clinic.carrier.texts) == sent


def test_guests_are_reminded_too(clinic: Clinic) -> None:
    booked = far(clinic, days=3)
    clinic.invite(booked, phone="90000001")
    run(clinic, booked.starts - HOUR)
    assert [text for number, text in clinic.carrier.texts if number == "+4790000001" and "Påminnelse" in text]


def test_switched_off_holds_at_once(clinic: Clinic) -> None:
    booked = far(clinic)
    rule(clinic, remind_hours=0, missing_minutes=0)
    run(clinic, booked.ends)
    assert len(clinic.carrier.texts) == 1


def test_by_rule_nothing_goes_at_night_and_by_a_press_it_does(clinic: Clinic) -> None:
    clinic.clock.time += 13 * HOUR  # 22.00 there
    by_rule = far(clinic, days=1)
    assert clinic.carrier.texts == []
    assert by_rule.invite_at == clinic.clock.time + 10 * HOUR  # 08.00
    pressed = clinic.book()
    assert pressed.sms is Delivery.SENT
    soon = clinic.book(send=SendInvitation.BY_RULE)
    assert soon.sms is Delivery.SENT, "it is in an hour"


def test_news_of_the_night_wait_unless_they_are_about_it(clinic: Clinic) -> None:
    far_off, soon = (
        clinic.book(starts=instant(clinic.clock.time + 5 * DAY)),
        clinic.book(starts=instant(clinic.clock.time + 24 * HOUR)),
    )
    clinic.clock.time += 13 * HOUR
    sent = len(clinic.carrier.texts)
    waits = clinic.services.desk.cancel(clinic.by, far_off.id)
    assert (waits.sms, len(clinic.carrier.texts)) == (Delivery.DUE, sent)
    clinic.services.desk.cancel(clinic.by, soon.id)
    assert len(clinic.carrier.texts) == sent + 1, "it would have begun at nine"
    run(clinic, clinic.clock.time + 11 * HOUR)
    assert clinic.now(far_off).sms is Delivery.SENT


# ---------------------------------------------------------------- who wants none, and codes


def test_who_wants_no_sms_gets_none_from_any_department_and_e_mail_goes(clinic: Clinic) -> None:
    first = clinic.book()
    assert clinic.services.sockets.for_clinician(first).sms_wanted
    clinic.services.invites.wish_sms(clinic.by, first.id, wanted=False)
    assert not clinic.services.sockets.for_clinician(clinic.now(first)).sms_wanted
    second = clinic.book(email="kari@example.no", department="medisinsk")
    assert (second.sms, second.mail) == (Delivery.OPTED_OUT, Delivery.SENT)
    assert len(clinic.carrier.texts) == 1
    assert "+47900" not in str([key for key in clinic.store.rows if "NOSMS" in key[1]])
    clinic.services.invites.wish_sms(clinic.by, second.id, wanted=True)
    assert clinic.services.invites.send_again(clinic.by, second.id).sms is Delivery.SENT


def test_a_guests_number_has_its_own_word(clinic: Clinic) -> None:
    booked = clinic.book()
    guest = clinic.invite(booked)
    clinic.services.invites.wish_sms(clinic.by, booked.id, guest.id, wanted=False)
    clinic.services.company.invite_again(clinic.by, booked.id, guest.id)
    assert clinic.now(booked).guests[0].sms is Delivery.OPTED_OUT
    assert clinic.services.invites.send_again(clinic.by, booked.id).sms is Delivery.SENT
    with pytest.raises(BadRequest):
        clinic.services.invites.wish_sms(clinic.by, booked.id, "nobody", wanted=False)


def test_a_code_goes_to_whoever_asked_for_it(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.services.invites.wish_sms(clinic.by, booked.id, wanted=False)
    clinic.services.outgoing.send_code(clinic.trust, booked.id, "", "049152")
    number, text = clinic.carrier.texts[-1]
    assert (number, "049152" in text, "poliklinikk" in text) == ("+4790000000", True, False)
    assert (MessageKind.CODE, Delivery.SENT) in kinds(clinic, booked)
    assert not any("049152" in str(row) for row in clinic.store.rows.values())
    clinic.carrier.fail = NotSent("busy", retry=True)
    with pytest.raises(Unavailable):
        clinic.services.outgoing.send_code(clinic.trust, booked.id, "", "1")
    with pytest.raises(NotFound):
        clinic.services.outgoing.send_code(clinic.trust, booked.id, "nobody", "1")


# ---------------------------------------------------------------- rules


def test_rules_are_the_defaults_until_somebody_decides(clinic: Clinic) -> None:
    assert clinic.services.rules.read(clinic.trust) == TrustRules(version=0, rules=Rules())
    rule(clinic, lead_days=5, sms_sender="Elvenes HF")
    assert clinic.services.rules.read(clinic.trust).version == 1
    booked = far(clinic)
    assert booked.invite_at == booked.starts - 5 * DAY
    clinic.book()
    assert clinic.carrier.senders == ["Elvenes HF"]
    with pytest.raises(Overtaken):
        clinic.services.rules.change(clinic.by, TrustRules(version=0, rules=Rules()))
    with pytest.raises(BadRequest):
        rule(clinic, sms_sender="Rus Elvenes")


def test_no_days_ahead_is_at_once(clinic: Clinic) -> None:
    rule(clinic, lead_days=0)
    assert far(clinic).sms is Delivery.SENT
