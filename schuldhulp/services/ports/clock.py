"""The time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    pass


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return the time, aware, UTC."""
