// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

/// @title Claims of creditors: who filed which commitment when, and where it stands
/// @notice The contents of a claim are sealed and travel elsewhere. The id of a claim is a keyed hash over the original
/// creditor and its reference, so that one debt cannot be open twice.
interface IClaimRegister {
    /// @notice Where a claim stands. Open is Filed up to and including Included.
    enum ClaimStatus {
        None,
        Filed,
        UnderReview,
        Asked,
        Included,
        Declined,
        Settled,
        Withdrawn
    }

    /// @notice A claim was filed.
    /// @param claimId its id
    /// @param municipality municipality that reviews it
    /// @param holder creditor that filed it
    /// @param commitment commitment of its sealed contents
    event ClaimFiled(bytes32 indexed claimId, uint16 indexed municipality, address indexed holder, bytes32 commitment);

    /// @notice The contents of a claim were replaced; it waits for review again.
    /// @param claimId its id
    /// @param previousCommitment commitment that was replaced
    /// @param newCommitment commitment from now on
    event ClaimAmended(bytes32 indexed claimId, bytes32 previousCommitment, bytes32 newCommitment);

    /// @notice A claim has another holder.
    /// @param claimId its id
    /// @param previousHolder creditor that had it
    /// @param newHolder creditor that has it now
    event ClaimHandedOver(bytes32 indexed claimId, address indexed previousHolder, address indexed newHolder);

    /// @notice The holder took a claim back.
    /// @param claimId its id
    event ClaimWithdrawn(bytes32 indexed claimId);

    /// @notice The municipality took a step with a claim.
    /// @param claimId its id
    /// @param status where it stands now
    /// @param commitment commitment of the contents that stood there at that moment: an amendment that overtook the
    /// decision shows here
    /// @param decision commitment of the sealed reason
    event ClaimDecided(bytes32 indexed claimId, ClaimStatus indexed status, bytes32 commitment, bytes32 decision);

    /// @notice Notices to a creditor are sealed to another key from now on.
    /// @param creditor account of the creditor
    /// @param key X25519 public key
    event EncryptionKeyChanged(address indexed creditor, bytes32 key);

    /// @notice Zero is no commitment.
    /// @param claimId claim concerned
    error ZeroCommitment(bytes32 claimId);

    /// @notice Zero is no decision.
    /// @param claimId claim concerned
    error ZeroDecision(bytes32 claimId);

    /// @notice Zero is no public key.
    /// @param creditor account that gave it
    error ZeroEncryptionKey(address creditor);

    /// @notice The account has this key already.
    /// @param creditor account that gave it
    error EncryptionKeyUnchanged(address creditor);

    /// @notice Nobody filed a claim with this id.
    /// @param claimId id that was given
    error UnknownClaim(bytes32 claimId);

    /// @notice The same claim is open already.
    /// @param claimId its id
    /// @param status where it stands
    error ClaimStillOpen(bytes32 claimId, ClaimStatus status);

    /// @notice The state machine has no such step.
    /// @param claimId its id
    /// @param from where it stands
    /// @param to where it was to go
    error StatusStepNotAllowed(bytes32 claimId, ClaimStatus from, ClaimStatus to);

    /// @notice A closed claim is not handed over.
    /// @param claimId its id
    /// @param status where it stands
    error ClaimNotOpen(bytes32 claimId, ClaimStatus status);

    /// @notice Only the holder of a claim may do this.
    /// @param claimId its id
    /// @param account caller
    error NotClaimHolder(bytes32 claimId, address account);

    /// @notice The contents were replaced in the meantime.
    /// @param claimId its id
    /// @param given commitment that the caller thought it replaced
    /// @param current commitment that stands there
    error StaleCommitment(bytes32 claimId, bytes32 given, bytes32 current);

    /// @notice The new commitment is the present one.
    /// @param claimId its id
    /// @param commitment the commitment
    error CommitmentUnchanged(bytes32 claimId, bytes32 commitment);

    /// @notice The account holds the claim already.
    /// @param claimId its id
    /// @param account the account
    error AlreadyClaimHolder(bytes32 claimId, address account);

    /// @notice The account is no creditor of this municipality.
    /// @param account the account
    /// @param municipality CBS code
    error NotACreditorOf(address account, uint16 municipality);

    /// @notice The account is no creditor of any municipality.
    /// @param account the account
    error NotACreditor(address account);

    /// @notice Files a claim; the caller becomes its holder.
    /// @param claimId two bytes of municipality code and 30 bytes of a keyed hash; free when it was never used or its
    /// last claim was declined, settled or withdrawn
    /// @param municipality code that the id begins with
    /// @param commitment commitment of the sealed contents, not zero
    /// @custom:privacy An observer learns that this creditor filed something at this municipality and when, not about
    /// whom or how much.
    function fileClaim(bytes32 claimId, uint16 municipality, bytes32 commitment) external;

    /// @notice Replaces the contents of a claim that is not decided yet; it goes back to Filed.
    /// @param claimId its id
    /// @param previousCommitment commitment of the contents to be replaced
    /// @param newCommitment commitment of the new contents, not zero
    /// @custom:privacy An observer learns that the contents changed and when, not how.
    function amendClaim(bytes32 claimId, bytes32 previousCommitment, bytes32 newCommitment) external;

    /// @notice Passes an open claim on to another creditor of the same municipality.
    /// @param claimId its id
    /// @param newHolder account of that creditor
    /// @custom:privacy An observer learns that a claim went from one creditor to another and when.
    function handOverClaim(bytes32 claimId, address newHolder) external;

    /// @notice Takes an open claim back.
    /// @param claimId its id
    /// @custom:privacy An observer learns that the claim was withdrawn and when.
    function withdrawClaim(bytes32 claimId) external;

    /// @notice Takes the next step of the municipality.
    /// @param claimId its id
    /// @param status where the claim is to stand: UnderReview, Asked, Included, Declined or Settled, as the table allows
    /// @param decision commitment of the sealed reason, not zero
    /// @custom:privacy An observer learns the outcome for a random-looking id, and when; reasons stay sealed. Decisions
    /// are sent once a day, together.
    function decideClaim(bytes32 claimId, ClaimStatus status, bytes32 decision) external;

    /// @notice Sets the key that notices to the caller are sealed to.
    /// @param key X25519 public key, not zero
    /// @custom:privacy A public key of an organisation only.
    function setEncryptionKey(bytes32 key) external;

    /// @notice The key that notices to a creditor are sealed to; it stays readable after the creditor lost its role.
    /// @param creditor account of the creditor
    /// @return X25519 public key, or zero when it set none
    function encryptionKeyOf(address creditor) external view returns (bytes32);

    /// @notice Where a claim stands.
    /// @param claimId its id
    /// @return holder creditor that holds it, zero when there is no such claim
    /// @return municipality municipality that reviews it, zero when there is no such claim
    /// @return status where it stands, None when there is no such claim
    /// @return filedAt when it was filed, in seconds since 1970
    /// @return changedAt when it last changed, in seconds since 1970
    /// @return commitment commitment of its present contents
    function claim(
        bytes32 claimId
    )
        external
        view
        returns (
            address holder,
            uint16 municipality,
            ClaimStatus status,
            uint64 filedAt,
            uint64 changedAt,
            bytes32 commitment
        );
}
