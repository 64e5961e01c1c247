"""The pages of administrator, support and auditor in each of their states."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from chalicelib import errors, rest
from tests.pages import content
from tests.pages.gallery import Scene, Sight
from tests.pages.visit_scenes import pressed

TRUST: Final = "/staff/elvenes"
REFERENCE: Final = content.SUPPORT.reference.replace("-", "")
Maker = Callable[..., Scene]


def scenes(scene: Maker) -> Iterator[Scene]:
    """All of them; ``scene`` makes one of somebody who is logged in."""
    yield from _rules(scene)
    yield from _support(scene)


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
