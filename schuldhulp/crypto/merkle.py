"""The Merkle tree of a dossier, as OpenZeppelin builds and checks it.

The leaf of a record is ``keccak256(keccak256(commitment))`` (OpenZeppelin's standard tree over ``['bytes32']``). The
header leaf is a single hash of 192 bytes and a filler leaf is an HMAC, both put in as they are; an inner node is a
single hash of 64 bytes. So the contract, which hashes the commitment itself, accepts nothing but records. Leaves are
sorted, filled up to a power of two and at least 32, and pairs are sorted before they are hashed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self

from eth_hash.auto import keccak

from schuldhulp.crypto.commitments import header_leaf
from schuldhulp.domain.types import Commitment, DossierId, Root, Salt
from schuldhulp.errors import InvalidInput

if TYPE_CHECKING:
    from schuldhulp.crypto.envelope import DataKey

MINIMUM_LEAVES = 32
"""Fewest leaves of a dossier's tree, so that its depth does not show how many debts a person has."""


def record_leaf(commitment: Commitment) -> bytes:
    """Give the leaf of a record, 32 bytes."""
    _require_word(commitment, "commitment")
    return keccak(keccak(commitment))


class MerkleTree:
    """A binary tree of leaf hashes in OpenZeppelin's layout: root first, leaves last and in reverse order."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        """Build the tree.

        Args:
            leaves: leaf hashes of 32 bytes, at least one; they are sorted here.

        Raises:
            InvalidInput: no leaves, or one of another length.
        """
        if not leaves:
            raise InvalidInput("tree_empty", "a tree has at least one leaf", field="leaves")
        for leaf in leaves:
            _require_word(leaf, "leaves")
        self._leaves = tuple(sorted(leaves))
        inner = len(self._leaves) - 1
        nodes = [b""] * inner + list(reversed(self._leaves))
        for position in range(inner - 1, -1, -1):
            nodes[position] = _hash_pair(nodes[2 * position + 1], nodes[2 * position + 2])
        self._nodes = nodes
        self._position = {leaf: index for index, leaf in enumerate(nodes[inner:], start=inner)}

    @property
    def root(self) -> Root:
        """Root of the tree, 32 bytes."""
        return Root(self._nodes[0])

    @property
    def leaves(self) -> tuple[bytes, ...]:
        """All leaves, ascending."""
        return self._leaves

    @property
    def inner_nodes(self) -> tuple[bytes, ...]:
        """All hashes that are not leaves, root first; empty for a single leaf."""
        return tuple(self._nodes[: len(self._leaves) - 1])

    def leaf_proof(self, leaf: bytes) -> list[bytes]:
        """Prove that a leaf is in the tree.

        Args:
            leaf: 32 bytes.

        Returns:
            The sibling hashes from the leaf to the root.

        Raises:
            InvalidInput: the leaf is not in the tree.
        """
        position = self._position.get(leaf)
        if position is None:
            raise InvalidInput("leaf_unknown", "the tree has no such leaf", field="leaf")
        proof: list[bytes] = []
        while position > 0:
            # Odd positions are left children, even ones right children.
            proof.append(self._nodes[position + 1 if position % 2 else position - 1])
            position = (position - 1) // 2
        return proof


class DossierTree(MerkleTree):
    """The tree of one revision of a dossier: its records, a header and fillers."""

    def __init__(
        self,
        *,
        dossier: DossierId,
        revision: int,
        previous_root: Root,
        commitments: Sequence[Commitment],
        salt: Salt,
        fillers: Callable[[int], bytes],
    ) -> None:
        """Build the tree of a revision.

        Args:
            dossier: id of the dossier, 32 bytes.
            revision: number of the revision, from 1.
            previous_root: root of the revision before, 32 zero bytes for the first.
            commitments: of the current version of each record, withdrawn ones included; in any order, may be empty.
            salt: salt of the header leaf, ``DataKey.header_salt(revision)``.
            fillers: gives filler leaf i, ``DataKey.filler(revision, i)``.

        Raises:
            InvalidInput: a commitment is there twice, or a value has the wrong length.
        """
        if len(set(commitments)) != len(commitments):
            raise InvalidInput("commitment_twice", "a commitment is in the dossier twice", field="commitments")
        for name, word in (("dossier", dossier), ("previous_root", previous_root), ("salt", salt)):
            _require_word(word, name)
        self.header = header_leaf(
            dossier=dossier, revision=revision, previous_root=previous_root, records=len(commitments), salt=salt
        )
        leaves = [record_leaf(commitment) for commitment in commitments]
        leaves.append(self.header)
        self.fillers = tuple(fillers(index) for index in range(_tree_size(len(leaves)) - len(leaves)))
        super().__init__([*leaves, *self.fillers])

    @classmethod
    def under(
        cls,
        key: DataKey,
        *,
        dossier: DossierId,
        revision: int,
        previous_root: Root,
        commitments: Sequence[Commitment],
    ) -> Self:
        """Build the tree of a revision with salt and fillers from the dossier's data key.

        Args:
            key: data key of the dossier.
            dossier: id of the dossier, 32 bytes.
            revision: number of the revision, from 1.
            previous_root: root of the revision before, 32 zero bytes for the first.
            commitments: of the current version of each record, withdrawn ones included.

        Returns:
            The tree.
        """
        return cls(
            dossier=dossier,
            revision=revision,
            previous_root=previous_root,
            commitments=commitments,
            salt=key.header_salt(revision),
            fillers=lambda index: key.filler(revision, index),
        )

    def proof(self, commitment: Commitment) -> list[bytes]:
        """Prove that a record is in the tree; argument for ``ObligationLedger.isCommitted``.

        Args:
            commitment: commitment of the record's current version.

        Returns:
            The sibling hashes from the record's leaf to the root.

        Raises:
            InvalidInput: the record is not in the tree.
        """
        return self.leaf_proof(record_leaf(commitment))


def verify_proof(root: Root, commitment: Commitment, proof: Sequence[bytes]) -> bool:
    """Tell whether a proof shows that a record is in the tree with this root.

    Args:
        root: root of the tree, for example from ``ObligationLedger.rootOf``.
        commitment: commitment of the record.
        proof: sibling hashes from the leaf to the root; an empty one never holds.

    Returns:
        True when it does.

    Raises:
        InvalidInput: a value is not 32 bytes.
    """
    _require_word(root, "root")
    node = record_leaf(commitment)
    for sibling in proof:
        _require_word(sibling, "proof")
        node = _hash_pair(node, sibling)
    return bool(proof) and node == root


def _hash_pair(one: bytes, other: bytes) -> bytes:
    return keccak(one + other if one < other else other + one)


def _tree_size(leaves: int) -> int:
    return max(MINIMUM_LEAVES, 1 << (leaves - 1).bit_length())


def _require_word(value: bytes, field: str) -> None:
    if len(value) != 32:
        raise InvalidInput("word_invalid", f"{field} must be 32 bytes", field=field)
