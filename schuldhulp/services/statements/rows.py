"""Statements as they are stored: what came in, what was signed for it, and what became of it.

Nothing in a row can be read without a key, but who sent something and when. To which dossier a statement went is
encrypted under a key that the cockpit alone has. Times are aware UTC datetimes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from schuldhulp.domain.types import MunicipalityCode


class StatementState(StrEnum):
    """Where a statement stands.

    ``received``: stored, not opened yet. ``waiting``: it opens and is right, and waits for a caseworker. ``refused``:
    for the finding of the row. ``taken_over`` and ``declined``: by a caseworker.
    """

    RECEIVED = "received"
    WAITING = "waiting"
    REFUSED = "refused"
    TAKEN_OVER = "taken_over"
    DECLINED = "declined"


class StatementFinding(StrEnum):
    """What is wrong with a statement whatever a caseworker thinks of it; its sender is told, signed."""

    NONE = ""
    UNDECRYPTABLE = "undecryptable"
    """It does not open with the municipality's claim key."""
    CONTENTS_INVALID = "contents_invalid"
    """What is in it is no statement."""
    MUNICIPALITY_MISMATCH = "municipality_mismatch"
    """It is for another municipality."""
    SENDER_MISMATCH = "sender_mismatch"
    """It is in the name of another organisation than the one that sent it."""
    SIGNER_OTHER = "signer_other"
    """Another account signed it than the one that sent it, or none did."""
    SENDER_NOT_ADMITTED = "sender_not_admitted"
    """The account that sent it has no role of a creditor on the chain."""
    BSN_NOT_ALLOWED = "bsn_not_allowed"
    """It names a citizen service number, and its sender is not entitled to that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementRow:
    """A statement; the sealed bytes are those of its mail.

    ``message``: keccak256 of the sealed bytes. ``statement_id``: under which it was delivered. ``sender`` and
    ``organisation``: account and KvK number, by the evaluator's word; the account signed what is inside as well.
    ``receipt``: the signed answer to it, a receipt or a refusal, sealed to the sender; empty until it is made.
    ``trouble``: why the answer could not be sent yet. ``outcome``: what became of it, sealed; empty while it waits.
    """

    message: bytes
    municipality: MunicipalityCode
    statement_id: bytes
    sender: str
    organisation: str
    received_at: datetime
    state: StatementState = StatementState.RECEIVED
    finding: StatementFinding = StatementFinding.NONE
    receipt: bytes = field(default=b"", repr=False)
    trouble: str = ""
    tried_at: datetime | None = None
    receipted_at: datetime | None = None
    outcome: bytes = field(default=b"", repr=False)
    decided_at: datetime | None = None


class StatementRepository(Protocol):
    """Table ``statements``."""

    def add(self, row: StatementRow) -> None:
        """Store a statement; one that is here stays as it is."""

    def get(self, message: bytes) -> StatementRow | None:
        """Return a statement."""

    def all(self, municipality: MunicipalityCode, *, decided: bool) -> Sequence[StatementRow]:
        """Return the statements that wait or were refused, with ``decided`` the others too; oldest first."""

    def in_state(self, municipality: MunicipalityCode, state: StatementState, *, limit: int) -> Sequence[StatementRow]:
        """Return the statements in a state, oldest first."""

    def opened(self, message: bytes, finding: StatementFinding) -> bool:
        """Write what opening a statement came to; False when it was opened meanwhile."""

    def decide(self, message: bytes, state: StatementState, *, outcome: bytes, at: datetime) -> bool:
        """Write what became of a statement that waits, or of one that was refused; False when it did neither."""

    def unreceipted(self, municipality: MunicipalityCode, *, limit: int) -> Sequence[StatementRow]:
        """Return opened statements whose answer has not arrived, those that were tried longest ago in front.

        A refusal that could not be sent is given up once a caseworker declined the statement.
        """

    def sign(self, message: bytes, receipt: bytes) -> bool:
        """Keep the sealed receipt of a statement; False when there is one."""

    def note(self, message: bytes, *, trouble: str, tried_at: datetime) -> None:
        """Write why a receipt could not be sent."""

    def receipted(self, message: bytes, at: datetime) -> None:
        """Write down that a receipt was delivered."""

    def receipt_again(self, message: bytes) -> None:
        """Have the receipt of a statement sent again."""

    def to_erase(self, municipality: MunicipalityCode, *, decided_before: datetime) -> Sequence[bytes]:
        """Return statements that were decided on before a time and whose sealed bytes are still here."""
