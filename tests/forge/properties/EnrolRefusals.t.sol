// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IEnrolmentRegistry} from "contracts/interfaces/IEnrolmentRegistry.sol";
import {IMunicipalRoles} from "contracts/interfaces/IMunicipalRoles.sol";

import {EnrolledTags} from "./EnrolledTags.sol";

/// @notice One wrong tag, wherever it stands, refuses the whole batch for its own reason.
contract EnrolRefusalProperties is EnrolledTags {
    function testFuzz_Enrol_RefusesTwoOutOfOrderAnywhere(bytes32 seed, uint256 length, uint256 position) external {
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 2, 30));
        uint256 at = _within(position, 0, tags.length - 2);
        (tags[at], tags[at + 1]) = (tags[at + 1], tags[at]);

        bytes32 reported = tags[at + 1];
        _refuseEnrol(tags, abi.encodeWithSelector(IEnrolmentRegistry.TagsNotAscending.selector, tags[at], reported));
    }

    function testFuzz_Enrol_RefusesATagTwice(bytes32 seed, uint256 length, uint256 position) external {
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 2, 30));
        uint256 at = _within(position, 1, tags.length - 1);
        tags[at] = tags[at - 1];

        _refuseEnrol(tags, abi.encodeWithSelector(IEnrolmentRegistry.TagsNotAscending.selector, tags[at], tags[at]));
    }

    function testFuzz_Enrol_RefusesATagOfAnotherMunicipalityAnywhere(
        bytes32 seed,
        uint256 length,
        uint256 position,
        uint16 code
    ) external {
        vm.assume(code != MUNICIPALITY);
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 1, 30));
        uint256 at = _within(position, 0, tags.length - 1);
        bytes32 right = tags[at];
        tags[at] = _tag(code, EPOCH, uint208(uint256(right)));

        bytes memory reason = abi.encodeWithSelector(IMunicipalRoles.ForeignPrefix.selector, tags[at], MUNICIPALITY);
        _refuse(tags, reason);
        tags[at] = right;
        _checkAll(tags, false, "refused as a whole");
    }

    function testFuzz_Enrol_RefusesATagOfAnotherEpochAnywhere(
        bytes32 seed,
        uint256 length,
        uint256 position,
        uint32 epoch
    ) external {
        vm.assume(epoch != EPOCH);
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 1, 30));
        uint256 at = _within(position, 0, tags.length - 1);
        bytes32 right = tags[at];
        tags[at] = _tag(MUNICIPALITY, epoch, uint208(uint256(right)));

        _refuse(tags, abi.encodeWithSelector(IEnrolmentRegistry.TagOfOtherEpoch.selector, tags[at], EPOCH));
        tags[at] = right;
        _checkAll(tags, false, "refused as a whole");
    }

    function testFuzz_Enrol_RefusesZeroAnywhere(bytes32 seed, uint256 length, uint256 position) external {
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 1, 30));
        uint256 at = _within(position, 0, tags.length - 1);
        bytes32 right = tags[at];
        tags[at] = bytes32(0);

        _refuse(tags, abi.encodeWithSelector(IEnrolmentRegistry.ZeroTag.selector));
        tags[at] = right;
        _checkAll(tags, false, "refused as a whole");
    }

    function testFuzz_Enrol_RefusesATagThatIsEnrolledAnywhere(bytes32 seed, uint256 length, uint256 position) external {
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 1, 30));
        uint256 at = _within(position, 0, tags.length - 1);
        _enrol(EPOCH, _only(tags[at]));

        _refuse(tags, abi.encodeWithSelector(IEnrolmentRegistry.TagAlreadyEnrolled.selector, tags[at]));
        bool[] memory known = registry.areKnown(tags);
        for (uint256 i = 0; i < tags.length; ++i) _check(known[i] == (i == at), "refused as a whole");
    }

    function testFuzz_EndEnrolment_RefusesATagThatIsNotEnrolledAnywhere(
        bytes32 seed,
        uint256 length,
        uint256 position
    ) external {
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 1, 30));
        uint256 at = _within(position, 0, tags.length - 1);
        _enrol(EPOCH, tags);
        _end(_only(tags[at]));

        _refuseEnd(tags, abi.encodeWithSelector(IEnrolmentRegistry.TagNotEnrolled.selector, tags[at]));
        bool[] memory known = registry.areKnown(tags);
        for (uint256 i = 0; i < tags.length; ++i) _check(known[i] == (i != at), "refused as a whole");
    }

    function testFuzz_EndEnrolment_RefusesWrongOrderAndRepetition(
        bytes32 seed,
        uint256 length,
        uint256 position,
        bool twice
    ) external {
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 2, 30));
        _enrol(EPOCH, tags);
        bytes32[] memory wrong = _tags(seed, MUNICIPALITY, EPOCH, tags.length);
        uint256 at = _within(position, 1, tags.length - 1);
        (wrong[at - 1], wrong[at]) = (tags[at], twice ? tags[at] : tags[at - 1]);

        bytes32 reported = wrong[at];
        _refuseEnd(wrong, abi.encodeWithSelector(IEnrolmentRegistry.TagsNotAscending.selector, tags[at], reported));
        _checkAll(tags, true, "refused as a whole");
    }

    function testFuzz_EndEnrolment_NeverReachesAnotherMunicipality(
        bytes32 seed,
        uint256 length,
        uint256 position
    ) external {
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 1, 30));
        uint256 at = _within(position, 0, tags.length - 1);
        _enrol(EPOCH, tags);

        bytes32 taken = tags[at];
        vm.expectRevert(abi.encodeWithSelector(IMunicipalRoles.ForeignPrefix.selector, taken, OTHER_MUNICIPALITY));
        vm.prank(OTHER_REGISTRAR);
        registry.endEnrolment(OTHER_MUNICIPALITY, _only(taken));
        _checkAll(tags, true, "still enrolled");
    }

    function testFuzz_Enrol_RefusesEveryEpochThatIsNotOpenOrAnnounced(bytes32 seed, uint32 epoch, bool near) external {
        vm.prank(EPOCH_KEEPER);
        registry.retireEpochsBefore(MUNICIPALITY, EPOCH);
        // Few draws out of 2**32 are near the three that exist.
        if (near) epoch = uint32(_within(epoch, OLD_EPOCH - 2, NEXT_EPOCH + 2));
        vm.assume(epoch != EPOCH && epoch != NEXT_EPOCH);

        bytes memory reason = abi.encodeWithSelector(
            IEnrolmentRegistry.EpochOutOfRange.selector,
            MUNICIPALITY,
            epoch,
            EPOCH,
            NEXT_EPOCH
        );
        if (epoch > EPOCH && epoch < NEXT_EPOCH) {
            reason = abi.encodeWithSelector(IEnrolmentRegistry.EpochNotAnnounced.selector, MUNICIPALITY, epoch);
        }
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, epoch, 1);
        vm.expectRevert(reason);
        vm.prank(REGISTRAR);
        registry.enrol(MUNICIPALITY, epoch, tags);
    }

    function _refuseEnrol(bytes32[] memory tags, bytes memory reason) private {
        _refuse(tags, reason);
        _checkAll(tags, false, "refused as a whole");
    }

    function _refuse(bytes32[] memory tags, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(REGISTRAR);
        registry.enrol(MUNICIPALITY, EPOCH, tags);
    }

    function _refuseEnd(bytes32[] memory tags, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(REGISTRAR);
        registry.endEnrolment(MUNICIPALITY, tags);
    }
}
