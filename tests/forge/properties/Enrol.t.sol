// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IEnrolmentRegistry} from "contracts/interfaces/IEnrolmentRegistry.sol";

import {EnrolledTags} from "./EnrolledTags.sol";

/// @notice What enrolling and its end do to every tag, and to no other.
contract EnrolProperties is EnrolledTags {
    function testFuzz_Enrol_EveryReadingKnowsEveryTag(bytes32 seed, uint256 length) external {
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 1, 20));

        vm.expectEmit(true, true, true, true, address(registry));
        emit IEnrolmentRegistry.TagsEnrolled(MUNICIPALITY, EPOCH, tags);
        _enrol(EPOCH, tags);

        for (uint256 i = 0; i < tags.length; ++i) _checkKnown(tags[i], true, "enrolled");
    }

    function testFuzz_Enrol_MakesNoOtherTagKnown(bytes32 seed, uint256 length, bytes32 other) external {
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 1, 20));
        _enrol(EPOCH, tags);

        bytes32 drawn = _tag(MUNICIPALITY, EPOCH, uint208(uint256(other)));
        _checkKnown(drawn, _contains(tags, drawn), "drawn");
        for (uint256 i = 0; i < tags.length; ++i) {
            bytes32 next = bytes32(uint256(tags[i]) + 1);
            _checkKnown(next, _contains(tags, next), "next to one that is enrolled");
            _checkKnown(_tag(MUNICIPALITY, OLD_EPOCH, uint208(uint256(tags[i]))), false, "of another epoch");
        }
    }

    function testFuzz_Enrol_AheadIsAnsweredOnceTheEpochOpens(bytes32 seed, uint256 length) external {
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, NEXT_EPOCH, _within(length, 1, 20));
        _enrol(NEXT_EPOCH, tags);

        bytes memory notOpen = abi.encodeWithSelector(
            IEnrolmentRegistry.EpochNotOpen.selector,
            MUNICIPALITY,
            NEXT_EPOCH
        );
        vm.expectRevert(notOpen);
        registry.isKnown(tags[0]);
        vm.expectRevert(notOpen);
        registry.areKnown(tags);
        vm.expectRevert(notOpen);
        registry.knownBitmap(tags);
        vm.assertEq(registry.municipalityOf(tags[0]), 0, "not open yet");

        vm.prank(EPOCH_KEEPER);
        registry.openEpoch(MUNICIPALITY, NEXT_EPOCH);

        for (uint256 i = 0; i < tags.length; ++i) _checkKnown(tags[i], true, "open now");
    }

    function testFuzz_EndEnrolment_EndsTheNamedTagsAlone(bytes32 seed, uint256 length, uint256 chosen) external {
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 1, 20));
        _enrol(EPOCH, tags);
        chosen |= 1; // a batch holds at least one
        bytes32[] memory ended = _chosenOf(tags, chosen);

        vm.expectEmit(true, true, true, true, address(registry));
        emit IEnrolmentRegistry.EnrolmentsEnded(MUNICIPALITY, ended);
        _end(ended);

        for (uint256 i = 0; i < tags.length; ++i) _checkKnown(tags[i], (chosen >> i) & 1 == 0, "ended or kept");
    }

    function testFuzz_EndEnrolment_IsTheInverseOfEnrol(bytes32 seed, uint256 length) external {
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 1, 30));

        _enrol(EPOCH, tags);
        _end(tags);
        _checkAll(tags, false, "ended");

        _enrol(EPOCH, tags);
        _checkAll(tags, true, "enrolled anew");
    }

    /// @dev One batch may span epochs, the retired ones too: who left is taken out everywhere.
    function testFuzz_EndEnrolment_ReachesRetiredEpochs(bytes32 seed, uint256 length) external {
        bytes32[] memory old = _tags(seed, MUNICIPALITY, OLD_EPOCH, _within(length, 1, 20));
        bytes32[] memory present = _tags(seed, MUNICIPALITY, EPOCH, old.length);
        _enrol(OLD_EPOCH, old);
        _enrol(EPOCH, present);
        vm.prank(EPOCH_KEEPER);
        registry.retireEpochsBefore(MUNICIPALITY, EPOCH);

        bytes32[] memory both = _joined(old, present);
        _end(both);
        _checkAll(present, false, "ended");

        vm.expectRevert(abi.encodeWithSelector(IEnrolmentRegistry.TagNotEnrolled.selector, old[0]));
        _end(both);
    }

    function _chosenOf(bytes32[] memory items, uint256 chosen) private pure returns (bytes32[] memory some) {
        uint256 count = 0;
        for (uint256 i = 0; i < items.length; ++i) count += (chosen >> i) & 1;
        some = new bytes32[](count);
        uint256 next = 0;
        for (uint256 i = 0; i < items.length; ++i) {
            if ((chosen >> i) & 1 == 1) some[next++] = items[i];
        }
    }

    function _joined(bytes32[] memory first, bytes32[] memory second) private pure returns (bytes32[] memory all) {
        all = new bytes32[](first.length + second.length);
        for (uint256 i = 0; i < first.length; ++i) all[i] = first[i];
        for (uint256 i = 0; i < second.length; ++i) all[first.length + i] = second[i];
    }
}
