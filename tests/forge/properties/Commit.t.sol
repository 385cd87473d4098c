// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {IMunicipalRoles} from "contracts/interfaces/IMunicipalRoles.sol";
import {IObligationLedger} from "contracts/interfaces/IObligationLedger.sol";

import {Properties} from "./Properties.sol";

/// @notice A commit swaps exactly the roots that it names for the ones that it gives, all of them or none.
contract CommitProperties is Properties {
    function testFuzz_Commit_SetsEveryRootAndNoOther(bytes32 seed, uint256 length) external {
        IObligationLedger.Change[] memory changes = _fresh(seed, _within(length, 1, 30));

        for (uint256 i = 0; i < changes.length; ++i) {
            vm.expectEmit(true, true, true, true, address(ledger));
            emit IObligationLedger.DossierCommitted(changes[i].dossier, bytes32(0), changes[i].newRoot);
        }
        _commit(changes);

        for (uint256 i = 0; i < changes.length; ++i) {
            _check(ledger.rootOf(changes[i].dossier) == changes[i].newRoot, "its own root");
            bytes32 next = bytes32(uint256(changes[i].dossier) + 1);
            bool named = i + 1 < changes.length && changes[i + 1].dossier == next;
            _check(ledger.rootOf(next) == (named ? changes[i + 1].newRoot : bytes32(0)), "the next id");
        }
    }

    function testFuzz_Commit_LeavesTheDossiersItDoesNotNameAlone(bytes32 seed, uint256 length, uint256 from) external {
        IObligationLedger.Change[] memory changes = _fresh(seed, _within(length, 2, 30));
        _commit(changes);
        // Every second one, from the first or from the second on.
        from = _within(from, 0, 1);
        IObligationLedger.Change[] memory some = new IObligationLedger.Change[]((changes.length - from + 1) / 2);
        for (uint256 i = 0; i < some.length; ++i) some[i] = _next(changes[from + 2 * i], seed);
        _commit(some);

        for (uint256 i = 0; i < changes.length; ++i) {
            bytes32 expected = i % 2 == from ? some[i / 2].newRoot : changes[i].newRoot;
            _check(ledger.rootOf(changes[i].dossier) == expected, "changed or left alone");
        }
    }

    function testFuzz_Commit_TakesThePresentRootAloneAsPrevious(
        bytes32 seed,
        uint256 length,
        uint256 position,
        bytes32 stale
    ) external {
        IObligationLedger.Change[] memory changes = _fresh(seed, _within(length, 1, 20));
        _commit(changes);
        IObligationLedger.Change[] memory next = new IObligationLedger.Change[](changes.length);
        for (uint256 i = 0; i < next.length; ++i) next[i] = _next(changes[i], seed);
        uint256 at = _within(position, 0, next.length - 1);
        bytes32 present = changes[at].newRoot;
        vm.assume(stale != present);

        next[at].previousRoot = stale;
        bytes4 selector = IObligationLedger.StalePreviousRoot.selector;
        _refuse(next, abi.encodeWithSelector(selector, next[at].dossier, stale, present));
        _checkRoots(changes);

        next[at].previousRoot = present;
        _commit(next);
        _checkRoots(next);
    }

    function testFuzz_Commit_RefusesARootThatIsZeroOrUnchangedAnywhere(
        bytes32 seed,
        uint256 length,
        uint256 position,
        bool zero
    ) external {
        IObligationLedger.Change[] memory changes = _fresh(seed, _within(length, 1, 20));
        _commit(changes);
        IObligationLedger.Change[] memory next = new IObligationLedger.Change[](changes.length);
        for (uint256 i = 0; i < next.length; ++i) next[i] = _next(changes[i], seed);
        uint256 at = _within(position, 0, next.length - 1);
        next[at].newRoot = zero ? bytes32(0) : next[at].previousRoot;

        _refuse(
            next,
            zero
                ? abi.encodeWithSelector(IObligationLedger.ZeroRoot.selector, next[at].dossier)
                : abi.encodeWithSelector(
                    IObligationLedger.RootUnchanged.selector,
                    next[at].dossier,
                    next[at].previousRoot
                )
        );
        _checkRoots(changes);
    }

    function testFuzz_Commit_RefusesWrongOrderAndRepetitionAnywhere(
        bytes32 seed,
        uint256 length,
        uint256 position,
        bool twice
    ) external {
        IObligationLedger.Change[] memory changes = _fresh(seed, _within(length, 2, 30));
        uint256 at = _within(position, 1, changes.length - 1);
        (bytes32 lower, bytes32 higher) = (changes[at - 1].dossier, changes[at].dossier);
        changes[at - 1].dossier = higher;
        changes[at].dossier = twice ? higher : lower;

        bytes4 selector = IObligationLedger.DossiersNotAscending.selector;
        _refuse(changes, abi.encodeWithSelector(selector, higher, changes[at].dossier));
        for (uint256 i = 0; i < changes.length; ++i) {
            _check(ledger.rootOf(changes[i].dossier) == bytes32(0), "refused as a whole");
        }
    }

    function testFuzz_Commit_RefusesADossierOfAnotherMunicipalityAnywhere(
        bytes32 seed,
        uint256 length,
        uint256 position,
        uint16 code
    ) external {
        vm.assume(code != MUNICIPALITY);
        IObligationLedger.Change[] memory changes = _fresh(seed, _within(length, 1, 30));
        uint256 at = _within(position, 0, changes.length - 1);
        changes[at].dossier = _id(code, uint240(uint256(changes[at].dossier)));

        bytes4 selector = IMunicipalRoles.ForeignPrefix.selector;
        _refuse(changes, abi.encodeWithSelector(selector, changes[at].dossier, MUNICIPALITY));
        for (uint256 i = 0; i < changes.length; ++i) {
            _check(ledger.rootOf(changes[i].dossier) == bytes32(0), "refused as a whole");
        }
    }

    /// @dev Each writer builds on the root that it has read: of any number of them, one gets through each time.
    function testFuzz_Commit_LetsOneOfTwoWritersThrough(bytes32 seed, uint240 rest, uint256 rounds) external {
        IObligationLedger.Change[] memory mine = new IObligationLedger.Change[](1);
        IObligationLedger.Change[] memory theirs = new IObligationLedger.Change[](1);
        bytes32 dossier = _id(MUNICIPALITY, rest);
        bytes32 root = bytes32(0);
        rounds = _within(rounds, 1, 6);
        for (uint256 i = 0; i < rounds; ++i) {
            bytes32 first = _word(seed, 2 * i);
            mine[0] = IObligationLedger.Change(dossier, root, first);
            theirs[0] = IObligationLedger.Change(dossier, root, _word(seed, 2 * i + 1));
            _commit(mine);
            _refuse(theirs, abi.encodeWithSelector(IObligationLedger.StalePreviousRoot.selector, dossier, root, first));
            _check(ledger.rootOf(dossier) == first, "the first one");
            root = first;
        }
    }

    function _fresh(bytes32 seed, uint256 length) private pure returns (IObligationLedger.Change[] memory changes) {
        bytes32[] memory dossiers = _dossiers(seed, MUNICIPALITY, length);
        changes = new IObligationLedger.Change[](length);
        for (uint256 i = 0; i < length; ++i) {
            changes[i] = IObligationLedger.Change(dossiers[i], bytes32(0), _word(dossiers[i], 1));
        }
    }

    function _next(
        IObligationLedger.Change memory done,
        bytes32 seed
    ) private pure returns (IObligationLedger.Change memory) {
        return IObligationLedger.Change(done.dossier, done.newRoot, _word(done.newRoot, uint256(seed)));
    }

    function _commit(IObligationLedger.Change[] memory changes) private {
        vm.prank(REGISTRAR);
        ledger.commit(MUNICIPALITY, changes);
    }

    function _refuse(IObligationLedger.Change[] memory changes, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(REGISTRAR);
        ledger.commit(MUNICIPALITY, changes);
    }

    function _checkRoots(IObligationLedger.Change[] memory changes) private view {
        for (uint256 i = 0; i < changes.length; ++i) {
            _check(ledger.rootOf(changes[i].dossier) == changes[i].newRoot, "its root");
        }
    }
}
