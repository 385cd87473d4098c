"""The parts of a page that show what a creditor wrote, and what the resident says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.components import claims, formats, layout
from app.components.html import LONGEST, Html, escape, join, lines, tag
from app.components.notices import status
from app.components.table import facts, figures
from app.screens.claims_steps import is_old
from app.texts import known, t, word
from schuldhulp.domain.claims import doubts
from schuldhulp.domain.records import ResidentView

if TYPE_CHECKING:
    from app.screens.claims_case import Case
    from schuldhulp.domain.claims import ClaimContents
    from schuldhulp.domain.records import ReceivedClaim


def doubts_of(case: Case) -> Iterator[str]:
    """Give what to look at again in a claim before deciding."""
    if case.opened is None:
        return
    contents = case.opened.claim.contents
    if is_old(case):
        yield t("claim.watch_old", day=formats.day(contents.statement_date))
    record = case.record
    if record is not None and record.record.commitment != case.opened.row.commitment.hex():
        yield t("claim.watch_version", version=record.record.claim_version)
    for field, _ in doubts(contents):
        own = f"claim.doubt_{field.replace('.', '_')}"
        yield t(own) if known(own) else t("claim.doubt_other", field=field)


def amounts(contents: ClaimContents) -> Html:
    """Return the total and its parts."""
    parts = (("total", contents.total), ("principal", contents.principal), ("costs", contents.costs),
             ("interest", contents.interest))  # fmt: skip
    return figures((t(f"claim.{name}"), formats.amount_cell(cents), "") for name, cents in parts)


def debtor(contents: ClaimContents) -> Html:
    """Return from whom it is claimed, as the creditor wrote it."""
    one = contents.debtor
    return facts(
        (
            (t("claim.debtor_name"), claims.debtor_name(one)),
            (t("claim.debtor_born"), formats.birth_date(one.birth_date)),
            (t("claim.debtor_address"), claims.debtor_address(one)),
            (t("claim.debtor_bsn"), one.bsn.digits if one.bsn else None),
        )
    )


def claim(contents: ClaimContents) -> Html:
    """Return by whom what is claimed, on which ground."""
    proposal = contents.instalment_proposal
    holder = join(
        (
            escape(claims.organisation(contents.holder), LONGEST),
            tag("span", t(f"claim.stage_{contents.stage}"), class_="note"),
        ),
        "<br>",
    )
    return facts(
        (
            (t("claim.creditor"), claims.organisation(contents.original_creditor)),
            (t("claim.holder"), holder),
            (t("claim.reference"), contents.reference),
            (t("claim.holder_reference"), contents.holder_reference),
            (t("claim.type"), word("obligation_type", contents.type)),
            (t("claim.preference"), word("preference", contents.preference)),
            (t("claim.preference_ground"), contents.preference_ground),
            (t("claim.legal_ground"), contents.legal_ground),
            (t("claim.origin_date"), formats.day(contents.origin_date)),
            (t("claim.statement_date"), formats.day(contents.statement_date)),
            (
                t("claim.proposal"),
                t(
                    "claim.proposal_words",
                    amount=formats.amount(proposal.amount),
                    frequency=word("frequency", proposal.frequency),
                )
                if proposal
                else None,
            ),
            (t("claim.iban"), contents.iban),
            (t("claim.contact"), contact(contents)),
        )
    )


def contact(contents: ClaimContents) -> Html:
    """Return whom to turn to at the creditor's."""
    one = contents.contact
    return join(
        (part for part in (one.name, layout.contact(one.email) if one.email else None, one.phone) if part), "<br>"
    )


def why(contents: ClaimContents) -> Html:
    """Return why it is owed, in the creditor's words."""
    return tag("p", lines(contents.why_owed, LONGEST * 2), class_="quoted")


def objection(contents: ClaimContents) -> Html:
    """Return how and until when to object."""
    until = formats.day(contents.objection_until) if contents.objection_until else t("claim.no_objection_until")
    return join(
        (
            tag("p", lines(contents.objection), class_="quoted"),
            facts(((t("claim.objection_until"), until),)),
        )
    )


def resident(record: ReceivedClaim) -> Html:
    """Return what the resident says of a claim, and what was answered."""
    disputed = record.resident_view is ResidentView.DISPUTED
    tone = "warning" if record.waits_for_answer else "info" if disputed else "good"
    answer = lines(record.answer) if record.answered_at else t("claim.answer_missing")
    return join(
        (
            tag("p", status(tone, t("claim.resident_disputed" if disputed else "claim.resident_agreed"))),
            facts(
                (
                    (t("claim.resident_at"), formats.moment(record.resident_at)),
                    (t("claim.resident_reason"), lines(record.resident_reason) if disputed else None),
                    (t("claim.answer"), answer if disputed else None),
                    (t("claim.answered_at"), formats.moment(record.answered_at) if record.answered_at else None),
                )
            ),
        )
    )
