"""The time."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
        return datetime.now(UTC)
