// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IEnrolmentRegistry} from "contracts/interfaces/IEnrolmentRegistry.sol";
import {IMunicipalRoles} from "contracts/interfaces/IMunicipalRoles.sol";

import {Cast} from "../model/Cast.sol";
import {Dice} from "../model/Dice.sol";
import {EnrolmentModel} from "../model/EnrolmentModel.sol";

/// @notice Enrols tags and ends enrolments.
/// @dev A batch is made first, sound or with one fault, and judged afterwards by what the model holds.
abstract contract TagSteps is EnrolmentModel {
    uint256 private constant _TAGS_OF_AN_EPOCH = 4;

    function enrol(uint256 seed) external {
        Dice memory dice = Dice(seed);
        uint16 municipality = Cast.anyMunicipality(dice);
        uint32 epoch = _epochToFill(dice, municipality);
        bytes32[] memory tags = _anyBatch(dice, municipality, epoch, false);
        address actor = _actorFor(dice, address(registry), Cast.REGISTRAR, municipality);
        bytes memory refusal = roles.refusal(address(registry), Cast.REGISTRAR, municipality, actor);
        if (refusal.length == 0) refusal = _epochRefusal(municipality, epoch);
        if (refusal.length == 0) refusal = _batchRefusal(municipality, epoch, tags, true);
        bytes32 signature = IEnrolmentRegistry.TagsEnrolled.selector;
        bytes32 logs = _log(0, _topics(signature, _word(municipality), _word(epoch)), abi.encode(tags));
        bytes memory data = abi.encodeCall(registry.enrol, (municipality, epoch, tags));
        bool done = _act(Attempt(address(registry), actor, municipality, data, refusal, logs));
        _settle(tags, done, true);
    }

    function endEnrolment(uint256 seed) external {
        Dice memory dice = Dice(seed);
        uint16 municipality = Cast.anyMunicipality(dice);
        uint32 epoch = _epochToEmpty(dice, municipality);
        bytes32[] memory tags = _anyBatch(dice, municipality, epoch, true);
        address actor = _actorFor(dice, address(registry), Cast.REGISTRAR, municipality);
        bytes memory refusal = roles.refusal(address(registry), Cast.REGISTRAR, municipality, actor);
        if (refusal.length == 0) refusal = _batchRefusal(municipality, 0, tags, false);
        bytes32 signature = IEnrolmentRegistry.EnrolmentsEnded.selector;
        bytes32 logs = _log(0, _topics(signature, _word(municipality)), abi.encode(tags));
        bytes memory data = abi.encodeCall(registry.endEnrolment, (municipality, tags));
        bool done = _act(Attempt(address(registry), actor, municipality, data, refusal, logs));
        _settle(tags, done, false);
    }

    function _settle(bytes32[] memory tags, bool done, bool enrolling) private {
        for (uint256 i = 0; i < tags.length; ++i) {
            _touch(tags[i]);
            if (done) enrolled[tags[i]] = enrolling;
        }
    }

    function _epochToFill(Dice memory dice, uint16 municipality) private view returns (uint32) {
        Epochs memory present = epochs[municipality];
        uint32[] memory known = announcedEpochs[municipality];
        if (known.length != 0 && dice.chance(90)) {
            uint32 epoch = known[dice.roll(known.length)];
            return epoch < present.oldest ? present.current : epoch;
        }
        return present.oldest + uint32(dice.roll(4)) - (present.oldest == 0 ? 0 : 1);
    }

    /// @dev That of a tag that was named before, retired ones included; mostly of one that is enrolled.
    function _epochToEmpty(Dice memory dice, uint16 municipality) private view returns (uint32) {
        bytes32[] memory tags = touchedTags[municipality];
        if (tags.length == 0) return epochs[municipality].current;
        bytes32 tag = tags[dice.roll(tags.length)];
        for (uint256 i = 0; i < 8 && !enrolled[tag]; ++i) tag = tags[dice.roll(tags.length)];
        return _epochOf(tag);
    }

    /// @dev Tags of the pool that are enrolled or not, in ascending order, with a fault in two of ten batches.
    function _anyBatch(
        Dice memory dice,
        uint16 municipality,
        uint32 epoch,
        bool present
    ) private view returns (bytes32[] memory tags) {
        tags = new bytes32[](_TAGS_OF_AN_EPOCH);
        uint256 length = 0;
        for (uint256 i = 0; i < _TAGS_OF_AN_EPOCH; ++i) {
            bytes32 tag = _tag(municipality, epoch, i + 1);
            if (enrolled[tag] == present && dice.chance(60)) tags[length++] = tag;
        }
        if (length == 0) tags[length++] = _tag(municipality, epoch, 1 + dice.roll(_TAGS_OF_AN_EPOCH));
        if (dice.chance(20)) length = _spoil(dice, tags, length);
        assembly ("memory-safe") {
            mstore(tags, length)
        }
    }

    function _spoil(Dice memory dice, bytes32[] memory tags, uint256 length) private pure returns (uint256) {
        uint256 fault = dice.roll(6);
        uint256 place = dice.roll(length);
        bytes32 tag = tags[place];
        if (fault == 0) return 0;
        if (fault == 1) tags[place] = 0;
        if (fault == 2) {
            tags[place] = _tag(Cast.prefixOf(tag) == Cast.FIRST ? Cast.SECOND : Cast.FIRST, _epochOf(tag), 1);
        }
        if (fault == 3) tags[place] = _tag(Cast.prefixOf(tag), _epochOf(tag) + 1, 1);
        if (fault == 4) tags[place] = _tag(Cast.prefixOf(tag), _epochOf(tag), 1 + dice.roll(_TAGS_OF_AN_EPOCH));
        if (fault == 5 && length < tags.length) tags[length++] = tag;
        return length;
    }

    function _epochRefusal(uint16 municipality, uint32 epoch) private view returns (bytes memory refusal) {
        Epochs memory present = epochs[municipality];
        if (epoch < present.oldest || epoch > present.announced) {
            bytes4 selector = IEnrolmentRegistry.EpochOutOfRange.selector;
            return abi.encodeWithSelector(selector, municipality, epoch, present.oldest, present.announced);
        }
        if (!isAnnounced(municipality, epoch)) {
            return _error(IEnrolmentRegistry.EpochNotAnnounced.selector, municipality, epoch);
        }
    }

    function _batchRefusal(
        uint16 municipality,
        uint32 epoch,
        bytes32[] memory tags,
        bool enrolling
    ) private view returns (bytes memory refusal) {
        if (tags.length == 0) return abi.encodeWithSelector(IMunicipalRoles.EmptyBatch.selector);
        for (uint256 i = 0; i < tags.length; ++i) {
            bytes32 tag = tags[i];
            if (tag == 0) return abi.encodeWithSelector(IEnrolmentRegistry.ZeroTag.selector);
            if (Cast.prefixOf(tag) != municipality) {
                return abi.encodeWithSelector(IMunicipalRoles.ForeignPrefix.selector, tag, municipality);
            }
            if (enrolling && _epochOf(tag) != epoch) {
                return abi.encodeWithSelector(IEnrolmentRegistry.TagOfOtherEpoch.selector, tag, epoch);
            }
            bytes32 previous = i == 0 ? bytes32(0) : tags[i - 1];
            if (tag <= previous) {
                return abi.encodeWithSelector(IEnrolmentRegistry.TagsNotAscending.selector, previous, tag);
            }
            if (enrolled[tag] == enrolling) {
                bytes4 known = IEnrolmentRegistry.TagAlreadyEnrolled.selector;
                return abi.encodeWithSelector(enrolling ? known : IEnrolmentRegistry.TagNotEnrolled.selector, tag);
            }
        }
    }
}
