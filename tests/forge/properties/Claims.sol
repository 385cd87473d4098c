// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IClaimRegister} from "contracts/interfaces/IClaimRegister.sol";

import {Properties} from "./Properties.sol";

/// @notice Files claims and brings them to any status; the table of steps stands here once more, cell by cell.
abstract contract Claims is Properties {
    enum Step {
        Amend,
        Withdraw,
        Decide
    }

    uint40 internal constant FILED_AT = 1_700_000_000;
    bytes32 internal constant DECISION = keccak256("decision");

    /// @dev One row per status it comes from, one digit per status that the reviewer may bring it to.
    function _mayDecide(IClaimRegister.ClaimStatus from, IClaimRegister.ClaimStatus to) internal pure returns (bool) {
        // Columns: None, Filed, UnderReview, Asked, Included, Declined, Settled, Withdrawn.
        bytes8[8] memory rows = [
            bytes8("........"), // None
            bytes8("..xxxx.."), // Filed
            bytes8("...xxx.."), // UnderReview
            bytes8("..x.xx.."), // Asked
            bytes8("...x.xx."), // Included
            bytes8("........"), // Declined
            bytes8("........"), // Settled
            bytes8("........") // Withdrawn
        ];
        return rows[uint8(from)][uint8(to)] == "x";
    }

    function _mayAmend(IClaimRegister.ClaimStatus from) internal pure returns (bool) {
        return bytes8(".xxx....")[uint8(from)] == "x";
    }

    function _isOpen(IClaimRegister.ClaimStatus status) internal pure returns (bool) {
        return bytes8(".xxxx...")[uint8(status)] == "x";
    }

    function _status(uint8 drawn) internal pure returns (IClaimRegister.ClaimStatus) {
        return IClaimRegister.ClaimStatus(drawn % 8);
    }

    function _file(bytes32 claimId, address holder, bytes32 commitment) internal {
        vm.prank(holder);
        register.fileClaim(claimId, MUNICIPALITY, commitment);
    }

    function _decide(bytes32 claimId, IClaimRegister.ClaimStatus status) internal {
        vm.prank(REVIEWER);
        register.decideClaim(claimId, status, DECISION);
    }

    /// @dev A claim of CREDITOR, filed at FILED_AT, that stands where it is asked to; None files nothing.
    function _claimAt(bytes32 claimId, IClaimRegister.ClaimStatus status, bytes32 commitment) internal {
        vm.warp(FILED_AT);
        if (status == IClaimRegister.ClaimStatus.None) return;
        _file(claimId, CREDITOR, commitment);
        if (status == IClaimRegister.ClaimStatus.Withdrawn) {
            vm.prank(CREDITOR);
            register.withdrawClaim(claimId);
        } else if (status == IClaimRegister.ClaimStatus.Settled) {
            _decide(claimId, IClaimRegister.ClaimStatus.Included);
            _decide(claimId, IClaimRegister.ClaimStatus.Settled);
        } else if (status != IClaimRegister.ClaimStatus.Filed) {
            _decide(claimId, status);
        }
    }

    struct Claim {
        address holder;
        uint16 municipality;
        IClaimRegister.ClaimStatus status;
        uint64 filedAt;
        uint64 changedAt;
        bytes32 commitment;
    }

    function _read(bytes32 claimId) internal view returns (Claim memory read) {
        (read.holder, read.municipality, read.status, read.filedAt, read.changedAt, read.commitment) = register.claim(
            claimId
        );
    }

    function _checkClaim(bytes32 claimId, Claim memory expected, string memory reason) internal view {
        _check(keccak256(abi.encode(_read(claimId))) == keccak256(abi.encode(expected)), reason);
    }

    function _stepNotAllowed(
        bytes32 claimId,
        IClaimRegister.ClaimStatus from,
        IClaimRegister.ClaimStatus to
    ) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IClaimRegister.StatusStepNotAllowed.selector, claimId, from, to);
    }
}
