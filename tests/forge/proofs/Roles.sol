// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {MunicipalRoles} from "contracts/access/MunicipalRoles.sol";

import {Proof} from "./Proof.sol";

/// @notice Who gives and takes roles, proven of each of the three contracts.
abstract contract Roles is Proof {
    MunicipalRoles internal target;

    function setUp() public {
        target = _deploy();
        svm.enableSymbolicStorage(address(target));
    }

    /// @dev After deployment nobody is registered and the deployer is all there is, so every municipality is in order.
    /// @custom:halmos --loop 8
    function check_Roles_AreInOrderAfterDeployment(uint16 municipality, uint256 verb, address account) public {
        MunicipalRoles fresh = _deploy();
        assert(_isInOrder(fresh, municipality, _verb(verb), account));
        assert(fresh.hasRole(NETWORK, account) == (account == address(this)));
    }

    /// @custom:halmos --loop 8 --default-array-lengths 0,1,2 --default-bytes-lengths 0,32,257
    function check_Roles_StayInOrder(address caller, uint16 municipality, uint256 verb, address account) public {
        vm.assume(_isInOrder(target, municipality, _verb(verb), account));
        _callAnything(caller, address(target), _name());
        assert(_isInOrder(target, municipality, _verb(verb), account));
    }

    /// @custom:halmos --loop 8 --default-array-lengths 0,1,2 --default-bytes-lengths 0,32,257
    function check_Roles_OnlyTheirAdministratorGivesAndTakes(
        address caller,
        uint16 municipality,
        uint256 verb,
        address account
    ) public {
        bytes32 role = _role(_verb(verb), municipality);
        vm.assume(_isInOrder(target, municipality, _verb(verb), account));
        bool before = target.hasRole(role, account);
        bool administers = _has(target, ADMINISTRATOR, municipality, caller);

        _callAnything(caller, address(target), _name());

        bool present = target.hasRole(role, account);
        assert(_any(present == before, _any(administers, _all(before, account == caller))));
    }

    /// @custom:halmos --loop 8 --default-array-lengths 0,1,2 --default-bytes-lengths 0,32,257
    function check_Roles_OnlyTheNetworkNamesAdministrators(
        address caller,
        uint16 municipality,
        address account
    ) public {
        bytes32 role = _role(ADMINISTRATOR, municipality);
        vm.assume(target.getRoleAdmin(NETWORK) == NETWORK);
        vm.assume(target.getRoleAdmin(role) == NETWORK);
        bool before = target.hasRole(role, account);
        bool network = target.hasRole(NETWORK, account);
        bool registered = target.isRegistered(municipality);
        bool administers = target.hasRole(NETWORK, caller);

        _callAnything(caller, address(target), _name());

        bool present = target.hasRole(role, account);
        bool unchanged = _all(
            target.hasRole(NETWORK, account) == network,
            target.isRegistered(municipality) == registered
        );
        assert(_any(present == before, _any(administers, _all(before, account == caller))));
        assert(_any(unchanged, administers));
        assert(_implies(registered, target.isRegistered(municipality)));
    }

    function _deploy() internal virtual returns (MunicipalRoles);

    function _name() internal pure virtual returns (string memory);

    /// @dev The verbs of the contract besides ADMINISTRATOR.
    function _verbs() internal pure virtual returns (bytes32[] memory);

    function _verb(uint256 index) private pure returns (bytes32 verb) {
        bytes32[] memory verbs = _verbs();
        vm.assume(index < verbs.length);
        for (uint256 i = 0; i < verbs.length; ++i) verb |= _when(index == i, verbs[i]);
    }

    /// @dev A role of a registered municipality stands under its administrator and that one under the network; in an
    /// unregistered municipality there is no role and nobody has one.
    function _isInOrder(
        MunicipalRoles roles,
        uint16 municipality,
        bytes32 verb,
        address account
    ) private view returns (bool ordered) {
        bool registered = roles.isRegistered(municipality);
        bytes32 administrator = _role(ADMINISTRATOR, municipality);
        ordered = _all(roles.getRoleAdmin(NETWORK) == NETWORK, roles.getRoleAdmin(administrator) == NETWORK);
        ordered = _all(ordered, roles.verbOf(administrator) == _when(registered, ADMINISTRATOR));
        ordered = _all(ordered, _any(registered, !roles.hasRole(administrator, account)));
        bytes32 role = _role(verb, municipality);
        ordered = _all(ordered, roles.verbOf(role) == _when(registered, verb));
        ordered = _all(ordered, roles.getRoleAdmin(role) == _when(registered, administrator));
        ordered = _all(ordered, _any(registered, !roles.hasRole(role, account)));
        return _all(ordered, _any(municipality != 0, !registered));
    }
}
