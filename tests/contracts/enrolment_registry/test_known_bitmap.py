import pytest

from tests.contracts.refusals import refused
from tests.contracts.values import EPOCH, MUNICIPALITY, NO_WORD, PAST_EPOCH, UNREGISTERED, make_tag, make_tags


def known(words, count):
    """Bit i % 256 of word i / 256."""
    return [bool(words[number // 256] >> (number % 256) & 1) for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 255, 256, 257, 511, 512, 513])
def test_known_bitmap_equals_are_known(registry, registrar, count):
    tags = make_tags(count)
    enrolled = sorted({*tags[::37], tags[-1]})
    registry.enrol(MUNICIPALITY, EPOCH, enrolled, {"from": registrar})

    words = registry.knownBitmap(tags)

    assert len(words) == (count + 255) // 256
    assert known(words, count) == registry.areKnown(tags) == [tag in enrolled for tag in tags]
    assert sum(words[-1] >> (bit + 1) & 1 for bit in range((count - 1) % 256, 255)) == 0


def test_known_bitmap_of_nothing_is_nothing(registry):
    assert registry.knownBitmap([]) == ()


def test_known_bitmap_answers_five_thousand_tags_in_one_call(registry, registrar):
    tags = make_tags(5000)
    registry.enrol(MUNICIPALITY, EPOCH, tags[:100], {"from": registrar})

    assert known(registry.knownBitmap(tags), 5000) == [True] * 100 + [False] * 4900


@pytest.mark.parametrize("position", [0, 255, 256, 300])
@pytest.mark.parametrize(
    "stale",
    [make_tag(1, epoch=PAST_EPOCH), make_tag(1, UNREGISTERED), make_tag(1, 0, 0), NO_WORD],
    ids=["past epoch", "unknown municipality", "municipality zero", "zero"],
)
def test_known_bitmap_refuses_the_whole_list_for_one_tag(registry, position, stale):
    tags = make_tags(300)
    tags.insert(position, stale)

    with refused("EpochNotOpen", int.from_bytes(stale[:2]), int.from_bytes(stale[2:6])):
        registry.knownBitmap(tags)
