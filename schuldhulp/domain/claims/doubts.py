"""What may be a slip in a claim, although every field of it can be read."""

from __future__ import annotations

from schuldhulp.domain.claims.contents import ClaimContents
from schuldhulp.domain.claims.parts import Debtor

ADULT = 18
"""Age from which a person can bind themselves alone (article 1:233 of the Dutch Civil Code)."""


def doubts(contents: ClaimContents) -> tuple[tuple[str, str], ...]:
    """Return what to look at again before a claim is handed in; none of it makes a claim impossible.

    Args:
        contents: what is handed in.

    Returns:
        Field and what is odd about it, in English; nothing of what stands in it.
    """
    found = []
    if contents.objection_until is not None and contents.objection_until < contents.sent_at.date():
        found.append(("objection_until", "this term is over; write none (geen) when there is no term any more"))
    birth, origin = contents.debtor.birth_date, contents.origin_date
    # A day or month that is unknown is 0, so somebody who may have been of age is taken to have been.
    if (birth.year + ADULT, birth.month, birth.day) > (origin.year, origin.month, origin.day):
        found.append(("debtor.birth_date", "this person was not 18 yet on origin_date (ontstaansdatum)"))
    return tuple(found)


def is_other_person(before: Debtor, after: Debtor) -> bool:
    """Say whether a debtor became somebody else; a new address, or one of name and birth date put right, is not that.

    Args:
        before: the debtor of the version that stands.
        after: the debtor that is to take that place.
    """
    if before.bsn is not None and after.bsn is not None and before.bsn != after.bsn:
        return True
    return before.surname.casefold() != after.surname.casefold() and before.birth_date != after.birth_date
