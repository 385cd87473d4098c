// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

/// @notice The roots that dossiers are given: version n is a tree over the records n and n + 100. Version 0 is none.
library Versions {
    uint256 internal constant COUNT = 5;

    function root(uint256 version) internal pure returns (bytes32) {
        if (version == 0) return bytes32(0);
        (bytes32 left, bytes32 right) = (leaf(version), leaf(version + 100));
        if (left > right) (left, right) = (right, left);
        return keccak256(abi.encode(left, right));
    }

    function ofRoot(bytes32 value) internal pure returns (uint256 version) {
        while (root(version) != value) ++version;
    }

    function commitment(uint256 record) internal pure returns (bytes32) {
        return keccak256(abi.encode("record", record));
    }

    function leaf(uint256 record) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(commitment(record)))));
    }

    /// @dev The path of the first record of a version.
    function proof(uint256 version) internal pure returns (bytes32[] memory path) {
        path = new bytes32[](1);
        path[0] = leaf(version + 100);
    }
}
