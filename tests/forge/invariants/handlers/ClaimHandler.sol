// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {ClaimRegister} from "contracts/ClaimRegister.sol";
import {IClaimRegister} from "contracts/interfaces/IClaimRegister.sol";

import {Cast} from "../model/Cast.sol";
import {ClaimModel} from "../model/ClaimModel.sol";
import {Dice} from "../model/Dice.sol";
import {RoleModel} from "../model/RoleModel.sol";
import {HolderSteps} from "./HolderSteps.sol";

/// @notice Everything that can be done with the register but for roles: the holders' steps, the reviewers', and time.
contract ClaimHandler is HolderSteps {
    constructor(ClaimRegister register_, RoleModel roles_, bool watched) ClaimModel(register_, roles_, watched) {}

    function decideClaim(uint256 seed) external {
        Dice memory dice = Dice(seed);
        bytes32 id = _anyClaim(dice, 90);
        Claim storage present = claims[id];
        IClaimRegister.ClaimStatus status = _anyStatus(dice, uint256(present.status));
        bytes32 decision = dice.chance(92) ? keccak256(abi.encode(dice.seed)) : bytes32(0);
        uint16 municipality = Cast.prefixOf(id);
        address actor = _actorFor(dice, address(register), Cast.REVIEWER, municipality);
        bytes memory refusal = roles.refusal(address(register), Cast.REVIEWER, municipality, actor);
        if (refusal.length == 0) refusal = _decisionRefusal(id, status, decision);
        bytes32[] memory topics = _topics(IClaimRegister.ClaimDecided.selector, id, _word(uint256(status)));
        bytes32 logs = _log(0, topics, abi.encode(present.commitment, decision));
        bytes memory data = abi.encodeCall(register.decideClaim, (id, status, decision));
        if (!_actOn(id, Attempt(address(register), actor, municipality, data, refusal, logs))) return;
        (present.status, present.changedAt) = (status, time);
    }

    /// @notice Time passes, up to about three months; the other steps do not move it.
    function passTime(uint256 seed) external {
        time += uint64(Dice(seed).roll(90 days));
        vm.warp(time);
    }

    /// @dev Mostly one that the table allows, less often one that closes the claim.
    function _anyStatus(Dice memory dice, uint256 from) private pure returns (IClaimRegister.ClaimStatus) {
        uint256 status = dice.roll(8);
        uint256 allowed = _decisions(from);
        if (allowed == 0 || !dice.chance(80)) return IClaimRegister.ClaimStatus(status);
        if (dice.chance(50) && allowed & ~uint256(1 << 5) != 0) allowed &= ~uint256(1 << 5);
        while (allowed & (1 << status) == 0) status = dice.roll(8);
        return IClaimRegister.ClaimStatus(status);
    }

    function _decisionRefusal(
        bytes32 id,
        IClaimRegister.ClaimStatus status,
        bytes32 decision
    ) private view returns (bytes memory refusal) {
        IClaimRegister.ClaimStatus from = claims[id].status;
        if (from == IClaimRegister.ClaimStatus.None) {
            return abi.encodeWithSelector(IClaimRegister.UnknownClaim.selector, id);
        }
        if (_decisions(uint256(from)) & (1 << uint256(status)) == 0) return _stepRefusal(id, status);
        if (decision == 0) return abi.encodeWithSelector(IClaimRegister.ZeroDecision.selector, id);
    }
}
