// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IClaimRegister} from "contracts/interfaces/IClaimRegister.sol";

import {ClaimHandler} from "./handlers/ClaimHandler.sol";
import {Cast} from "./model/Cast.sol";
import {ClaimModel} from "./model/ClaimModel.sol";
import {Stateful} from "./Stateful.sol";

/// @notice What holds of claims and of the keys of creditors.
/// forge-config: default.invariant.dictionary_weight = 0
/// forge-config: default.invariant.include_storage = false
/// forge-config: default.invariant.include_push_bytes = false
/// forge-config: default.invariant.max_fuzz_dictionary_addresses = 1
/// forge-config: default.invariant.max_fuzz_dictionary_values = 1
contract ClaimInvariantsTest is Stateful {
    ClaimHandler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = _newClaimHandler(false);
        _target(_handler);
        _target(_newRolesHandler(register, false));
    }

    /// @notice Every claim stands as its last step left it.
    function invariant_ClaimsStandAsTheirStepsLeftThem() public view {
        for (uint256 i = 0; i < 3 * _handler.CLAIMS(); ++i) {
            bytes32 id = _claimId(i);
            ClaimModel.Claim memory expected = _handler.claimOf(id);
            bool exists = expected.status != IClaimRegister.ClaimStatus.None;
            (bool done, bytes memory answer) = address(register).staticcall(abi.encodeCall(register.claim, (id)));
            vm.assertTrue(done, "no answer");
            bytes memory model = abi.encode(
                expected.holder,
                exists ? Cast.prefixOf(id) : 0,
                expected.status,
                expected.filedAt,
                expected.changedAt,
                expected.commitment
            );
            vm.assertEq(answer, model, "claim");
        }
    }

    /// @notice No claim was ever seen to make a step that is not in the table.
    function invariant_ClaimsMoveOnlyAlongTheTable() public view {
        for (uint256 from = 0; from < 8; ++from) {
            vm.assertTrue(_handler.moves(from) & ~_handler.mayBecome(from) == 0, "a step outside the table");
        }
    }

    /// @notice Whoever holds an open claim was a creditor of its municipality when it became the holder.
    function invariant_HoldersWereCreditors() public view {
        for (uint256 i = 0; i < 3 * _handler.CLAIMS(); ++i) {
            bytes32 id = _claimId(i);
            (address holder, , IClaimRegister.ClaimStatus status, , , ) = register.claim(id);
            if (status == IClaimRegister.ClaimStatus.None || status > IClaimRegister.ClaimStatus.Included) continue;
            vm.assertEq(_handler.entitledHolder(id), holder, "a holder that was no creditor");
        }
    }

    /// @notice A claim was filed before it changed, and changed before now; it has a commitment exactly when it exists.
    function invariant_TimesAndCommitmentsFit() public view {
        for (uint256 i = 0; i < 3 * _handler.CLAIMS(); ++i) {
            (
                address holder,
                uint16 municipality,
                IClaimRegister.ClaimStatus status,
                uint64 filedAt,
                uint64 changedAt,
                bytes32 commitment
            ) = register.claim(_claimId(i));
            bool exists = status != IClaimRegister.ClaimStatus.None;
            vm.assertTrue(filedAt <= changedAt && changedAt <= _handler.time(), "times");
            vm.assertEq(commitment != 0, exists, "commitment");
            vm.assertEq(holder != address(0), exists, "holder");
            vm.assertEq(municipality != 0, exists, "municipality");
            vm.assertEq(filedAt != 0, exists, "time of filing");
        }
    }

    /// @notice Only who is or was a creditor has an encryption key, and it is the last that the account set itself.
    function invariant_OnlyCreditorsHaveEncryptionKeys() public view {
        uint256 creditors = 0;
        for (uint256 i = 0; i < 3; ++i) {
            creditors |= roles.everHeld(address(register), Cast.roleOf(Cast.CREDITOR, Cast.municipality(i)));
        }
        for (uint256 i = 0; i < Cast.ACTORS; ++i) {
            bytes32 key = register.encryptionKeyOf(Cast.actor(i));
            vm.assertEq(key, _handler.encryptionKeys(Cast.actor(i)), "key");
            vm.assertTrue(key == 0 || creditors & (1 << i) != 0, "a key of no creditor");
        }
    }

    function _claimId(uint256 number) private view returns (bytes32) {
        return _handler.claimId(Cast.municipality(number % 3), number / 3);
    }
}
