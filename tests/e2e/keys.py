"""A person with a keyboard and nothing else, who looks where the focus is at every press."""

from playwright.sync_api import Locator, Page, expect

MOST = 90  # presses of Tab from anywhere to anywhere on a page; beyond it is a trap
# The skip link is seen by its being there, for it is drawn only while it has the focus; of a date or a time browsers
# themselves mark the part that one is in.
FOCUS = """
() => {
  const at = document.activeElement;
  if (!at || at === document.body) return {name: 'nothing', seen: true};
  const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(at);
  const {left, right, top, bottom} = at.getBoundingClientRect();
  const marked = (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1) || boxShadow !== 'none';
  const marks = at.matches('.ds-skip-link, [type=date], [type=time]');
  const there = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight;
  const name = (at.ariaLabel || at.innerText || at.name || at.tagName).trim().slice(0, 60);
  return {name, seen: (marked || marks) && there};
}
"""
# Where a new step leaves the focus: its heading, or something in it that can be used.
ARRIVED = "() => document.activeElement?.closest('main, dialog, [role=dialog]') != null"


class Keys:
    """Presses keys in a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def go_to(self, target: Locator, key: str = "Tab") -> None:
        """Press Tab until the target has the focus; on the way the focus is always to be seen."""
        expect(target.first).to_be_visible()
        passed: list[str] = []
        for _ in range(MOST):
            self.page.keyboard.press(key)
            focus = self.page.evaluate(FOCUS)
            assert focus["seen"], f"the focus cannot be seen on {focus['name']!r}"
            passed.append(focus["name"])
            if target.first.evaluate("one => one === document.activeElement"):
                return
        raise AssertionError(f"never came to {target}, but to {list(dict.fromkeys(passed))}")

    def press(self, role: str, name: str, key: str = "Enter", within: Locator | None = None) -> None:
        """Go to a button or link by its words, and press it."""
        place = within or self.page
        self.go_to(place.get_by_role(role, name=name))  # type: ignore[arg-type]
        self.page.keyboard.press(key)

    def choose(self, target: Locator) -> None:
        """Choose one of several radio buttons: to the group with Tab, within it with the arrows."""
        expect(target).to_be_visible()
        group = target.get_attribute("name")
        for _ in range(MOST):
            if self.page.evaluate("group => document.activeElement?.name === group", group):
                break
            self.page.keyboard.press("Tab")
        self.page.keyboard.press("Space")
        for _ in range(MOST):
            if target.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"never came to {target}")

    def type_into(self, target: Locator, text: str) -> None:
        """Go to a field and type."""
        self.go_to(target)
        self.page.keyboard.type(text)

    def expect_arrival(self) -> None:
        """The focus has been taken to what is new."""
        self.page.wait_for_function(ARRIVED)

    def log_in(self, person: str) -> None:
        """At the stand-in portal."""
        self.choose(self.page.get_by_label(person, exact=False).first)
        self.press("button", "Logg inn")
