// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

/// @title Many calls in one
/// @notice For measurements only, never deployed on a network: does what `aggregate3` of the well-known Multicall3
/// does, behind the same signature, and was written for this comparison.
/// @dev The work is what any such contract has to do: one call for each question, and a copy of each answer.
contract Multicall {
    struct Call {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct Result {
        bool success;
        bytes returnData;
    }

    error CallFailed(uint256 index);

    /// @notice Makes calls one after another.
    /// @param calls what to call, and whether a failure is an answer
    /// @return results what each call gave, in the order given
    function aggregate3(Call[] calldata calls) external payable returns (Result[] memory results) {
        uint256 length = calls.length;
        results = new Result[](length);
        for (uint256 i = 0; i < length; ++i) {
            Call calldata each = calls[i];
            (bool success, bytes memory data) = each.target.call(each.callData);
            if (!success && !each.allowFailure) revert CallFailed(i);
            results[i] = Result(success, data);
        }
    }
}
