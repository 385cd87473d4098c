// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {RecordHashes} from "contracts/testing/RecordHashes.sol";

import {Records} from "./Records.sol";

/// @notice The header of a dossier, and the request that is signed for the evaluator.
contract SignedHashProperties is Records {
    string private constant _DOMAIN =
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

    struct Domain {
        string name;
        string version;
        uint256 chainId;
        address verifyingContract;
    }

    string private _headerType;
    string private _requestType;

    function testFuzz_DossierHeader_HashesAsForgeDoes(RecordHashes.DossierHeader calldata header) external view {
        bytes32 expected = vm.eip712HashStruct(_headerType, abi.encode(header));
        vm.assertEq(hashes.dossierHeader(header), expected, "header");
    }

    function testFuzz_EvaluationRequest_HashesAsForgeDoes(
        uint256 chainId,
        address registry,
        RecordHashes.EvaluationRequest memory request,
        bytes32 seed
    ) external {
        _seed(seed);
        request.organisation = _text();

        Domain memory domain = Domain("Schuldhulp evaluator", "1", chainId, registry);
        bytes32 expected = keccak256(
            bytes.concat(
                hex"1901",
                vm.eip712HashStruct(_DOMAIN, abi.encode(domain)),
                vm.eip712HashStruct(_requestType, abi.encode(request))
            )
        );
        vm.assertEq(hashes.evaluationRequest(chainId, registry, request), expected, "digest");
    }

    function _useType(string memory vectors) internal override {
        _headerType = _pinned(vectors, ".header_type");
        _requestType = _pinned(vectors, ".evaluation_request_type");
    }
}
