// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IClaimRegister} from "contracts/interfaces/IClaimRegister.sol";
import {IMunicipalRoles} from "contracts/interfaces/IMunicipalRoles.sol";

import {Claims} from "./Claims.sol";

/// @notice Whose a claim is, and what only that account can do with it.
contract ClaimHolderProperties is Claims {
    bytes32 private constant _CREDITOR = keccak256("CREDITOR");
    bytes32 private constant _COMMITMENT = keccak256("commitment");

    function testFuzz_Holder_NobodyElseActsForIt(uint240 rest, address account, uint8 at, bytes32 next) external {
        vm.assume(account != CREDITOR);
        bytes32 claimId = _id(MUNICIPALITY, rest);
        _claimAt(claimId, IClaimRegister.ClaimStatus(_within(at, 1, 7)), _COMMITMENT);
        Claim memory expected = _read(claimId);

        bytes memory reason = abi.encodeWithSelector(IClaimRegister.NotClaimHolder.selector, claimId, account);
        vm.startPrank(account);
        vm.expectRevert(reason);
        register.amendClaim(claimId, _COMMITMENT, next);
        vm.expectRevert(reason);
        register.handOverClaim(claimId, account);
        vm.expectRevert(reason);
        register.withdrawClaim(claimId);
        vm.stopPrank();
        _checkClaim(claimId, expected, "refused");
    }

    function testFuzz_HandOverClaim_OnlyWhileOpenAndOnlyToAnotherCreditor(
        uint240 rest,
        uint8 at,
        address account,
        uint8 who
    ) external {
        bytes32 claimId = _id(MUNICIPALITY, rest);
        IClaimRegister.ClaimStatus present = IClaimRegister.ClaimStatus(_within(at, 1, 7));
        _claimAt(claimId, present, _COMMITMENT);
        Claim memory expected = _read(claimId);
        vm.warp(FILED_AT + 100);
        // Drawn accounts are no creditors; these are, or nearly.
        if (who % 6 == 1) account = CREDITOR;
        if (who % 6 > 3) account = SECOND_CREDITOR;
        if (who % 6 == 3) account = OTHER_CREDITOR;

        if (!_isOpen(present)) {
            vm.expectRevert(abi.encodeWithSelector(IClaimRegister.ClaimNotOpen.selector, claimId, present));
        } else if (account == CREDITOR) {
            vm.expectRevert(abi.encodeWithSelector(IClaimRegister.AlreadyClaimHolder.selector, claimId, account));
        } else if (account != SECOND_CREDITOR) {
            vm.expectRevert(abi.encodeWithSelector(IClaimRegister.NotACreditorOf.selector, account, MUNICIPALITY));
        } else {
            (expected.holder, expected.changedAt) = (account, FILED_AT + 100);
            vm.expectEmit(true, true, true, true, address(register));
            emit IClaimRegister.ClaimHandedOver(claimId, CREDITOR, account);
        }
        vm.prank(CREDITOR);
        register.handOverClaim(claimId, account);
        _checkClaim(claimId, expected, "handed over or left alone");
    }

    function testFuzz_HandOverClaim_TheNewHolderActsAndTheOldOneDoesNot(
        uint240 rest,
        address account,
        bytes32 next
    ) external {
        vm.assume(account != CREDITOR && next != bytes32(0) && next != _COMMITMENT);
        if (account != SECOND_CREDITOR) _grant(register, _CREDITOR, MUNICIPALITY, account);
        bytes32 claimId = _id(MUNICIPALITY, rest);
        _claimAt(claimId, IClaimRegister.ClaimStatus.Filed, _COMMITMENT);
        vm.prank(CREDITOR);
        register.handOverClaim(claimId, account);

        vm.expectRevert(abi.encodeWithSelector(IClaimRegister.NotClaimHolder.selector, claimId, CREDITOR));
        vm.prank(CREDITOR);
        register.withdrawClaim(claimId);
        vm.startPrank(account);
        register.amendClaim(claimId, _COMMITMENT, next);
        register.withdrawClaim(claimId);
        vm.stopPrank();
        uint64 time = FILED_AT;
        Claim memory expected = Claim(account, MUNICIPALITY, IClaimRegister.ClaimStatus.Withdrawn, time, time, next);
        _checkClaim(claimId, expected, "amended and withdrawn by the new holder");
    }

    function testFuzz_AmendClaim_TakesThePresentCommitmentAlone(uint240 rest, bytes32 stale, bytes32 next) external {
        vm.assume(stale != _COMMITMENT && next != bytes32(0) && next != _COMMITMENT);
        bytes32 claimId = _id(MUNICIPALITY, rest);
        _claimAt(claimId, IClaimRegister.ClaimStatus.Filed, _COMMITMENT);
        Claim memory expected = _read(claimId);

        vm.startPrank(CREDITOR);
        vm.expectRevert(abi.encodeWithSelector(IClaimRegister.StaleCommitment.selector, claimId, stale, _COMMITMENT));
        register.amendClaim(claimId, stale, next);
        vm.expectRevert(abi.encodeWithSelector(IClaimRegister.CommitmentUnchanged.selector, claimId, _COMMITMENT));
        register.amendClaim(claimId, _COMMITMENT, _COMMITMENT);
        vm.expectRevert(abi.encodeWithSelector(IClaimRegister.ZeroCommitment.selector, claimId));
        register.amendClaim(claimId, _COMMITMENT, bytes32(0));
        _checkClaim(claimId, expected, "refused");

        register.amendClaim(claimId, _COMMITMENT, next);
        vm.stopPrank();
        vm.assertEq(_read(claimId).commitment, next, "amended");
    }

    function testFuzz_FileClaim_RefusesAForeignPrefixAndZero(bytes32 claimId, bytes32 commitment) external {
        uint16 code = uint16(bytes2(claimId));
        vm.assume(code != MUNICIPALITY);

        vm.startPrank(CREDITOR);
        vm.expectRevert(abi.encodeWithSelector(IMunicipalRoles.ForeignPrefix.selector, claimId, MUNICIPALITY));
        register.fileClaim(claimId, MUNICIPALITY, commitment);
        bytes32 own = _id(MUNICIPALITY, uint240(uint256(claimId)));
        vm.expectRevert(abi.encodeWithSelector(IClaimRegister.ZeroCommitment.selector, own));
        register.fileClaim(own, MUNICIPALITY, bytes32(0));
        vm.stopPrank();
        Claim memory nothing;
        _checkClaim(claimId, nothing, "nothing was filed");
        _checkClaim(own, nothing, "nothing was filed");
    }

    function testFuzz_DecideClaim_RefusesADecisionOfZero(uint240 rest, uint8 to) external {
        bytes32 claimId = _id(MUNICIPALITY, rest);
        _claimAt(claimId, IClaimRegister.ClaimStatus.Filed, _COMMITMENT);
        Claim memory expected = _read(claimId);
        IClaimRegister.ClaimStatus next = IClaimRegister.ClaimStatus(_within(to, 2, 5));

        vm.expectRevert(abi.encodeWithSelector(IClaimRegister.ZeroDecision.selector, claimId));
        vm.prank(REVIEWER);
        register.decideClaim(claimId, next, bytes32(0));
        _checkClaim(claimId, expected, "refused");
    }

    /// @dev Who is a creditor no more may take its claims back, and do nothing else with them.
    function testFuzz_Holder_WithoutItsRoleMayOnlyWithdraw(uint240 rest, bytes32 next, uint8 at) external {
        bytes32 claimId = _id(MUNICIPALITY, rest);
        _claimAt(claimId, IClaimRegister.ClaimStatus(_within(at, 1, 4)), _COMMITMENT);
        bytes32 role = register.roleOf(_CREDITOR, MUNICIPALITY);
        vm.prank(ADMINISTRATOR);
        register.revokeRole(role, CREDITOR);

        vm.startPrank(CREDITOR);
        vm.expectRevert(_refusedRole(CREDITOR, role));
        register.amendClaim(claimId, _COMMITMENT, next);
        vm.expectRevert(_refusedRole(CREDITOR, role));
        register.handOverClaim(claimId, SECOND_CREDITOR);
        register.withdrawClaim(claimId);
        vm.stopPrank();
        vm.assertTrue(_read(claimId).status == IClaimRegister.ClaimStatus.Withdrawn, "withdrawn");
        vm.expectRevert(_refusedRole(CREDITOR, role));
        _file(claimId, CREDITOR, next);
    }
}
