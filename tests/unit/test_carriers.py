"""What SNS and SES are sent, and what is made of their answers."""

from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError, ReadTimeoutError

from chalicelib.carriers import NotSent, SesMail, SnsSms, Unsure
from chalicelib.rest import FailureCause

SENDER = "ikke-svar@elvenes.example"


def letter() -> EmailMessage:
    message = EmailMessage()
    message["To"], message["Subject"] = "kari@pasient.example", "Videotime"
    message.set_content("Hei")
    return message


class Service:
    """A boto3 client that notes its calls, or fails."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.calls: list[dict[str, Any]] = []
        self._failure = failure

    def publish(self, **request: Any) -> dict[str, str]:
        if self._failure:
            raise self._failure
        self.calls.append(request)
        return {"MessageId": f"m{len(self.calls)}"}

    send_raw_email = publish


def test_sms_goes_as_transactional_under_the_senders_name() -> None:
    sns = Service()
    assert SnsSms(sns).send_sms("+4790000001", "Hei", sender="Elvenes HF", key="k") == "m1"
    (request,) = sns.calls
    assert (request["PhoneNumber"], request["Message"]) == ("+4790000001", "Hei")
    values = {name: value["StringValue"] for name, value in request["MessageAttributes"].items()}
    assert values == {"AWS.SNS.SMS.SMSType": "Transactional", "AWS.SNS.SMS.SenderID": "Elvenes HF"}


def test_mail_goes_whole_and_asks_for_receipts() -> None:
    ses, message = Service(), letter()
    assert SesMail(ses, SENDER, "receipts").send_mail(message, key="k") == "m1"
    (request,) = ses.calls
    assert (request["Source"], request["Destinations"]) == (SENDER, ["kari@pasient.example"])
    assert request["ConfigurationSetName"] == "receipts"
    assert message_from_bytes(request["RawMessage"]["Data"])["Subject"] == message["Subject"]


def refusal(code: str, status: int) -> ClientError:
    """What boto3 raises; AWS's messages repeat the number they were given."""
    error = {"Code": code, "Message": "Invalid parameter: PhoneNumber +4790000001"}
    return ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}, "Publish")


def both(failure: Exception) -> list[Callable[[], str]]:
    service = Service(failure)
    return [
        lambda: SnsSms(service).send_sms("+4790000001", "Hei", sender="Elvenes HF", key="k"),
        lambda: SesMail(service, SENDER, "receipts").send_mail(letter(), key="k"),
    ]


@pytest.mark.parametrize(
    ("failure", "retry", "why"),
    [
        (refusal("InvalidParameter", 400), False, FailureCause.RECEIVER),
        (refusal("MessageRejected", 400), False, FailureCause.CARRIER),
        (refusal("Throttling", 400), True, FailureCause.CARRIER),
        (refusal("ServiceUnavailable", 503), True, FailureCause.CARRIER),
        (ConnectTimeoutError(endpoint_url="https://sns.example"), True, FailureCause.CARRIER),
        (NoCredentialsError(), True, FailureCause.CARRIER),
    ],
)
def test_what_was_surely_not_taken_says_whether_to_try_again_and_names_nobody(
    failure: Exception, retry: bool, why: FailureCause
) -> None:
    for send in both(failure):
        with pytest.raises(NotSent) as refused:
            send()
        assert (refused.value.retry, refused.value.why) == (retry, why)
        assert "90000001" not in str(refused.value)
        assert "kari" not in str(refused.value)
        assert refused.value.__suppress_context__


@pytest.mark.parametrize(
    "failure", [refusal("InternalError", 500), ReadTimeoutError(endpoint_url="https://sns.example")]
)
def test_what_may_have_been_taken_is_said_to_be_so(failure: Exception) -> None:
    for send in both(failure):
        with pytest.raises(Unsure) as unsure:
            send()
        assert "90000001" not in str(unsure.value)
