// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {MunicipalRoles} from "contracts/access/MunicipalRoles.sol";

import {ClaimHandler} from "./handlers/ClaimHandler.sol";
import {EnrolmentHandler} from "./handlers/EnrolmentHandler.sol";
import {Handler} from "./handlers/Handler.sol";
import {LedgerHandler} from "./handlers/LedgerHandler.sol";
import {RolesHandler} from "./handlers/RolesHandler.sol";
import {Cast} from "./model/Cast.sol";
import {EnrolmentModel} from "./model/EnrolmentModel.sol";
import {RoleModel} from "./model/RoleModel.sol";
import {Fixture} from "../support/Fixture.sol";

/// @notice The fixture with a model of it, and the handlers that a campaign calls.
/// @dev Every invariant is a campaign of its own: foundry.toml says of how many runs and how many steps. Forge asks
/// `targetContracts` which contracts to call, and calls every function of theirs that is no view.
abstract contract Stateful is Fixture {
    /// @dev From this number of steps on, a run must have come somewhere.
    uint256 private constant _LONG_RUN = 64;

    RoleModel internal roles;
    Handler[] private _handlers;

    function setUp() public virtual override {
        super.setUp();
        roles = new RoleModel();
        _describe(registry, _verbs(Cast.REGISTRAR, Cast.EPOCH_KEEPER, Cast.CREDITOR, Cast.BSN_CREDITOR));
        _describe(ledger, _verbs(Cast.REGISTRAR));
        _describe(register, _verbs(Cast.CREDITOR, Cast.REVIEWER));
        _describeHolders();
    }

    /// @notice At the end of every run: it was no row of refusals. Four of ten steps may be refused, but not nine.
    function afterInvariant() public view {
        uint256 accepted = 0;
        uint256 refused = 0;
        for (uint256 i = 0; i < _handlers.length; ++i) {
            accepted += _handlers[i].acceptedInAll();
            refused += _handlers[i].refusedInAll();
        }
        if (accepted + refused < _LONG_RUN) return;
        vm.assertTrue(accepted * 4 >= accepted + refused, "fewer than one of four steps was accepted");
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](_handlers.length);
        for (uint256 i = 0; i < targets.length; ++i) targets[i] = address(_handlers[i]);
    }

    function _target(Handler handler) internal {
        _handlers.push(handler);
    }

    function _newRolesHandler(MunicipalRoles target, bool watched) internal returns (RolesHandler) {
        MunicipalRoles[] memory targets = new MunicipalRoles[](1);
        targets[0] = target;
        return new RolesHandler(roles, targets, watched);
    }

    function _newRolesHandler(bool watched) internal returns (RolesHandler) {
        MunicipalRoles[] memory targets = new MunicipalRoles[](3);
        (targets[0], targets[1], targets[2]) = (registry, ledger, register);
        return new RolesHandler(roles, targets, watched);
    }

    function _newEnrolmentHandler(bool watched) internal returns (EnrolmentHandler) {
        EnrolmentModel.Opening memory opening;
        opening.municipality = MUNICIPALITY;
        opening.announced = new uint32[](3);
        opening.keys = new bytes32[2][](3);
        (opening.announced[0], opening.announced[1], opening.announced[2]) = (OLD_EPOCH, EPOCH, NEXT_EPOCH);
        for (uint256 i = 0; i < 3; ++i) opening.keys[i] = _keys(opening.announced[i]);
        (opening.current, opening.oldest) = (EPOCH, OLD_EPOCH);
        return new EnrolmentHandler(registry, roles, opening, watched);
    }

    function _newLedgerHandler(bool watched) internal returns (LedgerHandler) {
        return new LedgerHandler(ledger, roles, watched);
    }

    function _newClaimHandler(bool watched) internal returns (ClaimHandler) {
        return new ClaimHandler(register, roles, watched);
    }

    function _describe(MunicipalRoles target, bytes32[] memory verbs) private {
        roles.addContract(address(target), verbs);
        roles.register(address(target), MUNICIPALITY);
        roles.register(address(target), OTHER_MUNICIPALITY);
        roles.give(address(target), Cast.DEFAULT_ADMIN, NETWORK_ADMINISTRATOR);
        _give(target, Cast.ADMINISTRATOR, ADMINISTRATOR, OTHER_ADMINISTRATOR);
    }

    function _describeHolders() private {
        _give(registry, Cast.REGISTRAR, REGISTRAR, OTHER_REGISTRAR);
        _give(registry, Cast.EPOCH_KEEPER, EPOCH_KEEPER, OTHER_EPOCH_KEEPER);
        _give(registry, Cast.CREDITOR, CREDITOR, OTHER_CREDITOR);
        roles.give(address(registry), Cast.roleOf(Cast.CREDITOR, MUNICIPALITY), SECOND_CREDITOR);
        roles.give(address(registry), Cast.roleOf(Cast.BSN_CREDITOR, MUNICIPALITY), BSN_CREDITOR);
        _give(ledger, Cast.REGISTRAR, REGISTRAR, OTHER_REGISTRAR);
        _give(register, Cast.REVIEWER, REVIEWER, OTHER_REVIEWER);
        _give(register, Cast.CREDITOR, CREDITOR, OTHER_CREDITOR);
        roles.give(address(register), Cast.roleOf(Cast.CREDITOR, MUNICIPALITY), SECOND_CREDITOR);
    }

    function _give(MunicipalRoles target, bytes32 verb, address account, address otherAccount) private {
        roles.give(address(target), Cast.roleOf(verb, MUNICIPALITY), account);
        roles.give(address(target), Cast.roleOf(verb, OTHER_MUNICIPALITY), otherAccount);
    }

    function _verbs(bytes32 first) private pure returns (bytes32[] memory verbs) {
        verbs = new bytes32[](1);
        verbs[0] = first;
    }

    function _verbs(bytes32 first, bytes32 second) private pure returns (bytes32[] memory verbs) {
        verbs = new bytes32[](2);
        (verbs[0], verbs[1]) = (first, second);
    }

    function _verbs(
        bytes32 first,
        bytes32 second,
        bytes32 third,
        bytes32 fourth
    ) private pure returns (bytes32[] memory verbs) {
        verbs = new bytes32[](4);
        (verbs[0], verbs[1], verbs[2], verbs[3]) = (first, second, third, fourth);
    }
}
