"""How far a rogue creditor gets within its quota, reckoned from the project's own constants."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from schuldhulp.domain import identifiers
from schuldhulp.services.admission import STANDARD_QUOTA

CITY = 240_000
"""People in the address book of a city."""

EPOCHS_A_YEAR = 4
"""An epoch is a quarter (docs/runbook.md)."""

DAYS_OF_AN_EPOCH = 91


def bsn_space() -> int:
    """Count the nine-digit numbers whose weighted sum is divisible by eleven."""
    sums = Counter({0: 1})
    for weight in identifiers._WEIGHTS:
        following: Counter[int] = Counter()
        for remainder, count in sums.items():
            for digit in range(10):
                following[(remainder + weight * digit) % 11] += count
        sums = following
    return sums[0]


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How far somebody gets.

    Attributes:
        who: whom they try, and as what.
        space: how many persons that are.
        organisations: how many organisations, each with a quota of its own, act together.
    """

    who: str
    space: int
    organisations: int = 1

    @property
    def in_an_epoch(self) -> int:
        """Persons of whom the colour is learnt in one epoch."""
        daily = STANDARD_QUOTA.daily * DAYS_OF_AN_EPOCH
        return min(self.space, self.organisations * min(STANDARD_QUOTA.per_epoch, daily))

    @property
    def days(self) -> int:
        """Days of asking until nothing is left for this epoch."""
        return math.ceil(min(self.space / self.organisations, STANDARD_QUOTA.per_epoch) / STANDARD_QUOTA.daily)

    @property
    def share(self) -> float:
        """Part of the space that is learnt in one epoch, 0 to 1."""
        return self.in_an_epoch / self.space

    @property
    def epochs(self) -> int:
        """Epochs until everybody was tried once, each person in one of them only."""
        return math.ceil(self.space / self.in_an_epoch)

    def row(self) -> str:
        """Write the row of the table in docs/privacy.md."""
        space, reached, epochs = (
            f"{count:,}".replace(",", " ") for count in (self.space, self.in_an_epoch, self.epochs)
        )
        years = f"{self.epochs / EPOCHS_A_YEAR:,.0f}".replace(",", " ") if self.epochs >= EPOCHS_A_YEAR else "under 1"
        return f"| {self.who} | {space} | {self.days} | {reached} | {self.share:.2%} | {epochs} | {years} |"


BSN = Reach(who="every citizen service number, as one organisation that may ask by it", space=bsn_space())
BOOK = Reach(who=f"a full address book of a city of {CITY // 1000} 000, as one organisation", space=CITY)
ACCOUNTS = Reach(who="the same address book, as one organisation with ten accounts", space=CITY)
TOGETHER = Reach(who="the same address book, as ten organisations that act together", space=CITY, organisations=10)
TABLE = (BSN, BOOK, ACCOUNTS, TOGETHER)
