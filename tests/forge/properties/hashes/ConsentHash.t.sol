// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {RecordHashes} from "contracts/testing/RecordHashes.sol";

import {Records} from "./Records.sol";

contract ConsentHashProperties is Records {
    /// @dev The members in the order of the type string, which `RecordHashes` takes in two parts.
    struct Whole {
        bytes32 dossier;
        bytes32 record;
        uint32 version;
        bytes32 replaces;
        bytes32 salt;
        uint16 schema;
        bool withdrawn;
        string reason;
        bytes32 applicant;
        string party;
        string kvk;
        string subject;
        string givenOn;
        string until;
        string how;
        string endedOn;
    }

    string private _type;

    function test_ConsentType_IsThePinnedOne() external view {
        vm.assertEq(hashes.consentType(), _type, "type string");
    }

    function testFuzz_Consent_HashesAsForgeDoes(bytes32 seed) external {
        _seed(seed);
        RecordHashes.Head memory head = _head();
        RecordHashes.Consent memory record = _record();

        bytes32 expected = vm.eip712HashStruct(_type, abi.encode(_whole(head, record)));
        vm.assertEq(hashes.consent(head, record), expected, "a consent");
    }

    function _useType(string memory vectors) internal override {
        _type = _pinned(vectors, ".types['consent/1']");
    }

    function _record() private returns (RecordHashes.Consent memory record) {
        record.applicant = _word();
        record.party = _text();
        record.kvk = _text();
        record.subject = _text();
        record.givenOn = _text();
        record.until = _text();
        record.how = _text();
        record.endedOn = _text();
    }

    function _whole(
        RecordHashes.Head memory head,
        RecordHashes.Consent memory record
    ) private pure returns (Whole memory whole) {
        whole.dossier = head.dossier;
        whole.record = head.record;
        whole.version = head.version;
        whole.replaces = head.replaces;
        whole.salt = head.salt;
        whole.schema = head.schema;
        whole.withdrawn = head.withdrawn;
        whole.reason = head.reason;
        whole.applicant = record.applicant;
        whole.party = record.party;
        whole.kvk = record.kvk;
        whole.subject = record.subject;
        whole.givenOn = record.givenOn;
        whole.until = record.until;
        whole.how = record.how;
        whole.endedOn = record.endedOn;
    }
}
