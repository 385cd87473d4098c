"""Which tags of nobody end together with those of clients: such as are as old, so that age tells nobody apart.

Whoever reads the chain sees of every tag that ends in which night it appeared. Clients stay for some time; if tags of
nobody ended at any age, the youngest would surely be nobody's. So every ending takes along tags that appeared in the
same night, and what is wanted besides comes from the nights around it, older and younger ones alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from random import Random
from typing import Final

from schuldhulp.domain.types import Epoch, Tag

NIGHT: Final = timedelta(days=1)
"""Tags are published once in this time; batches that are nearer to each other count as one night."""


@dataclass(frozen=True, kw_only=True)
class Birth:
    """What everybody sees of how a tag appeared.

    Attributes:
        epoch: its epoch, which the tag names.
        at: when the batch was made that it came with; None when this system does not know.
    """

    epoch: Epoch
    at: datetime | None

    def nights_from(self, other: Birth) -> float:
        """Return how many nights lie between two; more than any number where the time of one is not known."""
        if self.at is None or other.at is None:
            return float("inf")
        return abs(round((self.at - other.at) / NIGHT))


def choose_alike(
    ending: Sequence[Birth], idle: Mapping[Tag, Birth], standing: Mapping[Birth, int], wanted: int, draw: Random
) -> list[Tag]:
    """Choose tags of nobody that end with those of clients.

    Beside each client's tag end as many of its night as there are for each client of that night, so that no night runs
    out of them before its clients do. What is wanted besides comes from the nights around, as many of each as if a
    client's tag ended there.

    Args:
        ending: of every tag of a client that ends, how it appeared.
        idle: tags of nobody that may end, and how they appeared.
        standing: how many tags of clients stand on the chain, those that end included, by how they appeared.
        wanted: how many to choose.
        draw: source of chance.

    Returns:
        As many as wanted, or all of them; tags of the same epoch before others, then those of the nearest night.
    """
    pools: dict[Birth, list[Tag]] = {}
    for one in sorted(idle):
        pools.setdefault(idle[one], []).append(one)
    for pool in pools.values():
        draw.shuffle(pool)
    shares = {birth: max(1, round(len(pool) / max(1, standing.get(birth, 0)))) for birth, pool in pools.items()}

    def take(birth: Birth, count: int) -> list[Tag]:
        pool = pools[birth]
        pools[birth] = pool[count:]
        return pool[:count]

    beside = [take(birth, shares[birth]) for birth in ending if birth in pools]
    # Where fewer are wanted, each gets as many.
    chosen = [one for row in zip_longest(*beside) for one in row if one is not None][:wanted]
    used = Counter(set(ending))
    while ending and len(chosen) < wanted and any(pools.values()):
        like = draw.choice(ending)
        # Of an older and a younger night that are as near, chance takes one.
        nearest = min(
            (birth for birth, pool in pools.items() if pool),
            key=lambda birth: (birth.epoch != like.epoch, used[birth], birth.nights_from(like), draw.random()),
        )
        used[nearest] += 1
        # One more than its share, in the place of the client's.
        chosen += take(nearest, min(wanted - len(chosen), shares[nearest] + 1))
    return chosen
