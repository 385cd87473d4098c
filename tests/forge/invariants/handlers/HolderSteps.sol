// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IClaimRegister} from "contracts/interfaces/IClaimRegister.sol";
import {IMunicipalRoles} from "contracts/interfaces/IMunicipalRoles.sol";

import {Cast} from "../model/Cast.sol";
import {ClaimModel} from "../model/ClaimModel.sol";
import {Dice} from "../model/Dice.sol";

/// @notice What a creditor does with its claims.
abstract contract HolderSteps is ClaimModel {
    function fileClaim(uint256 seed) external {
        Dice memory dice = Dice(seed);
        bytes32 id = _findClaim(dice, dice.chance(85) ? 0xe1 : 0x1e);
        uint16 municipality = dice.chance(90) ? Cast.prefixOf(id) : Cast.anyMunicipality(dice);
        bytes32 commitment = dice.chance(92) ? _anyCommitment(dice) : bytes32(0);
        address actor = _actorFor(dice, address(register), Cast.CREDITOR, municipality);
        bytes memory refusal = roles.refusal(address(register), Cast.CREDITOR, municipality, actor);
        if (refusal.length == 0) refusal = _filingRefusal(id, municipality, commitment);
        bytes32 signature = IClaimRegister.ClaimFiled.selector;
        bytes32[] memory topics = _topics(signature, id, _word(municipality), _word(actor));
        bytes32 logs = _log(0, topics, abi.encode(commitment));
        bytes memory data = abi.encodeCall(register.fileClaim, (id, municipality, commitment));
        if (!_actOn(id, Attempt(address(register), actor, municipality, data, refusal, logs))) return;
        claims[id] = Claim(actor, IClaimRegister.ClaimStatus.Filed, time, time, commitment);
    }

    /// @dev Less often one that closes a claim: most of the table is about open ones.
    function changeClaim(uint256 seed) external {
        Dice memory dice = Dice(seed);
        uint256 kind = dice.roll(10);
        if (kind < 4) _amendClaim(dice);
        else if (kind < 8) _handOverClaim(dice);
        else _withdrawClaim(dice);
    }

    function changeEncryptionKey(uint256 seed) external {
        Dice memory dice = Dice(seed);
        address actor = _actorFor(dice, address(register), Cast.CREDITOR, Cast.anyMunicipality(dice));
        uint256 choice = dice.roll(5);
        bytes32 key = choice == 0 ? bytes32(0) : keccak256(abi.encode("encryption key", choice));
        bytes memory refusal = _keyRefusal(actor, key);
        bytes32 signature = IClaimRegister.EncryptionKeyChanged.selector;
        bytes32 logs = _log(0, _topics(signature, _word(actor)), abi.encode(key));
        bytes memory data = abi.encodeCall(register.setEncryptionKey, (key));
        if (_act(Attempt(address(register), actor, 0, data, refusal, logs))) encryptionKeys[actor] = key;
    }

    function _amendClaim(Dice memory dice) private {
        bytes32 id = _anyClaim(dice, 90);
        Claim storage present = claims[id];
        bytes32 previous = dice.chance(85) ? present.commitment : _anyCommitment(dice);
        bytes32 next = dice.chance(90) ? _anyCommitment(dice) : bytes32(0);
        address actor = _anyHolder(dice, id);
        bytes memory refusal = _holderRefusal(id, actor, true);
        if (refusal.length == 0) refusal = _amendmentRefusal(id, previous, next);
        bytes32 signature = IClaimRegister.ClaimAmended.selector;
        bytes32 logs = _log(0, _topics(signature, id), abi.encode(previous, next));
        bytes memory data = abi.encodeCall(register.amendClaim, (id, previous, next));
        if (!_actOn(id, Attempt(address(register), actor, Cast.prefixOf(id), data, refusal, logs))) return;
        (present.commitment, present.status, present.changedAt) = (next, IClaimRegister.ClaimStatus.Filed, time);
    }

    function _handOverClaim(Dice memory dice) private {
        bytes32 id = _anyClaim(dice, 75);
        address actor = _anyHolder(dice, id);
        address receiver = _actorFor(dice, address(register), Cast.CREDITOR, Cast.prefixOf(id));
        for (uint256 i = 0; i < 3 && receiver == actor; ++i) {
            receiver = _actorFor(dice, address(register), Cast.CREDITOR, Cast.prefixOf(id));
        }
        bytes memory refusal = _holderRefusal(id, actor, true);
        if (refusal.length == 0) refusal = _handOverRefusal(id, actor, receiver);
        bytes32 signature = IClaimRegister.ClaimHandedOver.selector;
        bytes32 logs = _log(0, _topics(signature, id, _word(actor), _word(receiver)), "");
        bytes memory data = abi.encodeCall(register.handOverClaim, (id, receiver));
        if (!_actOn(id, Attempt(address(register), actor, Cast.prefixOf(id), data, refusal, logs))) return;
        (claims[id].holder, claims[id].changedAt) = (receiver, time);
    }

    function _withdrawClaim(Dice memory dice) private {
        bytes32 id = _anyClaim(dice, 80);
        address actor = _anyHolder(dice, id);
        bytes memory refusal = _holderRefusal(id, actor, false);
        if (refusal.length == 0 && !_isOpen(id)) {
            refusal = _stepRefusal(id, IClaimRegister.ClaimStatus.Withdrawn);
        }
        bytes32 logs = _log(0, _topics(IClaimRegister.ClaimWithdrawn.selector, id), "");
        bytes memory data = abi.encodeCall(register.withdrawClaim, (id));
        if (!_actOn(id, Attempt(address(register), actor, Cast.prefixOf(id), data, refusal, logs))) return;
        (claims[id].status, claims[id].changedAt) = (IClaimRegister.ClaimStatus.Withdrawn, time);
    }

    /// @dev Acts, and keeps what the register itself says of the claim before and after.
    function _actOn(bytes32 id, Attempt memory attempt) internal returns (bool done) {
        vm.warp(time);
        (address oldHolder, , IClaimRegister.ClaimStatus from, , , ) = register.claim(id);
        done = _act(attempt);
        (address holder, uint16 municipality, IClaimRegister.ClaimStatus to, , , ) = register.claim(id);
        bool isFiling = bytes4(attempt.data) == IClaimRegister.fileClaim.selector;
        if (from != to) moves[uint256(from)] |= 1 << uint256(to);
        if ((holder != oldHolder || (done && isFiling)) && municipality != 0) {
            bool entitled = register.hasRole(Cast.roleOf(Cast.CREDITOR, municipality), holder);
            entitledHolder[id] = entitled ? holder : address(0);
        }
    }

    /// @dev A claim to do something with: mostly an open one, less often one that is closed or was never filed.
    function _anyClaim(Dice memory dice, uint256 percentOpen) internal view returns (bytes32) {
        if (dice.chance(percentOpen)) return _findClaim(dice, 0x1e);
        return _findClaim(dice, dice.chance(70) ? 0xe0 : 0x01);
    }

    /// @dev One whose status is of the set, where there is one; else just any.
    function _findClaim(Dice memory dice, uint256 statuses) private view returns (bytes32) {
        uint16 municipality = Cast.anyMunicipality(dice);
        uint256 number = dice.roll(CLAIMS);
        for (uint256 i = 0; i < 3 * CLAIMS; ++i) {
            if (i == CLAIMS) municipality = municipality == Cast.FIRST ? Cast.SECOND : Cast.FIRST;
            if (i == 2 * CLAIMS) municipality = Cast.THIRD;
            bytes32 id = claimId(municipality, (number + i) % CLAIMS);
            if (statuses & (1 << uint256(claims[id].status)) != 0) return id;
        }
        return claimId(Cast.FIRST, number);
    }

    function _stepRefusal(bytes32 id, IClaimRegister.ClaimStatus to) internal view returns (bytes memory) {
        bytes4 selector = IClaimRegister.StatusStepNotAllowed.selector;
        return abi.encodeWithSelector(selector, id, claims[id].status, to);
    }

    function _anyHolder(Dice memory dice, bytes32 id) private view returns (address) {
        address holder = claims[id].holder;
        return holder == address(0) || !dice.chance(92) ? Cast.anyActor(dice) : holder;
    }

    function _filingRefusal(
        bytes32 id,
        uint16 municipality,
        bytes32 commitment
    ) private view returns (bytes memory refusal) {
        if (Cast.prefixOf(id) != municipality) {
            return abi.encodeWithSelector(IMunicipalRoles.ForeignPrefix.selector, id, municipality);
        }
        if (commitment == 0) return abi.encodeWithSelector(IClaimRegister.ZeroCommitment.selector, id);
        if (_isOpen(id)) {
            return abi.encodeWithSelector(IClaimRegister.ClaimStillOpen.selector, id, claims[id].status);
        }
    }

    function _holderRefusal(bytes32 id, address actor, bool asCreditor) private view returns (bytes memory) {
        if (claims[id].status == IClaimRegister.ClaimStatus.None) {
            return abi.encodeWithSelector(IClaimRegister.UnknownClaim.selector, id);
        }
        if (claims[id].holder != actor) {
            return abi.encodeWithSelector(IClaimRegister.NotClaimHolder.selector, id, actor);
        }
        if (!asCreditor) return "";
        return roles.refusal(address(register), Cast.CREDITOR, Cast.prefixOf(id), actor);
    }

    function _amendmentRefusal(bytes32 id, bytes32 previous, bytes32 next) private view returns (bytes memory refusal) {
        uint256 status = uint256(claims[id].status);
        bytes32 commitment = claims[id].commitment;
        if (status == 0 || status > 3) return _stepRefusal(id, IClaimRegister.ClaimStatus.Filed);
        if (next == 0) return abi.encodeWithSelector(IClaimRegister.ZeroCommitment.selector, id);
        if (previous != commitment) {
            return abi.encodeWithSelector(IClaimRegister.StaleCommitment.selector, id, previous, commitment);
        }
        if (next == commitment) {
            return abi.encodeWithSelector(IClaimRegister.CommitmentUnchanged.selector, id, commitment);
        }
    }

    function _handOverRefusal(bytes32 id, address actor, address receiver) private view returns (bytes memory refusal) {
        if (!_isOpen(id)) {
            return abi.encodeWithSelector(IClaimRegister.ClaimNotOpen.selector, id, claims[id].status);
        }
        if (receiver == actor) {
            return abi.encodeWithSelector(IClaimRegister.AlreadyClaimHolder.selector, id, receiver);
        }
        uint16 municipality = Cast.prefixOf(id);
        if (!roles.has(address(register), Cast.roleOf(Cast.CREDITOR, municipality), receiver)) {
            return abi.encodeWithSelector(IClaimRegister.NotACreditorOf.selector, receiver, municipality);
        }
    }

    function _keyRefusal(address actor, bytes32 key) private view returns (bytes memory refusal) {
        if (!_isCreditorAnywhere(actor)) {
            return abi.encodeWithSelector(IClaimRegister.NotACreditor.selector, actor);
        }
        if (key == 0) return abi.encodeWithSelector(IClaimRegister.ZeroEncryptionKey.selector, actor);
        if (key == encryptionKeys[actor]) {
            return abi.encodeWithSelector(IClaimRegister.EncryptionKeyUnchanged.selector, actor);
        }
    }

    function _anyCommitment(Dice memory dice) private pure returns (bytes32) {
        return keccak256(abi.encode("contents", dice.roll(6)));
    }
}
