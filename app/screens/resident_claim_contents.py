"""The parts of a page that show a resident what a creditor wrote: how much, why, how to object, and the proof of it."""

from __future__ import annotations

from app.components import formats, layout
from app.components.html import LONGEST, Html, escape, join, lines, tag
from app.components.table import facts
from app.texts import t, word
from schuldhulp.domain.claims import ClaimContents
from schuldhulp.domain.records import Preference
from schuldhulp.services.claims.own_claims import OwnClaim


def contents(one: ClaimContents) -> Html:
    """Return how much the creditor asks for, and why, in the creditor's words."""
    return join(
        (
            layout.section(t("own.what")),
            _amounts(one),
            layout.section(t("own.why")),
            tag("p", lines(one.why_owed, LONGEST * 2), class_="quoted"),
            tag("p", t("own.legal_ground", ground=one.legal_ground), class_="note"),
        )
    )


def _amounts(one: ClaimContents) -> Html:
    is_passed_on = one.holder.kvk != one.original_creditor.kvk
    proposal = one.instalment_proposal
    return facts(
        (
            (t("own.original_creditor"), one.original_creditor.name),
            (t("own.holder"), one.holder.name if is_passed_on else None),
            (t("own.type"), word("obligation_type", one.type)),
            (t("own.debtor"), _debtor_name(one)),
            (t("own.reference"), one.reference),
            (t("own.holder_reference", holder=one.holder.name), one.holder_reference or None),
            (t("own.principal"), formats.amount_cell(one.principal)),
            (t("own.costs"), formats.amount_cell(one.costs)),
            (t("own.interest"), formats.amount_cell(one.interest)),
            (t("own.total"), tag("strong", formats.amount_cell(one.total))),
            (t("own.statement_date"), formats.day(one.statement_date)),
            (t("own.origin_date"), formats.day(one.origin_date)),
            (t("own.preference"), _preference(one)),
            (
                t("own.proposal"),
                t(
                    "own.proposal_text",
                    amount=formats.amount(proposal.amount),
                    frequency=word("frequency", proposal.frequency).lower(),
                )
                if proposal
                else None,
            ),
            (t("own.iban"), join((_grouped(one.iban), tag("span", t("own.pay_not"), class_="note")), "<br>")),
        )
    )


def _debtor_name(one: ClaimContents) -> str:
    debtor = one.debtor
    return " ".join(filter(None, (debtor.initials, debtor.prefix, debtor.surname)))


def _preference(one: ClaimContents) -> str:
    if one.preference is Preference.PREFERENT:
        return t("own.preferent", ground=one.preference_ground)
    return t("own.concurrent")


def _grouped(iban: str) -> str:
    """Return an IBAN in groups of four, as it stands on a bank card."""
    return formats.NO_BREAK_SPACE.join(iban[start : start + 4] for start in range(0, len(iban), 4))


def objection(one: ClaimContents) -> Html:
    """Return how and until when somebody can object at the creditor."""
    contact = one.contact
    return join(
        (
            layout.section(t("own.object")),
            tag("p", _object_until(one)),
            tag("p", t("own.object_how"), class_="note"),
            tag("p", lines(one.objection), class_="quoted"),
            facts(
                (
                    (
                        t("own.contact"),
                        join((part for part in (contact.name, contact.email, contact.phone) if part), "<br>"),
                    ),
                )
            ),
        )
    )


def _object_until(one: ClaimContents) -> Html:
    last, now = one.objection_until, formats.today()
    if last is None:
        return escape(t("own.object_none"))
    day = formats.day(last)
    if last == now:
        return tag("strong", t("own.object_today", day=day))
    return tag("strong", t("own.object_last", day=day)) if last > now else escape(t("own.object_over", day=day))


def object_until_short(one: ClaimContents) -> str:
    """Return in a few words until when somebody can object at the creditor."""
    if one.objection_until is None:
        return t("own.object_none_short")
    key = "own.object_until_short" if one.objection_until >= formats.today() else "own.object_over_short"
    return t(key, day=formats.day(one.objection_until))


def proof(one: OwnClaim) -> Html:
    """Return the numbers by which anybody can check what was recorded; they say nothing about a person."""
    view, record = one.view, one.record
    return tag(
        "details",
        tag("summary", t("own.proof")),
        tag("p", t("own.proof_explain")),
        facts(
            (
                (t("own.proof_claim"), tag("code", f"0x{record.claim_id}")),
                (t("own.proof_contents"), tag("code", f"0x{record.commitment}")),
                (t("own.proof_record"), tag("code", f"0x{view.record_id.hex()}")),
                (t("own.proof_version", version=view.version), tag("code", f"0x{view.commitment.hex()}")),
            )
        ),
    )
