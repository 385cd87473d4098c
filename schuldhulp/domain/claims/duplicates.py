"""Claims that may be about one debt, for the caseworker to judge.

The id of a claim keeps one debt from being open twice under one reference. What is left are debts that came in under
another reference: the collector gives the customer's number instead of the invoice's, the bailiff adds costs and names
the client of its client. No field decides: each pair gets points for what agrees and loses points for what does not.
The best pairs are put together first, and what one holder itself tells apart is never put together: so a bailiff's
claim goes with the one of six invoices that it fits best. tests/data/claims holds what the points were tried on.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final, Generic, TypeVar

from schuldhulp.domain.claims.contents import ClaimContents
from schuldhulp.domain.claims.likeness import Likeness, Numbers, are_told_apart, is_same_home, is_same_person

Key = TypeVar("Key", bound=Hashable)

THRESHOLD: Final = 3.0
"""Points from which two claims are put together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Duplicate(Generic[Key]):
    """Two claims that may be about one debt.

    Attributes:
        one: key of the first.
        other: key of the second.
        likeness: what they have in common; of two that only a third brings together it can be little.
    """

    one: Key
    other: Key
    likeness: Likeness


def duplicates(claims: Mapping[Key, ClaimContents]) -> list[Duplicate[Key]]:
    """Find the pairs that may be about one debt.

    Args:
        claims: open claims of one dossier, or of many; only those on the same person or home are compared.

    Returns:
        The pairs, the most alike first. Of three claims about one debt, all three pairs.
    """
    pairs = dict.fromkeys(_pairs(claims))
    numbers = Numbers(claims.values(), [(claims[one], claims[other]) for one, other in pairs])
    likenesses = {(one, other): Likeness.of(claims[one], claims[other], numbers) for one, other in pairs}
    found = [
        Duplicate(one=one, other=other, likeness=likenesses[one, other])
        for family in _families(claims, likenesses)
        for one, other in pairs
        if one in family and other in family
    ]
    return sorted(found, key=lambda duplicate: -duplicate.likeness.points)


def _families(
    claims: Mapping[Key, ClaimContents], likenesses: Mapping[tuple[Key, Key], Likeness]
) -> Sequence[frozenset[Key]]:
    """Put claims together, the most alike first, unless that would bring two together that are told apart."""
    family_of = {key: frozenset({key}) for key in claims}

    def place(item: tuple[tuple[Key, Key], Likeness]) -> tuple[float, list[str]]:
        # Of two that are as alike, the same one comes first in whatever order the claims came in.
        pair, likeness = item
        return -likeness.points, sorted(f"{claims[key].reference} {claims[key].holder_reference}" for key in pair)

    for (one, other), likeness in sorted(likenesses.items(), key=place):
        left, right = family_of[one], family_of[other]
        if likeness.points < THRESHOLD or left is right:
            continue
        if any(are_told_apart(claims[a], claims[b]) for a, b in product(left, right)):
            continue
        family_of |= dict.fromkeys(left | right, left | right)
    return [family for family in dict.fromkeys(family_of.values()) if len(family) > 1]


def _pairs(claims: Mapping[Key, ClaimContents]) -> Iterable[tuple[Key, Key]]:
    """Give each pair of one person or home. What must agree groups them first, so that a full inbox stays quick."""
    groups: dict[object, list[Key]] = {}
    for key, claim in claims.items():
        debtor = claim.debtor
        groups.setdefault((debtor.postcode, debtor.house_number), []).append(key)
        groups.setdefault(debtor.birth_date.year, []).append(key)
    for keys in groups.values():
        for one, other in combinations(keys, 2):
            left, right = claims[one].debtor, claims[other].debtor
            if is_same_home(left, right) or is_same_person(left, right):
                yield one, other
