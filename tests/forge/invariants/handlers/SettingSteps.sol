// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IEnrolmentRegistry} from "contracts/interfaces/IEnrolmentRegistry.sol";

import {Cast} from "../model/Cast.sol";
import {Dice} from "../model/Dice.sol";
import {EnrolmentModel} from "../model/EnrolmentModel.sol";

/// @notice Sets what an administrator sets, each from a few values, so that the present one comes up as well.
abstract contract SettingSteps is EnrolmentModel {
    function changeSettings(uint256 seed) external {
        Dice memory dice = Dice(seed);
        uint256 kind = dice.roll(4);
        if (kind < 2) _changeText(dice, kind == 0);
        else if (kind == 2) _changeClaimKey(dice);
        else _changeReceiptSigner(dice);
    }

    function _changeText(Dice memory dice, bool isContact) private {
        uint16 municipality = Cast.anyMunicipality(dice);
        string memory text = _anyText(dice);
        Settings storage present = settings[municipality];
        address actor = _actorFor(dice, address(registry), Cast.ADMINISTRATOR, municipality);
        bytes memory refusal = roles.refusal(address(registry), Cast.ADMINISTRATOR, municipality, actor);
        if (refusal.length == 0) {
            refusal = _textRefusal(municipality, isContact ? present.contact : present.evaluatorUrl, text);
        }
        bytes32 signature =
            isContact ? IEnrolmentRegistry.ContactChanged.selector : IEnrolmentRegistry.EvaluatorUrlChanged.selector;
        bytes memory data =
            isContact
                ? abi.encodeCall(registry.setContact, (municipality, text))
                : abi.encodeCall(registry.setEvaluatorUrl, (municipality, text));
        bytes32 logs = _log(0, _topics(signature, _word(municipality)), "");
        if (!_act(Attempt(address(registry), actor, municipality, data, refusal, logs))) return;
        if (isContact) present.contact = text;
        else present.evaluatorUrl = text;
    }

    function _changeClaimKey(Dice memory dice) private {
        uint16 municipality = Cast.anyMunicipality(dice);
        uint256 choice = dice.roll(10);
        bytes32 key = choice == 0 ? bytes32(0) : keccak256(abi.encode("claim key", choice));
        address actor = _actorFor(dice, address(registry), Cast.ADMINISTRATOR, municipality);
        bytes memory refusal = roles.refusal(address(registry), Cast.ADMINISTRATOR, municipality, actor);
        if (refusal.length == 0) {
            bool same = key == settings[municipality].claimKey;
            refusal = _settingRefusal(municipality, IEnrolmentRegistry.ZeroKey.selector, key == bytes32(0), same);
        }
        bytes32 signature = IEnrolmentRegistry.ClaimKeyChanged.selector;
        bytes32 logs = _log(0, _topics(signature, _word(municipality)), abi.encode(key));
        bytes memory data = abi.encodeCall(registry.setClaimKey, (municipality, key));
        if (_act(Attempt(address(registry), actor, municipality, data, refusal, logs))) {
            settings[municipality].claimKey = key;
        }
    }

    function _changeReceiptSigner(Dice memory dice) private {
        uint16 municipality = Cast.anyMunicipality(dice);
        uint256 choice = dice.roll(10);
        address signer = choice == 0 ? address(0) : Cast.actor(choice);
        address actor = _actorFor(dice, address(registry), Cast.ADMINISTRATOR, municipality);
        bytes memory refusal = roles.refusal(address(registry), Cast.ADMINISTRATOR, municipality, actor);
        if (refusal.length == 0) {
            bytes4 zero = IEnrolmentRegistry.ZeroReceiptSigner.selector;
            bool same = signer == settings[municipality].receiptSigner;
            refusal = _settingRefusal(municipality, zero, signer == address(0), same);
        }
        bytes32 signature = IEnrolmentRegistry.ReceiptSignerChanged.selector;
        bytes32 logs = _log(0, _topics(signature, _word(municipality), _word(signer)), "");
        bytes memory data = abi.encodeCall(registry.setReceiptSigner, (municipality, signer));
        if (_act(Attempt(address(registry), actor, municipality, data, refusal, logs))) {
            settings[municipality].receiptSigner = signer;
        }
    }

    function _anyText(Dice memory dice) private pure returns (string memory) {
        uint256 choice = dice.roll(12);
        if (choice == 0) return "";
        if (choice == 1) return string(new bytes(257));
        if (choice == 2) return string(new bytes(256));
        return string(abi.encodePacked("text ", bytes1(uint8(65 + choice))));
    }

    function _textRefusal(
        uint16 municipality,
        string memory present,
        string memory text
    ) private pure returns (bytes memory) {
        uint256 length = bytes(text).length;
        if (length > 256) return abi.encodeWithSelector(IEnrolmentRegistry.TextTooLong.selector, length, 256);
        bool same = keccak256(bytes(text)) == keccak256(bytes(present));
        return _settingRefusal(municipality, IEnrolmentRegistry.EmptyText.selector, length == 0, same);
    }

    function _settingRefusal(
        uint16 municipality,
        bytes4 zero,
        bool isZero,
        bool isSame
    ) private pure returns (bytes memory) {
        if (isZero) return abi.encodeWithSelector(zero, municipality);
        return isSame ? abi.encodeWithSelector(IEnrolmentRegistry.SettingUnchanged.selector, municipality) : bytes("");
    }
}
