// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IEnrolmentRegistry} from "contracts/interfaces/IEnrolmentRegistry.sol";

import {EnrolmentHandler} from "./handlers/EnrolmentHandler.sol";
import {Cast} from "./model/Cast.sol";
import {EnrolmentModel} from "./model/EnrolmentModel.sol";
import {Stateful} from "./Stateful.sol";

/// @notice What holds of tags, epochs, keys and settings.
/// forge-config: default.invariant.dictionary_weight = 0
/// forge-config: default.invariant.include_storage = false
/// forge-config: default.invariant.include_push_bytes = false
/// forge-config: default.invariant.max_fuzz_dictionary_addresses = 1
/// forge-config: default.invariant.max_fuzz_dictionary_values = 1
contract EnrolmentInvariantsTest is Stateful {
    EnrolmentHandler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = _newEnrolmentHandler(false);
        _target(_handler);
        _target(_newRolesHandler(registry, false));
    }

    /// @notice Every tag that was ever named is known exactly when it was enrolled and its epoch is open; of one whose
    /// epoch is not open the registry says that, and never that it is unknown.
    function invariant_TagsAnswerAsTheyWereEnrolled() public view {
        for (uint256 i = 0; i < 3; ++i) {
            bytes32[] memory tags = _handler.touchedTagsOf(Cast.municipality(i));
            for (uint256 j = 0; j < tags.length; ++j) _assertTag(tags[j]);
        }
    }

    /// @notice A batch answers as its tags do one by one, a bit each, and no bit beyond them is set; one tag whose
    /// epoch is not open refuses the whole batch.
    function invariant_BatchesAnswerAsTheirTags() public view {
        for (uint256 i = 0; i < 3; ++i) _assertBatch(_handler.touchedTagsOf(Cast.municipality(i)));
    }

    /// @notice Epochs only go up: the oldest is at most the current one, that at most the last announced, and none of
    /// the three is ever lower than it was.
    function invariant_EpochsOnlyGoUp() public view {
        for (uint256 i = 0; i < 3; ++i) {
            uint16 municipality = Cast.municipality(i);
            (uint32 current, uint32 oldest, uint32 announced, , , , ) = registry.municipality(municipality);
            vm.assertTrue(oldest <= current && current <= announced, "order");
            EnrolmentModel.Epochs memory before = _handler.epochsBefore(municipality);
            vm.assertTrue(current >= before.current && oldest >= before.oldest, "an epoch went down");
            vm.assertTrue(announced >= before.announced, "an announcement was taken back");
            EnrolmentModel.Epochs memory expected = _handler.epochsOf(municipality);
            vm.assertEq(current, expected.current, "current epoch");
            vm.assertEq(oldest, expected.oldest, "oldest epoch");
            vm.assertEq(announced, expected.announced, "announced epoch");
        }
    }

    /// @notice The keys of an epoch are two different ones, there from its announcement, and never change; no other
    /// epoch and no other kind has any.
    function invariant_KeysOfAnEpochNeverChange() public view {
        for (uint256 i = 0; i < 3; ++i) {
            uint16 municipality = Cast.municipality(i);
            uint32[] memory announced = _handler.announcedEpochsOf(municipality);
            for (uint256 j = 0; j < announced.length; ++j) {
                _assertKeys(municipality, announced[j]);
                if (!_handler.isAnnounced(municipality, announced[j] + 1)) {
                    vm.assertEq(registry.evaluatorKey(municipality, announced[j] + 1, 1), 0, "key of no epoch");
                }
            }
        }
    }

    /// @notice A municipality's settings are those that its administrator set last.
    function invariant_SettingsAreThoseSetLast() public view {
        for (uint256 i = 0; i < 3; ++i) {
            uint16 municipality = Cast.municipality(i);
            EnrolmentModel.Settings memory expected = _handler.settingsOf(municipality);
            (, , , bytes32 key, address signer, string memory contact, string memory url) = registry.municipality(
                municipality
            );
            vm.assertEq(key, expected.claimKey, "claim key");
            vm.assertEq(signer, expected.receiptSigner, "receipt signer");
            vm.assertEq(contact, expected.contact, "contact");
            vm.assertEq(url, expected.evaluatorUrl, "evaluator's address");
        }
    }

    function _assertTag(bytes32 tag) private view {
        (bool open, bool enrolled) = (_handler.isOpen(tag), _handler.enrolled(tag));
        (bool answered, bytes memory answer) = address(registry).staticcall(abi.encodeCall(registry.isKnown, (tag)));
        vm.assertEq(answered, open, "answered");
        vm.assertEq(answer, open ? abi.encode(enrolled) : _epochNotOpen(tag), "answer");
        vm.assertEq(registry.municipalityOf(tag), open && enrolled ? Cast.prefixOf(tag) : 0, "municipality");
    }

    function _assertBatch(bytes32[] memory tags) private view {
        bytes memory refusal;
        uint256 bitmap = 0;
        bool[] memory known = new bool[](tags.length);
        for (uint256 i = 0; i < tags.length; ++i) {
            if (refusal.length == 0 && !_handler.isOpen(tags[i])) refusal = _epochNotOpen(tags[i]);
            known[i] = _handler.enrolled(tags[i]);
            if (known[i]) bitmap |= 1 << i;
        }
        vm.assertTrue(tags.length <= 256, "more than one word");
        uint256[] memory bitmaps = new uint256[](tags.length == 0 ? 0 : 1);
        if (tags.length != 0) bitmaps[0] = bitmap;
        _assertAnswer(abi.encodeCall(registry.areKnown, (tags)), refusal, abi.encode(known));
        _assertAnswer(abi.encodeCall(registry.knownBitmap, (tags)), refusal, abi.encode(bitmaps));
    }

    function _assertAnswer(bytes memory question, bytes memory refusal, bytes memory expected) private view {
        (bool answered, bytes memory answer) = address(registry).staticcall(question);
        vm.assertEq(answered, refusal.length == 0, "answered");
        vm.assertEq(answer, answered ? expected : refusal, "answer");
    }

    function _assertKeys(uint16 municipality, uint32 epoch) private view {
        bytes32[2] memory expected = _handler.keysOf(municipality, epoch);
        (bytes32 first, bytes32 second) = (
            registry.evaluatorKey(municipality, epoch, 1),
            registry.evaluatorKey(municipality, epoch, 2)
        );
        vm.assertTrue(first != 0 && second != 0 && first != second, "two keys");
        vm.assertEq(first, expected[0], "first key");
        vm.assertEq(second, expected[1], "second key");
        vm.assertEq(registry.evaluatorKey(municipality, epoch, 3), 0, "key of no kind");
    }

    function _epochNotOpen(bytes32 tag) private pure returns (bytes memory) {
        bytes4 selector = IEnrolmentRegistry.EpochNotOpen.selector;
        return abi.encodeWithSelector(selector, Cast.prefixOf(tag), uint32(uint256(tag) >> 208));
    }
}
