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
        bytes32 previous = bytes32(0);
        for (uint256 i = 0; i < length;) {
            Change calldata change = changes[i];
            bytes32 dossier = change.dossier;
            if (uint256(dossier) >> 240 != municipality) revert ForeignPrefix(dossier, municipality);
            if (dossier <= previous) revert DossiersNotAscending(previous, dossier);
            _replaceRoot(_dossiers[dossier], change);
            previous = dossier;
            unchecked {
                ++i; // i < length, and call data of 2**256 items cannot exist
            }
        }
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

    /// @dev Compare-and-swap of one root.
    function _replaceRoot(Dossier storage present, Change calldata change) private {
        bytes32 newRoot = change.newRoot;
        if (newRoot == bytes32(0)) revert ZeroRoot(change.dossier);
        bytes32 current = present.root;
        if (current != change.previousRoot) revert StalePreviousRoot(change.dossier, change.previousRoot, current);
        if (newRoot == current) revert RootUnchanged(change.dossier, current);
        present.root = newRoot;
        emit DossierCommitted(change.dossier, current, newRoot);
    }
}
