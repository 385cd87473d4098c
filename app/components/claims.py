"""Claims in words: their number, where they stand, and how long the credit bank has left to answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.components import formats
from app.components.html import Html, escape, join, tag
from app.components.notices import Tone, status
from app.texts import known, t, word
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.records import ClaimDecisionState
from schuldhulp.domain.working_days import working_days_left
from schuldhulp.services.claims.decision_rows import PENDING

if TYPE_CHECKING:
    from schuldhulp.domain.claims import ClaimContents, Debtor, Organisation
    from schuldhulp.services.claims.inbox import InboxEntry

SOON = 2
"""Working days from which a term asks for attention."""

_STATUS_TONES: Mapping[ClaimStatus, Tone] = MappingProxyType(
    {
        ClaimStatus.NONE: "warning",
        ClaimStatus.FILED: "busy",
        ClaimStatus.UNDER_REVIEW: "busy",
        ClaimStatus.ASKED: "info",
        ClaimStatus.INCLUDED: "good",
        ClaimStatus.DECLINED: "stop",
        ClaimStatus.SETTLED: "good",
        ClaimStatus.WITHDRAWN: "stop",
    }
)
_STATE_TONES: Mapping[str, Tone] = MappingProxyType(
    {
        "waiting_for_contents": "busy",
        "received": "busy",
        "waiting_for_filing": "busy",
        "contents_missing": "warning",
        "contents_refused": "warning",
        "refused": "stop",
    }
)
_DECIDED_TONES: Mapping[ClaimDecisionState, Tone] = MappingProxyType(
    {
        ClaimDecisionState.OPEN: "busy",
        ClaimDecisionState.ASKED: "info",
        ClaimDecisionState.INCLUDED: "good",
        ClaimDecisionState.DECLINED: "stop",
        ClaimDecisionState.SETTLED: "good",
        ClaimDecisionState.WITHDRAWN: "stop",
    }
)
INCOMPLETE = frozenset(_STATE_TONES)
"""States in which there is nothing to judge yet."""


def number_of(claim_id: bytes) -> str:
    """Return the number by which both sides speak of a claim: its first 16 digits, as the commands show them."""
    digits = claim_id.hex()[:16].upper()
    return "-".join(digits[start : start + 4] for start in range(0, 16, 4))


def claim_status(value: ClaimStatus) -> Html:
    """Return where a claim stands on the chain as sign and words."""
    return status(_STATUS_TONES[value], word("claim_status", value.name.lower()))


def decided_status(value: ClaimDecisionState) -> Html:
    """Return what was decided on a claim, as its dossier has it, as sign and words."""
    return status(_DECIDED_TONES[value], word("claims_decided", value))


def entry_status(entry: InboxEntry) -> Html:
    """Return where a claim in the inbox stands: what is missing, a decision under way, or its status."""
    if entry.state in INCOMPLETE:
        return status(_STATE_TONES[entry.state], word("claims_state", entry.state))
    if entry.decision in PENDING:
        return status("busy", t("claims.decision_underway"))
    if entry.returned:
        return status("warning", t("claims.decision_failed"))
    if entry.to_note:
        return status("warning", t("claims.to_note"))
    return claim_status(entry.status)


def is_to_do(entry: InboxEntry) -> bool:
    """Say whether a claim waits for something that the caseworker does: judging, answering, deciding anew, noting."""
    if entry.decision in PENDING:
        return False
    return is_to_judge(entry) or entry.disputed or entry.returned or entry.to_note


def is_to_judge(entry: InboxEntry) -> bool:
    """Say whether a claim waits for the caseworker."""
    if entry.state != "complete" or entry.decision in PENDING:
        return False
    return entry.status in (ClaimStatus.FILED, ClaimStatus.UNDER_REVIEW)


def is_late(entry: InboxEntry) -> bool:
    """Say whether a claim waits for the caseworker longer than the term."""
    return is_to_judge(entry) and entry.late


def term(last: date | None) -> Html:
    """Return the last day of a term and what is left of it, as sign and words; a dash where none runs."""
    if last is None:
        return escape(t("claims.no_term"))
    return join((whole_day(last), _left(last)), "<br>")


def whole_day(day: date) -> Html:
    """Return a date for a narrow column, where it is never broken."""
    return tag("span", formats.day(day), class_="amount")


def term_line(last: date | None) -> Html | None:
    """Return the same in one line; None where no term runs."""
    return None if last is None else join((_left(last), f" ({formats.day(last)})"))


def _left(last: date) -> Html:
    left = working_days_left(formats.today(), last)
    tone: Tone = "warning" if left < 0 else "busy" if left <= SOON else "info"
    return status(tone, _left_words(left))


def _left_words(left: int) -> str:
    if left == 0:
        return t("claims.left_today")
    if abs(left) == 1:
        return t("claims.left_one" if left > 0 else "claims.late_one")
    return t("claims.left", count=left) if left > 0 else t("claims.late", count=-left)


def age(since: date) -> str:
    """Return how many days ago something came in, in words."""
    days = (formats.today() - since).days
    if days <= 0:
        return t("claims.today")
    return t("claims.days_one") if days == 1 else t("claims.days", count=days)


def debtor_name(debtor: Debtor) -> str:
    """Return the name of a debtor as the creditor wrote it."""
    return " ".join(filter(None, (debtor.initials, debtor.prefix, debtor.surname)))


def debtor_address(debtor: Debtor) -> str:
    """Return the address of a debtor as the creditor wrote it."""
    return f"{debtor.postcode} {debtor.house_number}{debtor.suffix}"


def organisation(one: Organisation) -> str:
    """Return an organisation with its number in the trade register."""
    return t("claim.organisation", name=one.name, kvk=one.kvk)


def name_of(contents: ClaimContents) -> str:
    """Return what a claim is called: who handed it in, and what is owed."""
    return t("claim.name", holder=contents.holder.name, type=word("obligation_type", contents.type).lower())


def trouble_text(code: str) -> str:
    """Return why a decision waits or went back; empty where nothing is in the way."""
    if not code:
        return ""
    return t(f"claim_trouble.{code}") if known(f"claim_trouble.{code}") else t("claim_trouble.other", code=code)
