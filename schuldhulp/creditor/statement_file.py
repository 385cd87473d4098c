"""The statements that a party has sent, kept so that a run can be killed anywhere and none is sent twice.

One SQLite file beside the journal of claims, which is open as long as this one and keeps other runs out. What a
statement says is encrypted under a key derived from the party's messages key.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from schuldhulp.creditor.whole_file import make_private
from schuldhulp.crypto.claim_journal import JournalKey
from schuldhulp.crypto.statements import read_statement, statement_document
from schuldhulp.domain.statements import Statement
from schuldhulp.errors import Misconfigured

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS statements (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    statement_id BLOB NOT NULL UNIQUE,
    document BLOB NOT NULL,
    sealed BLOB,
    sealed_to BLOB,
    message BLOB,
    delivered_at TEXT
)
"""
_VERSION: Final = 1


@dataclass(frozen=True, kw_only=True)
class SentStatement:
    """A statement and how far it is.

    Attributes:
        statement: what it says.
        sealed: the sealed bytes, None until they are made.
        sealed_to: claim key of the municipality that they are sealed to.
        message: hash of the sealed bytes, None until they were delivered.
        delivered_at: when the evaluator took them first, UTC.
    """

    statement: Statement
    sealed: bytes | None = field(default=None, repr=False)
    sealed_to: bytes | None = None
    message: bytes | None = None
    delivered_at: datetime | None = None


class StatementFile:
    """The file. Every method that writes has written for good when it returns."""

    def __init__(self, path: Path, key: JournalKey) -> None:
        """Open the file.

        Args:
            path: the file; it and its folder are made when missing, readable by its owner alone.
            key: what statements in it are encrypted under.

        Raises:
            Misconfigured: it cannot be opened, or is none of this version.
        """
        self._path, self._key = path, key
        try:
            make_private(path.parent)
            path.touch(mode=0o600)
            self._database = sqlite3.connect(path, timeout=0, isolation_level=None)
            self._database.row_factory = sqlite3.Row
            self._database.execute("PRAGMA synchronous = EXTRA")
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise self._wrong("belongs to another version of this software")
            self._database.execute(_TABLE)
            self._database.execute(f"PRAGMA user_version = {_VERSION}")
        except (OSError, sqlite3.DatabaseError) as error:
            raise self._wrong("cannot be opened") from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def begin(self, statement: Statement) -> SentStatement:
        """Keep what is going to be sent, before anything of it is."""
        kept = self._key.close(statement_document(statement).encode("utf-8"), statement.statement_id)
        self._write("INSERT INTO statements (statement_id, document) VALUES (?, ?)", statement.statement_id, kept)
        return SentStatement(statement=statement)

    def seal(self, statement_id: bytes, *, sealed: bytes, sealed_to: bytes) -> None:
        """Keep the sealed bytes of a statement, before they are sent."""
        self._write(
            "UPDATE statements SET sealed = ?, sealed_to = ? WHERE statement_id = ?", sealed, sealed_to, statement_id
        )

    def delivered(self, statement_id: bytes, *, message: bytes, at: datetime) -> None:
        """Keep that a statement was delivered."""
        self._write(
            "UPDATE statements SET message = ?, delivered_at = ? WHERE statement_id = ?",
            message,
            at.isoformat(),
            statement_id,
        )

    def all(self) -> Sequence[SentStatement]:
        """Return what was sent or begun, oldest first."""
        rows = self._database.execute("SELECT * FROM statements ORDER BY number").fetchall()
        return [self._sent(row) for row in rows]

    def _sent(self, row: sqlite3.Row) -> SentStatement:
        document = self._key.open(row["document"], row["statement_id"])
        return SentStatement(
            statement=read_statement(document.decode("utf-8")),
            sealed=row["sealed"],
            sealed_to=row["sealed_to"],
            message=row["message"],
            delivered_at=datetime.fromisoformat(row["delivered_at"]) if row["delivered_at"] else None,
        )

    def _write(self, statement: str, *values: Any) -> None:
        try:
            self._database.execute(statement, values)
        except sqlite3.DatabaseError as error:
            raise self._wrong("cannot be written") from error

    def _wrong(self, problem: str) -> Misconfigured:
        return Misconfigured(
            "journal_invalid", f"the file of statements, {self._path.name}, {problem}", field="journal"
        )
