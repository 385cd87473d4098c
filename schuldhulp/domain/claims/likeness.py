"""How much two claims look like one debt: points, and in words what agrees."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final, Self

from schuldhulp.domain.claims.contents import ClaimContents, Debtor
from schuldhulp.domain.claims.reference import normalised_reference
from schuldhulp.domain.identifiers import PartialDate, canonical_surname
from schuldhulp.domain.records import ObligationType


class DuplicateSign(StrEnum):
    """What two claims have in common."""

    SAME_REFERENCE = "same_reference"
    """A number that both mention."""
    SAME_CREDITOR = "same_creditor"
    """The same original creditor."""
    OTHER_HANDS = "other_hands"
    """Different holders: creditor, collector and bailiff may all have handed it in."""
    NEAR_AMOUNT = "near_amount"
    """The same amount, or the total of one is the principal of the other."""
    NEAR_DATE = "near_date"
    """It arose within a month of the other."""


NEAR: Final = 0.01
"""Part by which two amounts may differ and still be called the same: rounding, and a few euros paid."""

ROUND: Final = 500
"""Cents; unrelated debts often agree on a multiple of this, hardly ever on another amount."""

NEAR_DAYS: Final = 31
"""Days between which two debts may have arisen and still be called of one time."""

_PERSONAL: Final = frozenset({ObligationType.FINE, ObligationType.HEALTH_INSURANCE, ObligationType.BENEFIT_REPAYMENT})
"""Debts of one person, whoever else lives there; rent or energy may be claimed from either partner."""

_LEGAL_FORM: Final = frozenset(
    {"bv", "nv", "vof", "cv", "stichting", "st", "cooperatie", "ua", "coop", "maatschap", "groep", "nederland"}
)

DIGITS: Final = 5
"""Digits that say something when two references share them; a year and a month have fewer."""


class Numbers:
    """What the references of all claims mention, and which of it tells debts apart.

    A customer's number stands in many claims of one creditor, so that two share it says little; a number that only
    these two share says much.
    """

    def __init__(self, claims: Iterable[ClaimContents], pairs: Iterable[tuple[ClaimContents, ClaimContents]]) -> None:
        """Read the references.

        Args:
            claims: all of them.
            pairs: those that are compared.
        """
        self._parts = {id(claim): mentioned((claim.reference, claim.holder_reference)) for claim in claims}
        self._common: Counter[tuple[str, str]] = Counter()
        for one, other in pairs:
            if are_told_apart(one, other):
                for part in self._shared(one, other):
                    self._common[one.original_creditor.kvk, part] += 1

    def points(self, one: ClaimContents, other: ClaimContents) -> float:
        """Return what the numbers that both mention are worth."""
        if normalised_reference(one.reference) == normalised_reference(other.reference):
            return 6
        found = 0.0
        for part in self._shared(one, other):
            is_customer = any(self._common[claim.original_creditor.kvk, part] for claim in (one, other))
            digits = sum(map(str.isdigit, part))
            if digits >= DIGITS:
                found = max(found, 1.0 if is_customer else 4.0)
            elif not is_customer:
                found = max(found, 1.0)
        return found

    def _shared(self, one: ClaimContents, other: ClaimContents) -> set[str]:
        left, right = self._parts[id(one)], self._parts[id(other)]
        found = set(left & right)
        for short, long in [*_both_ways(left, right)]:
            if len(short) >= DIGITS and short.isdigit() and (long.startswith(short) or long.endswith(short)):
                found.add(short)
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Likeness:
    """How much two claims look like one debt.

    Attributes:
        points: the sum of what agrees and what does not.
        signs: what agrees.
    """

    points: float
    signs: frozenset[DuplicateSign]

    @classmethod
    def of(cls, one: ClaimContents, other: ClaimContents, numbers: Numbers) -> Self:
        """Compare two claims on one person or home.

        Args:
            one: a claim.
            other: another.
            numbers: the references of all claims.
        """
        references = numbers.points(one, other)
        creditors = _points_of_creditors(one, other)
        amounts = _points_of_amounts(one, other)
        apart = abs((one.origin_date - other.origin_date).days)
        is_other_hand = one.holder.kvk != other.holder.kvk
        points = references + creditors + amounts + points_of_dates(apart) + points_of_types(one.type, other.type)
        points += 1 if is_other_hand else -1
        if not is_same_person(one.debtor, other.debtor):
            points -= 1
        signs = {
            DuplicateSign.SAME_REFERENCE: references >= 1,
            DuplicateSign.SAME_CREDITOR: creditors >= 1,
            DuplicateSign.OTHER_HANDS: is_other_hand,
            DuplicateSign.NEAR_AMOUNT: amounts >= 2,
            DuplicateSign.NEAR_DATE: apart <= NEAR_DAYS,
        }
        return cls(points=points, signs=frozenset(sign for sign, holds in signs.items() if holds))


def are_told_apart(one: ClaimContents, other: ClaimContents) -> bool:
    """Say whether two claims cannot be one debt, however alike they are.

    Two numbers of one series are two debts, but a collector may have mistyped one. One holder that gives two numbers
    of other shapes means two debts as well, unless amount and day are the same: then it may have filed one debt under
    the invoice's and the customer's number. Nor is a fine, a health insurance or a repaid benefit of one person ever
    that of another.
    """
    if _PERSONAL & {one.type, other.type} and not is_same_person(one.debtor, other.debtor):
        return True
    first, second = normalised_reference(one.reference), normalised_reference(other.reference)
    if first == second or one.original_creditor.kvk != other.original_creditor.kvk:
        return False
    is_other_hand = one.holder.kvk != other.holder.kvk
    if _shape(first) == _shape(second):
        return not (is_other_hand and _is_slip(first, second))
    return not is_other_hand and (one.principal, one.origin_date) != (other.principal, other.origin_date)


def is_same_person(one: Debtor, other: Debtor) -> bool:
    """Say whether two claims are on one person, as far as two creditors' spellings can tell."""
    if one.bsn is not None and other.bsn is not None:
        return one.bsn == other.bsn
    if not _may_be_same_day(one.birth_date, other.birth_date):
        return False
    return is_same_home(one, other) or _is_near_name(one.surname, other.surname)


def is_same_home(one: Debtor, other: Debtor) -> bool:
    """Say whether two claims are on people at one address."""
    return (one.postcode, one.house_number) == (other.postcode, other.house_number)


def _points_of_creditors(one: ClaimContents, other: ClaimContents) -> float:
    if one.original_creditor.kvk == other.original_creditor.kvk:
        return 2
    if is_same_name(one.original_creditor.name, other.original_creditor.name):
        return 1.5
    if is_same_name(one.holder.name, other.original_creditor.name) or is_same_name(
        one.original_creditor.name, other.holder.name
    ):
        return 0.5
    # A buyer that calls itself the original creditor takes the amount over to the cent.
    return -0.5 if one.principal == other.principal and one.principal % ROUND else -2


def _points_of_amounts(one: ClaimContents, other: ClaimContents) -> float:
    if one.principal == other.principal:
        return 3.5 if one.principal % ROUND else 2
    if one.principal == other.total or one.total == other.principal:
        return 3
    pairs = ((a, b) for a in (one.principal, one.total) for b in (other.principal, other.total))
    if any(abs(a - b) <= max(a, b) * NEAR for a, b in pairs):
        return 2
    smaller, larger = sorted((one.principal, other.principal))
    if smaller * 2 < larger:
        return -2
    return 0.5 if larger - smaller <= larger * 0.2 else -0.5


def points_of_dates(apart: int) -> float:
    """Return what the days between two dates of origin are worth."""
    for days, points in ((7, 1.0), (NEAR_DAYS, 0.5), (120, 0.0), (400, -0.5)):
        if apart <= days:
            return points
    return -1


def points_of_types(one: ObligationType, other: ObligationType) -> float:
    """Return what two types of debt are worth."""
    if one is other:
        return 0.5
    return 0 if ObligationType.OTHER in (one, other) else -0.5


def mentioned(references: Iterable[str]) -> frozenset[str]:
    """Return the numbers and words of references, and each reference as a whole."""
    found: set[str] = set()
    for reference in references:
        if any(map(str.isalnum, reference)):
            found.add(normalised_reference(reference).lstrip("0"))
            found |= {part.lstrip("0") for part in re.findall("[0-9]+|[A-Z]+[0-9]*", reference.upper())}
            found.add("".join(re.findall("[0-9]+", reference)).lstrip("0"))
    years = {str(year) for year in range(2000, 2100)} | {str(year) for year in range(10, 100)}
    return frozenset(part for part in found if len(part) > 1 and part not in years)


def _both_ways(left: Iterable[str], right: Iterable[str]) -> Iterable[tuple[str, str]]:
    for one in left:
        for other in right:
            yield (one, other) if len(one) < len(other) else (other, one)


def _shape(reference: str) -> str:
    return re.sub("[A-Z]", "A", re.sub("[0-9]", "9", reference))


def _is_slip(one: str, other: str) -> bool:
    """Say whether two references of one shape differ by one character, or by two neighbours that changed places."""
    places = [place for place, (left, right) in enumerate(zip(one, other, strict=True)) if left != right]
    if len(places) == 2:
        first, second = places
        return second - first == 1 and one[first] == other[second] and one[second] == other[first]
    return len(places) == 1


def is_same_name(one: str, other: str) -> bool:
    """Say whether two names may be of one organisation."""
    left, right = _words(one), _words(other)
    if not left or not right:
        return False
    if set(left) <= set(right) or set(right) <= set(left):
        return True
    return SequenceMatcher(None, "".join(left), "".join(right)).ratio() >= 0.85


def _words(name: str) -> list[str]:
    plain = re.sub(r"[^a-z0-9 ]", "", name.casefold().replace("-", " "))
    return [word for word in plain.split() if word not in _LEGAL_FORM]


def _may_be_same_day(one: PartialDate, other: PartialDate) -> bool:
    return one.year == other.year and all(
        left == right or not left or not right for left, right in ((one.month, other.month), (one.day, other.day))
    )


def _is_near_name(one: str, other: str) -> bool:
    left, right = canonical_surname(one), canonical_surname(other)
    return left in right or right in left or SequenceMatcher(None, left, right).ratio() >= 0.8
