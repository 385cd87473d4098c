// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {EnrolmentRegistry} from "contracts/EnrolmentRegistry.sol";

import {Handler} from "../handlers/Handler.sol";
import {Cast} from "./Cast.sol";
import {RoleModel} from "./RoleModel.sol";

/// @notice What the registry must hold: tags, epochs with their keys, and settings.
abstract contract EnrolmentModel is Handler {
    /// @notice Epochs of a municipality, as they stand.
    struct Epochs {
        uint32 current;
        uint32 oldest;
        uint32 announced;
    }

    /// @notice What an administrator sets.
    struct Settings {
        bytes32 claimKey;
        address receiptSigner;
        string contact;
        string evaluatorUrl;
    }

    /// @notice What a municipality has when a run begins.
    struct Opening {
        uint16 municipality;
        uint32[] announced;
        bytes32[2][] keys;
        uint32 current;
        uint32 oldest;
    }

    EnrolmentRegistry internal immutable registry;

    mapping(bytes32 tag => bool) public enrolled;
    mapping(uint16 municipality => Epochs) internal epochs;
    mapping(uint16 municipality => mapping(uint32 epoch => bytes32[2])) private _keys;
    mapping(uint16 municipality => uint32[]) internal announcedEpochs;
    mapping(uint16 municipality => Settings) internal settings;
    mapping(uint16 municipality => bytes32[]) internal touchedTags;
    mapping(bytes32 tag => bool) private _touched;

    constructor(EnrolmentRegistry registry_, RoleModel roles_, bool watched) Handler(roles_, watched) {
        registry = registry_;
    }

    function epochsOf(uint16 municipality) external view returns (Epochs memory) {
        return epochs[municipality];
    }

    function announcedEpochsOf(uint16 municipality) external view returns (uint32[] memory) {
        return announcedEpochs[municipality];
    }

    function settingsOf(uint16 municipality) external view returns (Settings memory) {
        return settings[municipality];
    }

    /// @notice Every tag of the municipality that a call ever named.
    function touchedTagsOf(uint16 municipality) external view returns (bytes32[] memory) {
        return touchedTags[municipality];
    }

    function keysOf(uint16 municipality, uint32 epoch) public view returns (bytes32[2] memory) {
        return _keys[municipality][epoch];
    }

    function isAnnounced(uint16 municipality, uint32 epoch) public view returns (bool) {
        return _keys[municipality][epoch][0] != bytes32(0);
    }

    function isOpen(bytes32 tag) public view returns (bool) {
        (uint16 municipality, uint32 epoch) = (Cast.prefixOf(tag), _epochOf(tag));
        Epochs memory present = epochs[municipality];
        return present.current != 0 && present.oldest <= epoch && epoch <= present.current;
    }

    function _announce(uint16 municipality, uint32 epoch, bytes32[2] memory keys) internal {
        epochs[municipality].announced = epoch;
        announcedEpochs[municipality].push(epoch);
        _keys[municipality][epoch] = keys;
    }

    function _touch(bytes32 tag) internal {
        if (_touched[tag]) return;
        _touched[tag] = true;
        touchedTags[Cast.prefixOf(tag)].push(tag);
    }

    /// @dev Of a tag also the refusal counts: that its epoch is not open.
    function _answersAbout(address, uint16 municipality) internal view override returns (bytes32 digest) {
        (, bytes memory answer) = address(registry).staticcall(abi.encodeCall(registry.municipality, (municipality)));
        digest = keccak256(answer);
        bytes32[] memory tags = touchedTags[municipality];
        for (uint256 i = 0; i < tags.length; ++i) {
            (, answer) = address(registry).staticcall(abi.encodeCall(registry.isKnown, (tags[i])));
            digest = keccak256(abi.encode(digest, answer));
        }
        uint32[] memory known = announcedEpochs[municipality];
        for (uint256 i = 0; i < known.length; ++i) {
            bytes32 key = registry.evaluatorKey(municipality, known[i], 1);
            digest = keccak256(abi.encode(digest, key, registry.evaluatorKey(municipality, known[i], 2)));
        }
    }

    function _error(bytes4 selector, uint16 municipality, uint256 value) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, municipality, value);
    }

    function _tag(uint16 municipality, uint32 epoch, uint256 rest) internal pure returns (bytes32) {
        return bytes32((uint256(municipality) << 240) | (uint256(epoch) << 208) | rest);
    }

    function _epochOf(bytes32 tag) internal pure returns (uint32) {
        return uint32(uint256(tag) >> 208);
    }
}
