"""Threats to the trail, to what is kept, to secrets, and to what is logged."""

import io
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

import app as doors
from chalicelib.chain import holds
from chalicelib.errors import TicketInvalid, TooLarge
from chalicelib.headers import policy
from chalicelib.lifecycle import Role
from chalicelib.log import fault, log
from chalicelib.protocol import LoginLevel
from chalicelib.records import Consultation, Once, to_body
from chalicelib.rest import PersonQuery, Rules
from chalicelib.rights import Actor
from chalicelib.rings import Ring
from chalicelib.store import DynamoStore
from chalicelib.tokens import check_worker_pass, worker_pass
from tests.fakes.clinic import Clinic
from tests.fakes.world import World
from tests.security.planted import held

ADMINISTRATOR = Actor(Clinic.trust, Role.ADMINISTRATOR, "admin", level=LoginLevel.HIGH)
ROOT = Path(__file__).parents[2]


def test_t80_a_changed_entry_breaks_the_chain(clinic: Clinic) -> None:
    """T-80. Guard: each entry's hash is over itself."""
    booked = clinic.book()
    entries, intact = clinic.services.trail.whole(booked)
    assert intact
    entries[1] = msgspec.structs.replace(entries[1], staff="somebody-else")
    assert not holds(entries, booked.version, booked.trail_hash, lambda _: False)


def test_t81_a_removed_entry_breaks_the_chain(clinic: Clinic) -> None:
    """T-81. Guard: each entry names the one before."""
    booked = clinic.book()
    entries, _ = clinic.services.trail.whole(booked)
    assert len(entries) > 2
    assert not holds([entries[0], *entries[2:]], booked.version, booked.trail_hash, lambda _: False)


def test_t82_reading_a_trail_is_seen(world: World) -> None:
    """T-82. Guard: a reading is an entry of its own."""
    place = f"/staff/elvenes/consultations/{world.consultation.id}/trail"
    assert "trail_read" in world.ask("clinician", "GET", place).body


def test_t83_what_has_expired_is_gone_at_once() -> None:
    """T-83. Guard: reads compare the time themselves, for DynamoDB takes days."""
    store = DynamoStore("t", "eu-north-1", "http://127.0.0.1:1", lambda: 1000.0)
    row = SimpleNamespace(expires=999, body=to_body(Once(name="x")).decode())
    assert store._record(Once, row) is None


def test_t84_a_national_identity_number_is_kept_nowhere(clinic: Clinic) -> None:
    """T-84. Guard: it becomes a keyed hash at booking."""
    clinic.book(national_id="12838421065", login_level=LoginLevel.HIGH)
    assert not any("12838421065" in text for row in clinic.store.rows.values() for _, text in held(row))
    assert any(isinstance(row, Consultation) and row.person for row in clinic.store.rows.values())


def test_t85_a_key_that_was_given_away_signs_nothing() -> None:
    """T-85. Guard: passes are checked by the keys of the ring, and no other."""
    ring = Ring(("old", "next")).replaced(2)
    with pytest.raises(TicketInvalid):
        check_worker_pass(ring.keys, worker_pass("old", "w1", 1000), 1000)


def test_t86_only_what_is_on_the_list_is_logged() -> None:
    """T-86. Guard: the list of fields."""
    with redirect_stdout(io.StringIO()) as out, pytest.raises(ValueError, match="not to be logged"):
        log(door="enter", patient_name="Kari")
    assert out.getvalue() == ""


def test_t87_the_text_of_an_error_is_not_logged() -> None:
    """T-87. Guard: of an error its kind and its place."""
    assert "Kari" not in fault(ValueError("Kari"))


def test_t88_lambda_logs_no_text_of_an_error(world: World) -> None:
    """T-88. Guard: what a function raises is named anew."""
    with pytest.raises(Exception, match="ValidationError") as raised:
        doors.register_trust({"Kari Testesen": 1}, None)
    assert "Kari" not in str(raised.value)


def test_t89_an_idempotency_key_may_hold_anything(world: World) -> None:
    """T-89. Guard: its hash is kept."""
    booking = {"department": "medisinsk", "patient_name": "Nils", "starts": "2027-01-15T10:00:00Z", "phone": "90000009"}
    body, place = msgspec.json.encode(booking), "/staff/elvenes/consultations"
    assert world.ask("clinician", "POST", place, body, **{"Idempotency-Key": "Kari Testesen"}).status == 201
    assert not any("Kari Testesen" in " ".join(key) for key in world.clinic.store.rows)


def named(clinic: Clinic) -> bool:
    return any("Testesen" in text or "90000000" in text for row in clinic.store.rows.values() for _, text in held(row))


def over(clinic: Clinic) -> None:
    """A consultation that took place."""
    clinic.services.desk.phone(clinic.by, clinic.book().id)
    assert named(clinic)


def test_t96_names_go_by_the_rule(clinic: Clinic) -> None:
    """T-96. Guard: the daily clean-up."""
    over(clinic)
    clinic.clock.time += (Rules().keep_contact_days + 2) * 86400
    clinic.services.retention.purge(clinic.trust, clinic.clock.time + 1)
    assert not named(clinic)


def test_t97_who_asks_is_forgotten(clinic: Clinic) -> None:
    """T-97. Guard: erasure, found by keyed hash of a number."""
    over(clinic)
    clinic.services.people.erase(ADMINISTRATOR, PersonQuery(phone="90000000"))
    assert not named(clinic)


def test_t98_who_was_forgotten_stays_forgotten(clinic: Clinic) -> None:
    """T-98. Guard: what was erased is erased again after the table was restored."""
    over(clinic)
    backup = dict(clinic.store.rows)
    clinic.services.people.erase(ADMINISTRATOR, PersonQuery(phone="90000000"))
    clinic.store.rows = backup
    clinic.services.people.again(clinic.trust)
    assert not named(clinic)


def test_t90_a_body_is_not_endless(world: World) -> None:
    """T-90. Guard: longer bodies than any honest one are refused before they are parsed."""
    answer = world.ask("nobody", "POST", "/enter", b'{"secret":"' + b"x" * 20_000 + b'"}')
    assert (answer.status, answer.json["code"]) == (413, TooLarge.code)


def test_t91_only_what_was_pinned_is_installed() -> None:
    """T-91. Guard: hashes, for the machine of a developer, the functions and the image."""
    for lock in ("requirements.txt", "requirements-dev.txt", "media_worker/requirements.txt", "probe/requirements.txt"):
        text = (ROOT / lock).read_text()
        assert text.count("==") <= text.count("--hash=sha256:")
    for file, installs in (("tools/setup.sh", 2), ("media_worker/Dockerfile", 2)):
        assert (ROOT / file).read_text().count("--require-hashes") == installs


def test_t92_the_worker_is_not_root() -> None:
    """T-92. Guard: the image's user."""
    assert "\nUSER 10001\n" in (ROOT / "media_worker" / "Dockerfile").read_text()


def test_t93_turn_reaches_nobody_but_the_workers() -> None:
    """T-93. Guard: every peer is denied but those that are named."""
    assert "\ndenied-peer-ip=0.0.0.0-255.255.255.255\n" in (ROOT / "turn" / "turnserver.conf").read_text()


def test_t94_turn_serves_nobody_without_a_fresh_password() -> None:
    """T-94. Guard: coturn's time-limited secret."""
    assert "\nuse-auth-secret\n" in (ROOT / "turn" / "turnserver.conf").read_text()


def test_t95_no_page_runs_what_is_not_ours() -> None:
    """T-95. Guard: the Content-Security-Policy of every page."""
    text = policy("wss://v.example")
    rules = dict(part.strip().partition(" ")[::2] for part in text.split(";"))
    assert (rules["default-src"], rules["frame-ancestors"], rules["script-src"]) == ("'none'", "'none'", "'self'")
    assert "unsafe" not in text
