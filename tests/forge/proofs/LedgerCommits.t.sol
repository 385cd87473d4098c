// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IObligationLedger} from "contracts/interfaces/IObligationLedger.sol";
import {ObligationLedger} from "contracts/ObligationLedger.sol";

import {Proof} from "./Proof.sol";

/// @notice Who replaces which root by which.
contract LedgerCommits is Proof {
    ObligationLedger private _ledger;

    function setUp() public {
        _ledger = new ObligationLedger(keccak256("instance"));
        svm.enableSymbolicStorage(address(_ledger));
    }

    /// @custom:halmos --loop 8 --default-array-lengths 0,1,2,3
    function check_Ledger_OnlyTheRegistrarChangesADossier(address caller, bytes32 dossier) public {
        bytes32 before = _ledger.rootOf(dossier);
        bool registrar = _has(_ledger, REGISTRAR, _prefix(dossier), caller);
        _callAnything(caller, address(_ledger), "ObligationLedger");
        assert(_any(_ledger.rootOf(dossier) == before, registrar));
    }

    /// @dev A batch succeeds only when every dossier had the root that it names; it then has the new one.
    /// @custom:halmos --loop 8 --array-lengths changes={0,1,2,3}
    function check_Commit_SwapsExactlyTheNamedRoots(
        address caller,
        uint16 municipality,
        IObligationLedger.Change[] calldata changes
    ) public {
        bytes32[] memory before = new bytes32[](changes.length);
        for (uint256 i = 0; i < changes.length; ++i) before[i] = _ledger.rootOf(changes[i].dossier);

        vm.prank(caller);
        _ledger.commit(municipality, changes);

        assert(changes.length > 0);
        for (uint256 i = 0; i < changes.length; ++i) {
            assert(before[i] == changes[i].previousRoot);
            assert(_ledger.rootOf(changes[i].dossier) == changes[i].newRoot);
            assert(changes[i].newRoot != changes[i].previousRoot);
            assert(changes[i].newRoot != bytes32(0));
            assert(_prefix(changes[i].dossier) == municipality);
        }
    }

    /// @custom:halmos --loop 8 --array-lengths changes={0,1,2,3}
    function check_Commit_LeavesEveryOtherDossier(
        address caller,
        uint16 municipality,
        IObligationLedger.Change[] calldata changes,
        bytes32 other
    ) public {
        for (uint256 i = 0; i < changes.length; ++i) vm.assume(changes[i].dossier != other);
        bytes32 before = _ledger.rootOf(other);

        vm.prank(caller);
        _ledger.commit(municipality, changes);

        assert(_ledger.rootOf(other) == before);
    }
}
