// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {Properties} from "./Properties.sol";

/// @notice Enrols tags as the registrar does, and asks for them in each of the four ways.
abstract contract EnrolledTags is Properties {
    function _enrol(uint32 epoch, bytes32[] memory tags) internal {
        vm.prank(REGISTRAR);
        registry.enrol(MUNICIPALITY, epoch, tags);
    }

    function _end(bytes32[] memory tags) internal {
        vm.prank(REGISTRAR);
        registry.endEnrolment(MUNICIPALITY, tags);
    }

    /// @dev The four readings of one tag of an open epoch give the same answer, and this one.
    function _checkKnown(bytes32 tag, bool expected, string memory reason) internal view {
        bool agree =
            registry.isKnown(tag) == expected &&
                registry.areKnown(_only(tag))[0] == expected &&
                registry.knownBitmap(_only(tag))[0] == (expected ? 1 : 0) &&
                registry.municipalityOf(tag) == (expected ? uint256(tag) >> 240 : 0);
        _check(agree, reason);
    }

    /// @dev One reading of many tags.
    function _checkAll(bytes32[] memory tags, bool expected, string memory reason) internal view {
        bool[] memory known = registry.areKnown(tags);
        for (uint256 i = 0; i < tags.length; ++i) _check(known[i] == expected, reason);
    }

    function _contains(bytes32[] memory items, bytes32 item) internal pure returns (bool) {
        for (uint256 i = 0; i < items.length; ++i) {
            if (items[i] == item) return true;
        }
        return false;
    }
}
