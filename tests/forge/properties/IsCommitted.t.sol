// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {DossierTrees} from "./DossierTrees.sol";
import {StandardTree} from "./StandardTree.sol";

/// @notice What a tree proves: each of its records, and nothing else that is in it or made from it.
contract IsCommittedProperties is DossierTrees {
    function testFuzz_IsCommitted_HoldsForEveryRecord(bytes32 seed, uint256 records) external {
        Tree memory tree = _committedTree(seed, _within(records, 1, MOST_RECORDS));

        for (uint256 i = 0; i < tree.commitments.length; ++i) {
            bytes32[] memory proof = _proofOfRecord(tree, i);
            _check(ledger.isCommitted(DOSSIER, tree.commitments[i], proof), "a record of the dossier");
        }
    }

    /// @dev A tree need not be full: any number of leaves, one included.
    function testFuzz_IsCommitted_HoldsInATreeOfAnySize(bytes32 seed, uint256 size) external {
        bytes32[] memory leaves = new bytes32[](_within(size, 1, 40));
        for (uint256 i = 0; i < leaves.length; ++i) leaves[i] = StandardTree.leafOf(_word(seed, i));
        bytes32[] memory nodes = StandardTree.build(leaves);
        _commitRoot(DOSSIER, bytes32(0), nodes[0]);

        for (uint256 i = 0; i < leaves.length; ++i) {
            bytes32[] memory proof = StandardTree.proofOf(nodes, nodes.length - 1 - i);
            _check(ledger.isCommitted(DOSSIER, _word(seed, i), proof), "a leaf of the tree");
        }
    }

    /// @dev Header and fillers first: they stand in the tree as they are, and must not pass for commitments.
    function testFuzz_IsCommitted_RefusesEveryLeafHash(bytes32 seed, uint256 records) external {
        Tree memory tree = _committedTree(seed, _within(records, 1, MOST_RECORDS));

        for (uint256 i = 0; i < tree.leaves.length; ++i) {
            bytes32[] memory proof = _proofOfLeaf(tree, i);
            _check(!ledger.isCommitted(DOSSIER, tree.leaves[i], proof), "header, filler or leaf of a record");
        }
    }

    function testFuzz_IsCommitted_RefusesEveryInnerNode(bytes32 seed, uint256 records) external {
        Tree memory tree = _committedTree(seed, _within(records, 1, MOST_RECORDS));

        for (uint256 i = 0; i < tree.nodes.length - tree.leaves.length; ++i) {
            bytes32[] memory proof = StandardTree.proofOf(tree.nodes, i); // empty for the root
            _check(!ledger.isCommitted(DOSSIER, tree.nodes[i], proof), "inner node");
        }
    }

    function testFuzz_IsCommitted_RefusesAProofWithOneBitChanged(
        bytes32 seed,
        uint256 records,
        uint256 record,
        uint256 bit
    ) external {
        Tree memory tree = _committedTree(seed, _within(records, 1, MOST_RECORDS));
        record = _within(record, 0, tree.commitments.length - 1);
        bytes32[] memory proof = _proofOfRecord(tree, record);
        bit = _within(bit, 0, 256 * proof.length - 1);
        proof[bit / 256] ^= bytes32(1 << (bit % 256));

        vm.assertTrue(!ledger.isCommitted(DOSSIER, tree.commitments[record], proof), "changed proof");
    }

    function testFuzz_IsCommitted_RefusesAProofCutOrLengthened(
        bytes32 seed,
        uint256 records,
        uint256 record,
        uint256 cut,
        bytes32 more
    ) external {
        Tree memory tree = _committedTree(seed, _within(records, 1, MOST_RECORDS));
        record = _within(record, 0, tree.commitments.length - 1);
        bytes32[] memory proof = _proofOfRecord(tree, record);
        cut = _within(cut, 0, proof.length - 1);
        bytes32[] memory shorter = new bytes32[](cut);
        for (uint256 i = 0; i < cut; ++i) shorter[i] = proof[i];
        bytes32[] memory longer = new bytes32[](proof.length + 1);
        for (uint256 i = 0; i < proof.length; ++i) longer[i] = proof[i];
        longer[proof.length] = more;

        vm.assertTrue(!ledger.isCommitted(DOSSIER, tree.commitments[record], shorter), "cut proof");
        vm.assertTrue(!ledger.isCommitted(DOSSIER, tree.commitments[record], longer), "longer proof");
    }

    function testFuzz_IsCommitted_RefusesEveryOtherCommitment(
        bytes32 seed,
        uint256 records,
        uint256 record,
        bytes32 other
    ) external {
        Tree memory tree = _committedTree(seed, _within(records, 2, MOST_RECORDS));
        record = _within(record, 0, tree.commitments.length - 1);
        vm.assume(other != tree.commitments[record]);
        bytes32[] memory proof = _proofOfRecord(tree, record);

        vm.assertTrue(!ledger.isCommitted(DOSSIER, other, proof), "drawn");
        vm.assertTrue(!ledger.isCommitted(DOSSIER, bytes32(0), proof), "zero");
        bytes32 next = tree.commitments[(record + 1) % tree.commitments.length];
        vm.assertTrue(!ledger.isCommitted(DOSSIER, next, proof), "another record of the dossier");
    }

    function testFuzz_IsCommitted_RefusesWhatAnotherDossierHolds(
        bytes32 seed,
        uint256 records,
        uint240 other,
        bool committed
    ) external {
        bytes32 dossier = _id(MUNICIPALITY, other);
        vm.assume(dossier != DOSSIER);
        Tree memory tree = _committedTree(seed, _within(records, 1, MOST_RECORDS));
        if (committed) _commitRoot(dossier, bytes32(0), keccak256(abi.encode(seed)));

        bytes32[] memory proof = _proofOfRecord(tree, 0);
        vm.assertTrue(!ledger.isCommitted(dossier, tree.commitments[0], proof), "of another dossier");
    }

    function testFuzz_IsCommitted_FollowsTheLatestRoot(bytes32 seed, uint256 records, uint256 dropped) external {
        records = _within(records, 2, MOST_RECORDS);
        Tree memory before = _committedTree(seed, records);
        Tree memory later = _tree(seed, _within(dropped, 1, records - 1));
        _commitRoot(DOSSIER, before.nodes[0], later.nodes[0]);

        for (uint256 i = 0; i < records; ++i) {
            bytes32[] memory old = _proofOfRecord(before, i);
            _check(!ledger.isCommitted(DOSSIER, before.commitments[i], old), "under the root that was replaced");
            if (i < later.commitments.length) {
                bytes32[] memory proof = _proofOfRecord(later, i);
                _check(ledger.isCommitted(DOSSIER, later.commitments[i], proof), "kept");
            }
        }
    }

    /// @dev Nothing was committed, so nothing is proven: not even a "root" of zero.
    function testFuzz_IsCommitted_HoldsForNothingBeforeTheFirstCommit(
        bytes32 dossier,
        bytes32 commitment,
        bytes32[] calldata proof
    ) external view {
        vm.assertTrue(!ledger.isCommitted(dossier, commitment, proof), "never committed");
    }
}
