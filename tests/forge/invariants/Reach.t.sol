// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {ClaimHandler} from "./handlers/ClaimHandler.sol";
import {EnrolmentHandler} from "./handlers/EnrolmentHandler.sol";
import {Handler} from "./handlers/Handler.sol";
import {LedgerHandler} from "./handlers/LedgerHandler.sol";
import {RolesHandler} from "./handlers/RolesHandler.sol";
import {Surface} from "./model/Surface.sol";
import {Stateful} from "./Stateful.sol";

/// @notice The handlers come everywhere: each function is accepted and refused, each error comes back, each step of
/// the table is taken. Without this, the invariants could hold because nothing ever happened.
/// @dev Runs with numbers of its own, as many and as long as a few runs of a campaign, and is the same each time.
contract ReachTest is Stateful {
    /// @notice What a handler did in all; `forge test -vv` shows it.
    event log_named_uint(string name, uint256 value);

    uint256 private constant _RUNS = 16;
    uint256 private constant _STEPS = 100;

    mapping(bytes4 call => uint256) private _accepted;
    mapping(bytes4 call => uint256) private _refused;
    mapping(bytes4 error => uint256) private _refusedWith;

    function test_EnrolmentHandler_ReachesEverything() public {
        for (uint256 run = 0; run < _RUNS; ++run) {
            super.setUp();
            (EnrolmentHandler handler, RolesHandler giver) = (_newEnrolmentHandler(false), _newRolesHandler(false));
            for (uint256 i = 0; i < _STEPS; ++i) {
                uint256 seed = uint256(keccak256(abi.encode(run, i)));
                if (i % 5 == 0) giver.changeRoles(seed);
                else if (i % 5 == 1) handler.changeEpochs(seed);
                else if (i % 5 == 2) handler.changeSettings(seed);
                else if (i % 5 == 3) handler.enrol(seed);
                else handler.endEnrolment(seed);
            }
            _add(handler, Surface.enrolmentCalls(), Surface.enrolmentErrors());
            _add(giver, Surface.roleCalls(), Surface.roleErrors());
        }
        _assertReached(Surface.enrolmentCalls(), Surface.enrolmentErrors());
        _assertReached(Surface.roleCalls(), Surface.roleErrors());
    }

    function test_LedgerHandler_ReachesEverything() public {
        for (uint256 run = 0; run < _RUNS; ++run) {
            super.setUp();
            LedgerHandler handler = _newLedgerHandler(false);
            for (uint256 i = 0; i < _STEPS; ++i) handler.commit(uint256(keccak256(abi.encode(run, i))));
            _add(handler, Surface.ledgerCalls(), Surface.ledgerErrors());
        }
        _assertReached(Surface.ledgerCalls(), Surface.ledgerErrors());
    }

    function test_ClaimHandler_ReachesEverything() public {
        uint256[8] memory moves;
        ClaimHandler handler;
        for (uint256 run = 0; run < _RUNS; ++run) {
            super.setUp();
            handler = _newClaimHandler(false);
            RolesHandler giver = _newRolesHandler(register, false);
            for (uint256 i = 0; i < _STEPS; ++i) {
                uint256 seed = uint256(keccak256(abi.encode(run, i)));
                if (i % 6 == 0) giver.changeRoles(seed);
                else if (i % 6 == 1) handler.fileClaim(seed);
                else if (i % 6 == 2) handler.changeClaim(seed);
                else if (i % 6 == 3) handler.changeEncryptionKey(seed);
                else handler.decideClaim(seed);
            }
            _add(handler, Surface.claimCalls(), Surface.claimErrors());
            for (uint256 from = 0; from < 8; ++from) moves[from] |= handler.moves(from);
        }
        _assertReached(Surface.claimCalls(), Surface.claimErrors());
        for (uint256 from = 0; from < 8; ++from) {
            uint256 expected = handler.mayBecome(from) & ~(1 << from);
            vm.assertEq(moves[from], expected, "a step of the table that was never taken");
        }
    }

    function _add(Handler handler, bytes4[] memory calls, bytes4[] memory errors) private {
        for (uint256 i = 0; i < calls.length; ++i) {
            _accepted[calls[i]] += handler.accepted(calls[i]);
            _refused[calls[i]] += handler.refused(calls[i]);
        }
        for (uint256 i = 0; i < errors.length; ++i) _refusedWith[errors[i]] += handler.refusedWith(errors[i]);
    }

    function _assertReached(bytes4[] memory calls, bytes4[] memory errors) private {
        for (uint256 i = 0; i < calls.length; ++i) {
            emit log_named_uint("accepted", _accepted[calls[i]]);
            emit log_named_uint("refused ", _refused[calls[i]]);
            vm.assertTrue(_accepted[calls[i]] > 2, "a function that was hardly ever accepted");
            vm.assertTrue(_refused[calls[i]] > 2, "a function that was hardly ever refused");
        }
        for (uint256 i = 0; i < errors.length; ++i) {
            emit log_named_uint("refused with", _refusedWith[errors[i]]);
            vm.assertTrue(_refusedWith[errors[i]] > 0, "an error that never came back");
        }
    }
}
