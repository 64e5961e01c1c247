"""Retention: what the rules give up goes in its time and never before, whatever happens meanwhile, and provably so."""

from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.chain import holds
from chalicelib.consultations import instant
from chalicelib.errors import IllegalTransition, NotFound
from chalicelib.lifecycle import State
from chalicelib.records import Answered, Consultation, Gone, Happening, Kept, Mention, Purged, Record, Sending
from chalicelib.rest import Feedback, Impression, Move, PersonQuery, Rules, TrustRules
from chalicelib.retention import KINDS
from chalicelib.store import Create
from tests.fakes.clinic import Clinic
from tests.fakes.store import FakeStore

DAY = 86400
DEFAULTS = Rules()


class Cleaned(Clinic):
    """A clinic that is cleaned up, at whatever time."""

    def rule(self, **rules: int) -> None:
        present = self.services.rules.read(self.trust)
        changed = msgspec.structs.replace(present.rules, **rules)
        self.services.rules.change(self.by, TrustRules(version=present.version, rules=changed))

    def ended(self, **changes: Any) -> Consultation:
        """A consultation that took place, with a guest and feedback."""
        made = self.book(**{"email": f"kari{self._bookings}@example.org"} | changes)
        self.invite(made, phone="90000009")
        self.services.desk.phone(self.by, made.id)
        self.services.consultations.feedback(self.by, made.id, Feedback(quality=Impression.GOOD))
        return self.now(made)

    def days(self, days: float) -> None:
        self.clock.time += int(days * DAY)

    def purge(self) -> Counter[str]:
        return self.services.retention.purge(self.trust, self.clock.time + 1)

    def rows(self, kind: type[Record]) -> list[Any]:
        return [row for row in self.store.rows.values() if isinstance(row, kind)]

    def there(self, consultation: Consultation) -> Consultation | None:
        found: Consultation | None = self.store.get(Consultation, consultation.key())
        return found

    def entries(self, consultation: Consultation) -> list[str]:
        return [e.what for e in self.services.trail.happened(self.trust, consultation.id)]

    def names(self) -> bool:
        """Whether anything is left in any row of who was there."""
        text = " ".join(str(row) for row in self.store.rows.values())
        return any(secret in text for secret in ("Kari", "Per Testesen", "90000000", "90000009", "example.org"))


def test_who_it_was_about_goes_first_and_the_rest_stays() -> None:
    clinic = Cleaned()
    ended = clinic.ended()
    clinic.days(DEFAULTS.keep_contact_days)
    assert clinic.purge() == {}
    assert clinic.names()
    clinic.days(1)
    assert clinic.purge() == {"contacts": 1}
    assert not clinic.names()
    assert clinic.rows(Mention) == clinic.rows(Sending) == []
    left = clinic.now(ended)
    assert (left.erased, left.patient_name, left.person, left.guests[0].name) == (True, "", "", "")
    assert (left.state, left.starts, left.reference) == (State.ENDED, ended.starts, ended.reference)
    assert clinic.rows(Answered)
    assert clinic.entries(ended)[-1] == "contacts_purged"
    assert clinic.services.trail.whole(left)[1]


def test_then_what_patients_answered_then_the_consultation_then_its_trail() -> None:
    clinic = Cleaned()
    clinic.rule(keep_feedback_days=60, keep_consultation_days=90, keep_trail_days=365)
    ended = clinic.ended()
    clinic.days(61)
    assert clinic.purge() == {"contacts": 1, "feedback": 1}
    assert clinic.rows(Answered) == []
    clinic.days(30)
    assert clinic.purge() == {"consultations": 1}
    assert clinic.there(ended) is None
    assert [key[1] for key in clinic.store.keys(ended.key()[0]) if not key[1].startswith("TRAIL#")] == ["KEPT"]
    assert clinic.entries(ended)[-1] == "purged"
    clinic.days(365 - 91)
    assert "trails" not in clinic.purge()
    clinic.days(1)
    assert clinic.purge()["trails"] == 1
    assert clinic.store.keys(ended.key()[0]) == []
    assert clinic.rows(Kept) == []


def test_days_hold_after_their_trails_are_gone() -> None:
    clinic = Cleaned()
    clinic.rule(keep_consultation_days=90, keep_trail_days=365)
    clinic.services.trail.trust_did(clinic.by, "registered")
    clinic.ended()
    first = date.fromtimestamp(clinic.clock.time).isoformat()
    for _ in range(40):
        clinic.days(10)
        clinic.services.anchors.make(clinic.trust)
        clinic.purge()
    clinic.services.anchors.make(clinic.trust)
    assert not [e for e in clinic.rows(Happening) if e.consultation]
    days = sorted({row.day for row in clinic.rows(Gone)} | {row.day for row in clinic.rows(Happening)})
    assert first in days
    for day in days[:-1]:
        found = clinic.services.anchors.verify(clinic.trust, day)
        assert (found.anchored, found.intact, found.broken) == (True, True, []), day


def test_a_forged_hash_beside_those_that_a_purge_left_is_found() -> None:
    clinic = Cleaned()
    clinic.rule(keep_consultation_days=90, keep_trail_days=365)
    clinic.ended()
    clinic.days(366)
    clinic.purge()
    left = clinic.rows(Gone)[0]
    assert clinic.services.anchors.verify(clinic.trust, left.day).intact
    forged = msgspec.structs.replace(left, hash="0" * 64)
    clinic.store.rows[forged.key()] = forged
    assert not clinic.services.anchors.verify(clinic.trust, left.day).intact


@pytest.mark.untrue("somebody touches the trail")
def test_the_trusts_own_trail_goes_by_its_days_and_still_holds() -> None:
    clinic = Cleaned()
    clinic.rule(keep_trail_days=365)
    clinic.services.trail.trust_did(clinic.by, "rules_set")
    clinic.services.trail.trust_did(clinic.by, "rules_set")
    clinic.days(200)
    clinic.services.trail.trust_did(clinic.by, "audit_read")
    clinic.days(166)
    assert clinic.purge()["own"] == 3, "the rule is an entry too"
    own = clinic.services.trail.happened(clinic.trust, "")
    assert [e.what for e in own] == ["audit_read", "trails_purged", "purged"]
    for day in {e.day for e in own}:
        assert clinic.services.anchors.verify(clinic.trust, day).intact
    clinic.store.rows[own[0].key()] = msgspec.structs.replace(own[0], staff="somebody-else")
    assert not clinic.services.anchors.verify(clinic.trust, own[0].day).intact


def test_what_was_moved_to_a_later_day_stays() -> None:
    clinic = Cleaned()
    booked = clinic.book()
    starts = clinic.clock.time + 60 * DAY
    clinic.services.desk.move(clinic.by, booked.id, Move(starts=instant(starts), minutes=30))
    clinic.days(59)
    assert clinic.purge() == {}
    assert clinic.now(booked).patient_name
    clinic.days(32)
    assert clinic.purge() == {"contacts": 1}


def test_what_is_moved_to_a_later_day_in_that_very_moment_stays() -> None:
    clinic = Cleaned()
    booked = clinic.book()
    clinic.days(31)
    later = Move(starts=instant(clinic.clock.time + DAY), minutes=30)

    def move() -> None:
        clinic.services.desk.move(clinic.by, booked.id, later)

    clinic.store.before_write = lambda: setattr(clinic.store, "before_write", move)  # the first takes messages away
    assert clinic.purge() == {}
    assert clinic.now(booked).patient_name


def test_nobody_is_invited_to_what_nobody_knows_any_more_whom_it_was_with() -> None:
    clinic = Cleaned()
    booked = clinic.book()
    clinic.days(31)
    clinic.purge()
    later = Move(starts=instant(clinic.clock.time + DAY), minutes=30)
    with pytest.raises(IllegalTransition):
        clinic.services.desk.move(clinic.by, booked.id, later)


def test_what_changes_in_that_very_moment_goes_all_the_same() -> None:
    clinic = Cleaned()
    clinic.rule(keep_consultation_days=30)
    booked = clinic.book()
    clinic.days(31)

    def look_up() -> None:
        with suppress(NotFound):
            clinic.services.consultations.note(clinic.by, booked.id, "looked_up", lambda _: {})
        clinic.store.before_write = second

    def second() -> None:
        clinic.store.before_write = look_up

    clinic.store.before_write = look_up
    assert clinic.purge() == {"contacts": 1, "consultations": 1}
    entries = clinic.services.trail.happened(clinic.trust, booked.id)
    assert holds(entries, entries[-1].number, entries[-1].hash, lambda _: False)


def test_what_is_not_over_yet_is_waited_for() -> None:
    clinic = Cleaned()
    clinic.rule(keep_contact_days=1)
    late = clinic.book(starts=instant(clinic.clock.time - clinic.clock.time % DAY + DAY - 2 * 3600), minutes=240)
    for _ in range(2 * 24):
        clinic.clock.time += 3600
        clinic.purge()
        assert clinic.now(late).erased is (clinic.clock.time >= late.ends + 24 * 3600)
    assert clinic.now(late).erased


def test_a_run_ends_when_its_time_is_over_and_the_next_goes_on() -> None:
    clinic = Cleaned()
    made = [clinic.book(phone=f"9000001{n}") for n in range(3)]
    clinic.days(31)

    def now() -> float:
        """Each taking takes long."""
        return clinic.clock.time + 10 * sum(clinic.now(c).erased for c in made)

    vars(clinic.services.retention)["_now"] = now
    for run in range(1, 4):
        assert clinic.services.retention.purge(clinic.trust, now() + 5) == {"contacts": 1}
        assert sum(clinic.now(c).erased for c in made) == run
    assert clinic.services.retention.purge(clinic.trust, now() + 5) == {}


def die_at(store: FakeStore, write: int) -> None:
    """Let the ``write``-th write from now on fail."""

    def count() -> None:
        if write == 1:
            raise ConnectionError
        die_at(store, write - 1)

    store.before_write = count


def test_it_can_die_at_any_write_and_the_next_run_finishes() -> None:
    def prepared() -> Cleaned:
        clinic = Cleaned()
        clinic.rule(keep_consultation_days=90, keep_trail_days=365)
        clinic.services.trail.trust_did(clinic.by, "registered")
        clinic.ended()
        clinic.services.anchors.make(clinic.trust)
        return clinic

    writes, died = 0, True
    while died:
        clinic, died, writes = prepared(), False, writes + 1
        clinic.days(366)
        clinic.services.anchors.make(clinic.trust)
        die_at(clinic.store, writes)
        try:
            clinic.purge()
        except ConnectionError:
            died = True
        clinic.store.before_write = lambda: None
        clinic.purge()
        assert not clinic.names()
        assert clinic.rows(Consultation) == clinic.rows(Kept) == clinic.rows(Mention) == []
        for day in {row.day for row in clinic.rows(Gone)}:
            found = clinic.services.anchors.verify(clinic.trust, day)
            assert found.intact
            assert found.anchored or day == datetime.fromtimestamp(clinic.clock.time, UTC).date().isoformat()
    assert writes > 8


def test_two_runs_at_once_are_harmless() -> None:
    clinic = Cleaned()
    clinic.rule(keep_consultation_days=90, keep_trail_days=365)
    clinic.ended()
    clinic.days(366)

    def other() -> None:
        clinic.purge()

    clinic.store.before_write = other
    clinic.purge()
    clinic.purge()
    assert clinic.rows(Consultation) == clinic.rows(Kept) == []
    for day in {row.day for row in clinic.rows(Gone)}:
        assert clinic.services.anchors.verify(clinic.trust, day).intact
    (marker,) = clinic.rows(Purged)
    assert set(marker.days) == set(KINDS)


def test_each_clean_up_is_shown_with_its_counts_the_newest_first() -> None:
    clinic = Cleaned()
    clinic.ended()
    clinic.purge()
    clinic.days(31)
    clinic.purge()
    assert clinic.purge() == {}, "a second run of the day has nothing to say"
    newest, oldest = clinic.services.retention.shown(clinic.by).purges
    assert (newest.contacts, newest.feedback, newest.consultations, newest.trails) == (1, 0, 0, 0)
    assert newest.at == instant(clinic.clock.time)
    assert oldest.contacts == 0


def test_one_that_cannot_be_taken_keeps_no_other_from_going_and_is_tried_again() -> None:
    clinic = Cleaned()
    forged, other = clinic.book(), clinic.book(phone="90000002")
    entry = clinic.services.trail.happened(clinic.trust, forged.id)[-1]
    entry = msgspec.structs.replace(entry, number=entry.number + 1)
    clinic.store.rows[entry.key()] = entry
    clinic.days(31)
    assert clinic.purge() == {"contacts": 1}
    assert (clinic.now(forged).erased, clinic.now(other).erased) == (False, True)
    del clinic.store.rows[entry.key()]
    assert clinic.purge() == {"contacts": 1}
    assert clinic.now(forged).erased


def test_another_trusts_data_stay() -> None:
    clinic = Cleaned()
    ended = clinic.ended()
    clinic.days(31)
    home = clinic.services.register.trust(clinic.trust)
    clinic.store.write([Create(msgspec.structs.replace(home, id="another"))])
    assert clinic.services.retention.purge("another", clinic.clock.time + 1) == {}
    assert not clinic.now(ended).erased


STEPS = ["book", "move", "purge", "day", "days", "month", "rules"]
RULES = st.fixed_dictionaries(
    {
        "keep_contact_days": st.integers(1, 60),
        "keep_feedback_days": st.integers(1, 60),
        "keep_consultation_days": st.integers(1, 500),
        "keep_trail_days": st.integers(365, 500),
    }
)


@settings(max_examples=15, deadline=None)
@given(
    rules=RULES,
    other_rules=RULES,
    steps=st.lists(
        st.sampled_from(["book", "move", "purge", "day", "days", "month", "rules"]), min_size=8, max_size=25
    ),
)
def test_nothing_is_kept_too_long_and_nothing_goes_too_early(
    rules: dict[str, int], other_rules: dict[str, int], steps: list[str]
) -> None:
    clinic = Cleaned()
    clinic.rule(**rules)
    made: dict[str, Consultation] = {}
    for step in [*steps, "purge"]:
        present = clinic.services.rules.of(clinic.trust)
        match step:
            case "book":
                one = clinic.ended() if len(made) % 2 else clinic.book()
                made[one.id] = clinic.now(one)
            case "move":
                movable = [c for c in made.values() if c.state is not State.ENDED and not c.erased]
                if movable and clinic.there(movable[0]) and not clinic.now(movable[0]).erased:
                    starts = instant(clinic.clock.time + 5 * DAY)
                    made[movable[0].id] = clinic.services.desk.move(
                        clinic.by, movable[0].id, Move(starts=starts, minutes=30)
                    )
            case "rules":
                clinic.rule(**other_rules)
            case "purge":
                clinic.purge()
                today = clinic.services.consultations.day_of(clinic.trust, clinic.clock.time)
                for one in made.values():
                    age = (date.fromisoformat(today) - date.fromisoformat(one.day)).days
                    over = one.ends + DAY <= clinic.clock.time
                    there = clinic.there(one)
                    trail = clinic.services.trail.happened(clinic.trust, one.id)
                    if over and age > present.keep_consultation_days:
                        assert there is None
                    if over and age > min(present.keep_contact_days, present.keep_consultation_days):
                        assert there is None or there.erased
                    if over and age > max(present.keep_trail_days, present.keep_consultation_days):
                        assert trail == []
            case _:
                clinic.days({"day": 1, "days": 12, "month": 45}[step])
        # Never too early, by whichever rules there have been.
        today = clinic.services.consultations.day_of(clinic.trust, clinic.clock.time)
        for one in made.values():
            age = (date.fromisoformat(today) - date.fromisoformat(one.day)).days
            least = {k: min(rules[k], other_rules[k]) if "rules" in steps else rules[k] for k in rules}
            there = clinic.there(one)
            if age <= least["keep_consultation_days"]:
                assert there is not None
                if age <= least["keep_contact_days"]:
                    assert there.patient_name
            if age <= 365:
                assert clinic.entries(one)


def test_a_person_is_found_no_more_by_what_is_gone() -> None:
    clinic = Cleaned()
    clinic.ended()
    clinic.days(31)
    clinic.purge()
    assert clinic.services.mentions.of(clinic.trust, PersonQuery(phone="90000000")) == []


def test_the_day_of_an_appointment_is_the_trusts() -> None:
    clinic = Cleaned()
    clinic.rule(keep_contact_days=1)
    clinic.clock.time = int(datetime(2027, 1, 15, 22, 30, tzinfo=UTC).timestamp())
    booked = clinic.book()
    assert booked.day == "2027-01-16"
    clinic.clock.time = int(datetime(2027, 1, 17, 22, 59, tzinfo=UTC).timestamp())
    clinic.purge()
    assert not clinic.now(booked).erased
    clinic.clock.time += 3660
    clinic.purge()
    assert clinic.now(booked).erased
