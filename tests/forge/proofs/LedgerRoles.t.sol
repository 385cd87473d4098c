// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {MunicipalRoles} from "contracts/access/MunicipalRoles.sol";
import {ObligationLedger} from "contracts/ObligationLedger.sol";

import {Roles} from "./Roles.sol";

contract LedgerRoles is Roles {
    function _deploy() internal override returns (MunicipalRoles) {
        return new ObligationLedger(keccak256("instance"));
    }

    function _name() internal pure override returns (string memory) {
        return "ObligationLedger";
    }

    function _verbs() internal pure override returns (bytes32[] memory verbs) {
        verbs = new bytes32[](1);
        verbs[0] = REGISTRAR;
    }
}
