// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {Fixture} from "../support/Fixture.sol";

/// @notice What the properties share: values made from a seed, so that hardly a run is wasted on an assumption.
abstract contract Properties is Fixture {
    /// @dev A value between two bounds, both included.
    function _within(uint256 value, uint256 least, uint256 most) internal pure returns (uint256) {
        return least + (value % (most - least + 1));
    }

    /// @dev For loops: a cheat code for each item would take most of the time.
    function _check(bool holds, string memory reason) internal pure {
        if (!holds) vm.assertTrue(false, reason);
    }

    function _word(bytes32 seed, uint256 number) internal pure returns (bytes32) {
        return keccak256(abi.encode(seed, number));
    }

    /// @dev Ascending tags; about half of them directly follow the one before.
    function _tags(
        bytes32 seed,
        uint16 municipality,
        uint32 epoch,
        uint256 length
    ) internal pure returns (bytes32[] memory tags) {
        tags = new bytes32[](length);
        uint208 rest = uint192(uint256(seed));
        for (uint256 i = 0; i < length; ++i) {
            rest += _gap(seed, i);
            tags[i] = _tag(municipality, epoch, rest);
        }
    }

    /// @dev Ascending dossier ids; about half of them directly follow the one before.
    function _dossiers(
        bytes32 seed,
        uint16 municipality,
        uint256 length
    ) internal pure returns (bytes32[] memory dossiers) {
        dossiers = new bytes32[](length);
        uint240 rest = uint192(uint256(seed));
        for (uint256 i = 0; i < length; ++i) {
            rest += _gap(seed, i);
            dossiers[i] = _id(municipality, rest);
        }
    }

    function _gap(bytes32 seed, uint256 number) private pure returns (uint192) {
        uint256 drawn = uint256(_word(seed, number));
        return drawn & 1 == 0 ? 1 : uint192(drawn >> 64) | 2;
    }

    function _only(bytes32 item) internal pure returns (bytes32[] memory items) {
        items = new bytes32[](1);
        items[0] = item;
    }

    function _refusedRole(address account, bytes32 role) internal pure returns (bytes memory) {
        return abi.encodeWithSignature("AccessControlUnauthorizedAccount(address,bytes32)", account, role);
    }
}
