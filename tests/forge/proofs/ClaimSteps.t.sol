// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {ClaimRegister} from "contracts/ClaimRegister.sol";
import {IClaimRegister} from "contracts/interfaces/IClaimRegister.sol";

import {Proof} from "./Proof.sol";

/// @notice The steps of a claim, and who takes them.
contract ClaimSteps is Proof {
    struct Claim {
        address holder;
        uint16 municipality;
        IClaimRegister.ClaimStatus status;
        uint64 filedAt;
        uint64 changedAt;
        bytes32 commitment;
    }

    uint256 private constant _CLAIMS_SLOT = 3;

    ClaimRegister private _register;

    function setUp() public {
        _register = new ClaimRegister(keccak256("instance"));
        svm.enableSymbolicStorage(address(_register));
    }

    /// @dev What the other proofs assume of the word of a claim; it is 0 before the first filing.
    /// @custom:halmos --loop 8
    function check_Claims_StatusIsOneOfTheEight(address caller, bytes32 claimId) public {
        _assumeStatus(claimId);
        _callAnything(caller, address(_register), "ClaimRegister");
        assert(_isStatus(claimId));
    }

    /// @custom:halmos --loop 8
    function check_Claims_TakeOnlyTheStepsOfTheTable(address caller, bytes32 claimId) public {
        _assumeStatus(claimId);
        Claim memory before = _claim(claimId);
        bool reviewer = _has(_register, REVIEWER, _prefix(claimId), caller);
        bool creditor = _has(_register, CREDITOR, _prefix(claimId), caller);

        _callAnything(caller, address(_register), "ClaimRegister");

        uint256 to = uint256(_claim(claimId).status);
        uint256 from = uint256(before.status);
        bool held = before.holder == caller;
        bool decided = _all(reviewer, _isSet(_decisions(from), to));
        bool moved = _all(held, _isSet(_holderSteps(from), to));
        bool filed = _all(creditor, _all(_isFree(from), to == uint256(IClaimRegister.ClaimStatus.Filed)));
        assert(_any(from == to, _any(decided, _any(moved, filed))));
    }

    /// @dev The contents change by the holder's amendment or by a new filing, and never to nothing.
    /// @custom:halmos --loop 8
    function check_Claims_ContentsChangeOnlyByTheirHolder(address caller, bytes32 claimId) public {
        _assumeStatus(claimId);
        Claim memory before = _claim(claimId);
        bool creditor = _has(_register, CREDITOR, _prefix(claimId), caller);

        _callAnything(caller, address(_register), "ClaimRegister");

        Claim memory present = _claim(claimId);
        uint256 from = uint256(before.status);
        bool allowed = _any(_isFree(from), _all(before.holder == caller, _isUndecided(from)));
        allowed = _all(allowed, present.status == IClaimRegister.ClaimStatus.Filed);
        allowed = _all(allowed, _all(present.holder == caller, present.commitment != bytes32(0)));
        assert(_any(present.commitment == before.commitment, _all(allowed, creditor)));
        assert(_any(present.filedAt == before.filedAt, _all(creditor, _isFree(from))));
    }

    /// @dev A claim gets another holder when its id is free, or from the holder to a creditor of the same municipality.
    /// @custom:halmos --loop 8
    function check_Claims_HolderChangesOnlyByFilingOrByTheHolder(address caller, bytes32 claimId) public {
        _assumeStatus(claimId);
        Claim memory before = _claim(claimId);
        bool creditor = _has(_register, CREDITOR, _prefix(claimId), caller);

        _callAnything(caller, address(_register), "ClaimRegister");

        Claim memory present = _claim(claimId);
        uint256 from = uint256(before.status);
        bool filed = _all(_isFree(from), present.holder == caller);
        bool handed = _all(_isOpen(from), _all(before.holder == caller, present.status == before.status));
        handed = _all(handed, _has(_register, CREDITOR, _prefix(claimId), present.holder));
        assert(_any(present.holder == before.holder, _all(creditor, _any(filed, handed))));
    }

    /// @dev Nothing of a claim moves without one of the three who may touch it, and the time of the change is kept.
    /// @custom:halmos --loop 8
    function check_Claims_OnlyHolderReviewerOrCreditorTouchThem(address caller, bytes32 claimId) public {
        _assumeStatus(claimId);
        Claim memory before = _claim(claimId);
        bool allowed = _any(
            _has(_register, REVIEWER, _prefix(claimId), caller),
            _any(
                before.holder == caller,
                _all(_has(_register, CREDITOR, _prefix(claimId), caller), _isFree(uint256(before.status)))
            )
        );
        (bytes32 word, bytes32 commitment) = _words(claimId);

        _callAnything(caller, address(_register), "ClaimRegister");

        (bytes32 newWord, bytes32 newCommitment) = _words(claimId);
        bool unchanged = _all(newWord == word, newCommitment == commitment);
        assert(_any(unchanged, _all(allowed, uint256(_claim(claimId).changedAt) == block.timestamp)));
    }

    /// @dev Kept by every call, as check_Claims_StatusIsOneOfTheEight shows.
    function _assumeStatus(bytes32 claimId) private view {
        vm.assume(_isStatus(claimId));
    }

    function _isStatus(bytes32 claimId) private view returns (bool) {
        (bytes32 word, ) = _words(claimId);
        return uint8(uint256(word) >> 160) <= uint8(type(IClaimRegister.ClaimStatus).max);
    }

    function _words(bytes32 claimId) private view returns (bytes32 word, bytes32 commitment) {
        uint256 slot = uint256(keccak256(abi.encode(claimId, _CLAIMS_SLOT)));
        return (vm.load(address(_register), bytes32(slot)), vm.load(address(_register), bytes32(slot + 1)));
    }

    function _claim(bytes32 claimId) private view returns (Claim memory found) {
        (found.holder, found.municipality, found.status, found.filedAt, found.changedAt, found.commitment) = _register
            .claim(claimId);
    }

    /// @dev The last column of the table in ClaimRegister.sol: bit n of row m is the step from m to n.
    function _decisions(uint256 from) private pure returns (uint256 steps) {
        steps |= uint256(_when(from == 1, bytes32(uint256(0x3c)))); // Filed: UnderReview, Asked, Included, Declined
        steps |= uint256(_when(from == 2, bytes32(uint256(0x38)))); // UnderReview: Asked, Included, Declined
        steps |= uint256(_when(from == 3, bytes32(uint256(0x34)))); // Asked: UnderReview, Included, Declined
        steps |= uint256(_when(from == 4, bytes32(uint256(0x68)))); // Included: Asked, Declined, Settled
    }

    /// @dev The two columns of the holder.
    function _holderSteps(uint256 from) private pure returns (uint256 steps) {
        steps |= uint256(_when(_isUndecided(from), bytes32(uint256(0x82)))); // Filed, Withdrawn
        steps |= uint256(_when(from == 4, bytes32(uint256(0x80)))); // Withdrawn
    }

    function _isSet(uint256 steps, uint256 to) private pure returns (bool) {
        return (steps >> to) & 1 == 1;
    }

    function _isUndecided(uint256 status) private pure returns (bool) {
        return _all(status >= 1, status <= 3);
    }

    function _isOpen(uint256 status) private pure returns (bool) {
        return _all(status >= 1, status <= 4);
    }

    function _isFree(uint256 status) private pure returns (bool) {
        return !_isOpen(status);
    }
}
