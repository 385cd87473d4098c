// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {MunicipalRoles} from "contracts/access/MunicipalRoles.sol";
import {IMunicipalRoles} from "contracts/interfaces/IMunicipalRoles.sol";

import {Cast} from "../model/Cast.sol";
import {Dice} from "../model/Dice.sol";
import {RoleModel} from "../model/RoleModel.sol";
import {Handler} from "./Handler.sol";

/// @notice Registers municipalities and gives and takes roles, in each contract that it is given.
/// @dev It never takes the role of the last administrator of the network, nor often that of the last holder of another:
/// a run in which nobody may do anything any more would find nothing.
contract RolesHandler is Handler {
    MunicipalRoles[] private _targets;
    /// @notice Where the last step was, for invariants that look there first.
    MunicipalRoles public lastTarget;
    uint16 public lastMunicipality = Cast.FIRST;

    constructor(RoleModel roles_, MunicipalRoles[] memory targets_, bool watched) Handler(roles_, watched) {
        _targets = targets_;
        lastTarget = targets_[0];
    }

    function changeRoles(uint256 seed) external {
        Dice memory dice = Dice(seed);
        MunicipalRoles target = _targets[dice.roll(_targets.length)];
        uint16 municipality = Cast.anyMunicipality(dice);
        bytes32 verb = _anyVerb(dice, address(target));
        (lastTarget, lastMunicipality) = (target, municipality);
        uint256 kind = dice.roll(16);
        if (kind < 2) _registerMunicipality(dice, target);
        else if (kind < 9) _grant(dice, target, verb, municipality);
        else if (kind < 13) _revoke(dice, target, verb, municipality);
        else _renounce(dice, target, verb, municipality);
    }

    function targets() external view returns (MunicipalRoles[] memory) {
        return _targets;
    }

    function _answersAbout(address target, uint16 municipality) internal view override returns (bytes32 digest) {
        bytes32[] memory verbs = roles.verbsOf(target);
        digest = bytes32(uint256(MunicipalRoles(target).isRegistered(municipality) ? 1 : 0));
        for (uint256 i = 0; i <= verbs.length; ++i) {
            bytes32 role = Cast.roleOf(i == 0 ? Cast.ADMINISTRATOR : verbs[i - 1], municipality);
            for (uint256 j = 0; j < Cast.ACTORS; ++j) {
                digest = keccak256(abi.encode(digest, MunicipalRoles(target).hasRole(role, Cast.actor(j))));
            }
        }
    }

    /// @dev A role is given up without having another one: the caller's own.
    function _needsNoRole(bytes4 call) internal pure override returns (bool) {
        return call == IAccessControl.renounceRole.selector;
    }

    function _registerMunicipality(Dice memory dice, MunicipalRoles target) private {
        uint16 municipality = dice.chance(10) ? 0 : (dice.chance(50) ? Cast.THIRD : Cast.anyMunicipality(dice));
        address administrator = dice.chance(10) ? address(0) : Cast.anyActor(dice);
        address actor = _actorFor(dice, address(target), Cast.DEFAULT_ADMIN, 0);
        bytes memory refusal = _registrationRefusal(address(target), municipality, administrator, actor);
        bytes memory data = abi.encodeCall(target.registerMunicipality, (municipality, administrator));
        bytes32 logs = _registrationLogs(address(target), municipality, administrator, actor);
        if (!_act(Attempt(address(target), actor, municipality, data, refusal, logs))) return;
        roles.register(address(target), municipality);
        roles.give(address(target), Cast.roleOf(Cast.ADMINISTRATOR, municipality), administrator);
        (lastTarget, lastMunicipality) = (target, municipality);
    }

    function _grant(Dice memory dice, MunicipalRoles target, bytes32 verb, uint16 municipality) private {
        bytes32 role = dice.chance(10) ? keccak256(abi.encode(dice.seed)) : Cast.roleOf(verb, municipality);
        address account = Cast.anyActor(dice);
        address actor = _administratorOf(dice, address(target), verb, municipality);
        bytes memory refusal;
        if (role != Cast.DEFAULT_ADMIN && !_isRole(address(target), role, municipality, verb)) {
            refusal = abi.encodeWithSelector(IMunicipalRoles.UnknownRole.selector, role);
        } else {
            refusal = _roleRefusal(address(target), _administrating(verb, municipality), actor);
        }
        bytes32 logs =
            roles.has(address(target), role, account)
                ? bytes32(0)
                : _roleLog(IAccessControl.RoleGranted.selector, role, account, actor);
        bytes memory data = abi.encodeCall(target.grantRole, (role, account));
        uint16 about = verb == Cast.DEFAULT_ADMIN ? 0 : municipality;
        if (_act(Attempt(address(target), actor, about, data, refusal, logs))) {
            roles.give(address(target), role, account);
        }
    }

    function _revoke(Dice memory dice, MunicipalRoles target, bytes32 verb, uint16 municipality) private {
        bytes32 role = Cast.roleOf(verb, municipality);
        address account = _loser(dice, address(target), role);
        address actor = _administratorOf(dice, address(target), verb, municipality);
        // Before a municipality takes part, its roles have no administrator of their own but the network's.
        bytes32 administrating =
            roles.isRegistered(address(target), municipality)
                ? _administrating(verb, municipality)
                : Cast.DEFAULT_ADMIN;
        bytes memory refusal = _roleRefusal(address(target), administrating, actor);
        bytes memory data = abi.encodeCall(target.revokeRole, (role, account));
        _takeRole(Attempt(address(target), actor, municipality, data, refusal, 0), role, account);
    }

    function _renounce(Dice memory dice, MunicipalRoles target, bytes32 verb, uint16 municipality) private {
        bytes32 role = Cast.roleOf(verb, municipality);
        address actor = _loser(dice, address(target), role);
        address confirmation = dice.chance(80) ? actor : Cast.anyActor(dice);
        bytes memory refusal =
            confirmation == actor
                ? bytes("")
                : abi.encodeWithSelector(IAccessControl.AccessControlBadConfirmation.selector);
        bytes memory data = abi.encodeCall(target.renounceRole, (role, confirmation));
        _takeRole(Attempt(address(target), actor, municipality, data, refusal, 0), role, actor);
    }

    function _takeRole(Attempt memory attempt, bytes32 role, address account) private {
        if (roles.has(attempt.target, role, account)) {
            attempt.logs = _roleLog(IAccessControl.RoleRevoked.selector, role, account, attempt.actor);
        }
        if (role == Cast.DEFAULT_ADMIN) attempt.municipality = 0;
        if (_act(attempt)) roles.take(attempt.target, role, account);
    }

    /// @dev Whose role is taken: mostly a holder's, when others remain, else somebody's who has none.
    function _loser(Dice memory dice, address target, bytes32 role) private view returns (address) {
        uint256 accounts = roles.holders(target, role);
        bool several = accounts & (accounts - (accounts == 0 ? 0 : 1)) != 0;
        bool fromHolder = several ? dice.chance(60) : role != Cast.DEFAULT_ADMIN && dice.chance(10);
        if (accounts == 0) fromHolder = false;
        uint256 index = dice.roll(Cast.ACTORS);
        while ((accounts & (1 << index) != 0) != fromHolder) index = (index + 1) % Cast.ACTORS;
        return Cast.actor(index);
    }

    function _anyVerb(Dice memory dice, address target) private view returns (bytes32) {
        bytes32[] memory verbs = roles.verbsOf(target);
        uint256 number = dice.roll(verbs.length + 2);
        if (number < verbs.length) return verbs[number];
        return number == verbs.length ? Cast.ADMINISTRATOR : Cast.DEFAULT_ADMIN;
    }

    function _administratorOf(
        Dice memory dice,
        address target,
        bytes32 verb,
        uint16 municipality
    ) private view returns (address) {
        bool ofNetwork = verb == Cast.DEFAULT_ADMIN || verb == Cast.ADMINISTRATOR;
        return _actorFor(dice, target, ofNetwork ? Cast.DEFAULT_ADMIN : Cast.ADMINISTRATOR, municipality);
    }

    function _isRole(address target, bytes32 role, uint16 municipality, bytes32 verb) private view returns (bool) {
        return roles.isRegistered(target, municipality) && role == Cast.roleOf(verb, municipality);
    }

    function _registrationRefusal(
        address target,
        uint16 municipality,
        address administrator,
        address actor
    ) private view returns (bytes memory refusal) {
        refusal = _roleRefusal(target, Cast.DEFAULT_ADMIN, actor);
        if (refusal.length != 0) return refusal;
        if (municipality == 0) return abi.encodeWithSelector(IMunicipalRoles.ZeroMunicipality.selector);
        if (administrator == address(0)) {
            return abi.encodeWithSelector(IMunicipalRoles.ZeroAdministrator.selector, municipality);
        }
        if (roles.isRegistered(target, municipality)) {
            return abi.encodeWithSelector(IMunicipalRoles.MunicipalityAlreadyRegistered.selector, municipality);
        }
    }

    function _registrationLogs(
        address target,
        uint16 municipality,
        address administrator,
        address actor
    ) private view returns (bytes32 logs) {
        bytes32 signature = IMunicipalRoles.MunicipalityRegistered.selector;
        logs = _log(0, _topics(signature, _word(municipality), _word(administrator)), "");
        bytes32 administrating = Cast.roleOf(Cast.ADMINISTRATOR, municipality);
        bytes32[] memory verbs = roles.verbsOf(target);
        for (uint256 i = 0; i < verbs.length; ++i) {
            signature = IAccessControl.RoleAdminChanged.selector;
            bytes32[] memory topics = _topics(signature, Cast.roleOf(verbs[i], municipality), 0, administrating);
            logs = _log(logs, topics, "");
        }
        signature = IAccessControl.RoleGranted.selector;
        return _log(logs, _topics(signature, administrating, _word(administrator), _word(actor)), "");
    }

    function _roleRefusal(address target, bytes32 role, address actor) private view returns (bytes memory) {
        if (roles.has(target, role, actor)) return "";
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, actor, role);
    }

    function _administrating(bytes32 verb, uint16 municipality) private pure returns (bytes32) {
        bool ofNetwork = verb == Cast.DEFAULT_ADMIN || verb == Cast.ADMINISTRATOR;
        return ofNetwork ? Cast.DEFAULT_ADMIN : Cast.roleOf(Cast.ADMINISTRATOR, municipality);
    }

    function _roleLog(bytes32 signature, bytes32 role, address account, address sender) private pure returns (bytes32) {
        return _log(0, _topics(signature, role, _word(account), _word(sender)), "");
    }
}
