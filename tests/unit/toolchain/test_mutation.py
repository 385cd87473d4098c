"""Changes of contracts: what the operators find, how a trial is judged, and what is said of survivors."""

import threading
import time

import pytest

from toolchain import mutation, mutation_trial
from toolchain.environment import COMPILERS
from toolchain.mutants import Mutant, find_mutants, syntax_trees
from toolchain.mutation import Records, Run, complaints, read_reasons
from toolchain.mutation_trial import Outcome, Trial, TrialFailed, Verdict, brownie_tests, digest

CONTRACT = """
pragma solidity 0.8.30;
interface ISmall { function only() external; }
contract Small {
    enum Step { Asked, Done }
    event Moved(uint256 from, uint256 to, address who);
    error Refused(uint256 at);
    bytes32 public constant FIRST = keccak256("FIRST"); // é: two bytes
    bytes32 public constant SECOND = keccak256("SECOND");
    uint256 private _at;
    Step private _step;
    mapping(bytes32 key => uint256 value) private _values;
    modifier checked() { _; }
    function move(uint256 to) external checked {
        if (to == 0) revert Refused(to);
        if (to > 9 || to < _at) { _step = Step.Done; }
        emit Moved(_at, to, msg.sender);
        _at = to;
        for (uint256 i = 1; i < 2; ++i) _values[FIRST] += i;
    }
    function isAt(uint256 at) external view returns (bool) { return same(_at, at); }
    function same(uint256 one, uint256 other) public pure returns (bool) { return one == other; }
    function value(bytes32 key) external view returns (uint256) { return _values[key]; }
    function word(uint256[] calldata all, uint256 i) external pure returns (uint256 one) {
        assembly ("memory-safe") { one := calldataload(add(all.offset, shl(5, i))) }
    }
    function nobody() external pure returns (address) { return address(0); }
}
"""
EXPECTED = {
    ("Small.FIRST", 'keccak256("FIRST") → keccak256("")'),
    ("Small.move", "checked → nothing"),
    ("Small.move", "to == 0 → false"),
    ("Small.move", "to == 0 → to == 1"),
    ("Small.move", "to > 9 || to < _at → to > 9"),
    ("Small.move", "to > 9 || to < _at → to < _at"),
    ("Small.move", "to > 9 || to < _at → to > 9 && to < _at"),
    ("Small.move", "to > 9 || to < _at → to >= 9 || to < _at"),
    ("Small.move", "to > 9 || to < _at → to > 10 || to < _at"),
    ("Small.move", "to > 9 || to < _at → true"),
    ("Small.move", "to > 9 || to < _at → false"),
    ("Small.move", "_step = Step.Done; → nothing"),
    ("Small.move", "_step = Step.Done → _step = Step.Asked"),
    ("Small.move", "emit Moved(_at, to, msg.sender); → nothing"),
    ("Small.move", "Moved(_at, to, msg.sender) → Moved(to, _at, msg.sender)"),
    ("Small.move", "Moved(_at, to, msg.sender) → Moved(_at, to, tx.origin)"),
    ("Small.move", "_at = to; → nothing"),
    ("Small.move", "i < 2 → i <= 2"),
    ("Small.move", "++i → nothing"),
    ("Small.move", "_values[FIRST] += i → _values[FIRST] -= i"),
    ("Small.move", "_values[FIRST] += i → _values[SECOND] += i"),
    ("Small.move", "_values[FIRST] += i → _values[bytes32(0)] += i"),
    ("Small.isAt", "return same(_at, at) → return !(same(_at, at))"),
    ("Small.isAt", "return same(_at, at) → return same(at, _at)"),
    ("Small.same", "return one == other → return one != other"),
    ("Small.value", "return _values[key] → return 0"),
    ("Small.word", "add(all.offset, shl(5, i)) → add(all.offset, shl(6, i))"),
    ("Small.nobody", "return address(0) → return address(1)"),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Every change of the small contract, and its text."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "Small.sol").write_text(CONTRACT)
    trees = syntax_trees(COMPILERS / "solc-v0.8.30", folder, ["Small.sol"])
    return find_mutants(trees, {"Small.sol": CONTRACT.encode()})


def test_find_mutants_makes_every_kind_of_change(small):
    names = {(one.place, one.change) for one in small}
    assert names >= EXPECTED, sorted(EXPECTED - names)


def test_find_mutants_gives_each_a_name_and_a_text_of_its_own(small):
    assert len({(one.place, one.change) for one in small}) == len(small)
    texts = [one.apply(CONTRACT.encode()) for one in small]
    assert len(set(texts)) == len(texts)
    assert CONTRACT.encode() not in texts


def test_find_mutants_never_turns_a_guard_round(small):
    assert not [one for one in small if one.change == "to == 0 → to != 0"]


def test_find_mutants_leaves_interfaces_alone(small):
    assert {one.place.split(".")[0] for one in small} == {"Small"}


def test_find_mutants_makes_changes_that_compile(small, tmp_path):
    # All at once is not possible, one by one too slow: three kinds that need the right extent of the text.
    chosen = [one for one in small if one.change in ("++i → nothing", "checked → nothing", "_at = to; → nothing")]
    assert len(chosen) == 3
    for number, one in enumerate(chosen):
        (tmp_path / f"{number}.sol").write_bytes(one.apply(CONTRACT.encode()))
    assert len(syntax_trees(COMPILERS / "solc-v0.8.30", tmp_path, ["0.sol", "1.sol", "2.sol"])) == 3


def test_syntax_trees_refuses_what_does_not_compile(tmp_path):
    (tmp_path / "Bad.sol").write_text("contract {")
    with pytest.raises(ValueError, match="Expected"):
        syntax_trees(COMPILERS / "solc-v0.8.30", tmp_path, ["Bad.sol"])


def make_mutant(place="ObligationLedger.commit", change="a → b", start=0, file="contracts/ObligationLedger.sol"):
    return Mutant(file=file, start=start, end=start + 1, text="b", place=place, change=change)


NAME = ("ObligationLedger.commit", "a → b")


def test_read_reasons_takes_rows_with_a_reason_only():
    text = r"""
| place | change | reason |
|---|---|---|
| `A.f` | `x \|\| y → x` | Equivalent: y follows from x. |
| `A.g` | `x → y` |  |
"""
    assert read_reasons(text) == {("A.f", "x || y → x")}


def test_complaints_are_none_when_every_survivor_is_listed():
    assert complaints({NAME: Outcome.SURVIVED, ("A", "x"): Outcome.KILLED}, {NAME}) == []


def test_complaints_name_a_survivor_without_a_reason():
    assert complaints({NAME: Outcome.SURVIVED}, set()) == [
        "no test notices, and no reason is given: ObligationLedger.commit: a → b"
    ]


@pytest.mark.parametrize("outcome", [Outcome.KILLED, Outcome.STILLBORN])
def test_complaints_name_a_reason_that_is_needed_no_more(outcome):
    assert complaints({NAME: outcome}, {NAME}) == [f"listed, but {outcome}: ObligationLedger.commit: a → b"]


def test_complaints_name_a_reason_for_nothing():
    assert complaints({}, {NAME}) == ["listed, but there is no such change: ObligationLedger.commit: a → b"]


@pytest.mark.parametrize("outcome", [None, Outcome.SURVIVED_FORGE])
def test_complaints_say_nothing_of_what_was_not_reached(outcome):
    assert complaints({NAME: outcome}, {NAME}) == []
    assert complaints({NAME: outcome}, set()) == []


@pytest.fixture
def origin(tmp_path):
    """A tree with a contract and two folders of tests."""
    for name in ("contracts/ObligationLedger.sol", "tests/forge/unit/A.t.sol", "tests/forge/properties/B.t.sol"):
        file = tmp_path / "origin" / name
        file.parent.mkdir(parents=True)
        file.write_text(f"{name}: a")
    return tmp_path / "origin"


def test_digest_tells_names_and_contents_apart(origin):
    before = digest(origin, ["tests/forge"])
    assert before == digest(origin, ["tests/forge"])
    (origin / "tests/forge/unit/A.t.sol").rename(origin / "tests/forge/unit/C.t.sol")
    renamed = digest(origin, ["tests/forge"])
    (origin / "tests/forge/unit/C.t.sol").write_text("other")
    assert len({before, renamed, digest(origin, ["tests/forge"])}) == 3


KILLED = Verdict(outcome=Outcome.KILLED, by="tests/forge/unit/A.t.sol", relies_on=("tests/forge/unit",))


def test_records_are_found_by_the_next_run(origin, tmp_path):
    Records(tmp_path / "known", origin).keep(make_mutant(), KILLED)
    again = Records(tmp_path / "known", origin)
    assert again.find(make_mutant()) == KILLED
    assert again.find(make_mutant(start=1)) is None


def test_records_outlive_a_test_that_did_not_decide(origin, tmp_path):
    Records(tmp_path / "known", origin).keep(make_mutant(), KILLED)
    (origin / "tests/forge/properties/B.t.sol").write_text("other")
    assert Records(tmp_path / "known", origin).find(make_mutant()) == KILLED


@pytest.mark.parametrize("name", ["tests/forge/unit/A.t.sol", "contracts/ObligationLedger.sol"])
def test_records_end_with_the_test_that_decided_and_with_the_contract(origin, tmp_path, name):
    Records(tmp_path / "known", origin).keep(make_mutant(), KILLED)
    (origin / name).write_text("other")
    assert Records(tmp_path / "known", origin).find(make_mutant()) is None


def test_records_keep_the_last_verdict(origin, tmp_path):
    records = Records(tmp_path / "known", origin)
    records.keep(make_mutant(), Verdict(outcome=Outcome.SURVIVED_FORGE))
    records.keep(make_mutant(), KILLED)
    assert Records(tmp_path / "known", origin).find(make_mutant()) == KILLED


class Tries:
    """Stands for a copy: it remembers what was tried and gives one verdict."""

    def __init__(self, forge=Outcome.KILLED, brownie=Outcome.SURVIVED):
        self.tried, self.checked, self._forge, self._brownie = [], [], forge, brownie

    def try_forge(self, mutant):
        self.tried.append(("forge", mutant.start))
        return Verdict(outcome=self._forge)

    def try_brownie(self, mutant):
        self.tried.append(("brownie", mutant.start))
        return Verdict(outcome=self._brownie)

    def check_brownie(self, tests):
        self.checked.append(tests)


def make_run(tries, origin, tmp_path, seconds=60.0):
    records = Records(tmp_path / "known", origin)
    return Run([tries], records, time.monotonic() + seconds, threading.Event())


def test_run_tries_brownie_only_where_forge_noticed_nothing(origin, tmp_path):
    tries = Tries(forge=Outcome.SURVIVED_FORGE)
    run = make_run(tries, origin, tmp_path)
    run.forge([make_mutant(), make_mutant(start=1)])
    run.brownie([make_mutant(start=1)])
    assert tries.tried == [("forge", 0), ("forge", 1), ("brownie", 1)]
    assert tries.checked == [brownie_tests(make_mutant())]
    assert run.outcome(make_mutant()) is Outcome.SURVIVED_FORGE
    assert run.outcome(make_mutant(start=1)) is Outcome.SURVIVED


def test_run_tries_nothing_twice(origin, tmp_path):
    make_run(Tries(), origin, tmp_path).forge([make_mutant()])
    tries = Tries()
    make_run(tries, origin, tmp_path).forge([make_mutant()])
    assert tries.tried == []


def test_run_begins_nothing_after_its_budget(origin, tmp_path):
    tries = Tries()
    run = make_run(tries, origin, tmp_path, seconds=-1)
    run.forge([make_mutant()])
    assert tries.tried == []
    assert run.outcome(make_mutant()) is None


def test_run_passes_on_what_went_wrong(origin, tmp_path):
    tries = Tries()
    tries.try_forge = lambda mutant: (_ for _ in ()).throw(TrialFailed("no compiler"))
    with pytest.raises(TrialFailed, match="no compiler"):
        make_run(tries, origin, tmp_path).forge([make_mutant()])


FORGE_FAILED = "[FAIL: x] y\n\nEncountered 1 failing test in tests/forge/properties/Commit.t.sol:CommitProperties\n"
BROWNIE_FAILED = "=== short test summary info ===\nFAILED tests/contracts/access/test_grant_role.py::test_x - no\n"


@pytest.fixture
def trial(origin, tmp_path, monkeypatch):
    """A copy whose commands answer what `trial.answer` says; what stood in the contract meanwhile is `trial.seen`."""
    made = Trial(tmp_path / "copy", origin, threading.Event(), 1)
    made.answer, made.seen = (0, ""), None

    def run(command, environment):
        made.seen = (made.folder / "contracts/ObligationLedger.sol").read_text()
        return made.answer

    monkeypatch.setattr(made, "_run", run)
    return made


def test_trial_changes_the_copy_for_the_time_of_the_tests_alone(trial, origin):
    trial.try_forge(make_mutant())
    assert trial.seen == "bontracts/ObligationLedger.sol: a"
    assert (trial.folder / "contracts/ObligationLedger.sol").read_text() == "contracts/ObligationLedger.sol: a"
    assert (origin / "contracts/ObligationLedger.sol").read_text() == "contracts/ObligationLedger.sol: a"


@pytest.mark.parametrize(
    ("answer", "outcome", "by"),
    [
        ((0, ""), Outcome.SURVIVED_FORGE, ""),
        ((1, FORGE_FAILED), Outcome.KILLED, "tests/forge/properties/Commit.t.sol"),
        ((1, "Error: Compiler run failed:\nx"), Outcome.STILLBORN, ""),
        ((None, ""), Outcome.KILLED, "tests/forge"),
    ],
)
def test_try_forge_judges_the_answer(trial, answer, outcome, by):
    trial.answer = answer
    verdict = trial.try_forge(make_mutant())
    assert (verdict.outcome, verdict.by) == (outcome, by)


@pytest.mark.parametrize(
    ("answer", "outcome", "by"),
    [
        ((0, ""), Outcome.SURVIVED, ""),
        ((1, BROWNIE_FAILED), Outcome.KILLED, "tests/contracts/access/test_grant_role.py"),
        ((None, ""), Outcome.KILLED, "tests/contracts/access"),
    ],
)
def test_try_brownie_judges_the_answer(trial, answer, outcome, by):
    trial.answer = answer
    verdict = trial.try_brownie(make_mutant())
    assert (verdict.outcome, verdict.by) == (outcome, by)


@pytest.mark.parametrize("attempt", ["try_forge", "try_brownie"])
def test_a_tool_that_breaks_is_no_test_that_notices(trial, attempt):
    trial.answer = (1, "Segmentation fault")
    with pytest.raises(TrialFailed, match="Segmentation fault"):
        getattr(trial, attempt)(make_mutant())


def test_tests_that_fail_without_a_change_stop_the_run(trial):
    trial.answer = (1, FORGE_FAILED)
    with pytest.raises(TrialFailed, match="before anything is changed"):
        trial.check_forge()
    with pytest.raises(TrialFailed, match="before anything is changed"):
        trial.check_brownie(("tests/contracts/access",))


def test_a_command_that_takes_too_long_is_ended(origin, tmp_path):
    made = Trial(tmp_path / "copy", origin, threading.Event(), 1)
    made.patience = 0.0
    assert made._run(["sleep", "60"], {"PATH": "/usr/bin:/bin"}) == (None, "")


def test_a_command_is_ended_when_the_run_is(origin, tmp_path):
    stop = threading.Event()
    made = Trial(tmp_path / "copy", origin, stop, 1)
    stop.set()
    with pytest.raises(mutation_trial.Interrupted):
        made._run(["sleep", "60"], {"PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize(
    ("file", "folders"),
    [
        ("contracts/ClaimRegister.sol", {"access", "claim_register"}),
        (
            "contracts/access/MunicipalRoles.sol",
            {"access", "claim_register", "enrolment_registry", "obligation_ledger"},
        ),
    ],
)
def test_brownie_tests_are_those_of_the_contract(file, folders):
    chosen = brownie_tests(make_mutant(file=file))
    assert set(chosen) == {f"tests/contracts/{name}" for name in folders}


def test_brownie_tests_are_there():
    for path in brownie_tests(make_mutant(file="contracts/access/MunicipalRoles.sol")):
        assert list((mutation.PROJECT / path).glob("test_*.py")), path


def test_main_says_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(mutation, "prepare", lambda environment: None)
    monkeypatch.setattr(mutation, "find_forge", lambda: None)
    assert mutation.main([]) == 2
    assert "Forge is missing" in capsys.readouterr().err
