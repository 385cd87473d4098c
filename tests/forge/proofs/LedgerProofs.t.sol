// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {ObligationLedger} from "contracts/ObligationLedger.sol";

import {Proof} from "./Proof.sol";

/// @notice What `isCommitted` says yes to, by induction on the length of the path.
/// @dev One proof takes a path one level down the tree, the others say what stands at its end. Together: in a tree whose
/// inner nodes are hashes of pairs, a path of up to five steps leads to the leaf of the commitment and nowhere else.
contract LedgerProofs is Proof {
    ObligationLedger private _ledger;

    function setUp() public {
        _ledger = new ObligationLedger(keccak256("instance"));
        svm.enableSymbolicStorage(address(_ledger));
    }

    /// @dev A path under the hash of a pair is, without its last step, a path under one of the two. That `left` is the
    /// lower one is no loss: nothing else here tells them apart.
    /// @custom:halmos --loop 8 --array-lengths path={1,2,3,4,5}
    function check_IsCommitted_StepsDownToOneOfThePair(
        bytes32[3] calldata dossiers,
        bytes32 commitment,
        bytes32[] calldata path,
        bytes32 left,
        bytes32 right
    ) public view {
        vm.assume(left <= right);
        vm.assume(_ledger.rootOf(dossiers[0]) == keccak256(abi.encode(left, right)));
        vm.assume(_all(left != bytes32(0), _ledger.rootOf(dossiers[1]) == left));
        vm.assume(_ledger.rootOf(dossiers[2]) == right);
        vm.assume(_ledger.isCommitted(dossiers[0], commitment, path));

        bytes32[] calldata shorter = path[:path.length - 1];
        bool underLeft = _answer(dossiers[1], commitment, shorter);
        assert(_any(underLeft, _answer(dossiers[2], commitment, shorter)));
    }

    /// @dev Where the path ends stands the doubly hashed commitment itself: a commitment has one leaf, and no other.
    /// @custom:halmos --loop 8
    function check_IsCommitted_EndsAtTheLeafOfTheCommitment(
        bytes32 dossier,
        bytes32 commitment,
        bytes32 committed
    ) public view {
        vm.assume(_all(commitment != bytes32(0), _ledger.rootOf(dossier) == _leaf(committed)));
        assert(_answer(dossier, commitment, new bytes32[](0)) == (commitment == committed));
    }

    /// @dev The leaf of a record is nobody's parent.
    /// @custom:halmos --loop 8 --array-lengths path={1,2,3,4,5}
    function check_IsCommitted_NeverGoesBelowALeaf(
        bytes32 dossier,
        bytes32 commitment,
        bytes32[] calldata path,
        bytes32 committed
    ) public view {
        vm.assume(_ledger.rootOf(dossier) == _leaf(committed));
        assert(!_answer(dossier, commitment, path));
    }

    /// @dev The header is one hash of six words.
    /// @custom:halmos --loop 8 --array-lengths path={0,1,2,3,4,5}
    function check_IsCommitted_RefusesTheHeader(
        bytes32 dossier,
        bytes32 commitment,
        bytes32[] calldata path,
        bytes32[6] calldata header
    ) public view {
        vm.assume(_ledger.rootOf(dossier) == keccak256(abi.encode(header)));
        assert(!_answer(dossier, commitment, path));
    }

    /// @dev Whatever the commitment is, also the node itself or one of its halves.
    /// @custom:halmos --loop 8
    function check_IsCommitted_RefusesAnInnerNode(
        bytes32 dossier,
        bytes32 commitment,
        bytes32 left,
        bytes32 right
    ) public view {
        vm.assume(_ledger.rootOf(dossier) == keccak256(abi.encode(left, right)));
        assert(!_answer(dossier, commitment, new bytes32[](0)));
    }

    /// @custom:halmos --loop 8 --array-lengths path={0,1,2,3,4,5}
    function check_IsCommitted_RefusesZeroAndUnknown(
        bytes32 dossier,
        bytes32 commitment,
        bytes32[] calldata path
    ) public view {
        bool answer = _answer(dossier, commitment, path);
        assert(_implies(answer, _all(commitment != bytes32(0), _ledger.rootOf(dossier) != bytes32(0))));
    }

    /// @dev The way up, so that no record of a tree is refused: with its sibling, a path leads to the parent too.
    /// @custom:halmos --loop 8 --array-lengths path={1,2,3,4,5}
    function check_IsCommitted_StepsUpWithTheSibling(
        bytes32[2] calldata dossiers,
        bytes32 commitment,
        bytes32[] calldata path
    ) public view {
        bytes32 node = _ledger.rootOf(dossiers[1]);
        bytes32 sibling = path[path.length - 1];
        vm.assume(_ledger.isCommitted(dossiers[1], commitment, path[:path.length - 1]));
        bool first = node < sibling;
        bytes32 lower = _when(first, node) | _when(!first, sibling);
        bytes32 higher = _when(first, sibling) | _when(!first, node);
        vm.assume(_ledger.rootOf(dossiers[0]) == keccak256(abi.encode(lower, higher)));

        assert(_answer(dossiers[0], commitment, path));
    }

    /// @dev What it answers, and that it does: a call that fails would end the path, and the proof would not see it.
    function _answer(bytes32 dossier, bytes32 commitment, bytes32[] memory path) private view returns (bool) {
        (bool answered, bytes memory data) = address(_ledger).staticcall(
            abi.encodeCall(_ledger.isCommitted, (dossier, commitment, path))
        );
        assert(answered);
        return abi.decode(data, (bool));
    }

    function _leaf(bytes32 commitment) private pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(commitment))));
    }
}
