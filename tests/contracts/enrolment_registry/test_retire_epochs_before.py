import pytest

from tests.contracts.refusals import refused
from tests.contracts.values import EPOCH, MUNICIPALITY, NEXT_EPOCH, OLD_EPOCH, OTHER_MUNICIPALITY, make_tag, plain


def test_retire_epochs_before_closes_the_older_ones(registry, registrar, epoch_keeper):
    tag = make_tag(1, epoch=OLD_EPOCH)
    registry.enrol(MUNICIPALITY, OLD_EPOCH, [tag], {"from": registrar})

    transaction = registry.retireEpochsBefore(MUNICIPALITY, EPOCH, {"from": epoch_keeper})

    assert plain(registry.municipality(MUNICIPALITY))[:3] == (EPOCH, EPOCH, NEXT_EPOCH)
    assert dict(transaction.events["EpochsRetiredBefore"]) == {"municipality": MUNICIPALITY, "epoch": EPOCH}
    with refused("EpochNotOpen", MUNICIPALITY, OLD_EPOCH):
        registry.isKnown(tag)


@pytest.mark.parametrize("epoch", [0, OLD_EPOCH - 1, OLD_EPOCH])
def test_retire_epochs_before_refuses_what_changes_nothing(registry, epoch_keeper, epoch):
    with refused("EpochNotAscending", MUNICIPALITY, epoch, OLD_EPOCH):
        registry.retireEpochsBefore(MUNICIPALITY, epoch, {"from": epoch_keeper})


def test_retire_epochs_before_never_closes_the_current_one(registry, epoch_keeper):
    with refused("EpochNotOpen", MUNICIPALITY, NEXT_EPOCH):
        registry.retireEpochsBefore(MUNICIPALITY, NEXT_EPOCH, {"from": epoch_keeper})


def test_retire_epochs_before_refuses_an_epoch_without_keys(registry, epoch_keeper):
    registry.openEpoch(MUNICIPALITY, NEXT_EPOCH, {"from": epoch_keeper})

    with refused("EpochNotAnnounced", MUNICIPALITY, EPOCH + 1):
        registry.retireEpochsBefore(MUNICIPALITY, EPOCH + 1, {"from": epoch_keeper})


def test_retire_epochs_before_refuses_a_municipality_without_an_epoch(registry, other_epoch_keeper):
    with refused("EpochNotOpen", OTHER_MUNICIPALITY, EPOCH):
        registry.retireEpochsBefore(OTHER_MUNICIPALITY, EPOCH, {"from": other_epoch_keeper})
