"""A statement with its contents: opening it, and everything that is checked about it."""

from __future__ import annotations

from dataclasses import dataclass

from schuldhulp.crypto.channel import message_hash
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.statements import open_statement
from schuldhulp.domain.statements import Statement
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, NotFound, ProofInvalid, Undecryptable
from schuldhulp.services.ports import ChainReader, UnitOfWork
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


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementReader:
    """Opens statements and finds out whose they are.

    Attributes:
        opening_key: the municipality's claim key.
        municipality: whose mailbox it is.
        chain_id: chain of the ClaimRegister, which senders sign for.
        claim_register: its address.
    """

    opening_key: OpeningKey
    municipality: MunicipalityCode
    chain_id: int
    claim_register: str

    def examined(self, row: StatementRow, content: bytes) -> Statement | StatementFinding:
        """Open a statement, and say what is wrong with it where something is.

        Args:
            row: under which id and by whom it was sent.
            content: the sealed bytes.
        """
        if message_hash(content) != row.message:
            return StatementFinding.UNDECRYPTABLE
        try:
            opened = open_statement(
                self.opening_key,
                row.statement_id,
                content,
                chain_id=self.chain_id,
                claim_register=self.claim_register,
            )
        except Undecryptable:
            return StatementFinding.UNDECRYPTABLE
        except InvalidInput:
            return StatementFinding.CONTENTS_INVALID
        except ProofInvalid:
            return StatementFinding.SIGNER_OTHER
        statement = opened.statement
        if opened.signer.lower() != row.sender.lower():
            return StatementFinding.SIGNER_OTHER
        if statement.municipality != self.municipality:
            return StatementFinding.MUNICIPALITY_MISMATCH
        if statement.sender.kvk != row.organisation:
            return StatementFinding.SENDER_MISMATCH
        return statement

    def opened(self, work: UnitOfWork, message: bytes) -> OpenedStatement:
        """Open a stored statement; nothing is logged here.

        Args:
            work: a unit of work.
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
        found = self.examined(row, mail.content)
        if isinstance(found, StatementFinding):
            raise Undecryptable(
                "statement_unreadable", f"this statement cannot be used: {found.value}", field="statement"
            )
        return OpenedStatement(row=row, statement=found)


def chain_finding(
    chain: ChainReader, municipality: MunicipalityCode, row: StatementRow, statement: Statement
) -> StatementFinding:
    """Say what the chain has against a statement: roles are an administrator's, and no database can give one.

    Args:
        chain: reads roles.
        municipality: where they must hold.
        row: by whom it was sent.
        statement: what it says.

    Raises:
        Unreachable, ChainMismatch: no chain answers, or another one.
    """
    if not chain.has_role("ClaimRegister", "CREDITOR", municipality, row.sender):
        return StatementFinding.SENDER_NOT_ADMITTED
    if statement.client.bsn is not None and not chain.has_role(
        "EnrolmentRegistry", "BSN_CREDITOR", municipality, row.sender
    ):
        return StatementFinding.BSN_NOT_ALLOWED
    return StatementFinding.NONE
