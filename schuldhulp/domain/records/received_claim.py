"""A creditor's claim in its dossier: what was received, what the resident says of it, and what became of it.

What the creditor wrote stands here as it came. It is read back by ``domain.claims.received_contents``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from schuldhulp.domain.checks import Redacted, check_bytes, check_line, check_moment, check_text, check_whole
from schuldhulp.domain.records.common import RecordKind, check_document, check_word
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import InvalidInput


class ResidentView(StrEnum):
    """What the resident says of a claim."""

    NONE = "none"
    """Nothing yet."""
    AGREED = "agreed"
    DISPUTED = "disputed"


class ClaimDecisionState(StrEnum):
    """What was decided on a claim, as the dossier has it."""

    OPEN = "open"
    ASKED = "asked"
    INCLUDED = "included"
    DECLINED = "declined"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"
    """Nothing was decided: its creditor took it back."""


CLAIM_OVER: Final = frozenset({ClaimDecisionState.DECLINED, ClaimDecisionState.SETTLED, ClaimDecisionState.WITHDRAWN})
"""What is said of a claim that is closed."""


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ReceivedClaim(Redacted):
    """A claim that was linked to a dossier.

    Attributes:
        claim_id: id of the claim on the chain, 64 hexadecimal digits.
        commitment: what stood on the chain for what was received, 64 hexadecimal digits.
        claim_version: number of the version that was received.
        document: the contents as received, JSON.
        received_at: when they came in, UTC.
        resident_view: what the resident says of it.
        resident_reason: why; needed where the resident disputes it.
        resident_at: when the resident said so.
        answer: what the caseworker answered to that.
        answered_at: when.
        decision: what was decided, or that its creditor withdrew it.
        decision_reason: code of the reason.
        decided_at: when.
        obligation: record of the obligation that it became, None while it is none.
    """

    kind: ClassVar[RecordKind] = RecordKind.CLAIM
    schema: ClassVar[int] = 1

    claim_id: str
    commitment: str
    claim_version: int
    document: str
    received_at: datetime
    resident_view: ResidentView = ResidentView.NONE
    resident_reason: str = ""
    resident_at: datetime | None = None
    answer: str = ""
    answered_at: datetime | None = None
    decision: ClaimDecisionState = ClaimDecisionState.OPEN
    decision_reason: str = ""
    decided_at: datetime | None = None
    obligation: RecordId | None = None

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        for name in ("claim_id", "commitment"):
            check_word(getattr(self, name), name)
        check_whole(self.claim_version, "claim_version", lowest=1, highest=2**32 - 1)
        check_document(self.document, "document")
        check_moment(self.received_at, "received_at")
        disputed = self.resident_view is ResidentView.DISPUTED
        check_text(self.resident_reason, "resident_reason", required=disputed)
        _check_together(self.resident_at, "resident_at", said=self.resident_view is not ResidentView.NONE)
        check_text(self.answer, "answer")
        _check_together(self.answered_at, "answered_at", said=bool(self.answer.strip()))
        if self.answer and not disputed:
            raise InvalidInput("required", "resident_view: an answer answers something", field="resident_view")
        decided = self.decision is not ClaimDecisionState.OPEN
        check_line(self.decision_reason, "decision_reason", required=decided)
        _check_together(self.decided_at, "decided_at", said=decided)
        if self.obligation is not None:
            check_bytes(self.obligation, "obligation")
        elif self.decision in (ClaimDecisionState.INCLUDED, ClaimDecisionState.SETTLED):
            raise InvalidInput("required", "obligation: must be filled in", field="obligation")

    @property
    def waits_for_answer(self) -> bool:
        """Whether the resident disputes it and nobody answered yet; it is not taken in until then."""
        return self.resident_view is ResidentView.DISPUTED and self.answered_at is None


def _check_together(moment: datetime | None, field: str, *, said: bool) -> None:
    """Check that there is a time exactly where something was said."""
    if (moment is not None) != said:
        raise InvalidInput("required", f"{field}: with what was said, and only then", field=field)
    if moment is not None:
        check_moment(moment, field)
