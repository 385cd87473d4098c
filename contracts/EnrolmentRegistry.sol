// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {MunicipalRoles} from "./access/MunicipalRoles.sol";
import {IEnrolmentRegistry} from "./interfaces/IEnrolmentRegistry.sol";

/// @title The tags of everybody who is known to a credit bank, and the keys and addresses a creditor needs
contract EnrolmentRegistry is MunicipalRoles, IEnrolmentRegistry {
    /// @dev What `municipality` answers; the three epochs and the signer share one slot.
    struct Settings {
        uint32 currentEpoch;
        uint32 oldestEpoch;
        uint32 announcedEpoch;
        address receiptSigner;
        bytes32 claimKey;
        string contact;
        string evaluatorUrl;
    }

    /// @dev One word, so that its place in storage is worked out once for reading and writing, and a whole one, so that
    /// writing it needs no read of what stands beside it. Holds 0 or 1.
    struct Enrolment {
        uint256 known;
    }

    /// @notice May enrol tags and end enrolments. Danger: a thief of this key can show anybody as known or unknown.
    bytes32 public constant REGISTRAR = keccak256("REGISTRAR");
    /// @notice May announce, open and retire epochs. Danger: the keys it announces decide whose answers count.
    bytes32 public constant EPOCH_KEEPER = keccak256("EPOCH_KEEPER");
    /// @notice May have names evaluated. No function here asks for it; the evaluator reads it.
    bytes32 public constant CREDITOR = keccak256("CREDITOR");
    /// @notice May have BSNs evaluated, with a legal ground that was recorded. The evaluator reads it.
    bytes32 public constant BSN_CREDITOR = keccak256("BSN_CREDITOR");

    /// @notice Longest contact or evaluator address, in bytes.
    uint256 public constant MAX_TEXT_BYTES = 256;
    /// @notice Kind of identifier: citizen service number.
    uint8 public constant KIND_BSN = 1;
    /// @notice Kind of identifier: name, birth date and address.
    uint8 public constant KIND_NADB = 2;

    uint256 private constant _ENROLLED = 1;

    mapping(uint16 municipality => Settings settings) private _settings;
    mapping(uint16 municipality => mapping(uint32 epoch => mapping(uint8 kind => bytes32 key))) private _evaluatorKeys;
    mapping(bytes32 tag => Enrolment enrolment) private _enrolments;

    /// @param instanceId_ random id of this deployment, not zero
    constructor(bytes32 instanceId_) MunicipalRoles(instanceId_) {}

    /// @inheritdoc IEnrolmentRegistry
    function enrol(uint16 municipality_, uint32 epoch, bytes32[] calldata tags) external override {
        _checkMayAct(REGISTRAR, municipality_);
        _checkMayHoldTags(municipality_, epoch);
        uint256 length = tags.length;
        if (length == 0) revert EmptyBatch();
        uint256 prefix = (uint256(municipality_) << 32) | epoch;
        bytes32 previous = bytes32(0);
        uint256 i = 0;
        do {
            bytes32 tag = _at(tags, i);
            if (uint256(tag) >> 208 != prefix) _refusePrefix(tag, municipality_, epoch);
            if (tag <= previous) revert TagsNotAscending(previous, tag);
            previous = tag;
            Enrolment storage enrolment = _enrolments[tag];
            if (enrolment.known != 0) revert TagAlreadyEnrolled(tag);
            enrolment.known = _ENROLLED;
            unchecked {
                ++i; // i < length, and call data of 2**256 items cannot exist
            }
        } while (i != length);
        emit TagsEnrolled(municipality_, epoch, tags);
    }

    /// @inheritdoc IEnrolmentRegistry
    function endEnrolment(uint16 municipality_, bytes32[] calldata tags) external override {
        _checkMayAct(REGISTRAR, municipality_);
        uint256 length = tags.length;
        if (length == 0) revert EmptyBatch();
        bytes32 previous = bytes32(0);
        uint256 prefix = municipality_;
        uint256 i = 0;
        do {
            bytes32 tag = _at(tags, i);
            if (uint256(tag) >> 240 != prefix) _refusePrefix(tag, municipality_, _epochOf(tag));
            if (tag <= previous) revert TagsNotAscending(previous, tag);
            previous = tag;
            Enrolment storage enrolment = _enrolments[tag];
            if (enrolment.known == 0) revert TagNotEnrolled(tag);
            enrolment.known = 0;
            unchecked {
                ++i; // i < length, and call data of 2**256 items cannot exist
            }
        } while (i != length);
        emit EnrolmentsEnded(municipality_, tags);
    }

    /// @inheritdoc IEnrolmentRegistry
    function announceEpoch(uint16 municipality_, uint32 epoch, bytes32[2] calldata keys) external override {
        _checkMayAct(EPOCH_KEEPER, municipality_);
        Settings storage settings = _settings[municipality_];
        uint32 announced = settings.announcedEpoch;
        if (epoch <= announced) revert EpochNotAscending(municipality_, epoch, announced);
        if (keys[0] == bytes32(0) || keys[1] == bytes32(0)) revert ZeroKey(municipality_);
        if (keys[0] == keys[1]) revert EqualKeys(municipality_, keys[0]);
        settings.announcedEpoch = epoch;
        _evaluatorKeys[municipality_][epoch][KIND_BSN] = keys[0];
        _evaluatorKeys[municipality_][epoch][KIND_NADB] = keys[1];
        emit EpochAnnounced(municipality_, epoch, keys);
    }

    /// @inheritdoc IEnrolmentRegistry
    function openEpoch(uint16 municipality_, uint32 epoch) external override {
        _checkMayAct(EPOCH_KEEPER, municipality_);
        Settings storage settings = _settings[municipality_];
        uint32 current = settings.currentEpoch;
        if (epoch <= current) revert EpochNotAscending(municipality_, epoch, current);
        _checkAnnounced(municipality_, epoch);
        settings.currentEpoch = epoch;
        if (current == 0) settings.oldestEpoch = epoch;
        emit EpochOpened(municipality_, epoch);
    }

    /// @inheritdoc IEnrolmentRegistry
    function retireEpochsBefore(uint16 municipality_, uint32 epoch) external override {
        _checkMayAct(EPOCH_KEEPER, municipality_);
        Settings storage settings = _settings[municipality_];
        uint32 oldest = settings.oldestEpoch;
        if (epoch <= oldest) revert EpochNotAscending(municipality_, epoch, oldest);
        if (epoch > settings.currentEpoch) revert EpochNotOpen(municipality_, epoch);
        _checkAnnounced(municipality_, epoch);
        settings.oldestEpoch = epoch;
        emit EpochsRetiredBefore(municipality_, epoch);
    }

    /// @inheritdoc IEnrolmentRegistry
    function setContact(uint16 municipality_, string calldata contact) external override {
        _checkMayAct(ADMINISTRATOR, municipality_);
        Settings storage settings = _settings[municipality_];
        _checkText(municipality_, keccak256(bytes(settings.contact)), contact);
        settings.contact = contact;
        emit ContactChanged(municipality_);
    }

    /// @inheritdoc IEnrolmentRegistry
    function setEvaluatorUrl(uint16 municipality_, string calldata evaluatorUrl) external override {
        _checkMayAct(ADMINISTRATOR, municipality_);
        Settings storage settings = _settings[municipality_];
        _checkText(municipality_, keccak256(bytes(settings.evaluatorUrl)), evaluatorUrl);
        settings.evaluatorUrl = evaluatorUrl;
        emit EvaluatorUrlChanged(municipality_);
    }

    /// @inheritdoc IEnrolmentRegistry
    function setClaimKey(uint16 municipality_, bytes32 key) external override {
        _checkMayAct(ADMINISTRATOR, municipality_);
        Settings storage settings = _settings[municipality_];
        if (key == bytes32(0)) revert ZeroKey(municipality_);
        if (key == settings.claimKey) revert SettingUnchanged(municipality_);
        settings.claimKey = key;
        emit ClaimKeyChanged(municipality_, key);
    }

    /// @inheritdoc IEnrolmentRegistry
    function setReceiptSigner(uint16 municipality_, address signer) external override {
        _checkMayAct(ADMINISTRATOR, municipality_);
        Settings storage settings = _settings[municipality_];
        if (signer == address(0)) revert ZeroReceiptSigner(municipality_);
        if (signer == settings.receiptSigner) revert SettingUnchanged(municipality_);
        settings.receiptSigner = signer;
        emit ReceiptSignerChanged(municipality_, signer);
    }

    /// @inheritdoc IEnrolmentRegistry
    function isKnown(bytes32 tag) external view override returns (bool) {
        if (!_isOpen(tag)) revert EpochNotOpen(_prefixOf(tag), _epochOf(tag));
        return _enrolments[tag].known != 0;
    }

    /// @inheritdoc IEnrolmentRegistry
    function areKnown(bytes32[] calldata tags) external view override returns (bool[] memory known) {
        uint256 length = tags.length;
        known = new bool[](length);
        uint256 openPrefix = 0;
        for (uint256 i = 0; i < length;) {
            bytes32 tag = _at(tags, i);
            openPrefix = _requireOpen(tag, openPrefix);
            known[i] = _enrolments[tag].known != 0;
            unchecked {
                ++i; // i < length, and call data of 2**256 items cannot exist
            }
        }
    }

    /// @inheritdoc IEnrolmentRegistry
    function knownBitmap(bytes32[] calldata tags) external view override returns (uint256[] memory bitmap) {
        uint256 length = tags.length;
        // Rounded up: 0 tags fill 0 words, 1 to 256 tags fill 1. The sum cannot overflow: see the bound below.
        bitmap = new uint256[]((length + 255) >> 8);
        uint256 openPrefix = 0;
        uint256 word = 0;
        for (uint256 i = 0; i < length;) {
            bytes32 tag = _at(tags, i);
            openPrefix = _requireOpen(tag, openPrefix);
            // Every stored value is 0 or 1, so that it is the answer's bit as it stands.
            word |= _enrolments[tag].known << (i & 255);
            unchecked {
                ++i; // i < length, and call data of 2**256 items cannot exist
                if (i & 255 == 0 || i == length) {
                    bitmap[(i - 1) >> 8] = word; // i was raised just now, so it is at least 1
                    word = 0;
                }
            }
        }
    }

    /// @inheritdoc IEnrolmentRegistry
    function municipalityOf(bytes32 tag) external view override returns (uint16) {
        return _enrolments[tag].known != 0 && _isOpen(tag) ? _prefixOf(tag) : 0;
    }

    /// @inheritdoc IEnrolmentRegistry
    function municipality(
        uint16 code
    )
        external
        view
        override
        returns (
            uint32 currentEpoch,
            uint32 oldestEpoch,
            uint32 announcedEpoch,
            bytes32 claimKey,
            address receiptSigner,
            string memory contact,
            string memory evaluatorUrl
        )
    {
        Settings storage settings = _settings[code];
        return (
            settings.currentEpoch,
            settings.oldestEpoch,
            settings.announcedEpoch,
            settings.claimKey,
            settings.receiptSigner,
            settings.contact,
            settings.evaluatorUrl
        );
    }

    /// @inheritdoc IEnrolmentRegistry
    function evaluatorKey(uint16 code, uint32 epoch, uint8 kind) external view override returns (bytes32) {
        return _evaluatorKeys[code][epoch][kind];
    }

    /// @inheritdoc MunicipalRoles
    function _municipalVerbs() internal pure override returns (bytes32[] memory verbs) {
        verbs = new bytes32[](4);
        (verbs[0], verbs[1], verbs[2], verbs[3]) = (REGISTRAR, EPOCH_KEEPER, CREDITOR, BSN_CREDITOR);
    }

    /// @dev Tags may be written for every open epoch and for those that are announced, never for a gap between them.
    function _checkMayHoldTags(uint16 municipality_, uint32 epoch) private view {
        Settings storage settings = _settings[municipality_];
        (uint32 oldest, uint32 announced) = (settings.oldestEpoch, settings.announcedEpoch);
        if (epoch < oldest || epoch > announced) revert EpochOutOfRange(municipality_, epoch, oldest, announced);
        _checkAnnounced(municipality_, epoch);
    }

    function _checkAnnounced(uint16 municipality_, uint32 epoch) private view {
        if (_evaluatorKeys[municipality_][epoch][KIND_BSN] == bytes32(0)) {
            revert EpochNotAnnounced(municipality_, epoch);
        }
    }

    /// @dev Reads the settings only when the municipality or the epoch differs from that of the tag before.
    /// @param openPrefix municipality and epoch of the tag before, or 0 for the first one
    /// @return municipality and epoch of this tag, known to be open
    function _requireOpen(bytes32 tag, uint256 openPrefix) private view returns (uint256) {
        uint256 prefix = uint256(tag) >> 208;
        // Prefix 0 is municipality 0, which nobody can register: it must not pass as "the same as before".
        if (prefix != openPrefix || prefix == 0) {
            if (!_isOpen(tag)) revert EpochNotOpen(_prefixOf(tag), _epochOf(tag));
        }
        return prefix;
    }

    function _isOpen(bytes32 tag) private view returns (bool) {
        Settings storage settings = _settings[_prefixOf(tag)];
        (uint32 epoch, uint32 current) = (_epochOf(tag), settings.currentEpoch);
        // Before the first epoch opens, current is 0 and so is oldest; an epoch 0 must not count as open then.
        return current != 0 && epoch <= current && epoch >= settings.oldestEpoch;
    }

    /// @dev Names what is wrong with the first six bytes of a tag; kept out of the loop that checks thousands.
    function _refusePrefix(bytes32 tag, uint16 municipality_, uint32 epoch) private pure {
        if (tag == bytes32(0)) revert ZeroTag();
        if (_prefixOf(tag) != municipality_) revert ForeignPrefix(tag, municipality_);
        revert TagOfOtherEpoch(tag, epoch);
    }

    function _checkText(uint16 municipality_, bytes32 presentHash, string calldata text) private pure {
        uint256 length = bytes(text).length;
        if (length == 0) revert EmptyText(municipality_);
        if (length > MAX_TEXT_BYTES) revert TextTooLong(length, MAX_TEXT_BYTES);
        if (keccak256(bytes(text)) == presentHash) revert SettingUnchanged(municipality_);
    }

    function _epochOf(bytes32 tag) private pure returns (uint32) {
        return uint32(uint256(tag) >> 208);
    }

    /// @dev `tags[i]` without the check that it exists: the caller sees to `i < tags.length`.
    function _at(bytes32[] calldata tags, uint256 i) private pure returns (bytes32 tag) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            tag := calldataload(add(tags.offset, shl(5, i)))
        }
    }
}
