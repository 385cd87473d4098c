"""The options of `schuldhulp signal --file`, what is said and how it ends."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from schuldhulp.cli.application import run
from schuldhulp.creditor.kept_tags import KeptTagFile
from schuldhulp.crypto.kept import KeptKey
from schuldhulp.crypto.pseudonyms import check_number
from schuldhulp.domain.identifiers import Identifier
from schuldhulp.domain.signal import Signal, SignalAnswer, SignalWarning
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.errors import NotAllowed, SchuldhulpError, Unreachable
from tests.support.evaluation import NOON

HEAD = "ref;achternaam;geboortedatum;postcode;huisnummer\n"
GOOD = "1;Geheimen;01-02-1980;9711AB;12\n"
BAD = "2;Geheimen;01-02-80;9711AB;12\n"


class FakeClient:
    """Answers green to everybody, or refuses."""

    refusal: SchuldhulpError | None = None

    def signals(self, *, municipality: MunicipalityCode, identifiers: Sequence[Identifier]) -> list[SignalAnswer]:
        if self.refusal is not None:
            raise self.refusal
        return [
            SignalAnswer(
                signal=Signal.GREEN,
                municipality=municipality,
                contact="schuldhulp@example.nl",
                checked_at=NOON,
                block_number=7,
                block_hash=bytes(32),
                warnings=(SignalWarning.NAME_MATCH_GREEN,),
                check_number=check_number("12345678", Tag(bytes(32)), bytes(32)),
            )
            for _identifier in identifiers
        ]

    def kept_signals(
        self, *, municipality: MunicipalityCode, identifiers: Sequence[Identifier]
    ) -> list[SignalAnswer | None]:
        return [None for _identifier in identifiers]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeClient:
    fake, key = FakeClient(), KeptKey.generate()
    monkeypatch.setenv("SCHULDHULP_DATA", str(tmp_path / "var"))
    monkeypatch.setenv("SCHULDHULP_ORGANISATION", "12345678")

    def memory(_settings: object, *, organisation: str | None) -> tuple[KeptTagFile, KeptKey]:
        return KeptTagFile(tmp_path / "var" / "kept.sqlite", key, registry=bytes(32)), key

    for module in ("signals", "signal_lists"):
        monkeypatch.setattr(f"schuldhulp.cli.{module}.creditor_client", lambda *_given, **_named: fake)
        monkeypatch.setattr(f"schuldhulp.cli.{module}.creditor_memory", memory)
    return fake


def check(folder: Path, text: str, *more: str) -> int:
    (folder / "people.csv").write_text(text)
    return run(["signal", "--file", str(folder / "people.csv"), "--out", str(folder / "answers.csv"), *more])


def test_signal_adds_the_answer_to_each_row(client: FakeClient, tmp_path: Path) -> None:
    assert check(tmp_path, HEAD + GOOD) == 0
    [row] = csv.DictReader(io.StringIO((tmp_path / "answers.csv").read_text()), delimiter=";")
    assert (row["ref"], row["signal"], row["municipality"]) == ("1", "green", "14")
    assert (row["contact"], row["checked_at"], row["block"]) == (
        "schuldhulp@example.nl",
        "2026-11-23T12:00:00+00:00",
        "7",
    )
    assert re.fullmatch(r"(\w{4}-){3}\w", row["check_number"])
    assert row["warning"].startswith("Twins")
    assert row["error"] == ""


def test_signal_writes_json_lines_with_the_key_of_the_warning(client: FakeClient, tmp_path: Path) -> None:
    assert check(tmp_path, HEAD + GOOD + BAD, "--json-lines", "--municipality", "15") == 2
    good, bad = map(json.loads, (tmp_path / "answers.csv").read_text().splitlines())
    assert (good["signal"], good["municipality"], good["warning"]) == ("green", 15, "name_match_green")
    assert "signal" not in bad
    assert bad["error"].startswith("birth_date")


def test_signal_names_bad_rows_and_nobody(
    client: FakeClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(tmp_path, HEAD + GOOD + BAD) == 2
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        "line 3: birth_date: write dd-mm-jjjj or jjjj-mm-dd",
        "2 rows: 1 green, 0 red, 1 that cannot be read",
    ]
    assert said.out == ""


@pytest.mark.parametrize(
    ("refusal", "code", "said"),
    [
        (NotAllowed("daily_quota_spent", "spent", retry_after=3600), 4, r"quota of today is spent; go on after \d{4}-"),
        (NotAllowed("epoch_quota_spent", "spent", retry_after=3600), 4, "quota of this epoch is spent"),
        (Unreachable("chain_unreachable", "the node does not answer"), 3, "the node does not answer"),
        (NotAllowed("organisation_suspended", "the evaluator refuses"), 2, "the evaluator refuses"),
    ],
)
def test_signal_stops_with_a_reason_and_goes_on_later(
    client: FakeClient,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    refusal: SchuldhulpError,
    code: int,
    said: str,
) -> None:
    client.refusal = refusal
    assert check(tmp_path, HEAD + GOOD, "--patience", "0") == code
    told = capsys.readouterr().err
    assert re.search(said, told)
    assert "answers so far are in answers.csv.part" in told
    client.refusal = None
    assert check(tmp_path, HEAD + GOOD) == 0
    assert "going on after row 0" in capsys.readouterr().err
    assert len((tmp_path / "answers.csv").read_text().splitlines()) == 2


def test_signal_tells_how_many_wait_for_quota(
    client: FakeClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client.refusal = NotAllowed("daily_quota_spent", "spent", retry_after=3600)
    assert check(tmp_path, HEAD + GOOD + BAD + GOOD, "--batch", "1") == 4
    told = capsys.readouterr().err
    assert "2 rows with a new person wait for quota" in told
    assert "1 row behind the first of them cost nothing: see answers.csv.early" in told
    [row] = csv.DictReader(io.StringIO((tmp_path / "answers.csv.early").read_text()), delimiter=";")
    assert row["error"].startswith("birth_date")


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_signal_replaces_no_link_or_device(
    client: FakeClient, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    out, other = tmp_path / "answers.csv", tmp_path / "other.csv"
    other.write_text("mine")
    if kind == "link":
        out.symlink_to(other)
    else:
        os.mkfifo(out)
    assert check(tmp_path, HEAD + GOOD) == 2
    assert f"--out: this is a {'link' if kind == 'link' else 'device or pipe'}" in capsys.readouterr().err
    assert (out.is_symlink(), out.is_fifo(), other.read_text()) == (kind == "link", kind == "pipe", "mine")
    assert sorted(path.name for path in tmp_path.glob("answers*")) == ["answers.csv"]


def test_signal_says_that_a_full_output_takes_no_answers(
    client: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "people.csv").write_text(HEAD + GOOD)
    silenced: list[bool] = []

    def full(_stream: object, _content: bytes, _progress: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("schuldhulp.creditor.lists.AnswerStream.add", full)
    monkeypatch.setattr("schuldhulp.cli.application.silence_output", lambda: silenced.append(True))
    assert run(["signal", "--file", str(tmp_path / "people.csv"), "--out", "-"]) == 2
    assert "the answers cannot be written (No space left on device)" in capsys.readouterr().err
    assert silenced == [True]


def test_signal_ends_in_order_when_it_is_terminated(
    client: FakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def terminated(**_asked: object) -> list[SignalAnswer]:
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError("the signal ends the list")

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(client, "signals", terminated)
    assert check(tmp_path, HEAD + GOOD) == 130
    assert "not finished: 0 rows" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) == before


def test_signal_reads_and_writes_standard_streams(
    client: FakeClient, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    given: Any = io.TextIOWrapper(io.BytesIO((HEAD + GOOD).encode()))
    monkeypatch.setattr("sys.stdin", given)
    assert run(["signal", "--file", "-", "--out", "-"]) == 0
    assert b"1;Geheimen;01-02-1980;9711AB;12;green;14;" in capfdbinary.readouterr().out


def test_signal_forgets_what_was_kept(
    client: FakeClient, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = KeptKey.generate()
    memory = KeptTagFile(tmp_path / "own.sqlite", key, registry=bytes(32))
    memory.put(MunicipalityCode(14), Epoch(1), {Identifier(2, "NL.NADB:x"): Tag(bytes(32))})  # type: ignore[arg-type]
    monkeypatch.setattr("schuldhulp.cli.signals.creditor_memory", lambda *_given, **_named: (memory, key))
    assert run(["signal", "--forget"]) == 0
    assert "1 kept tag" in capsys.readouterr().err
    assert KeptTagFile(tmp_path / "own.sqlite", key, registry=bytes(32)).epochs(MunicipalityCode(14)) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--file", "people.csv"], "--out"),
        (["--file", "missing.csv", "--out", "answers.csv"], "cannot be read"),
        (["--file", "people.csv", "--out", "people.csv"], "cannot take the place"),
        (["--file", "people.csv", "--out", "."], "folder"),
        (["--file", ".", "--out", "answers.csv"], "cannot be read"),
        (["--file", "people.csv", "--out", "no/answers.csv"], "cannot be written"),
        (["--file", "people.csv", "--out", "answers.csv", "--person", "-"], "--person"),
        (["--file", "people.csv", "--out", "answers.csv", "--json"], "--json"),
        (["--out", "answers.csv"], "--file"),
        (["--json-lines"], "--file"),
    ],
)
def test_signal_refuses_options_that_do_not_go_together(
    client: FakeClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    (tmp_path / "people.csv").write_text(HEAD + GOOD)
    monkeypatch.chdir(tmp_path)
    assert run(["signal", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "answers.csv").exists()
    assert (tmp_path / "people.csv").read_text() == HEAD + GOOD
