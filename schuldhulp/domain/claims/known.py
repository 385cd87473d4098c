"""Debts of a dossier that a claim may be about, typed in or become of another claim, for the caseworker to judge.

As with two claims, each field that agrees gives points and each that does not takes some. All debts of a dossier are of
one household, and somebody who types one in often knows no number, no day and only about how much. So what is missing
takes nothing, and less is asked than of two claims.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from schuldhulp.domain.claims.contents import ClaimContents
from schuldhulp.domain.claims.likeness import (
    DIGITS,
    NEAR,
    NEAR_DAYS,
    ROUND,
    DuplicateSign,
    is_same_name,
    mentioned,
    points_of_dates,
    points_of_types,
)
from schuldhulp.domain.claims.reference import normalised_reference
from schuldhulp.domain.organisations import parse_kvk
from schuldhulp.domain.records import Obligation, Party
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import InvalidInput

KNOWN_THRESHOLD: Final = 2.0
"""Points from which a debt of the dossier is shown beside a claim."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownDebt:
    """A debt of the dossier that a claim may be about.

    Attributes:
        record: record of the obligation.
        points: the sum of what agrees and what does not.
        signs: what agrees.
    """

    record: RecordId
    points: float
    signs: frozenset[DuplicateSign]


def known_debts(contents: ClaimContents, debts: Mapping[RecordId, Obligation]) -> list[KnownDebt]:
    """Find the debts that a claim may be about.

    Args:
        contents: what the creditor claims.
        debts: obligations of the dossier that it belongs to.

    Returns:
        Those that may be meant, the most alike first.
    """
    found = [_compared(contents, record, debt) for record, debt in debts.items()]
    alike = [one for one in found if one.points >= KNOWN_THRESHOLD]
    return sorted(alike, key=lambda one: (-one.points, one.record))


def _compared(contents: ClaimContents, record: RecordId, debt: Obligation) -> KnownDebt:
    parties = [party for party in (debt.creditor, debt.original_creditor, debt.collector, debt.bailiff) if party]
    references = _points_of_references(contents, parties)
    creditors = _points_of_creditors(contents, debt, parties)
    amounts = _points_of_amounts(contents, debt)
    apart = abs((contents.origin_date - debt.origin_date).days) if debt.origin_date else None
    signs = {
        DuplicateSign.SAME_REFERENCE: references >= 1,
        DuplicateSign.SAME_CREDITOR: creditors >= 1,
        DuplicateSign.NEAR_AMOUNT: amounts >= 2,
        DuplicateSign.NEAR_DATE: apart is not None and apart <= NEAR_DAYS,
    }
    points = references + creditors + amounts + points_of_types(contents.type, debt.type)
    if apart is not None:
        points += points_of_dates(apart)
    return KnownDebt(record=record, points=points, signs=frozenset(sign for sign, holds in signs.items() if holds))


def _points_of_references(contents: ClaimContents, parties: list[Party]) -> float:
    numbers = [number for party in parties for number in (party.file_number, party.customer_number)]
    if normalised_reference(contents.reference) in {_normalised(number) for number in numbers}:
        return 6
    shared = mentioned((contents.reference, contents.holder_reference)) & mentioned(numbers)
    if any(sum(map(str.isdigit, part)) >= DIGITS for part in shared):
        return 4
    return 1 if shared else 0


def _points_of_creditors(contents: ClaimContents, debt: Obligation, parties: list[Party]) -> float:
    first = debt.original_creditor or debt.creditor
    numbers = {_kvk(party) for party in (first, debt.creditor)} - {""}
    if contents.original_creditor.kvk in numbers:
        return 2
    if any(is_same_name(contents.original_creditor.name, party.name) for party in (first, debt.creditor)):
        return 1.5
    if any(is_same_name(contents.holder.name, party.name) or _kvk(party) == contents.holder.kvk for party in parties):
        return 0.5
    return -2


def _points_of_amounts(contents: ClaimContents, debt: Obligation) -> float:
    told = [amount for amount in (debt.original_amount, debt.amount_creditor, debt.amount_resident) if amount]
    # What should have been paid by now is the debt only where nobody said how much that is.
    told = told or [amount for amount in (debt.arrears,) if amount]
    return max((_points_of_amount(contents, amount) for amount in told), default=0.0)


def _points_of_amount(contents: ClaimContents, amount: int) -> float:
    claimed = (contents.principal, contents.total)
    if amount in claimed:
        return 3.5 if amount % ROUND else 2
    if any(abs(amount - one) <= max(amount, one) * NEAR for one in claimed):
        return 2
    smaller, larger = sorted((contents.principal, amount))
    if smaller * 2 < larger:
        return -2
    return 0.5 if larger - smaller <= larger * 0.2 else 0


def _normalised(number: str) -> str:
    try:
        return normalised_reference(number)
    except InvalidInput:
        return ""


def _kvk(party: Party) -> str:
    return parse_kvk(party.kvk) if party.kvk else ""
