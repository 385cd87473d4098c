// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

/// @notice OpenZeppelin's standard tree, built from its own description: an array with the root first, in which the
/// children of node i are 2i+1 and 2i+2, and every pair is sorted before it is hashed.
library StandardTree {
    /// @param leaves leaf hashes, at least one; leaf i stands at node 2n - 2 - i
    function build(bytes32[] memory leaves) internal pure returns (bytes32[] memory nodes) {
        uint256 count = leaves.length;
        nodes = new bytes32[](2 * count - 1);
        for (uint256 i = 0; i < count; ++i) nodes[nodes.length - 1 - i] = leaves[i];
        for (uint256 i = count - 1; i > 0; --i) nodes[i - 1] = _hashed(nodes[2 * i - 1], nodes[2 * i]);
    }

    /// @dev The siblings from a node to the root.
    function proofOf(bytes32[] memory nodes, uint256 node) internal pure returns (bytes32[] memory proof) {
        uint256 depth = 0;
        for (uint256 i = node; i > 0; i = (i - 1) / 2) ++depth;
        proof = new bytes32[](depth);
        for (uint256 i = 0; i < depth; ++i) {
            proof[i] = nodes[node % 2 == 1 ? node + 1 : node - 1];
            node = (node - 1) / 2;
        }
    }

    function leafOf(bytes32 commitment) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(commitment))));
    }

    function _hashed(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return left < right ? keccak256(abi.encode(left, right)) : keccak256(abi.encode(right, left));
    }
}
