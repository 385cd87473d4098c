// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {IClaimRegister} from "contracts/interfaces/IClaimRegister.sol";
import {IEnrolmentRegistry} from "contracts/interfaces/IEnrolmentRegistry.sol";
import {IMunicipalRoles} from "contracts/interfaces/IMunicipalRoles.sol";
import {IObligationLedger} from "contracts/interfaces/IObligationLedger.sol";

/// @notice Every function that writes and every error that one can bring back, by handler.
/// @dev ZeroInstanceId is of the constructor, which no handler calls.
library Surface {
    function roleCalls() internal pure returns (bytes4[] memory calls) {
        calls = new bytes4[](4);
        calls[0] = IMunicipalRoles.registerMunicipality.selector;
        calls[1] = IAccessControl.grantRole.selector;
        calls[2] = IAccessControl.revokeRole.selector;
        calls[3] = IAccessControl.renounceRole.selector;
    }

    function roleErrors() internal pure returns (bytes4[] memory errors) {
        errors = new bytes4[](6);
        errors[0] = IMunicipalRoles.ZeroMunicipality.selector;
        errors[1] = IMunicipalRoles.ZeroAdministrator.selector;
        errors[2] = IMunicipalRoles.MunicipalityAlreadyRegistered.selector;
        errors[3] = IMunicipalRoles.UnknownRole.selector;
        errors[4] = IAccessControl.AccessControlUnauthorizedAccount.selector;
        errors[5] = IAccessControl.AccessControlBadConfirmation.selector;
    }

    function enrolmentCalls() internal pure returns (bytes4[] memory calls) {
        calls = new bytes4[](9);
        calls[0] = IEnrolmentRegistry.enrol.selector;
        calls[1] = IEnrolmentRegistry.endEnrolment.selector;
        calls[2] = IEnrolmentRegistry.announceEpoch.selector;
        calls[3] = IEnrolmentRegistry.openEpoch.selector;
        calls[4] = IEnrolmentRegistry.retireEpochsBefore.selector;
        calls[5] = IEnrolmentRegistry.setContact.selector;
        calls[6] = IEnrolmentRegistry.setEvaluatorUrl.selector;
        calls[7] = IEnrolmentRegistry.setClaimKey.selector;
        calls[8] = IEnrolmentRegistry.setReceiptSigner.selector;
    }

    function enrolmentErrors() internal pure returns (bytes4[] memory errors) {
        errors = new bytes4[](19);
        errors[0] = IMunicipalRoles.UnknownMunicipality.selector;
        errors[1] = IMunicipalRoles.ForeignPrefix.selector;
        errors[2] = IMunicipalRoles.EmptyBatch.selector;
        errors[3] = IAccessControl.AccessControlUnauthorizedAccount.selector;
        errors[4] = IEnrolmentRegistry.EpochNotOpen.selector;
        errors[5] = IEnrolmentRegistry.EpochOutOfRange.selector;
        errors[6] = IEnrolmentRegistry.EpochNotAnnounced.selector;
        errors[7] = IEnrolmentRegistry.EpochNotAscending.selector;
        errors[8] = IEnrolmentRegistry.ZeroKey.selector;
        errors[9] = IEnrolmentRegistry.EqualKeys.selector;
        errors[10] = IEnrolmentRegistry.ZeroTag.selector;
        errors[11] = IEnrolmentRegistry.TagOfOtherEpoch.selector;
        errors[12] = IEnrolmentRegistry.TagAlreadyEnrolled.selector;
        errors[13] = IEnrolmentRegistry.TagNotEnrolled.selector;
        errors[14] = IEnrolmentRegistry.TagsNotAscending.selector;
        errors[15] = IEnrolmentRegistry.EmptyText.selector;
        errors[16] = IEnrolmentRegistry.TextTooLong.selector;
        errors[17] = IEnrolmentRegistry.ZeroReceiptSigner.selector;
        errors[18] = IEnrolmentRegistry.SettingUnchanged.selector;
    }

    function ledgerCalls() internal pure returns (bytes4[] memory calls) {
        calls = new bytes4[](1);
        calls[0] = IObligationLedger.commit.selector;
    }

    function ledgerErrors() internal pure returns (bytes4[] memory errors) {
        errors = new bytes4[](8);
        errors[0] = IMunicipalRoles.UnknownMunicipality.selector;
        errors[1] = IMunicipalRoles.ForeignPrefix.selector;
        errors[2] = IMunicipalRoles.EmptyBatch.selector;
        errors[3] = IAccessControl.AccessControlUnauthorizedAccount.selector;
        errors[4] = IObligationLedger.ZeroRoot.selector;
        errors[5] = IObligationLedger.StalePreviousRoot.selector;
        errors[6] = IObligationLedger.RootUnchanged.selector;
        errors[7] = IObligationLedger.DossiersNotAscending.selector;
    }

    function claimCalls() internal pure returns (bytes4[] memory calls) {
        calls = new bytes4[](6);
        calls[0] = IClaimRegister.fileClaim.selector;
        calls[1] = IClaimRegister.amendClaim.selector;
        calls[2] = IClaimRegister.handOverClaim.selector;
        calls[3] = IClaimRegister.withdrawClaim.selector;
        calls[4] = IClaimRegister.decideClaim.selector;
        calls[5] = IClaimRegister.setEncryptionKey.selector;
    }

    function claimErrors() internal pure returns (bytes4[] memory errors) {
        errors = new bytes4[](17);
        errors[0] = IMunicipalRoles.UnknownMunicipality.selector;
        errors[1] = IMunicipalRoles.ForeignPrefix.selector;
        errors[2] = IAccessControl.AccessControlUnauthorizedAccount.selector;
        errors[3] = IClaimRegister.ZeroCommitment.selector;
        errors[4] = IClaimRegister.ZeroDecision.selector;
        errors[5] = IClaimRegister.ZeroEncryptionKey.selector;
        errors[6] = IClaimRegister.UnknownClaim.selector;
        errors[7] = IClaimRegister.ClaimStillOpen.selector;
        errors[8] = IClaimRegister.StatusStepNotAllowed.selector;
        errors[9] = IClaimRegister.ClaimNotOpen.selector;
        errors[10] = IClaimRegister.NotClaimHolder.selector;
        errors[11] = IClaimRegister.StaleCommitment.selector;
        errors[12] = IClaimRegister.CommitmentUnchanged.selector;
        errors[13] = IClaimRegister.AlreadyClaimHolder.selector;
        errors[14] = IClaimRegister.NotACreditorOf.selector;
        errors[15] = IClaimRegister.NotACreditor.selector;
        errors[16] = IClaimRegister.EncryptionKeyUnchanged.selector;
    }
}
