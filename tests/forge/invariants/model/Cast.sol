// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {Dice} from "./Dice.sol";

/// @notice Who and what the runs choose from: the accounts of the fixture, municipalities and roles.
/// @dev Role ids are worked out here and not asked of the contracts: the model shares no code with them.
library Cast {
    uint256 internal constant ACTORS = 14;

    bytes32 internal constant DEFAULT_ADMIN = bytes32(0);
    bytes32 internal constant ADMINISTRATOR = keccak256("ADMINISTRATOR");
    bytes32 internal constant REGISTRAR = keccak256("REGISTRAR");
    bytes32 internal constant EPOCH_KEEPER = keccak256("EPOCH_KEEPER");
    bytes32 internal constant CREDITOR = keccak256("CREDITOR");
    bytes32 internal constant BSN_CREDITOR = keccak256("BSN_CREDITOR");
    bytes32 internal constant REVIEWER = keccak256("REVIEWER");

    uint16 internal constant FIRST = 14;
    uint16 internal constant SECOND = 34;
    uint16 internal constant THIRD = 99; // not registered when a run begins

    /// @dev The accounts of the fixture: 0xA001 to 0xA008, 0xB002 to 0xB006 and 0xC001.
    function actor(uint256 index) internal pure returns (address) {
        if (index < 8) return address(uint160(0xA001 + index));
        return index < 13 ? address(uint160(0xB002 + index - 8)) : address(0xC001);
    }

    /// @dev The place of an account in a set of accounts; a set is one word with a bit an account.
    function bit(address account) internal pure returns (uint256) {
        uint160 number = uint160(account);
        if (number >= 0xA001 && number <= 0xA008) return 1 << (number - 0xA001);
        if (number >= 0xB002 && number <= 0xB006) return 1 << (number - 0xB002 + 8);
        require(number == 0xC001, "not an account of the cast");
        return 1 << 13;
    }

    function anyActor(Dice memory dice) internal pure returns (address) {
        return actor(dice.roll(ACTORS));
    }

    /// @dev Mostly the two that take part from the beginning.
    function anyMunicipality(Dice memory dice) internal pure returns (uint16) {
        uint256 number = dice.roll(16);
        if (number < 9) return FIRST;
        return number < 15 ? SECOND : THIRD;
    }

    /// @dev One of the three; the n-th.
    function municipality(uint256 n) internal pure returns (uint16) {
        if (n == 0) return FIRST;
        return n == 1 ? SECOND : THIRD;
    }

    function roleOf(bytes32 verb, uint16 code) internal pure returns (bytes32) {
        return verb == DEFAULT_ADMIN ? DEFAULT_ADMIN : keccak256(abi.encode(verb, code));
    }

    function prefixOf(bytes32 value) internal pure returns (uint16) {
        return uint16(uint256(value) >> 240);
    }
}
