// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {RecordHashes} from "contracts/testing/RecordHashes.sol";

import {Vm} from "../../support/Vm.sol";

/// @notice Draws records, and lets Forge hash them by the type strings that stand in the shared vectors: what Python
/// and Solidity have agreed on for some samples is compared here with a third implementation for any contents.
abstract contract Records {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    RecordHashes internal hashes;

    uint256 private _state;

    function setUp() external {
        hashes = new RecordHashes();
        _useType(vm.readFile("tests/vectors/commitments.json"));
    }

    /// @dev Reads what the test needs from the vectors, once.
    function _useType(string memory vectors) internal virtual;

    function _pinned(string memory vectors, string memory key) internal pure returns (string memory) {
        return vm.parseJsonString(vectors, key);
    }

    function _seed(bytes32 seed) internal {
        _state = uint256(seed);
    }

    function _word() internal returns (bytes32) {
        _state = uint256(keccak256(abi.encode(_state)));
        return bytes32(_state);
    }

    function _number() internal returns (uint64) {
        return uint64(uint256(_word()));
    }

    function _amount() internal returns (int64) {
        return int64(_number());
    }

    function _flag() internal returns (bool) {
        return _number() % 2 == 0;
    }

    /// @dev Empty, shorter than a word, a whole one, or longer.
    function _text() internal returns (string memory) {
        bytes32 drawn = _word();
        bytes memory text = new bytes(
            uint8(drawn[31]) % 4 == 0 ? 0 : (uint8(drawn[30]) % 3) * 16 + (uint8(drawn[29]) % 17)
        );
        for (uint256 i = 0; i < text.length; ++i) text[i] = bytes1(97 + (uint8(drawn[i % 29]) % 26));
        return string(text);
    }

    function _texts() internal returns (string[] memory texts) {
        texts = new string[](_number() % 4);
        for (uint256 i = 0; i < texts.length; ++i) texts[i] = _text();
    }

    function _words() internal returns (bytes32[] memory words) {
        words = new bytes32[](_number() % 4);
        for (uint256 i = 0; i < words.length; ++i) words[i] = _word();
    }

    function _head() internal returns (RecordHashes.Head memory head) {
        head.dossier = _word();
        head.record = _word();
        head.version = uint32(_number());
        head.replaces = _word();
        head.salt = _word();
        head.schema = uint16(_number());
        head.withdrawn = _flag();
        head.reason = _text();
    }
}
