// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {EnrolmentRegistry} from "contracts/EnrolmentRegistry.sol";
import {MunicipalRoles} from "contracts/access/MunicipalRoles.sol";

import {Proof} from "./Proof.sol";
import {Registry} from "./Registry.sol";
import {Roles} from "./Roles.sol";

contract RegistryRoles is Roles, Registry {
    function _deploy() internal override returns (MunicipalRoles) {
        return new EnrolmentRegistry(keccak256("instance"));
    }

    function _beforeCall(bytes memory data) internal override(Proof) {
        _emptyTextsOf(EnrolmentRegistry(address(target)), data);
    }

    function _name() internal pure override returns (string memory) {
        return "EnrolmentRegistry";
    }

    function _verbs() internal pure override returns (bytes32[] memory verbs) {
        verbs = new bytes32[](4);
        (verbs[0], verbs[1], verbs[2], verbs[3]) = (REGISTRAR, EPOCH_KEEPER, CREDITOR, BSN_CREDITOR);
    }
}
