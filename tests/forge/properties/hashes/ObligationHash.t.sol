// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {RecordHashes} from "contracts/testing/RecordHashes.sol";

import {Records} from "./Records.sol";

contract ObligationHashProperties is Records {
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
        string type_;
        bytes32[] owedBy;
        RecordHashes.Party creditor;
        RecordHashes.Party originalCreditor;
        RecordHashes.Party collector;
        RecordHashes.Party bailiff;
        int64 amountResident;
        int64 amountCreditor;
        int64 originalAmount;
        int64 arrears;
        int64 instalment;
        string frequency;
        uint8 dueDay;
        string preference;
        string statementDate;
        string originDate;
        string legalGround;
        string status;
        string source;
        string note;
    }

    string private _type;

    function test_ObligationType_IsThePinnedOne() external view {
        vm.assertEq(hashes.obligationType(), _type, "type string");
    }

    function testFuzz_Obligation_HashesAsForgeDoes(bytes32 seed) external {
        _seed(seed);
        RecordHashes.Head memory head = _head();
        RecordHashes.Obligation memory record = _record();

        bytes32 expected = vm.eip712HashStruct(_type, abi.encode(_whole(head, record)));
        vm.assertEq(hashes.obligation(head, record), expected, "an obligation");
    }

    function _useType(string memory vectors) internal override {
        _type = _pinned(vectors, ".types['obligation/1']");
    }

    function _record() private returns (RecordHashes.Obligation memory record) {
        record.type_ = _text();
        record.owedBy = _words();
        record.creditor = _party();
        record.originalCreditor = _party();
        record.collector = _party();
        record.bailiff = _party();
        record.amountResident = _amount();
        record.amountCreditor = _amount();
        record.originalAmount = _amount();
        record.arrears = _amount();
        record.instalment = _amount();
        record.frequency = _text();
        record.dueDay = uint8(_number());
        record.preference = _text();
        record.statementDate = _text();
        record.originDate = _text();
        record.legalGround = _text();
        record.status = _text();
        record.source = _text();
        record.note = _text();
    }

    function _party() private returns (RecordHashes.Party memory party) {
        party.name = _text();
        party.kvk = _text();
        party.creditorNumber = _text();
        party.customerNumber = _text();
        party.fileNumber = _text();
    }

    function _whole(
        RecordHashes.Head memory head,
        RecordHashes.Obligation memory record
    ) private pure returns (Whole memory whole) {
        whole.dossier = head.dossier;
        whole.record = head.record;
        whole.version = head.version;
        whole.replaces = head.replaces;
        whole.salt = head.salt;
        whole.schema = head.schema;
        whole.withdrawn = head.withdrawn;
        whole.reason = head.reason;
        whole.type_ = record.type_;
        whole.owedBy = record.owedBy;
        whole.creditor = record.creditor;
        whole.originalCreditor = record.originalCreditor;
        whole.collector = record.collector;
        whole.bailiff = record.bailiff;
        whole.amountResident = record.amountResident;
        whole.amountCreditor = record.amountCreditor;
        whole.originalAmount = record.originalAmount;
        whole.arrears = record.arrears;
        whole.instalment = record.instalment;
        whole.frequency = record.frequency;
        whole.dueDay = record.dueDay;
        whole.preference = record.preference;
        whole.statementDate = record.statementDate;
        whole.originDate = record.originDate;
        whole.legalGround = record.legalGround;
        whole.status = record.status;
        whole.source = record.source;
        whole.note = record.note;
    }
}
