"""What the gallery's administrator and auditor are told: texts, one person's data, the trail and its clean-ups."""

from typing import Any, Final

import msgspec

from chalicelib import rest
from chalicelib.lifecycle import Role, State
from chalicelib.protocol import Delivery, GuestKind, Language, LoginLevel, MessageKind, Way
from tests.pages import content
from tests.pages.content import instant

PREVIEW: Final = (
    "Du har videotime hos Medisinsk poliklinikk torsdag 26. november kl. 10.15. Åpne lenken i god tid: "
    "https://video.elvenes.example/i#k7m2x9qd Hjelp: ring 33 00 01 00"
)
TELLING: Final = (
    "Velkommen til kreftpoliklinikken torsdag 26. november kl. 10.15. Čoahkkin lea videos. Ring 33 00 01 00."
)
STANDARD: Final = (
    "Du har videotime hos {department} {day} kl. {clock}. Åpne lenken i god tid og test at alt virker: {link} "
    "Hjelp eller avbud: ring {phone}"
)
ARABIC: Final = (
    "لديك موعد فيديو لدى {department} يوم {day} الساعة {clock}. افتح الرابط: {link} للمساعدة اتصل بـ {phone}"
)


def _text(kind: MessageKind, way: Way, language: Language) -> rest.Text:
    own = kind is MessageKind.CANCELLED and way is Way.SMS and language is Language.BOKMAL
    words = "Videotimen {day} kl. {clock} hos {department} er dessverre avlyst. Ring {phone}." if own else ""
    return rest.Text(kind, way, language, words, ARABIC if language is Language.ARABIC else STANDARD)


TEXTS: Final = rest.Texts(
    [
        _text(kind, way, language)
        for kind in MessageKind
        for way in (Way if kind is not MessageKind.CODE else [Way.SMS])
        for language in Language
    ]
)
PERSON: Final = rest.PersonExport(
    False,
    [
        rest.PersonConsultation(
            content.consultation(
                "Kari Nordmann", -4000, State.ENDED, consultation="past", sms=Delivery.DELIVERED, phone="+4790118796"
            ),
            "",
            content.TRAIL,
            content.MESSAGES.messages,
            rest.Feedback(rest.Impression.GOOD),
        ),
        rest.PersonConsultation(
            content.consultation(
                "Ola Nordmann", -2600, State.ENDED, consultation="guest", guests=[content.guest(GuestKind.COMPANION)]
            ),
            "g1",
            content.TRAIL,
            [],
            None,
        ),
    ],
)


def _to_phone(minutes: int, name: str, phone: str, told: Delivery, **changes: Any) -> rest.ToPhone:
    row = rest.ToPhone(
        consultation=f"c{minutes + 200}",
        starts=instant(minutes),
        minutes=30,
        patient_name=name,
        phone=phone,
        language=Language.BOKMAL,
        department="Medisinsk poliklinikk",
        clinician_name="Ingrid Berg",
        state=State.INVITED,
        reference="K7M2X9",
        told=told,
    )
    return msgspec.structs.replace(row, **changes)


PHONES: Final = rest.PhoneList(
    content.DAY,
    [
        _to_phone(-22, "Mohammed Ali", "+4790118796", Delivery.DELIVERED, state=State.CHECKED_IN),
        _to_phone(8, "Kari Nordmann", "+4790118797", Delivery.SENT, state=State.CHECKED_IN),
        _to_phone(38, "Bjørn Olav Kristoffersen-Thorvaldsen", "+4790118798", Delivery.OPTED_OUT),
        _to_phone(68, "Oksana Koval", "+380501234567", Delivery.FAILED, language=Language.UKRAINIAN),
        _to_phone(98, "Solveig Moen", "", Delivery.NONE, state=State.BOOKED, clinician_name="Omar Haddad"),
    ],
)
PURGES: Final = rest.Purges(
    [rest.Purge(instant(-days * 1440 - 420), 41 - days, 12, 9 * days, 3 if days == 1 else 0) for days in range(1, 6)]
)
ANCHORS: Final = rest.Anchors(
    [rest.AnchorDay(f"2026-11-{day}", 180 + day, f"{day * 7919:064x}"[::-1]) for day in range(25, 19, -1)]
)


def _entry(minutes: int, number: int, what: str, role: Role, name: str = "", state: str = "") -> rest.AuditEntry:
    staff = name.lower().replace(" ", "-")
    level = LoginLevel.NONE if role is Role.SYSTEM else LoginLevel.HIGH
    whose = ("", "") if role in {Role.ADMINISTRATOR, Role.AUDITOR} else (content.VISIT, "K7M2-X9QD")
    return rest.AuditEntry(instant(minutes), *whose, number, what, role, staff, name, level, state, f"{number:064x}")


ENTRIES: Final = [
    _entry(-2900, 1, "booked", Role.SECRETARY, "Berit Dale", "booked"),
    _entry(-2895, 2, "invite", Role.SYSTEM, state="invited"),
    _entry(-2895, 3, "sms_sent", Role.SYSTEM, state="invited"),
    _entry(-1460, 11, "rules_changed", Role.ADMINISTRATOR, "Rune Vik"),
    _entry(-52, 4, "logged_in_high", Role.PATIENT, state="invited"),
    _entry(-6, 5, "check_in", Role.PATIENT, state="checked_in"),
    _entry(-3, 6, "call", Role.CLINICIAN, "Ingrid Berg", "calling"),
    _entry(-1, 12, "audit_read", Role.AUDITOR, "Eva Moe"),
]
