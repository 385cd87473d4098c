"""A statement with its contents, everything about it checked that needs no chain."""

from __future__ import annotations

from dataclasses import dataclass

from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.statements import open_statement
from schuldhulp.domain.statements import Statement
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, NotFound, Undecryptable
from schuldhulp.services.ports import UnitOfWork
from schuldhulp.services.statements.rows import StatementFinding, StatementRow


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedStatement:
    """A statement and what it says.

    Attributes:
        row: where it stands.
        statement: its contents.
    """

    row: StatementRow
    statement: Statement


def examined(
    row: StatementRow, content: bytes, opening_key: OpeningKey, municipality: MunicipalityCode
) -> Statement | StatementFinding:
    """Open a statement, and say what is wrong with it where something is.

    Args:
        row: under which id and by whom it was sent.
        content: the sealed bytes.
        opening_key: the municipality's claim key.
        municipality: whose mailbox it came to.
    """
    try:
        statement = open_statement(opening_key, row.statement_id, content)
    except Undecryptable:
        return StatementFinding.UNDECRYPTABLE
    except InvalidInput:
        return StatementFinding.CONTENTS_INVALID
    if statement.municipality != municipality:
        return StatementFinding.MUNICIPALITY_MISMATCH
    if statement.sender.kvk != row.organisation:
        return StatementFinding.SENDER_MISMATCH
    return statement


def opened_statement(
    work: UnitOfWork, opening_key: OpeningKey, municipality: MunicipalityCode, message: bytes
) -> OpenedStatement:
    """Open a statement; nothing is logged here.

    Args:
        work: a unit of work.
        opening_key: the municipality's claim key.
        municipality: whose statements.
        message: its hash, 32 bytes.

    Raises:
        NotFound: there is no such statement, or its contents were erased.
        Undecryptable: it does not open, or is not what its sender may send.
    """
    row, mail = work.statements.get(message), work.mail.get(message)
    if row is None or mail is None or not mail.content:
        raise NotFound(
            "statement_unknown", "there is no such statement, or its contents were erased", field="statement"
        )
    found = examined(row, mail.content, opening_key, municipality)
    if isinstance(found, StatementFinding):
        raise Undecryptable("statement_unreadable", f"this statement cannot be used: {found.value}", field="statement")
    return OpenedStatement(row=row, statement=found)
