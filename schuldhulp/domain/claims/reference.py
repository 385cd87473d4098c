"""What a claim's id is made of: the trade register number of the original creditor and that creditor's own reference.

The creditor, its collector and its bailiff write the same reference with other spaces, dashes and capitals. They must
all come to the same id, because that is what keeps a debt from being open twice. Pinned by tests/vectors/claims.json;
changing a rule changes every id.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from schuldhulp.domain.checks import MAX_LINE
from schuldhulp.domain.organisations import parse_kvk
from schuldhulp.errors import InvalidInput

MAX_REFERENCE: Final = 64
"""Characters in a normalised reference."""

_ALPHABET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


def normalised_reference(text: str, field: str = "reference") -> str:
    """Bring a reference to the spelling that is hashed: capitals and digits, nothing else.

    NFKD without the marks it splits off, upper case, and everything that is neither letter nor digit left out.
    ``fac-2026/001 b`` becomes ``FAC2026001B``. A letter or digit that is none of A to Z and 0 to 9 even then is
    refused: leaving it out could make two references one.

    Args:
        text: the reference as it is written.
        field: name of the field, for the error.

    Returns:
        1 to `MAX_REFERENCE` characters of A to Z and 0 to 9.

    Raises:
        InvalidInput: nothing is left, too much is left, or another letter or digit stands in it.
    """
    if len(text) > MAX_LINE:
        raise InvalidInput("text_too_long", f"{field}: at most {MAX_LINE} characters", field=field, limit=MAX_LINE)
    # Upper case can bring back what NFKD takes apart, as with İ and ŉ, so it is done on both sides.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).upper())
    kept = "".join(character for character in folded if character.isalnum())
    if not kept:
        raise InvalidInput("required", f"{field}: must be filled in, with letters or digits", field=field)
    if not set(kept) <= _ALPHABET:
        raise InvalidInput("reference_invalid", f"{field}: letters A to Z and digits 0 to 9 only", field=field)
    if len(kept) > MAX_REFERENCE:
        raise InvalidInput(
            "text_too_long", f"{field}: at most {MAX_REFERENCE} letters and digits", field=field, limit=MAX_REFERENCE
        )
    return kept


def claim_id_input(kvk: str, reference: str) -> bytes:
    """Return what is blinded and evaluated under the municipality's standing claim-id key.

    Args:
        kvk: trade register number of the original creditor.
        reference: that creditor's reference, as it is written.

    Returns:
        ``kvk|reference``, normalised, in ASCII.

    Raises:
        InvalidInput: one of the two is wrong; ``field`` names it.
    """
    return f"{parse_kvk(kvk)}|{normalised_reference(reference)}".encode("ascii")
