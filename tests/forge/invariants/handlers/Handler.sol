// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {Cast} from "../model/Cast.sol";
import {Dice} from "../model/Dice.sol";
import {RoleModel} from "../model/RoleModel.sol";
import {Vm} from "../../support/Vm.sol";

/// @notice What every handler shares: it makes a call of which the model has said beforehand how it must end, and
/// compares the outcome, the reason of a refusal and every event. Nothing is swallowed: any difference fails the run.
abstract contract Handler {
    /// @param target contract that is called
    /// @param actor who calls
    /// @param municipality which it is about; 0 when about none
    /// @param data the call
    /// @param refusal error that must come back, selector and arguments; empty when the call must be accepted
    /// @param logs digest of the events that an accepted call must leave, as `_log` makes it
    struct Attempt {
        address target;
        address actor;
        uint16 municipality;
        bytes data;
        bytes refusal;
        bytes32 logs;
    }

    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    RoleModel internal immutable roles;
    bool private immutable _watched;

    /// @notice How many calls were accepted and refused, by function.
    mapping(bytes4 call => uint256) public accepted;
    mapping(bytes4 call => uint256) public refused;
    /// @notice How many were refused with each error.
    mapping(bytes4 error => uint256) public refusedWith;
    uint256 public acceptedInAll;
    uint256 public refusedInAll;
    /// @notice Events of all calls together.
    uint256 public events;
    /// @notice Times that a municipality changed by a call that was about another one or by an account without a role
    /// there. Counted only when the handler watches.
    uint256 public trespasses;

    /// @param watched whether everything that the contract answers about the municipalities is compared before and
    /// after each call; it costs more than all the rest, so that one campaign does it
    constructor(RoleModel roles_, bool watched) {
        roles = roles_;
        _watched = watched;
    }

    /// @dev Everything that the target answers about a municipality, as a digest.
    function _answersAbout(address target, uint16 municipality) internal view virtual returns (bytes32);

    /// @dev Whether the call is one that somebody without a role may make, such as taking its own claim back.
    function _needsNoRole(bytes4) internal pure virtual returns (bool) {
        return false;
    }

    function _act(Attempt memory attempt) internal returns (bool) {
        bytes32[3] memory before = _watched ? _protectedAnswers(attempt) : [bytes32(0), 0, 0];
        vm.recordLogs();
        vm.prank(attempt.actor);
        (bool done, bytes memory answer) = attempt.target.call(attempt.data);
        _count(bytes4(attempt.data), bytes4(attempt.refusal));
        vm.assertEq(answer, attempt.refusal, done ? "accepted" : "refused otherwise than the model says");
        vm.assertEq(done, attempt.refusal.length == 0, "the model says otherwise");
        // Of a refused call too, Forge records the events that came before the refusal.
        if (done) vm.assertEq(_recordedLogs(attempt.target), attempt.logs, "other events");
        if (_watched) {
            bytes32[3] memory present = _protectedAnswers(attempt);
            for (uint256 i = 0; i < 3; ++i) {
                if (before[i] != present[i]) ++trespasses;
            }
        }
        return done;
    }

    /// @dev Who calls a function for which one needs the role: mostly somebody who has it.
    function _actorFor(
        Dice memory dice,
        address target,
        bytes32 verb,
        uint16 municipality
    ) internal view returns (address) {
        return roles.actorFor(target, verb, municipality, dice.roll(type(uint256).max));
    }

    /// @dev Adds an event to a digest of events.
    function _log(bytes32 logs, bytes32[] memory topics, bytes memory data) internal pure returns (bytes32) {
        return keccak256(abi.encode(logs, topics, data));
    }

    function _topics(bytes32 signature, bytes32 first) internal pure returns (bytes32[] memory topics) {
        topics = new bytes32[](2);
        (topics[0], topics[1]) = (signature, first);
    }

    function _topics(bytes32 signature, bytes32 first, bytes32 second) internal pure returns (bytes32[] memory topics) {
        topics = new bytes32[](3);
        (topics[0], topics[1], topics[2]) = (signature, first, second);
    }

    function _topics(
        bytes32 signature,
        bytes32 first,
        bytes32 second,
        bytes32 third
    ) internal pure returns (bytes32[] memory topics) {
        topics = new bytes32[](4);
        (topics[0], topics[1], topics[2], topics[3]) = (signature, first, second, third);
    }

    function _word(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    function _word(uint256 number) internal pure returns (bytes32) {
        return bytes32(number);
    }

    /// @dev Zero in the place of a municipality that the call may change.
    function _protectedAnswers(Attempt memory attempt) private view returns (bytes32[3] memory answers) {
        for (uint256 i = 0; i < 3; ++i) {
            uint16 municipality = Cast.municipality(i);
            bool mayChange =
                municipality == attempt.municipality &&
                    attempt.refusal.length == 0 &&
                    (_needsNoRole(bytes4(attempt.data)) || roles.hasAny(attempt.target, municipality, attempt.actor));
            if (!mayChange) answers[i] = _answersAbout(attempt.target, municipality);
        }
    }

    function _recordedLogs(address emitter) private returns (bytes32 digest) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        events += logs.length;
        for (uint256 i = 0; i < logs.length; ++i) {
            vm.assertEq(logs[i].emitter, emitter, "an event of another contract");
            digest = _log(digest, logs[i].topics, logs[i].data);
        }
    }

    function _count(bytes4 call, bytes4 error) private {
        if (error == bytes4(0)) {
            ++accepted[call];
            ++acceptedInAll;
        } else {
            ++refused[call];
            ++refusedWith[error];
            ++refusedInAll;
        }
    }
}
