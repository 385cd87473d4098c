// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IMunicipalRoles} from "contracts/interfaces/IMunicipalRoles.sol";

import {Cast} from "./Cast.sol";
import {Dice} from "./Dice.sol";

/// @notice Which municipalities take part in each contract, and who has which role there; all handlers share it.
/// @dev Only handlers write it. It is none of the targets of the runs.
contract RoleModel {
    mapping(address target => mapping(uint16 municipality => bool)) public isRegistered;
    mapping(address target => mapping(bytes32 role => uint256 accounts)) public holders;
    /// @notice Whoever held the role once, also when it was taken back.
    mapping(address target => mapping(bytes32 role => uint256 accounts)) public everHeld;
    mapping(address target => bytes32[] verbs) private _verbs;

    /// @param target contract
    /// @param verbs its verbs besides ADMINISTRATOR, in the order in which it registers them
    function addContract(address target, bytes32[] calldata verbs) external {
        _verbs[target] = verbs;
    }

    function register(address target, uint16 municipality) external {
        isRegistered[target][municipality] = true;
    }

    function give(address target, bytes32 role, address account) external {
        holders[target][role] |= Cast.bit(account);
        everHeld[target][role] |= Cast.bit(account);
    }

    function take(address target, bytes32 role, address account) external {
        holders[target][role] &= ~Cast.bit(account);
    }

    function verbsOf(address target) external view returns (bytes32[] memory) {
        return _verbs[target];
    }

    function has(address target, bytes32 role, address account) public view returns (bool) {
        return holders[target][role] & Cast.bit(account) != 0;
    }

    /// @notice Whether the account has anything to say about a municipality in a contract.
    function hasAny(address target, uint16 municipality, address account) external view returns (bool) {
        if (has(target, Cast.DEFAULT_ADMIN, account)) return true;
        if (has(target, Cast.roleOf(Cast.ADMINISTRATOR, municipality), account)) return true;
        bytes32[] memory verbs = _verbs[target];
        for (uint256 i = 0; i < verbs.length; ++i) {
            if (has(target, Cast.roleOf(verbs[i], municipality), account)) return true;
        }
        return false;
    }

    /// @notice How the contract must refuse the account for want of the role; empty when it has it.
    function refusal(
        address target,
        bytes32 verb,
        uint16 municipality,
        address account
    ) external view returns (bytes memory) {
        bytes32 role = Cast.roleOf(verb, municipality);
        if (has(target, role, account)) return "";
        if (!isRegistered[target][municipality]) {
            return abi.encodeWithSelector(IMunicipalRoles.UnknownMunicipality.selector, municipality);
        }
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role);
    }

    /// @notice A holder of the role in nine of ten cases, when there is one; else just anybody.
    function actorFor(address target, bytes32 verb, uint16 municipality, uint256 seed) external view returns (address) {
        Dice memory dice = Dice(seed);
        uint256 accounts = holders[target][Cast.roleOf(verb, municipality)];
        uint256 index = dice.roll(Cast.ACTORS);
        if (accounts == 0 || !dice.chance(90)) return Cast.actor(index);
        while (accounts & (1 << index) == 0) index = (index + 1) % Cast.ACTORS;
        return Cast.actor(index);
    }
}
