"""What organisations asked on the pages: table ``page_checks``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select

from schuldhulp.services.creditor_pages.rows import CheckRow
from schuldhulp.storage import tables
from schuldhulp.storage.repository import Repository


class Checks(Repository):
    """Table ``page_checks``."""

    def add(self, rows: Sequence[CheckRow]) -> None:
        """Store rows."""
        if rows:
            values = [
                {
                    "id": row.id,
                    "organisation": row.organisation,
                    "checked_at": row.checked_at,
                    "sealed": row.sealed,
                }
                for row in rows
            ]
            self._run(tables.page_checks.insert(), values)

    def of(self, organisation: str, *, since: datetime) -> Sequence[CheckRow]:
        """Return what an organisation asked at or after a time, newest first."""
        table = tables.page_checks
        rows = self._all(
            select(table)
            .where(table.c.organisation == organisation, table.c.checked_at >= since)
            .order_by(table.c.checked_at.desc(), table.c.id)
        )
        return [
            CheckRow(id=row.id, organisation=row.organisation, checked_at=row.checked_at, sealed=row.sealed)
            for row in rows
        ]

    def count(self, organisation: str, *, since: datetime) -> int:
        """Return how many persons an organisation asked about at or after a time."""
        table = tables.page_checks
        row = self._first(
            select(func.count())
            .select_from(table)
            .where(table.c.organisation == organisation, table.c.checked_at >= since)
        )
        return 0 if row is None else int(row[0])

    def forget(self, before: datetime) -> int:
        """Delete what was asked before a time, of every organisation; return how many rows."""
        table = tables.page_checks
        return self._run(delete(table).where(table.c.checked_at < before)).rowcount
