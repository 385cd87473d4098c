"""When something has to be paid next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from schuldhulp.domain.checks import Redacted
from schuldhulp.domain.dates import add_months
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.types import Cents, RecordId

_DAYS: Final = {Frequency.WEEKLY: 7, Frequency.FOUR_WEEKLY: 28}
_MONTHS: Final = {Frequency.MONTHLY: 1, Frequency.QUARTERLY: 3, Frequency.YEARLY: 12}


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Payment(Redacted):
    """Something to be paid.

    Attributes:
        due: the day, or None when the record does not say.
        payee: to whom, or what for.
        amount: cents.
        record_id: the record that says so.
    """

    due: date | None
    payee: str
    amount: Cents
    record_id: RecordId


def due_dates(
    frequency: Frequency, *, anchor: date | None, due_day: int | None, start: date, until: date
) -> Iterator[date]:
    """Yield the days on which something is due.

    A month without the day takes its last day. What comes by the week needs a day to count from, what comes by the
    quarter or the year a month: without an anchor a quarter is taken to begin in January and a year yields nothing.

    Args:
        frequency: how often.
        anchor: a day on which it was due or began, or None.
        due_day: day of the month, or None for the anchor's.
        start: first day to look at.
        until: last day to look at.
    """
    if frequency in _DAYS:
        yield from _by_days(_DAYS[frequency], anchor, start, until)
    elif frequency in _MONTHS:
        yield from _by_months(frequency, anchor, due_day, start, until)
    elif frequency is Frequency.ONCE and anchor is not None and start <= anchor <= until:
        yield anchor


def _by_days(step: int, anchor: date | None, start: date, until: date) -> Iterator[date]:
    if anchor is None:
        return
    # Floor division also counts forward from an anchor that lies before the start.
    due = anchor if anchor >= start else start + timedelta(days=(anchor - start).days % step)
    while due <= until:
        yield due
        due += timedelta(days=step)


def _by_months(
    frequency: Frequency, anchor: date | None, due_day: int | None, start: date, until: date
) -> Iterator[date]:
    day = due_day or (anchor.day if anchor else None)
    if day is None or (frequency is Frequency.YEARLY and anchor is None):
        return
    step = _MONTHS[frequency]
    first_month = (anchor.month if anchor else 1) - 1
    month = start.replace(day=1)
    while month <= until:
        if (month.month - 1 - first_month) % step == 0:
            due = add_months(month, 0, day=day)
            if start <= due <= until and (anchor is None or due >= anchor):
                yield due
        month = add_months(month, 1)
