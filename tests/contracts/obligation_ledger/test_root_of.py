from tests.contracts.values import MUNICIPALITY, NO_WORD, make_dossier, word


def test_root_of_is_zero_for_a_dossier_that_was_never_committed(ledger):
    assert bytes(ledger.rootOf(make_dossier("never"))) == NO_WORD


def test_root_of_is_the_last_root(ledger, registrar):
    for previous, new in ((NO_WORD, word(1)), (word(1), word(2))):
        ledger.commit(MUNICIPALITY, [(make_dossier(1), previous, new)], {"from": registrar})

    assert bytes(ledger.rootOf(make_dossier(1))) == word(2)
