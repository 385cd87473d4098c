"""Short-lived state in memory, bounded.

A restart of the relay forgets it, which costs only the logins that are under way: people begin again.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class Pending(Generic[T]):
    """Values that can be taken out once, within a set time."""

    def __init__(self, *, now: Callable[[], datetime], lifetime: timedelta, limit: int = 10_000) -> None:
        """Start empty.

        Args:
            now: clock, UTC.
            lifetime: how long a value can be taken.
            limit: most values at once; the oldest goes first.
        """
        self._now = now
        self._lifetime = lifetime
        self._limit = limit
        self._values: OrderedDict[str, tuple[datetime, T]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many values are kept, expired ones included."""
        return len(self._values)

    def put(self, key: str, value: T) -> None:
        """Keep a value under a key that nobody can guess."""
        now = self._now()
        while self._values and (len(self._values) >= self._limit or self._first_expiry() <= now):
            self._values.popitem(last=False)
        self._values[key] = (now + self._lifetime, value)

    def put_new(self, value: T) -> str:
        """Keep a value under a new random key and return the key."""
        key = secrets.token_urlsafe(32)
        self.put(key, value)
        return key

    def peek(self, key: str) -> T | None:
        """Return a value and leave it, or None when there is none (any more)."""
        found = self._values.get(key)
        return found[1] if found is not None and self._now() < found[0] else None

    def take(self, key: str) -> T | None:
        """Return a value and forget it, or None when there is none (any more)."""
        value = self.peek(key)
        self._values.pop(key, None)
        return value

    def _first_expiry(self) -> datetime:
        return next(iter(self._values.values()))[0]
