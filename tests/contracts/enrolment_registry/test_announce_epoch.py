import pytest

from tests.contracts.refusals import refused
from tests.contracts.values import (
    EPOCH,
    FAR_EPOCH,
    MUNICIPALITY,
    NEXT_EPOCH,
    NO_WORD,
    OLD_EPOCH,
    make_keys,
    plain,
    word,
)


def test_announce_epoch_publishes_its_keys(registry, epoch_keeper):
    transaction = registry.announceEpoch(MUNICIPALITY, FAR_EPOCH, make_keys(FAR_EPOCH), {"from": epoch_keeper})

    assert plain(registry.municipality(MUNICIPALITY))[:3] == (EPOCH, OLD_EPOCH, FAR_EPOCH)
    assert [bytes(registry.evaluatorKey(MUNICIPALITY, FAR_EPOCH, kind)) for kind in (1, 2)] == make_keys(FAR_EPOCH)
    event = transaction.events["EpochAnnounced"]
    assert (event["municipality"], event["epoch"]) == (MUNICIPALITY, FAR_EPOCH)
    assert [bytes(key) for key in event["keys"]] == make_keys(FAR_EPOCH)


@pytest.mark.parametrize("epoch", [0, EPOCH, NEXT_EPOCH])
def test_announce_epoch_refuses_what_is_not_higher_than_the_last(registry, epoch_keeper, epoch):
    with refused("EpochNotAscending", MUNICIPALITY, epoch, NEXT_EPOCH):
        registry.announceEpoch(MUNICIPALITY, epoch, make_keys(1), {"from": epoch_keeper})


@pytest.mark.parametrize("keys", [[NO_WORD, word(2)], [word(1), NO_WORD], [NO_WORD, NO_WORD]])
def test_announce_epoch_refuses_a_zero_key(registry, epoch_keeper, keys):
    with refused("ZeroKey", MUNICIPALITY):
        registry.announceEpoch(MUNICIPALITY, FAR_EPOCH, keys, {"from": epoch_keeper})


def test_announce_epoch_refuses_one_key_for_both_kinds(registry, epoch_keeper):
    with refused("EqualKeys", MUNICIPALITY, word(1)):
        registry.announceEpoch(MUNICIPALITY, FAR_EPOCH, [word(1), word(1)], {"from": epoch_keeper})
