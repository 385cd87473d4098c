from __future__ import annotations

import secrets
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from schuldhulp.crypto.commitments import header_leaf
from schuldhulp.crypto.envelope import DataKey
from schuldhulp.crypto.merkle import MINIMUM_LEAVES, DossierTree, MerkleTree, record_leaf, verify_proof
from schuldhulp.domain.types import NO_ROOT, Commitment, DossierId, Root, Salt
from schuldhulp.errors import InvalidInput
from tests.support.node import run_node

DOSSIER = DossierId((14).to_bytes(2, "big") + b"\x11" * 30)
KEY = DataKey(b"\x05" * 32)


def word(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def words(texts: list[str]) -> list[bytes]:
    return [word(text) for text in texts]


def random_commitments(count: int) -> list[Commitment]:
    return [Commitment(secrets.token_bytes(32)) for _ in range(count)]


def make_tree(commitments: list[Commitment], *, revision: int = 1, previous_root: Root = NO_ROOT) -> DossierTree:
    return DossierTree.under(
        KEY, dossier=DOSSIER, revision=revision, previous_root=previous_root, commitments=commitments
    )


def pinned_tree(case: dict[str, Any], key: DataKey) -> DossierTree:
    return DossierTree.under(
        key,
        dossier=DossierId(word(case["dossier"])),
        revision=case["revision"],
        previous_root=Root(word(case["previous_root"])),
        commitments=[Commitment(one) for one in words(case["commitments"])],
    )


def test_vectors_hold_the_sizes_where_trees_change(merkle_vectors: dict[str, Any]) -> None:
    assert [case["records"] for case in merkle_vectors["dossier_trees"]] == [0, 1, 2, 31, 32, 33, 100]
    assert [case["records"] for case in merkle_vectors["record_trees"]] == [1, 2, 31, 32, 33, 100]


def test_dossier_tree_gives_the_pinned_values(merkle_vectors: dict[str, Any]) -> None:
    key = DataKey(word(merkle_vectors["data_key"]))
    for case in merkle_vectors["dossier_trees"]:
        tree = pinned_tree(case, key)
        commitments = [Commitment(one) for one in words(case["commitments"])]
        assert tree.root == word(case["root"])
        assert list(tree.leaves) == words(case["leaves"])
        assert tree.header == word(case["header_leaf"])
        assert key.header_salt(case["revision"]) == word(case["header_salt"])
        assert list(tree.fillers) == words(case["filler_leaves"])
        assert [record_leaf(one) for one in commitments] == words(case["record_leaves"])
        assert [tree.proof(one) for one in commitments] == [words(proof) for proof in case["proofs"]]
        assert tree.leaf_proof(tree.header) == words(case["header_proof"])
        assert word(case["inner_node"]) in tree.inner_nodes
        assert all(verify_proof(tree.root, one, tree.proof(one)) for one in commitments)


def test_record_tree_gives_the_pinned_values(merkle_vectors: dict[str, Any]) -> None:
    for case in merkle_vectors["record_trees"]:
        leaves = [record_leaf(Commitment(one)) for one in words(case["commitments"])]
        tree = MerkleTree(leaves)
        assert tree.root == word(case["root"])
        assert [tree.leaf_proof(leaf) for leaf in leaves] == [words(proof) for proof in case["proofs"]]


def test_pinned_trees_are_those_of_openzeppelin(merkle_vectors: dict[str, Any]) -> None:
    program = """
    import { SimpleMerkleTree, StandardMerkleTree } from "@openzeppelin/merkle-tree";
    const proofs = (tree, values) => values.map((value) => tree.getProof(value));
    output({
      full: input.full.map((one) => {
        const tree = SimpleMerkleTree.of(one.leaves);
        return { root: tree.root, proofs: proofs(tree, one.recordLeaves), header: tree.getProof(one.header) };
      }),
      records: input.records.map((commitments) => {
        const values = commitments.map((commitment) => [commitment]);
        const tree = StandardMerkleTree.of(values, ["bytes32"]);
        return { root: tree.root, proofs: proofs(tree, values), leaves: values.map((one) => tree.leafHash(one)) };
      }),
    });
    """
    full, records = merkle_vectors["dossier_trees"], merkle_vectors["record_trees"]
    answer = run_node(
        program,
        {
            "full": [
                {"leaves": one["leaves"], "recordLeaves": one["record_leaves"], "header": one["header_leaf"]}
                for one in full
            ],
            "records": [one["commitments"] for one in records],
        },
    )
    for case, theirs in zip(full, answer["full"], strict=True):
        assert theirs == {"root": case["root"], "proofs": case["proofs"], "header": case["header_proof"]}
    for case, theirs in zip(records, answer["records"], strict=True):
        assert theirs["root"] == case["root"]
        assert theirs["proofs"] == case["proofs"]
        assert words(theirs["leaves"]) == [record_leaf(Commitment(one)) for one in words(case["commitments"])]


@settings(max_examples=30, deadline=None)
@given(st.sets(st.binary(min_size=32, max_size=32), max_size=70))
def test_proof_holds_for_every_record_and_no_other(values: set[bytes]) -> None:
    commitments = [Commitment(value) for value in values]
    tree = make_tree(commitments)
    assert all(verify_proof(tree.root, one, tree.proof(one)) for one in commitments)
    stranger = Commitment(keccak(b"".join(sorted(values))))
    assert not any(verify_proof(tree.root, stranger, tree.proof(one)) for one in commitments)
    with pytest.raises(InvalidInput):
        tree.proof(stranger)


@pytest.mark.parametrize(
    ("records", "leaves"), [(0, 32), (1, 32), (31, 32), (32, 64), (33, 64), (63, 64), (64, 128), (100, 128)]
)
def test_dossier_tree_is_filled_to_a_power_of_two(records: int, leaves: int) -> None:
    tree = make_tree(random_commitments(records))
    assert len(tree.leaves) == leaves >= MINIMUM_LEAVES
    assert len(tree.fillers) == leaves - records - 1
    assert list(tree.leaves) == sorted(set(tree.leaves))


def test_dossier_tree_does_not_depend_on_the_order_of_records() -> None:
    commitments = random_commitments(40)
    assert make_tree(commitments).root == make_tree(commitments[::-1]).root


def test_dossier_tree_changes_with_every_part() -> None:
    commitments = random_commitments(3)
    roots = {
        make_tree(commitments).root,
        make_tree(commitments[:2]).root,
        make_tree([*commitments[:2], *random_commitments(1)]).root,
        make_tree(commitments, revision=2).root,
        make_tree(commitments, previous_root=Root(b"\x01" * 32)).root,
        DossierTree.under(
            DataKey(b"\x06" * 32), dossier=DOSSIER, revision=1, previous_root=NO_ROOT, commitments=commitments
        ).root,
        DossierTree.under(
            KEY, dossier=DossierId(b"\x12" * 32), revision=1, previous_root=NO_ROOT, commitments=commitments
        ).root,
    }
    assert len(roots) == 7


def test_dossier_tree_has_other_fillers_in_every_revision() -> None:
    commitments = random_commitments(3)
    one, other = make_tree(commitments, revision=1), make_tree(commitments, revision=2)
    assert not set(one.fillers) & set(other.fillers)
    assert one.header != other.header


def test_dossier_tree_takes_salt_and_fillers_as_given() -> None:
    salt = Salt(b"\x09" * 32)
    tree = DossierTree(
        dossier=DOSSIER,
        revision=3,
        previous_root=NO_ROOT,
        commitments=[],
        salt=salt,
        fillers=lambda index: keccak(index.to_bytes(4, "big")),
    )
    assert tree.header == header_leaf(dossier=DOSSIER, revision=3, previous_root=NO_ROOT, records=0, salt=salt)
    assert set(tree.leaves) == {tree.header, *(keccak(index.to_bytes(4, "big")) for index in range(31))}


def test_dossier_tree_refuses_a_commitment_twice() -> None:
    one = random_commitments(1)
    with pytest.raises(InvalidInput) as caught:
        make_tree(one * 2)
    assert caught.value.field == "commitments"


def test_dossier_tree_refuses_other_lengths() -> None:
    with pytest.raises(InvalidInput):
        make_tree([Commitment(b"\x01" * 31)])
    with pytest.raises(InvalidInput):
        make_tree([], previous_root=Root(b""))
    with pytest.raises(InvalidInput):
        MerkleTree([])


def test_verify_proof_refuses_what_is_no_record() -> None:
    tree = make_tree(random_commitments(5))
    for leaf in (tree.header, tree.fillers[0]):
        assert not verify_proof(tree.root, Commitment(leaf), tree.leaf_proof(leaf))
    left, right = tree.inner_nodes[1:3]
    assert not verify_proof(tree.root, Commitment(left), [right])
    assert not verify_proof(tree.root, Commitment(tree.root), [])


def test_verify_proof_refuses_an_empty_proof_even_of_a_single_leaf() -> None:
    commitment = random_commitments(1)[0]
    assert not verify_proof(Root(record_leaf(commitment)), commitment, [])


def test_verify_proof_refuses_a_proof_that_was_changed() -> None:
    commitments = random_commitments(5)
    tree = make_tree(commitments)
    proof = tree.proof(commitments[0])
    assert not verify_proof(tree.root, commitments[0], proof[:-1])
    assert not verify_proof(tree.root, commitments[0], [*proof, proof[0]])
    assert not verify_proof(tree.root, commitments[0], proof[::-1])
    assert not verify_proof(tree.root, commitments[1], proof)
    for position in range(len(proof)):
        changed = [*proof]
        changed[position] = bytes([changed[position][0] ^ 1]) + changed[position][1:]
        assert not verify_proof(tree.root, commitments[0], changed)


def test_verify_proof_refuses_other_lengths() -> None:
    commitments = random_commitments(2)
    tree = make_tree(commitments)
    proof = tree.proof(commitments[0])
    with pytest.raises(InvalidInput):
        verify_proof(Root(b"x"), commitments[0], proof)
    with pytest.raises(InvalidInput):
        verify_proof(tree.root, Commitment(b"x"), proof)
    with pytest.raises(InvalidInput):
        # Two siblings of one node, glued together.
        verify_proof(tree.root, commitments[0], [proof[0] + proof[1], *proof[2:]])
