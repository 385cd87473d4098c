// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {MunicipalRoles} from "./access/MunicipalRoles.sol";
import {IClaimRegister} from "./interfaces/IClaimRegister.sol";

/// @title The claims of all creditors
/// @dev Steps of a claim; the last three rows are closed, and their id is free again.
///
///     from \ step   amend (holder)   withdraw (holder)   decide (reviewer)
///     Filed         Filed            Withdrawn           UnderReview, Asked, Included, Declined
///     UnderReview   Filed            Withdrawn           Asked, Included, Declined
///     Asked         Filed            Withdrawn           UnderReview, Included, Declined
///     Included      -                Withdrawn           Asked, Declined, Settled
///     Declined      -                -                   -
///     Settled       -                -                   -
///     Withdrawn     -                -                   -
contract ClaimRegister is MunicipalRoles, IClaimRegister {
    /// @dev One slot and one for the commitment. The municipality is the prefix of the id; 40 bits of seconds last
    /// until the year 36812.
    struct Claim {
        address holder;
        ClaimStatus status;
        uint40 filedAt;
        uint40 changedAt;
        bytes32 commitment;
    }

    /// @notice May file claims, and be given one.
    bytes32 public constant CREDITOR = keccak256("CREDITOR");
    /// @notice May decide on every claim of its municipality. Danger: what it declines can be filed anew, what it
    /// settles looks paid.
    bytes32 public constant REVIEWER = keccak256("REVIEWER");

    mapping(bytes32 claimId => Claim claim) private _claims;
    mapping(address creditor => bytes32 key) private _encryptionKeys;
    /// @dev In how many municipalities an account is a creditor; its key is not bound to one of them.
    mapping(address account => uint256 count) private _creditorships;

    /// @param instanceId_ random id of this deployment, not zero
    constructor(bytes32 instanceId_) MunicipalRoles(instanceId_) {}

    /// @inheritdoc IClaimRegister
    function fileClaim(bytes32 claimId, uint16 municipality, bytes32 commitment) external override {
        _checkMayAct(CREDITOR, municipality);
        if (uint256(claimId) >> 240 != municipality) revert ForeignPrefix(claimId, municipality);
        if (commitment == bytes32(0)) revert ZeroCommitment(claimId);
        Claim storage filed = _claims[claimId];
        ClaimStatus status = filed.status;
        if (_isOpen(status)) revert ClaimStillOpen(claimId, status);
        uint40 time = uint40(block.timestamp);
        filed.holder = msg.sender;
        filed.status = ClaimStatus.Filed;
        filed.filedAt = time;
        filed.changedAt = time;
        filed.commitment = commitment;
        emit ClaimFiled(claimId, municipality, msg.sender, commitment);
    }

    /// @inheritdoc IClaimRegister
    function amendClaim(bytes32 claimId, bytes32 previousCommitment, bytes32 newCommitment) external override {
        Claim storage current = _heldClaim(claimId);
        _checkMayAct(CREDITOR, _prefixOf(claimId));
        ClaimStatus status = current.status;
        if (!_isUndecided(status)) revert StatusStepNotAllowed(claimId, status, ClaimStatus.Filed);
        if (newCommitment == bytes32(0)) revert ZeroCommitment(claimId);
        bytes32 commitment = current.commitment;
        if (commitment != previousCommitment) revert StaleCommitment(claimId, previousCommitment, commitment);
        if (newCommitment == commitment) revert CommitmentUnchanged(claimId, commitment);
        current.commitment = newCommitment;
        _changeStatus(current, ClaimStatus.Filed);
        emit ClaimAmended(claimId, previousCommitment, newCommitment);
    }

    /// @inheritdoc IClaimRegister
    function handOverClaim(bytes32 claimId, address newHolder) external override {
        Claim storage current = _heldClaim(claimId);
        uint16 municipality = _prefixOf(claimId);
        _checkMayAct(CREDITOR, municipality);
        ClaimStatus status = current.status;
        if (!_isOpen(status)) revert ClaimNotOpen(claimId, status);
        if (newHolder == msg.sender) revert AlreadyClaimHolder(claimId, newHolder);
        if (!hasRole(roleOf(CREDITOR, municipality), newHolder)) revert NotACreditorOf(newHolder, municipality);
        current.holder = newHolder;
        current.changedAt = uint40(block.timestamp);
        emit ClaimHandedOver(claimId, msg.sender, newHolder);
    }

    /// @inheritdoc IClaimRegister
    /// @dev Needs no role: who is no creditor any more may still take its claims back.
    function withdrawClaim(bytes32 claimId) external override {
        Claim storage current = _heldClaim(claimId);
        ClaimStatus status = current.status;
        if (!_isOpen(status)) revert StatusStepNotAllowed(claimId, status, ClaimStatus.Withdrawn);
        _changeStatus(current, ClaimStatus.Withdrawn);
        emit ClaimWithdrawn(claimId);
    }

    /// @inheritdoc IClaimRegister
    function decideClaim(bytes32 claimId, ClaimStatus status, bytes32 decision) external override {
        _checkMayAct(REVIEWER, _prefixOf(claimId));
        Claim storage current = _claims[claimId];
        ClaimStatus from = current.status;
        if (from == ClaimStatus.None) revert UnknownClaim(claimId);
        if (!_mayDecide(from, status)) revert StatusStepNotAllowed(claimId, from, status);
        if (decision == bytes32(0)) revert ZeroDecision(claimId);
        _changeStatus(current, status);
        emit ClaimDecided(claimId, status, current.commitment, decision);
    }

    /// @inheritdoc IClaimRegister
    function setEncryptionKey(bytes32 key) external override {
        if (_creditorships[msg.sender] == 0) revert NotACreditor(msg.sender);
        if (key == bytes32(0)) revert ZeroEncryptionKey(msg.sender);
        if (key == _encryptionKeys[msg.sender]) revert EncryptionKeyUnchanged(msg.sender);
        _encryptionKeys[msg.sender] = key;
        emit EncryptionKeyChanged(msg.sender, key);
    }

    /// @inheritdoc IClaimRegister
    function encryptionKeyOf(address creditor) external view override returns (bytes32) {
        return _encryptionKeys[creditor];
    }

    /// @inheritdoc IClaimRegister
    function claim(
        bytes32 claimId
    )
        external
        view
        override
        returns (
            address holder,
            uint16 municipality,
            ClaimStatus status,
            uint64 filedAt,
            uint64 changedAt,
            bytes32 commitment
        )
    {
        Claim storage current = _claims[claimId];
        status = current.status;
        if (status != ClaimStatus.None) municipality = _prefixOf(claimId);
        return (current.holder, municipality, status, current.filedAt, current.changedAt, current.commitment);
    }

    /// @dev Keeps the number of municipalities where an account is a creditor.
    function _grantRole(bytes32 role, address account) internal override returns (bool granted) {
        granted = super._grantRole(role, account);
        if (granted && verbOf(role) == CREDITOR) ++_creditorships[account];
    }

    /// @dev Keeps the number of municipalities where an account is a creditor.
    function _revokeRole(bytes32 role, address account) internal override returns (bool revoked) {
        revoked = super._revokeRole(role, account);
        if (revoked && verbOf(role) == CREDITOR) --_creditorships[account];
    }

    /// @inheritdoc MunicipalRoles
    function _municipalVerbs() internal pure override returns (bytes32[] memory verbs) {
        verbs = new bytes32[](2);
        (verbs[0], verbs[1]) = (CREDITOR, REVIEWER);
    }

    function _changeStatus(Claim storage current, ClaimStatus status) private {
        current.status = status;
        current.changedAt = uint40(block.timestamp);
    }

    /// @dev The claim, when there is one and the caller holds it.
    function _heldClaim(bytes32 claimId) private view returns (Claim storage current) {
        current = _claims[claimId];
        if (current.status == ClaimStatus.None) revert UnknownClaim(claimId);
        if (current.holder != msg.sender) revert NotClaimHolder(claimId, msg.sender);
    }

    /// @dev Open is Filed up to and including Included.
    function _isOpen(ClaimStatus status) private pure returns (bool) {
        return status >= ClaimStatus.Filed && status <= ClaimStatus.Included;
    }

    /// @dev Undecided is open, but not Included.
    function _isUndecided(ClaimStatus status) private pure returns (bool) {
        return _isOpen(status) && status != ClaimStatus.Included;
    }

    /// @dev The last column of the table above.
    function _mayDecide(ClaimStatus from, ClaimStatus to) private pure returns (bool) {
        if (from == to) return false;
        if (_isUndecided(from)) {
            return to >= ClaimStatus.UnderReview && to <= ClaimStatus.Declined;
        }
        if (from == ClaimStatus.Included) {
            return to == ClaimStatus.Asked || to == ClaimStatus.Declined || to == ClaimStatus.Settled;
        }
        return false;
    }
}
