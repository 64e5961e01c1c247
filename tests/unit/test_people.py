"""One person's data: all of it, and of others nothing, is handed out; what is erased stays so after a restore."""

import copy
from typing import Any

import msgspec
import pytest

from chalicelib.errors import BadRequest
from chalicelib.lifecycle import Role
from chalicelib.protocol import LoginLevel
from chalicelib.records import Answered, Consultation, Happening, Mention, Sending
from chalicelib.rest import Feedback, Impression, PersonQuery
from chalicelib.rights import Actor
from tests.fakes.clinic import Clinic

DAY = 86400
NUMBER = "13097248022"
KARI, PER = PersonQuery(phone="90000000"), PersonQuery(phone="90000009")
BY = Actor(Clinic.trust, Role.ADMINISTRATOR, "admin", level=LoginLevel.HIGH)


class Known(Clinic):
    """A consultation of Kari's that is over, with Per as her guest, one that is to come, and one of Per's own."""

    def __init__(self) -> None:
        super().__init__()
        self.past = self.book(email="kari@example.org", login_level=LoginLevel.HIGH, national_id=NUMBER)
        self.per = self.invite(self.past, phone="90000009")
        self.services.desk.phone(self.by, self.past.id)
        self.services.consultations.feedback(self.by, self.past.id, Feedback(quality=Impression.POOR))
        self.clock.time += 3 * DAY
        self.coming = self.book()
        self.pers = self.book(phone="90000009", patient_name="Per Testesen")

    def export(self, query: PersonQuery) -> Any:
        return self.services.people.export(BY, query)

    def erase(self, query: PersonQuery) -> Any:
        return self.services.people.erase(BY, query)

    def own(self) -> list[Happening]:
        return self.services.trail.happened(self.trust, "")

    def rows(self, kind: type[Any]) -> list[Any]:
        return [row for row in self.store.rows.values() if isinstance(row, kind)]


def test_all_that_is_kept_of_a_person_is_handed_out() -> None:
    clinic = Known()
    clinic.services.wishes.wish(clinic.trust, "+4790000000", wanted=False)
    found = clinic.export(KARI)
    assert not found.sms_wanted
    past, coming = sorted(found.consultations, key=lambda c: c.consultation.starts)
    assert (past.consultation.consultation, coming.consultation.consultation) == (clinic.past.id, clinic.coming.id)
    assert (past.consultation.patient_name, past.consultation.email) == ("Kari Testesen", "kari@example.org")
    assert past.feedback == Feedback(quality=Impression.POOR)
    assert {m.way.value for m in past.messages} == {"sms", "mail"}
    assert [e.what for e in past.trail.entries][-1] == "exported"
    assert past.trail.intact
    assert coming.feedback is None


@pytest.mark.parametrize("query", [KARI, PersonQuery(email="Kari@Example.org"), PersonQuery(national_id=NUMBER)])
def test_a_person_is_found_by_each_of_their_numbers(query: PersonQuery) -> None:
    clinic = Known()
    assert clinic.past.id in [c.consultation.consultation for c in clinic.export(query).consultations]


def test_nothing_of_others_is_handed_out() -> None:
    clinic = Known()
    assert "90000009" not in msgspec.json.encode(clinic.export(KARI)).decode()
    pers = msgspec.json.encode(clinic.export(PER)).decode()
    assert "Kari" not in pers
    assert "90000000" not in pers
    as_guest = next(c for c in clinic.export(PER).consultations if c.guest)
    assert [g.phone for g in as_guest.consultation.guests] == ["+4790000009"]
    assert as_guest.feedback is None
    assert {m.guest for m in as_guest.messages} == {clinic.per.id}


def test_whose_data_were_handed_out_stands_in_their_trail_and_how_much_in_the_trusts() -> None:
    clinic = Known()
    clinic.export(KARI)
    last = clinic.services.trail.happened(clinic.trust, clinic.past.id)[-1]
    assert (last.what, last.role, last.staff) == ("exported", Role.ADMINISTRATOR, "admin")
    assert (clinic.own()[-1].what, clinic.own()[-1].counts) == ("person_exported", {"consultations": 2})


def test_what_is_over_is_taken_away_and_what_is_to_come_stays() -> None:
    clinic = Known()
    erased = clinic.erase(KARI)
    assert (erased.consultations, erased.guests, erased.feedback, erased.open) == (1, 0, 1, 1)
    assert erased.messages == 2
    left = clinic.now(clinic.past)
    assert (left.erased, left.patient_name, left.phone, left.email, left.person) == (True, "", "", "", "")
    assert left.guests[0].phone == "+4790000009", "another person's"
    assert clinic.rows(Answered) == []
    assert {row.guest for row in clinic.rows(Sending) if row.consultation == clinic.past.id} == {clinic.per.id}
    assert clinic.now(clinic.coming).patient_name == "Kari Testesen"
    assert [c.consultation.consultation for c in clinic.export(KARI).consultations] == [clinic.coming.id]
    assert clinic.own()[-2].counts == {"consultations": 1, "guests": 0, "messages": 2, "feedback": 1, "open": 1}
    assert clinic.services.trail.whole(left)[1]


def test_a_guests_data_are_taken_out_of_the_patients_consultation() -> None:
    clinic = Known()
    erased = clinic.erase(PER)
    assert (erased.consultations, erased.guests, erased.open) == (0, 1, 1)
    left = clinic.now(clinic.past)
    assert (left.patient_name, left.erased) == ("Kari Testesen", False)
    assert (left.guests[0].name, left.guests[0].phone) == ("", "")
    assert clinic.rows(Answered), "it was the patient who answered"


def test_twice_or_twice_at_once_is_once() -> None:
    clinic = Known()

    def other() -> None:
        clinic.erase(KARI)

    clinic.store.before_write = other
    clinic.erase(KARI)
    assert clinic.erase(KARI).consultations == 0
    assert [e.what for e in clinic.services.trail.happened(clinic.trust, clinic.past.id)].count("erased") == 1


def test_what_is_cancelled_stays_until_it_has_been_told() -> None:
    clinic = Known()
    told = clinic.now(clinic.coming)
    clinic.carrier.fail = ConnectionError()
    with pytest.raises(ConnectionError):
        clinic.services.desk.cancel(clinic.by, told.id)
    clinic.carrier.fail = None
    assert clinic.erase(KARI).open == 1
    assert clinic.now(clinic.coming).phone


def test_what_was_erased_is_erased_again_when_the_table_was_restored() -> None:
    clinic = Known()
    backup = copy.deepcopy(clinic.store.rows)
    clinic.erase(KARI)
    clinic.erase(PER)
    clinic.store.rows = backup
    assert clinic.now(clinic.past).patient_name
    assert clinic.services.people.again(clinic.trust) == 6
    left = clinic.now(clinic.past)
    assert (left.patient_name, left.guests[0].name) == ("", "")
    assert clinic.rows(Answered) == []
    assert {m.consultation for m in clinic.rows(Mention)} == {clinic.coming.id, clinic.pers.id}
    assert clinic.services.people.again(clinic.trust) == 0
    assert clinic.now(clinic.coming).patient_name


def test_what_is_remembered_of_an_erasure_tells_nobody_who_it_was() -> None:
    clinic = Known()
    clinic.erase(PersonQuery(phone="90000000", email="kari@example.org", national_id=NUMBER))
    hashes = clinic.services.mentions.hashes_of(clinic.trust, KARI)
    (body,) = (body for versions in clinic.erasures.kept.values() for body in versions)
    for secret in ("Kari", "90000000", "kari", NUMBER, *hashes):
        assert secret not in body.decode()


def test_who_is_not_known_has_nothing_and_what_is_no_number_is_refused() -> None:
    clinic = Known()
    assert clinic.export(PersonQuery(phone="90000005")).consultations == []
    assert clinic.erase(PersonQuery()).consultations == 0
    assert clinic.erasures.kept == {}
    with pytest.raises(BadRequest):
        clinic.export(PersonQuery(phone="12345"))


def test_another_trust_finds_nothing() -> None:
    clinic = Known()
    other = Actor("another", Role.ADMINISTRATOR, "admin")
    assert clinic.services.people.export(other, KARI).consultations == []
    assert clinic.services.people.erase(other, KARI).consultations == 0
    assert clinic.store.get(Consultation, clinic.past.key()).patient_name
