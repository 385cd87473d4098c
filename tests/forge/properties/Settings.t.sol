// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IEnrolmentRegistry} from "contracts/interfaces/IEnrolmentRegistry.sol";

import {Properties} from "./Properties.sol";

/// @notice Each setting is kept as given, apart from the others and from those of the other municipality.
contract SettingProperties is Properties {
    struct Expected {
        bytes32 claimKey;
        address signer;
        string contact;
        string evaluatorUrl;
    }

    function testFuzz_Settings_AreKeptApart(
        bytes32 claimKey,
        address signer,
        bytes32 seed,
        uint16 contactLength,
        uint16 urlLength
    ) external {
        vm.assume(claimKey != bytes32(0) && signer != address(0));
        Expected memory expected;

        expected.contact = _text(seed, _within(contactLength, 1, 256));
        vm.expectEmit(true, true, true, true, address(registry));
        emit IEnrolmentRegistry.ContactChanged(MUNICIPALITY);
        vm.prank(ADMINISTRATOR);
        registry.setContact(MUNICIPALITY, expected.contact);
        _checkSettings(MUNICIPALITY, expected);

        expected.evaluatorUrl = _text(keccak256(abi.encode(seed)), _within(urlLength, 1, 256));
        vm.expectEmit(true, true, true, true, address(registry));
        emit IEnrolmentRegistry.EvaluatorUrlChanged(MUNICIPALITY);
        vm.prank(ADMINISTRATOR);
        registry.setEvaluatorUrl(MUNICIPALITY, expected.evaluatorUrl);
        _checkSettings(MUNICIPALITY, expected);

        expected.claimKey = claimKey;
        vm.expectEmit(true, true, true, true, address(registry));
        emit IEnrolmentRegistry.ClaimKeyChanged(MUNICIPALITY, claimKey);
        vm.prank(ADMINISTRATOR);
        registry.setClaimKey(MUNICIPALITY, claimKey);
        _checkSettings(MUNICIPALITY, expected);

        expected.signer = signer;
        vm.expectEmit(true, true, true, true, address(registry));
        emit IEnrolmentRegistry.ReceiptSignerChanged(MUNICIPALITY, signer);
        vm.prank(ADMINISTRATOR);
        registry.setReceiptSigner(MUNICIPALITY, signer);
        _checkSettings(MUNICIPALITY, expected);

        _checkSettings(OTHER_MUNICIPALITY, Expected(bytes32(0), address(0), "", ""));
    }

    function testFuzz_Texts_ReplaceEachOtherWhole(bytes32 seed, uint16 first, uint16 second) external {
        string memory before = _text(seed, _within(first, 1, 256));
        string memory now_ = _text(keccak256(abi.encode(seed)), _within(second, 1, 256));
        vm.assume(keccak256(bytes(before)) != keccak256(bytes(now_))); // two texts of one letter can be the same
        vm.startPrank(ADMINISTRATOR);
        registry.setContact(MUNICIPALITY, before);
        registry.setEvaluatorUrl(MUNICIPALITY, now_);
        registry.setContact(MUNICIPALITY, now_);
        registry.setEvaluatorUrl(MUNICIPALITY, before);
        vm.stopPrank();

        _checkSettings(MUNICIPALITY, Expected(bytes32(0), address(0), now_, before));
    }

    function testFuzz_Texts_RefuseEmptyTooLongAndUnchanged(bytes32 seed, uint16 length, uint16 extra) external {
        string memory kept = _text(seed, _within(length, 1, 256));
        vm.startPrank(ADMINISTRATOR);
        registry.setContact(MUNICIPALITY, kept);
        registry.setEvaluatorUrl(MUNICIPALITY, kept);
        vm.stopPrank();

        _refuseText(kept, abi.encodeWithSelector(IEnrolmentRegistry.SettingUnchanged.selector, MUNICIPALITY));
        _refuseText("", abi.encodeWithSelector(IEnrolmentRegistry.EmptyText.selector, MUNICIPALITY));
        uint256 tooMany = _within(extra, 257, 600);
        bytes memory tooLong = abi.encodeWithSelector(IEnrolmentRegistry.TextTooLong.selector, tooMany, 256);
        _refuseText(_text(seed, tooMany), tooLong);
        _checkSettings(MUNICIPALITY, Expected(bytes32(0), address(0), kept, kept));
    }

    function testFuzz_ClaimKeyAndSigner_RefuseZeroAndUnchanged(bytes32 key, address signer) external {
        vm.assume(key != bytes32(0) && signer != address(0));
        vm.startPrank(ADMINISTRATOR);
        registry.setClaimKey(MUNICIPALITY, key);
        registry.setReceiptSigner(MUNICIPALITY, signer);

        bytes memory unchanged = abi.encodeWithSelector(IEnrolmentRegistry.SettingUnchanged.selector, MUNICIPALITY);
        vm.expectRevert(unchanged);
        registry.setClaimKey(MUNICIPALITY, key);
        vm.expectRevert(unchanged);
        registry.setReceiptSigner(MUNICIPALITY, signer);
        vm.expectRevert(abi.encodeWithSelector(IEnrolmentRegistry.ZeroKey.selector, MUNICIPALITY));
        registry.setClaimKey(MUNICIPALITY, bytes32(0));
        vm.expectRevert(abi.encodeWithSelector(IEnrolmentRegistry.ZeroReceiptSigner.selector, MUNICIPALITY));
        registry.setReceiptSigner(MUNICIPALITY, address(0));
        vm.stopPrank();

        _checkSettings(MUNICIPALITY, Expected(key, signer, "", ""));
    }

    function _refuseText(string memory text, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(ADMINISTRATOR);
        registry.setContact(MUNICIPALITY, text);
        vm.expectRevert(reason);
        vm.prank(ADMINISTRATOR);
        registry.setEvaluatorUrl(MUNICIPALITY, text);
    }

    function _checkSettings(uint16 code, Expected memory expected) private view {
        (, , , bytes32 claimKey, address signer, string memory contact, string memory evaluatorUrl) = registry
            .municipality(code);
        vm.assertEq(claimKey, expected.claimKey, "key for claims");
        vm.assertEq(signer, expected.signer, "signer of receipts");
        vm.assertEq(contact, expected.contact, "contact");
        vm.assertEq(evaluatorUrl, expected.evaluatorUrl, "address of the evaluator");
    }

    /// @dev Letters only: the length is in bytes, and every cheat code takes them as text.
    function _text(bytes32 seed, uint256 length) private pure returns (string memory) {
        bytes memory text = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            text[i] = bytes1(uint8(97 + ((uint8(seed[i % 32]) + i / 32) % 26)));
        }
        return string(text);
    }
}
