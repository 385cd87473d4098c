// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IClaimRegister} from "contracts/interfaces/IClaimRegister.sol";

import {Properties} from "./Properties.sol";

/// @notice A key is set by whoever is a creditor somewhere, counted right through any grants and revocations.
contract EncryptionKeyProperties is Properties {
    bytes32 private constant _CREDITOR = keccak256("CREDITOR");
    bytes32 private constant _REVIEWER = keccak256("REVIEWER");

    function testFuzz_SetEncryptionKey_OnlyForACreditorOfAnyMunicipality(bytes32 seed, bytes32 key) external {
        vm.assume(key != bytes32(0));
        bytes32[4] memory roles = [
            register.roleOf(_CREDITOR, MUNICIPALITY),
            register.roleOf(_CREDITOR, OTHER_MUNICIPALITY),
            register.roleOf(_REVIEWER, MUNICIPALITY),
            register.roleOf(_REVIEWER, OTHER_MUNICIPALITY)
        ];
        for (uint256 i = 0; i < 12; ++i) {
            uint256 drawn = uint256(_word(seed, i));
            bytes32 role = roles[drawn % 4];
            // Granting twice, and taking what is not there, count for nothing.
            uint256 how = (drawn >> 8) % 3;
            vm.prank(how == 2 ? STRANGER : (drawn % 2 == 0 ? ADMINISTRATOR : OTHER_ADMINISTRATOR));
            if (how == 0) register.grantRole(role, STRANGER);
            else if (how == 1) register.revokeRole(role, STRANGER);
            else register.renounceRole(role, STRANGER);
        }

        bool creditor = register.hasRole(roles[0], STRANGER) || register.hasRole(roles[1], STRANGER);
        if (!creditor) vm.expectRevert(abi.encodeWithSelector(IClaimRegister.NotACreditor.selector, STRANGER));
        vm.prank(STRANGER);
        register.setEncryptionKey(key);
        vm.assertEq(register.encryptionKeyOf(STRANGER), creditor ? key : bytes32(0), "its key");
    }

    function testFuzz_SetEncryptionKey_SetsTheCallersAlone(bytes32 key, bytes32 second, address other) external {
        vm.assume(key != bytes32(0) && second != bytes32(0) && key != second);
        vm.assume(other != CREDITOR);
        vm.startPrank(CREDITOR);
        vm.expectEmit(true, true, true, true, address(register));
        emit IClaimRegister.EncryptionKeyChanged(CREDITOR, key);
        register.setEncryptionKey(key);
        vm.expectRevert(abi.encodeWithSelector(IClaimRegister.EncryptionKeyUnchanged.selector, CREDITOR));
        register.setEncryptionKey(key);
        vm.expectRevert(abi.encodeWithSelector(IClaimRegister.ZeroEncryptionKey.selector, CREDITOR));
        register.setEncryptionKey(bytes32(0));
        vm.assertEq(register.encryptionKeyOf(CREDITOR), key, "kept");
        register.setEncryptionKey(second);
        vm.stopPrank();

        vm.assertEq(register.encryptionKeyOf(CREDITOR), second, "replaced");
        vm.assertEq(register.encryptionKeyOf(other), bytes32(0), "of nobody else");
    }

    /// @dev Notices about claims that are still open must reach a creditor that lost its role.
    function testFuzz_EncryptionKeyOf_StaysReadableWithoutTheRole(bytes32 key) external {
        vm.assume(key != bytes32(0));
        vm.prank(CREDITOR);
        register.setEncryptionKey(key);
        bytes32 role = register.roleOf(_CREDITOR, MUNICIPALITY);
        vm.prank(ADMINISTRATOR);
        register.revokeRole(role, CREDITOR);

        vm.assertEq(register.encryptionKeyOf(CREDITOR), key, "still there");
        vm.expectRevert(abi.encodeWithSelector(IClaimRegister.NotACreditor.selector, CREDITOR));
        vm.prank(CREDITOR);
        register.setEncryptionKey(~key);
    }
}
