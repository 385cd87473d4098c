// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {EnrolmentRegistry} from "contracts/EnrolmentRegistry.sol";

import {EnrolmentModel} from "../model/EnrolmentModel.sol";
import {RoleModel} from "../model/RoleModel.sol";
import {EpochSteps} from "./EpochSteps.sol";
import {SettingSteps} from "./SettingSteps.sol";
import {TagSteps} from "./TagSteps.sol";

/// @notice Everything that can be done with the registry but for roles.
contract EnrolmentHandler is EpochSteps, TagSteps, SettingSteps {
    constructor(
        EnrolmentRegistry registry_,
        RoleModel roles_,
        Opening memory opening,
        bool watched
    ) EnrolmentModel(registry_, roles_, watched) {
        for (uint256 i = 0; i < opening.announced.length; ++i) {
            _announce(opening.municipality, opening.announced[i], opening.keys[i]);
        }
        epochs[opening.municipality].current = opening.current;
        epochs[opening.municipality].oldest = opening.oldest;
    }
}
