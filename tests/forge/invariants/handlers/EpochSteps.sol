// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IEnrolmentRegistry} from "contracts/interfaces/IEnrolmentRegistry.sol";

import {Cast} from "../model/Cast.sol";
import {Dice} from "../model/Dice.sol";
import {EnrolmentModel} from "../model/EnrolmentModel.sol";

/// @notice Announces, opens and retires epochs.
abstract contract EpochSteps is EnrolmentModel {
    /// @notice What the registry itself answered before the last of these steps; epochs must never go below it.
    mapping(uint16 municipality => Epochs) private _before;

    /// @dev Opening and retiring come up more often where there is something to open or retire.
    function changeEpochs(uint256 seed) external {
        Dice memory dice = Dice(seed);
        uint16 municipality = Cast.anyMunicipality(dice);
        address actor = _actorFor(dice, address(registry), Cast.EPOCH_KEEPER, municipality);
        Epochs memory before;
        (before.current, before.oldest, before.announced, , , , ) = registry.municipality(municipality);
        _before[municipality] = before;
        if (dice.chance(before.current < before.announced ? 50 : 10)) _open(dice, municipality, actor);
        else if (dice.chance(before.oldest < before.current ? 50 : 10)) _retire(dice, municipality, actor);
        else _announceNext(dice, municipality, actor);
    }

    function epochsBefore(uint16 municipality) external view returns (Epochs memory) {
        return _before[municipality];
    }

    function _announceNext(Dice memory dice, uint16 municipality, address actor) private {
        uint32 last = epochs[municipality].announced;
        uint32 epoch = dice.chance(80) ? last + 1 + uint32(dice.roll(2)) : _notAbove(dice, last);
        bytes32[2] memory keys = _anyKeys(dice);
        bytes memory refusal = roles.refusal(address(registry), Cast.EPOCH_KEEPER, municipality, actor);
        if (refusal.length == 0) refusal = _announcementRefusal(municipality, epoch, keys);
        bytes32 signature = IEnrolmentRegistry.EpochAnnounced.selector;
        bytes32 logs = _log(0, _topics(signature, _word(municipality), _word(epoch)), abi.encode(keys));
        bytes memory data = abi.encodeCall(registry.announceEpoch, (municipality, epoch, keys));
        if (_act(Attempt(address(registry), actor, municipality, data, refusal, logs))) {
            _announce(municipality, epoch, keys);
        }
    }

    function _open(Dice memory dice, uint16 municipality, address actor) private {
        uint32 epoch = _anyEpoch(dice, municipality);
        uint32 current = epochs[municipality].current;
        bytes memory refusal = roles.refusal(address(registry), Cast.EPOCH_KEEPER, municipality, actor);
        if (refusal.length == 0 && epoch <= current) refusal = _notAscending(municipality, epoch, current);
        if (refusal.length == 0 && !isAnnounced(municipality, epoch)) {
            refusal = _error(IEnrolmentRegistry.EpochNotAnnounced.selector, municipality, epoch);
        }
        bytes32 signature = IEnrolmentRegistry.EpochOpened.selector;
        bytes32 logs = _log(0, _topics(signature, _word(municipality), _word(epoch)), "");
        bytes memory data = abi.encodeCall(registry.openEpoch, (municipality, epoch));
        if (!_act(Attempt(address(registry), actor, municipality, data, refusal, logs))) return;
        if (current == 0) epochs[municipality].oldest = epoch;
        epochs[municipality].current = epoch;
    }

    function _retire(Dice memory dice, uint16 municipality, address actor) private {
        uint32 epoch = dice.chance(70) ? epochs[municipality].current : _anyEpoch(dice, municipality);
        bytes memory refusal = roles.refusal(address(registry), Cast.EPOCH_KEEPER, municipality, actor);
        if (refusal.length == 0) refusal = _retirementRefusal(municipality, epoch);
        bytes32 signature = IEnrolmentRegistry.EpochsRetiredBefore.selector;
        bytes32 logs = _log(0, _topics(signature, _word(municipality), _word(epoch)), "");
        bytes memory data = abi.encodeCall(registry.retireEpochsBefore, (municipality, epoch));
        if (_act(Attempt(address(registry), actor, municipality, data, refusal, logs))) {
            epochs[municipality].oldest = epoch;
        }
    }

    /// @dev One that was announced, mostly the last; else one beside the current one.
    function _anyEpoch(Dice memory dice, uint16 municipality) private view returns (uint32) {
        uint32[] memory known = announcedEpochs[municipality];
        if (known.length != 0 && dice.chance(60)) return known[known.length - 1];
        if (known.length != 0 && dice.chance(50)) return known[dice.roll(known.length)];
        return epochs[municipality].current + uint32(dice.roll(3));
    }

    function _announcementRefusal(
        uint16 municipality,
        uint32 epoch,
        bytes32[2] memory keys
    ) private view returns (bytes memory refusal) {
        uint32 last = epochs[municipality].announced;
        if (epoch <= last) return _notAscending(municipality, epoch, last);
        if (keys[0] == bytes32(0) || keys[1] == bytes32(0)) {
            return abi.encodeWithSelector(IEnrolmentRegistry.ZeroKey.selector, municipality);
        }
        if (keys[0] == keys[1]) {
            return abi.encodeWithSelector(IEnrolmentRegistry.EqualKeys.selector, municipality, keys[0]);
        }
    }

    function _retirementRefusal(uint16 municipality, uint32 epoch) private view returns (bytes memory refusal) {
        Epochs memory present = epochs[municipality];
        if (epoch <= present.oldest) return _notAscending(municipality, epoch, present.oldest);
        if (epoch > present.current) {
            return _error(IEnrolmentRegistry.EpochNotOpen.selector, municipality, epoch);
        }
        if (!isAnnounced(municipality, epoch)) {
            return _error(IEnrolmentRegistry.EpochNotAnnounced.selector, municipality, epoch);
        }
    }

    function _notAbove(Dice memory dice, uint32 last) private pure returns (uint32) {
        uint32 less = uint32(dice.roll(4));
        return less > last ? 0 : last - less;
    }

    function _anyKeys(Dice memory dice) private pure returns (bytes32[2] memory keys) {
        keys = [keccak256(abi.encode(dice.seed, "bsn")), keccak256(abi.encode(dice.seed, "nadb"))];
        uint256 fault = dice.roll(20);
        if (fault < 2) keys[fault] = 0;
        else if (fault < 4) keys[1] = keys[0];
    }

    function _notAscending(uint16 municipality, uint32 epoch, uint32 last) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IEnrolmentRegistry.EpochNotAscending.selector, municipality, epoch, last);
    }
}
