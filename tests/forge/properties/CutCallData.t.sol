// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IObligationLedger} from "contracts/interfaces/IObligationLedger.sol";

import {EnrolledTags} from "./EnrolledTags.sol";

/// @notice A batch that announces more items than the call data holds is refused: nothing beyond its end is read as
/// zeros, or as whatever stands there.
contract CutCallDataProperties is EnrolledTags {
    function testFuzz_Batches_RefuseCallDataCutAnywhere(bytes32 seed, uint256 length, uint256 cut) external {
        bytes32[] memory tags = _tags(seed, MUNICIPALITY, EPOCH, _within(length, 1, 10));
        cut = _within(cut, 1, 32 * tags.length);

        vm.prank(REGISTRAR);
        _checkRefused(address(registry), abi.encodeCall(registry.enrol, (MUNICIPALITY, EPOCH, tags)), cut);
        _checkAll(tags, false, "refused as a whole");
        _enrol(EPOCH, tags);
        vm.prank(REGISTRAR);
        _checkRefused(address(registry), abi.encodeCall(registry.endEnrolment, (MUNICIPALITY, tags)), cut);
        _checkAll(tags, true, "refused as a whole");
        _checkRefused(address(registry), abi.encodeCall(registry.areKnown, (tags)), cut);
        _checkRefused(address(registry), abi.encodeCall(registry.knownBitmap, (tags)), cut);
    }

    function testFuzz_Commit_RefusesCallDataCutAnywhere(bytes32 seed, uint256 length, uint256 cut) external {
        bytes32[] memory dossiers = _dossiers(seed, MUNICIPALITY, _within(length, 1, 10));
        IObligationLedger.Change[] memory changes = new IObligationLedger.Change[](dossiers.length);
        for (uint256 i = 0; i < changes.length; ++i) {
            changes[i] = IObligationLedger.Change(dossiers[i], bytes32(0), _word(seed, i));
        }

        vm.prank(REGISTRAR);
        bytes memory call = abi.encodeCall(ledger.commit, (MUNICIPALITY, changes));
        _checkRefused(address(ledger), call, _within(cut, 1, 96 * changes.length));
        for (uint256 i = 0; i < dossiers.length; ++i) {
            _check(ledger.rootOf(dossiers[i]) == bytes32(0), "refused as a whole");
        }
    }

    function _checkRefused(address target, bytes memory call, uint256 cut) private {
        bytes memory rest = new bytes(call.length - cut);
        for (uint256 i = 0; i < rest.length; ++i) rest[i] = call[i];
        (bool done, bytes memory reason) = target.call(rest);
        // Refused by the decoder, which gives no reason, and not for want of a role.
        vm.assertTrue(!done && reason.length == 0, "cut call data");
    }
}
