// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {ClaimRegister} from "contracts/ClaimRegister.sol";
import {EnrolmentRegistry} from "contracts/EnrolmentRegistry.sol";
import {MunicipalRoles} from "contracts/access/MunicipalRoles.sol";
import {ObligationLedger} from "contracts/ObligationLedger.sol";

import {Vm} from "./Vm.sol";

/// @notice The three contracts with two municipalities and everybody who has a role in them, as the Brownie tests have
/// them: two epochs open in the first municipality and one announced, none in the second.
abstract contract Fixture {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    uint16 internal constant MUNICIPALITY = 14;
    uint16 internal constant OTHER_MUNICIPALITY = 34;
    uint16 internal constant UNREGISTERED = 99;
    uint32 internal constant OLD_EPOCH = 20263;
    uint32 internal constant EPOCH = 20264;
    uint32 internal constant NEXT_EPOCH = 20271;

    address internal constant NETWORK_ADMINISTRATOR = address(0xA001);
    address internal constant ADMINISTRATOR = address(0xA002);
    address internal constant REGISTRAR = address(0xA003);
    address internal constant EPOCH_KEEPER = address(0xA004);
    address internal constant REVIEWER = address(0xA005);
    address internal constant CREDITOR = address(0xA006);
    address internal constant SECOND_CREDITOR = address(0xA007);
    address internal constant BSN_CREDITOR = address(0xA008);
    address internal constant OTHER_ADMINISTRATOR = address(0xB002);
    address internal constant OTHER_REGISTRAR = address(0xB003);
    address internal constant OTHER_EPOCH_KEEPER = address(0xB004);
    address internal constant OTHER_REVIEWER = address(0xB005);
    address internal constant OTHER_CREDITOR = address(0xB006);
    address internal constant STRANGER = address(0xC001);

    EnrolmentRegistry internal registry;
    ObligationLedger internal ledger;
    ClaimRegister internal register;

    function setUp() public virtual {
        vm.startPrank(NETWORK_ADMINISTRATOR);
        registry = new EnrolmentRegistry(keccak256("EnrolmentRegistry"));
        ledger = new ObligationLedger(keccak256("ObligationLedger"));
        register = new ClaimRegister(keccak256("ClaimRegister"));
        vm.stopPrank();
        _register(MUNICIPALITY, ADMINISTRATOR);
        _register(OTHER_MUNICIPALITY, OTHER_ADMINISTRATOR);

        _grant(registry, registry.REGISTRAR(), MUNICIPALITY, REGISTRAR);
        _grant(registry, registry.EPOCH_KEEPER(), MUNICIPALITY, EPOCH_KEEPER);
        _grant(registry, registry.CREDITOR(), MUNICIPALITY, CREDITOR);
        _grant(registry, registry.CREDITOR(), MUNICIPALITY, SECOND_CREDITOR);
        _grant(registry, registry.BSN_CREDITOR(), MUNICIPALITY, BSN_CREDITOR);
        _grant(ledger, ledger.REGISTRAR(), MUNICIPALITY, REGISTRAR);
        _grant(register, register.REVIEWER(), MUNICIPALITY, REVIEWER);
        _grant(register, register.CREDITOR(), MUNICIPALITY, CREDITOR);
        _grant(register, register.CREDITOR(), MUNICIPALITY, SECOND_CREDITOR);

        _grant(registry, registry.REGISTRAR(), OTHER_MUNICIPALITY, OTHER_REGISTRAR);
        _grant(registry, registry.EPOCH_KEEPER(), OTHER_MUNICIPALITY, OTHER_EPOCH_KEEPER);
        _grant(registry, registry.CREDITOR(), OTHER_MUNICIPALITY, OTHER_CREDITOR);
        _grant(ledger, ledger.REGISTRAR(), OTHER_MUNICIPALITY, OTHER_REGISTRAR);
        _grant(register, register.REVIEWER(), OTHER_MUNICIPALITY, OTHER_REVIEWER);
        _grant(register, register.CREDITOR(), OTHER_MUNICIPALITY, OTHER_CREDITOR);

        vm.startPrank(EPOCH_KEEPER);
        registry.announceEpoch(MUNICIPALITY, OLD_EPOCH, _keys(OLD_EPOCH));
        registry.announceEpoch(MUNICIPALITY, EPOCH, _keys(EPOCH));
        registry.announceEpoch(MUNICIPALITY, NEXT_EPOCH, _keys(NEXT_EPOCH));
        registry.openEpoch(MUNICIPALITY, OLD_EPOCH);
        registry.openEpoch(MUNICIPALITY, EPOCH);
        vm.stopPrank();
    }

    function _register(uint16 municipality, address administrator) internal {
        vm.startPrank(NETWORK_ADMINISTRATOR);
        registry.registerMunicipality(municipality, administrator);
        ledger.registerMunicipality(municipality, administrator);
        register.registerMunicipality(municipality, administrator);
        vm.stopPrank();
    }

    function _grant(MunicipalRoles target, bytes32 verb, uint16 municipality, address account) internal {
        bytes32 role = target.roleOf(verb, municipality);
        vm.prank(municipality == MUNICIPALITY ? ADMINISTRATOR : OTHER_ADMINISTRATOR);
        target.grantRole(role, account);
    }

    /// @dev Two keys that differ for each epoch.
    function _keys(uint32 epoch) internal pure returns (bytes32[2] memory) {
        return [keccak256(abi.encode("bsn", epoch)), keccak256(abi.encode("nadb", epoch))];
    }

    /// @dev A tag of the epoch: uint16 municipality, uint32 epoch, 26 bytes.
    function _tag(uint16 municipality, uint32 epoch, uint208 rest) internal pure returns (bytes32) {
        return bytes32((uint256(municipality) << 240) | (uint256(epoch) << 208) | rest);
    }

    /// @dev A dossier or claim id: uint16 municipality, 30 bytes.
    function _id(uint16 municipality, uint240 rest) internal pure returns (bytes32) {
        return bytes32((uint256(municipality) << 240) | rest);
    }
}
