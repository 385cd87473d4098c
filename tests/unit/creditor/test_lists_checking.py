"""Checking lists with an asker that answers at once: order, resumption, memory, patience and what stops a list."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import random
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from schuldhulp.creditor.lists import AnswerFile, AnswerStream, Lines, ListCheck, Patience, Progress, open_form
from schuldhulp.crypto.kept import KeptKey
from schuldhulp.domain.identifiers import Identifier
from schuldhulp.domain.signal import Signal, SignalAnswer
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import Conflict, InvalidInput, Misconfigured, NotAllowed, NotFound, SchuldhulpError, Unreachable
from tests.support.evaluation import NOON

KEY = KeptKey.generate()
UNREACHABLE = Unreachable("evaluator_unreachable", "the evaluator does not answer")
SPENT = NotAllowed("daily_quota_spent", "spent", retry_after=3600)


class FakeAsker:
    """Answers green for even house numbers; remembers whom it was asked about as the memory of tags does."""

    def __init__(self, *, quota: int = 10**9) -> None:
        self.quota = quota
        self.kept: set[tuple[int, Identifier]] = set()
        self.errors: list[SchuldhulpError] = []
        self.groups: list[tuple[int, int]] = []

    def signals(self, *, municipality: MunicipalityCode, identifiers: Sequence[Identifier]) -> list[SignalAnswer]:
        if self.errors:
            raise self.errors.pop(0)
        if municipality == 404:
            raise NotFound("municipality_unknown", "this municipality gives no signals")
        self.groups.append((municipality, len(identifiers)))
        for identifier in identifiers:
            if (municipality, identifier) not in self.kept:
                if len(self.kept) == self.quota:
                    raise SPENT
                self.kept.add((municipality, identifier))
        return [answer_of(municipality, identifier) for identifier in identifiers]

    def kept_signals(
        self, *, municipality: MunicipalityCode, identifiers: Sequence[Identifier]
    ) -> list[SignalAnswer | None]:
        return [
            answer_of(municipality, identifier) if (municipality, identifier) in self.kept else None
            for identifier in identifiers
        ]


class Forgetful(FakeAsker):
    """Keeps nothing, so that all memory that grows is the list's."""

    def signals(self, *, municipality: MunicipalityCode, identifiers: Sequence[Identifier]) -> list[SignalAnswer]:
        return [answer_of(municipality, identifier) for identifier in identifiers]


def answer_of(municipality: MunicipalityCode, identifier: Identifier) -> SignalAnswer:
    known = int(identifier.text.rsplit("|", 1)[1]) % 2 == 0
    return SignalAnswer(
        signal=Signal.GREEN if known else Signal.RED,
        municipality=municipality,
        contact="",
        checked_at=NOON,
        block_number=1,
        block_hash=bytes(32),
    )


class Watching:
    """Remembers what it is told, and ends the process where a test says so."""

    def __init__(self) -> None:
        self.bad: list[tuple[int, str | None]] = []
        self.rows: list[int] = []
        self.end_at: int | None = None

    def advanced(self, progress: Progress) -> None:
        self.rows.append(progress.rows)
        if self.end_at is not None and progress.rows >= self.end_at:
            raise KeyboardInterrupt

    def found_bad(self, line: int, fault: InvalidInput) -> None:
        self.bad.append((line, fault.field))


class Run:
    """One list and its answers in a folder."""

    def __init__(self, folder: Path, text: str, asker: FakeAsker) -> None:
        self.file, self.out, self.asker = folder / "people.csv", folder / "answers.csv", asker
        self.file.write_text(text)
        self.watching = Watching()
        self.waits: list[float] = []

    def go(self, *, window: int = 3, restart: bool = False, patience: float = 10, of: str = "") -> Progress:
        with self.file.open("rb") as stream, AnswerFile(self.out, restart=restart) as answers:
            return self.check(window, patience).run(**wiring(stream), answers=answers, of=(of,))

    def check(self, window: int, patience: float) -> ListCheck:
        return ListCheck(
            asker=self.asker,
            municipality=MunicipalityCode(14),
            fingerprint=KEY.fingerprint,
            patience=Patience(seconds=patience, sleep=self.waits.append, tell=lambda _error, _seconds: None),
            watcher=self.watching,
            words=words,
            window=window,
        )

    def answers(self, path: Path | None = None) -> list[dict[str, str]]:
        with (path or self.out).open(newline="") as file:
            return list(csv.DictReader(file, delimiter=";"))


def words(answer: SignalAnswer) -> Mapping[str, Any]:
    return {"signal": answer.signal.value, "municipality": answer.municipality}


def wiring(stream: BinaryIO) -> dict[str, Any]:
    lines = Lines(stream)
    form = open_form(lines)
    return {
        "form": form,
        "write": lambda row, answer: lines.encode(form.write(row, answer)),
        "head": lambda: lines.mark + lines.encode(form.write_head()),
    }


def people(count: int, *, distinct: int | None = None) -> str:
    numbers = [number % (distinct or count) + 1 for number in range(count)]
    rows = [f"K{place};Jansen;01-02-1980;9711AB;{number}" for place, number in enumerate(numbers)]
    return "\n".join(["ref;achternaam;geboortedatum;postcode;huisnummer", *rows]) + "\n"


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Run]:
    def make(text: str, **more: Any) -> Run:
        return Run(tmp_path, text, FakeAsker(**more))

    return make


def assert_whole(run: Run, count: int) -> None:
    found = run.answers()
    assert [answer["ref"] for answer in found] == [f"K{place}" for place in range(count)]
    assert [answer["signal"] for answer in found] == [
        "green" if int(answer["huisnummer"]) % 2 == 0 else "red" for answer in found
    ]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 10])
def test_run_answers_every_row_in_order(make: Callable[..., Run], count: int) -> None:
    run = make(people(count))
    done = run.go()
    assert (done.rows, done.green, done.red, done.bad) == (count, count // 2, (count + 1) // 2, 0)
    assert_whole(run, count)
    assert sorted(path.name for path in run.out.parent.iterdir()) == ["answers.csv", "people.csv"]


def test_run_goes_on_after_being_ended_anywhere_and_asks_nobody_twice(make: Callable[..., Run]) -> None:
    run = make(people(50, distinct=20))
    draw = random.Random(7)
    for row in sorted(draw.sample(range(50), 10)):
        run.watching.end_at = row
        with pytest.raises(KeyboardInterrupt):
            run.go(window=draw.randint(1, 4))
        # What a process leaves behind when it ends in the middle of writing.
        with run.out.with_name("answers.csv.part").open("ab") as part:
            part.write(b"K7;half a r")
    run.watching.end_at = None
    assert run.go().rows == 50
    assert_whole(run, 50)
    assert len(run.asker.kept) == 20


def test_run_begins_anew_when_the_part_is_gone_or_it_is_told_to(make: Callable[..., Run]) -> None:
    run = make(people(9))
    run.watching.end_at = 3
    for begin_anew in (lambda: run.out.with_name("answers.csv.part").unlink(), lambda: None):
        run.watching.end_at = 3
        with pytest.raises(KeyboardInterrupt):
            run.go(restart=True)
        begin_anew()
        run.watching.end_at = None
        run.watching.rows.clear()
        run.go(restart=run.out.with_name("answers.csv.part").exists())
        assert run.watching.rows[0] == 0
        assert_whole(run, 9)


@pytest.mark.parametrize("change", ["list", "shorter", "question"])
def test_run_refuses_to_go_on_with_another_list_or_question(make: Callable[..., Run], change: str) -> None:
    run = make(people(9))
    run.watching.end_at = 6
    with pytest.raises(KeyboardInterrupt):
        run.go()
    run.watching.end_at = None
    if change != "question":
        run.file.write_text(people(9).replace("K2;Jansen", "K2;Janssen") if change == "list" else people(3))
    with pytest.raises(Conflict) as caught:
        run.go(of="other" if change == "question" else "")
    assert caught.value.key == "list_changed"
    run.file.write_text(people(9))
    run.go()
    assert_whole(run, 9)


def test_run_names_bad_rows_and_answers_the_others(make: Callable[..., Run]) -> None:
    text = people(4).replace("K1;Jansen;01-02-1980", "K1;Jansen;01-02-80").replace("K2;Jansen", 'K2;"Jan"sen')
    run = make(text)
    done = run.go()
    assert (done.rows, done.bad) == (4, 2)
    assert run.watching.bad == [(3, "birth_date"), (4, "row")]
    found = run.answers()
    assert [answer["signal"] for answer in found] == ["red", "", "", "green"]
    assert [bool(answer["error"]) for answer in found] == [False, True, True, False]


def test_run_asks_municipalities_apart_and_an_unknown_one_is_a_bad_row(make: Callable[..., Run]) -> None:
    rows = [f"K{place};Jansen;01-02-1980;9711AB;{place + 1};{code}" for place, code in enumerate(["", 15, 404, 15, 14])]
    run = make("\n".join(["ref;achternaam;geboortedatum;postcode;huisnummer;gemeente", *rows]))
    done = run.go(window=10)
    assert run.asker.groups == [(14, 2), (15, 2)]
    assert (done.rows, done.bad) == (5, 1)
    assert [answer["municipality"] for answer in run.answers()] == ["14", "15", "", "15", "14"]
    assert run.watching.bad == [(4, "municipality")]


def test_run_stops_when_the_quota_is_spent_and_goes_on_when_there_is_more(make: Callable[..., Run]) -> None:
    run = make(people(10), quota=5)
    with pytest.raises(NotAllowed):
        run.go(window=4)
    assert [answer["ref"] for answer in run.answers(run.out.with_name("answers.csv.part"))] == [
        "K0",
        "K1",
        "K2",
        "K3",
        "K4",
    ]
    assert not run.out.exists()
    assert run.waits == []
    run.asker.quota = 10
    run.go(window=4)
    assert_whole(run, 10)


def test_run_answers_behind_a_spent_quota_whoever_costs_nothing(make: Callable[..., Run]) -> None:
    run = make(people(12))
    run.go()
    kept = {one for one in run.asker.kept if int(one[1].text.rsplit("|", 1)[1]) not in (4, 5, 9)}
    run.asker.kept, run.asker.quota = kept, len(kept)
    early = run.out.with_name("answers.csv.early")
    with run.file.open("rb") as stream, AnswerFile(run.out, restart=True) as answers:
        with pytest.raises(NotAllowed):
            run.check(3, 10).run(**wiring(stream), answers=answers, of=("",))
        assert answers.behind is not None
        waiting, apart = answers.behind.waiting, answers.behind.early
    done = run.answers(run.out.with_name("answers.csv.part"))
    ahead = run.answers(early)
    assert early.stat().st_mode & 0o777 == 0o600
    assert (waiting, apart) == (3, len(ahead))
    assert len(done) + len(ahead) + waiting == 12
    assert all(row["signal"] in ("green", "red") for row in ahead)
    places = [int(row["ref"][1:]) for row in [*done, *ahead]]
    assert places == sorted(places)
    run.asker.quota = 12
    run.out.unlink()
    run.go()
    assert_whole(run, 12)
    assert not early.exists()


def test_run_waits_longer_each_time_and_then_gives_up(make: Callable[..., Run]) -> None:
    run = make(people(3))
    run.asker.errors = [UNREACHABLE] * 2
    run.go()
    assert run.waits == [1, 2]
    run.asker.errors = [UNREACHABLE] * 100
    run.waits.clear()
    with pytest.raises(Unreachable):
        run.go(patience=100)
    assert run.waits == [1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize(
    ("error", "waits"),
    [
        (NotAllowed("burst_spent", "wait", retry_after=7), [7]),
        (Conflict("epoch_not_open", "the epoch closed"), [1]),
        (NotAllowed("organisation_suspended", "suspended"), None),
        (Conflict("nonce_used", "used"), None),
    ],
)
def test_run_waits_only_for_what_passes(
    make: Callable[..., Run], error: SchuldhulpError, waits: list[float] | None
) -> None:
    run = make(people(3))
    run.asker.errors = [error]
    if waits is None:
        with pytest.raises(type(error)):
            run.go()
        assert run.waits == []
    run.go()
    assert run.waits == (waits or [])
    assert_whole(run, 3)


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        folder = tmp_path / str(count)
        folder.mkdir()
        run = Run(folder, people(count), Forgetful())
        tracemalloc.start()
        try:
            run.go(window=200)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(200)
    small, large = peak(2_000), peak(20_000)
    assert large < small * 1.2


def test_answer_file_is_for_one_process_at_a_time(tmp_path: Path) -> None:
    with AnswerFile(tmp_path / "answers.csv"), pytest.raises(Conflict) as caught:
        AnswerFile(tmp_path / "answers.csv")
    assert caught.value.key == "list_busy"
    with AnswerFile(tmp_path / "answers.csv") as answers:
        assert answers.progress is None


@pytest.mark.parametrize(
    "content", ["", "rubbish", "[]", "{}", '{"version": 2}', '{"version": 1, "rows": 1, "more": 2}']
)
def test_answer_file_refuses_a_damaged_journal(tmp_path: Path, content: str) -> None:
    (tmp_path / "answers.csv.journal").write_text(content)
    with pytest.raises(Misconfigured):
        AnswerFile(tmp_path / "answers.csv")
    with AnswerFile(tmp_path / "answers.csv", restart=True) as answers:
        assert answers.progress is None


def test_answer_file_tells_nothing_about_anybody_in_its_journal_and_is_for_its_owner_only(
    make: Callable[..., Run],
) -> None:
    run = make(people(9))
    run.watching.end_at = 6
    with pytest.raises(KeyboardInterrupt):
        run.go()
    journal = json.loads(run.out.with_name("answers.csv.journal").read_text())
    assert set(journal) == {"version", "rows", "green", "red", "bad", "fingerprint", "length"}
    assert run.out.with_name("answers.csv.part").stat().st_mode & 0o077 == 0
    other = KeptKey.generate().fingerprint("list")
    assert journal["fingerprint"] != other.hexdigest()


def test_answer_file_leaves_answers_that_another_process_finished_while_it_opened_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, lock = tmp_path / "answers.csv", fcntl.flock
    first = AnswerFile(out)
    first.add(b"signal\nGREEN\n", Progress(rows=1, green=1))

    def finished_before(file: BinaryIO, operation: int) -> None:
        """The first process ends between the opening and the locking of the second one."""
        monkeypatch.setattr(fcntl, "flock", lock)
        first.finish()
        first.__exit__(None, None, None)
        lock(file, operation)

    monkeypatch.setattr(fcntl, "flock", finished_before)
    with AnswerFile(out) as second:
        assert second.progress is None
        assert out.read_bytes() == b"signal\nGREEN\n"
        assert second.part.read_bytes() == b""


def test_answer_file_names_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        AnswerFile(tmp_path / "missing" / "answers.csv")


def test_answer_stream_writes_rows_as_they_are_answered() -> None:
    stream = io.BytesIO()
    answers = AnswerStream(stream)
    run = people(5).encode()
    check = Run.check(_bare(), 2, 0)
    done = check.run(**wiring(io.BytesIO(run)), answers=answers)
    assert done == replace(answers.progress or Progress(), length=0)
    assert len(stream.getvalue().splitlines()) == 6


def _bare() -> Run:
    run = object.__new__(Run)
    run.asker, run.watching, run.waits = FakeAsker(), Watching(), []
    return run
