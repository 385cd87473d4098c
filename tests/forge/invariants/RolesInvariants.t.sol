// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {MunicipalRoles} from "contracts/access/MunicipalRoles.sol";

import {RolesHandler} from "./handlers/RolesHandler.sol";
import {Cast} from "./model/Cast.sol";
import {Stateful} from "./Stateful.sol";

/// @notice What holds of municipalities, roles and identity in each of the three contracts.
/// forge-config: default.invariant.dictionary_weight = 0
/// forge-config: default.invariant.include_storage = false
/// forge-config: default.invariant.include_push_bytes = false
/// forge-config: default.invariant.max_fuzz_dictionary_addresses = 1
/// forge-config: default.invariant.max_fuzz_dictionary_values = 1
contract RolesInvariantsTest is Stateful {
    RolesHandler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = _newRolesHandler(false);
        _target(_handler);
    }

    /// @notice Nobody has a role that no administrator gave, or keeps one that was taken.
    /// @dev Where the last step was; `invariant_OnlyRegisteredMunicipalitiesHaveRoles` looks everywhere, for less.
    function invariant_HoldersAreThoseWhoWereGivenTheRole() public view {
        MunicipalRoles target = _handler.lastTarget();
        bytes32[] memory verbs = roles.verbsOf(address(target));
        for (uint256 i = 0; i < 3; ++i) {
            uint16 municipality = Cast.municipality(i);
            _assertHolders(target, Cast.roleOf(Cast.ADMINISTRATOR, municipality));
            if (municipality != _handler.lastMunicipality()) continue;
            for (uint256 j = 0; j < verbs.length; ++j) _assertHolders(target, Cast.roleOf(verbs[j], municipality));
        }
    }

    /// @notice A role is known exactly where its municipality takes part, and is administered by that municipality.
    function invariant_OnlyRegisteredMunicipalitiesHaveRoles() public view {
        MunicipalRoles[] memory targets = _handler.targets();
        for (uint256 i = 0; i < targets.length; ++i) {
            vm.assertEq(targets[i].isRegistered(0), false, "municipality 0 takes part");
            for (uint256 j = 0; j < 3; ++j) _assertRoles(targets[i], Cast.municipality(j));
        }
    }

    /// @notice The network has the administrators of the model, at least one.
    function invariant_TheNetworkKeepsItsAdministrators() public view {
        MunicipalRoles[] memory targets = _handler.targets();
        for (uint256 i = 0; i < targets.length; ++i) {
            vm.assertTrue(roles.holders(address(targets[i]), Cast.DEFAULT_ADMIN) != 0, "nobody is left");
            _assertHolders(targets[i], Cast.DEFAULT_ADMIN);
        }
    }

    /// @notice What identifies a deployment never changes.
    function invariant_TheIdentityIsConstant() public view {
        vm.assertEq(registry.instanceId(), keccak256("EnrolmentRegistry"), "instance id");
        vm.assertEq(ledger.instanceId(), keccak256("ObligationLedger"), "instance id");
        vm.assertEq(register.instanceId(), keccak256("ClaimRegister"), "instance id");
        MunicipalRoles[] memory targets = _handler.targets();
        for (uint256 i = 0; i < targets.length; ++i) vm.assertEq(targets[i].version(), "1.0.0", "version");
    }

    function _assertRoles(MunicipalRoles target, uint16 municipality) private view {
        bool registered = roles.isRegistered(address(target), municipality);
        vm.assertEq(target.isRegistered(municipality), registered, "takes part");
        bytes32 administrating = Cast.roleOf(Cast.ADMINISTRATOR, municipality);
        vm.assertEq(target.verbOf(administrating), registered ? Cast.ADMINISTRATOR : bytes32(0), "verb");
        vm.assertEq(target.getRoleAdmin(administrating), Cast.DEFAULT_ADMIN, "administered by the network");
        bytes32[] memory verbs = roles.verbsOf(address(target));
        for (uint256 i = 0; i < verbs.length; ++i) {
            bytes32 role = Cast.roleOf(verbs[i], municipality);
            vm.assertEq(target.verbOf(role), registered ? verbs[i] : bytes32(0), "verb");
            vm.assertEq(target.getRoleAdmin(role), registered ? administrating : bytes32(0), "administered by");
        }
    }

    function _assertHolders(MunicipalRoles target, bytes32 role) private view {
        uint256 accounts = roles.holders(address(target), role);
        for (uint256 i = 0; i < Cast.ACTORS; ++i) {
            bool holds = accounts & (1 << i) != 0;
            vm.assertEq(target.hasRole(role, Cast.actor(i)), holds, "has the role");
        }
    }
}
