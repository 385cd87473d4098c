"""A creditor checks a list on a whole installation, and its process is killed again and again."""

from __future__ import annotations

import csv
import json
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from schuldhulp.crypto.pseudonyms import read_check_number
from schuldhulp.demonstration.people import Case, households
from tests.conftest import Loaded
from tests.support.installation import HANGS, Running, copied

KVK = "99000001"
PEOPLE = 300
ROWS = 420
KILLS = 20
DRAW = random.Random(2026)  # which row is drawn is always the same; the moment differs with the machine all the same


@pytest.fixture(scope="module")
def installation(loaded: Loaded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("lists") / "var"
    with copied(loaded.folder, loaded.ports, folder, ORGANISATION=KVK) as running:
        running.prepare_chain()
        running.start_evaluator()
        yield running


def known_row() -> list[str]:
    person = next(found for found in households(date(2026, 1, 1)) if found.case is Case.PLAIN).applicants[0]
    address = person.addresses[0]
    name = f"{person.prefix} {person.surname}".strip()
    return [name, person.birth_date.dutch, address.postcode, str(address.house_number)]


def a_list(path: Path) -> list[list[str]]:
    """Write a list in which many stand twice and one is known; return its rows."""
    people = [known_row(), *(stranger(number) for number in range(PEOPLE - 1))]
    rows = people + [known_row()] + [DRAW.choice(people) for _ in range(ROWS - PEOPLE - 1)]
    DRAW.shuffle(rows)
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["klant", "achternaam", "geboortedatum", "postcode", "huisnummer"])
        writer.writerows([f"K{number}", *row] for number, row in enumerate(rows))
    return rows


def stranger(number: int) -> list[str]:
    letters = "".join("abcdefghij"[int(digit)] for digit in f"{number:03d}")
    return [f"Onbekénd{letters}", "01-01-1970", "1234AB", "1"]


def used(installation: Running) -> int:
    with closing(sqlite3.connect(installation.folder / "evaluator.sqlite")) as database:
        query = "SELECT coalesce(sum(elements), 0) FROM usage WHERE asker = ?"
        return int(database.execute(query, (KVK,)).fetchone()[0])


def rows_done(out: Path) -> int:
    try:
        return int(json.loads(out.with_name(out.name + ".journal").read_text())["rows"])
    except FileNotFoundError:
        return 0


def test_a_list_survives_being_killed_at_twenty_rows(installation: Running, tmp_path: Path) -> None:
    list_file, out = tmp_path / "people.csv", tmp_path / "answers.csv"
    rows = a_list(list_file)
    before = used(installation)
    command = ("signal", "--file", str(list_file), "--out", str(out), "--batch", "7")
    targets = sorted(DRAW.sample(range(ROWS - 20), KILLS))
    killed = 0
    for target in targets:
        process = installation.start_command(*command)
        until = time.monotonic() + HANGS
        while rows_done(out) <= target and process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(DRAW.uniform(0, 0.03))
        killed += process.poll() is None
        process.kill()
        process.communicate()
        assert not out.exists()
    assert killed == KILLS
    ended = installation.command(*command)
    assert ended.returncode == 0, ended.stderr
    assert "going on after row" in ended.stderr
    with out.open(encoding="cp1252", newline="") as file:
        answers = list(csv.DictReader(file, delimiter=";"))
    assert [answer["klant"] for answer in answers] == [f"K{number}" for number in range(ROWS)]
    assert [answer["achternaam"] for answer in answers] == [row[0] for row in rows]
    assert [answer["signal"] for answer in answers] == ["green" if row == known_row() else "red" for row in rows]
    assert all(read_check_number(answer["check_number"]) == answer["check_number"] for answer in answers)
    assert used(installation) - before == PEOPLE
    assert sorted(found.name for found in tmp_path.iterdir()) == ["answers.csv", "people.csv"]


def test_the_next_night_costs_quota_for_new_people_only(installation: Running, tmp_path: Path) -> None:
    list_file, out = tmp_path / "people.csv", tmp_path / "answers.jsonl"
    new = [f"Nieuweling{letter};1-1-1990;1234AB;2" for letter in "abc"]
    old = ["Onbekéndaaa;01-01-1970;1234AB;1"]
    list_file.write_text(
        "\n".join(["achternaam;geboortedatum;postcode;huisnummer", *old, *new, *old, "Fout;1-1-70;x;y"])
    )
    command = ("signal", "--file", str(list_file), "--out", str(out), "--json-lines")
    first = installation.command(*command)
    assert first.returncode == 2, first.stderr
    assert "line 7: birth_date" in first.stderr
    assert "Fout" not in first.stderr
    spent = used(installation)
    assert installation.command(*command).returncode == 2
    assert used(installation) == spent
    answers = [json.loads(line) for line in out.read_text().splitlines()]
    assert [answer.get("signal") for answer in answers] == ["red"] * 5 + [None]
    local = installation.command(*command, "--local")
    assert local.returncode == 2, local.stderr
    assert [json.loads(line).get("signal") for line in out.read_text().splitlines()] == ["red"] * 5 + [None]


def test_a_list_stops_when_the_evaluator_is_away_and_goes_on_when_it_is_back(
    installation: Running, tmp_path: Path
) -> None:
    out = tmp_path / "answers.csv"
    text = "achternaam;geboortedatum;postcode;huisnummer\nLater;1-1-1990;1234AB;2\nLaterer;1-1-1990;1234AB;2\n"
    command = ("signal", "--file", "-", "--out", str(out), "--patience", "2")
    installation.kill("evaluator")
    away = installation.command(*command, given=text)
    assert away.returncode == 3, away.stderr
    assert "trying again" in away.stderr
    assert not out.exists()
    installation.start_evaluator()
    back = installation.command(*command, given=text)
    assert back.returncode == 0, back.stderr
    assert len(out.read_text(encoding="utf-8").splitlines()) == 3


def test_a_spent_quota_stops_a_list_with_what_is_answered(installation: Running, tmp_path: Path) -> None:
    list_file, out = tmp_path / "people.csv", tmp_path / "answers.csv"
    rows = [f"Velen{a}{b}{c};1-1-1990;1234AB;3" for a in "abcdefghij" for b in "abcdefghij" for c in "abcdef"]
    list_file.write_text("\n".join(["achternaam;geboortedatum;postcode;huisnummer", *rows]))
    stopped = installation.command("signal", "--file", str(list_file), "--out", str(out))
    assert stopped.returncode == 4, stopped.stderr
    assert "the quota of today is spent; go on after" in stopped.stderr
    assert used(installation) == 500
    answered = (tmp_path / "answers.csv.part").read_text().splitlines()
    assert len(answered) == rows_done(out) + 1
    assert 0 < rows_done(out) < len(rows)
    assert not out.exists()
