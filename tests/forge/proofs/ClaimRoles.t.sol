// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {ClaimRegister} from "contracts/ClaimRegister.sol";
import {MunicipalRoles} from "contracts/access/MunicipalRoles.sol";

import {Roles} from "./Roles.sol";

contract ClaimRoles is Roles {
    function _deploy() internal override returns (MunicipalRoles) {
        return new ClaimRegister(keccak256("instance"));
    }

    function _name() internal pure override returns (string memory) {
        return "ClaimRegister";
    }

    function _verbs() internal pure override returns (bytes32[] memory verbs) {
        verbs = new bytes32[](2);
        (verbs[0], verbs[1]) = (CREDITOR, REVIEWER);
    }
}
