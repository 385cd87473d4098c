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
    UNREGISTERED,
    make_keys,
    make_tag,
)


@pytest.mark.parametrize("epoch", [OLD_EPOCH, EPOCH])
def test_is_known_answers_for_every_open_epoch(registry, registrar, epoch):
    registry.enrol(MUNICIPALITY, epoch, [make_tag(1, epoch=epoch)], {"from": registrar})

    assert registry.isKnown(make_tag(1, epoch=epoch)) is True
    assert registry.isKnown(make_tag(2, epoch=epoch)) is False


def test_is_known_tells_the_epochs_of_one_person_apart(registry, registrar):
    registry.enrol(MUNICIPALITY, EPOCH, [make_tag(1)], {"from": registrar})

    assert not registry.isKnown(make_tag(1, epoch=OLD_EPOCH))


@pytest.mark.parametrize("epoch", [0, PAST_EPOCH, NEXT_EPOCH, FAR_EPOCH, 2**32 - 1])
def test_is_known_refuses_an_epoch_that_is_not_open(registry, epoch):
    with refused("EpochNotOpen", MUNICIPALITY, epoch):
        registry.isKnown(make_tag(1, epoch=epoch))


def test_is_known_refuses_an_enrolled_tag_of_an_announced_epoch(registry, registrar):
    tag = make_tag(1, epoch=NEXT_EPOCH)
    registry.enrol(MUNICIPALITY, NEXT_EPOCH, [tag], {"from": registrar})

    with refused("EpochNotOpen", MUNICIPALITY, NEXT_EPOCH):
        registry.isKnown(tag)


@pytest.mark.parametrize("epoch", [0, EPOCH])
def test_is_known_refuses_an_unknown_municipality(registry, epoch):
    with refused("EpochNotOpen", UNREGISTERED, epoch):
        registry.isKnown(make_tag(1, UNREGISTERED, epoch))


@pytest.mark.parametrize("epoch", [0, EPOCH])
def test_is_known_refuses_a_municipality_that_opened_no_epoch(registry, other_epoch_keeper, epoch):
    with refused("EpochNotOpen", OTHER_MUNICIPALITY, epoch):
        registry.isKnown(make_tag(1, OTHER_MUNICIPALITY, epoch))

    registry.announceEpoch(OTHER_MUNICIPALITY, EPOCH, make_keys(EPOCH), {"from": other_epoch_keeper})
    with refused("EpochNotOpen", OTHER_MUNICIPALITY, epoch):
        registry.isKnown(make_tag(1, OTHER_MUNICIPALITY, epoch))


def test_is_known_refuses_zero(registry):
    with refused("EpochNotOpen", 0, 0):
        registry.isKnown(NO_WORD)


def test_is_known_answers_everybody(registry, registrar, stranger):
    registry.enrol(MUNICIPALITY, EPOCH, [make_tag(1)], {"from": registrar})

    assert registry.isKnown(make_tag(1), {"from": stranger})
