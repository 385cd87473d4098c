"""A claim in words for the organisation that handed it in: its number, where it stands, and what there is to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.components import formats
from app.components.html import Html
from app.components.notices import Tone, status
from app.texts import known, t
from schuldhulp.domain.claims import ClaimStatus, DecisionReason, ReceiptOutcome
from schuldhulp.domain.types import ClaimId

if TYPE_CHECKING:
    from schuldhulp.services.creditor_pages.claim_views import PageClaim, PageDecision

MINE: Final = "/mijn-vorderingen"

TONES: Final[dict[ClaimStatus, Tone]] = {
    ClaimStatus.NONE: "warning",
    ClaimStatus.FILED: "busy",
    ClaimStatus.UNDER_REVIEW: "busy",
    ClaimStatus.ASKED: "warning",
    ClaimStatus.INCLUDED: "good",
    ClaimStatus.DECLINED: "stop",
    ClaimStatus.SETTLED: "good",
    ClaimStatus.WITHDRAWN: "absent",
}

GROUPS: Final = ("all", "todo", "waiting", "included", "closed")
"""How a list of claims can be narrowed down."""


def claim_number(claim_id: ClaimId) -> str:
    """Return the number by which both sides speak of a claim: its first 16 digits, as the command shows them."""
    digits = claim_id.hex()[:16].upper()
    return "-".join(digits[start : start + 4] for start in range(0, 16, 4))


def name_of(claim: PageClaim) -> str:
    """Return what to call a claim: its reference, or its number where the organisation has none here."""
    return claim.reference or claim_number(claim.claim_id)


def read_number(text: str) -> ClaimId | None:
    """Return the id that an address names, None when it names none."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        return None
    return ClaimId(found) if len(found) == 32 else None


def status_words(claim: PageClaim) -> Html:
    """Return where a claim stands, as sign and words."""
    return status(TONES[claim.status], t(f"filed.status_{claim.status.name.lower()}"))


def group_of(claim: PageClaim) -> str:
    """Return to which of `GROUPS` a claim belongs; what there is to do goes first."""
    if to_do(claim):
        return "todo"
    if claim.status is ClaimStatus.INCLUDED:
        return "included"
    return "waiting" if claim.status.is_open else "closed"


def to_do(claim: PageClaim) -> list[str]:
    """Return what the organisation has to do about a claim, the most urgent first."""
    found = []
    if claim.unfinished is not None:
        found.append(t(f"filed.todo_unfinished_{claim.unfinished}"))
    receipt = claim.receipt
    is_open = claim.status is ClaimStatus.NONE or (claim.status.is_open and claim.is_holder)
    if is_open and receipt is not None and receipt.outcome is ReceiptOutcome.REFUSED:
        found.append(t(f"filed.refused_{receipt.reason}"))
    if claim.status is ClaimStatus.ASKED and claim.is_holder:
        asked = claim.decision.reason if claim.decision is not None and claim.decision.is_current else None
        old = asked is DecisionReason.STATEMENT_OLD
        found.append(t("filed.todo_renew") if old else t("filed.todo_asked"))
        if old:
            return found
    if claim.renewal_due and claim.is_holder:
        found.append(t("filed.todo_renew"))
    return found


def remarks(claim: PageClaim) -> list[str]:
    """Return what is good to know about a claim and asks for nothing."""
    found = []
    if claim.status.is_open and not claim.is_holder:
        found.append(t("filed.note_other_holder"))
    elif claim.status.is_open and not claim.is_current and claim.unfinished is None:
        found.append(t("filed.note_other_version"))
    if claim.awaits_reason:
        found.append(t("filed.note_awaits_reason"))
    if claim.decision is not None and claim.decision.is_current and not claim.decision.is_of_present:
        found.append(t("filed.note_earlier_version"))
    if claim.problems:
        found.append(t("filed.note_problems"))
    return found


def next_step(claim: PageClaim) -> str:
    """Return in one sentence what happens now with a claim about which there is nothing to do."""
    key = f"filed.next_{claim.status.name.lower()}"
    if claim.status is ClaimStatus.FILED and claim.receipt is None:
        key = "filed.next_under_way"
    return t(key) if known(key) else ""


def decision_words(decision: PageDecision) -> str:
    """Return a decision with its reason and time."""
    return t(
        "filed.decided",
        status=t(f"filed.status_{decision.status.name.lower()}"),
        when=formats.moment(decision.decided_at),
        reason=t(f"filed.reason_{decision.reason}"),
    )
