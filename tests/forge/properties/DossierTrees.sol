// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IObligationLedger} from "contracts/interfaces/IObligationLedger.sol";

import {Properties} from "./Properties.sol";
import {StandardTree} from "./StandardTree.sol";

/// @notice The tree of a dossier: one header, the records, and fillers up to a power of two of at least 32.
abstract contract DossierTrees is Properties {
    uint256 internal constant MOST_RECORDS = 40;

    bytes32 internal constant DOSSIER = bytes32((uint256(MUNICIPALITY) << 240) | 1);

    struct Tree {
        bytes32[] commitments;
        bytes32[] leaves;
        bytes32[] nodes;
    }

    function _tree(bytes32 seed, uint256 records) internal pure returns (Tree memory tree) {
        uint256 size = records < 32 ? 32 : 64; // the header takes one place
        tree.commitments = new bytes32[](records);
        tree.leaves = new bytes32[](size);
        tree.leaves[0] = keccak256(abi.encode(seed, "header", DOSSIER, uint32(1), bytes32(0), uint32(records)));
        for (uint256 i = 0; i < records; ++i) {
            tree.commitments[i] = _word(seed, i);
            tree.leaves[1 + i] = StandardTree.leafOf(tree.commitments[i]);
        }
        for (uint256 i = 1 + records; i < size; ++i) tree.leaves[i] = keccak256(abi.encode(seed, "filler", i));
        tree.nodes = StandardTree.build(tree.leaves);
    }

    function _proofOfLeaf(Tree memory tree, uint256 leaf) internal pure returns (bytes32[] memory) {
        return StandardTree.proofOf(tree.nodes, tree.nodes.length - 1 - leaf);
    }

    function _proofOfRecord(Tree memory tree, uint256 record) internal pure returns (bytes32[] memory) {
        return _proofOfLeaf(tree, 1 + record);
    }

    function _commitRoot(bytes32 dossier, bytes32 previousRoot, bytes32 newRoot) internal {
        IObligationLedger.Change[] memory changes = new IObligationLedger.Change[](1);
        changes[0] = IObligationLedger.Change(dossier, previousRoot, newRoot);
        vm.prank(REGISTRAR);
        ledger.commit(MUNICIPALITY, changes);
    }

    function _committedTree(bytes32 seed, uint256 records) internal returns (Tree memory tree) {
        tree = _tree(seed, records);
        _commitRoot(DOSSIER, bytes32(0), tree.nodes[0]);
    }
}
