// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {RecordHashes} from "contracts/testing/RecordHashes.sol";

import {Records} from "./Records.sol";

contract ClaimHashProperties is Records {
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
        string claimId;
        string commitment;
        uint32 claimVersion;
        string document;
        string receivedAt;
        string residentView;
        string residentReason;
        string residentAt;
        string answer;
        string answeredAt;
        string decision;
        string decisionReason;
        string decidedAt;
        bytes32 obligation;
    }

    string private _type;

    function test_ClaimType_IsThePinnedOne() external view {
        vm.assertEq(hashes.claimType(), _type, "type string");
    }

    function testFuzz_Claim_HashesAsForgeDoes(bytes32 seed) external {
        _seed(seed);
        RecordHashes.Head memory head = _head();
        RecordHashes.Claim memory record = _record();

        bytes32 expected = vm.eip712HashStruct(_type, abi.encode(_whole(head, record)));
        vm.assertEq(hashes.claim(head, record), expected, "a claim");
    }

    function _useType(string memory vectors) internal override {
        _type = _pinned(vectors, ".types['claim/1']");
    }

    function _record() private returns (RecordHashes.Claim memory record) {
        record.claimId = _text();
        record.commitment = _text();
        record.claimVersion = uint32(_number());
        record.document = _text();
        record.receivedAt = _text();
        record.residentView = _text();
        record.residentReason = _text();
        record.residentAt = _text();
        record.answer = _text();
        record.answeredAt = _text();
        record.decision = _text();
        record.decisionReason = _text();
        record.decidedAt = _text();
        record.obligation = _word();
    }

    function _whole(
        RecordHashes.Head memory head,
        RecordHashes.Claim memory record
    ) private pure returns (Whole memory whole) {
        whole.dossier = head.dossier;
        whole.record = head.record;
        whole.version = head.version;
        whole.replaces = head.replaces;
        whole.salt = head.salt;
        whole.schema = head.schema;
        whole.withdrawn = head.withdrawn;
        whole.reason = head.reason;
        whole.claimId = record.claimId;
        whole.commitment = record.commitment;
        whole.claimVersion = record.claimVersion;
        whole.document = record.document;
        whole.receivedAt = record.receivedAt;
        whole.residentView = record.residentView;
        whole.residentReason = record.residentReason;
        whole.residentAt = record.residentAt;
        whole.answer = record.answer;
        whole.answeredAt = record.answeredAt;
        whole.decision = record.decision;
        whole.decisionReason = record.decisionReason;
        whole.decidedAt = record.decidedAt;
        whole.obligation = record.obligation;
    }
}
