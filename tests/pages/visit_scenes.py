"""The patient's page in each of its states."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from chalicelib import errors, protocol, rest
from chalicelib.lifecycle import State
from chalicelib.protocol import (
    Cause,
    Encryption,
    EndReason,
    Grade,
    LoginLevel,
    Message,
    Seat,
    SeatQuality,
    Verdict,
    VisitView,
)
from tests.pages import content
from tests.pages.backend import Answers, Reply
from tests.pages.content import VISIT
from tests.pages.gallery import Scene, Sight
from tests.pages.partner import Manner

PATH: Final = f"/v#{VISIT}"
KEPT: Final = f"venterom.visit.{VISIT}"
LET_ON: Final = {f"venterom.again.{VISIT}": 1}
"""What a tab remembers that has asked for another login already: no browser of the gallery was at a portal."""
DEVICES: Final = {"camera": "yes", "speaker": "yes", "microphone": "yes"}
NETWORKS: Final = {
    Verdict.GOOD: {"network": {"rtt": 10}},
    Verdict.IMPROVABLE: {"network": {"rtt": 320}},
    Verdict.POOR: {"network": {"rtt": 10, "loss": 0.3}},
    Verdict.BLOCKED: {"connects": False},
}
DENIED: Final = {"name": "NotAllowedError", "message": "Permission denied"}
SYSTEM: Final = {"name": "NotAllowedError", "message": "Permission denied by system"}
BUSY: Final = {"name": "NotReadableError", "message": "Could not start video source"}
UNABLE: Final = {"unable": True}
NONE: Final = {"name": "NotFoundError", "message": "Requested device not found"}


def scene(
    name: str,
    shows: str,
    view: VisitView | errors.VenteromError | None = None,
    hello: Sequence[Message] | None = None,
    path: str = PATH,
    kept: dict[str, object] | None = None,
    rest_answers: Mapping[str, object] | None = None,
    replies: Mapping[str, Reply] | None = None,
    wait_seconds: int = 0,
    bound: bool = True,
    manners: Mapping[Seat, Manner] | None = None,
    **more: Any,
) -> Scene:
    """A scene of the patient's page, whose socket repeats the visit before it says ``hello``.

    ``bound``: nothing is missed of the login.
    """
    shown = view or content.visit()
    known = [protocol.Visit(shown)] if isinstance(shown, VisitView) else []
    answers = Answers(
        rest={
            f"GET /visits/{VISIT}": shown,
            "POST /enter": shown,
            f"POST /visits/{VISIT}/feedback": None,
            f"POST /visits/{VISIT}/code": rest.CodeSent("01", 300),
            f"GET /visits/{VISIT}/receipt": content.RECEIPT,
            **(rest_answers or {}),
        },
        hello=[*known, *(hello or [])],
        replies=replies or {},
        wait_seconds=wait_seconds,
        manners=manners or {},
    )
    tab = ({KEPT: kept} if kept else {}) | (LET_ON if bound else {})
    return Scene("visit", name, path, shows, answers, kept=tab, **more)


def step(name: str) -> str:
    """What a step's page has."""
    return f"main[data-step={name}] h1"


def at(preparation: str, **more: object) -> dict[str, object]:
    """What the tab remembers of a preparation that has come this far."""
    return {"preparation": preparation, "devices": DEVICES, "network": None, **more}


# Once something is there, time stands still for the call's page, however long it takes to be looked at.
STOP: Final = """
shows => new MutationObserver((_, observer) => {
  if (!document.querySelector(shows)) return;
  observer.disconnect();
  const now = performance.now();
  performance.now = () => now;
}).observe(document.body, {subtree: true, childList: true, attributes: true})
"""


def failing(
    what: str, seconds: int, shows: str, offline: bool = False, back: bool = False
) -> Callable[[Sight], Awaitable[None]]:
    """The call fails for so long, with the browser's whole network if ``offline``, and is ``back`` again; no further
    than to what is to be shown."""

    async def fail(sight: Sight) -> None:
        await sight.page.locator("[data-phase=fine]").wait_for(state="attached")
        if offline:
            await sight.page.evaluate("Object.defineProperty(navigator, 'onLine', {value: false})")
        await sight.page.evaluate(STOP, shows)
        await sight.page.evaluate("what => window.__fail(what)", what)
        await sight.pass_time(seconds)
        if back:
            await sight.page.evaluate("window.__fail(null)")
            await sight.pass_time(2)

    return fail


def passing(seconds: int) -> Callable[[Sight], Awaitable[None]]:
    """Lets time pass."""

    async def wait(sight: Sight) -> None:
        await sight.see("main .ds-alert")
        await sight.pass_time(seconds)

    return wait


def pressed(*keys: str) -> Callable[[Sight], Awaitable[None]]:
    """Presses these buttons, one after the other."""

    async def press(sight: Sight) -> None:
        for key in keys:
            await sight.press(key)

    return press


def scenes() -> Iterator[Scene]:
    """All of them, in the order in which a patient meets them."""
    yield Scene("visit", "opening", PATH, "[role=status]", Answers(), then=_never_answered)
    for error in (errors.LinkUnknown, errors.LinkExpired, errors.LinkWithdrawn, errors.Unauthenticated):
        yield scene(f"gone-{error.code}", step("gone"), error(), path="/i#secret")
    yield scene("gone-cancelled", step("gone"), content.visit(State.CANCELLED))
    yield scene("failed", "main [role=alert]", errors.Unavailable())
    yield scene("opening-busy", "main progress", errors.Busy())
    yield scene("opening-busy-long", "main .ds-alert button", errors.Busy(), then=passing(300))
    yield from _preparation()
    yield from _waiting()
    yield from _call()
    over = content.visit(State.ENDED)
    yield scene("feedback", step("feedback"), over)
    yield scene("feedback-problems", "main [type=checkbox]", over, then=_poor)
    thanks = content.visit(State.ENDED, feedback_given=True)
    yield scene("thanks", step("thanks"), thanks)
    yield scene("thanks-receipt", "main ol li", thanks, then=pressed("visit.receipt.show"))
    broken = {f"GET /visits/{VISIT}/receipt": msgspec.structs.replace(content.RECEIPT, intact=False)}
    yield scene("thanks-receipt-broken", "main ol li", thanks, rest_answers=broken, then=pressed("visit.receipt.show"))
    unwanted = msgspec.structs.replace(thanks, sms_wanted=False)
    yield scene("thanks-no-sms", "main details[open]", unwanted, then=pressed("visit.sms.title"))
    yield scene("phone", step("phone"), content.visit(State.ENDED, by_phone=True))
    yield from _suspended()
    yield from _guests()
    yield scene("elsewhere", step("elsewhere"), hello=[protocol.SeatTaken()])


def _suspended() -> Iterator[Scene]:
    stopped = content.visit(suspended=content.STOPPED)
    yield scene("suspended", step("suspended"), msgspec.structs.replace(stopped, logged_in=False))
    waiting = content.visit(State.CHECKED_IN, suspended=content.STOPPED)
    yield scene("suspended-waiting", step("suspended"), waiting)
    yield scene("suspended-no-number", step("suspended"), msgspec.structs.replace(stopped, phone_known=False))
    guest = msgspec.structs.replace(waiting, seat=Seat.GUEST_1, guests=content.GUEST_NAMES)
    yield scene("suspended-guest", step("suspended"), guest)


async def _never_answered(sight: Sight) -> None:
    await sight.page.route("**/api/visits/**", lambda _: None)
    await sight.page.reload()


async def _poor(sight: Sight) -> None:
    await sight.page.locator("main [type=radio]").last.check()


def _preparation() -> Iterator[Scene]:
    login = content.visit(logged_in=False)
    yield scene("login", step("login"), login)
    yield scene("login-again", step("login"), bound=False)
    yield scene("login-failed", "main [role=alert]", login, path=f"/v?error=wrong_person#{VISIT}")
    yield from _codes()
    yield scene("access", step("access"))
    yield scene("access-asking", "main [aria-busy]", stand_in={"silent": True}, then=pressed("visit.access.button"))
    for name, problem in (("denied", DENIED), ("system", SYSTEM), ("busy", BUSY), ("none", NONE)):
        refused = {"refuse": {"camera": problem, "microphone": problem}}
        yield scene(f"access-{name}", "main .ds-alert", stand_in=refused, then=pressed("visit.access.button"))
    yield scene(
        "access-camera", "main .ds-alert", stand_in={"refuse": {"camera": NONE}}, then=pressed("visit.access.button")
    )
    yield scene("access-too-old", "main .ds-alert", stand_in=UNABLE)
    yield scene("camera", step("camera"), kept=at("camera"))
    yield scene("camera-no", "main select", kept=at("camera"), then=pressed("visit.no"))
    yield scene("speaker", step("speaker"), kept=at("speaker"))
    yield scene("speaker-no", "main .ds-alert", kept=at("speaker"), then=pressed("visit.no"))
    yield scene("microphone", step("microphone"), kept=at("microphone"))
    yield scene("microphone-no", "main select", kept=at("microphone"), then=pressed("visit.no"))
    yield scene("network", "main progress", kept=at("network"), stand_in={"network": {"rtt": 990}})
    for verdict, stand_in in NETWORKS.items():
        yield scene(f"network-{verdict}", "main .ds-alert", kept=at("network"), stand_in=stand_in)
    queued = {"probe_offer": lambda asked: [protocol.ProbeQueued(asked.probe, 3)]}
    yield scene("network-queued", "main .v-turn", kept=at("network"), replies=queued)
    busy = {"probe_start": lambda _: [_busy("probe_start")]}
    yield scene("network-busy", "main .v-turn", kept=at("network"), replies=busy)
    done = at(
        "ready",
        network={
            "verdict": "good",
            "transport": "direct",
            "rtt_ms": 38,
            "jitter_ms": 4,
            "loss": 0,
            "up_kbps": 1480,
            "down_kbps": 1490,
        },
    )
    yield scene("ready", step("ready"), kept=done)
    yield scene("ready-early", step("ready"), content.visit(starts=content.instant(2 * 24 * 60)), kept=done)
    full = {"check_in": lambda _: [_busy("check_in")]}
    yield scene("ready-busy", "main progress", kept=done, replies=full, then=_ready)
    yield scene("ready-away", "main .ds-alert", kept=done, then=_socket_lost)
    yield scene("ready-late", step("ready"), content.visit(delay_minutes=15), kept=done)

    yield scene("ready-running-late", step("ready"), content.visit(running_late=10), kept=done, then=_details)
    moved = protocol.Visit(content.visit(version=5, starts=content.instant(68)))
    yield scene("ready-moved", "main .ds-alert", hello=[moved], kept=done)


def _codes() -> Iterator[Scene]:
    asked = content.visit(login_level=LoginLevel.CODE, logged_in=False, code_ends="01")
    yield scene("code", step("login"), asked)
    yield scene("code-no-phone", step("login"), msgspec.structs.replace(asked, code_ends=""))
    yield scene("code-sent", "main input", asked, then=pressed("visit.code.send"))
    yield scene(
        "code-incomplete", "main [aria-invalid=true]", asked, then=pressed("visit.code.send", "visit.code.check")
    )
    for name, error, wait in (("wrong", errors.CodeWrong, 0), ("too-many", errors.TooManyAttempts, 240)):
        given = {f"POST /visits/{VISIT}/code/check": error()}
        yield scene(f"code-{name}", "main [role=alert]", asked, rest_answers=given, wait_seconds=wait, then=_code)
    out = {f"POST /visits/{VISIT}/ticket": errors.Unauthenticated()}
    yield scene("logged-out", "main .ds-alert", rest_answers=out)


async def _code(sight: Sight) -> None:
    await sight.press("visit.code.send")
    await sight.page.locator("main input").fill("123456")
    await sight.press("visit.code.check")


async def _details(sight: Sight) -> None:
    await sight.page.locator("main details summary").first.click()


def _guests() -> Iterator[Scene]:
    interpreter: dict[str, Any] = {
        "seat": Seat.GUEST_2,
        "login_level": LoginLevel.NONE,
        "logged_in": False,
        "guests": content.GUEST_NAMES,
    }
    yield scene("guest-access", step("access"), content.visit(**interpreter))
    yield scene("guest-waiting", step("waiting"), content.visit(State.CHECKED_IN, **interpreter))
    yield scene("guest-ringing", step("ringing"), content.visit(State.CALLING, **interpreter))
    yield scene("guest-thanks", step("thanks"), content.visit(State.ENDED, **interpreter))


def _waiting() -> Iterator[Scene]:
    yield scene("waiting", step("waiting"), content.visit(State.CHECKED_IN))
    yield scene("waiting-absent", step("waiting"), content.visit(State.CHECKED_IN, clinician_present=False, place=3))
    yield scene(
        "waiting-late", step("waiting"),
        content.visit(State.CHECKED_IN, starts=content.instant(-12), delay_minutes=15, clinician_busy=True, place=2),
    )  # fmt: skip
    calling = content.visit(State.CHECKED_IN, call=1)
    for reason in (EndReason.WORKER_LOST, EndReason.WITHDRAWN):
        yield scene(f"waiting-{reason}", "main .ds-alert", calling, [
            protocol.Ringing(VISIT, 1), protocol.CallEnded(VISIT, 1, reason),
        ])  # fmt: skip
    yield scene(
        "waiting-leave", "[role=alertdialog]", content.visit(State.CHECKED_IN), then=pressed("visit.waiting.leave")
    )
    yield scene("waiting-away", "main .ds-alert", content.visit(State.CHECKED_IN), then=_socket_lost)
    yield scene("waiting-away-long", "main .ds-alert .v-phone", content.visit(State.CHECKED_IN), then=_lost_for_long)
    yield scene("ringing", step("ringing"), content.visit(State.CALLING), [protocol.Ringing(VISIT, 1)])


async def _socket_lost(sight: Sight) -> None:
    await sight.backend.connected.wait()
    await sight.page.route("**/api/**/ticket", lambda route: route.abort())
    await sight.backend.sockets[-1].close()
    await sight.pass_time(6)


async def _lost_for_long(sight: Sight) -> None:
    await _socket_lost(sight)
    await sight.pass_time(64)


async def _ready(sight: Sight) -> None:
    await sight.page.locator("main h1 ~ .ds-button").first.click()


def _busy(about: str) -> protocol.Error:
    return protocol.Error(errors.Busy.code, errors.Busy.text, errors.Busy.retry, about)


def _quality(*seats: Seat, cause: Cause = Cause.NONE) -> list[dict[str, object]]:
    grade = Grade.GOOD if cause is Cause.NONE else Grade.POOR
    told = [SeatQuality(seat, grade, cause, rtt_ms=41, up_kbps=1100, down_kbps=1200) for seat in seats]
    return [{field: getattr(one, field) for field in one.__struct_fields__} for one in map(content.checked, told)]


def _talking(
    name: str, *said: Message, view: VisitView | None = None, seats: Sequence[Seat] = (), **more: Any
) -> Scene:
    view = view or content.visit(State.IN_CALL, guests=content.GUEST_NAMES if seats else [])
    there = more.pop("stand_in", {})
    shows = more.pop("shows", "main[data-step=call] video[data-role=remote]")
    join = msgspec.structs.replace(
        content.join(Seat.PATIENT, *seats), encryption=more.pop("rule", Encryption.PREFERRED)
    )
    hello = [join, *said]
    return scene(name, shows, view, hello, stand_in={"quality": _quality(Seat.PATIENT), **there}, **more)


def _media(seat: Seat, **changes: bool) -> protocol.PeerMedia:
    given = {"camera": True, "microphone": True, **changes}
    return protocol.PeerMedia(VISIT, 1, seat, **given)


def _call() -> Iterator[Scene]:
    four = (Seat.PATIENT, Seat.CLINICIAN, Seat.GUEST_1, Seat.GUEST_2)
    yield _talking("call", _media(Seat.CLINICIAN))
    yield _talking("call-settings", _media(Seat.CLINICIAN), then=pressed("visit.call.settings"), shows="main select")
    yield _talking("call-leave", _media(Seat.CLINICIAN), then=pressed("visit.call.end"), shows="[role=alertdialog]")
    yield _talking("call-off", _media(Seat.CLINICIAN, camera=False, microphone=False))
    yield _talking("call-group", *[_media(seat) for seat in four[1:]], seats=four)
    yield _talking("call-screen", _media(Seat.CLINICIAN, screen=True), shows="main video[data-role=screen]")
    yield _talking("call-paused", _media(Seat.CLINICIAN), view=content.visit(State.IN_CALL, paused_by=Seat.CLINICIAN))
    yield _talking(
        "call-paused-by-me", _media(Seat.CLINICIAN), view=content.visit(State.IN_CALL, paused_by=Seat.PATIENT)
    )
    yield _talking("call-interrupted", _media(Seat.CLINICIAN, camera=False, microphone=False, interrupted=True))
    yield _talking("call-connecting", stand_in={"connects": False})
    no_camera = {"refuse": {"camera": BUSY}}
    yield _talking("call-no-camera", _media(Seat.CLINICIAN), stand_in=no_camera)
    media = _media(Seat.CLINICIAN)
    yield _talking("call-taken", media, stand_in={"taken": True}, shows="[data-banner=interrupted]")
    yield _talking("call-blocked", media, stand_in={"mute": True}, shows=".v-unmute")
    yield _talking("call-hiccup", media, then=failing("path", 2, "[data-phase=hiccup]"), shows="[data-phase=hiccup]")
    yield _talking("call-mending", media, then=failing("path", 6, "[data-phase=mending]"), shows="[data-phase=mending]")
    yield _talking("call-other-away", media, then=failing("other", 9, "[data-side=other]"), shows="[data-side=other]")
    yield _talking("call-phone", media, then=failing("path", 24, "[data-phase=phone]"), shows="[data-phase=phone]")
    yield _talking(
        "call-phone-other",
        media,
        then=failing("other", 28, "[data-phase=phone][data-side=other]"),
        shows="[data-phase=phone][data-side=other]",
    )
    yield _talking(
        "call-own-away", media, then=failing("path", 24, "[data-side=own]", offline=True), shows="[data-side=own]"
    )
    yield _talking(
        "call-back", media, then=failing("path", 6, "[data-phase=back]", back=True), shows="[data-phase=back]"
    )
    yield from _locks()


def locked(face: str) -> str:
    """The lock of a call in this state."""
    return f".v-lock[data-face={face}] button"


async def open_lock(sight: Sight) -> None:
    """Press the lock, and wait for the words of the codes, where it shows some."""
    await sight.page.locator(".v-lock button").click()
    await sight.page.locator("dialog .v-spoken span:empty").first.wait_for(state="detached")


async def open_late(sight: Sight) -> None:
    """As `open_lock`, where the lock says for long that nothing is known yet."""
    await sight.pass_time(5)
    await open_lock(sight)


async def differs(sight: Sight) -> None:
    """Say that the codes differ."""
    await open_lock(sight)
    await sight.press("common.lock.different")


async def compared(sight: Sight) -> None:
    """Say that the codes are the same."""
    await open_lock(sight)
    await sight.press("common.lock.same")


async def stopped(sight: Sight) -> None:
    """Say twice that the codes differ."""
    await differs(sight)
    await sight.press("common.lock.stop")


async def _go_on(sight: Sight) -> None:
    """Go on without keys, and ask the lock what that means."""
    await keyless(30)(sight)
    await sight.press("common.refused.go_on")
    await sight.page.locator(locked("open")).click()


REQUIRED: Final = Encryption.REQUIRED


def keyless(seconds: int) -> Callable[[Sight], Awaitable[None]]:
    """No keys are agreed on for so long."""

    async def wait(sight: Sight) -> None:
        await sight.see(locked("agreeing"))
        await sight.pass_time(seconds)

    return wait


UNAGREED: Final = "[data-refused=unagreed]"


def _locks() -> Iterator[Scene]:
    media = _media(Seat.CLINICIAN)
    absent, unable = {Seat.CLINICIAN: Manner.ABSENT}, {Seat.CLINICIAN: Manner.UNABLE}
    yield _talking("lock-agreeing", media, manners=absent, shows=locked("agreeing"))
    yield _talking("lock-codes", media, then=open_lock, shows="dialog .v-spoken")
    yield _talking("lock-unopened", media, stand_in={"unopened": True}, then=open_late, shows="dialog .v-spoken")
    yield _talking("lock-compared", media, then=compared, shows="dialog .v-lock__same")
    yield _talking("lock-differs", media, then=differs, shows="dialog .v-lock__person .v-stack p")
    yield _talking("lock-stopped", media, then=stopped, shows="[data-refused=tampered]")
    yield _talking("lock-open", media, manners=unable, shows=locked("open"))
    yield _talking("lock-open-why", media, manners=unable, then=open_lock, shows="dialog ul")
    yield _talking("lock-unable", media, rule=REQUIRED, stand_in=UNABLE, shows="[data-refused=unable]")
    yield _talking("lock-peer-unable", media, rule=REQUIRED, manners=unable, shows="[data-refused=peer_unable]")
    tampered = {Seat.CLINICIAN: Manner.TAMPERED}
    yield _talking("lock-tampered", media, manners=tampered, shows="[data-refused=tampered]")
    silenced = {Seat.CLINICIAN: Manner.KEYLESS}
    yield _talking("lock-unagreed", media, manners=silenced, then=keyless(30), shows=UNAGREED)
    yield _talking("lock-unagreed-required", media, rule=REQUIRED, manners=silenced, then=keyless(30), shows=UNAGREED)
    yield _talking("lock-unagreed-open", media, manners=silenced, then=_go_on, shows="dialog [data-unagreed]")
    for manner in (Manner.REFUSING, Manner.UNREACHABLE):
        shows = f"[data-refused={manner}]"
        yield _talking(f"lock-{manner}", media, manners={Seat.CLINICIAN: manner}, shows=shows)
    yield _talking("lock-untransformed", media, stand_in={"leaks": True}, shows="[data-refused=untransformed]")
