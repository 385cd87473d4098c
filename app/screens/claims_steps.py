"""What can be done with a claim now, and what comes first."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.components import claims, formats
from app.screens.claims_case import Case
from app.texts import t
from schuldhulp.domain.claims import ClaimStatus, may_decide, statement_is_old
from schuldhulp.domain.types import ClaimId
from schuldhulp.services.claims.decision_rows import PENDING, DecisionState


class Step(StrEnum):
    """Something that a caseworker does with a claim."""

    LINK = "link"
    ANSWER = "answer"
    NOTE = "note"
    """Writing down in the dossier that the creditor withdrew it."""
    INCLUDE = "include"
    ASK = "ask"
    DECLINE = "decline"
    UNREAD = "unread"
    """Declining a claim without contents."""
    SETTLE = "settle"
    TAKE_BACK = "take_back"
    UNLINK = "unlink"


DECIDED: Final[Mapping[Step, ClaimStatus]] = MappingProxyType(
    {
        Step.INCLUDE: ClaimStatus.INCLUDED,
        Step.ASK: ClaimStatus.ASKED,
        Step.DECLINE: ClaimStatus.DECLINED,
        Step.UNREAD: ClaimStatus.DECLINED,
        Step.SETTLE: ClaimStatus.SETTLED,
    }
)
"""Where each decision takes a claim."""


def step_address(step: Step, claim_id: ClaimId) -> str:
    """Return the address of the page for a step, with a number of its own: opened again, it is a new form."""
    if step is Step.LINK:
        return f"/koppelen?vordering={claim_id.hex()}&nr={secrets.token_hex(4)}"
    return f"/besluiten?vordering={claim_id.hex()}&besluit={step}&nr={secrets.token_hex(4)}"


def steps_of(case: Case) -> list[Step]:
    """Return what can be done with a claim now, what comes first in front."""
    entry = case.entry
    if entry.decision in PENDING:
        return [Step.TAKE_BACK] if entry.decision is DecisionState.WAITING else []
    if not entry.status.is_open:
        return [Step.NOTE] if entry.to_note else []
    return [*_before(case), *(step for step in DECIDED if _may_decide(case, step)), *_after(case)]


def _before(case: Case) -> Iterator[Step]:
    if case.opened is not None and case.link is None:
        yield Step.LINK
    if case.waits_for_answer:
        yield Step.ANSWER


def _may_decide(case: Case, step: Step) -> bool:
    if not may_decide(case.entry.status, DECIDED[step]):
        return False
    if step is Step.UNREAD or case.opened is None:
        return step is Step.UNREAD and case.entry.unread
    if step in (Step.INCLUDE, Step.SETTLE) and case.link is None:
        return False
    return not (step is Step.INCLUDE and (case.waits_for_answer or is_old(case)))


def _after(case: Case) -> Iterator[Step]:
    # What was taken in, and the creditor knows of, is declined and not taken out.
    if case.link is not None and case.entry.status is not ClaimStatus.INCLUDED:
        yield Step.UNLINK


def is_old(case: Case) -> bool:
    """Say whether the statement of the amount is too old to take the claim in."""
    return case.opened is not None and statement_is_old(case.opened.claim.contents.statement_date, formats.today())


def advice(case: Case) -> tuple[str, str]:
    """Return the one thing to do now, and how or why."""
    name = _name(case)
    asked_at = case.entry.renewal_asked_at
    if name == "old" and asked_at is not None:
        return t("claim.next_renewal", day=formats.day(formats.local_day(asked_at))), t("claim.next_old_how")
    if name == "old" and case.opened is not None:
        day = formats.day(case.opened.claim.contents.statement_date)
        return t("claim.next_old", day=day), t("claim.next_old_how")
    return t(f"claim.next_{name}"), "" if name == "closed" else t(f"claim.next_{name}_how")


def _name(case: Case) -> str:
    entry = case.entry
    if entry.decision in PENDING:
        return "underway"
    if entry.to_note:
        return "note"
    if entry.state in claims.INCOMPLETE or case.opened is None:
        return "closed" if entry.state == "closed" else "unread" if entry.unread else "wait"
    if not entry.status.is_open:
        return "closed"
    return _name_of_open(case)


def _name_of_open(case: Case) -> str:
    if case.link is None:
        return "link"
    if case.waits_for_answer:
        return "disputed"
    if case.entry.status is ClaimStatus.INCLUDED:
        return "included"
    if case.entry.status is ClaimStatus.ASKED:
        return "asked"
    return "old" if is_old(case) else "judge"
