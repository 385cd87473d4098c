"""What is stored of asking for new statements, and what that needs from the main database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode


@dataclass(frozen=True, kw_only=True, slots=True)
class RenewalRow:
    """A question for a new statement: one for each version of a claim and each holder of it.

    ``commitment`` is the version whose statement is too old, ``recipient`` the account that held the claim then.
    ``document`` is the signed question as JSON; ``sealed`` empty until the holder's key is known. ``trouble`` is why it
    could not be sent yet, empty when nothing is in the way. An amendment makes another version: nothing is asked of
    that one, and what was asked of this one is answered.
    """

    claim_id: ClaimId
    commitment: Commitment
    recipient: str
    municipality: MunicipalityCode
    document: bytes = field(repr=False)
    created_at: datetime
    sealed: bytes = field(default=b"", repr=False)
    trouble: str = ""
    tried_at: datetime | None = None
    delivered_at: datetime | None = None


class RenewalRepository(Protocol):
    """Table ``claim_renewals``."""

    def add(self, row: RenewalRow) -> bool:
        """Store a question, and say whether it was not asked before."""

    def due(self, municipality: MunicipalityCode, at: datetime, *, limit: int) -> Sequence[tuple[ClaimId, bytes]]:
        """Return id and accepted delivery of undecided claims whose statement is too old and whose holder was not told.

        Those whose day was never noted are among them: whoever asks finds it out.
        """

    def undelivered(self, municipality: MunicipalityCode, *, limit: int) -> Sequence[RenewalRow]:
        """Return the questions that have not arrived and still hold, those that were tried longest ago in front."""

    def of_claims(self, claims: Sequence[ClaimId]) -> Sequence[RenewalRow]:
        """Return what was asked about these claims, oldest first; compare ``commitment`` with what stands there now."""

    def seal(self, row: RenewalRow, sealed: bytes) -> bool:
        """Write the sealed question unless there is one already; say whether there was none."""

    def note(self, row: RenewalRow, *, trouble: str, tried_at: datetime) -> None:
        """Write why a question could not be sent."""

    def arrived(self, row: RenewalRow, at: datetime) -> None:
        """Write down that a question was delivered."""

    def note_day(self, message: bytes, renew_at: datetime) -> None:
        """Write from when the statement of a delivery is too old."""
