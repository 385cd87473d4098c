"""What the credit bank decides on a claim, as its holder is told it; nothing about the dossier."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from schuldhulp.domain.checks import Redacted, as_utc, check_bytes, check_second, check_text, check_whole
from schuldhulp.domain.claims.status import ClaimStatus
from schuldhulp.domain.plain import Json, check_names, mapping, value_from_plain
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode, Salt
from schuldhulp.errors import InvalidInput

MAX_DECISION_TEXT: Final = 2000
"""Characters of the sentences to the creditor."""


class DecisionReason(StrEnum):
    """Why a decision is what it is."""

    CLIENT_UNKNOWN = "client_unknown"
    NO_CONTENTS = "no_contents"
    """The contents never came, or cannot be read."""
    RECENT_FINAL_DISCHARGE = "recent_final_discharge"
    RECENT_STABILISATION_ATTEMPT = "recent_stabilisation_attempt"
    OTHER_HELPER_UNWANTED = "other_helper_unwanted"
    ALREADY_KNOWN = "already_known"
    NOT_OWED = "not_owed"
    DISPUTED_BY_RESIDENT = "disputed_by_resident"
    STATEMENT_OLD = "statement_old"
    """The statement of the amount is older than six months."""
    MORE_INFORMATION = "more_information"
    INCLUDED = "included"
    SETTLED = "settled"
    OTHER = "other"


REASONS: Final[Mapping[ClaimStatus, frozenset[DecisionReason]]] = MappingProxyType(
    {
        ClaimStatus.ASKED: frozenset(
            {
                DecisionReason.STATEMENT_OLD,
                DecisionReason.MORE_INFORMATION,
                DecisionReason.DISPUTED_BY_RESIDENT,
                DecisionReason.OTHER,
            }
        ),
        ClaimStatus.INCLUDED: frozenset({DecisionReason.INCLUDED}),
        ClaimStatus.DECLINED: frozenset(
            {
                DecisionReason.CLIENT_UNKNOWN,
                DecisionReason.NO_CONTENTS,
                DecisionReason.RECENT_FINAL_DISCHARGE,
                DecisionReason.RECENT_STABILISATION_ATTEMPT,
                DecisionReason.OTHER_HELPER_UNWANTED,
                DecisionReason.ALREADY_KNOWN,
                DecisionReason.NOT_OWED,
                DecisionReason.DISPUTED_BY_RESIDENT,
                DecisionReason.OTHER,
            }
        ),
        ClaimStatus.SETTLED: frozenset({DecisionReason.SETTLED}),
    }
)
"""Which reasons each decision can have."""

EXPLAINED: Final = frozenset({DecisionReason.MORE_INFORMATION, DecisionReason.OTHER})
"""Reasons that say nothing without a text."""

STATEMENT_MONTHS: Final = 6
"""Months after which a statement of what is owed has to be renewed."""

_MEMBERS: Final = frozenset(
    {"schema", "claim_id", "commitment", "municipality", "status", "reason", "text", "decided_at", "salt"}
)


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class ClaimDecision(Redacted):
    """A decision on one version of a claim. Its hash stands on the chain, what it says goes to the holder sealed.

    Attributes:
        claim_id: the claim.
        commitment: the version that was judged.
        municipality: CBS code.
        status: asked, included, declined or settled.
        reason: why; which reasons there are depends on the status.
        text: sentences for the creditor in plain language; needed for some reasons, otherwise may be empty.
        decided_at: when, UTC, whole seconds.
        salt: without it nobody can guess the reason from the hash.
    """

    schema: ClassVar[int] = 1

    claim_id: ClaimId
    commitment: Commitment
    municipality: MunicipalityCode
    status: ClaimStatus
    reason: DecisionReason
    text: str = ""
    decided_at: datetime
    salt: Salt

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        for name in ("claim_id", "commitment", "salt"):
            check_bytes(getattr(self, name), name)
        check_whole(self.municipality, "municipality", lowest=1, highest=65_535)
        check_reason(self.status, self.reason, self.text)
        check_second(self.decided_at, "decided_at")


def check_reason(status: ClaimStatus, reason: DecisionReason, text: str) -> None:
    """Check that a reason and its text fit a decision.

    Args:
        status: what is decided.
        reason: why.
        text: sentences for the creditor.

    Raises:
        InvalidInput: the status is no decision, the reason is none of its reasons, or the text is missing or too long.
    """
    if not isinstance(status, ClaimStatus) or status not in REASONS:
        raise InvalidInput("claim_status_undecided", "status: asked, included, declined or settled", field="status")
    if not isinstance(reason, DecisionReason) or reason not in REASONS[status]:
        raise InvalidInput(
            "decision_reason_wrong", f"reason: none for {status.name.lower()}", field="reason", status=status.name
        )
    check_text(text, "text", required=reason in EXPLAINED, longest=MAX_DECISION_TEXT)


def statement_is_old(statement: date, today: date) -> bool:
    """Say whether a statement is older than `STATEMENT_MONTHS`; on the very day it is not yet."""
    months = (today.year - statement.year) * 12 + today.month - statement.month
    return (months, today.day) > (STATEMENT_MONTHS, statement.day)


def decision_to_plain(decision: ClaimDecision) -> dict[str, Json]:
    """Return a decision as plain values: bytes hexadecimal, time ISO 8601, status and reason their code."""
    return {
        "schema": decision.schema,
        "claim_id": decision.claim_id.hex(),
        "commitment": decision.commitment.hex(),
        "municipality": decision.municipality,
        "status": decision.status.name.lower(),
        "reason": decision.reason.value,
        "text": decision.text,
        "decided_at": as_utc(decision.decided_at).isoformat(),
        "salt": decision.salt.hex(),
    }


def decision_from_plain(plain: object) -> ClaimDecision:
    """Build a decision from what `decision_to_plain` gave.

    Raises:
        InvalidInput: unknown schema, unknown or missing field, or a wrong value; ``field`` names it.
    """
    fields = mapping(plain, "decision")
    if value_from_plain(int, fields.get("schema"), "schema") != ClaimDecision.schema:
        raise InvalidInput("schema_unknown", "schema: not known", field="schema")
    check_names(fields, known=set(_MEMBERS), required=set(_MEMBERS), field="decision")
    return ClaimDecision(
        claim_id=ClaimId(value_from_plain(bytes, fields["claim_id"], "claim_id")),
        commitment=Commitment(value_from_plain(bytes, fields["commitment"], "commitment")),
        municipality=MunicipalityCode(value_from_plain(int, fields["municipality"], "municipality")),
        status=_status(value_from_plain(str, fields["status"], "status")),
        reason=value_from_plain(DecisionReason, fields["reason"], "reason"),
        text=value_from_plain(str, fields["text"], "text"),
        decided_at=value_from_plain(datetime, fields["decided_at"], "decided_at").astimezone(UTC),
        salt=Salt(value_from_plain(bytes, fields["salt"], "salt")),
    )


def _status(name: str) -> ClaimStatus:
    for status in REASONS:
        if status.name.lower() == name:
            return status
    raise InvalidInput("choice_unknown", "status: asked, included, declined or settled", field="status")
