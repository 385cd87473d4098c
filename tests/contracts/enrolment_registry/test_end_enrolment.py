from tests.contracts.refusals import refused
from tests.contracts.values import (
    EPOCH,
    MUNICIPALITY,
    NEXT_EPOCH,
    NO_WORD,
    OLD_EPOCH,
    OTHER_MUNICIPALITY,
    make_tag,
    make_tags,
)


def test_end_enrolment_makes_tags_unknown(registry, registrar):
    tags = make_tags(4)
    registry.enrol(MUNICIPALITY, EPOCH, tags, {"from": registrar})

    transaction = registry.endEnrolment(MUNICIPALITY, tags[1:3], {"from": registrar})

    assert registry.areKnown(tags) == [True, False, False, True]
    event = transaction.events["EnrolmentsEnded"]
    assert event["municipality"] == MUNICIPALITY
    assert [bytes(tag) for tag in event["tags"]] == tags[1:3]


def test_end_enrolment_takes_tags_of_several_epochs(registry, registrar):
    tags = [make_tag(1, epoch=epoch) for epoch in (OLD_EPOCH, EPOCH, NEXT_EPOCH)]
    for tag, epoch in zip(tags, (OLD_EPOCH, EPOCH, NEXT_EPOCH), strict=True):
        registry.enrol(MUNICIPALITY, epoch, [tag], {"from": registrar})

    registry.endEnrolment(MUNICIPALITY, tags, {"from": registrar})

    assert registry.areKnown(tags[:2]) == [False, False]


def test_end_enrolment_takes_a_tag_of_a_retired_epoch(registry, registrar, epoch_keeper):
    tag = make_tag(1, epoch=OLD_EPOCH)
    registry.enrol(MUNICIPALITY, OLD_EPOCH, [tag], {"from": registrar})
    registry.retireEpochsBefore(MUNICIPALITY, EPOCH, {"from": epoch_keeper})

    registry.endEnrolment(MUNICIPALITY, [tag], {"from": registrar})

    with refused("TagNotEnrolled", tag):
        registry.endEnrolment(MUNICIPALITY, [tag], {"from": registrar})


def test_end_enrolment_refuses_an_empty_batch(registry, registrar):
    with refused("EmptyBatch"):
        registry.endEnrolment(MUNICIPALITY, [], {"from": registrar})


def test_end_enrolment_refuses_a_zero_tag(registry, registrar):
    with refused("ZeroTag"):
        registry.endEnrolment(MUNICIPALITY, [NO_WORD], {"from": registrar})


def test_end_enrolment_refuses_a_tag_of_another_municipality(registry, registrar):
    foreign = make_tag(1, OTHER_MUNICIPALITY)

    with refused("ForeignPrefix", foreign, MUNICIPALITY):
        registry.endEnrolment(MUNICIPALITY, [foreign], {"from": registrar})


def test_end_enrolment_refuses_a_tag_that_is_not_enrolled_and_keeps_the_rest(registry, registrar):
    low, high = make_tags(2)
    registry.enrol(MUNICIPALITY, EPOCH, [low], {"from": registrar})

    with refused("TagNotEnrolled", high):
        registry.endEnrolment(MUNICIPALITY, [low, high], {"from": registrar})
    assert registry.isKnown(low)


def test_end_enrolment_refuses_a_second_time(registry, registrar):
    registry.enrol(MUNICIPALITY, EPOCH, [make_tag(1)], {"from": registrar})
    registry.endEnrolment(MUNICIPALITY, [make_tag(1)], {"from": registrar})

    with refused("TagNotEnrolled", make_tag(1)):
        registry.endEnrolment(MUNICIPALITY, [make_tag(1)], {"from": registrar})


def test_end_enrolment_refuses_tags_that_do_not_ascend(registry, registrar):
    low, high = make_tags(2)
    registry.enrol(MUNICIPALITY, EPOCH, [low, high], {"from": registrar})

    with refused("TagsNotAscending", high, low):
        registry.endEnrolment(MUNICIPALITY, [high, low], {"from": registrar})
    with refused("TagsNotAscending", low, low):
        registry.endEnrolment(MUNICIPALITY, [low, low], {"from": registrar})
