// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import {IMunicipalRoles} from "../interfaces/IMunicipalRoles.sol";

/// @title One role per verb and municipality, on OpenZeppelin's AccessControl
/// @dev Danger: whoever holds DEFAULT_ADMIN_ROLE can name a new administrator of any municipality, and through it hand
/// out every role there. It belongs with an account that is used a few times a year and is kept apart from all others.
/// An administrator that renounces its role is replaced by the administrator of the network; nobody replaces the last
/// administrator of the network.
abstract contract MunicipalRoles is AccessControl, IMunicipalRoles {
    /// @notice Gives and takes every other role of its municipality. Danger: can make itself any of them.
    bytes32 public constant ADMINISTRATOR = keccak256("ADMINISTRATOR");

    string private constant _VERSION = "1.0.0";

    bytes32 private immutable _INSTANCE_ID;

    mapping(uint16 municipality => bool registered) private _registered;
    mapping(bytes32 role => bytes32 verb) private _verbs;

    /// @param instanceId_ random id of this deployment, not zero
    constructor(bytes32 instanceId_) {
        if (instanceId_ == bytes32(0)) revert ZeroInstanceId();
        _INSTANCE_ID = instanceId_;
        _grantRole(DEFAULT_ADMIN_ROLE, msg.sender);
    }

    /// @inheritdoc IMunicipalRoles
    function registerMunicipality(
        uint16 municipality,
        address administrator
    ) external override onlyRole(DEFAULT_ADMIN_ROLE) {
        if (municipality == 0) revert ZeroMunicipality();
        if (administrator == address(0)) revert ZeroAdministrator(municipality);
        if (_registered[municipality]) revert MunicipalityAlreadyRegistered(municipality);
        _registered[municipality] = true;
        emit MunicipalityRegistered(municipality, administrator);

        bytes32 administratorRole = roleOf(ADMINISTRATOR, municipality);
        _verbs[administratorRole] = ADMINISTRATOR;
        bytes32[] memory verbs = _municipalVerbs();
        for (uint256 i = 0; i < verbs.length; ++i) {
            bytes32 role = roleOf(verbs[i], municipality);
            _verbs[role] = verbs[i];
            _setRoleAdmin(role, administratorRole);
        }
        _grantRole(administratorRole, administrator);
    }

    /// @inheritdoc IMunicipalRoles
    function instanceId() external view override returns (bytes32) {
        return _INSTANCE_ID;
    }

    /// @inheritdoc IMunicipalRoles
    function version() external pure override returns (string memory) {
        return _VERSION;
    }

    /// @notice Gives `account` a role; only the administrator of that role may.
    /// @param role id as `roleOf` gives it, of a registered municipality, or DEFAULT_ADMIN_ROLE
    /// @param account account that is to have it
    /// @custom:privacy An observer learns which account may do what for which municipality, never who is behind it.
    function grantRole(bytes32 role, address account) public override {
        if (role != DEFAULT_ADMIN_ROLE && _verbs[role] == bytes32(0)) revert UnknownRole(role);
        super.grantRole(role, account);
    }

    /// @notice Takes a role from `account`; only the administrator of that role may.
    /// @param role id as `roleOf` gives it, or DEFAULT_ADMIN_ROLE
    /// @param account account that is to lose it
    /// @custom:privacy An observer learns which account may no longer do what for which municipality.
    function revokeRole(bytes32 role, address account) public override {
        super.revokeRole(role, account);
    }

    /// @notice Gives up a role of the caller's own.
    /// @param role id as `roleOf` gives it, or DEFAULT_ADMIN_ROLE
    /// @param callerConfirmation the caller's own address, against mistakes
    /// @custom:privacy An observer learns which account gave up what for which municipality.
    function renounceRole(bytes32 role, address callerConfirmation) public override {
        super.renounceRole(role, callerConfirmation);
    }

    /// @inheritdoc IMunicipalRoles
    function isRegistered(uint16 municipality) public view override returns (bool) {
        return _registered[municipality];
    }

    /// @inheritdoc IMunicipalRoles
    function verbOf(bytes32 role) public view override returns (bytes32) {
        return _verbs[role];
    }

    /// @inheritdoc IMunicipalRoles
    function roleOf(bytes32 verb, uint16 municipality) public pure override returns (bytes32) {
        return keccak256(abi.encode(verb, municipality));
    }

    /// @dev Refuses a caller without the role. Only a registered municipality has roles, so that having the role is
    /// all there is to check; the second read happens only to name the reason of a refusal. The hash is that of `roleOf`,
    /// without taking memory for it.
    function _checkMayAct(bytes32 verb, uint16 municipality) internal view {
        bytes32 role = Hashes.efficientKeccak256(verb, bytes32(uint256(municipality)));
        if (!hasRole(role, msg.sender)) {
            if (!_registered[municipality]) revert UnknownMunicipality(municipality);
            revert AccessControlUnauthorizedAccount(msg.sender, role);
        }
    }

    /// @dev The verbs of the contract besides ADMINISTRATOR.
    function _municipalVerbs() internal pure virtual returns (bytes32[] memory);

    /// @dev The municipality whose code is the first two bytes of a tag, dossier or claim id.
    function _prefixOf(bytes32 value) internal pure returns (uint16) {
        return uint16(bytes2(value));
    }
}
