// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {RecordHashes} from "contracts/testing/RecordHashes.sol";

import {Records} from "./Records.sol";

contract AgreementHashProperties is Records {
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
        string[] parties;
        string text;
        int64 amount;
        string frequency;
        string start;
        string end;
        RecordHashes.Confirmation[] confirmations;
        string status;
    }

    string private _type;

    function test_AgreementType_IsThePinnedOne() external view {
        vm.assertEq(hashes.agreementType(), _type, "type string");
    }

    function testFuzz_Agreement_HashesAsForgeDoes(bytes32 seed) external {
        _seed(seed);
        RecordHashes.Head memory head = _head();
        RecordHashes.Agreement memory record = _record();

        bytes32 expected = vm.eip712HashStruct(_type, abi.encode(_whole(head, record)));
        vm.assertEq(hashes.agreement(head, record), expected, "an agreement");
    }

    function _useType(string memory vectors) internal override {
        _type = _pinned(vectors, ".types['agreement/1']");
    }

    function _record() private returns (RecordHashes.Agreement memory record) {
        record.type_ = _text();
        record.parties = _texts();
        record.text = _text();
        record.amount = _amount();
        record.frequency = _text();
        record.start = _text();
        record.end = _text();
        record.confirmations = _confirmations();
        record.status = _text();
    }

    function _confirmations() private returns (RecordHashes.Confirmation[] memory confirmations) {
        confirmations = new RecordHashes.Confirmation[](_number() % 4);
        for (uint256 i = 0; i < confirmations.length; ++i) {
            confirmations[i].by = _text();
            confirmations[i].role = _text();
            confirmations[i].at = _text();
        }
    }

    function _whole(
        RecordHashes.Head memory head,
        RecordHashes.Agreement memory record
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
        whole.parties = record.parties;
        whole.text = record.text;
        whole.amount = record.amount;
        whole.frequency = record.frequency;
        whole.start = record.start;
        whole.end = record.end;
        whole.confirmations = record.confirmations;
        whole.status = record.status;
    }
}
