// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IClaimRegister} from "contracts/interfaces/IClaimRegister.sol";

import {Claims} from "./Claims.sol";

/// @notice Every step from every status: taken where the table has it, refused where it has not.
contract ClaimStepProperties is Claims {
    function testFuzz_DecideClaim_FollowsTheTable(uint240 rest, bytes32 commitment, uint8 from, uint8 to) external {
        vm.assume(commitment != bytes32(0));
        bytes32 claimId = _id(MUNICIPALITY, rest);
        (IClaimRegister.ClaimStatus present, IClaimRegister.ClaimStatus next) = (_status(from), _status(to));
        _claimAt(claimId, present, commitment);
        Claim memory expected = _read(claimId);
        vm.warp(FILED_AT + 100);

        if (_mayDecide(present, next)) {
            (expected.status, expected.changedAt) = (next, FILED_AT + 100);
            vm.expectEmit(true, true, true, true, address(register));
            emit IClaimRegister.ClaimDecided(claimId, next, commitment, DECISION);
        } else if (present == IClaimRegister.ClaimStatus.None) {
            vm.expectRevert(abi.encodeWithSelector(IClaimRegister.UnknownClaim.selector, claimId));
        } else {
            vm.expectRevert(_stepNotAllowed(claimId, present, next));
        }
        _decide(claimId, next);
        _checkClaim(claimId, expected, "decided or left alone");
    }

    function testFuzz_AmendClaim_FollowsTheTable(uint240 rest, bytes32 commitment, bytes32 next, uint8 from) external {
        vm.assume(commitment != bytes32(0) && next != bytes32(0) && next != commitment);
        bytes32 claimId = _id(MUNICIPALITY, rest);
        IClaimRegister.ClaimStatus present = _status(from);
        _claimAt(claimId, present, commitment);
        Claim memory expected = _read(claimId);
        vm.warp(FILED_AT + 100);

        if (_mayAmend(present)) {
            expected.status = IClaimRegister.ClaimStatus.Filed;
            (expected.commitment, expected.changedAt) = (next, FILED_AT + 100);
            vm.expectEmit(true, true, true, true, address(register));
            emit IClaimRegister.ClaimAmended(claimId, commitment, next);
        } else if (present == IClaimRegister.ClaimStatus.None) {
            vm.expectRevert(abi.encodeWithSelector(IClaimRegister.UnknownClaim.selector, claimId));
        } else {
            vm.expectRevert(_stepNotAllowed(claimId, present, IClaimRegister.ClaimStatus.Filed));
        }
        vm.prank(CREDITOR);
        register.amendClaim(claimId, commitment, next);
        _checkClaim(claimId, expected, "amended or left alone");
    }

    function testFuzz_WithdrawClaim_FollowsTheTable(uint240 rest, bytes32 commitment, uint8 from) external {
        vm.assume(commitment != bytes32(0));
        bytes32 claimId = _id(MUNICIPALITY, rest);
        IClaimRegister.ClaimStatus present = _status(from);
        _claimAt(claimId, present, commitment);
        Claim memory expected = _read(claimId);
        vm.warp(FILED_AT + 100);

        if (_isOpen(present)) {
            (expected.status, expected.changedAt) = (IClaimRegister.ClaimStatus.Withdrawn, FILED_AT + 100);
            vm.expectEmit(true, true, true, true, address(register));
            emit IClaimRegister.ClaimWithdrawn(claimId);
        } else if (present == IClaimRegister.ClaimStatus.None) {
            vm.expectRevert(abi.encodeWithSelector(IClaimRegister.UnknownClaim.selector, claimId));
        } else {
            vm.expectRevert(_stepNotAllowed(claimId, present, IClaimRegister.ClaimStatus.Withdrawn));
        }
        vm.prank(CREDITOR);
        register.withdrawClaim(claimId);
        _checkClaim(claimId, expected, "withdrawn or left alone");
    }

    /// @dev Free is what nobody filed and what is closed, whoever had it before.
    function testFuzz_FileClaim_FollowsTheTable(uint240 rest, bytes32 commitment, bytes32 next, uint8 from) external {
        vm.assume(commitment != bytes32(0) && next != bytes32(0));
        bytes32 claimId = _id(MUNICIPALITY, rest);
        IClaimRegister.ClaimStatus present = _status(from);
        _claimAt(claimId, present, commitment);
        Claim memory expected = _read(claimId);
        vm.warp(FILED_AT + 100);

        if (_isOpen(present)) {
            vm.expectRevert(abi.encodeWithSelector(IClaimRegister.ClaimStillOpen.selector, claimId, present));
        } else {
            (uint64 time, IClaimRegister.ClaimStatus filed) = (FILED_AT + 100, IClaimRegister.ClaimStatus.Filed);
            expected = Claim(SECOND_CREDITOR, MUNICIPALITY, filed, time, time, next);
            vm.expectEmit(true, true, true, true, address(register));
            emit IClaimRegister.ClaimFiled(claimId, MUNICIPALITY, SECOND_CREDITOR, next);
        }
        _file(claimId, SECOND_CREDITOR, next);
        _checkClaim(claimId, expected, "filed or left alone");
    }

    /// @dev Twelve steps in a row, each drawn; what was refused leaves the claim as it was.
    function testFuzz_Steps_FollowTheTableInAnyOrder(uint240 rest, bytes32 seed) external {
        bytes32 claimId = _id(MUNICIPALITY, rest);
        _claimAt(claimId, IClaimRegister.ClaimStatus.Filed, seed | bytes32(uint256(1)));
        Claim memory expected = _read(claimId);
        for (uint256 i = 0; i < 12; ++i) {
            uint256 drawn = uint256(_word(seed, i));
            vm.warp(FILED_AT + i);
            _takeStep(claimId, expected, Step(drawn % 3), _status(uint8(drawn >> 8)), FILED_AT + uint64(i));
            _checkClaim(claimId, expected, "after a step");
        }
    }

    function testFuzz_Steps_LeaveEveryOtherClaimAlone(uint240 rest, uint240 other, uint8 to) external {
        vm.assume(rest != other);
        (bytes32 claimId, bytes32 left) = (_id(MUNICIPALITY, rest), _id(MUNICIPALITY, other));
        _claimAt(left, IClaimRegister.ClaimStatus.Asked, "left");
        Claim memory expected = _read(left);
        vm.warp(FILED_AT + 100);

        _claimAt(claimId, _status(to), "touched");
        _checkClaim(left, expected, "the other claim");
    }

    function _takeStep(
        bytes32 claimId,
        Claim memory expected,
        Step step,
        IClaimRegister.ClaimStatus to,
        uint64 time
    ) private {
        IClaimRegister.ClaimStatus from = expected.status;
        bytes32 next = keccak256(abi.encode(expected.commitment));
        bool allowed = _mayDecide(from, to);
        if (step == Step.Amend) (to, allowed) = (IClaimRegister.ClaimStatus.Filed, _mayAmend(from));
        if (step == Step.Withdraw) (to, allowed) = (IClaimRegister.ClaimStatus.Withdrawn, _isOpen(from));
        if (!allowed) vm.expectRevert(_stepNotAllowed(claimId, from, to));
        vm.prank(step == Step.Decide ? REVIEWER : expected.holder);
        if (step == Step.Amend) register.amendClaim(claimId, expected.commitment, next);
        else if (step == Step.Withdraw) register.withdrawClaim(claimId);
        else register.decideClaim(claimId, to, DECISION);
        if (!allowed) return;
        (expected.status, expected.changedAt) = (to, time);
        if (step == Step.Amend) expected.commitment = next;
    }
}
