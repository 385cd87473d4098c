"""Memory of tags and of questions under way: one SQLite file on the creditor's machine, encrypted under its own key.

The file shows how many persons were asked about, of which municipality and in which epoch, and nothing else.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from schuldhulp.creditor.whole_file import make_private
from schuldhulp.crypto.kept import KeptKey
from schuldhulp.crypto.voprf import Blinding
from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.errors import Misconfigured, Undecryptable
from schuldhulp.services.ports import Question

TABLES: Final = """
CREATE TABLE IF NOT EXISTS tags (
    row BLOB PRIMARY KEY, municipality INTEGER NOT NULL, epoch INTEGER NOT NULL, sealed BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tags_epoch ON tags (municipality, epoch);
CREATE TABLE IF NOT EXISTS questions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, municipality INTEGER NOT NULL, sealed BLOB NOT NULL
);
"""
WAIT: Final = 60.0
"""Seconds to wait for another process that writes."""

_AT_ONCE: Final = 500
"""Rows in one query: SQLite takes 999 values at least."""


class KeptTagFile:
    """Implements ports.KeptTags; safe to use from several threads and processes."""

    def __init__(self, path: Path, key: KeptKey, *, registry: bytes) -> None:
        """Open the file, and make it when it is missing; nobody but its owner may read it.

        Args:
            path: the file.
            key: the creditor's key for it; with another key nothing is found in it.
            registry: instance id of the registry, 32 bytes: another deployment has other tags.

        Raises:
            Misconfigured: the file cannot be made, or is no such file.
        """
        self._path = path
        self._key = key
        self._registry = registry
        self._lock = threading.Lock()
        try:
            make_private(path.parent)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._database = sqlite3.connect(path, timeout=WAIT, isolation_level=None, check_same_thread=False)
            # What is forgotten is overwritten with zeros; what was kept is on the disk before a question is sent.
            self._database.execute("PRAGMA secure_delete = ON")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(TABLES)
        except (OSError, sqlite3.Error) as error:
            raise self._wrong() from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def get(
        self, municipality: MunicipalityCode, epoch: Epoch, identifiers: Sequence[Identifier]
    ) -> Mapping[Identifier, Tag]:
        """Return the tags of those identifiers that were kept.

        Args:
            municipality: CBS code.
            epoch: epoch of the tags.
            identifiers: whose.

        Raises:
            Misconfigured: the file cannot be read.
        """
        rows = {self._row(municipality, epoch, identifier): identifier for identifier in identifiers}
        names = list(rows)
        found: dict[Identifier, Tag] = {}
        for start in range(0, len(names), _AT_ONCE):
            asked = names[start : start + _AT_ONCE]
            places = ",".join("?" * len(asked))
            query = f"SELECT row, sealed FROM tags WHERE row IN ({places})"  # noqa: S608 - question marks only
            with self._using() as database:
                answers = database.execute(query, asked).fetchall()
            for row, sealed in answers:
                try:
                    found[rows[row]] = Tag(self._key.open(sealed, "tag", row))
                except Undecryptable as error:
                    raise self._wrong() from error
        return found

    def put(self, municipality: MunicipalityCode, epoch: Epoch, tags: Mapping[Identifier, Tag]) -> None:
        """Keep tags; they are on the disk when this returns.

        Args:
            municipality: CBS code.
            epoch: epoch of the tags.
            tags: tags by identifier.

        Raises:
            Misconfigured: the file cannot be written.
        """
        rows = []
        for identifier, tag in tags.items():
            row = self._row(municipality, epoch, identifier)
            rows.append((row, municipality, epoch, self._key.seal(tag, "tag", row)))
        with self._using() as database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?)", rows)
            database.execute("COMMIT")

    def epochs(self, municipality: MunicipalityCode) -> Sequence[Epoch]:
        """Return the epochs of which there are tags, ascending; errors.Misconfigured when it cannot be read."""
        query = "SELECT DISTINCT epoch FROM tags WHERE municipality = ? ORDER BY epoch"
        with self._using() as database:
            return [Epoch(epoch) for (epoch,) in database.execute(query, (municipality,))]

    def forget_before(self, municipality: MunicipalityCode, oldest_epoch: Epoch) -> None:
        """Destroy the tags of epochs before one; errors.Misconfigured when it cannot be written."""
        if any(epoch < oldest_epoch for epoch in self.epochs(municipality)):
            with self._using() as database:
                database.execute("DELETE FROM tags WHERE municipality = ? AND epoch < ?", (municipality, oldest_epoch))

    def forget_all(self) -> int:
        """Destroy everything that is kept, and return how many tags that were.

        Raises:
            Misconfigured: the file cannot be written.
        """
        with self._using() as database:
            database.execute("BEGIN IMMEDIATE")
            count: int = database.execute("SELECT count(*) FROM tags").fetchone()[0]
            database.execute("DELETE FROM tags")
            database.execute("DELETE FROM questions")
            database.execute("COMMIT")
        return count

    def add_question(self, question: Question) -> int:
        """Keep a question before it is sent; it is on the disk when this returns.

        Args:
            question: the question.

        Returns:
            Its number.

        Raises:
            Misconfigured: the file cannot be written.
        """
        sealed = self._key.seal(_to_bytes(question), "question", self._registry, question.municipality)
        with self._using() as database:
            cursor = database.execute(
                "INSERT INTO questions (municipality, sealed) VALUES (?, ?)", (question.municipality, sealed)
            )
            return int(cursor.lastrowid or 0)

    def questions(self, municipality: MunicipalityCode) -> Sequence[tuple[int, Question]]:
        """Return the questions of which the answer did not come in, oldest first.

        One that another key or another deployment left behind cannot be repeated, and is passed over.

        Args:
            municipality: CBS code.

        Raises:
            Misconfigured: the file cannot be read.
        """
        query = "SELECT number, sealed FROM questions WHERE municipality = ? ORDER BY number"
        with self._using() as database:
            rows = database.execute(query, (municipality,)).fetchall()
        found = []
        for number, sealed in rows:
            try:
                plain = self._key.open(sealed, "question", self._registry, municipality)
            except Undecryptable:
                continue
            found.append((int(number), _from_bytes(municipality, plain)))
        return found

    def remove_question(self, number: int) -> None:
        """Forget a question that was answered or refused; errors.Misconfigured when it cannot be written."""
        with self._using() as database:
            database.execute("DELETE FROM questions WHERE number = ?", (number,))

    def _row(self, municipality: MunicipalityCode, epoch: Epoch, identifier: Identifier) -> bytes:
        # The epoch is in the name: nobody sees from the file whether two epochs hold the same person.
        return self._key.row(self._registry, municipality, epoch, int(identifier.kind), identifier.text)

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._database
            except sqlite3.Error as error:
                raise self._wrong() from error
            finally:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")

    def _wrong(self) -> Misconfigured:
        return Misconfigured(
            "kept_file_invalid",
            f"{self._path.name}, which keeps tags until the epoch ends, cannot be used; remove it to start anew",
            field="kept_file",
        )


def _to_bytes(question: Question) -> bytes:
    plain = {
        "epoch": question.epoch,
        "kind": int(question.kind),
        "identifiers": [identifier.text for identifier in question.identifiers],
        "blinds": [blinding.blind.hex() for blinding in question.blindings],
        "elements": [blinding.element.hex() for blinding in question.blindings],
        "body": question.body.decode("ascii"),
    }
    return json.dumps(plain).encode("utf-8")


def _from_bytes(municipality: MunicipalityCode, content: bytes) -> Question:
    plain = json.loads(content)
    kind = IdentifierKind(plain["kind"])
    identifiers = tuple(Identifier(kind, text) for text in plain["identifiers"])
    return Question(
        municipality=municipality,
        epoch=Epoch(plain["epoch"]),
        kind=kind,
        identifiers=identifiers,
        blindings=tuple(
            Blinding(input=identifier.encoded, blind=bytes.fromhex(blind), element=bytes.fromhex(element))
            for identifier, blind, element in zip(identifiers, plain["blinds"], plain["elements"], strict=True)
        ),
        body=plain["body"].encode("ascii"),
    )
