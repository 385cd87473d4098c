// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {RecordHashes} from "contracts/testing/RecordHashes.sol";

import {Records} from "./Records.sol";

contract EnrolmentHashProperties is Records {
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
        bytes32[] applicants;
        string ground;
        string basis;
        string basisDate;
        string start;
        string end;
        string endReason;
        string[] publications;
    }

    string private _type;

    function test_EnrolmentType_IsThePinnedOne() external view {
        vm.assertEq(hashes.enrolmentType(), _type, "type string");
    }

    function testFuzz_Enrolment_HashesAsForgeDoes(bytes32 seed) external {
        _seed(seed);
        RecordHashes.Head memory head = _head();
        RecordHashes.Enrolment memory record = _record();

        bytes32 expected = vm.eip712HashStruct(_type, abi.encode(_whole(head, record)));
        vm.assertEq(hashes.enrolment(head, record), expected, "an enrolment");
    }

    function _useType(string memory vectors) internal override {
        _type = _pinned(vectors, ".types['enrolment/1']");
    }

    function _record() private returns (RecordHashes.Enrolment memory record) {
        record.applicants = _words();
        record.ground = _text();
        record.basis = _text();
        record.basisDate = _text();
        record.start = _text();
        record.end = _text();
        record.endReason = _text();
        record.publications = _texts();
    }

    function _whole(
        RecordHashes.Head memory head,
        RecordHashes.Enrolment memory record
    ) private pure returns (Whole memory whole) {
        whole.dossier = head.dossier;
        whole.record = head.record;
        whole.version = head.version;
        whole.replaces = head.replaces;
        whole.salt = head.salt;
        whole.schema = head.schema;
        whole.withdrawn = head.withdrawn;
        whole.reason = head.reason;
        whole.applicants = record.applicants;
        whole.ground = record.ground;
        whole.basis = record.basis;
        whole.basisDate = record.basisDate;
        whole.start = record.start;
        whole.end = record.end;
        whole.endReason = record.endReason;
        whole.publications = record.publications;
    }
}
