// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {ClaimRegister} from "contracts/ClaimRegister.sol";
import {EnrolmentRegistry} from "contracts/EnrolmentRegistry.sol";
import {ObligationLedger} from "contracts/ObligationLedger.sol";
import {IMunicipalRoles} from "contracts/interfaces/IMunicipalRoles.sol";

import {Fixture} from "../support/Fixture.sol";

/// @notice What a contract says of itself from the beginning.
contract DeploymentTest is Fixture {
    function test_Version_IsThatOfTheSource() external view {
        vm.assertEq(registry.version(), "1.0.0", "registry");
        vm.assertEq(ledger.version(), "1.0.0", "ledger");
        vm.assertEq(register.version(), "1.0.0", "register");
    }

    function test_InstanceId_IsTheOneGiven() external view {
        vm.assertEq(registry.instanceId(), keccak256("EnrolmentRegistry"), "registry");
        vm.assertEq(ledger.instanceId(), keccak256("ObligationLedger"), "ledger");
        vm.assertEq(register.instanceId(), keccak256("ClaimRegister"), "register");
    }

    function test_Constructor_RefusesAnInstanceIdOfZero() external {
        bytes memory reason = abi.encodeWithSelector(IMunicipalRoles.ZeroInstanceId.selector);

        vm.expectRevert(reason);
        new EnrolmentRegistry(bytes32(0));
        vm.expectRevert(reason);
        new ObligationLedger(bytes32(0));
        vm.expectRevert(reason);
        new ClaimRegister(bytes32(0));
    }
}
