// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {RecordHashes} from "contracts/testing/RecordHashes.sol";

import {Records} from "./Records.sol";

contract NoticeHashProperties is Records {
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
        bytes32 obligation;
        string recipient;
        string kvk;
        string reference_;
        string means;
        string sentOn;
        string messageHash;
        string document;
    }

    string private _type;

    function test_NoticeType_IsThePinnedOne() external view {
        vm.assertEq(hashes.noticeType(), _type, "type string");
    }

    function testFuzz_Notice_HashesAsForgeDoes(bytes32 seed) external {
        _seed(seed);
        RecordHashes.Head memory head = _head();
        RecordHashes.Notice memory record = _record();

        bytes32 expected = vm.eip712HashStruct(_type, abi.encode(_whole(head, record)));
        vm.assertEq(hashes.notice(head, record), expected, "a notice");
    }

    function _useType(string memory vectors) internal override {
        _type = _pinned(vectors, ".types['notice/1']");
    }

    function _record() private returns (RecordHashes.Notice memory record) {
        record.obligation = _word();
        record.recipient = _text();
        record.kvk = _text();
        record.reference_ = _text();
        record.means = _text();
        record.sentOn = _text();
        record.messageHash = _text();
        record.document = _text();
    }

    function _whole(
        RecordHashes.Head memory head,
        RecordHashes.Notice memory record
    ) private pure returns (Whole memory whole) {
        whole.dossier = head.dossier;
        whole.record = head.record;
        whole.version = head.version;
        whole.replaces = head.replaces;
        whole.salt = head.salt;
        whole.schema = head.schema;
        whole.withdrawn = head.withdrawn;
        whole.reason = head.reason;
        whole.obligation = record.obligation;
        whole.recipient = record.recipient;
        whole.kvk = record.kvk;
        whole.reference_ = record.reference_;
        whole.means = record.means;
        whole.sentOn = record.sentOn;
        whole.messageHash = record.messageHash;
        whole.document = record.document;
    }
}
