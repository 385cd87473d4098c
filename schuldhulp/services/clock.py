"""The time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from schuldhulp.services.ports import Clock

TIME_ZONE: Final = ZoneInfo("Europe/Amsterdam")
"""Where a day begins; everything is stored in UTC."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
        return datetime.now(UTC)


def today(clock: Clock) -> date:
    """Return the date in the Netherlands."""
    return day_of(clock.now())


def day_of(moment: datetime) -> date:
    """Return the date in the Netherlands at an aware moment: around midnight another than in UTC."""
    return moment.astimezone(TIME_ZONE).date()
