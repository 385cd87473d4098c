"""The overview of a dossier in parts: figures, budget, debts, payments and agreements.

The resident and the caseworker see the same parts; only a caseworker gets links to the records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from app.components import formats, layout
from app.components.html import Html, escape, join, tag
from app.components.notices import Tone, status
from app.components.recordforms import confirmed_by
from app.components.table import Column, figures, table
from app.texts import known, t, word
from schuldhulp.domain.cockpit import BudgetLine, LineKind, Overview
from schuldhulp.domain.debts import Debt, Stage, Staleness
from schuldhulp.domain.payments import Payment
from schuldhulp.domain.records import (
    Agreement,
    AgreementStatus,
    Applicant,
    Consent,
    Enrolment,
    Expense,
    Income,
    Obligation,
    ObligationStatus,
    ReceivedClaim,
    Record,
    SentNotice,
)
from schuldhulp.domain.types import RecordId

Name = Callable[[RecordId, str], Html]
"""How a record is called: the resident reads its name, a caseworker gets a link to it."""

CELL = 120
"""Characters of a text from people in one cell of a table; the page of the record shows all."""

OBLIGATION_TONES: Mapping[ObligationStatus, Tone] = MappingProxyType(
    {
        ObligationStatus.CURRENT: "good",
        ObligationStatus.ARRANGEMENT: "good",
        ObligationStatus.SETTLED: "good",
        ObligationStatus.IN_ARREARS: "warning",
        ObligationStatus.WITH_COLLECTOR: "warning",
        ObligationStatus.WITH_BAILIFF: "warning",
        ObligationStatus.DISPUTED: "info",
    }
)
AGREEMENT_TONES: Mapping[AgreementStatus, Tone] = MappingProxyType(
    {
        AgreementStatus.PROPOSED: "busy",
        AgreementStatus.CONFIRMED: "good",
        AgreementStatus.ENDED: "stop",
        AgreementStatus.REFUSED: "stop",
    }
)


def plain_name(_record: RecordId, text: str) -> Html:
    """Return the name of a record without a link."""
    return escape(text, CELL)


def record_title(record: Record) -> str:
    """Return what a record is called: its kind in words and whom it is about."""
    if isinstance(record, Obligation):
        return f"{record.creditor.name} – {word('obligation_type', record.type).lower()}"
    if isinstance(record, Income):
        return ": ".join(filter(None, (word("income_category", record.category), record.description)))
    if isinstance(record, Expense):
        return ": ".join(filter(None, (word("expense_category", record.category), record.description)))
    if isinstance(record, Agreement):
        return word("agreement_type", record.type)
    if isinstance(record, Applicant):
        return record.full_name
    if isinstance(record, Enrolment):
        return t("enrolment.record")
    if isinstance(record, ReceivedClaim):
        return t("record.kind_claim")
    if isinstance(record, SentNotice):
        return f"{t('record.kind_notice')}: {record.recipient}"
    if isinstance(record, Consent):
        return f"{record.party} – {word('consent_subject', record.subject).lower()}"
    raise TypeError(type(record).__name__)


def _for(key: str, *, staff: bool) -> str:
    """Return a sentence as it is said to the resident, or to staff."""
    return t(f"{key}_staff" if staff else key)


def main_figures(overview: Overview, *, staff: bool = False) -> Html:
    """Return what comes in, what is fixed, what is left and what is owed."""
    left_note = _for("figure.left_note" if overview.left >= 0 else "figure.short_note", staff=staff)
    fixed_note = t("figure.repayments_note", amount=formats.amount(overview.repayments)) if overview.repayments else ""
    return figures(
        (
            (t("figure.income"), formats.amount_cell(overview.income), t("figure.per_month")),
            (t("figure.fixed"), formats.amount_cell(overview.fixed_costs), fixed_note or t("figure.per_month")),
            (t("figure.left"), formats.amount_cell(overview.left), left_note),
            (t("figure.debts"), formats.amount_cell(overview.debt_total), _debt_note(overview)),
        )
    )


def _debt_note(overview: Overview) -> str:
    count = len(overview.creditors)
    if not count:
        return t("figure.no_debts")
    return t("figure.one_creditor") if count == 1 else t("figure.creditors", count=count)


def budget_table(overview: Overview, kind: LineKind, name: Name = plain_name) -> Html:
    """Return the lines of one part of the budget with their total a month."""
    lines = [line for line in overview.lines if line.kind is kind]
    if not lines:
        return layout.empty(t(f"budget.none_{kind}"))
    total = formats.amount_cell(sum(line.per_month for line in lines))
    return table(
        t(f"budget.{kind}"),
        (
            Column(heading=t("budget.what")),
            Column(heading=t("budget.amount"), numeric=True),
            Column(heading=t("budget.per_month"), numeric=True),
        ),
        (
            (
                name(line.record_id, _line_name(line)),
                join((formats.amount_cell(line.amount), tag("span", word("frequency", line.frequency), class_="note"))),
                formats.amount_cell(line.per_month),
            )
            for line in sorted(lines, key=lambda line: -line.per_month)
        ),
        total=(t("budget.total"), "", total),
    )


def _line_name(line: BudgetLine) -> str:
    for group in ("income_category", "expense_category", "obligation_type"):
        key = f"{group}.{line.category}"
        if known(key) and (group == "income_category") == (line.kind is LineKind.INCOME):
            return ": ".join(filter(None, (t(key), line.description)))
    return line.description or line.category


def debts_table(overview: Overview, name: Name = plain_name, *, staff: bool = False) -> Html:
    """Return each debt once, with what to reckon with and where it stands."""
    if not overview.debts:
        return layout.empty(_for("debts.none", staff=staff))
    return table(
        t("debts.caption"),
        (
            Column(heading=t("debts.creditor")),
            Column(heading=t("debts.amount"), numeric=True),
            Column(heading=_for("debts.resident", staff=staff), numeric=True),
            Column(heading=t("debts.status")),
        ),
        (
            (
                join((name(debt.record_id, debt.creditor), _hands(debt))),
                join((formats.amount_cell(debt.amount), _statement(debt, staff=staff))),
                formats.amount_cell(debt.amount_resident),
                debt_status(debt.status),
            )
            for debt in overview.debts
        ),
        total=(
            t("debts.total"),
            formats.amount_cell(overview.debt_total),
            formats.amount_cell(overview.debt_total_resident),
            "",
        ),
    )


def debt_status(value: ObligationStatus) -> Html:
    """Return where an obligation stands as sign and words."""
    return status(OBLIGATION_TONES[value], word("obligation_status", value))


def _hands(debt: Debt) -> Html:
    parts = []
    if debt.stage is not Stage.CREDITOR:
        parts.append(t("debts.with", holder=debt.holder))
    if debt.also:
        parts.append(t("debts.also_one") if len(debt.also) == 1 else t("debts.also", count=len(debt.also)))
    return tag("span", "; ".join(parts), class_="note") if parts else Html("")


def _statement(debt: Debt, *, staff: bool) -> Html:
    if debt.amount_creditor is None:
        return tag(
            "span", _for("debts.only_resident", staff=staff) if debt.amount_resident is not None else "", class_="note"
        )
    if debt.staleness in (Staleness.STALE, Staleness.EXPIRED):
        return tag("span", t("debts.old_statement", day=formats.day(debt.statement_date)), class_="note")
    return tag("span", t("debts.statement", day=formats.day(debt.statement_date)), class_="note")


def payments_table(payments: Sequence[Payment], undated: Sequence[Payment], name: Name = plain_name) -> Html:
    """Return what has to be paid next, in order of date."""
    if not payments and not undated:
        return layout.empty(t("payments.none"))
    return table(
        t("payments.caption"),
        (
            Column(heading=t("payments.payee")),
            Column(heading=t("payments.due")),
            Column(heading=t("payments.amount"), numeric=True),
        ),
        (
            (
                name(payment.record_id, payee(payment)),
                formats.day(payment.due) if payment.due else t("payments.undated"),
                formats.amount_cell(payment.amount),
            )
            for payment in (*payments, *undated)
        ),
    )


def payee(payment: Payment) -> str:
    """Return to whom a payment goes, in words where the record gives only a category."""
    for group in ("expense_category", "obligation_type"):
        if known(f"{group}.{payment.payee}"):
            return t(f"{group}.{payment.payee}")
    return payment.payee


def agreement_card(record_id: RecordId, agreement: Agreement, name: Name = plain_name) -> Html:
    """Return one agreement: what, with whom, until when, and who confirmed it."""
    period = t("agreements.from", day=formats.day(agreement.start))
    if agreement.end:
        period = t("agreements.period", start=formats.day(agreement.start), end=formats.day(agreement.end))
    money = None
    if agreement.amount is not None:
        money = tag(
            "p",
            formats.amount_cell(agreement.amount),
            " ",
            word("frequency", agreement.frequency) if agreement.frequency != "none" else "",
        )
    confirmed = (
        tag(
            "p",
            t("agreements.confirmed_by"),
            " ",
            join(map(confirmed_by, agreement.confirmations), "; "),
            class_="note",
        )
        if agreement.confirmations
        else None
    )
    return tag(
        "article",
        tag(
            "div",
            tag("h3", name(record_id, word("agreement_type", agreement.type)), class_="subsection"),
            status(AGREEMENT_TONES[agreement.status], word("agreement_status", agreement.status)),
            class_="card-head",
        ),
        tag("p", escape(agreement.text, 600)),
        money,
        tag("p", t("agreements.with"), " ", escape(", ".join(agreement.parties), 300), ". ", period, class_="note"),
        confirmed,
        class_="card",
    )


def agreement_cards(
    agreements: Sequence[tuple[RecordId, Agreement]], name: Name = plain_name, *, staff: bool = False
) -> Html:
    """Return agreements below each other."""
    if not agreements:
        return layout.empty(_for("agreements.none", staff=staff))
    return join(agreement_card(record_id, agreement, name) for record_id, agreement in agreements)
