"""The contract agrees with the pinned trees, which Python and npm's merkle-tree read too."""

import json
from pathlib import Path

import pytest

from tests.contracts.values import MUNICIPALITY, NO_WORD, make_dossier

VECTORS = json.loads((Path(__file__).resolve().parents[2] / "vectors" / "merkle.json").read_text(encoding="utf-8"))


def by_size(tree):
    return f"{tree['records']} records"


def commit(ledger, registrar, dossier, root):
    ledger.commit(MUNICIPALITY, [(dossier, NO_WORD, root)], {"from": registrar})


@pytest.mark.parametrize("tree", VECTORS["dossier_trees"], ids=by_size)
def test_dossier_trees_prove_their_records_and_nothing_else(ledger, registrar, tree):
    commit(ledger, registrar, tree["dossier"], tree["root"])

    for position in {0, tree["records"] // 2, tree["records"] - 1} if tree["records"] else ():
        assert ledger.isCommitted(tree["dossier"], tree["commitments"][position], tree["proofs"][position])
        assert not ledger.isCommitted(tree["dossier"], tree["record_leaves"][position], tree["proofs"][position])
    assert not ledger.isCommitted(tree["dossier"], tree["root"], [])
    assert not ledger.isCommitted(tree["dossier"], tree["header_leaf"], tree["header_proof"])
    assert not ledger.isCommitted(tree["dossier"], tree["inner_node"], tree["inner_node_proof"])
    if tree["filler_leaves"]:
        assert not ledger.isCommitted(tree["dossier"], tree["filler_leaves"][0], tree["filler_proof"])


@pytest.mark.parametrize("tree", VECTORS["record_trees"], ids=by_size)
def test_record_trees_of_the_standard_prove_their_records(ledger, registrar, tree):
    dossier = make_dossier("standard")
    commit(ledger, registrar, dossier, tree["root"])

    for position in {0, tree["records"] // 2, tree["records"] - 1}:
        assert ledger.isCommitted(dossier, tree["commitments"][position], tree["proofs"][position])
