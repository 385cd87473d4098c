// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

/// @title One Merkle root per dossier: evidence that a file is complete and untouched
/// @notice The leaves are salted commitments; without the salt, which never leaves the encrypted record, a root proves
/// nothing about anybody.
interface IObligationLedger {
    /// @notice One dossier of a batch.
    /// @param dossier two bytes of municipality code and 30 random bytes; never derived from a person
    /// @param previousRoot root that the writer built on; zero for a new dossier
    /// @param newRoot root over the current version of every record, not zero
    struct Change {
        bytes32 dossier;
        bytes32 previousRoot;
        bytes32 newRoot;
    }

    /// @notice A dossier has a new root.
    /// @param dossier its id
    /// @param previousRoot root that was replaced; zero for a new dossier
    /// @param newRoot root from now on
    event DossierCommitted(bytes32 indexed dossier, bytes32 previousRoot, bytes32 newRoot);

    /// @notice Zero is no root.
    /// @param dossier dossier that was to have it
    error ZeroRoot(bytes32 dossier);

    /// @notice Somebody else committed first, or the writer builds on an old copy.
    /// @param dossier dossier concerned
    /// @param given previous root that the writer named
    /// @param current root that the dossier has
    error StalePreviousRoot(bytes32 dossier, bytes32 given, bytes32 current);

    /// @notice The new root is the one that the dossier has already.
    /// @param dossier dossier concerned
    /// @param root the root
    error RootUnchanged(bytes32 dossier, bytes32 root);

    /// @notice Dossiers stand in a batch in strictly ascending order, each once.
    /// @param previous dossier before
    /// @param dossier dossier that should have been higher
    error DossiersNotAscending(bytes32 previous, bytes32 dossier);

    /// @notice Replaces the roots of dossiers, all of them or none.
    /// @param municipality code that every dossier begins with
    /// @param changes dossiers in strictly ascending order
    /// @custom:privacy An observer learns which random ids changed in the same batch, and when. Not whose they are, how
    /// many records they hold or what changed; batches are sent at fixed times and filled with header-only revisions.
    function commit(uint16 municipality, Change[] calldata changes) external;

    /// @notice The root of a dossier.
    /// @param dossier its id
    /// @return the root, or zero when it was never committed
    function rootOf(bytes32 dossier) external view returns (bytes32);

    /// @notice Whether a record version is among the current ones of a dossier.
    /// @dev The commitment is hashed here, twice: an inner node, a header leaf, a filler leaf or the root itself can
    /// therefore never pass for a commitment.
    /// @param dossier its id
    /// @param commitment EIP-712 struct hash of the record version
    /// @param proof siblings from the leaf to the root, pairs sorted
    /// @return whether the proof leads to the root of the dossier
    function isCommitted(bytes32 dossier, bytes32 commitment, bytes32[] calldata proof) external view returns (bool);
}
