from __future__ import annotations

import secrets
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schuldhulp.creditor.kept_tags import KeptTagFile
from schuldhulp.crypto import voprf
from schuldhulp.crypto.kept import KeptKey
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.identifiers import Identifier, IdentifierKind, bsn_identifier, parse_bsn, parse_person
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.errors import Misconfigured
from schuldhulp.services.ports import Question

CODE, OTHER = MunicipalityCode(14), MunicipalityCode(15)
ONE, TWO = Epoch(20264), Epoch(20271)
JANSEN = parse_person("Jansen;1980-02-01;9711AB;12")
BSN = bsn_identifier(parse_bsn("999990019"))
KEY = KeptKey.generate()
INSTANCE = bytes(31) + b"\x01"


def tag() -> Tag:
    return Tag(secrets.token_bytes(32))


def opened(folder: Path, *, key: KeptKey = KEY, registry: bytes = INSTANCE) -> KeptTagFile:
    return KeptTagFile(folder / "kept" / "12345678.sqlite", key, registry=registry)


def question(*identifiers: Identifier) -> Question:
    return Question(
        municipality=CODE,
        epoch=ONE,
        kind=IdentifierKind.NADB,
        identifiers=identifiers,
        blindings=tuple(voprf.blind(identifier.encoded) for identifier in identifiers),
        body=b'{"nonce": "00"}',
    )


def test_get_finds_what_was_put_by_municipality_epoch_and_person(tmp_path: Path) -> None:
    kept = {JANSEN: tag(), BSN: tag()}
    opened(tmp_path).put(CODE, ONE, kept)
    again = opened(tmp_path)
    assert again.get(CODE, ONE, [JANSEN, BSN]) == kept
    assert again.get(CODE, TWO, [JANSEN]) == again.get(OTHER, ONE, [JANSEN]) == again.get(CODE, ONE, []) == {}
    renewed = tag()
    again.put(CODE, ONE, {JANSEN: renewed})
    assert again.get(CODE, ONE, [JANSEN])[JANSEN] == renewed


def test_get_finds_many_at_once(tmp_path: Path) -> None:
    many = {Identifier(IdentifierKind.NADB, f"NL.NADB:{number}"): tag() for number in range(2_500)}
    memory = opened(tmp_path)
    memory.put(CODE, ONE, many)
    assert memory.get(CODE, ONE, list(many)) == many


def test_another_key_or_another_registry_finds_nothing(tmp_path: Path) -> None:
    memory = opened(tmp_path)
    memory.put(CODE, ONE, {JANSEN: tag()})
    memory.add_question(question(JANSEN))
    for other in (opened(tmp_path, key=KeptKey.generate()), opened(tmp_path, registry=bytes(32))):
        assert other.get(CODE, ONE, [JANSEN]) == {}
        assert other.questions(CODE) == []


def test_forget_before_destroys_older_epochs_of_one_municipality(tmp_path: Path) -> None:
    memory = opened(tmp_path)
    for code in (CODE, OTHER):
        for epoch in (TWO, ONE):
            memory.put(code, epoch, {JANSEN: tag()})
    memory.forget_before(CODE, TWO)
    assert (memory.epochs(CODE), memory.epochs(OTHER)) == ([TWO], [ONE, TWO])
    assert memory.forget_all() == 3
    assert memory.epochs(CODE) == memory.epochs(OTHER) == []


def test_questions_are_given_back_whole_until_they_are_removed(tmp_path: Path) -> None:
    first, second = question(JANSEN), question()
    number = opened(tmp_path).add_question(first)
    opened(tmp_path).add_question(second)
    found = opened(tmp_path).questions(CODE)
    assert [entry for _number, entry in found] == [first, second]
    assert opened(tmp_path).questions(OTHER) == []
    opened(tmp_path).remove_question(number)
    assert [entry for _number, entry in opened(tmp_path).questions(CODE)] == [second]


def test_the_file_shows_nobody_and_is_for_its_owner_only(tmp_path: Path) -> None:
    memory, secret = opened(tmp_path), tag()
    memory.put(CODE, ONE, {JANSEN: secret})
    asked = question(JANSEN)
    memory.add_question(asked)
    path = tmp_path / "kept" / "12345678.sqlite"
    content = path.read_bytes()
    for hidden in (b"jansen", b"9711AB", secret, asked.blindings[0].blind, asked.blindings[0].blind.hex().encode()):
        assert hidden not in content
    assert path.stat().st_mode & 0o077 == 0


def test_what_is_forgotten_is_gone_from_the_file(tmp_path: Path) -> None:
    memory = opened(tmp_path)
    memory.put(CODE, ONE, {JANSEN: tag()})
    path = tmp_path / "kept" / "12345678.sqlite"
    with sqlite3.connect(path) as database:
        [(row, sealed)] = database.execute("SELECT row, sealed FROM tags").fetchall()
    assert row in path.read_bytes()
    memory.forget_all()
    assert row not in path.read_bytes()
    assert sealed not in path.read_bytes()


@pytest.mark.parametrize("content", [b"rubbish" * 100, b"SQLite format 3\x00" + bytes(4096)])
def test_a_file_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kept" / "12345678.sqlite"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(Misconfigured) as caught:
        opened(tmp_path)
    assert caught.value.field == "kept_file"


def test_a_row_that_was_changed_is_no_answer(tmp_path: Path) -> None:
    memory = opened(tmp_path)
    memory.put(CODE, ONE, {JANSEN: tag(), BSN: tag()})
    with sqlite3.connect(tmp_path / "kept" / "12345678.sqlite") as database:
        # Each row gets what belongs to the other.
        rows = database.execute("SELECT row, sealed FROM tags").fetchall()
        for (row, _sealed), (_row, sealed) in zip(rows, reversed(rows), strict=True):
            database.execute("UPDATE tags SET sealed = ? WHERE row = ?", (sealed, row))
    with pytest.raises(Misconfigured):
        memory.get(CODE, ONE, [JANSEN])


def test_many_threads_may_keep_at_once(tmp_path: Path) -> None:
    memories = [opened(tmp_path) for _ in range(3)]
    people = [Identifier(IdentifierKind.NADB, f"NL.NADB:{number}") for number in range(60)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda pair: memories[pair[0] % 3].put(CODE, ONE, {pair[1]: tag()}), enumerate(people)))
    assert len(memories[0].get(CODE, ONE, people)) == 60


def test_the_key_follows_from_the_messages_key_and_is_another_one() -> None:
    messages = OpeningKey.generate()
    assert KeptKey.of(messages) == KeptKey.of(messages)
    assert KeptKey.of(messages) != KeptKey.of(OpeningKey.generate())
    assert KeptKey.of(messages).reveal() != messages.reveal()
    assert KeptKey.of(messages).row("a", "bc") != KeptKey.of(messages).row("ab", "c")
