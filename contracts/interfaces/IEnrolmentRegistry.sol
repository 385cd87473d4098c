// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

/// @title Who is known to a credit bank, as tags that only the evaluator of the municipality can compute
/// @notice A tag is two bytes of municipality code, four bytes of epoch and 26 bytes of a keyed hash. A person is known
/// when one of her tags of an open epoch is enrolled.
interface IEnrolmentRegistry {
    /// @notice Tags were enrolled.
    /// @param municipality CBS code
    /// @param epoch epoch of all of them
    /// @param tags the tags, ascending
    event TagsEnrolled(uint16 indexed municipality, uint32 indexed epoch, bytes32[] tags);

    /// @notice Tags are no longer enrolled.
    /// @param municipality CBS code
    /// @param tags the tags, ascending
    event EnrolmentsEnded(uint16 indexed municipality, bytes32[] tags);

    /// @notice The public keys of an epoch to come are known.
    /// @param municipality CBS code
    /// @param epoch number of the epoch
    /// @param keys public keys of the evaluator, first for kind 1 (BSN), then for kind 2 (name, birth date, address)
    event EpochAnnounced(uint16 indexed municipality, uint32 indexed epoch, bytes32[2] keys);

    /// @notice An announced epoch is the current one.
    /// @param municipality CBS code
    /// @param epoch number of the epoch
    event EpochOpened(uint16 indexed municipality, uint32 indexed epoch);

    /// @notice Epochs before this one are no longer answered; their keys are to be destroyed.
    /// @param municipality CBS code
    /// @param epoch oldest epoch that is still open
    event EpochsRetiredBefore(uint16 indexed municipality, uint32 indexed epoch);

    /// @notice The contact details for creditors changed; they are read with `municipality`.
    /// @param municipality CBS code
    event ContactChanged(uint16 indexed municipality);

    /// @notice The address of the evaluator changed; it is read with `municipality`.
    /// @param municipality CBS code
    event EvaluatorUrlChanged(uint16 indexed municipality);

    /// @notice Claims are sealed to another key from now on.
    /// @param municipality CBS code
    /// @param key X25519 public key
    event ClaimKeyChanged(uint16 indexed municipality, bytes32 key);

    /// @notice Receipts of claims are signed by another account from now on.
    /// @param municipality CBS code
    /// @param signer the account
    event ReceiptSignerChanged(uint16 indexed municipality, address indexed signer);

    /// @notice The tag is of an epoch that is not, or no longer, answered. This is never "not known".
    /// @param municipality code in the tag
    /// @param epoch epoch in the tag
    error EpochNotOpen(uint16 municipality, uint32 epoch);

    /// @notice The epoch is older than the oldest open one or newer than the last announced one.
    /// @param municipality CBS code
    /// @param epoch epoch that was given
    /// @param oldest lowest epoch allowed
    /// @param announced highest epoch allowed
    error EpochOutOfRange(uint16 municipality, uint32 epoch, uint32 oldest, uint32 announced);

    /// @notice No keys of this epoch were announced.
    /// @param municipality CBS code
    /// @param epoch epoch that was given
    error EpochNotAnnounced(uint16 municipality, uint32 epoch);

    /// @notice Epochs only go up.
    /// @param municipality CBS code
    /// @param epoch epoch that was given
    /// @param last epoch that it had to be higher than
    error EpochNotAscending(uint16 municipality, uint32 epoch, uint32 last);

    /// @notice Zero is no public key.
    /// @param municipality CBS code
    error ZeroKey(uint16 municipality);

    /// @notice The two kinds of identifier must have keys of their own: a blinded element does not show its kind.
    /// @param municipality CBS code
    /// @param key the key that was given twice
    error EqualKeys(uint16 municipality, bytes32 key);

    /// @notice Zero is no tag.
    error ZeroTag();

    /// @notice The tag is of another epoch than the batch.
    /// @param tag the tag
    /// @param epoch epoch of the batch
    error TagOfOtherEpoch(bytes32 tag, uint32 epoch);

    /// @notice The tag is enrolled already.
    /// @param tag the tag
    error TagAlreadyEnrolled(bytes32 tag);

    /// @notice The tag is not enrolled.
    /// @param tag the tag
    error TagNotEnrolled(bytes32 tag);

    /// @notice Tags stand in a batch in strictly ascending order, each once.
    /// @param previous tag before
    /// @param tag tag that should have been higher
    error TagsNotAscending(bytes32 previous, bytes32 tag);

    /// @notice A contact or address without a text helps nobody.
    /// @param municipality CBS code
    error EmptyText(uint16 municipality);

    /// @notice The text is longer than the contract keeps.
    /// @param length bytes that were given
    /// @param limit bytes allowed
    error TextTooLong(uint256 length, uint256 limit);

    /// @notice Zero cannot sign a receipt.
    /// @param municipality CBS code
    error ZeroReceiptSigner(uint16 municipality);

    /// @notice The setting has this value already.
    /// @param municipality CBS code
    error SettingUnchanged(uint16 municipality);

    /// @notice Makes tags known.
    /// @param municipality_ code that every tag begins with
    /// @param epoch epoch of every tag, from the oldest open to the last announced one
    /// @param tags tags in strictly ascending order
    /// @custom:privacy An observer learns how many tags were added and when, not whose they are: they are sent sorted,
    /// once a day, filled with random ones. Whoever can have a person's tag computed learns that she is known.
    function enrol(uint16 municipality_, uint32 epoch, bytes32[] calldata tags) external;

    /// @notice Makes tags unknown again.
    /// @param municipality_ code that every tag begins with
    /// @param tags enrolled tags in strictly ascending order, of any epoch
    /// @custom:privacy An observer learns which tags ended together. The history of a chain is never erased: that a tag
    /// was known can be read for as long as somebody keeps a copy, but not whose it was once the key is destroyed.
    function endEnrolment(uint16 municipality_, bytes32[] calldata tags) external;

    /// @notice Publishes the evaluator's keys of an epoch to come, so that it can be filled before it opens.
    /// @param municipality_ CBS code
    /// @param epoch higher than every epoch announced before
    /// @param keys ristretto255 public keys of kind 1 (BSN) and kind 2 (name, birth date, address)
    /// @custom:privacy Public keys only; an observer learns when the next epoch is prepared.
    function announceEpoch(uint16 municipality_, uint32 epoch, bytes32[2] calldata keys) external;

    /// @notice Makes an announced epoch the current one; older open ones stay open until they are retired.
    /// @param municipality_ CBS code
    /// @param epoch announced, and higher than the current one
    /// @custom:privacy An observer learns when the epoch changes.
    function openEpoch(uint16 municipality_, uint32 epoch) external;

    /// @notice Ends every epoch before `epoch`: asking about a tag of theirs is an error from now on.
    /// @param municipality_ CBS code
    /// @param epoch announced, higher than the oldest open one and at most the current one
    /// @custom:privacy With the keys of a retired epoch the link between its tags and persons is destroyed.
    function retireEpochsBefore(uint16 municipality_, uint32 epoch) external;

    /// @notice Sets what a creditor reads after a green signal.
    /// @param municipality_ CBS code
    /// @param contact how to reach the credit bank, an organisation; 1 to 256 bytes
    /// @custom:privacy Public information about an organisation. Never the name or number of a member of staff.
    function setContact(uint16 municipality_, string calldata contact) external;

    /// @notice Sets where the evaluator answers.
    /// @param municipality_ CBS code
    /// @param evaluatorUrl its address, 1 to 256 bytes
    /// @custom:privacy Public information about an organisation.
    function setEvaluatorUrl(uint16 municipality_, string calldata evaluatorUrl) external;

    /// @notice Sets the key that claims are sealed to.
    /// @param municipality_ CBS code
    /// @param key X25519 public key, not zero
    /// @custom:privacy A public key only.
    function setClaimKey(uint16 municipality_, bytes32 key) external;

    /// @notice Sets the account that signs receipts of claims.
    /// @param municipality_ CBS code
    /// @param signer the account, not zero
    /// @custom:privacy An account of the municipality's software only.
    function setReceiptSigner(uint16 municipality_, address signer) external;

    /// @notice Whether a tag is known. Everybody may ask: a chain cannot keep a read to a role.
    /// @dev Reverts with EpochNotOpen when the epoch of the tag is not open, also for an unknown municipality.
    /// @param tag the tag
    /// @return whether it is enrolled
    function isKnown(bytes32 tag) external view returns (bool);

    /// @notice `isKnown` of each tag; one tag of an epoch that is not open makes the whole call fail.
    /// @param tags the tags, in any order
    /// @return one answer per tag, in the order given
    function areKnown(bytes32[] calldata tags) external view returns (bool[] memory);

    /// @notice `areKnown` for long lists, 256 answers to a word.
    /// @param tags the tags, in any order
    /// @return words; the answer for tag i is bit i % 256 of word i / 256
    function knownBitmap(bytes32[] calldata tags) external view returns (uint256[] memory);

    /// @notice The municipality where a tag is known. No signal: zero also stands for a tag that `isKnown` refuses.
    /// @param tag the tag
    /// @return CBS code, or 0 when the tag is not known
    function municipalityOf(bytes32 tag) external view returns (uint16);

    /// @notice All settings of a municipality; zeros and empty texts where nothing was set.
    /// @param code CBS code
    /// @return currentEpoch the epoch that answers RED, zero before the first was opened
    /// @return oldestEpoch the oldest epoch that is answered
    /// @return announcedEpoch the newest epoch that has keys
    /// @return claimKey X25519 public key that claims are sealed to
    /// @return receiptSigner account that signs receipts of claims
    /// @return contact how to reach the credit bank
    /// @return evaluatorUrl where the evaluator answers
    function municipality(
        uint16 code
    )
        external
        view
        returns (
            uint32 currentEpoch,
            uint32 oldestEpoch,
            uint32 announcedEpoch,
            bytes32 claimKey,
            address receiptSigner,
            string memory contact,
            string memory evaluatorUrl
        );

    /// @notice The evaluator's public key.
    /// @param code CBS code
    /// @param epoch number of the epoch
    /// @param kind 1 for the BSN, 2 for name, birth date and address
    /// @return ristretto255 element, or zero when there is none; the keys of retired epochs stay readable
    function evaluatorKey(uint16 code, uint32 epoch, uint8 kind) external view returns (bytes32);
}
