"""What the tree of a dossier proves, and what must never pass for a record."""

import pytest

from schuldhulp.crypto.merkle import DossierTree, MerkleTree, record_leaf
from tests.contracts.values import MUNICIPALITY, NO_WORD, make_dossier, word

DOSSIER = make_dossier("tree")


def make_tree(records=12, revision=1):
    return DossierTree(
        dossier=DOSSIER,
        revision=revision,
        previous_root=NO_WORD,
        commitments=[word(f"record {number}") for number in range(records)],
        salt=word("salt"),
        fillers=lambda number: word(f"filler {number}"),
    )


@pytest.fixture
def tree(ledger, registrar):
    """The tree of a dossier with twelve records, committed."""
    made = make_tree()
    ledger.commit(MUNICIPALITY, [(DOSSIER, NO_WORD, made.root)], {"from": registrar})
    return made


def test_is_committed_holds_for_every_record(ledger, tree):
    for number in range(12):
        commitment = word(f"record {number}")
        assert ledger.isCommitted(DOSSIER, commitment, tree.proof(commitment))


def test_is_committed_refuses_an_unknown_record(ledger, tree):
    assert not ledger.isCommitted(DOSSIER, word("unknown"), tree.proof(word("record 0")))


def test_is_committed_refuses_the_proof_of_another_record(ledger, tree):
    assert not ledger.isCommitted(DOSSIER, word("record 1"), tree.proof(word("record 0")))


def test_is_committed_refuses_a_cut_or_longer_proof(ledger, tree):
    proof = tree.proof(word("record 0"))

    assert not ledger.isCommitted(DOSSIER, word("record 0"), proof[:-1])
    assert not ledger.isCommitted(DOSSIER, word("record 0"), [*proof, word("more")])
    assert not ledger.isCommitted(DOSSIER, word("record 0"), [])


def test_is_committed_refuses_the_root_with_an_empty_proof(ledger, tree):
    assert not ledger.isCommitted(DOSSIER, tree.root, [])


def test_is_committed_refuses_every_inner_node(ledger, tree):
    nodes = list(tree.inner_nodes)
    for node in nodes:
        assert not ledger.isCommitted(DOSSIER, node, proof_of_node(tree, node))


def test_is_committed_refuses_the_header_leaf(ledger, tree):
    assert not ledger.isCommitted(DOSSIER, tree.header, tree.leaf_proof(tree.header))


def test_is_committed_refuses_every_filler_leaf(ledger, tree):
    assert len(tree.fillers) == 32 - 12 - 1
    for filler in tree.fillers:
        assert not ledger.isCommitted(DOSSIER, filler, tree.leaf_proof(filler))


def test_is_committed_refuses_the_leaf_of_a_record(ledger, tree):
    commitment = word("record 3")

    assert not ledger.isCommitted(DOSSIER, record_leaf(commitment), tree.proof(commitment))


def test_is_committed_refuses_what_another_dossier_holds(ledger, tree):
    assert not ledger.isCommitted(make_dossier("empty"), word("record 0"), tree.proof(word("record 0")))


def test_is_committed_refuses_zero_everywhere(ledger, tree):
    assert not ledger.isCommitted(make_dossier("empty"), NO_WORD, [])
    assert not ledger.isCommitted(DOSSIER, NO_WORD, tree.proof(word("record 0")))


def test_is_committed_refuses_a_record_of_a_replaced_revision(ledger, registrar, tree):
    shorter = make_tree(records=11, revision=2)
    ledger.commit(MUNICIPALITY, [(DOSSIER, tree.root, shorter.root)], {"from": registrar})

    dropped = word("record 11")
    assert not ledger.isCommitted(DOSSIER, dropped, tree.proof(dropped))
    assert ledger.isCommitted(DOSSIER, word("record 0"), shorter.proof(word("record 0")))


@pytest.mark.parametrize("records", [1, 31, 32, 60])
def test_is_committed_holds_at_the_edges_of_the_tree_size(ledger, registrar, records):
    tree = make_tree(records=records)
    ledger.commit(MUNICIPALITY, [(DOSSIER, NO_WORD, tree.root)], {"from": registrar})

    for number in (0, records - 1):
        commitment = word(f"record {number}")
        assert len(tree.proof(commitment)) >= 5
        assert ledger.isCommitted(DOSSIER, commitment, tree.proof(commitment))


def test_is_committed_holds_for_a_plain_standard_tree(ledger, registrar):
    tree = MerkleTree([record_leaf(word(number)) for number in range(5)])
    ledger.commit(MUNICIPALITY, [(DOSSIER, NO_WORD, tree.root)], {"from": registrar})

    for number in range(5):
        assert ledger.isCommitted(DOSSIER, word(number), tree.leaf_proof(record_leaf(word(number))))


def proof_of_node(tree, node):
    """The siblings from an inner node to the root."""
    nodes = [*tree.inner_nodes, *reversed(tree.leaves)]
    position, proof = nodes.index(node), []
    while position > 0:
        proof.append(nodes[position + 1 if position % 2 else position - 1])
        position = (position - 1) // 2
    return proof
