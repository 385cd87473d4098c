import pytest

from tests.contracts.refusals import refused
from tests.contracts.values import (
    EPOCH,
    FAR_EPOCH,
    MUNICIPALITY,
    NEXT_EPOCH,
    OLD_EPOCH,
    OTHER_MUNICIPALITY,
    make_keys,
    make_tag,
    plain,
)


def test_open_epoch_makes_it_the_current_one_and_keeps_the_older_open(registry, epoch_keeper):
    transaction = registry.openEpoch(MUNICIPALITY, NEXT_EPOCH, {"from": epoch_keeper})

    assert plain(registry.municipality(MUNICIPALITY))[:3] == (NEXT_EPOCH, OLD_EPOCH, NEXT_EPOCH)
    assert dict(transaction.events["EpochOpened"]) == {"municipality": MUNICIPALITY, "epoch": NEXT_EPOCH}
    assert registry.areKnown([make_tag(1, epoch=epoch) for epoch in (OLD_EPOCH, EPOCH, NEXT_EPOCH)]) == [False] * 3


def test_open_epoch_sets_the_oldest_the_first_time(registry, other_epoch_keeper):
    registry.announceEpoch(OTHER_MUNICIPALITY, EPOCH, make_keys(EPOCH), {"from": other_epoch_keeper})
    assert plain(registry.municipality(OTHER_MUNICIPALITY))[:3] == (0, 0, EPOCH)

    registry.openEpoch(OTHER_MUNICIPALITY, EPOCH, {"from": other_epoch_keeper})

    assert plain(registry.municipality(OTHER_MUNICIPALITY))[:3] == (EPOCH, EPOCH, EPOCH)


def test_open_epoch_may_leave_a_later_one_announced(registry, epoch_keeper):
    registry.announceEpoch(MUNICIPALITY, FAR_EPOCH, make_keys(FAR_EPOCH), {"from": epoch_keeper})

    registry.openEpoch(MUNICIPALITY, NEXT_EPOCH, {"from": epoch_keeper})

    assert plain(registry.municipality(MUNICIPALITY))[:3] == (NEXT_EPOCH, OLD_EPOCH, FAR_EPOCH)


@pytest.mark.parametrize("epoch", [0, OLD_EPOCH, EPOCH])
def test_open_epoch_refuses_to_go_back(registry, epoch_keeper, epoch):
    with refused("EpochNotAscending", MUNICIPALITY, epoch, EPOCH):
        registry.openEpoch(MUNICIPALITY, epoch, {"from": epoch_keeper})


@pytest.mark.parametrize("epoch", [EPOCH + 1, FAR_EPOCH])
def test_open_epoch_refuses_one_that_was_not_announced(registry, epoch_keeper, epoch):
    with refused("EpochNotAnnounced", MUNICIPALITY, epoch):
        registry.openEpoch(MUNICIPALITY, epoch, {"from": epoch_keeper})


def test_open_epoch_refuses_a_second_time(registry, epoch_keeper):
    registry.openEpoch(MUNICIPALITY, NEXT_EPOCH, {"from": epoch_keeper})

    with refused("EpochNotAscending", MUNICIPALITY, NEXT_EPOCH, NEXT_EPOCH):
        registry.openEpoch(MUNICIPALITY, NEXT_EPOCH, {"from": epoch_keeper})
