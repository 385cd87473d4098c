// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {LedgerHandler} from "./handlers/LedgerHandler.sol";
import {Cast} from "./model/Cast.sol";
import {Versions} from "./model/Versions.sol";
import {Stateful} from "./Stateful.sol";

/// @notice What holds of dossiers.
/// forge-config: default.invariant.dictionary_weight = 0
/// forge-config: default.invariant.include_storage = false
/// forge-config: default.invariant.include_push_bytes = false
/// forge-config: default.invariant.max_fuzz_dictionary_addresses = 1
/// forge-config: default.invariant.max_fuzz_dictionary_values = 1
contract LedgerInvariantsTest is Stateful {
    LedgerHandler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = _newLedgerHandler(false);
        _target(_handler);
        _target(_newRolesHandler(ledger, false));
    }

    /// @notice Every dossier has the root that was committed last, and none has one that nobody committed.
    function invariant_RootsAreThoseCommittedLast() public view {
        for (uint256 i = 0; i < 3 * _handler.DOSSIERS(); ++i) {
            bytes32 id = _dossier(i);
            vm.assertEq(ledger.rootOf(id), Versions.root(_handler.versionOf(id)), "root");
        }
    }

    /// @notice There are as many events as changes: nothing changes in silence and nothing is announced for nothing.
    function invariant_EveryChangeHasItsEvent() public view {
        vm.assertEq(_handler.events(), _handler.changes(), "events");
    }

    /// @notice A record is committed when it is in the present version of the dossier, and only then.
    function invariant_OnlyThePresentVersionIsCommitted() public view {
        for (uint256 i = 0; i < 3 * _handler.DOSSIERS(); ++i) {
            bytes32 id = _dossier(i);
            uint256 present = _handler.versionOf(id);
            uint256 other = (present % Versions.COUNT) + 1;
            vm.assertEq(_isCommitted(id, present), present != 0, "present version");
            vm.assertEq(_isCommitted(id, other), false, "other version");
            vm.assertEq(ledger.isCommitted(id, 0, new bytes32[](0)), false, "no record");
            vm.assertEq(ledger.isCommitted(id, Versions.root(present), new bytes32[](0)), false, "root as a record");
        }
    }

    function _isCommitted(bytes32 id, uint256 version) private view returns (bool) {
        return ledger.isCommitted(id, Versions.commitment(version), Versions.proof(version));
    }

    function _dossier(uint256 number) private view returns (bytes32) {
        return _handler.dossier(Cast.municipality(number % 3), number / 3);
    }
}
