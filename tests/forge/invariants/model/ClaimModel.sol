// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {ClaimRegister} from "contracts/ClaimRegister.sol";
import {IClaimRegister} from "contracts/interfaces/IClaimRegister.sol";

import {Handler} from "../handlers/Handler.sol";
import {Cast} from "./Cast.sol";
import {RoleModel} from "./RoleModel.sol";

/// @notice What the register must hold, and the table of steps, written down anew.
abstract contract ClaimModel is Handler {
    /// @notice A claim.
    struct Claim {
        address holder;
        IClaimRegister.ClaimStatus status;
        uint64 filedAt;
        uint64 changedAt;
        bytes32 commitment;
    }

    uint256 public constant CLAIMS = 3;

    ClaimRegister internal immutable register;

    uint64 public time;
    mapping(bytes32 claimId => Claim) internal claims;
    mapping(address creditor => bytes32) public encryptionKeys;
    /// @notice For each status, as a set, those to which the register was seen to move a claim from there.
    mapping(uint256 from => uint256 statuses) public moves;
    /// @notice Who was a creditor, by the register's own word, at the moment when it was seen to become the holder.
    mapping(bytes32 claimId => address) public entitledHolder;

    constructor(ClaimRegister register_, RoleModel roles_, bool watched) Handler(roles_, watched) {
        register = register_;
        time = uint64(block.timestamp);
    }

    function claimOf(bytes32 id) external view returns (Claim memory) {
        return claims[id];
    }

    /// @notice The n-th claim id of the pool.
    function claimId(uint16 municipality, uint256 number) public pure returns (bytes32) {
        return bytes32((uint256(municipality) << 240) | (number + 1));
    }

    /// @notice The statuses, as a set, that a step may lead to from a status.
    /// @dev 1 Filed, 2 UnderReview, 3 Asked, 4 Included, 5 Declined, 6 Settled, 7 Withdrawn.
    function mayBecome(uint256 from) public pure returns (uint256) {
        if (from == 0 || from >= 5) return 1 << 1; // filed, or filed anew
        if (from == 4) return _decisions(4) | (1 << 7);
        return _decisions(from) | (1 << 1) | (1 << 7);
    }

    /// @dev Those that a reviewer may choose.
    function _decisions(uint256 from) internal pure returns (uint256) {
        if (from == 1) return (1 << 2) | (1 << 3) | (1 << 4) | (1 << 5);
        if (from == 2) return (1 << 3) | (1 << 4) | (1 << 5);
        if (from == 3) return (1 << 2) | (1 << 4) | (1 << 5);
        return from == 4 ? (1 << 3) | (1 << 5) | (1 << 6) : 0;
    }

    function _isOpen(bytes32 id) internal view returns (bool) {
        uint256 status = uint256(claims[id].status);
        return status >= 1 && status <= 4;
    }

    function _isCreditorAnywhere(address account) internal view returns (bool) {
        for (uint256 i = 0; i < 3; ++i) {
            bytes32 role = Cast.roleOf(Cast.CREDITOR, Cast.municipality(i));
            if (roles.has(address(register), role, account)) return true;
        }
        return false;
    }

    function _answersAbout(address, uint16 municipality) internal view override returns (bytes32 digest) {
        for (uint256 i = 0; i < CLAIMS; ++i) {
            bytes memory question = abi.encodeCall(register.claim, (claimId(municipality, i)));
            (, bytes memory answer) = address(register).staticcall(question);
            digest = keccak256(abi.encode(digest, answer));
        }
    }

    /// @dev Whoever holds a claim takes it back, creditor or not.
    function _needsNoRole(bytes4 call) internal pure override returns (bool) {
        return call == IClaimRegister.withdrawClaim.selector;
    }
}
