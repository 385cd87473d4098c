// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IMunicipalRoles} from "contracts/interfaces/IMunicipalRoles.sol";
import {IObligationLedger} from "contracts/interfaces/IObligationLedger.sol";
import {ObligationLedger} from "contracts/ObligationLedger.sol";

import {Cast} from "../model/Cast.sol";
import {Dice} from "../model/Dice.sol";
import {RoleModel} from "../model/RoleModel.sol";
import {Versions} from "../model/Versions.sol";
import {Handler} from "./Handler.sol";

/// @notice Commits roots of dossiers; every root is one of a few versions, each over two records.
contract LedgerHandler is Handler {
    uint256 public constant DOSSIERS = 4;

    ObligationLedger private immutable _ledger;

    /// @notice The version that a dossier is at; 0 when it was never committed.
    mapping(bytes32 dossier => uint256) public versionOf;
    /// @notice How many dossiers were changed in all calls together.
    uint256 public changes;

    constructor(ObligationLedger ledger, RoleModel roles_, bool watched) Handler(roles_, watched) {
        _ledger = ledger;
    }

    function commit(uint256 seed) external {
        Dice memory dice = Dice(seed);
        uint16 municipality = Cast.anyMunicipality(dice);
        IObligationLedger.Change[] memory batch = _anyBatch(dice, municipality);
        address actor = _actorFor(dice, address(_ledger), Cast.REGISTRAR, municipality);
        bytes memory refusal = roles.refusal(address(_ledger), Cast.REGISTRAR, municipality, actor);
        if (refusal.length == 0) refusal = _batchRefusal(municipality, batch);
        bytes memory data = abi.encodeCall(_ledger.commit, (municipality, batch));
        if (!_act(Attempt(address(_ledger), actor, municipality, data, refusal, _batchLogs(batch)))) return;
        for (uint256 i = 0; i < batch.length; ++i) {
            versionOf[batch[i].dossier] = Versions.ofRoot(batch[i].newRoot);
        }
        changes += batch.length;
    }

    function dossier(uint16 municipality, uint256 number) public pure returns (bytes32) {
        return bytes32((uint256(municipality) << 240) | (number + 1));
    }

    function _answersAbout(address, uint16 municipality) internal view override returns (bytes32 digest) {
        for (uint256 i = 0; i < DOSSIERS; ++i) {
            digest = keccak256(abi.encode(digest, _ledger.rootOf(dossier(municipality, i))));
        }
    }

    /// @dev Dossiers of the pool in ascending order, each from its present root to another one, with a fault in two
    /// of ten batches.
    function _anyBatch(
        Dice memory dice,
        uint16 municipality
    ) private view returns (IObligationLedger.Change[] memory batch) {
        batch = new IObligationLedger.Change[](DOSSIERS);
        uint256 length = 0;
        for (uint256 i = 0; i < DOSSIERS; ++i) {
            if (dice.chance(50)) batch[length++] = _anyChange(dice, dossier(municipality, i));
        }
        if (length == 0) batch[length++] = _anyChange(dice, dossier(municipality, dice.roll(DOSSIERS)));
        if (dice.chance(20)) length = _spoil(dice, batch, length);
        assembly ("memory-safe") {
            mstore(batch, length)
        }
    }

    function _anyChange(Dice memory dice, bytes32 id) private view returns (IObligationLedger.Change memory) {
        uint256 version = versionOf[id];
        uint256 next = ((version + dice.roll(Versions.COUNT - 1)) % Versions.COUNT) + 1;
        return IObligationLedger.Change(id, Versions.root(version), Versions.root(next));
    }

    function _spoil(
        Dice memory dice,
        IObligationLedger.Change[] memory batch,
        uint256 length
    ) private pure returns (uint256) {
        uint256 fault = dice.roll(6);
        IObligationLedger.Change memory change = batch[dice.roll(length)];
        if (fault == 0) return 0;
        if (fault == 1) change.newRoot = 0;
        if (fault == 2) change.previousRoot = Versions.root(dice.roll(Versions.COUNT + 1));
        if (fault == 3) change.newRoot = change.previousRoot;
        if (fault == 4) {
            change.dossier = dossier(Cast.prefixOf(change.dossier) == Cast.FIRST ? Cast.SECOND : Cast.FIRST, 0);
        }
        if (fault == 5 && length < DOSSIERS) batch[length++] = change;
        return length;
    }

    function _batchRefusal(
        uint16 municipality,
        IObligationLedger.Change[] memory batch
    ) private view returns (bytes memory refusal) {
        if (batch.length == 0) return abi.encodeWithSelector(IMunicipalRoles.EmptyBatch.selector);
        for (uint256 i = 0; i < batch.length; ++i) {
            bytes32 id = batch[i].dossier;
            if (Cast.prefixOf(id) != municipality) {
                return abi.encodeWithSelector(IMunicipalRoles.ForeignPrefix.selector, id, municipality);
            }
            bytes32 previous = i == 0 ? bytes32(0) : batch[i - 1].dossier;
            if (id <= previous) {
                return abi.encodeWithSelector(IObligationLedger.DossiersNotAscending.selector, previous, id);
            }
            refusal = _changeRefusal(batch[i]);
            if (refusal.length != 0) return refusal;
        }
    }

    function _changeRefusal(IObligationLedger.Change memory change) private view returns (bytes memory refusal) {
        bytes32 root = Versions.root(versionOf[change.dossier]);
        if (change.newRoot == 0) return abi.encodeWithSelector(IObligationLedger.ZeroRoot.selector, change.dossier);
        if (change.previousRoot != root) {
            bytes4 stale = IObligationLedger.StalePreviousRoot.selector;
            return abi.encodeWithSelector(stale, change.dossier, change.previousRoot, root);
        }
        if (change.newRoot == root) {
            return abi.encodeWithSelector(IObligationLedger.RootUnchanged.selector, change.dossier, root);
        }
    }

    function _batchLogs(IObligationLedger.Change[] memory batch) private pure returns (bytes32 logs) {
        bytes32 signature = IObligationLedger.DossierCommitted.selector;
        for (uint256 i = 0; i < batch.length; ++i) {
            bytes memory data = abi.encode(batch[i].previousRoot, batch[i].newRoot);
            logs = _log(logs, _topics(signature, batch[i].dossier), data);
        }
    }
}
