"""What carriers say became of messages: the events as AWS documents them, a gateway's signed ones, in any order."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import BadRequest, NotFound, Unauthenticated
from chalicelib.outcomes import Outcome, of_gateway, of_mail, of_sms_log, signature
from chalicelib.protocol import Delivery
from chalicelib.records import Consultation
from chalicelib.rest import FailureCause as F
from tests.fakes.clinic import Clinic

EVENTS = Path(__file__).parents[1] / "events"
MAIL = "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000"
SMS = "34d9b400-c6dd-5444-820d-fbeb0f1f54cf"
SECRET = "whsec_" + base64.b64encode(b"a key that both know").decode()
NOW = 1_800_000_000


def event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def logged(name: str) -> Any:
    packed = gzip.compress((EVENTS / f"{name}.json").read_bytes())
    return {"awslogs": {"data": base64.b64encode(packed).decode()}}


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def took(clinic: Clinic, carrier: str = "fake", message: str = "id-1", **more: Any) -> None:
    given: dict[str, Any] = {"delivered": True, "why": F.NONE, "at": clinic.clock.time} | more
    clinic.services.outcomes.take(Outcome(carrier=carrier, message=message, **given))


def shown(clinic: Clinic, consultation: Consultation) -> list[tuple[Delivery, F]]:
    return [(m.state, m.why) for m in clinic.services.sendings.of(clinic.by, consultation.id).messages]


def test_events_of_mail_are_read_as_ses_writes_them() -> None:
    (arrived,), (bounced,) = of_mail(event("ses_delivery")), of_mail(event("ses_bounce"))
    assert (arrived.carrier, arrived.message, arrived.delivered) == ("ses", MAIL, True)
    assert (bounced.message, bounced.delivered, bounced.why) == (MAIL, False, F.RECEIVER)
    assert (arrived.at, bounced.at) == (1_800_000_003.5, 1_800_000_062.669)


@pytest.mark.parametrize("kind", ["Send", "Open", "Click", "DeliveryDelay", "Complaint", "Subscription"])
def test_what_tells_neither_is_passed_over(kind: str) -> None:
    delivered = event("ses_delivery")
    said = json.loads(delivered["Records"][0]["Sns"]["Message"])
    delivered["Records"][0]["Sns"]["Message"] = json.dumps(said | {"eventType": kind})
    assert list(of_mail(delivered)) == []


def test_the_sentence_with_which_ses_tries_the_topic_is_no_receipt() -> None:
    """As the topic's first message, before any e-mail; what comes with it is read."""
    tried = event("ses_delivery")
    (record,) = tried["Records"]
    words = "Successfully validated SNS topic for Amazon SES event publishing."
    tried["Records"] = [{**record, "Sns": {**record["Sns"], "Message": words}}, record]
    (arrived,) = of_mail(tried)
    assert arrived.message == MAIL


def test_lines_of_snss_log_are_read_as_it_writes_them() -> None:
    (arrived,), (failed,) = of_sms_log(logged("sns_sms_success")), of_sms_log(logged("sns_sms_failure"))
    assert arrived == Outcome("sns", SMS, True, F.NONE, 1_800_000_005)
    assert failed == Outcome("sns", SMS, False, F.RECEIVER, 1_800_000_005)


def test_a_check_of_the_subscription_is_no_receipt() -> None:
    check = gzip.compress(json.dumps({"messageType": "CONTROL_MESSAGE", "logEvents": [{}]}).encode())
    assert list(of_sms_log({"awslogs": {"data": base64.b64encode(check).decode()}})) == []


def test_the_department_sees_that_it_arrived(clinic: Clinic) -> None:
    booked = clinic.book()
    assert shown(clinic, booked) == [(Delivery.SENT, F.NONE)]
    took(clinic)
    assert clinic.now(booked).sms is Delivery.DELIVERED
    assert shown(clinic, booked) == [(Delivery.DELIVERED, F.NONE)]


def test_and_that_it_did_not_and_why(clinic: Clinic) -> None:
    booked = clinic.book()
    took(clinic, delivered=False, why=F.RECEIVER)
    assert clinic.now(booked).sms is Delivery.FAILED
    assert shown(clinic, booked) == [(Delivery.FAILED, F.RECEIVER)]


@given(st.lists(st.booleans(), max_size=6))
def test_in_any_order_what_arrived_has_arrived(said: list[bool]) -> None:
    clinic = Clinic()
    booked = clinic.book()
    for delivered in said:
        took(clinic, delivered=delivered, why=F.NONE if delivered else F.CARRIER)
    expected = Delivery.DELIVERED if any(said) else Delivery.FAILED if said else Delivery.SENT
    assert clinic.now(booked).sms is expected


def test_twice_is_noted_once(clinic: Clinic) -> None:
    booked = clinic.book()
    took(clinic)
    version = clinic.now(booked).version
    took(clinic)
    assert clinic.now(booked).version == version


def test_of_an_older_message_it_changes_nothing_but_that_message(clinic: Clinic) -> None:
    booked = clinic.book()
    clinic.services.invites.send_again(clinic.by, booked.id)
    took(clinic, delivered=False, why=F.RECEIVER)
    assert clinic.now(booked).sms is Delivery.SENT
    assert sorted(shown(clinic, booked)) == [(Delivery.FAILED, F.RECEIVER), (Delivery.SENT, F.NONE)]


def test_of_nothing_known_it_is_asked_for_again_only_while_it_may_be_known_soon(clinic: Clinic) -> None:
    with pytest.raises(NotFound):
        took(clinic, message="another")
    with pytest.raises(NotFound):
        took(clinic, carrier="sns")
    take_all = clinic.services.outcomes.take_all
    with pytest.raises(NotFound):
        take_all(iter([Outcome("ses", "x", True, F.NONE, clinic.clock.time - 10)]))
    assert take_all(iter([Outcome("ses", "x", True, F.NONE, clinic.clock.time - 1000)])) == 0


def test_an_early_one_does_not_keep_the_others_waiting(clinic: Clinic) -> None:
    booked = clinic.book()
    early = Outcome("ses", "x", True, F.NONE, clinic.clock.time)
    known = Outcome("fake", "id-1", True, F.NONE, clinic.clock.time)
    with pytest.raises(NotFound):
        clinic.services.outcomes.take_all(iter([early, known]))
    assert clinic.now(booked).sms is Delivery.DELIVERED


# ---------------------------------------------------------------- a gateway's

BODY = b'{"message": "m-1", "delivered": false, "why": "receiver"}'


def headers(**changes: str) -> dict[str, str]:
    made = {"webhook-id": "r-1", "webhook-timestamp": str(NOW)} | changes
    signed = f"v1,{signature(SECRET, made['webhook-id'], made['webhook-timestamp'], BODY)}"
    return {"webhook-signature": signed} | made


def read(given: dict[str, str], body: bytes = BODY, now: float = NOW) -> Outcome:
    return of_gateway(body, lambda name: given.get(name, ""), SECRET, now)


def test_a_signed_one_is_taken() -> None:
    assert read(headers()) == Outcome("gateway", "m-1", False, F.RECEIVER, NOW)
    assert read(headers(), now=NOW + 299)


def test_the_signature_is_the_standards_own() -> None:
    """The example of the Standard Webhooks' libraries."""
    secret, name, time = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"
    body = b'{"test": 2432232314}'
    assert signature(secret, name, time, body) == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "given_",
    [
        {},
        headers(**{"webhook-signature": ""}),
        headers(**{"webhook-signature": "v1,"}),
        headers(**{"webhook-signature": "v1,æøå"}),
        headers() | {"webhook-id": "r-2"},
        headers() | {"webhook-timestamp": str(NOW + 1)},
        headers(**{"webhook-timestamp": str(NOW - 301)}),
        headers(**{"webhook-timestamp": str(NOW + 301)}),
        headers(**{"webhook-timestamp": "soon"}),
        headers(**{"webhook-timestamp": "9" * 400}),
    ],
)
def test_what_is_not_signed_here_and_now_is_not_believed(given_: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated):
        read(given_)


def test_another_body_under_the_signature_is_not_believed() -> None:
    with pytest.raises(Unauthenticated):
        read(headers(), BODY.replace(b"false", b"true"))


def test_during_a_change_of_keys_one_of_the_signatures_is_enough() -> None:
    good = headers()
    assert read(good | {"webhook-signature": f"v1,b3RoZXI= {good['webhook-signature']}"})


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"message": ""}', b"\xff"])
def test_signed_nonsense_is_refused(body: bytes) -> None:
    signed = headers()
    signed["webhook-signature"] = f"v1,{signature(SECRET, 'r-1', str(NOW), body)}"
    with pytest.raises(BadRequest):
        read(signed, body)
