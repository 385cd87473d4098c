"""Gas is exact, so it can be a promise: what a change of the contracts may not make dearer.

Ganache counts as every engine does for `paris`: same opcodes, same prices.
"""

from tests.contracts.values import EPOCH, MUNICIPALITY, NO_WORD, make_claim_id, make_dossier, make_tags, word

BATCH = 100


def test_commit_of_a_hundred_dossiers(ledger, registrar):
    dossiers = sorted(make_dossier(number) for number in range(BATCH))
    new = ledger.commit(MUNICIPALITY, [(dossier, NO_WORD, word(1)) for dossier in dossiers], {"from": registrar})
    changed = ledger.commit(MUNICIPALITY, [(dossier, word(1), word(2)) for dossier in dossiers], {"from": registrar})
    one = ledger.commit(MUNICIPALITY, [(dossiers[0], word(2), word(3))], {"from": registrar})

    assert new.gas_used <= 25_550 * BATCH
    assert changed.gas_used <= 8_800 * BATCH
    assert one.gas_used <= 33_000


def test_enrol_and_end_enrolment_of_a_hundred_tags(registry, registrar):
    tags = make_tags(BATCH)
    enrolled = registry.enrol(MUNICIPALITY, EPOCH, tags, {"from": registrar})
    ended = registry.endEnrolment(MUNICIPALITY, tags, {"from": registrar})

    assert enrolled.gas_used <= 23_400 * BATCH
    assert ended.gas_used <= 5_000 * BATCH


def test_file_claim(register, creditor):
    filed = register.fileClaim(make_claim_id(1), MUNICIPALITY, word(1), {"from": creditor})

    assert filed.gas_used <= 72_000
