"""What comes in and what goes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from schuldhulp.domain.checks import (
    Redacted,
    check_bytes,
    check_cents,
    check_date,
    check_line,
    check_period,
    check_text,
)
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.records.common import RecordKind
from schuldhulp.domain.types import Cents, RecordId


class IncomeCategory(StrEnum):
    """Where an income comes from."""

    SALARY = "salary"
    BENEFIT = "benefit"
    PENSION = "pension"
    ALLOWANCE = "allowance"
    CHILD_BENEFIT = "child_benefit"
    ALIMONY = "alimony"
    OTHER = "other"


class ExpenseCategory(StrEnum):
    """What an expense is for."""

    RENT = "rent"
    ENERGY = "energy"
    WATER = "water"
    HEALTH_INSURANCE = "health_insurance"
    INSURANCE = "insurance"
    TELECOM = "telecom"
    TRANSPORT = "transport"
    CHILDCARE = "childcare"
    GROCERIES = "groceries"
    CLOTHING = "clothing"
    TAX = "tax"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Income(Redacted):
    """An income of one applicant.

    Attributes:
        owner: record of the applicant.
        category: where it comes from.
        description: employer or office, or empty.
        amount: cents each time.
        frequency: how often.
        from_date: first day.
        until: last day, or None while it lasts.
        note: anything else.
    """

    kind: ClassVar[RecordKind] = RecordKind.INCOME
    schema: ClassVar[int] = 1

    owner: RecordId
    category: IncomeCategory
    description: str = ""
    amount: Cents
    frequency: Frequency
    from_date: date
    until: date | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        _check(self)


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Expense(Redacted):
    """An expense of one applicant.

    Attributes:
        owner: record of the applicant.
        category: what it is for.
        description: to whom, or empty.
        amount: cents each time.
        frequency: how often.
        from_date: first day.
        until: last day, or None while it lasts.
        fixed: whether it is a fixed cost that must be paid whatever happens.
        note: anything else.
    """

    kind: ClassVar[RecordKind] = RecordKind.EXPENSE
    schema: ClassVar[int] = 1

    owner: RecordId
    category: ExpenseCategory
    description: str = ""
    amount: Cents
    frequency: Frequency
    from_date: date
    until: date | None = None
    fixed: bool = True
    note: str = ""

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        _check(self)


def _check(record: Income | Expense) -> None:
    check_bytes(record.owner, "owner")
    check_line(record.description, "description")
    check_cents(record.amount, "amount")
    check_date(record.from_date, "from_date")
    check_date(record.until, "until")
    check_period(record.from_date, record.until, "until")
    check_text(record.note, "note")
