"""Amounts: whole cents, typed and shown in the Dutch way, brought to a month."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from schuldhulp.domain.checks import MAX_CENTS
from schuldhulp.domain.types import Cents
from schuldhulp.errors import InvalidInput


class Frequency(StrEnum):
    """How often an amount comes or goes."""

    WEEKLY = "weekly"
    FOUR_WEEKLY = "four_weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"
    ONCE = "once"
    NONE = "none"


PER_YEAR: Final = {
    Frequency.WEEKLY: 52,
    Frequency.FOUR_WEEKLY: 13,
    Frequency.MONTHLY: 12,
    Frequency.QUARTERLY: 4,
    Frequency.YEARLY: 1,
    Frequency.ONCE: 0,
    Frequency.NONE: 0,
}
"""How many times a year; an income by the four weeks counts x 13/12 a month (Nibud, DDAS)."""

_SYMBOL = re.compile(r"^(?:€|EUR)\s*", re.IGNORECASE)
_WHOLE = r"(?:[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3})+)"
_AMOUNT = re.compile(rf"({_WHOLE})(?:,([0-9]{{2}}|-))?")
_NUMERIC = re.compile(r"[0-9.,]*[0-9][0-9.,]*")


def parse_amount(text: str, field: str = "amount") -> Cents:
    """Read an amount as it is typed in the Netherlands.

    Accepted are ``1.234,56``, ``1234,56``, ``1.234`` (one thousand two hundred and thirty-four euro), ``1234`` and
    ``25,-``, each with or without ``€`` or ``EUR`` in front. A comma is followed by exactly two digits and a dot by
    exactly three: ``12.50`` could be twelve euro fifty or a slip in 1.250, so it is refused and not guessed at;
    ``1234,5`` likewise.

    Args:
        text: what was typed; spaces around it and after the sign do not count.
        field: name of the field, for the error.

    Returns:
        Whole cents, zero or more.

    Raises:
        InvalidInput: empty, below zero, in another notation, or above `MAX_CENTS`.
    """
    stripped = _SYMBOL.sub("", text.strip())
    if not stripped:
        raise InvalidInput("required", f"{field}: must be filled in", field=field)
    if stripped.startswith(("-", "−")):
        raise InvalidInput("amount_negative", f"{field}: must not be below zero", field=field)
    found = _AMOUNT.fullmatch(stripped)
    if found is None:
        if _NUMERIC.fullmatch(stripped):
            raise InvalidInput("amount_ambiguous", f"{field}: write it as 1.234,56", field=field)
        raise InvalidInput("amount_invalid", f"{field}: write it as 1.234,56", field=field)
    # Before int(): a number of thousands of digits would make it raise an error of its own.
    whole = found[1].replace(".", "").lstrip("0") or "0"
    if len(whole) > len(str(MAX_CENTS)):
        raise InvalidInput("amount_too_large", f"{field}: too large", field=field)
    cents = int(whole) * 100 + (int(found[2]) if found[2] and found[2] != "-" else 0)
    if cents > MAX_CENTS:
        raise InvalidInput("amount_too_large", f"{field}: too large", field=field)
    return Cents(cents)


def format_amount(cents: int, *, symbol: bool = False) -> str:
    """Write an amount in the Dutch way.

    Args:
        cents: whole cents; may be below zero.
        symbol: whether to put a euro sign and a non-breaking space in front.

    Returns:
        ``1.234,56``, ``-0,05`` or, with the symbol, ``€ 1.234,56``.
    """
    euros, rest = divmod(abs(cents), 100)
    grouped = f"{euros:,}".replace(",", ".")
    sign = "€\u00a0" if symbol else ""
    return f"{sign}{'-' if cents < 0 else ''}{grouped},{rest:02d}"


def monthly(cents: int, frequency: Frequency) -> Cents:
    """Bring an amount to a month.

    Args:
        cents: the amount each time it comes or goes.
        frequency: how often that is; what comes once or not at all counts as zero a month.

    Returns:
        Cents a month, rounded half up to the cent.
    """
    return Cents((2 * cents * PER_YEAR[frequency] + 12) // 24)
