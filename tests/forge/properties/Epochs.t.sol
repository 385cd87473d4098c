// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IEnrolmentRegistry} from "contracts/interfaces/IEnrolmentRegistry.sol";

import {Properties} from "./Properties.sol";

/// @notice Epochs are announced, opened and retired in ascending order, whatever number is given.
contract EpochProperties is Properties {
    function testFuzz_AnnounceEpoch_AscendsAndKeepsEveryKey(uint32 epoch, bytes32 bsn, bytes32 nadb) external {
        vm.assume(bsn != bytes32(0) && nadb != bytes32(0) && bsn != nadb);
        bool allowed = epoch > NEXT_EPOCH;
        if (!allowed) _expectNotAscending(epoch, NEXT_EPOCH);
        vm.prank(EPOCH_KEEPER);
        registry.announceEpoch(MUNICIPALITY, epoch, [bsn, nadb]);

        _checkEpochs(EPOCH, OLD_EPOCH, allowed ? epoch : NEXT_EPOCH);
        if (allowed) _checkKeys(epoch, [bsn, nadb]);
        _checkKeys(OLD_EPOCH, _keys(OLD_EPOCH));
        _checkKeys(EPOCH, _keys(EPOCH));
        _checkKeys(NEXT_EPOCH, _keys(NEXT_EPOCH));
    }

    function testFuzz_AnnounceEpoch_RefusesZeroAndEqualKeys(uint32 epoch, bytes32 key, uint8 kind) external {
        epoch = uint32(_within(epoch, NEXT_EPOCH + 1, type(uint32).max));
        vm.assume(key != bytes32(0));
        bytes memory reason = abi.encodeWithSelector(IEnrolmentRegistry.ZeroKey.selector, MUNICIPALITY);
        bytes32[2] memory keys = [key, key];
        if (kind % 3 == 2) reason = abi.encodeWithSelector(IEnrolmentRegistry.EqualKeys.selector, MUNICIPALITY, key);
        else keys[kind % 3] = bytes32(0);

        vm.expectRevert(reason);
        vm.prank(EPOCH_KEEPER);
        registry.announceEpoch(MUNICIPALITY, epoch, keys);
        _checkEpochs(EPOCH, OLD_EPOCH, NEXT_EPOCH);
        _checkKeys(epoch, [bytes32(0), bytes32(0)]);
    }

    function testFuzz_EvaluatorKey_IsZeroForEveryOtherKind(uint32 epoch, uint8 kind) external view {
        vm.assume(kind != 1 && kind != 2);

        vm.assertEq(registry.evaluatorKey(MUNICIPALITY, epoch, kind), bytes32(0), "no such kind");
        vm.assertEq(registry.evaluatorKey(MUNICIPALITY, EPOCH, kind), bytes32(0), "no such kind");
    }

    function testFuzz_OpenEpoch_OpensWhatIsAnnouncedAndLater(uint32 epoch, bool near) external {
        epoch = _draw(epoch, near);
        if (epoch <= EPOCH) _expectNotAscending(epoch, EPOCH);
        else if (epoch != NEXT_EPOCH) _expectNotAnnounced(epoch);
        vm.prank(EPOCH_KEEPER);
        registry.openEpoch(MUNICIPALITY, epoch);

        _checkEpochs(epoch == NEXT_EPOCH ? NEXT_EPOCH : EPOCH, OLD_EPOCH, NEXT_EPOCH);
    }

    function testFuzz_OpenEpoch_TheFirstIsTheOldestToo(uint32 first, uint32 second) external {
        first = uint32(_within(first, 1, type(uint32).max - 1));
        second = uint32(_within(second, first + 1, type(uint32).max));
        vm.startPrank(OTHER_EPOCH_KEEPER);
        registry.announceEpoch(OTHER_MUNICIPALITY, first, _keys(first));
        registry.announceEpoch(OTHER_MUNICIPALITY, second, _keys(second));
        registry.openEpoch(OTHER_MUNICIPALITY, first);
        _checkEpochsOf(OTHER_MUNICIPALITY, first, first, second);
        registry.openEpoch(OTHER_MUNICIPALITY, second);
        vm.stopPrank();

        _checkEpochsOf(OTHER_MUNICIPALITY, second, first, second);
        _checkEpochs(EPOCH, OLD_EPOCH, NEXT_EPOCH);
    }

    function testFuzz_RetireEpochsBefore_NeverPassesTheCurrentOne(uint32 epoch, bool near) external {
        epoch = _draw(epoch, near);
        if (epoch <= OLD_EPOCH) {
            _expectNotAscending(epoch, OLD_EPOCH);
        } else if (epoch > EPOCH) {
            vm.expectRevert(abi.encodeWithSelector(IEnrolmentRegistry.EpochNotOpen.selector, MUNICIPALITY, epoch));
        }
        vm.prank(EPOCH_KEEPER);
        registry.retireEpochsBefore(MUNICIPALITY, epoch);

        _checkEpochs(EPOCH, epoch == EPOCH ? EPOCH : OLD_EPOCH, NEXT_EPOCH);
    }

    /// @dev The oldest epoch must be one that has keys, or enrolling could begin in a gap.
    function testFuzz_RetireEpochsBefore_RefusesAGap(uint32 epoch) external {
        vm.prank(EPOCH_KEEPER);
        registry.openEpoch(MUNICIPALITY, NEXT_EPOCH);
        epoch = uint32(_within(epoch, EPOCH + 1, NEXT_EPOCH - 1));

        _expectNotAnnounced(epoch);
        vm.prank(EPOCH_KEEPER);
        registry.retireEpochsBefore(MUNICIPALITY, epoch);
        _checkEpochs(NEXT_EPOCH, OLD_EPOCH, NEXT_EPOCH);
    }

    function testFuzz_RetireEpochsBefore_ClosesExactlyTheEarlierOnes(uint32 epoch, bool near, uint208 rest) external {
        epoch = _draw(epoch, near);
        vm.startPrank(EPOCH_KEEPER);
        registry.openEpoch(MUNICIPALITY, NEXT_EPOCH);
        registry.retireEpochsBefore(MUNICIPALITY, EPOCH);
        vm.stopPrank();

        if (epoch < EPOCH || epoch > NEXT_EPOCH) {
            vm.expectRevert(abi.encodeWithSelector(IEnrolmentRegistry.EpochNotOpen.selector, MUNICIPALITY, epoch));
        }
        bool known = registry.isKnown(_tag(MUNICIPALITY, epoch, rest));
        vm.assertEq(known, false, "nothing was enrolled");
    }

    /// @dev Before the first epoch opens, epoch 0 must not count as open: 0 is what nothing was set to.
    function testFuzz_IsKnown_AnswersNothingBeforeTheFirstEpoch(uint16 code, uint32 epoch, uint208 rest) external {
        vm.assume(code != MUNICIPALITY);

        vm.expectRevert(abi.encodeWithSelector(IEnrolmentRegistry.EpochNotOpen.selector, code, epoch));
        registry.isKnown(_tag(code, epoch, rest));
        vm.expectRevert(abi.encodeWithSelector(IEnrolmentRegistry.EpochNotOpen.selector, code, 0));
        registry.isKnown(_tag(code, 0, rest));
    }

    /// @dev Few draws out of 2**32 are near the three epochs that exist.
    function _draw(uint32 epoch, bool near) private pure returns (uint32) {
        return near ? uint32(_within(epoch, OLD_EPOCH - 2, NEXT_EPOCH + 2)) : epoch;
    }

    function _expectNotAscending(uint32 epoch, uint32 last) private {
        vm.expectRevert(
            abi.encodeWithSelector(IEnrolmentRegistry.EpochNotAscending.selector, MUNICIPALITY, epoch, last)
        );
    }

    function _expectNotAnnounced(uint32 epoch) private {
        vm.expectRevert(abi.encodeWithSelector(IEnrolmentRegistry.EpochNotAnnounced.selector, MUNICIPALITY, epoch));
    }

    function _checkKeys(uint32 epoch, bytes32[2] memory keys) private view {
        vm.assertEq(registry.evaluatorKey(MUNICIPALITY, epoch, 1), keys[0], "key for BSNs");
        vm.assertEq(registry.evaluatorKey(MUNICIPALITY, epoch, 2), keys[1], "key for names");
    }

    function _checkEpochs(uint32 current, uint32 oldest, uint32 announced) private view {
        _checkEpochsOf(MUNICIPALITY, current, oldest, announced);
    }

    function _checkEpochsOf(uint16 code, uint32 current, uint32 oldest, uint32 announced) private view {
        (uint32 currentNow, uint32 oldestNow, uint32 announcedNow, , , , ) = registry.municipality(code);
        vm.assertEq(currentNow, current, "current epoch");
        vm.assertEq(oldestNow, oldest, "oldest epoch");
        vm.assertEq(announcedNow, announced, "announced epoch");
    }
}
