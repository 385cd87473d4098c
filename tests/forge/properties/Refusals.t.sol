// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {MunicipalRoles} from "contracts/access/MunicipalRoles.sol";
import {IClaimRegister} from "contracts/interfaces/IClaimRegister.sol";
import {IMunicipalRoles} from "contracts/interfaces/IMunicipalRoles.sol";
import {IObligationLedger} from "contracts/interfaces/IObligationLedger.sol";

import {Properties} from "./Properties.sol";

/// @notice Every function that writes refuses every account without its role, whatever the arguments, and first of all
/// for that reason; a municipality that nobody registered is named as such.
contract RefusalProperties is Properties {
    /// @dev Drawn by `who`: anybody at all, or one that has every other role there is.
    function _caller(address drawn, uint8 who, bytes32 verb, MunicipalRoles target) private view returns (address) {
        address[12] memory holders = [
            NETWORK_ADMINISTRATOR,
            ADMINISTRATOR,
            REGISTRAR,
            EPOCH_KEEPER,
            REVIEWER,
            CREDITOR,
            BSN_CREDITOR,
            OTHER_ADMINISTRATOR,
            OTHER_REGISTRAR,
            OTHER_EPOCH_KEEPER,
            OTHER_REVIEWER,
            OTHER_CREDITOR
        ];
        address caller = who % 2 == 0 ? drawn : holders[(who / 2) % holders.length];
        return target.hasRole(target.roleOf(verb, MUNICIPALITY), caller) ? STRANGER : caller;
    }

    /// @dev What the caller is told for the municipality that it names.
    function _reason(
        address caller,
        bytes32 verb,
        uint16 code,
        MunicipalRoles target
    ) private view returns (bytes memory) {
        if (target.isRegistered(code)) return _refusedRole(caller, target.roleOf(verb, code));
        return abi.encodeWithSelector(IMunicipalRoles.UnknownMunicipality.selector, code);
    }

    function _code(uint16 drawn, uint8 who) private pure returns (uint16) {
        return who & 128 == 0 || drawn == OTHER_MUNICIPALITY ? MUNICIPALITY : drawn;
    }

    function testFuzz_Registrar_AloneWritesTags(
        address drawn,
        uint8 who,
        uint16 code,
        uint32 epoch,
        bytes32[] calldata tags
    ) external {
        bytes32 verb = keccak256("REGISTRAR");
        address caller = _caller(drawn, who, verb, registry);
        code = _code(code, who);
        bytes memory reason = _reason(caller, verb, code, registry);

        vm.startPrank(caller);
        vm.expectRevert(reason);
        registry.enrol(code, epoch, tags);
        vm.expectRevert(reason);
        registry.endEnrolment(code, tags);
        vm.stopPrank();
    }

    function testFuzz_EpochKeeper_AloneChangesEpochs(
        address drawn,
        uint8 who,
        uint16 code,
        uint32 epoch,
        bytes32[2] calldata keys
    ) external {
        bytes32 verb = keccak256("EPOCH_KEEPER");
        address caller = _caller(drawn, who, verb, registry);
        code = _code(code, who);
        bytes memory reason = _reason(caller, verb, code, registry);
        bytes32 before = _settings();

        vm.startPrank(caller);
        vm.expectRevert(reason);
        registry.announceEpoch(code, epoch, keys);
        vm.expectRevert(reason);
        registry.openEpoch(code, epoch);
        vm.expectRevert(reason);
        registry.retireEpochsBefore(code, epoch);
        vm.stopPrank();
        vm.assertEq(_settings(), before, "as it was");
    }

    function testFuzz_Administrator_AloneChangesSettings(
        address drawn,
        uint8 who,
        uint16 code,
        string calldata text,
        bytes32 key,
        address signer
    ) external {
        bytes32 verb = keccak256("ADMINISTRATOR");
        address caller = _caller(drawn, who, verb, registry);
        code = _code(code, who);
        bytes memory reason = _reason(caller, verb, code, registry);
        bytes32 before = _settings();

        vm.startPrank(caller);
        vm.expectRevert(reason);
        registry.setContact(code, text);
        vm.expectRevert(reason);
        registry.setEvaluatorUrl(code, text);
        vm.expectRevert(reason);
        registry.setClaimKey(code, key);
        vm.expectRevert(reason);
        registry.setReceiptSigner(code, signer);
        vm.stopPrank();
        vm.assertEq(_settings(), before, "as it was");
    }

    function testFuzz_Registrar_AloneCommits(
        address drawn,
        uint8 who,
        uint16 code,
        IObligationLedger.Change[] calldata changes
    ) external {
        bytes32 verb = keccak256("REGISTRAR");
        address caller = _caller(drawn, who, verb, ledger);
        code = _code(code, who);

        vm.expectRevert(_reason(caller, verb, code, ledger));
        vm.prank(caller);
        ledger.commit(code, changes);
    }

    function testFuzz_Creditor_AloneFilesClaims(
        address drawn,
        uint8 who,
        uint16 code,
        bytes32 claimId,
        bytes32 commitment
    ) external {
        bytes32 verb = keccak256("CREDITOR");
        address caller = _caller(drawn, who, verb, register);
        code = _code(code, who);

        vm.expectRevert(_reason(caller, verb, code, register));
        vm.prank(caller);
        register.fileClaim(claimId, code, commitment);
    }

    function testFuzz_Reviewer_AloneDecides(
        address drawn,
        uint8 who,
        uint16 code,
        uint240 rest,
        uint8 status,
        bytes32 decision
    ) external {
        bytes32 verb = keccak256("REVIEWER");
        address caller = _caller(drawn, who, verb, register);
        code = _code(code, who);
        vm.prank(CREDITOR);
        register.fileClaim(_id(MUNICIPALITY, rest), MUNICIPALITY, "filed");

        vm.expectRevert(_reason(caller, verb, code, register));
        vm.prank(caller);
        register.decideClaim(_id(code, rest), IClaimRegister.ClaimStatus(status % 8), decision);
    }

    function testFuzz_NetworkAdministrator_AloneRegisters(address caller, uint16 code, address administrator) external {
        vm.assume(caller != NETWORK_ADMINISTRATOR);
        bytes memory reason = _refusedRole(caller, bytes32(0));

        vm.startPrank(caller);
        vm.expectRevert(reason);
        registry.registerMunicipality(code, administrator);
        vm.expectRevert(reason);
        ledger.registerMunicipality(code, administrator);
        vm.expectRevert(reason);
        register.registerMunicipality(code, administrator);
        vm.stopPrank();
    }

    /// @dev Everything that `municipality` answers, in one word.
    function _settings() private view returns (bytes32) {
        (bool done, bytes memory answer) = address(registry).staticcall(
            abi.encodeCall(registry.municipality, (MUNICIPALITY))
        );
        vm.assertTrue(done, "answered");
        return keccak256(answer);
    }
}
