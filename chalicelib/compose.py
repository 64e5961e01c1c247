"""Puts a message together: a consultation's facts, a department's name that tells nothing, the trust's own words."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage

from chalicelib.agenda import Errand
from chalicelib.mail import mail
from chalicelib.protocol import Language, MessageKind, Way
from chalicelib.records import Consultation, Department, Guest
from chalicelib.register import Register
from chalicelib.rules import RuleBook
from chalicelib.settings import Settings
from chalicelib.telling import tells
from chalicelib.words import Notice, code_text, sms_text


class Composer:
    """Writes what goes out. ``own``: a trust's own words for one kind of message, one way, in one language."""

    def __init__(
        self,
        register: Register,
        rules: RuleBook,
        own: Callable[[str, MessageKind, Way, Language], str],
        settings: Settings,
    ) -> None:
        self._register = register
        self._rules = rules
        self._own = own
        self._settings = settings

    def sms(self, consultation: Consultation, errand: Errand, receiver: Consultation | Guest, link: str) -> str:
        """The text of an SMS."""
        return sms_text(self._notice(consultation, errand, receiver, link, Way.SMS))

    def mail(
        self, consultation: Consultation, errand: Errand, receiver: Consultation | Guest, link: str
    ) -> EmailMessage:
        """An e-mail. Raises NoAddress."""
        notice = self._notice(consultation, errand, receiver, link, Way.MAIL)
        return mail(notice, self._settings.mail_sender, receiver.email)

    def code(self, trust: str, language: Language, code: str) -> str:
        """The SMS with a one-time code."""
        return code_text(language, code, self._own(trust, MessageKind.CODE, Way.SMS, language))

    def sender(self, trust: str) -> str:
        """The name that phones show."""
        return self._rules.of(trust).sms_sender or self._settings.sms_sender

    def _notice(
        self, consultation: Consultation, errand: Errand, receiver: Consultation | Guest, link: str, way: Way
    ) -> Notice:
        trust = self._register.trust(consultation.trust)
        department = self._register.department(consultation.trust, consultation.department)
        return Notice(
            kind=errand.kind,
            uid=receiver.id,
            link=link,
            language=receiver.language,
            department_name=discreet_name(department, trust.name),
            department_phone=department.phone,
            clinician_name=self._register.staff(consultation.trust, consultation.staff).name,
            time_zone=trust.time_zone,
            starts=datetime.fromtimestamp(consultation.starts, UTC),
            minutes=consultation.minutes,
            sequence=receiver.invitation,
            guest=receiver.kind if isinstance(receiver, Guest) else None,
            own=self._own(consultation.trust, errand.kind, way, receiver.language),
        )


def discreet_name(department: Department, trust_name: str) -> str:
    """What messages call a department: by the name for messages, or its own, the first that tells nothing; else they
    name the trust."""
    names = (department.message_name, department.name)
    return next((name for name in names if name and not tells(name)), trust_name)
