"""Debts: what counts as one, and the same debt in several hands counted once.

A debt moves from creditor to collector to bailiff, and each of them sends its own letter with its own number. Who adds
those letters up counts the debt two or three times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum
from typing import Final

from schuldhulp.domain.checks import Redacted
from schuldhulp.domain.dates import add_months
from schuldhulp.domain.records import Obligation, ObligationStatus, Party
from schuldhulp.domain.types import Cents, RecordId

STALE_MONTHS: Final = 3
EXPIRED_MONTHS: Final = 6
"""A statement older than six months may not be used in a settlement (NVVK)."""


class Staleness(StrEnum):
    """How old a creditor's statement is."""

    MISSING = "missing"
    FRESH = "fresh"
    STALE = "stale"
    """Older than three months: ask again before it is too late."""
    EXPIRED = "expired"
    """Older than six months: may not be used any more."""


class Stage(IntEnum):
    """In whose hands a debt is; later stages have the higher number."""

    CREDITOR = 0
    COLLECTOR = 1
    BAILIFF = 2


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Debt(Redacted):
    """One debt, however many records tell of it.

    Attributes:
        record_id: the record that counts: the one at the latest stage, then with the newest statement.
        also: further records about the same debt, which are not counted.
        creditor: name of whom it is owed to in the end.
        holder: name of who has it in hands now.
        stage: what the holder is.
        amount_resident: cents according to the resident, or None.
        amount_creditor: cents according to the creditor, or None.
        amount: what to reckon with: the creditor's amount, else the resident's, else the arrears.
        arrears: cents that should have been paid by now.
        status: where it stands.
        disputed: whether the resident disputes it; it counts until that is decided.
        statement_date: date of the creditor's statement, or None.
        staleness: how old that statement is.
    """

    record_id: RecordId
    also: tuple[RecordId, ...]
    creditor: str
    holder: str
    stage: Stage
    amount_resident: Cents | None
    amount_creditor: Cents | None
    amount: Cents
    arrears: Cents
    status: ObligationStatus
    disputed: bool
    statement_date: date | None
    staleness: Staleness


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class CreditorTotal(Redacted):
    """What is owed to one creditor.

    Attributes:
        creditor: name.
        count: number of debts.
        amount: sum of what to reckon with, in cents.
        amount_resident: sum in cents of what the resident reported.
        amount_creditor: sum in cents of what the creditor reported.
    """

    creditor: str
    count: int
    amount: Cents
    amount_resident: Cents
    amount_creditor: Cents


def is_debt(obligation: Obligation) -> bool:
    """Say whether an obligation is a debt: not settled, and something is owed beyond the running instalment."""
    amounts = (obligation.amount_resident, obligation.amount_creditor, obligation.arrears)
    return obligation.status is not ObligationStatus.SETTLED and any(amounts)


def staleness(statement_date: date | None, *, today: date) -> Staleness:
    """Say how old a statement is.

    Args:
        statement_date: its date, or None when there is none.
        today: the date to look from.
    """
    if statement_date is None:
        return Staleness.MISSING
    if statement_date < add_months(today, -EXPIRED_MONTHS):
        return Staleness.EXPIRED
    if statement_date < add_months(today, -STALE_MONTHS):
        return Staleness.STALE
    return Staleness.FRESH


def debts_of(obligations: Mapping[RecordId, Obligation], *, today: date) -> tuple[Debt, ...]:
    """Return the debts among the obligations of a dossier, each once, the largest first.

    Args:
        obligations: current records, without withdrawn ones.
        today: the date to look from.
    """
    found = [_debt(group, today) for group in same_debts(obligations)]
    return tuple(sorted(found, key=lambda debt: (-debt.amount, debt.creditor, debt.record_id)))


def same_debts(obligations: Mapping[RecordId, Obligation]) -> list[dict[RecordId, Obligation]]:
    """Bring the records that tell of the same debt together.

    Two records are about the same debt when they are owed by somebody in common and to the same creditor in the end,
    and they share the number of a case; or, when they are in different hands, any number or the original amount, unless
    original amount or day of origin differ. A shared customer number says nothing while both are in the same hands:
    two invoices of one customer.

    Args:
        obligations: current records; what is no debt is left out.

    Returns:
        Groups of records, the one that counts first.
    """
    groups: list[dict[RecordId, Obligation]] = []
    for record_id, obligation in sorted(obligations.items()):
        if not is_debt(obligation):
            continue
        related = [group for group in groups if any(_is_same(obligation, other) for other in group.values())]
        merged = {record_id: obligation}
        for group in related:
            merged |= group
        groups = [group for group in groups if not any(group is one for one in related)] + [merged]
    return [dict(sorted(group.items(), key=_precedence)) for group in groups]


def totals_by_creditor(debts: Sequence[Debt]) -> tuple[CreditorTotal, ...]:
    """Add debts up by creditor, whatever capitals and full stops its name was written with, the largest total first."""
    by_creditor: dict[str, list[Debt]] = {}
    for debt in debts:
        by_creditor.setdefault(_plain(debt.creditor), []).append(debt)
    totals = [
        CreditorTotal(
            creditor=own[0].creditor,
            count=len(own),
            amount=Cents(sum(debt.amount for debt in own)),
            amount_resident=Cents(sum(debt.amount_resident or 0 for debt in own)),
            amount_creditor=Cents(sum(debt.amount_creditor or 0 for debt in own)),
        )
        for own in by_creditor.values()
    ]
    return tuple(sorted(totals, key=lambda total: (-total.amount, total.creditor)))


def _debt(group: dict[RecordId, Obligation], today: date) -> Debt:
    (record_id, counted), *others = group.items()
    stage, holder = _holder(counted)
    # A later hand does not always repeat what the resident reported at first.
    resident = next((one.amount_resident for one in group.values() if one.amount_resident is not None), None)
    creditor = next((one.amount_creditor for one in group.values() if one.amount_creditor is not None), None)
    reported = resident if creditor is None else creditor
    return Debt(
        record_id=record_id,
        also=tuple(other for other, _ in others),
        creditor=_in_the_end(counted).name,
        holder=holder.name,
        stage=stage,
        amount_resident=resident,
        amount_creditor=creditor,
        amount=counted.arrears if reported is None else reported,
        arrears=counted.arrears,
        status=counted.status,
        disputed=any(one.status is ObligationStatus.DISPUTED for one in group.values()),
        statement_date=counted.statement_date,
        staleness=staleness(counted.statement_date, today=today),
    )


def _precedence(item: tuple[RecordId, Obligation]) -> tuple[int, int, RecordId]:
    record_id, obligation = item
    newest = obligation.statement_date.toordinal() if obligation.statement_date else 0
    return -_holder(obligation)[0], -newest, record_id


def _holder(obligation: Obligation) -> tuple[Stage, Party]:
    if obligation.bailiff is not None:
        return Stage.BAILIFF, obligation.bailiff
    if obligation.collector is not None:
        return Stage.COLLECTOR, obligation.collector
    # Who bought a claim, or is written down as creditor while collecting for another.
    return (Stage.COLLECTOR if obligation.original_creditor else Stage.CREDITOR), obligation.creditor


def _in_the_end(obligation: Obligation) -> Party:
    return obligation.original_creditor or obligation.creditor


def _is_same(one: Obligation, other: Obligation) -> bool:
    if not set(one.owed_by) & set(other.owed_by):
        return False
    if not _is_same_party(_in_the_end(one), _in_the_end(other)):
        return False
    if set(_case_numbers(one)) & set(_case_numbers(other)):
        return True
    if _is_same_party(_holder(one)[1], _holder(other)[1]) or _contradict(one, other):
        return False
    numbers = {*_case_numbers(one), *_customer_numbers(one)} & {*_case_numbers(other), *_customer_numbers(other)}
    if numbers:
        return True
    # No number in common: the same original amount will do, unless the creditor itself gave them two numbers.
    at_creditor = [_plain(_in_the_end(debt).customer_number or _in_the_end(debt).file_number) for debt in (one, other)]
    return bool(one.original_amount) and one.original_amount == other.original_amount and not all(at_creditor)


def _contradict(one: Obligation, other: Obligation) -> bool:
    """Say whether two records know different original amounts or days of origin: then they are two debts."""
    return any(
        left is not None and right is not None and left != right
        for left, right in ((one.original_amount, other.original_amount), (one.origin_date, other.origin_date))
    )


def _is_same_party(one: Party, other: Party) -> bool:
    if one.kvk and other.kvk:
        return one.kvk == other.kvk
    return _plain(one.name) == _plain(other.name)


def _parties(obligation: Obligation) -> Iterator[Party]:
    for party in (obligation.creditor, obligation.original_creditor, obligation.collector, obligation.bailiff):
        if party is not None:
            yield party


def _case_numbers(obligation: Obligation) -> Iterator[str]:
    return (_plain(party.file_number) for party in _parties(obligation) if _plain(party.file_number))


def _customer_numbers(obligation: Obligation) -> Iterator[str]:
    return (_plain(party.customer_number) for party in _parties(obligation) if _plain(party.customer_number))


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
