// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {MunicipalRoles} from "contracts/access/MunicipalRoles.sol";

import {Vm} from "../support/Vm.sol";

/// @notice The cheat codes of Halmos that the proofs use.
interface Svm {
    function enableSymbolicStorage(address account) external;
    function createCalldata(string calldata contractName) external returns (bytes memory);
    function createUint(uint256 bits, string calldata name) external returns (uint256);
}

/// @notice What the proofs share. The storage of the contract under proof is arbitrary: every slot is a symbol of its own,
/// so that what is proven holds after any history. What a proof assumes of that storage it says with `vm.assume`, and
/// another proof shows that the assumption holds after deployment and is kept by every call.
/// @dev `_all`, `_any` and `_implies` do not branch, as `&&` and `||` do: each branch doubles the paths of a proof.
abstract contract Proof {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
    Svm internal constant svm = Svm(0xF3993A62377BCd56AE39D773740A5390411E8BC9);

    bytes32 internal constant NETWORK = bytes32(0);
    bytes32 internal constant ADMINISTRATOR = keccak256("ADMINISTRATOR");
    bytes32 internal constant REGISTRAR = keccak256("REGISTRAR");
    bytes32 internal constant EPOCH_KEEPER = keccak256("EPOCH_KEEPER");
    bytes32 internal constant CREDITOR = keccak256("CREDITOR");
    bytes32 internal constant BSN_CREDITOR = keccak256("BSN_CREDITOR");
    bytes32 internal constant REVIEWER = keccak256("REVIEWER");

    /// @dev A successful call of any function that writes, with any arguments, at any time. One that fails changes
    /// nothing: the machine takes everything back.
    function _callAnything(address caller, address target, string memory name) internal {
        bytes memory data = svm.createCalldata(name);
        _beforeCall(data);
        vm.warp(svm.createUint(40, "time"));
        vm.prank(caller);
        (bool succeeded, ) = target.call(data);
        vm.assume(succeeded);
    }

    /// @dev Where a proof has to know what is about to be called.
    function _beforeCall(bytes memory data) internal virtual {}

    function _has(
        MunicipalRoles target,
        bytes32 verb,
        uint16 municipality,
        address account
    ) internal view returns (bool) {
        return target.hasRole(_role(verb, municipality), account);
    }

    /// @dev Written out here and not asked from the contract: a wrong `roleOf` must not go unseen.
    function _role(bytes32 verb, uint16 municipality) internal pure returns (bytes32) {
        return keccak256(abi.encode(verb, municipality));
    }

    function _prefix(bytes32 id) internal pure returns (uint16) {
        return uint16(uint256(id) >> 240);
    }

    function _all(bool left, bool right) internal pure returns (bool result) {
        assembly ("memory-safe") {
            result := and(left, right)
        }
    }

    function _any(bool left, bool right) internal pure returns (bool result) {
        assembly ("memory-safe") {
            result := or(left, right)
        }
    }

    function _implies(bool left, bool right) internal pure returns (bool result) {
        assembly ("memory-safe") {
            result := or(iszero(left), right)
        }
    }

    /// @dev `value` when `condition` holds, else zero.
    function _when(bool condition, bytes32 value) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            result := mul(condition, value)
        }
    }
}
