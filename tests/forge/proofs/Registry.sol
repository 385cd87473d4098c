// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {EnrolmentRegistry} from "contracts/EnrolmentRegistry.sol";

import {Proof} from "./Proof.sol";

/// @notice The storage of the registry as the proofs read it: no getter shows a tag of an epoch that is not open.
abstract contract Registry is Proof {
    uint256 private constant _SETTINGS_SLOT = 3;
    uint256 private constant _ENROLMENTS_SLOT = 5;
    uint256 private constant _CLAIM_KEY_OFFSET = 1;
    uint256 private constant _CONTACT_OFFSET = 2;
    uint256 private constant _URL_OFFSET = 3;

    function _enrolment(EnrolmentRegistry registry, bytes32 tag) internal view returns (uint256) {
        return uint256(vm.load(address(registry), keccak256(abi.encode(tag, _ENROLMENTS_SLOT))));
    }

    function _epochs(
        EnrolmentRegistry registry,
        uint16 municipality
    ) internal view returns (uint32 oldest, uint32 current, uint32 announced) {
        uint256 word = uint256(vm.load(address(registry), _settings(municipality)));
        return (uint32(word >> 32), uint32(word), uint32(word >> 64));
    }

    function _otherWords(
        EnrolmentRegistry registry,
        uint16 municipality
    ) internal view returns (bytes32 signer, bytes32 key, bytes32 contact, bytes32 url) {
        uint256 settings = uint256(_settings(municipality));
        signer = vm.load(address(registry), bytes32(settings)) >> 96;
        key = vm.load(address(registry), bytes32(settings + _CLAIM_KEY_OFFSET));
        contact = vm.load(address(registry), bytes32(settings + _CONTACT_OFFSET));
        url = vm.load(address(registry), bytes32(settings + _URL_OFFSET));
    }

    /// @dev Halmos cannot copy a text whose length is a symbol. The texts that stand there are therefore empty; no other
    /// function reads them.
    function _emptyTexts(EnrolmentRegistry registry, uint16 municipality) internal {
        uint256 settings = uint256(_settings(municipality));
        vm.store(address(registry), bytes32(settings + _CONTACT_OFFSET), bytes32(0));
        vm.store(address(registry), bytes32(settings + _URL_OFFSET), bytes32(0));
    }

    /// @dev The first argument of the functions that write texts is the municipality.
    function _emptyTextsOf(EnrolmentRegistry registry, bytes memory data) internal {
        bytes4 selector = bytes4(data);
        if (selector != registry.setContact.selector && selector != registry.setEvaluatorUrl.selector) return;
        uint16 municipality;
        assembly ("memory-safe") {
            municipality := and(mload(add(data, 36)), 0xffff)
        }
        _emptyTexts(registry, municipality);
    }

    function _settings(uint16 municipality) private pure returns (bytes32) {
        return keccak256(abi.encode(municipality, _SETTINGS_SLOT));
    }
}
