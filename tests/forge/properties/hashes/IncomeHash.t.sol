// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {RecordHashes} from "contracts/testing/RecordHashes.sol";

import {Records} from "./Records.sol";

contract IncomeHashProperties is Records {
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
        bytes32 owner;
        string category;
        string description;
        int64 amount;
        string frequency;
        string fromDate;
        string until;
        string note;
    }

    string private _type;

    function test_IncomeType_IsThePinnedOne() external view {
        vm.assertEq(hashes.incomeType(), _type, "type string");
    }

    function testFuzz_Income_HashesAsForgeDoes(bytes32 seed) external {
        _seed(seed);
        RecordHashes.Head memory head = _head();
        RecordHashes.Income memory record = _record();

        bytes32 expected = vm.eip712HashStruct(_type, abi.encode(_whole(head, record)));
        vm.assertEq(hashes.income(head, record), expected, "an income");
    }

    function _useType(string memory vectors) internal override {
        _type = _pinned(vectors, ".types['income/1']");
    }

    function _record() private returns (RecordHashes.Income memory record) {
        record.owner = _word();
        record.category = _text();
        record.description = _text();
        record.amount = _amount();
        record.frequency = _text();
        record.fromDate = _text();
        record.until = _text();
        record.note = _text();
    }

    function _whole(
        RecordHashes.Head memory head,
        RecordHashes.Income memory record
    ) private pure returns (Whole memory whole) {
        whole.dossier = head.dossier;
        whole.record = head.record;
        whole.version = head.version;
        whole.replaces = head.replaces;
        whole.salt = head.salt;
        whole.schema = head.schema;
        whole.withdrawn = head.withdrawn;
        whole.reason = head.reason;
        whole.owner = record.owner;
        whole.category = record.category;
        whole.description = record.description;
        whole.amount = record.amount;
        whole.frequency = record.frequency;
        whole.fromDate = record.fromDate;
        whole.until = record.until;
        whole.note = record.note;
    }
}
