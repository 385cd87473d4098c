"""What a creditor has begun and done with its claims, kept so that it can be killed anywhere and goes on afterwards.

One SQLite file a creditor. What a claim says is encrypted under a key derived from the creditor's messages key; ids,
commitments and signed transactions stand in it as they stand on chain. Whoever opens it keeps others out until it is
closed or its process ends, so that two runs at once cannot do the same thing twice.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from schuldhulp.creditor.claims_steps import KeptMessage, Step, StepKind, StepState
from schuldhulp.creditor.whole_file import make_private
from schuldhulp.crypto.claim_journal import JournalKey
from schuldhulp.domain.claims import Claim, claim_from_plain, claim_to_plain
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.errors import Conflict, Misconfigured
from schuldhulp.services.ports import SignedTransaction

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS ids (lookup BLOB PRIMARY KEY, claim_id BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS asked_ids (lookup BLOB PRIMARY KEY, question BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS steps (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    claim_id BLOB NOT NULL,
    began_at TEXT NOT NULL,
    claim BLOB,
    commitment BLOB,
    holder TEXT,
    raw BLOB,
    tx_hash BLOB,
    nonce INTEGER,
    block_number INTEGER,
    sealed BLOB,
    sealed_to BLOB,
    message BLOB,
    delivered_at TEXT,
    failure TEXT
);
CREATE TABLE IF NOT EXISTS mailboxes (municipality INTEGER PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS receipts (
    message BLOB PRIMARY KEY,
    municipality INTEGER NOT NULL,
    claim_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    problem TEXT,
    content BLOB NOT NULL,
    document TEXT,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    kind TEXT NOT NULL DEFAULT ''
);
"""
_SCHEMA: Final = 2
_UPGRADE: Final = (
    "ALTER TABLE receipts ADD COLUMN kind TEXT NOT NULL DEFAULT ''",
    "UPDATE receipts SET kind = 'receipt' WHERE problem IS NOT 'kind_unknown'",
)
"""From version 1, which kept receipts only, and of what it did not know not even the kind."""

KIND_UNKNOWN: Final = "kind_unknown"
"""What is wrong with a message of a kind that this version does not know; it is kept and not acknowledged."""


class ClaimJournal:
    """The file. Every method that writes has written for good when it returns."""

    def __init__(self, path: Path, key: JournalKey) -> None:
        """Open the journal and keep every other process out.

        Args:
            path: the file; it and its folder are made when missing, readable by its owner alone.
            key: what claims in it are encrypted under.

        Raises:
            Conflict: another run has it open.
            Misconfigured: it cannot be opened, or is no journal of this version.
        """
        self._key = key
        self._path = path
        try:
            make_private(path.parent)
            path.touch(mode=0o600)
            self._database = sqlite3.connect(path, timeout=0, isolation_level=None)
            self._database.row_factory = sqlite3.Row
            # The lock of the first write lasts until the file is closed, also when the process is killed.
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA synchronous = EXTRA")
            self._database.execute("BEGIN EXCLUSIVE")
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version not in (0, 1, _SCHEMA):
                raise self._wrong("belongs to another version of this software")
            for statement in (*_TABLES.split(";"), *(_UPGRADE if version == 1 else ())):
                self._database.execute(statement)
            self._database.execute(f"PRAGMA user_version = {_SCHEMA}")
            self._database.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise Conflict(
                    "journal_in_use", "another command works on this creditor's claims; wait until it is done"
                ) from error
            raise self._wrong("cannot be opened") from error
        except (OSError, sqlite3.DatabaseError) as error:
            raise self._wrong("cannot be opened") from error

    def close(self) -> None:
        """Close the file and let others in."""
        self._database.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close."""
        self.close()

    def known_id(self, identity: bytes) -> ClaimId | None:
        """Return the id of a claim that was computed before.

        Args:
            identity: municipality and `claim_id_input`; only a keyed hash of it is kept.
        """
        row = self._one("SELECT claim_id FROM ids WHERE lookup = ?", self._key.index(identity))
        return None if row is None else ClaimId(row["claim_id"])

    def keep_id(self, identity: bytes, claim_id: ClaimId) -> None:
        """Keep the id of a claim, so that asking again costs no quota."""
        self._write("INSERT OR REPLACE INTO ids VALUES (?, ?)", self._key.index(identity), claim_id)
        self.forget_asked(identity)

    def asked(self, identity: bytes) -> tuple[bytes, bytes, bytes] | None:
        """Return with what an id was asked for that is not here: blind, blinded element, and the signed request."""
        lookup = self._key.index(identity)
        row = self._one("SELECT question FROM asked_ids WHERE lookup = ?", lookup)
        if row is None:
            return None
        plain = json.loads(self._key.open(row["question"], lookup))
        return bytes.fromhex(plain["blind"]), bytes.fromhex(plain["element"]), plain["request"].encode("ascii")

    def keep_asked(self, identity: bytes, *, blind: bytes, element: bytes, request: bytes) -> None:
        """Keep with what the id of a claim is going to be asked for, so that a lost answer can be had again."""
        lookup = self._key.index(identity)
        plain = {"blind": blind.hex(), "element": element.hex(), "request": request.decode("ascii")}
        question = self._key.close(json.dumps(plain).encode("ascii"), lookup)
        self._write("INSERT OR REPLACE INTO asked_ids VALUES (?, ?)", lookup, question)

    def forget_asked(self, identity: bytes) -> None:
        """Forget with what the id of a claim was asked for."""
        self._write("DELETE FROM asked_ids WHERE lookup = ?", self._key.index(identity))

    def begin(
        self,
        kind: StepKind,
        claim_id: ClaimId,
        *,
        began_at: datetime,
        claim: Claim | None = None,
        commitment: Commitment | None = None,
        holder: str | None = None,
    ) -> Step:
        """Keep what is going to be done, before anything of it happens."""
        name = secrets.token_bytes(16)
        kept = None
        if claim is not None:
            kept = self._key.close(json.dumps(claim_to_plain(claim)).encode("utf-8"), name)
        self._write(
            "INSERT INTO steps (name, kind, state, claim_id, began_at, claim, commitment, holder) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            name,
            kind.value,
            StepState.BEGUN.value,
            claim_id,
            began_at.isoformat(),
            kept,
            commitment,
            holder,
        )
        return self.steps(claim_id)[-1]

    def advance(self, step: Step, state: StepState, **columns: Any) -> Step:
        """Keep how far a step is.

        Args:
            step: the step.
            state: its new state.
            **columns: what is known now, by the name of the column.

        Returns:
            The step as it is kept.
        """
        names = ["state", *columns]
        values = [state.value, *columns.values()]
        assignments = ", ".join(f"{name} = ?" for name in names)
        self._write(f"UPDATE steps SET {assignments} WHERE number = ?", *values, step.number)  # noqa: S608 - own names
        return next(one for one in self.steps(step.claim_id) if one.number == step.number)

    def steps(self, claim_id: ClaimId | None = None) -> list[Step]:
        """Return the steps of a claim, or all of them, in their order."""
        where, values = ("", []) if claim_id is None else ("WHERE claim_id = ?", [claim_id])
        rows = self._database.execute(f"SELECT * FROM steps {where} ORDER BY number", values)  # noqa: S608 - own text
        return [self._step(row) for row in rows]

    def keep_message(self, kept: KeptMessage) -> None:
        """Keep a message from the municipality; the same again changes nothing, but is acknowledged again."""
        self._write("UPDATE receipts SET acknowledged = 0 WHERE message = ?", kept.message)
        self._write(
            "INSERT OR IGNORE INTO receipts "
            "(message, municipality, claim_id, number, problem, content, document, kind) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            kept.message,
            kept.municipality,
            kept.claim_id,
            kept.number,
            kept.problem,
            kept.content,
            kept.document,
            kept.kind,
        )

    def judge_message(self, kept: KeptMessage) -> None:
        """Keep what a message comes to that was looked at again; it is acknowledged from then on."""
        self._write(
            "UPDATE receipts SET kind = ?, problem = ?, document = ? WHERE message = ?",
            kept.kind,
            kept.problem,
            kept.document,
            kept.message,
        )

    def messages(self, claim_id: ClaimId | None = None) -> list[KeptMessage]:
        """Return what was collected about a claim, or all of it, in the order of the mailboxes."""
        where, values = ("", []) if claim_id is None else ("WHERE claim_id = ?", [claim_id])
        rows = self._database.execute(f"SELECT * FROM receipts {where} ORDER BY municipality, number", values)  # noqa: S608
        return [
            KeptMessage(
                message=row["message"],
                municipality=MunicipalityCode(row["municipality"]),
                claim_id=ClaimId(row["claim_id"]),
                number=row["number"],
                problem=row["problem"],
                content=row["content"],
                document=row["document"],
                kind=row["kind"],
            )
            for row in rows
        ]

    def last_number(self, municipality: MunicipalityCode) -> int:
        """Return up to where the mailbox at a municipality was read; 0 at the start."""
        # A journal from before the position was kept has it in its messages alone.
        row = self._one(
            "SELECT MAX(number) AS last FROM (SELECT number FROM mailboxes WHERE municipality = ?1 "
            "UNION ALL SELECT number FROM receipts WHERE municipality = ?1)",
            municipality,
        )
        return 0 if row is None or row["last"] is None else int(row["last"])

    def mark_read(self, municipality: MunicipalityCode, number: int) -> None:
        """Keep up to where a mailbox was read; what was kept before may come again under a higher number."""
        self._write(
            "INSERT INTO mailboxes VALUES (?, ?) ON CONFLICT DO UPDATE SET number = MAX(number, excluded.number)",
            municipality,
            number,
        )

    def unacknowledged(self, municipality: MunicipalityCode) -> list[bytes]:
        """Return the messages that are kept here while the evaluator has not been told so."""
        rows = self._database.execute(
            "SELECT message FROM receipts WHERE municipality = ? AND NOT acknowledged AND problem IS NOT ? "
            "ORDER BY number",
            [municipality, KIND_UNKNOWN],
        )
        return [row["message"] for row in rows]

    def mark_acknowledged(self, messages: Sequence[bytes]) -> None:
        """Keep that the evaluator was told."""
        for message in messages:
            self._write("UPDATE receipts SET acknowledged = 1 WHERE message = ?", message)

    def _step(self, row: sqlite3.Row) -> Step:
        claim_id = ClaimId(row["claim_id"])
        claim = None
        if row["claim"] is not None:
            claim = claim_from_plain(claim_id, json.loads(self._key.open(row["claim"], row["name"])))
        transaction = None
        if row["raw"] is not None:
            transaction = SignedTransaction(raw=row["raw"], tx_hash=row["tx_hash"], nonce=row["nonce"])
        return Step(
            number=row["number"],
            kind=StepKind(row["kind"]),
            state=StepState(row["state"]),
            claim_id=claim_id,
            began_at=datetime.fromisoformat(row["began_at"]),
            claim=claim,
            commitment=row["commitment"],
            holder=row["holder"],
            transaction=transaction,
            block_number=row["block_number"],
            sealed=row["sealed"],
            sealed_to=row["sealed_to"],
            message=row["message"],
            delivered_at=datetime.fromisoformat(row["delivered_at"]) if row["delivered_at"] else None,
            failure=row["failure"],
        )

    def _one(self, statement: str, *values: Any) -> sqlite3.Row | None:
        rows: Sequence[sqlite3.Row] = self._database.execute(statement, values).fetchall()
        return rows[0] if rows else None

    def _write(self, statement: str, *values: Any) -> None:
        try:
            self._database.execute(statement, values)
        except sqlite3.DatabaseError as error:
            raise self._wrong("cannot be written") from error

    def _wrong(self, problem: str) -> Misconfigured:
        return Misconfigured("journal_invalid", f"the journal of claims, {self._path.name}, {problem}", field="journal")
