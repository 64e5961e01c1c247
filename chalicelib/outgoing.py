"""Messages on their way out: one for each reason, whatever fails, runs twice or at the same time.

Whoever sends claims the message, notes that the carrier is about to have it, hands it over, and notes how that went.
Found claimed by one who is gone, it goes out if it was not handed over. If it was, it goes again with the same key and
link to a carrier that sends what comes twice once, and to no other: nobody knows then whether it went, which the
department sees and mends with one press. docs/decisions/ has why.
"""

from collections.abc import Callable
from typing import Final

from chalicelib import agenda, alphabet
from chalicelib.agenda import Errand
from chalicelib.carriers import MailCarrier, NotSent, SmsCarrier, Unsure
from chalicelib.compose import Composer
from chalicelib.consultations import Consultations
from chalicelib.errors import NotFound, Unavailable
from chalicelib.lifecycle import Role
from chalicelib.mail import NoAddress
from chalicelib.metrics import Metric, measure
from chalicelib.plans import Scheduler
from chalicelib.protocol import Delivery, MessageKind, Way
from chalicelib.queues import Queues
from chalicelib.records import Consultation, Guest, Link, Sending
from chalicelib.rest import FailureCause
from chalicelib.rings import Ring
from chalicelib.rules import RuleBook
from chalicelib.sendings import KEEP_SECONDS, Sendings
from chalicelib.settings import Settings
from chalicelib.suspensions import Suspensions
from chalicelib.tokens import derived, digest, mint
from chalicelib.wishes import Wishes
from chalicelib.words import WITHOUT_LINK

BACK_OFF: Final = (60, 300, 1500, 7500)
"""Seconds to the next try after the first, second …; the last again and again, until it is of no use any more."""
AT_ANY_HOUR: Final = frozenset({MessageKind.MISSING, MessageKind.SUSPENDED})
Give = Callable[[], str]


class Outgoing:
    """Sends what is due."""

    def __init__(
        self,
        consultations: Consultations,
        sendings: Sendings,
        composer: Composer,
        wishes: Wishes,
        rules: RuleBook,
        suspensions: Suspensions,
        queues: Queues,
        carriers: tuple[SmsCarrier, MailCarrier],
        scheduler: Scheduler,
        settings: Settings,
        pepper: Callable[[], Ring],
        now: Callable[[], float],
    ) -> None:
        self._consultations = consultations
        self._sendings = sendings
        self._composer = composer
        self._wishes = wishes
        self._rules = rules
        self._suspensions = suspensions
        self._queues = queues
        self._sms, self._mail = carriers
        self._scheduler = scheduler
        self._settings = settings
        self._pepper = pepper
        self._now = now

    def deliver(self, trust: str, consultation: str, reason: str, *, planned: bool = True) -> None:
        """Send what ``reason`` names, if it still applies; after a dot it says which try this is.

        ``planned``: the schedule asks, and is asked again when it did not go; else it stands behind whoever asks.
        """
        reason, _, tried = reason.partition(".")
        try:
            present = self._consultations.find(trust, consultation)
        except NotFound:
            return
        errand = agenda.named(present, reason)
        receiver = errand.receiver(present) if errand else None
        if errand is None or receiver is None or not self._due(errand, present):
            return
        failed = [way for way in self._ways(errand, receiver, trust) if not self._send(present, errand, way)]
        if failed and planned:
            self._again(present, errand, failed, int(tried or 0))

    def send_code(self, trust: str, consultation: str, guest: str, code: str) -> None:
        """Send a one-time code to the patient's phone, or a guest's: at once, and also to who wants no other SMS.

        Raises NotFound where there is no phone, Unavailable when it did not go.
        """
        present = self._consultations.find(trust, consultation)
        errand = Errand(f"code-{mint()}", MessageKind.CODE, guest)
        receiver = errand.receiver(present)
        row = self._sendings.claim(present, errand, Way.SMS) if receiver and receiver.phone else None
        row = self._sendings.hand_over(row, None) if row else None
        if receiver is None or row is None:
            raise NotFound
        give = self._sms_of(row, receiver.phone, self._composer.code(trust, receiver.language, code))
        try:
            settled = self._sendings.settle(row, Delivery.SENT, message=give(), carrier=self._sms.name)
            if settled:
                _count(settled)
        except NotSent as failure:
            self._sendings.settle(row, Delivery.FAILED, failure.why)
            raise Unavailable from None
        except Unsure:  # it may come; if it does not, they ask for another
            self._sendings.settle(row, Delivery.UNCERTAIN)

    # ------------------------------------------------------------ one message

    def _send(self, consultation: Consultation, errand: Errand, way: Way) -> bool:
        """Send one message one way; False when it did not go and trying again can help."""
        row = self._sendings.claim(consultation, errand, way)
        if row is None:
            return True
        if row.done:
            if errand.present:  # whoever sent it may have died before telling
                self._sendings.tell(consultation, errand, row)
            return True
        if row.handed_over and not self._carrier(way).repeatable:
            return self._end(consultation, errand, row, Delivery.UNCERTAIN)
        present = self._sendings.begin(consultation, errand, way, lambda c: self._due(errand, c))
        receiver = errand.receiver(present) if present else None
        if present is None or receiver is None:  # moved, cancelled or come since it was read
            self._sendings.settle(row, Delivery.NONE)
            return True
        if way is Way.SMS and not row.handed_over and not self._wishes.wants_sms(present.trust, receiver.phone):
            return self._end(present, errand, row, Delivery.OPTED_OUT, FailureCause.OPTED_OUT)
        return self._carry(present, errand, receiver, row)

    def _carry(self, consultation: Consultation, errand: Errand, receiver: Consultation | Guest, row: Sending) -> bool:
        link = None if errand.kind in WITHOUT_LINK else self._link(consultation, errand, row)
        try:
            give = self._letter(consultation, errand, receiver, row)
        except NoAddress:
            return self._end(consultation, errand, row, Delivery.FAILED, FailureCause.RECEIVER)
        handed = self._sendings.hand_over(row, link)
        if handed is None:
            return True  # the claim ran out, and another has it
        try:
            message = give()
        except NotSent as failure:
            if not failure.retry:
                return self._end(consultation, errand, handed, Delivery.FAILED, failure.why)
            return self._leave(consultation, errand, handed, handed_over=False)
        except Unsure:
            if not self._carrier(row.way).repeatable:
                return self._end(consultation, errand, handed, Delivery.UNCERTAIN)
            return self._leave(consultation, errand, handed, handed_over=True)
        return self._end(consultation, errand, handed, Delivery.SENT, message=message)

    def _letter(self, consultation: Consultation, errand: Errand, receiver: Consultation | Guest, row: Sending) -> Give:
        """The message, ready to be handed over. Raises NoAddress."""
        link = "" if errand.kind in WITHOUT_LINK else f"{self._settings.origin}/i#{self._secret(row)}"
        if row.way is Way.SMS:
            return self._sms_of(row, receiver.phone, self._composer.sms(consultation, errand, receiver, link))
        mail = self._composer.mail(consultation, errand, receiver, link)
        return lambda: self._mail.send_mail(mail, key=self._key(row))

    def _sms_of(self, row: Sending, number: str, text: str) -> Give:
        sender = self._composer.sender(row.trust)

        def give() -> str:
            message = self._sms.send_sms(number, text, sender=sender, key=self._key(row))
            measure({Metric.SMS: alphabet.measure(text).parts}, row.trust)
            return message

        return give

    def _end(
        self,
        consultation: Consultation,
        errand: Errand,
        row: Sending,
        state: Delivery,
        why: FailureCause = FailureCause.NONE,
        message: str = "",
    ) -> bool:
        """What became of it; True, for nobody need try again."""
        settled = self._sendings.settle(row, state, why, message, self._carrier(row.way).name)
        if settled:
            _count(settled)
            self._sendings.tell(consultation, errand, settled)
        return True

    def _leave(self, consultation: Consultation, errand: Errand, row: Sending, *, handed_over: bool) -> bool:
        """It did not go, or perhaps not: for a later try, unless another is at it already."""
        released = self._sendings.release(row, handed_over=handed_over)
        if released and released.state is Delivery.FAILED and errand.present:
            self._sendings.tell(consultation, errand, released)
        return released is None

    def _again(self, consultation: Consultation, errand: Errand, failed: list[Way], tried: int) -> None:
        """Plan the next try, or give up when that would be too late."""
        at = int(self._now()) + BACK_OFF[min(tried, len(BACK_OFF) - 1)]
        if errand.kind not in AT_ANY_HOUR:
            at = self._rules.quiet(consultation.trust).after(at, consultation.starts)
        if at < agenda.deadline(errand, consultation):
            self._scheduler.at(at, consultation.trust, consultation.id, f"{errand.reason}.{tried + 1}")
            return
        for way in failed:
            row = self._sendings.claim(consultation, errand, way)
            if row and not row.done:
                state = Delivery.UNCERTAIN if row.handed_over else Delivery.FAILED
                self._end(consultation, errand, row, state, FailureCause.EXPIRED)

    # ------------------------------------------------------------ parts

    def _due(self, errand: Errand, consultation: Consultation) -> bool:
        """Whether a message may go out now."""
        c = consultation
        if self._consultations.closing_time(c) <= self._now():
            return False  # its link would not open
        delay = self._queues.delay(c.trust, c.staff, c.day) if errand.kind is MessageKind.MISSING else 0
        return agenda.due(errand, c, self._rules.of(c.trust), delay, self._now(), self._suspensions.over(c))

    def _ways(self, errand: Errand, receiver: Consultation | Guest, trust: str) -> list[Way]:
        """Which ways a message goes: all there are, but that there is no video today is told once, by SMS if it may."""
        ways = agenda.ways(receiver)
        if errand.kind is not MessageKind.SUSPENDED or len(ways) < len(Way):
            return ways
        return [Way.SMS if self._wishes.wants_sms(trust, receiver.phone) else Way.MAIL]

    def _carrier(self, way: Way) -> SmsCarrier | MailCarrier:
        return self._sms if way is Way.SMS else self._mail

    def _key(self, row: Sending) -> str:
        """By which a carrier knows a message again; it tells nothing."""
        return digest("\x00".join((row.trust, row.consultation, row.reason)))[:32]

    def _secret(self, row: Sending) -> str:
        """The secret of a message's link: of the row's seed, which is gone once it is settled, and a key elsewhere."""
        return derived(self._pepper().current, "link", row.trust, row.consultation, row.reason, row.seed)

    def _link(self, consultation: Consultation, errand: Errand, row: Sending) -> Link:
        return Link(
            digest=digest(self._secret(row)),
            trust=consultation.trust,
            consultation=consultation.id,
            role=Role.GUEST if errand.guest else Role.PATIENT,
            guest=errand.guest,
            # Kept past its use, so that an old link is answered with what it was and not as a guess.
            expires=self._consultations.closing_time(consultation) + KEEP_SECONDS,
        )


def _count(settled: Sending) -> None:
    if settled.state is Delivery.SENT and settled.way is Way.MAIL:  # an SMS was counted by its parts as it went
        measure({Metric.MAIL: 1}, settled.trust)
    elif settled.state in (Delivery.FAILED, Delivery.UNCERTAIN):
        measure({Metric.DELIVERIES_FAILED: 1}, settled.trust)
