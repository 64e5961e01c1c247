"""What takes messages to people: the two ports, what can go wrong, and AWS's own carriers, SNS and SES.

Whoever sends must know after a failure whether the message may have been taken all the same, so the clients given here
must not try again by themselves. Nothing that is raised holds a number, an address or a text.
"""

from email.message import EmailMessage
from typing import Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from chalicelib.rest import FailureCause

BUSY: Final = frozenset({"Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException"})
RECEIVERS_FAULT: Final = frozenset({"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid"})


class NotSent(Exception):
    """The carrier did not take the message. The text is its error code; ``retry``: whether another try can help."""

    def __init__(self, code: str, *, retry: bool, why: FailureCause = FailureCause.CARRIER) -> None:
        super().__init__(code)
        self.retry = retry
        self.why = why


class Unsure(Exception):
    """Nobody knows whether the carrier took the message: the line broke, or it failed half-way."""


class SmsCarrier(Protocol):
    """Takes SMS. ``repeatable``: given the same key twice it sends once."""

    name: str
    repeatable: bool

    def send_sms(self, number: str, text: str, *, sender: str, key: str) -> str:
        """Send to a number in E.164; return the carrier's id of the message. Raises NotSent, Unsure."""


class MailCarrier(Protocol):
    """Takes e-mail; see `SmsCarrier`."""

    name: str
    repeatable: bool

    def send_mail(self, message: EmailMessage, *, key: str) -> str:
        """Send to the message's To; return the carrier's id of the message. Raises NotSent, Unsure."""


class SnsSms:
    """`SmsCarrier` over SNS, given botocore's client. It knows no key: what is uncertain stays so."""

    name = "sns"
    repeatable = False

    def __init__(self, sns: Any) -> None:
        self._sns = sns

    def send_sms(self, number: str, text: str, *, sender: str, key: str) -> str:
        """Publish to one phone: transactional, so it goes by the surest route, under the sender's name."""
        attributes = {"AWS.SNS.SMS.SMSType": "Transactional", "AWS.SNS.SMS.SenderID": sender}
        return _sent(
            self._sns.publish,
            PhoneNumber=number,
            Message=text,
            MessageAttributes={k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()},
        )


class SesMail:
    """`MailCarrier` over SES, given botocore's client; the configuration set is what asks for receipts."""

    name = "ses"
    repeatable = False

    def __init__(self, ses: Any, sender: str, configuration: str) -> None:
        self._ses = ses
        self._sender = sender
        self._configuration = configuration

    def send_mail(self, message: EmailMessage, *, key: str) -> str:
        """Send as it is, with its parts."""
        return _sent(
            self._ses.send_raw_email,
            Source=self._sender,
            Destinations=[message["To"].addresses[0].addr_spec],
            RawMessage={"Data": message.as_bytes()},
            ConfigurationSetName=self._configuration,
        )


def _sent(send: Any, **request: Any) -> str:
    try:
        return str(send(**request)["MessageId"])
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if code in BUSY or status in (429, 503):
            raise NotSent(code, retry=True) from None
        if status >= 500:
            raise Unsure(code) from None
        why = FailureCause.RECEIVER if code in RECEIVERS_FAULT else FailureCause.CARRIER
        raise NotSent(code, retry=False, why=why) from None
    except HTTPClientError as error:  # the request had gone: no answer in time, or the line broke
        raise Unsure(type(error).__name__) from None
    except BotoCoreError as error:  # it had not: no connection, no credentials
        raise NotSent(type(error).__name__, retry=True) from None
