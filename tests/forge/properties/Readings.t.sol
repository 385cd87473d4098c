// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IEnrolmentRegistry} from "contracts/interfaces/IEnrolmentRegistry.sol";

import {EnrolledTags} from "./EnrolledTags.sol";

/// @notice The readings of many tags at once: any length, any order, any mixture.
contract ReadingProperties is EnrolledTags {
    uint256 private constant _LONGEST = 520;

    function testFuzz_KnownBitmap_EqualsAreKnownAtAnyLength(bytes32 seed, uint256 length) external {
        bytes32[] memory enrolled = _tags(seed, MUNICIPALITY, EPOCH, 12);
        _enrol(EPOCH, enrolled);

        _checkReadings(_mixture(enrolled, seed, _within(length, 0, 300)), enrolled);
    }

    /// @dev The edges of a word, which a drawn length seldom hits.
    function testFuzz_KnownBitmap_EqualsAreKnownAroundAWord(bytes32 seed, uint256 words, uint256 beyond) external {
        bytes32[] memory enrolled = _tags(seed, MUNICIPALITY, EPOCH, 12);
        _enrol(EPOCH, enrolled);

        uint256 length = _within(words, 1, 2) * 256 + _within(beyond, 0, 2) - 1;
        _checkReadings(_mixture(enrolled, seed, length), enrolled);
    }

    function testFuzz_KnownBitmap_LeavesTheBitsBeyondTheListZero(bytes32 seed, uint256 length) external {
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, 1);
        _enrol(EPOCH, tags);
        length = _within(length, 1, _LONGEST);
        bytes32[] memory list = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) list[i] = tags[0];

        uint256[] memory bitmap = registry.knownBitmap(list);
        vm.assertEq(bitmap.length, (length + 255) / 256, "words");
        for (uint256 i = 0; i + 1 < bitmap.length; ++i) _check(bitmap[i] == type(uint256).max, "a full word");
        uint256 last = length % 256;
        vm.assertEq(bitmap[bitmap.length - 1], last == 0 ? type(uint256).max : (1 << last) - 1, "the last word");
    }

    function testFuzz_AreKnown_AnswersAcrossEpochsAndMunicipalities(bytes32 seed, uint256 drawn) external {
        _openInOtherMunicipality();
        bytes32[] memory list = new bytes32[](24);
        for (uint256 i = 0; i < list.length; ++i) {
            uint256 kind = (drawn >> (2 * i)) % 4;
            uint208 rest = uint208(uint256(_word(seed, i)));
            list[i] = _tag(kind > 1 ? OTHER_MUNICIPALITY : MUNICIPALITY, kind == 0 ? OLD_EPOCH : EPOCH, rest);
            if (kind == 0) _enrol(OLD_EPOCH, _only(list[i]));
            if (kind == 1) _enrol(EPOCH, _only(list[i]));
            if (kind == 2) {
                vm.prank(OTHER_REGISTRAR);
                registry.enrol(OTHER_MUNICIPALITY, EPOCH, _only(list[i]));
            }
        }

        bool[] memory known = registry.areKnown(list);
        uint256 word = registry.knownBitmap(list)[0];
        for (uint256 i = 0; i < list.length; ++i) {
            bool expected = (drawn >> (2 * i)) % 4 != 3;
            _check(known[i] == expected, "areKnown");
            _check(((word >> i) & 1 == 1) == expected, "knownBitmap");
            _checkKnown(list[i], expected, "one by one");
        }
    }

    /// @dev A creditor must never read "unknown" where the answer is "not from here".
    function testFuzz_AreKnown_RefusesATagOfAClosedEpochAnywhere(
        bytes32 seed,
        uint256 length,
        uint256 position,
        uint48 prefix
    ) external {
        (uint16 code, uint32 epoch) = (uint16(prefix >> 32), uint32(prefix));
        vm.assume(code != MUNICIPALITY || epoch < OLD_EPOCH || epoch > EPOCH);
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 1, 30));
        uint256 at = _within(position, 0, tags.length - 1);
        tags[at] = _tag(code, epoch, uint208(uint256(tags[at])));

        bytes memory reason = abi.encodeWithSelector(IEnrolmentRegistry.EpochNotOpen.selector, code, epoch);
        vm.expectRevert(reason);
        registry.areKnown(tags);
        vm.expectRevert(reason);
        registry.knownBitmap(tags);
        vm.expectRevert(reason);
        registry.isKnown(tags[at]);
        vm.assertEq(registry.municipalityOf(tags[at]), 0, "closed");
    }

    function _openInOtherMunicipality() private {
        vm.startPrank(OTHER_EPOCH_KEEPER);
        registry.announceEpoch(OTHER_MUNICIPALITY, EPOCH, _keys(1));
        registry.openEpoch(OTHER_MUNICIPALITY, EPOCH);
        vm.stopPrank();
    }

    /// @dev A list with tags that are enrolled and tags that are not, in any order, some twice.
    function _mixture(
        bytes32[] memory enrolled,
        bytes32 seed,
        uint256 length
    ) private pure returns (bytes32[] memory list) {
        list = new bytes32[](length);
        uint256 drawn = uint256(seed);
        for (uint256 i = 0; i < length; ++i) {
            unchecked {
                drawn = drawn * 0x5851f42d4c957f2d14057b7ef767814f + 1; // a hash for each would take most of the time
            }
            // The second one stands above every tag that is enrolled.
            list[i] =
                (drawn >> 200) & 1 == 0
                    ? enrolled[(drawn >> 201) % enrolled.length]
                    : _tag(MUNICIPALITY, EPOCH, uint208((drawn >> 48) | (1 << 200)));
        }
    }

    function _checkReadings(bytes32[] memory list, bytes32[] memory enrolled) private view {
        bytes32 highest = enrolled[enrolled.length - 1];
        bool[] memory known = registry.areKnown(list);
        uint256[] memory bitmap = registry.knownBitmap(list);
        vm.assertEq(known.length, list.length, "an answer for each");
        vm.assertEq(bitmap.length, (list.length + 255) / 256, "words");
        bool agree = true;
        for (uint256 i = 0; i < list.length; ++i) {
            bool expected = list[i] <= highest;
            agree = agree && known[i] == expected && ((bitmap[i / 256] >> (i % 256)) & 1 == 1) == expected;
        }
        vm.assertTrue(agree, "the two readings and what was enrolled");
    }
}
