"""The parts of a claim's page that look back: duplicates, decisions, times, receipts and what stands on the chain."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from app import session
from app.components import claims, formats, layout, summaries
from app.components.html import Html, escape, lines, show, tag
from app.components.notices import Tone, status
from app.components.table import Column, facts, table
from app.screens.claims import claim_address
from app.texts import t, word
from schuldhulp.domain.records import Obligation
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import Conflict, InvalidInput, NotFound, Undecryptable
from schuldhulp.services.claims.decision_rows import DecisionState

if TYPE_CHECKING:
    from app.screens.claims_case import Case
    from schuldhulp.domain.access import Actor
    from schuldhulp.services.claims.inbox import Answer
    from schuldhulp.services.claims.told import MadeDecision

_TONES: MappingProxyType[DecisionState, Tone] = MappingProxyType(
    {
        DecisionState.WAITING: "busy",
        DecisionState.SIGNED: "busy",
        DecisionState.CONFIRMED: "good",
        DecisionState.OVERTAKEN: "warning",
        DecisionState.REFUSED: "error",
        DecisionState.TAKEN_BACK: "stop",
    }
)


def duplicates(actor: Actor, case: Case, alike: Sequence[tuple[ClaimId, frozenset[str]]]) -> None:
    """Show the claims that may be about the same debt, next to this one.

    Args:
        actor: who looks; each claim is opened in her name.
        case: the claim.
        alike: the others, and what they have in common with it.
    """
    show(layout.section(t("claim.duplicates")))
    if not alike:
        show(layout.empty(t("claim.duplicates_none")))
        return
    assert case.opened is not None  # noqa: S101 - without contents nothing is alike
    contents = case.opened.claim.contents
    own = (
        escape(claims.number_of(case.claim_id)),
        escape(contents.holder.name, 120),
        escape(contents.reference, 60),
        formats.amount_cell(contents.total),
        "–",
    )
    show(
        tag("p", t("claim.duplicates_lead")),
        table(
            t("claim.duplicates"),
            (
                Column(heading=t("claims.number")),
                Column(heading=t("claim.holder")),
                Column(heading=t("claim.reference")),
                Column(heading=t("claim.duplicate_amount"), numeric=True),
                Column(heading=t("claim.duplicate_why")),
            ),
            (own, *(_alike(actor, claim_id, signs) for claim_id, signs in alike)),
        ),
    )


def _alike(actor: Actor, claim_id: ClaimId, signs: frozenset[str]) -> tuple[Html, ...]:
    link = layout.link(claim_address(claim_id), claims.number_of(claim_id))
    same = _signs(signs)
    try:
        contents = session.cockpit().claims.opened(actor=actor, claim_id=claim_id).claim.contents
    except (NotFound, Conflict, InvalidInput, Undecryptable):
        return link, escape(t("claim.duplicate_closed")), Html(""), Html(""), same
    return (
        link,
        escape(contents.holder.name, 120),
        escape(contents.reference, 60),
        formats.amount_cell(contents.total),
        same,
    )


def known(actor: Actor, case: Case) -> None:
    """Show the debts of the dossier that may be this one, also those that somebody typed in.

    Args:
        actor: who looks.
        case: the claim.
    """
    if case.view is None or not case.entry.status.is_open:
        return
    found = session.cockpit().claim_desk.known_debts(actor=actor, claim_id=case.claim_id)
    debts = {each.record_id: each.record for each in case.view.records if isinstance(each.record, Obligation)}
    rows = [(debts[one.record], one.signs) for one in found if one.record in debts]
    if not rows:
        return
    show(
        layout.section(t("claim.known")),
        tag("p", t("claim.known_lead")),
        table(
            t("claim.known"),
            (
                Column(heading=t("debts.creditor")),
                Column(heading=t("debts.amount"), numeric=True),
                Column(heading=t("claim.duplicate_why")),
            ),
            (
                (
                    summaries.record_title(debt),
                    formats.amount_cell(
                        debt.amount_creditor if debt.amount_creditor is not None else debt.amount_resident
                    ),
                    _signs(signs),
                )
                for debt, signs in rows
            ),
        ),
    )


def _signs(signs: frozenset[str]) -> Html:
    return escape(", ".join(word("duplicate_sign", sign) for sign in sorted(signs)))


def decisions(made: Sequence[MadeDecision]) -> None:
    """Show what was decided so far, the newest in front."""
    show(layout.section(t("claim.decisions")))
    if not made:
        show(layout.empty(t("claim.decisions_none")))
        return
    show(tag("ol", *(_decision(one) for one in reversed(made)), class_="history", reversed=True))


def _decision(one: MadeDecision) -> Html:
    reason = word("decision_reason", one.reason) if one.reason else t("claim.decision_unreadable")
    what = word("claim_status", one.status.name.lower())
    why = (" – ", reason) if reason != what else ()
    told = tag("p", t("claim.decision_told", when=formats.moment(one.delivered_at))) if one.delivered_at else None
    trouble = claims.trouble_text(one.trouble)
    return tag(
        "li",
        tag("p", tag("strong", what), *why, ", ", formats.moment(one.decided_at)),
        tag("p", lines(t("claim.decision_text", text=one.text))) if one.text else None,
        tag("p", status(_TONES.get(one.state, "stop"), word("decision_state", one.state))),
        tag("p", trouble, class_="note") if trouble else None,
        told,
    )


def times(case: Case) -> None:
    """Show when what came in, and the receipts that the creditor got."""
    opened = case.opened
    row = opened.row if opened else None
    filed = row.filed_at if row else case.entry.since
    show(
        layout.section(t("claim.times")),
        facts(
            (
                (t("claim.filed_at"), formats.moment(filed)),
                (t("claim.received_at"), formats.moment(opened.received_at) if opened else None),
                (t("claim.changed_at"), formats.moment(row.changed_at) if row else None),
            )
        ),
        layout.subsection(t("claim.receipts")),
    )
    answers = [answer for entry in case.entries for answer in entry.answers]
    if not answers:
        show(layout.empty(t("claim.receipts_none")))
        return
    show(
        table(
            t("claim.receipts"),
            (
                Column(heading=t("claim.receipt")),
                Column(heading=t("claim.receipt_signed")),
                Column(heading=t("claim.receipt_arrived")),
            ),
            ((_outcome(one), formats.moment(one.signed_at), _arrived(one)) for one in answers),
        )
    )


def _outcome(answer: Answer) -> Html:
    if answer.reason is None:
        return status("good", t("claim.receipt_accepted"))
    return status("warning", t("claim.receipt_refused", reason=t(f"claims_refusal.{answer.reason}")))


def _arrived(answer: Answer) -> Html:
    if answer.arrived_at is not None:
        return escape(formats.moment(answer.arrived_at))
    return status("busy", t("claim.receipt_waits"))


def proof(case: Case) -> None:
    """Show what stands on the chain, for who compares it."""
    entry, row = case.entry, case.opened.row if case.opened else None
    values = (
        (t("claim.proof_id"), case.claim_id),
        (t("claim.proof_commitment"), row.commitment if row else None),
        (t("claim.proof_message"), entry.message),
    )
    show(
        tag(
            "details",
            tag("summary", t("claim.proof")),
            tag("p", t("claim.proof_explain")),
            facts(
                (
                    (t("claim.proof_status"), word("claim_status", entry.status.name.lower())),
                    *((name, tag("code", f"0x{value.hex()}")) for name, value in values if value),
                    (t("claim.proof_holder"), tag("code", entry.holder)),
                )
            ),
        )
    )
