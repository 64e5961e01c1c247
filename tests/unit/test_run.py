"""What `make run` does about a part that ended by itself."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.children import NotStarted
from local.run import STEADY_SECONDS, look_after


@dataclass(eq=False)
class FakeChild:
    """A part that ended."""

    name: str
    lived: float
    log: Path = Path("a.log")


@dataclass
class FakeSystem:
    """Parts by name; says which worker was started."""

    children: dict[str, FakeChild]
    started: list[str] = field(default_factory=list)

    def died(self) -> list[FakeChild]:
        return list(self.children.values())

    def child(self, name: str) -> FakeChild | None:
        return self.children.get(name)

    def start_worker(self) -> None:
        self.started.append("worker")


def test_a_lost_worker_is_replaced() -> None:
    system = FakeSystem({"worker": FakeChild("media worker", STEADY_SECONDS + 1)})
    look_after(system)
    assert system.started == ["worker"]


@pytest.mark.parametrize(
    ("part", "child"),
    [
        ("worker", FakeChild("media worker", STEADY_SECONDS - 1)),
        ("front", FakeChild("pages", STEADY_SECONDS + 1)),
    ],
    ids=["a worker that ends at once", "any other part"],
)
def test_what_cannot_be_replaced_ends_the_system(part: str, child: FakeChild) -> None:
    system = FakeSystem({part: child})
    with pytest.raises(NotStarted, match=f"The {child.name} ended by itself; see a.log"):
        look_after(system)
    assert system.started == []
