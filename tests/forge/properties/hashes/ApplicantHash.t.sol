// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {RecordHashes} from "contracts/testing/RecordHashes.sol";

import {Records} from "./Records.sol";

contract ApplicantHashProperties is Records {
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
        string initials;
        string firstNames;
        string prefix;
        string surname;
        string[] otherSurnames;
        string birthDate;
        string bsn;
        RecordHashes.HomeAddress[] addresses;
        string phone;
        string email;
        string position;
    }

    string private _type;

    function test_ApplicantType_IsThePinnedOne() external view {
        vm.assertEq(hashes.applicantType(), _type, "type string");
    }

    function testFuzz_Applicant_HashesAsForgeDoes(bytes32 seed) external {
        _seed(seed);
        RecordHashes.Head memory head = _head();
        RecordHashes.Applicant memory record = _record();

        bytes32 expected = vm.eip712HashStruct(_type, abi.encode(_whole(head, record)));
        vm.assertEq(hashes.applicant(head, record), expected, "a person");
    }

    function _useType(string memory vectors) internal override {
        _type = _pinned(vectors, ".types['applicant/1']");
    }

    function _record() private returns (RecordHashes.Applicant memory record) {
        record.initials = _text();
        record.firstNames = _text();
        record.prefix = _text();
        record.surname = _text();
        record.otherSurnames = _texts();
        record.birthDate = _text();
        record.bsn = _text();
        record.addresses = _addresses();
        record.phone = _text();
        record.email = _text();
        record.position = _text();
    }

    function _addresses() private returns (RecordHashes.HomeAddress[] memory addresses) {
        addresses = new RecordHashes.HomeAddress[](_number() % 4);
        for (uint256 i = 0; i < addresses.length; ++i) {
            addresses[i].street = _text();
            addresses[i].houseNumber = uint32(_number());
            addresses[i].suffix = _text();
            addresses[i].postcode = _text();
            addresses[i].city = _text();
            addresses[i].fromDate = _text();
            addresses[i].until = _text();
        }
    }

    function _whole(
        RecordHashes.Head memory head,
        RecordHashes.Applicant memory record
    ) private pure returns (Whole memory whole) {
        whole.dossier = head.dossier;
        whole.record = head.record;
        whole.version = head.version;
        whole.replaces = head.replaces;
        whole.salt = head.salt;
        whole.schema = head.schema;
        whole.withdrawn = head.withdrawn;
        whole.reason = head.reason;
        whole.initials = record.initials;
        whole.firstNames = record.firstNames;
        whole.prefix = record.prefix;
        whole.surname = record.surname;
        whole.otherSurnames = record.otherSurnames;
        whole.birthDate = record.birthDate;
        whole.bsn = record.bsn;
        whole.addresses = record.addresses;
        whole.phone = record.phone;
        whole.email = record.email;
        whole.position = record.position;
    }
}
