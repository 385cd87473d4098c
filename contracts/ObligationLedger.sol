// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {MunicipalRoles} from "./access/MunicipalRoles.sol";
import {IObligationLedger} from "./interfaces/IObligationLedger.sol";

/// @title The roots of all dossiers
contract ObligationLedger is MunicipalRoles, IObligationLedger {
    /// @notice May replace the root of any dossier of its municipality. Danger: a thief of this key can make every file
    /// look changed, though never change one.
    bytes32 public constant REGISTRAR = keccak256("REGISTRAR");

    mapping(bytes32 dossier => bytes32 root) private _roots;

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
            if (_prefixOf(dossier) != municipality) revert ForeignPrefix(dossier, municipality);
            if (dossier <= previous) revert DossiersNotAscending(previous, dossier);
            _replaceRoot(dossier, change.previousRoot, change.newRoot);
            previous = dossier;
            unchecked {
                ++i; // i < length, and call data of 2**256 items cannot exist
            }
        }
    }

    /// @inheritdoc IObligationLedger
    function rootOf(bytes32 dossier) external view override returns (bytes32) {
        return _roots[dossier];
    }

    /// @inheritdoc IObligationLedger
    function isCommitted(
        bytes32 dossier,
        bytes32 commitment,
        bytes32[] calldata proof
    ) external view override returns (bool) {
        bytes32 root = _roots[dossier];
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
    function _replaceRoot(bytes32 dossier, bytes32 previousRoot, bytes32 newRoot) private {
        if (newRoot == bytes32(0)) revert ZeroRoot(dossier);
        bytes32 current = _roots[dossier];
        if (current != previousRoot) revert StalePreviousRoot(dossier, previousRoot, current);
        if (newRoot == current) revert RootUnchanged(dossier, current);
        _roots[dossier] = newRoot;
        emit DossierCommitted(dossier, previousRoot, newRoot);
    }
}
