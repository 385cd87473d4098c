"""Amounts, dates and times as a reader in the Netherlands expects them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from app.components.html import Html, escape, tag
from app.texts import language
from schuldhulp.domain.dates import PartialDate, parse_partial_date

NO_BREAK_SPACE = "\u00a0"
_ZONE = ZoneInfo("Europe/Amsterdam")
_LOCALES = {"nl": "nl_NL", "en": "en_GB"}


def _locale() -> str:
    return _LOCALES[language()]


def amount(cents: int | None) -> str:
    """Return an amount in euro, with a space that never breaks.

    Args:
        cents: whole eurocents; None gives a dash.
    """
    if cents is None:
        return "–"
    # The Dutch way of writing amounts also on the English pages: a letter of the creditor beside it has the same.
    written = format_currency(Decimal(cents) / 100, "EUR", locale="nl_NL")
    return written.replace(" ", NO_BREAK_SPACE).replace("-", "\u2212")


def amount_cell(cents: int | None) -> Html:
    """Return an amount for a table or card: digits of equal width, never cut or broken."""
    return tag("span", amount(cents), class_="amount")


def whole(number: int) -> str:
    """Return a whole number with a mark at the thousands."""
    return format_decimal(number, "#,##0", locale=_locale())


def typed_amount(cents: int | None) -> str:
    """Return an amount as it is typed in a field: ``1.234,56``, empty for None."""
    return "" if cents is None else format_decimal(Decimal(cents) / 100, "#,##0.00", locale="nl_NL")


def day(value: date | None) -> str:
    """Return a date in words, for example ``3 februari 2026``; None gives a dash."""
    if value is None:
        return "–"
    return format_date(value, "d MMMM y", locale=_locale()).replace(" ", NO_BREAK_SPACE)


def short_day(value: date | None) -> str:
    """Return a date in digits, as it is typed: ``03-02-2026``; empty for None."""
    return "" if value is None else f"{value:%d-%m-%Y}"


def moment(value: datetime | None) -> str:
    """Return a time in Dutch local time, for example ``3 februari 2026 14:05``; None gives a dash.

    A narrow column breaks it before the hour and nowhere else.
    """
    if value is None:
        return "–"
    local = value.astimezone(_ZONE)
    date_part = format_datetime(local, "d MMMM y", tzinfo=_ZONE, locale=_locale()).replace(" ", NO_BREAK_SPACE)
    return f"{date_part} {local:%H:%M}"


def written_birth_date(iso: str) -> str:
    """Return a birth date in words.

    Args:
        iso: ``jjjj-mm-dd``, with 00 for what is unknown.
    """
    return birth_date(parse_partial_date(iso))


def local_day(value: datetime) -> date:
    """Return the day in the Netherlands on which a time falls."""
    return value.astimezone(_ZONE).date()


def today() -> date:
    """Return the date in the Netherlands."""
    return datetime.now(tz=UTC).astimezone(_ZONE).date()


def short_hex(value: bytes | None, characters: int = 10) -> Html:
    """Return the beginning of a value of 32 bytes for who compares it with another screen."""
    return escape("–" if value is None else f"0x{value.hex()[:characters]}…")


def birth_date(value: PartialDate | None) -> str:
    """Return a birth date in words; of one that is known in part, that part."""
    if value is None:
        return "–"
    if value.month == 0:
        return str(value.year)
    pattern = "d MMMM y" if value.day else "MMMM y"
    written = format_date(date(value.year, value.month, value.day or 1), pattern, locale=_locale())
    return written.replace(" ", NO_BREAK_SPACE)
