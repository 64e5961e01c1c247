"""All that a function does to the world, one effect after another, so that it can be cut off before any of them."""

from collections.abc import Callable
from typing import Any, Final

from chalicelib import log
from tests.fakes.clinic import Clinic

READS: Final = frozenset(
    {
        *("get", "query", "between", "listed", "day", "keys"),
        *("names", "versions", "to", "frames", "logout_address", "desired"),
    }
)


class Failed(Exception):
    """What the function asked for did not work, for a reason that nobody foresaw; it goes on with that."""


class Died(BaseException):
    """The function was cut off here."""


class Effects:
    """Counts the effects of a clinic's functions; ``cut`` is raised before the one that is number ``at``.

    Once a function has died it does nothing more.
    """

    def __init__(self, clinic: Clinic) -> None:
        self.done = 0
        self._at: int | None = None
        self._cut: type[BaseException] = Died
        adapters = (
            clinic.store, clinic.push, clinic.carrier, clinic.scheduler,
            clinic.patients, clinic.employees, clinic.sealed, clinic.erasures, clinic.tasks,
        )  # fmt: skip
        for adapter in adapters:
            for name in dir(type(adapter)):
                if not name.startswith("_") and name not in READS and callable(getattr(adapter, name)):
                    setattr(adapter, name, self._counted(getattr(adapter, name)))

    def run(self, act: Callable[[], Any], at: int | None = None, cut: type[BaseException] = Died) -> Any:
        """Let something happen, cut off before the effect number ``at``; returns what it gave, None when it was cut."""
        self.done, self._at, self._cut = 0, at, cut
        try:
            return act()
        except (Failed, log.Failed, Died):
            return None
        finally:
            self._at = None

    def _counted(self, effect: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            self.done += 1
            if self._at is not None and (self.done == self._at or (self.done > self._at and self._cut is Died)):
                raise self._cut
            return effect(*given, **named)

        return counted
