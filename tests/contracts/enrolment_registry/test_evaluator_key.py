from tests.contracts.values import (
    EPOCH,
    FAR_EPOCH,
    MUNICIPALITY,
    NEXT_EPOCH,
    NO_WORD,
    OLD_EPOCH,
    OTHER_MUNICIPALITY,
    make_keys,
)


def test_evaluator_key_is_one_per_epoch_and_kind(registry):
    for epoch in (OLD_EPOCH, EPOCH, NEXT_EPOCH):
        assert [bytes(registry.evaluatorKey(MUNICIPALITY, epoch, kind)) for kind in (1, 2)] == make_keys(epoch)


def test_evaluator_key_stays_readable_after_its_epoch_was_retired(registry, epoch_keeper):
    registry.retireEpochsBefore(MUNICIPALITY, EPOCH, {"from": epoch_keeper})

    assert bytes(registry.evaluatorKey(MUNICIPALITY, OLD_EPOCH, registry.KIND_BSN())) == make_keys(OLD_EPOCH)[0]


def test_evaluator_key_is_zero_where_there_is_none(registry):
    for arguments in (
        (MUNICIPALITY, FAR_EPOCH, 1),
        (OTHER_MUNICIPALITY, EPOCH, 1),
        (MUNICIPALITY, EPOCH, 0),
        (MUNICIPALITY, EPOCH, 3),
    ):
        assert bytes(registry.evaluatorKey(*arguments)) == NO_WORD
