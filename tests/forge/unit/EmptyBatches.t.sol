// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IMunicipalRoles} from "contracts/interfaces/IMunicipalRoles.sol";
import {IObligationLedger} from "contracts/interfaces/IObligationLedger.sol";

import {Fixture} from "../support/Fixture.sol";

/// @notice A batch without an item is a mistake, and no role makes it good; a question without one is none.
contract EmptyBatchTest is Fixture {
    bytes private _reason = abi.encodeWithSelector(IMunicipalRoles.EmptyBatch.selector);

    function test_Enrol_RefusesAnEmptyBatch() external {
        vm.expectRevert(_reason);
        vm.prank(REGISTRAR);
        registry.enrol(MUNICIPALITY, EPOCH, new bytes32[](0));
    }

    function test_EndEnrolment_RefusesAnEmptyBatch() external {
        vm.expectRevert(_reason);
        vm.prank(REGISTRAR);
        registry.endEnrolment(MUNICIPALITY, new bytes32[](0));
    }

    function test_Commit_RefusesAnEmptyBatch() external {
        vm.expectRevert(_reason);
        vm.prank(REGISTRAR);
        ledger.commit(MUNICIPALITY, new IObligationLedger.Change[](0));
    }

    function test_AreKnown_AnswersAnEmptyList() external view {
        vm.assertEq(registry.areKnown(new bytes32[](0)).length, 0, "no answer");
        vm.assertEq(registry.knownBitmap(new bytes32[](0)).length, 0, "no word");
    }
}
