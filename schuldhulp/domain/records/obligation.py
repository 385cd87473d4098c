"""What somebody has to pay: rent and other fixed obligations, and debts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from schuldhulp.domain.checks import Redacted, check_cents, check_date, check_line, check_text, check_whole
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.records.common import Party, RecordKind, check_people
from schuldhulp.domain.types import NO_AMOUNT, Cents, RecordId
from schuldhulp.errors import InvalidInput


class ObligationType(StrEnum):
    """What is owed."""

    RENT = "rent"
    MORTGAGE = "mortgage"
    ENERGY = "energy"
    WATER = "water"
    HEALTH_INSURANCE = "health_insurance"
    MUNICIPAL_TAX = "municipal_tax"
    NATIONAL_TAX = "national_tax"
    BENEFIT_REPAYMENT = "benefit_repayment"
    CONSUMER_CREDIT = "consumer_credit"
    TELECOM = "telecom"
    FINE = "fine"
    FAMILY = "family"
    OTHER = "other"


class Preference(StrEnum):
    """Rank of a claim: a preferent one gets twice the percentage of a concurrent one."""

    PREFERENT = "preferent"
    CONCURRENT = "concurrent"


class ObligationStatus(StrEnum):
    """Where an obligation stands."""

    CURRENT = "current"
    IN_ARREARS = "in_arrears"
    WITH_COLLECTOR = "with_collector"
    WITH_BAILIFF = "with_bailiff"
    ARRANGEMENT = "arrangement"
    DISPUTED = "disputed"
    SETTLED = "settled"


class Source(StrEnum):
    """Who said so."""

    RESIDENT = "resident"
    CREDITOR = "creditor"
    CASEWORKER = "caseworker"
    FILE = "file"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Obligation(Redacted):
    """A fixed obligation or a debt.

    What the resident reports and what the creditor reports are two amounts, and both are kept.

    Attributes:
        type: what is owed.
        owed_by: records of the applicants who owe it: one or both.
        creditor: to whom it is owed now.
        original_creditor: to whom it was owed at first, where that is another.
        collector: who collects it, or None.
        bailiff: which bailiff has it, or None.
        amount_resident: debt in cents according to the resident, or None when not reported.
        amount_creditor: debt in cents according to the creditor, or None when not reported.
        original_amount: debt in cents at the start, or None.
        arrears: what should have been paid by now, in cents.
        instalment: what is due each time, in cents.
        frequency: how often an instalment is due; ``NONE`` when none is.
        due_day: day of the month on which it is due, or None.
        preference: rank of the claim.
        statement_date: date of the creditor's statement, or None.
        origin_date: when the debt arose, or None.
        legal_ground: contract, law or judgment it rests on, or empty.
        status: where it stands.
        source: who said so.
        note: anything else.
    """

    kind: ClassVar[RecordKind] = RecordKind.OBLIGATION
    schema: ClassVar[int] = 1

    type: ObligationType
    owed_by: tuple[RecordId, ...]
    creditor: Party
    original_creditor: Party | None = None
    collector: Party | None = None
    bailiff: Party | None = None
    amount_resident: Cents | None = None
    amount_creditor: Cents | None = None
    original_amount: Cents | None = None
    arrears: Cents = NO_AMOUNT
    instalment: Cents = NO_AMOUNT
    frequency: Frequency = Frequency.NONE
    due_day: int | None = None
    preference: Preference = Preference.CONCURRENT
    statement_date: date | None = None
    origin_date: date | None = None
    legal_ground: str = ""
    status: ObligationStatus = ObligationStatus.CURRENT
    source: Source
    note: str = ""

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        check_people(self.owed_by, "owed_by")
        check_cents(self.amount_resident, "amount_resident")
        check_cents(self.amount_creditor, "amount_creditor")
        check_cents(self.original_amount, "original_amount")
        check_cents(self.arrears, "arrears")
        check_cents(self.instalment, "instalment")
        if self.instalment and self.frequency is Frequency.NONE:
            raise InvalidInput("frequency_missing", "frequency: an instalment needs one", field="frequency")
        if self.due_day is not None:
            check_whole(self.due_day, "due_day", lowest=1, highest=31)
        check_date(self.statement_date, "statement_date")
        check_date(self.origin_date, "origin_date")
        check_line(self.legal_ground, "legal_ground", longest=500)
        check_text(self.note, "note")
