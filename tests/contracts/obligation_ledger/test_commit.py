import pytest

from tests.contracts.refusals import refused
from tests.contracts.values import MUNICIPALITY, NO_WORD, OTHER_MUNICIPALITY, make_dossier, word

FIRST, SECOND, THIRD = sorted(make_dossier(name) for name in "abc")


def test_commit_sets_the_root_of_a_new_dossier(ledger, registrar):
    transaction = ledger.commit(MUNICIPALITY, [(FIRST, NO_WORD, word(1))], {"from": registrar})

    assert bytes(ledger.rootOf(FIRST)) == word(1)
    event = transaction.events["DossierCommitted"]
    assert [bytes(event[name]) for name in ("dossier", "previousRoot", "newRoot")] == [FIRST, NO_WORD, word(1)]


def test_commit_replaces_a_root(ledger, registrar):
    ledger.commit(MUNICIPALITY, [(FIRST, NO_WORD, word(1))], {"from": registrar})
    ledger.commit(MUNICIPALITY, [(FIRST, word(1), word(2))], {"from": registrar})

    assert bytes(ledger.rootOf(FIRST)) == word(2)


def test_commit_takes_a_batch_and_leaves_other_dossiers_alone(ledger, registrar):
    ledger.commit(MUNICIPALITY, [(SECOND, NO_WORD, word("untouched"))], {"from": registrar})
    transaction = ledger.commit(
        MUNICIPALITY, [(FIRST, NO_WORD, word(1)), (THIRD, NO_WORD, word(3))], {"from": registrar}
    )

    assert [bytes(ledger.rootOf(dossier)) for dossier in (FIRST, SECOND, THIRD)] == [
        word(1),
        word("untouched"),
        word(3),
    ]
    assert len(transaction.events["DossierCommitted"]) == 2


def test_commit_may_return_to_an_earlier_root(ledger, registrar):
    ledger.commit(MUNICIPALITY, [(FIRST, NO_WORD, word(1))], {"from": registrar})
    ledger.commit(MUNICIPALITY, [(FIRST, word(1), word(2))], {"from": registrar})
    ledger.commit(MUNICIPALITY, [(FIRST, word(2), word(1))], {"from": registrar})

    assert bytes(ledger.rootOf(FIRST)) == word(1)


def test_commit_refuses_an_empty_batch(ledger, registrar):
    with refused("EmptyBatch"):
        ledger.commit(MUNICIPALITY, [], {"from": registrar})


def test_commit_refuses_a_dossier_of_another_municipality(ledger, registrar):
    foreign = make_dossier("a", OTHER_MUNICIPALITY)

    with refused("ForeignPrefix", foreign, MUNICIPALITY):
        ledger.commit(MUNICIPALITY, [(foreign, NO_WORD, word(1))], {"from": registrar})


def test_commit_refuses_dossier_zero(ledger, registrar):
    with refused("ForeignPrefix", NO_WORD, MUNICIPALITY):
        ledger.commit(MUNICIPALITY, [(NO_WORD, NO_WORD, word(1))], {"from": registrar})


def test_commit_refuses_a_zero_root(ledger, registrar):
    ledger.commit(MUNICIPALITY, [(FIRST, NO_WORD, word(1))], {"from": registrar})

    for previous in (word(1), NO_WORD):
        with refused("ZeroRoot", FIRST):
            ledger.commit(MUNICIPALITY, [(FIRST, previous, NO_WORD)], {"from": registrar})


@pytest.mark.parametrize("given", [word("old"), NO_WORD], ids=["other", "none"])
def test_commit_refuses_a_stale_previous_root(ledger, registrar, given):
    ledger.commit(MUNICIPALITY, [(FIRST, NO_WORD, word(1))], {"from": registrar})

    with refused("StalePreviousRoot", FIRST, given, word(1)):
        ledger.commit(MUNICIPALITY, [(FIRST, given, word(2))], {"from": registrar})


def test_commit_refuses_a_previous_root_for_a_new_dossier(ledger, registrar):
    with refused("StalePreviousRoot", FIRST, word(1), NO_WORD):
        ledger.commit(MUNICIPALITY, [(FIRST, word(1), word(2))], {"from": registrar})


def test_commit_refuses_the_root_that_is_there(ledger, registrar):
    ledger.commit(MUNICIPALITY, [(FIRST, NO_WORD, word(1))], {"from": registrar})

    with refused("RootUnchanged", FIRST, word(1)):
        ledger.commit(MUNICIPALITY, [(FIRST, word(1), word(1))], {"from": registrar})


def test_commit_refuses_the_same_transaction_again(ledger, registrar):
    batch = [(FIRST, NO_WORD, word(1)), (SECOND, NO_WORD, word(2))]
    ledger.commit(MUNICIPALITY, batch, {"from": registrar})

    with refused("StalePreviousRoot", FIRST, NO_WORD, word(1)):
        ledger.commit(MUNICIPALITY, batch, {"from": registrar})


@pytest.mark.parametrize("order", [(SECOND, FIRST), (FIRST, FIRST)], ids=["descending", "twice"])
def test_commit_refuses_dossiers_that_do_not_ascend(ledger, registrar, order):
    with refused("DossiersNotAscending", *order):
        ledger.commit(MUNICIPALITY, [(dossier, NO_WORD, word(1)) for dossier in order], {"from": registrar})


def test_commit_does_all_or_nothing(ledger, registrar):
    with refused("ZeroRoot", THIRD):
        ledger.commit(
            MUNICIPALITY,
            [(FIRST, NO_WORD, word(1)), (SECOND, NO_WORD, word(2)), (THIRD, NO_WORD, NO_WORD)],
            {"from": registrar},
        )

    assert bytes(ledger.rootOf(FIRST)) == bytes(ledger.rootOf(SECOND)) == NO_WORD
