from tests.contracts.values import (
    EPOCH,
    MUNICIPALITY,
    NEXT_EPOCH,
    NO_WORD,
    OLD_EPOCH,
    OTHER_MUNICIPALITY,
    UNREGISTERED,
    make_keys,
    make_tag,
)


def test_municipality_of_names_the_municipality_of_a_known_tag(
    registry, registrar, other_registrar, other_epoch_keeper
):
    registry.announceEpoch(OTHER_MUNICIPALITY, EPOCH, make_keys(EPOCH), {"from": other_epoch_keeper})
    registry.openEpoch(OTHER_MUNICIPALITY, EPOCH, {"from": other_epoch_keeper})
    registry.enrol(MUNICIPALITY, EPOCH, [make_tag(1)], {"from": registrar})
    registry.enrol(OTHER_MUNICIPALITY, EPOCH, [make_tag(1, OTHER_MUNICIPALITY)], {"from": other_registrar})

    assert registry.municipalityOf(make_tag(1)) == MUNICIPALITY
    assert registry.municipalityOf(make_tag(1, OTHER_MUNICIPALITY)) == OTHER_MUNICIPALITY


def test_municipality_of_is_zero_for_a_tag_that_is_not_known(registry, registrar):
    registry.enrol(MUNICIPALITY, EPOCH, [make_tag(1)], {"from": registrar})
    registry.endEnrolment(MUNICIPALITY, [make_tag(1)], {"from": registrar})

    for tag in (make_tag(1), make_tag(2), make_tag(1, UNREGISTERED), NO_WORD):
        assert registry.municipalityOf(tag) == 0


def test_municipality_of_is_zero_outside_the_open_epochs(registry, registrar, epoch_keeper):
    for epoch in (OLD_EPOCH, NEXT_EPOCH):
        registry.enrol(MUNICIPALITY, epoch, [make_tag(1, epoch=epoch)], {"from": registrar})
    registry.retireEpochsBefore(MUNICIPALITY, EPOCH, {"from": epoch_keeper})

    assert registry.municipalityOf(make_tag(1, epoch=OLD_EPOCH)) == 0
    assert registry.municipalityOf(make_tag(1, epoch=NEXT_EPOCH)) == 0
