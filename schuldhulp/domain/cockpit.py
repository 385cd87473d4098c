"""The overview: what comes in, what is fixed, what is left, what is owed, what is due and what was agreed.

Pure functions of the current records and a date; a screen adds nothing to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from schuldhulp.domain.checks import Redacted
from schuldhulp.domain.debts import CreditorTotal, Debt, Staleness, debts_of, totals_by_creditor
from schuldhulp.domain.money import Frequency, monthly
from schuldhulp.domain.payments import Payment, due_dates
from schuldhulp.domain.records import (
    Agreement,
    AgreementStatus,
    Expense,
    ExpenseCategory,
    Income,
    Obligation,
    ObligationStatus,
    ObligationType,
    Record,
)
from schuldhulp.domain.types import Cents, RecordId

HORIZON: Final = timedelta(days=31)
"""How far ahead payments are shown: at least one of everything that comes by the month."""

FIXED_TYPES: Final = frozenset(
    {
        ObligationType.RENT,
        ObligationType.MORTGAGE,
        ObligationType.ENERGY,
        ObligationType.WATER,
        ObligationType.HEALTH_INSURANCE,
        ObligationType.MUNICIPAL_TAX,
        ObligationType.TELECOM,
    }
)
"""Obligations whose instalment is a fixed cost of living; that of any other is paid towards a debt."""

_PAID: Final = frozenset({ObligationStatus.CURRENT, ObligationStatus.IN_ARREARS, ObligationStatus.ARRANGEMENT})
"""In these states the instalment is paid; a debt with a collector or bailiff is paid under an arrangement only."""

_SAME_COST: Final = {
    ExpenseCategory.RENT: frozenset({ObligationType.RENT, ObligationType.MORTGAGE}),
    ExpenseCategory.ENERGY: frozenset({ObligationType.ENERGY}),
    ExpenseCategory.WATER: frozenset({ObligationType.WATER}),
    ExpenseCategory.HEALTH_INSURANCE: frozenset({ObligationType.HEALTH_INSURANCE}),
    ExpenseCategory.TELECOM: frozenset({ObligationType.TELECOM}),
    ExpenseCategory.TAX: frozenset({ObligationType.MUNICIPAL_TAX}),
}


class LineKind(StrEnum):
    """Where a line of the budget belongs."""

    INCOME = "income"
    FIXED = "fixed"
    REPAYMENT = "repayment"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class BudgetLine(Redacted):
    """One line of the budget.

    Attributes:
        kind: where it belongs.
        record_id: the record that says so.
        category: code of the income, expense or obligation.
        description: from whom, to whom or what for; may be empty.
        amount: cents each time.
        frequency: how often.
        per_month: cents a month.
    """

    kind: LineKind
    record_id: RecordId
    category: str
    description: str
    amount: Cents
    frequency: Frequency
    per_month: Cents


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Overview(Redacted):
    """Everything that the first screen shows.

    Attributes:
        today: the date it was made for.
        lines: the budget, line by line.
        income: cents a month.
        fixed_costs: cents a month.
        repayments: cents a month that go to debts.
        other_expenses: cents a month of expenses that are not fixed.
        left: income less fixed costs and repayments, in cents a month; below zero when it does not fit.
        debts: each debt once, the largest first.
        creditors: totals by creditor, the largest first.
        debt_total: sum of what to reckon with, in cents.
        debt_total_resident: sum of what the resident reported.
        debt_total_creditor: sum of what the creditors reported.
        disputed_total: what of `debt_total` is disputed.
        payments: what is due within `HORIZON`, in order of date.
        payments_undated: what has to be paid regularly, on a day that the records do not tell.
        agreements: those proposed or confirmed and not past, the latest start first.
    """

    today: date
    lines: tuple[BudgetLine, ...]
    income: Cents
    fixed_costs: Cents
    repayments: Cents
    other_expenses: Cents
    left: Cents
    debts: tuple[Debt, ...]
    creditors: tuple[CreditorTotal, ...]
    debt_total: Cents
    debt_total_resident: Cents
    debt_total_creditor: Cents
    disputed_total: Cents
    payments: tuple[Payment, ...]
    payments_undated: tuple[Payment, ...]
    agreements: tuple[tuple[RecordId, Agreement], ...]

    @property
    def stale_debts(self) -> tuple[Debt, ...]:
        """Debts whose statement is missing or older than three months."""
        return tuple(debt for debt in self.debts if debt.staleness is not Staleness.FRESH)


def overview(records: Mapping[RecordId, Record], *, today: date) -> Overview:
    """Make the overview of a dossier.

    Args:
        records: the current version of each record, without withdrawn ones.
        today: the date to look from.

    Returns:
        The overview.
    """
    obligations = {key: record for key, record in records.items() if isinstance(record, Obligation)}
    debts = debts_of(obligations, today=today)
    # A debt in two hands is paid once.
    counted = obligations.keys() - {key for debt in debts for key in debt.also}
    current = {key: record for key, record in sorted(records.items()) if key not in obligations or key in counted}
    lines = tuple(_lines(current, today))
    payments = sorted(_payments(current, lines, today), key=lambda one: (one.due or date.max, one.payee, one.record_id))
    income = _sum(lines, LineKind.INCOME)
    fixed = _sum(lines, LineKind.FIXED)
    repayments = _sum(lines, LineKind.REPAYMENT)
    return Overview(
        today=today,
        lines=lines,
        income=income,
        fixed_costs=fixed,
        repayments=repayments,
        other_expenses=_sum(lines, LineKind.OTHER),
        left=Cents(income - fixed - repayments),
        debts=debts,
        creditors=totals_by_creditor(debts),
        debt_total=Cents(sum(debt.amount for debt in debts)),
        debt_total_resident=Cents(sum(debt.amount_resident or 0 for debt in debts)),
        debt_total_creditor=Cents(sum(debt.amount_creditor or 0 for debt in debts)),
        disputed_total=Cents(sum(debt.amount for debt in debts if debt.disputed)),
        payments=tuple(payment for payment in payments if payment.due is not None),
        payments_undated=tuple(payment for payment in payments if payment.due is None),
        agreements=_agreements(records, today),
    )


def _sum(lines: tuple[BudgetLine, ...], kind: LineKind) -> Cents:
    return Cents(sum(line.per_month for line in lines if line.kind is kind))


def _lines(records: Mapping[RecordId, Record], today: date) -> Iterator[BudgetLine]:
    running = [record for record in records.values() if isinstance(record, Obligation) and _is_running_cost(record)]
    for record_id, record in records.items():
        if isinstance(record, Income) and _runs(record, today):
            yield _line(
                LineKind.INCOME, record_id, record.category, record.description, record.amount, record.frequency
            )
        elif isinstance(record, Expense) and _runs(record, today):
            if not any(_is_same_cost(record, obligation) for obligation in running):
                kind = LineKind.FIXED if record.fixed else LineKind.OTHER
                yield _line(kind, record_id, record.category, record.description, record.amount, record.frequency)
        elif isinstance(record, Obligation) and record.instalment and record.status in _PAID:
            kind = LineKind.FIXED if _is_running_cost(record) else LineKind.REPAYMENT
            yield _line(kind, record_id, record.type, record.creditor.name, record.instalment, record.frequency)


def _line(
    kind: LineKind, record_id: RecordId, category: StrEnum, description: str, amount: Cents, frequency: Frequency
) -> BudgetLine:
    return BudgetLine(
        kind=kind,
        record_id=record_id,
        category=category.value,
        description=description,
        amount=amount,
        frequency=frequency,
        per_month=monthly(amount, frequency),
    )


def _runs(record: Income | Expense, today: date) -> bool:
    return record.from_date <= today and (record.until is None or record.until >= today)


def _is_running_cost(obligation: Obligation) -> bool:
    return (
        obligation.type in FIXED_TYPES
        and obligation.instalment > 0
        and obligation.status in (ObligationStatus.CURRENT, ObligationStatus.IN_ARREARS)
    )


def _is_same_cost(expense: Expense, obligation: Obligation) -> bool:
    """Say whether an expense and an obligation are the same rent or bill, written down twice."""
    return (
        obligation.type in _SAME_COST.get(expense.category, frozenset())
        and expense.owner in obligation.owed_by
        and monthly(expense.amount, expense.frequency) == monthly(obligation.instalment, obligation.frequency)
    )


def _payments(records: Mapping[RecordId, Record], lines: tuple[BudgetLine, ...], today: date) -> Iterator[Payment]:
    until = today + HORIZON
    for line in lines:
        if line.kind is LineKind.INCOME or line.kind is LineKind.OTHER or not line.amount:
            continue
        record = records[line.record_id]
        if isinstance(record, Obligation):
            anchor, due_day, last = record.origin_date, record.due_day, until
        elif isinstance(record, Expense):
            anchor, due_day, last = record.from_date, None, min(until, record.until or until)
        else:
            continue
        payee = line.description or line.category
        dates = list(due_dates(line.frequency, anchor=anchor, due_day=due_day, start=today, until=last))
        for due in dates:
            yield Payment(due=due, payee=payee, amount=line.amount, record_id=line.record_id)
        if not dates and _is_undated(line.frequency, anchor, due_day):
            yield Payment(due=None, payee=payee, amount=line.amount, record_id=line.record_id)


def _is_undated(frequency: Frequency, anchor: date | None, due_day: int | None) -> bool:
    """Say whether no day can be derived at all, as opposed to none within the horizon."""
    if frequency in (Frequency.MONTHLY, Frequency.QUARTERLY):
        return anchor is None and due_day is None
    return anchor is None and frequency is not Frequency.NONE


def _agreements(records: Mapping[RecordId, Record], today: date) -> tuple[tuple[RecordId, Agreement], ...]:
    running = [
        (record_id, record)
        for record_id, record in records.items()
        if isinstance(record, Agreement)
        and record.status in (AgreementStatus.PROPOSED, AgreementStatus.CONFIRMED)
        and (record.end is None or record.end >= today)
    ]
    return tuple(sorted(running, key=lambda item: (-item[1].start.toordinal(), item[0])))
