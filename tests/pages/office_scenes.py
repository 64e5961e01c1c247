"""The pages of administrator, support and auditor in each of their states."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from chalicelib import errors, rest
from tests.pages import content, office
from tests.pages.gallery import Scene, Sight
from tests.pages.visit_scenes import pressed

TRUST: Final = "/staff/elvenes"
REFERENCE: Final = content.SUPPORT.reference.replace("-", "")
Maker = Callable[..., Scene]


def scenes(scene: Maker) -> Iterator[Scene]:
    """All of them; ``scene`` makes one of somebody who is logged in."""
    yield from _rules(scene)
    yield from _texts(scene)
    yield from _people(scene)
    yield from _suspension(scene)
    yield from _support(scene)
    yield from _audit(scene)


def _rules(scene: Maker) -> Iterator[Scene]:
    form = "main[data-view=rules] form"

    def rules(name: str, shows: str, then: Any = None, **answered: object) -> Scene:
        doors = {f"GET {TRUST}/rules": content.RULES} | {f"{door} {TRUST}/rules": it for door, it in answered.items()}
        return scene(name, shows, me=content.OFFICER, answered=doors, **({"then": then} if then else {}))

    yield rules("rules", form)
    yield rules("rules-failed", "main [role=alert]", GET=errors.Unavailable())
    yield rules(
        "rules-fault", "main .ds-validation-message", typed({"lead_days": "99", "sms_sender": "Å"}, "office.save")
    )
    saved = rest.TrustRules(8, rest.Rules(lead_days=3, sms_sender="Elvenes HF"))
    yield rules("rules-saved", "form[data-version='8']", typed({"lead_days": "3"}, "office.save"), PUT=saved)
    theirs = (content.RULES, rest.TrustRules(8, rest.Rules(remind_hours=48, keep_contact_days=14)))
    mine = {"lead_days": "3", "keep_contact_days": "60"}
    yield rules("rules-overtaken", f"{form} .ds-alert", typed(mine, "office.save"), GET=theirs, PUT=errors.Overtaken())


def _texts(scene: Maker) -> Iterator[Scene]:
    checked = rest.CheckedText([], [], office.PREVIEW, unicode=False, length=142, parts=1)
    telling = rest.CheckedText(
        [rest.TextProblem.NO_LINK, rest.TextProblem.TELLING], ["kreftpoliklinikken"], office.TELLING, True, 171, 3
    )
    own = {"GET": office.TEXTS, "check": checked}

    def texts(name: str, shows: str, then: Any = None, **answered: object) -> Scene:
        told = own | answered
        doors = {f"GET {TRUST}/texts": told["GET"], f"POST {TRUST}/texts/check": told["check"]}
        doors |= {f"PUT {TRUST}/texts": told["PUT"]} if "PUT" in told else {}
        return scene(name, shows, me=content.OFFICER, answered=doors, path="#texts", **({"then": then} if then else {}))

    yield texts("texts", ".s-bubble")
    yield texts("texts-failed", "main [role=alert]", GET=errors.Unavailable())
    yield texts("texts-telling", ".s-problems", _typed_text(office.TELLING), check=(checked, telling))
    yield texts("texts-unchecked", ".s-findings .v-muted", check=errors.TooManyAttempts())
    yield texts("texts-saved", "[role=status] strong", _typed_text(office.PREVIEW, "office.save"), PUT=checked)
    yield texts("texts-mail", ".s-findings .s-quote", _choose(kind="reminder", way="mail"))
    yield texts("texts-right-to-left", ".s-bubble", _choose(language="ar"))
    yield texts("texts-standard", "[role=status] strong", _reset, PUT=checked)


def _suspension(scene: Maker) -> Iterator[Scene]:
    reach = rest.Reach(41, 3, 2)
    going = rest.Suspension(0, on=False, reach=reach)
    stopped = rest.Suspension(1, True, content.STOPPED, tell=True, since=content.instant(-35), reach=reach)
    form = "main[data-view=suspension] form"

    def suspension(name: str, shows: str, then: Any = None, **answered: object) -> Scene:
        doors = {f"GET {TRUST}/suspension": going} | {f"{door} {TRUST}/suspension": it for door, it in answered.items()}
        more = {"then": then} if then else {}
        return scene(name, shows, me=content.OFFICER, answered=doors, path="#suspension", **more)

    yield suspension("suspension", form)
    yield suspension("suspension-failed", "main [role=alert]", GET=errors.Unavailable())
    yield suspension("suspension-fault", "main .ds-validation-message", typed({"words": ""}, "office.suspension.stop"))
    yield suspension("suspension-sure", "dialog[open]", pressed("office.suspension.stop"))
    sure = pressed("office.suspension.stop", "office.suspension.yes")
    yield suspension("suspension-stopped", f"{form}[data-on=true]", sure, PUT=stopped)
    yield suspension(
        "suspension-overtaken", f"{form}[data-on=true]", sure, GET=(going, stopped), PUT=errors.Overtaken()
    )
    yield suspension("suspension-on", f"{form}[data-on=true]", GET=stopped)
    opened = rest.Suspension(2, on=False, words=content.STOPPED, reach=reach)
    reopen = pressed("office.suspension.reopen")
    yield suspension("suspension-reopened", f"{form}[data-on=false]", reopen, GET=stopped, PUT=opened)
    not_now = {f"GET {TRUST}/phone_list": errors.Conflict()}
    yield scene("phones-not-now", "main .ds-alert", me=content.OFFICER, answered=not_now, path="#phones")


def _people(scene: Maker) -> Iterator[Scene]:
    found = {f"POST {TRUST}/people/export": office.PERSON}
    nothing = {f"POST {TRUST}/people/export": rest.PersonExport(True, [])}
    erased = {f"POST {TRUST}/people/erase": rest.Erased(2, 1, 9, 1, 1)}

    def people(name: str, shows: str, then: Any = None, **more: object) -> Scene:
        doors = {f"GET {TRUST}/purges": office.PURGES, **found, **erased, **more.pop("answered", {})}  # type: ignore[dict-item]
        return scene(
            name, shows, me=content.OFFICER, answered=doors, path="#people", **({"then": then} if then else {})
        )

    yield people("people", "main table")
    yield people("people-fault", "main .ds-validation-message", pressed("office.people.search"))
    yield people("people-found", "main details[open]", _opened)
    yield people("people-nothing", ".s-person [role=status] p", _searched, answered=nothing)
    yield people("people-erase", "dialog[open]", _erase())
    yield people("people-erase-sure", "dialog[open] strong", _erase("office.erase.on"))
    yield people("people-erased", "main .ds-alert", _erase("office.erase.on", "office.erase.yes"))
    empty = {f"GET {TRUST}/purges": rest.Purges([])}
    yield people("people-no-purges", "main[data-view=people] section:last-child p", answered=empty)


def _audit(scene: Maker) -> Iterator[Scene]:
    days = "first=2026-11-20&last=2026-11-26"
    doors = {
        f"GET {TRUST}/purges": office.PURGES,
        f"GET {TRUST}/audit/anchors": office.ANCHORS,
        f"GET {TRUST}/audit?{days}": rest.AuditPage(office.ENTRIES, "next"),
        f"GET {TRUST}/audit?{days}&cursor=next": rest.AuditPage([], ""),
    }

    def audit(name: str, shows: str, then: Any = None, **more: object) -> Scene:
        answered = {**doors, **more.pop("answered", {})}  # type: ignore[dict-item]
        return scene(name, shows, me=content.AUDITOR, answered=answered, **({"then": then} if then else {}))

    def verified(*, anchored: bool = True, broken: tuple[str, ...] = ()) -> dict[str, object]:
        result = rest.Verified("2026-11-25", 214, anchored, not broken, list(broken))
        return {f"POST {TRUST}/audit/verify": result}

    yield audit("audit", "main section:last-of-type table")
    yield audit(
        "audit-fault",
        "main .ds-validation-message",
        typed({"first": "2026-11-26", "last": "2026-11-25"}, "office.audit.go"),
    )
    yield audit("audit-found", "section:first-of-type table", pressed("office.audit.go"))
    nothing = {f"GET {TRUST}/audit?{days}": rest.AuditPage([], "")}
    yield audit("audit-nothing", "section:first-of-type strong", pressed("office.audit.go"), answered=nothing)
    yield audit("audit-exported", "section:first-of-type table", pressed("office.audit.go", "office.audit.export"))
    yield audit("audit-whole", "main .ds-alert[data-color=success]", pressed("office.days.verify"), answered=verified())
    yield audit(
        "audit-broken",
        "main .ds-alert[data-color=danger]",
        pressed("office.days.verify"),
        answered=verified(broken=("k7m2x9qd4wtn",)),
    )
    yield audit(
        "audit-unsealed",
        "main .ds-alert[data-color=info]",
        pressed("office.days.verify"),
        answered=verified(anchored=False),
    )
    yield audit("audit-anchors", "details[open] table", _all_anchors)
    young = {f"GET {TRUST}/purges": rest.Purges([]), f"GET {TRUST}/audit/anchors": rest.Anchors([])}
    yield audit("audit-young", "main[data-view=audit] h2", answered=young)


def _support(scene: Maker) -> Iterator[Scene]:
    yield scene("support", "main[data-view=support] form", me=content.HELPER)
    yield scene(
        "support-found",
        "main [data-reference]",
        me=content.HELPER,
        then=typed({"reference": REFERENCE}, "staff.support.submit"),
    )
    yield scene(
        "support-unknown",
        "main .ds-validation-message",
        me=content.HELPER,
        then=typed({"reference": "XXXX"}, "staff.support.submit"),
    )


def typed(fields: Mapping[str, str], key: str) -> Any:
    """Fills in fields of the page by their names, and presses a button."""

    async def then(sight: Sight) -> None:
        for name, text in fields.items():
            await sight.page.locator(f"main [name={name}]").fill(text)
        await pressed(key)(sight)

    return then


def _typed_text(text: str, *keys: str) -> Any:
    async def then(sight: Sight) -> None:
        await sight.page.locator(".s-bubble").wait_for()
        await sight.page.locator("textarea").fill(text)
        if keys:
            await sight.see(".s-fine")
            await pressed(*keys)(sight)

    return then


def _choose(**values: str) -> Any:
    async def then(sight: Sight) -> None:
        for name, value in values.items():
            await sight.page.locator(f"main select[name={name}]").select_option(value)

    return then


async def _all_anchors(sight: Sight) -> None:
    await sight.page.locator("main details.s-one summary").last.click()


async def _reset(sight: Sight) -> None:
    await _choose(kind="cancelled")(sight)
    await sight.see(".s-bubble")
    await sight.press("office.texts.reset")


async def _searched(sight: Sight) -> None:
    await _choose(by="phone")(sight)
    await typed({"person": "901 18 796"}, "office.people.search")(sight)


async def _opened(sight: Sight) -> None:
    await _searched(sight)
    await sight.page.locator("main details.s-one summary").first.click()


def _erase(*keys: str) -> Any:
    async def then(sight: Sight) -> None:
        await _searched(sight)
        await pressed("office.people.erase", *keys)(sight)

    return then
