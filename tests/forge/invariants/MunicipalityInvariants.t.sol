// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {Handler} from "./handlers/Handler.sol";
import {Stateful} from "./Stateful.sol";

/// @notice What holds between municipalities, in the three contracts together.
/// forge-config: default.invariant.dictionary_weight = 0
/// forge-config: default.invariant.include_storage = false
/// forge-config: default.invariant.include_push_bytes = false
/// forge-config: default.invariant.max_fuzz_dictionary_addresses = 1
/// forge-config: default.invariant.max_fuzz_dictionary_values = 1
contract MunicipalityInvariantsTest is Stateful {
    Handler[] private _watching;

    function setUp() public override {
        super.setUp();
        _watching = [
            Handler(_newEnrolmentHandler(true)),
            _newLedgerHandler(true),
            _newClaimHandler(true),
            _newRolesHandler(true)
        ];
        for (uint256 i = 0; i < _watching.length; ++i) _target(_watching[i]);
    }

    /// @notice Whatever was called, nothing that a contract answers about a municipality changed unless the call was
    /// about that municipality and by an account with a role there, or by a holder about its own.
    function invariant_NothingChangesFromOutside() public view {
        for (uint256 i = 0; i < _watching.length; ++i) {
            vm.assertEq(_watching[i].trespasses(), 0, "a municipality was changed from outside");
        }
    }
}
