"""What is kept of a check on a page, and what the database has to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    """One person that an organisation asked about, without a word about who that is.

    Attributes:
        id: random name of the row, 16 bytes.
        organisation: KvK number of who asked.
        checked_at: when, UTC.
        sealed: reference, answer, check number and login, encrypted: the check number of a green answer can be tried
            against the tags on the chain.
    """

    id: bytes
    organisation: str
    checked_at: datetime
    sealed: bytes = field(repr=False)


class CheckRepository(Protocol):
    """Table ``page_checks``."""

    def add(self, rows: Sequence[CheckRow]) -> None:
        """Store rows."""

    def of(self, organisation: str, *, since: datetime) -> Sequence[CheckRow]:
        """Return what an organisation asked at or after a time, newest first."""
        ...

    def count(self, organisation: str, *, since: datetime) -> int:
        """Return how many persons an organisation asked about at or after a time."""
        ...

    def forget(self, before: datetime) -> int:
        """Delete what was asked before a time, of every organisation; return how many rows."""
        ...
