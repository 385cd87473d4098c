// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IClaimRegister} from "contracts/interfaces/IClaimRegister.sol";
import {IEnrolmentRegistry} from "contracts/interfaces/IEnrolmentRegistry.sol";
import {IObligationLedger} from "contracts/interfaces/IObligationLedger.sol";

import {Fixture} from "../support/Fixture.sol";

/// @notice Single values that a random draw seldom meets.
contract EdgesTest is Fixture {
    function test_AreKnown_RefusesATagOfMunicipalityZeroFirst() public {
        vm.expectRevert(abi.encodeWithSelector(IEnrolmentRegistry.EpochNotOpen.selector, uint16(0), uint32(0)));
        registry.areKnown(new bytes32[](1));
    }

    function test_KnownBitmap_RefusesATagOfMunicipalityZeroFirst() public {
        vm.expectRevert(abi.encodeWithSelector(IEnrolmentRegistry.EpochNotOpen.selector, uint16(0), uint32(0)));
        registry.knownBitmap(new bytes32[](1));
    }

    function test_AnnounceEpoch_RefusesTheEpochAnnouncedLast() public {
        vm.prank(EPOCH_KEEPER);
        vm.expectRevert(
            abi.encodeWithSelector(IEnrolmentRegistry.EpochNotAscending.selector, MUNICIPALITY, NEXT_EPOCH, NEXT_EPOCH)
        );
        registry.announceEpoch(MUNICIPALITY, NEXT_EPOCH, _keys(EPOCH));
        vm.assertEq(registry.evaluatorKey(MUNICIPALITY, NEXT_EPOCH, 1), _keys(NEXT_EPOCH)[0], "the key is kept");
    }

    function test_IsCommitted_RefusesZeroEvenWhereItIsALeaf() public {
        bytes32 dossier = _id(MUNICIPALITY, 1);
        IObligationLedger.Change[] memory changes = new IObligationLedger.Change[](1);
        changes[0] = IObligationLedger.Change(
            dossier,
            bytes32(0),
            keccak256(bytes.concat(keccak256(abi.encode(bytes32(0)))))
        );
        vm.prank(REGISTRAR);
        ledger.commit(MUNICIPALITY, changes);
        vm.assertEq(ledger.isCommitted(dossier, bytes32(0), new bytes32[](0)), false, "zero is no commitment");
    }

    function test_DecideClaim_AsksAboutAnIncludedClaim() public {
        bytes32 claimId = _id(MUNICIPALITY, 1);
        vm.prank(CREDITOR);
        register.fileClaim(claimId, MUNICIPALITY, keccak256("contents"));
        vm.startPrank(REVIEWER);
        register.decideClaim(claimId, IClaimRegister.ClaimStatus.Included, keccak256("included"));
        register.decideClaim(claimId, IClaimRegister.ClaimStatus.Asked, keccak256("asked"));
        vm.stopPrank();
        (, , IClaimRegister.ClaimStatus status, , , ) = register.claim(claimId);
        vm.assertEq(uint256(status), uint256(IClaimRegister.ClaimStatus.Asked), "asked again");
    }
}
