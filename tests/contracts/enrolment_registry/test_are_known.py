import pytest

from tests.contracts.refusals import refused
from tests.contracts.values import (
    EPOCH,
    MUNICIPALITY,
    NO_WORD,
    OLD_EPOCH,
    PAST_EPOCH,
    UNREGISTERED,
    make_tag,
    make_tags,
)


def test_are_known_answers_in_the_order_asked(registry, registrar):
    tags = make_tags(5)
    registry.enrol(MUNICIPALITY, EPOCH, [tags[1], tags[4]], {"from": registrar})

    assert registry.areKnown([tags[4], tags[0], tags[1], tags[4]]) == [True, False, True, True]


def test_are_known_mixes_open_epochs(registry, registrar):
    old, new = make_tag(1, epoch=OLD_EPOCH), make_tag(1)
    registry.enrol(MUNICIPALITY, OLD_EPOCH, [old], {"from": registrar})

    assert registry.areKnown([old, new, old]) == [True, False, True]


def test_are_known_of_nothing_is_nothing(registry):
    assert registry.areKnown([]) == ()


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(
    "stale",
    [make_tag(1, epoch=PAST_EPOCH), make_tag(1, UNREGISTERED), make_tag(1, 0, 0), NO_WORD],
    ids=["past epoch", "unknown municipality", "municipality zero", "zero"],
)
def test_are_known_refuses_the_whole_list_for_one_tag(registry, position, stale):
    tags = make_tags(2)
    tags.insert(position, stale)

    with refused("EpochNotOpen", int.from_bytes(stale[:2]), int.from_bytes(stale[2:6])):
        registry.areKnown(tags)
