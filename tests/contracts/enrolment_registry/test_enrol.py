import pytest

from tests.contracts.refusals import refused
from tests.contracts.values import (
    EPOCH,
    FAR_EPOCH,
    MUNICIPALITY,
    NEXT_EPOCH,
    NO_WORD,
    OLD_EPOCH,
    OTHER_MUNICIPALITY,
    PAST_EPOCH,
    make_keys,
    make_tag,
    make_tags,
)


def test_enrol_makes_tags_known(registry, registrar):
    tags = make_tags(3)

    transaction = registry.enrol(MUNICIPALITY, EPOCH, tags, {"from": registrar})

    assert registry.areKnown(tags) == [True] * 3
    event = transaction.events["TagsEnrolled"]
    assert (event["municipality"], event["epoch"]) == (MUNICIPALITY, EPOCH)
    assert [bytes(tag) for tag in event["tags"]] == tags


def test_enrol_leaves_other_tags_unknown(registry, registrar):
    registry.enrol(MUNICIPALITY, EPOCH, [make_tag(1)], {"from": registrar})

    assert not registry.isKnown(make_tag(2))


@pytest.mark.parametrize("epoch", [OLD_EPOCH, EPOCH, NEXT_EPOCH])
def test_enrol_takes_every_epoch_from_the_oldest_to_the_announced(registry, registrar, epoch):
    registry.enrol(MUNICIPALITY, epoch, make_tags(2, epoch=epoch), {"from": registrar})


@pytest.mark.parametrize("epoch", [0, PAST_EPOCH, FAR_EPOCH, 2**32 - 1])
def test_enrol_refuses_an_epoch_out_of_range(registry, registrar, epoch):
    with refused("EpochOutOfRange", MUNICIPALITY, epoch, OLD_EPOCH, NEXT_EPOCH):
        registry.enrol(MUNICIPALITY, epoch, make_tags(1, epoch=epoch), {"from": registrar})


def test_enrol_refuses_a_gap_between_two_epochs(registry, registrar):
    gap = EPOCH + 1

    with refused("EpochNotAnnounced", MUNICIPALITY, gap):
        registry.enrol(MUNICIPALITY, gap, make_tags(1, epoch=gap), {"from": registrar})


def test_enrol_refuses_a_retired_epoch(registry, registrar, epoch_keeper):
    registry.retireEpochsBefore(MUNICIPALITY, EPOCH, {"from": epoch_keeper})

    with refused("EpochOutOfRange", MUNICIPALITY, OLD_EPOCH, EPOCH, NEXT_EPOCH):
        registry.enrol(MUNICIPALITY, OLD_EPOCH, make_tags(1, epoch=OLD_EPOCH), {"from": registrar})


def test_enrol_refuses_a_municipality_without_an_epoch(registry, other_registrar):
    with refused("EpochOutOfRange", OTHER_MUNICIPALITY, EPOCH, 0, 0):
        registry.enrol(OTHER_MUNICIPALITY, EPOCH, make_tags(1, OTHER_MUNICIPALITY), {"from": other_registrar})
    with refused("EpochNotAnnounced", OTHER_MUNICIPALITY, 0):
        registry.enrol(OTHER_MUNICIPALITY, 0, make_tags(1, OTHER_MUNICIPALITY, 0), {"from": other_registrar})


def test_enrol_fills_the_first_epoch_before_it_opens(registry, other_registrar, other_epoch_keeper):
    registry.announceEpoch(OTHER_MUNICIPALITY, EPOCH, make_keys(EPOCH), {"from": other_epoch_keeper})
    tags = make_tags(2, OTHER_MUNICIPALITY)

    registry.enrol(OTHER_MUNICIPALITY, EPOCH, tags, {"from": other_registrar})
    registry.openEpoch(OTHER_MUNICIPALITY, EPOCH, {"from": other_epoch_keeper})

    assert registry.areKnown(tags) == [True, True]


def test_enrol_refuses_an_empty_batch(registry, registrar):
    with refused("EmptyBatch"):
        registry.enrol(MUNICIPALITY, EPOCH, [], {"from": registrar})


def test_enrol_refuses_a_zero_tag(registry, registrar):
    with refused("ZeroTag"):
        registry.enrol(MUNICIPALITY, EPOCH, [NO_WORD], {"from": registrar})


def test_enrol_refuses_a_tag_of_another_municipality(registry, registrar):
    foreign = make_tag(1, OTHER_MUNICIPALITY)

    with refused("ForeignPrefix", foreign, MUNICIPALITY):
        registry.enrol(MUNICIPALITY, EPOCH, [foreign], {"from": registrar})


@pytest.mark.parametrize("epoch", [OLD_EPOCH, NEXT_EPOCH])
def test_enrol_refuses_a_tag_of_another_epoch(registry, registrar, epoch):
    tag = make_tag(1, epoch=epoch)

    with refused("TagOfOtherEpoch", tag, EPOCH):
        registry.enrol(MUNICIPALITY, EPOCH, [tag], {"from": registrar})


def test_enrol_refuses_a_tag_twice(registry, registrar):
    tags = make_tags(3)
    registry.enrol(MUNICIPALITY, EPOCH, [tags[1]], {"from": registrar})

    with refused("TagAlreadyEnrolled", tags[1]):
        registry.enrol(MUNICIPALITY, EPOCH, tags, {"from": registrar})
    assert registry.areKnown(tags) == [False, True, False]


def test_enrol_refuses_tags_that_do_not_ascend(registry, registrar):
    low, high = make_tags(2)

    with refused("TagsNotAscending", high, low):
        registry.enrol(MUNICIPALITY, EPOCH, [high, low], {"from": registrar})
    with refused("TagsNotAscending", low, low):
        registry.enrol(MUNICIPALITY, EPOCH, [low, low], {"from": registrar})


def test_enrol_takes_a_tag_again_after_its_end(registry, registrar):
    registry.enrol(MUNICIPALITY, EPOCH, [make_tag(1)], {"from": registrar})
    registry.endEnrolment(MUNICIPALITY, [make_tag(1)], {"from": registrar})

    registry.enrol(MUNICIPALITY, EPOCH, [make_tag(1)], {"from": registrar})

    assert registry.isKnown(make_tag(1))
