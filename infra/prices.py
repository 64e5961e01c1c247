"""What a consultation costs: amounts, each named as its price is, times the prices of prices.toml. Pure.

The amounts are measured by `make cost`, which keeps them in amounts.json: what a consultation takes once, what each
minute of waiting and of talking takes, what a worker takes for a minute, and what stands there by the month.
"""

import datetime
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

PRICES: Final = Path(__file__).with_name("prices.toml")
AMOUNTS: Final = Path(__file__).with_name("amounts.json")

Amount = Mapping[str, float]


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one ``unit``; ``source`` is its owner's page, ``seen`` where it was read (empty: nowhere on that day)."""

    usd: float
    unit: str
    source: str
    region: str = "us-east-1"
    seen: str = ""


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them, as they were ``read`` on one day."""

    read: datetime.date
    aws: dict[str, Price]
    beside: dict[str, Price]
    others: dict[str, Price]

    def usd(self, amounts: Amount) -> dict[str, float]:
        """What each amount costs at AWS. Raises KeyError for one that has no price."""
        return {name: amount * self.aws[name].usd for name, amount in amounts.items() if amount}

    def sum(self, amounts: Amount) -> float:
        """What they cost together, in USD. Raises KeyError as `usd`."""
        return sum(self.usd(amounts).values())


class Amounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was measured, by the names of prices."""

    measured: datetime.date
    once: dict[str, float]
    """For each consultation, however long: booking, messages, opening, login, tests, check-in, feedback, clean-up."""
    waiting_minute: dict[str, float]
    """Two pages open."""
    talking_minute: dict[str, float]
    """Two pages open, and their media."""
    worker_minute: dict[str, float]
    """One media worker, whether it carries calls or not."""
    worker_minutes: float
    """Of a worker for each minute of talking, idle ones included: by the simulation of a day."""
    month: dict[str, float]
    """What stands there whether or not anybody comes."""

    def consultation(self, talking: float, waiting: float, a_month: float) -> dict[str, float]:
        """Of one with so many minutes of talking and of waiting, when there are so many consultations a month."""
        parts = (
            (self.once, 1.0),
            (self.waiting_minute, waiting),
            (self.talking_minute, talking),
            (self.worker_minute, self.worker_minutes * talking),
            (self.month, 1 / a_month),
        )
        total: dict[str, float] = defaultdict(float)
        for part, times in parts:
            for name, amount in part.items():
                total[name] += amount * times
        return dict(total)


def prices(text: str = "") -> Prices:
    """Those of a text in TOML, or of prices.toml. Raises msgspec.ValidationError that names what is wrong."""
    return msgspec.convert(tomllib.loads(text or PRICES.read_text()), Prices)


def written(found: Amounts) -> bytes:
    """The text of amounts.json for what was measured."""
    return msgspec.json.format(msgspec.json.encode(found, order="sorted"), indent=2) + b"\n"


def amounts(text: str = "") -> Amounts:
    """Those of a text in JSON, or of amounts.json. Raises msgspec.ValidationError that names what is wrong."""
    return msgspec.json.decode(text or AMOUNTS.read_text(), type=Amounts)
