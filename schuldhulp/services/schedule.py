"""When batches go out: every so many seconds, or once a day at a time of the Dutch clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from schuldhulp import errors

ZONE: Final = ZoneInfo("Europe/Amsterdam")
"""The clock that a daily time is meant in."""

SHORTEST: Final = 1
LONGEST: Final = 86_400
"""Bounds of an interval, in seconds."""

_EVERY: Final = re.compile(r"every (\d{1,5})s")
_DAILY: Final = re.compile(r"daily ([01]\d|2[0-3]):([0-5]\d)")


class Schedule(Protocol):
    """Says when something is to be done next."""

    def next_after(self, moment: datetime) -> datetime:
        """Return the first time after `moment`, UTC."""
        ...


@dataclass(frozen=True, kw_only=True)
class Every:
    """At fixed times, an interval apart, counted from the epoch of Unix: a restart does not move them."""

    seconds: int

    def next_after(self, moment: datetime) -> datetime:
        """Return the first time after `moment`, UTC."""
        passed = int(moment.timestamp()) // self.seconds
        return datetime.fromtimestamp((passed + 1) * self.seconds, UTC)


@dataclass(frozen=True, kw_only=True)
class Daily:
    """Once a day at a time of the Dutch clock, also on the days when that clock is put forward or back."""

    at: time

    def next_after(self, moment: datetime) -> datetime:
        """Return the first time after `moment`, UTC."""
        day = moment.astimezone(ZONE).date()
        return next(found for ahead in range(3) if (found := self._on(day + timedelta(days=ahead))) > moment)

    def _on(self, day: date) -> datetime:
        # A time that the clock skips (02:30 in spring) is read an hour later; one that it shows twice is the first.
        return datetime.combine(day, self.at, ZONE).astimezone(UTC)


def parse_schedule(text: str, *, field: str = "schedule") -> Schedule:
    """Read a schedule from a setting.

    Args:
        text: ``every <n>s`` with n from 1 to 86400, or ``daily HH:MM``.
        field: name of the setting, for the error.

    Returns:
        The schedule.

    Raises:
        errors.Misconfigured: it is neither.
    """
    if (match := _EVERY.fullmatch(text)) and SHORTEST <= int(match[1]) <= LONGEST:
        return Every(seconds=int(match[1]))
    if match := _DAILY.fullmatch(text):
        return Daily(at=time(int(match[1]), int(match[2])))
    raise errors.Misconfigured(
        "schedule_invalid", f"{field} must be `every <n>s` (n from 1 to 86400) or `daily HH:MM`", field=field
    )


class Due:
    """Remembers when something is to be done next."""

    def __init__(self, schedule: Schedule, now: datetime, *, at_once: bool = False) -> None:
        """Start counting.

        Args:
            schedule: when it is to be done.
            now: the time, UTC.
            at_once: whether it is due right away, too.
        """
        self._schedule = schedule
        self.next = now if at_once else schedule.next_after(now)

    def take(self, now: datetime) -> bool:
        """Tell whether it is due; if so, it is due again at the next time after `now`. What was missed is done once."""
        if now < self.next:
            return False
        self.next = self._schedule.next_after(now)
        return True
