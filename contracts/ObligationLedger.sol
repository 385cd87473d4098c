// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {MunicipalRoles} from "./access/MunicipalRoles.sol";
import {IObligationLedger} from "./interfaces/IObligationLedger.sol";

/// @title The roots of all dossiers
contract ObligationLedger is MunicipalRoles, IObligationLedger {
    /// @dev A struct of one word, so that its place in storage is worked out once for reading and writing.
    struct Dossier {
        bytes32 root;
    }

    /// @notice May replace the root of any dossier of its municipality. Danger: a thief of this key can make every file
    /// look changed, though never change one.
    bytes32 public constant REGISTRAR = keccak256("REGISTRAR");

    mapping(bytes32 id => Dossier dossier) private _dossiers;

    /// @param instanceId_ random id of this deployment, not zero
    constructor(bytes32 instanceId_) MunicipalRoles(instanceId_) {}

    /// @inheritdoc IObligationLedger
    function commit(uint16 municipality, Change[] calldata changes) external override {
        _checkMayAct(REGISTRAR, municipality);
        uint256 length = changes.length;
        if (length == 0) revert EmptyBatch();
        uint256 prefix = municipality;
        bytes32 previous = bytes32(0);
        uint256 i = 0;
        do {
            Change calldata change = _at(changes, i);
            bytes32 dossier = change.dossier;
            if (uint256(dossier) >> 240 != prefix) revert ForeignPrefix(dossier, municipality);
            if (dossier <= previous) revert DossiersNotAscending(previous, dossier);
            previous = dossier;
            bytes32 newRoot = change.newRoot;
            if (newRoot == bytes32(0)) revert ZeroRoot(dossier);
            Dossier storage present = _dossiers[dossier];
            bytes32 current = present.root;
            if (current != change.previousRoot) revert StalePreviousRoot(dossier, change.previousRoot, current);
            if (newRoot == current) revert RootUnchanged(dossier, current);
            present.root = newRoot;
            emit DossierCommitted(dossier, current, newRoot);
            unchecked {
                ++i; // i < length, and call data of 2**256 items cannot exist
            }
        } while (i != length);
    }

    /// @inheritdoc IObligationLedger
    function rootOf(bytes32 dossier) external view override returns (bytes32) {
        return _dossiers[dossier].root;
    }

    /// @inheritdoc IObligationLedger
    function isCommitted(
        bytes32 dossier,
        bytes32 commitment,
        bytes32[] calldata proof
    ) external view override returns (bool) {
        bytes32 root = _dossiers[dossier].root;
        if (root == bytes32(0) || commitment == bytes32(0)) return false;
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(commitment))));
        return MerkleProof.verifyCalldata(proof, root, leaf);
    }

    /// @inheritdoc MunicipalRoles
    function _municipalVerbs() internal pure override returns (bytes32[] memory verbs) {
        verbs = new bytes32[](1);
        verbs[0] = REGISTRAR;
    }

    /// @dev `changes[i]` without the check that it exists: the caller sees to `i < changes.length`.
    function _at(Change[] calldata changes, uint256 i) private pure returns (Change calldata change) {
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            change := add(changes.offset, mul(i, 0x60)) // three words each
        }
    }
}
