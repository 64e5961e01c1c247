"""Where people are mentioned: found by any of their numbers, also by keys that are no longer used."""

import msgspec

from chalicelib.consultations import instant
from chalicelib.lifecycle import State
from chalicelib.mentions import Mentions
from chalicelib.protocol import LoginLevel
from chalicelib.records import Consultation, Kept, Mention
from chalicelib.rest import Move, PersonQuery
from tests.fakes.clinic import Clinic
from tests.fakes.store import FakeStore

NUMBER = "13097248022"


def found(clinic: Clinic, **query: str) -> list[tuple[str, str]]:
    return [(m.consultation, m.guest) for m in clinic.services.mentions.of(clinic.trust, PersonQuery(**query))]


def kept(clinic: Clinic, day: str) -> list[str]:
    partition = Kept(trust=clinic.trust, consultation="", day=day).day_key()[0]
    return [row.consultation for row in clinic.store.listed(Kept, partition)]


def test_a_patient_is_found_by_number_address_and_identity() -> None:
    clinic = Clinic()
    booked = clinic.book(phone="900 00 000", email="Kari@Example.org", login_level=LoginLevel.HIGH, national_id=NUMBER)
    for query in ({"phone": "+4790000000"}, {"phone": "90000000"}, {"email": "kari@example.ORG"}):
        assert found(clinic, **query) == [(booked.id, "")]
    assert found(clinic, national_id=NUMBER) == [(booked.id, "")]
    assert found(clinic, phone="90000000", email="kari@example.org", national_id=NUMBER) == [(booked.id, "")]
    assert found(clinic, phone="90000001") == []
    assert found(clinic) == []


def test_the_rows_tell_nobody_who_it_is() -> None:
    clinic = Clinic()
    clinic.book(email="kari@example.org", login_level=LoginLevel.HIGH, national_id=NUMBER)
    rows = [row for row in clinic.store.rows.values() if isinstance(row, Mention)]
    assert len(rows) == 3
    for row in rows:
        text = f"{row} {row.key()}"
        assert not [secret for secret in ("90000000", "kari", NUMBER) if secret in text]


def test_a_guest_is_found_until_shown_out() -> None:
    clinic = Clinic()
    booked = clinic.book()
    guest = clinic.invite(booked, phone="90000001")
    assert found(clinic, phone="90000001") == [(booked.id, guest.id)]
    clinic.remove(booked, guest)
    assert found(clinic, phone="90000001") == []
    assert found(clinic, phone="90000000") == [(booked.id, "")]


def test_it_is_kept_by_the_day_that_it_is_moved_to() -> None:
    clinic = Clinic()
    booked = clinic.book()
    assert kept(clinic, booked.day) == [booked.id]
    starts = clinic.clock.time + 7 * 86400
    clinic.services.desk.move(clinic.by, booked.id, Move(starts=instant(starts), minutes=30))
    assert kept(clinic, booked.day) == []
    assert kept(clinic, clinic.now(booked).day) == [booked.id]


def consultation(phone: str = "") -> Consultation:
    return Consultation(
        trust="t", id="c", version=1, state=State.BOOKED, starts=0, minutes=30, day="2027-01-15", department="d",
        staff="s", patient_name="Kari", phone=phone,
    )  # fmt: skip


def test_what_was_written_by_an_older_key_is_found_and_taken_away() -> None:
    store, keys = FakeStore(), ["old"]
    mentions = Mentions(store, lambda trust, value: tuple(f"{key}:{trust}:{value}" for key in keys))
    before = consultation(phone="+4790000000")
    store.write(mentions.changes(None, before))
    keys.insert(0, "new")
    assert [m.consultation for m in mentions.of("t", PersonQuery(phone="90000000"))] == ["c"]
    store.write(mentions.changes(before, consultation()))
    assert store.rows == {}


def test_a_change_that_names_nobody_anew_asks_for_no_key() -> None:
    def refuse(_trust: str, _value: str) -> tuple[str, ...]:
        raise AssertionError("no key is needed")

    same = consultation(phone="+4790000000")
    assert Mentions(FakeStore(), refuse).changes(same, msgspec.structs.replace(same, version=2)) == []
