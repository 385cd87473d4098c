// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {MunicipalRoles} from "contracts/access/MunicipalRoles.sol";
import {IMunicipalRoles} from "contracts/interfaces/IMunicipalRoles.sol";
import {ObligationLedger} from "contracts/ObligationLedger.sol";

import {Properties} from "./Properties.sol";

/// @notice Who gives and takes which role, in each of the three contracts.
contract RoleProperties is Properties {
    bytes32 private constant _ADMINISTRATOR = keccak256("ADMINISTRATOR");

    function testFuzz_RoleOf_DiffersForEveryVerbAndMunicipality(
        bytes32 verb,
        uint16 code,
        bytes32 otherVerb,
        uint16 otherCode
    ) external view {
        vm.assume(verb != otherVerb || code != otherCode);
        bytes32 role = registry.roleOf(verb, code);

        vm.assertEq(role, keccak256(bytes.concat(verb, bytes32(uint256(code)))), "as documented");
        vm.assertTrue(role != registry.roleOf(otherVerb, otherCode), "another role");
        vm.assertTrue(role != registry.roleOf(verb, otherCode) || code == otherCode, "another municipality");
        vm.assertTrue(role != bytes32(0), "never the role of the network's administrator");
    }

    function testFuzz_GrantRole_RefusesAnUnknownRoleFromAnybody(uint8 which, bytes32 role, address account) external {
        MunicipalRoles target = _contract(which);
        vm.assume(role != bytes32(0) && target.verbOf(role) == bytes32(0));
        bytes memory reason = abi.encodeWithSelector(IMunicipalRoles.UnknownRole.selector, role);

        vm.expectRevert(reason);
        vm.prank(NETWORK_ADMINISTRATOR);
        target.grantRole(role, account);
        vm.expectRevert(reason);
        vm.prank(ADMINISTRATOR);
        target.grantRole(role, account);
        vm.assertTrue(!target.hasRole(role, account), "not granted");
    }

    /// @dev The verbs of another contract, and those of a municipality that nobody registered, are unknown too.
    function testFuzz_GrantRole_RefusesARoleOfAnUnregisteredMunicipality(
        uint8 which,
        uint8 verb,
        uint16 code,
        address account
    ) external {
        vm.assume(code != MUNICIPALITY && code != OTHER_MUNICIPALITY);
        MunicipalRoles target = _contract(which);
        bytes32 role = target.roleOf(_verb(which, verb), code);

        vm.expectRevert(abi.encodeWithSelector(IMunicipalRoles.UnknownRole.selector, role));
        vm.prank(NETWORK_ADMINISTRATOR);
        target.grantRole(role, account);
        vm.assertEq(target.verbOf(role), bytes32(0), "stands for nothing");
    }

    function testFuzz_GrantRole_GivesThatRoleToThatAccountAlone(uint8 which, uint8 verb, address account) external {
        vm.assume(uint160(account) < 0xA000 || uint160(account) > 0xC001);
        vm.assume(account != address(0));
        MunicipalRoles target = _contract(which);
        bytes32 given = _verb(which, verb);
        bytes32 role = target.roleOf(given, MUNICIPALITY);
        vm.prank(ADMINISTRATOR);
        target.grantRole(role, account);

        for (uint8 i = 0; i < _verbs(which).length; ++i) {
            bytes32 one = _verb(which, i);
            bool expected = one == given;
            _check(target.hasRole(target.roleOf(one, MUNICIPALITY), account) == expected, "this municipality");
            _check(!target.hasRole(target.roleOf(one, OTHER_MUNICIPALITY), account), "the other one");
        }
        _check(!target.hasRole(bytes32(0), account), "the network");
        _check(!target.hasRole(target.roleOf(_ADMINISTRATOR, MUNICIPALITY), account), "the administrator");
        _check(!target.hasRole(role, address(uint160(account) ^ 1)), "the next account");

        vm.prank(ADMINISTRATOR);
        target.revokeRole(role, account);
        _check(!target.hasRole(role, account), "taken again");
    }

    /// @dev Not even the administrator of the network, or of the other municipality.
    function testFuzz_GrantAndRevoke_ForTheAdministratorAlone(
        uint8 which,
        uint8 verb,
        address caller,
        address account,
        uint8 who
    ) external {
        if (who % 4 == 1) caller = NETWORK_ADMINISTRATOR;
        if (who % 4 == 2) caller = OTHER_ADMINISTRATOR;
        if (who % 4 == 3) caller = REGISTRAR;
        vm.assume(caller != ADMINISTRATOR);
        MunicipalRoles target = _contract(which);
        bytes32 role = target.roleOf(_verb(which, verb), MUNICIPALITY);
        bool before = target.hasRole(role, account);

        bytes memory reason = _refusedRole(caller, target.roleOf(_ADMINISTRATOR, MUNICIPALITY));
        vm.startPrank(caller);
        vm.expectRevert(reason);
        target.grantRole(role, account);
        vm.expectRevert(reason);
        target.revokeRole(role, account);
        vm.stopPrank();
        vm.assertEq(target.hasRole(role, account), before, "as it was");
    }

    function testFuzz_Administrator_IsNamedByTheNetworkAlone(
        uint8 which,
        address caller,
        address account,
        bool local
    ) external {
        if (local) caller = ADMINISTRATOR;
        vm.assume(caller != NETWORK_ADMINISTRATOR && account != ADMINISTRATOR);
        MunicipalRoles target = _contract(which);
        bytes32 role = target.roleOf(_ADMINISTRATOR, MUNICIPALITY);

        vm.startPrank(caller);
        vm.expectRevert(_refusedRole(caller, bytes32(0)));
        target.grantRole(role, account);
        vm.expectRevert(_refusedRole(caller, bytes32(0)));
        target.revokeRole(role, ADMINISTRATOR);
        vm.expectRevert(_refusedRole(caller, bytes32(0)));
        target.grantRole(bytes32(0), account);
        vm.stopPrank();

        vm.startPrank(NETWORK_ADMINISTRATOR);
        target.grantRole(role, account);
        target.revokeRole(role, ADMINISTRATOR);
        vm.stopPrank();
        vm.assertTrue(target.hasRole(role, account), "named");
        vm.assertTrue(!target.hasRole(role, ADMINISTRATOR), "replaced");
    }

    function testFuzz_RenounceRole_GivesUpOnlyOnesOwn(
        uint8 which,
        uint8 verb,
        address account,
        address other
    ) external {
        vm.assume(account != other);
        MunicipalRoles target = _contract(which);
        bytes32 role = target.roleOf(_verb(which, verb), MUNICIPALITY);
        vm.startPrank(ADMINISTRATOR);
        target.grantRole(role, account);
        target.grantRole(role, other);
        vm.stopPrank();

        vm.startPrank(account);
        vm.expectRevert(abi.encodeWithSignature("AccessControlBadConfirmation()"));
        target.renounceRole(role, other);
        target.renounceRole(role, account);
        vm.stopPrank();
        vm.assertTrue(!target.hasRole(role, account), "given up");
        vm.assertTrue(target.hasRole(role, other), "kept");
    }

    function testFuzz_RegisterMunicipality_OnceAndWithItsRoles(
        uint8 which,
        uint16 code,
        address administrator,
        address second
    ) external {
        vm.assume(code != MUNICIPALITY && code != OTHER_MUNICIPALITY && code != 0);
        vm.assume(administrator != address(0) && second != address(0));
        MunicipalRoles target = _contract(which);
        vm.assertTrue(!target.isRegistered(code), "not yet");

        vm.startPrank(NETWORK_ADMINISTRATOR);
        vm.expectEmit(true, true, true, true, address(target));
        emit IMunicipalRoles.MunicipalityRegistered(code, administrator);
        target.registerMunicipality(code, administrator);
        vm.expectRevert(abi.encodeWithSelector(IMunicipalRoles.MunicipalityAlreadyRegistered.selector, code));
        target.registerMunicipality(code, second);
        vm.stopPrank();

        bytes32 role = target.roleOf(_ADMINISTRATOR, code);
        _check(target.isRegistered(code), "registered");
        _check(target.verbOf(role) == _ADMINISTRATOR, "the verb of its administrator");
        _check(target.getRoleAdmin(role) == bytes32(0), "named by the network");
        _check(target.hasRole(role, administrator), "its administrator");
        _check(!target.hasRole(role, second) || second == administrator, "and no other");
        for (uint8 i = 0; i < _verbs(which).length; ++i) {
            bytes32 verb = _verb(which, i);
            bytes32 given = target.roleOf(verb, code);
            _check(target.verbOf(given) == verb, "the verb of a role");
            _check(target.getRoleAdmin(given) == role, "given by its administrator");
            _check(!target.hasRole(given, administrator), "which has none of them itself");
        }
    }

    function testFuzz_RegisterMunicipality_RefusesZero(uint8 which, uint16 code, address administrator) external {
        vm.assume(code != 0);
        MunicipalRoles target = _contract(which);

        vm.startPrank(NETWORK_ADMINISTRATOR);
        vm.expectRevert(abi.encodeWithSelector(IMunicipalRoles.ZeroMunicipality.selector));
        target.registerMunicipality(0, administrator);
        vm.expectRevert(abi.encodeWithSelector(IMunicipalRoles.ZeroAdministrator.selector, code));
        target.registerMunicipality(code, address(0));
        vm.stopPrank();
        vm.assertTrue(!target.isRegistered(0), "zero");
    }

    function testFuzz_Constructor_KeepsTheInstanceAndItsDeployer(bytes32 instanceId, address deployer) external {
        vm.assume(instanceId != bytes32(0));
        vm.prank(deployer);
        ObligationLedger deployed = new ObligationLedger(instanceId);

        vm.assertEq(deployed.instanceId(), instanceId, "its id");
        vm.assertTrue(deployed.hasRole(bytes32(0), deployer), "administers the network");
        vm.assertTrue(!deployed.hasRole(bytes32(0), address(uint160(deployer) ^ 1)), "and nobody else");
    }

    function _contract(uint8 which) private view returns (MunicipalRoles) {
        if (which % 3 == 0) return registry;
        return which % 3 == 1 ? MunicipalRoles(ledger) : register;
    }

    function _verb(uint8 which, uint8 verb) private pure returns (bytes32) {
        string[] memory verbs = _verbs(which);
        return keccak256(bytes(verbs[verb % verbs.length]));
    }

    function _verbs(uint8 which) private pure returns (string[] memory verbs) {
        verbs = new string[](
            which % 3 == 0
                ? 4
                : which % 3 == 1
                    ? 1
                    : 2
        );
        if (which % 3 == 0) {
            (verbs[0], verbs[1], verbs[2], verbs[3]) = ("REGISTRAR", "EPOCH_KEEPER", "CREDITOR", "BSN_CREDITOR");
        } else if (which % 3 == 1) {
            verbs[0] = "REGISTRAR";
        } else {
            (verbs[0], verbs[1]) = ("CREDITOR", "REVIEWER");
        }
    }
}
