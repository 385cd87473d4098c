"""Which tags of nobody end with those of clients."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

from schuldhulp.domain.types import Epoch, Tag
from schuldhulp.services.alike import Birth, choose_alike

FIRST = datetime(2026, 11, 1, 3, tzinfo=UTC)


def night(number: int, epoch: int = 20264) -> Birth:
    return Birth(epoch=Epoch(epoch), at=FIRST + timedelta(days=number))


def tags(**counts: int) -> dict[Tag, Birth]:
    """Make as many tags as are said of each night: n3=5."""
    return {
        Tag(bytes([int(name[1:]), number]) + bytes(30)): night(int(name[1:]))
        for name, count in counts.items()
        for number in range(count)
    }


def chosen(
    ending: list[Birth], idle: dict[Tag, Birth], standing: dict[Birth, int], wanted: int, seed: int = 1
) -> Counter[Birth]:
    found = choose_alike(ending, idle, standing, wanted, Random(seed))
    assert len(found) == len(set(found)) == min(wanted, len(idle))
    return Counter(idle[one] for one in found)


def test_choose_alike_takes_of_the_same_night_as_many_as_there_are_for_each_client() -> None:
    found = chosen([night(3)], tags(n1=60, n3=60, n5=60), {night(3): 6}, 10)
    assert found == {night(3): 10}


def test_choose_alike_lets_no_night_run_out_before_its_clients() -> None:
    found = chosen([night(3)], tags(n2=60, n3=60), {night(2): 6, night(3): 6}, 60)
    # 10 beside the client, and then in turn, as if others ended.
    assert found == {night(3): 10 + 11 + 11, night(2): 11 + 11 + 6}


def test_choose_alike_takes_the_rest_of_older_and_younger_nights_alike() -> None:
    standing = {night(number): 6 for number in range(7)}
    found: Counter[Birth] = Counter()
    for seed in range(200):
        found += chosen([night(3)], tags(n1=60, n2=60, n3=60, n4=60, n5=60), standing, 21, seed)
    assert found[night(1)] == found[night(5)] == 0
    assert 0.4 < found[night(2)] / (found[night(2)] + found[night(4)]) < 0.6


def test_choose_alike_gives_each_ending_as_many_when_few_are_wanted() -> None:
    found = chosen([night(1), night(5)], tags(n1=60, n5=60), {night(1): 1, night(5): 1}, 10)
    assert found == {night(1): 5, night(5): 5}


def test_choose_alike_takes_another_epoch_or_an_unknown_night_only_when_nothing_else_is_left() -> None:
    other, unknown = night(3, 20271), Birth(epoch=Epoch(20264), at=None)
    idle = tags(n9=2) | {Tag(b"\x80" + bytes([n]) + bytes(30)): unknown for n in range(2)}
    idle |= {Tag(b"\x81" + bytes([n]) + bytes(30)): other for n in range(2)}
    standing = {night(9): 1, unknown: 1, other: 1}
    assert chosen([night(3)], idle, standing, 2) == {night(9): 2}
    assert chosen([night(3)], idle, standing, 4) == {night(9): 2, unknown: 2}
    assert chosen([night(3)], idle, standing, 9) == {night(9): 2, unknown: 2, other: 2}


def test_choose_alike_without_an_ending_takes_nothing() -> None:
    assert choose_alike([], tags(n1=3), {}, 3, Random(1)) == []
