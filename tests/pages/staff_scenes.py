"""The pages of those who have patients, clinician and secretary, in each of their states."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from chalicelib import errors, protocol, rest
from chalicelib.lifecycle import State
from chalicelib.protocol import ConsultationView, Delivery, EndReason, GuestKind, Message, Seat
from tests.pages import content, office, office_scenes
from tests.pages.backend import Answers, Reply
from tests.pages.content import DAY, VISIT
from tests.pages.gallery import Scene, Sight
from tests.pages.partner import Manner
from tests.pages.visit_scenes import BUSY, DENIED, UNABLE, failing, keyless, locked, open_lock, pressed

PATH: Final = "/staff/elvenes"
LIST: Final = "main[data-view=list] [data-day]"
ROW: Final = f"[data-consultation={VISIT}]"
ONE: Final = f"/staff/elvenes/consultations/{VISIT}"
DIALOG: Final = "dialog[open]"
REFERENCE: Final = content.SUPPORT.reference.replace("-", "")
CALL: Final = "main[data-view=call] video[data-role=remote]"
SEATS: Final = (Seat.PATIENT, Seat.CLINICIAN, Seat.GUEST_1, Seat.GUEST_2)


def scene(
    name: str,
    shows: str,
    day: Sequence[ConsultationView] = (),
    said: Sequence[Message] = (),
    delay: int = 0,
    me: rest.Me = content.ME,
    answered: Mapping[str, object] | None = None,
    path: str = "",
    replies: Mapping[str, Reply] | None = None,
    manners: Mapping[Seat, Manner] | None = None,
    portal: bool = True,
    **more: Any,
) -> Scene:
    """A scene of somebody, ``me``, who is logged in and has this day; ``answered``: what more is answered;
    ``path``: a part of the page."""
    answers = Answers(
        rest={
            "GET /staff/elvenes/me": me,
            f"GET {ONE}/trail": content.TRAIL,
            f"GET {ONE}/messages": content.MESSAGES,
            f"GET /staff/elvenes/references/{REFERENCE}": content.SUPPORT,
            f"GET /staff/elvenes/consultations?day={DAY}": rest.DayList(DAY, list(day), delay),
            **(answered or {}),
        },
        hello=[protocol.Board(DAY, me.id, list(day) if me.id == content.ME.id else [], delay), *said],
        replies={
            "watch": lambda asked: [protocol.Board(asked.day, asked.clinician or me.id, list(day), delay)],
            **(replies or {}),
        },
        staff=True,
        manners=manners or {},
        portal=portal,
    )
    return Scene("staff", name, PATH + path, shows, answers, **more)


def scenes() -> Iterator[Scene]:
    """All of them."""
    unknown = {"GET /staff/elvenes/me": errors.Unauthenticated()}
    yield Scene("staff", "login", PATH, "main[data-view] h1", Answers(unknown, staff=True))
    yield Scene(
        "staff",
        "login-failed",
        f"{PATH}?error=login_failed",
        "main[data-view] [role=alert]",
        Answers(unknown, staff=True),
    )
    broken = {"GET /staff/elvenes/me": errors.Unavailable()}
    yield Scene("staff", "failed", PATH, "main [role=alert]", Answers(broken, staff=True))
    yield from _list()
    yield from _secretary()
    yield from _messages()
    yield from _call()
    yield from _suspended()
    yield from office_scenes.scenes(scene)


def _suspended() -> Iterator[Scene]:
    day, stopped = content.full_day(), [protocol.Suspended(content.STOPPED)]
    banner = "main blockquote"
    yield scene("suspended", banner, day, stopped)
    yield scene("suspended-secretary", banner, day, stopped, me=content.SECRETARY)
    yield scene("suspended-ring", f"{DIALOG} blockquote", day, stopped, then=pressed("staff.action.call"))
    phones = {"GET /staff/elvenes/phone_list": office.PHONES}
    yield scene("phones", "main table", day, stopped, answered=phones, path="#phones")
    empty = {"GET /staff/elvenes/phone_list": rest.PhoneList(DAY, [])}
    yield scene("phones-empty", "main[data-view=phones] .s-office", day, stopped, answered=empty, path="#phones")


def _list() -> Iterator[Scene]:
    day = content.full_day()
    yield scene("empty", LIST)
    yield scene("list", LIST, day)
    yield scene("list-delayed", LIST, day, delay=15)
    arrived = protocol.Changed(DAY, content.consultation("Ola Innom", 98, **content.waiting(0), drop_in=True))
    yield scene("list-arrival", LIST, day, [arrived], then=_arrival)
    yield scene("list-taken", "main .ds-alert", day, [protocol.SeatTaken()])
    ended = [content.join(Seat.CLINICIAN), protocol.CallEnded(VISIT, 1, EndReason.WORKER_LOST)]
    yield scene("list-worker-lost", "main .ds-alert", day, ended)
    yield scene("list-too-old", "main .ds-alert", day, stand_in=UNABLE)
    full = {"call": lambda asked: [protocol.Queued(asked.consultation, 3)]}
    yield scene("list-queued", f"{ROW} .v-waiting", day, replies=full, then=_ring)
    yield scene("list-away", "main .ds-alert", day, then=_socket_lost)
    refused = {"refuse": {"camera": DENIED, "microphone": BUSY}}
    yield scene("list-devices", LIST, day, stand_in=refused)
    yield scene("list-menu", ".s-more__list", day, then=_menu)
    yield scene("list-tested", ".s-test[open]", day, then=_tested)
    yield scene("list-done", "[data-part=done][open]", day, then=_done)
    yield scene("alerts", DIALOG, day, then=pressed("staff.alerts.title"))
    yield scene("reference", f"{DIALOG} form", day, then=pressed("staff.support.find"))
    yield scene("reference-found", f"{DIALOG} [data-reference]", day, then=_look_up(REFERENCE))
    yield scene("reference-unknown", f"{DIALOG} .ds-validation-message", day, then=_look_up("XXXX"))
    yield scene("book", "[role=dialog], dialog[open]", day, then=pressed("staff.action.book"))
    yield scene(
        "book-faults",
        "dialog [role=alert], [role=dialog] [role=alert]",
        day,
        then=pressed("staff.action.book", "staff.form.submit"),
    )
    for name in ("move", "guest", "phone", "hand_over", "cancel"):
        yield scene(name.replace("_", "-"), DIALOG, day, then=_in_row(f"staff.action.{name}"))
    yield scene("trail", f"{DIALOG} td", day, then=_in_row("staff.action.trail"))
    broken = {f"GET {ONE}/trail": msgspec.structs.replace(content.TRAIL, intact=False)}
    yield scene("trail-broken", f"{DIALOG} .ds-alert", day, answered=broken, then=_in_row("staff.action.trail"))
    yield scene("book-code", f"{DIALOG} .ds-validation-message", day, then=_book_by_code)
    crowd = {"POST /staff/elvenes/consultations": errors.Busy()}
    yield scene("book-busy", f"{DIALOG} progress", day, answered=crowd, then=_book_late)
    lapsed = {f"GET {ONE}/trail": errors.Unauthenticated()}
    yield scene(
        "login-lapsed", "main[data-view=login] .ds-alert", day, answered=lapsed, then=_in_row("staff.action.trail")
    )
    typed = {"POST /staff/elvenes/consultations": errors.Unauthenticated()}
    yield scene("login-kept", "main[data-view=login] a[target]", day, answered=typed, then=_book_late)


def _secretary() -> Iterator[Scene]:
    day = [one for one in content.full_day() if one.consultation != VISIT]
    calling = content.mine(State.IN_CALL)
    yield scene("secretary", LIST, [calling, *day], delay=15, me=content.SECRETARY)
    yield scene("secretary-empty", LIST, me=content.SECRETARY)
    nobody = msgspec.structs.replace(content.SECRETARY, clinicians=[])
    yield scene("secretary-alone", "main[data-view=list] .ds-alert", me=nobody)
    yield scene("secretary-book", DIALOG, day, then=pressed("staff.action.book"), me=content.SECRETARY)
    yield scene("secretary-and-clinician", LIST, content.full_day(), me=content.BOTH)
    theirs = [msgspec.structs.replace(one, clinician="siri-lund") for one in day]
    yield scene("secretary-and-clinician-away", ".s-whose__away", theirs, me=content.BOTH, then=_turn)
    yield scene("all-roles", LIST, content.full_day(), me=content.EVERYTHING)
    yield scene("no-role", "main[data-view=none] h1", me=msgspec.structs.replace(content.ME, roles=[]))


def _messages() -> Iterator[Scene]:
    ways = [
        content.consultation("Kari Nordmann", 8, consultation=VISIT, sms=Delivery.UNCERTAIN, mail=Delivery.DELIVERED,
                             email="kari@pasient.example",
                             guests=[content.guest(GuestKind.INTERPRETER, sms=Delivery.UNCERTAIN)]),
        content.consultation("Liv Haugen", 38, sms=Delivery.FAILED),
        content.consultation("Bjørn Olav Kristoffersen-Thorvaldsen", 68, sms=Delivery.OPTED_OUT, sms_wanted=False),
        content.consultation("Solveig Moen", 98, sms=Delivery.DELIVERED),
        content.consultation("Arne Dahl", -97, State.ENDED, erased=True, patient_name="", phone=""),
    ]  # fmt: skip
    yield scene("list-sent", LIST, ways)
    sent = _in_row("staff.action.messages")
    yield scene("messages", f"{DIALOG} .s-sent", ways, then=sent)
    none = {f"GET {ONE}/messages": rest.SentMessages([])}
    due = content.consultation("Kari Nordmann", 8, State.BOOKED, consultation=VISIT, sms=Delivery.DUE,
                               invite_at=content.instant(60), sms_wanted=False)  # fmt: skip
    yield scene("messages-none", f"{DIALOG} .s-wish", [due], answered=none, then=sent)
    failed = {f"GET {ONE}/messages": errors.Unavailable()}
    yield scene("messages-failed", f"{DIALOG} [role=alert]", ways, answered=failed, then=sent)


async def _turn(sight: Sight) -> None:
    await sight.page.locator("select[name=whose]").select_option("siri-lund")


async def _book_by_code(sight: Sight) -> None:
    await sight.press("staff.action.book")
    for name, typed in {"name": "Kari Nordmann", "email": "kari@pasient.example", "time": "11:00"}.items():
        await sight.page.locator(f"{DIALOG} [name={name}]").fill(typed)
    await sight.page.locator(f"{DIALOG} select[name=department]").select_option("medisinsk")
    await sight.page.locator(f"{DIALOG} select[name=level]").select_option("code")
    await sight.press("staff.form.submit")


async def _book_late(sight: Sight) -> None:
    await _book_by_code(sight)
    await sight.page.locator(f"{DIALOG} [name=phone]").fill("900 00 000")
    await sight.press("staff.form.submit")


async def _ring(sight: Sight) -> None:
    await sight.page.locator(f"{ROW} .s-ring").click()


async def _socket_lost(sight: Sight) -> None:
    await sight.backend.connected.wait()
    await sight.page.route("**/api/**/ticket", lambda route: route.abort())
    await sight.backend.sockets[-1].close()


async def _arrival(sight: Sight) -> None:
    await sight.see("[data-state=checked_in]")


def _in_row(key: str) -> Any:
    async def press(sight: Sight) -> None:
        await _menu(sight)
        await sight.press_in(ROW, key)

    return press


async def _menu(sight: Sight) -> None:
    await sight.press_in(ROW, "staff.action.more")


async def _tested(sight: Sight) -> None:
    await sight.page.locator(f"{ROW} .s-test summary").click()


async def _done(sight: Sight) -> None:
    await sight.page.locator("[data-part=done] > summary").click()


async def _others(sight: Sight) -> None:
    await sight.page.locator(".s-call__head button").last.click()


def _look_up(reference: str) -> Any:
    async def look_up(sight: Sight) -> None:
        await sight.press("staff.support.find")
        await sight.page.locator(f"{DIALOG} input").fill(reference)
        await sight.press("staff.support.submit")

    return look_up


def _talking(name: str, *said: Message, seats: Sequence[Seat] = (), **more: Any) -> Scene:
    guests = [content.guest(kind, present=True, ready=True, admitted=True) for kind in GuestKind] if seats else []
    view = more.pop("view", None) or content.mine(State.IN_CALL, guests=guests)
    shows = more.pop("shows", CALL)
    stand_in = {"first": 2, **more.pop("stand_in", {})}
    return scene(name, shows, [view], [content.join(Seat.CLINICIAN, *seats), *said], stand_in=stand_in, **more)


def _media(seat: Seat = Seat.PATIENT, **changes: bool) -> protocol.PeerMedia:
    return protocol.PeerMedia(VISIT, 1, seat, **{"camera": True, "microphone": True, **changes})


def _call() -> Iterator[Scene]:
    yield _talking("ringing", view=content.mine(State.CALLING))
    yield _talking("call", _media())
    yield _talking("call-off", _media(camera=False, microphone=False))
    yield _talking("call-interrupted", _media(camera=False, microphone=False, interrupted=True))
    yield _talking(
        "call-devices", _media(), then=pressed("staff.call.devices"), shows="dialog select, [role=dialog] select"
    )
    yield _talking("call-group", *[_media(seat) for seat in SEATS if seat is not Seat.CLINICIAN], seats=SEATS)
    yield _talking("call-paused", _media(), view=content.mine(State.IN_CALL, paused_by=Seat.PATIENT))
    waiting = [content.consultation("Mohammed Ali", -22, **content.waiting(31))]
    others = [protocol.Changed(DAY, one) for one in waiting]
    yield _talking("call-others", _media(), *others, then=_others, shows=DIALOG)
    yield _talking("call-people", _media(), seats=SEATS, then=pressed("staff.people.title"), shows=DIALOG)
    knocking = content.mine(State.IN_CALL, guests=[content.guest(GuestKind.INTERPRETER, present=True, ready=True)])
    yield _talking("call-knocking", _media(), view=knocking, shows="[data-banner=knocking]")
    yield _talking("call-ending", _media(), then=pressed("staff.call.hang_up"), shows=DIALOG)
    yield _talking("call-no-camera", _media(), stand_in={"refuse": {"camera": BUSY}})
    yield _talking("call-taken", _media(), stand_in={"taken": True}, shows="[data-banner=interrupted]")
    yield _talking("call-hiccup", _media(), then=failing("path", 2, "[data-phase=hiccup]"), shows="[data-phase=hiccup]")
    yield _talking(
        "call-mending", _media(), then=failing("path", 6, "[data-phase=mending]"), shows="[data-phase=mending]"
    )
    yield _talking("call-phone", _media(), then=failing("path", 24, "[data-phase=phone]"), shows="[data-phase=phone]")
    yield _talking(
        "call-phone-other",
        _media(),
        then=failing("other", 28, "[data-phase=phone][data-side=other]"),
        shows="[data-phase=phone][data-side=other]",
    )
    unknown = content.mine(State.IN_CALL, phone="")
    yield _talking(
        "call-phone-none",
        _media(),
        view=unknown,
        then=failing("other", 28, "[data-phase=phone]"),
        shows="[data-phase=phone]",
    )
    yield _talking(
        "call-back", _media(), then=failing("path", 6, "[data-phase=back]", back=True), shows="[data-phase=back]"
    )
    yield from _locks()


async def _somebody_old(sight: Sight) -> None:
    """A guest comes whose browser cannot encrypt, once the call is sealed."""
    await sight.page.locator(".v-lock button").wait_for()
    parcel = protocol.Parcel("o" * 22, "", 1, able=False)
    sight.backend.say(protocol.PeerHandshake(VISIT, 1, Seat.GUEST_1, parcel))


WITHOUT: Final = "dialog [data-unagreed=guest1]"


async def _asked_late(sight: Sight) -> None:
    """Press the lock when one of several should long have agreed on keys."""
    await sight.page.locator(".v-lock button").wait_for()
    await sight.pass_time(30)
    await sight.page.locator(".v-lock button").click()


def _locks() -> Iterator[Scene]:
    yield _talking("lock-codes", _media(), then=open_lock, shows="dialog .v-spoken")
    everybody = [_media(seat) for seat in SEATS if seat is not Seat.CLINICIAN]
    yield _talking("lock-codes-group", *everybody, seats=SEATS, then=open_lock, shows="dialog .v-spoken")
    yield _talking("lock-open", _media(), stand_in=UNABLE, shows=locked("open"))
    yield _talking("lock-open-why", _media(), stand_in=UNABLE, then=open_lock, shows="dialog ul")
    old = {Seat.GUEST_1: Manner.ABSENT}
    yield _talking(
        "lock-downgrade", *everybody, seats=SEATS, manners=old, then=_somebody_old, shows="[data-refused=downgrade]"
    )
    unproven = {Seat.PATIENT: Manner.UNPROVEN}
    yield _talking("lock-unproven", _media(), manners=unproven, shows="[data-refused=identity]")
    unreachable = "[data-refused=unreachable]"
    yield _talking("lock-unreachable", _media(), portal=False, then=keyless(16), shows=unreachable)
    silenced = {Seat.PATIENT: Manner.KEYLESS}
    yield _talking("lock-unagreed", _media(), manners=silenced, then=keyless(30), shows="[data-refused=unagreed]")
    yield _talking("lock-untransformed", _media(), stand_in={"leaks": True}, shows="[data-refused=untransformed]")
    some = {Seat.GUEST_1: Manner.KEYLESS}
    yield _talking("lock-without", *everybody, seats=SEATS, manners=some, then=_asked_late, shows=WITHOUT)
