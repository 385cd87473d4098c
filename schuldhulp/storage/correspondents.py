"""The worker's copy of who is admitted to the channel, and at which accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row, delete, insert, select

from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.services.claims.ports import Correspondent
from schuldhulp.storage import tables
from schuldhulp.storage.repository import Repository, chunks


class Correspondents(Repository):
    """Table ``correspondents``: one row for each account."""

    def replace(self, municipality: MunicipalityCode, found: Sequence[Correspondent]) -> None:
        """Keep these organisations and no others; one without accounts cannot be written to and is left out."""
        table = tables.correspondents
        self._run(delete(table).where(table.c.municipality == municipality))
        rows = [
            {
                "municipality": municipality,
                "account": account,
                "kvk": one.kvk,
                "name": one.name,
                "rank": rank,
                "suspended": one.suspended,
            }
            for one in found
            for rank, account in enumerate(one.accounts)
        ]
        for piece in chunks(rows):
            self._run(insert(table), piece)

    def of(self, municipality: MunicipalityCode, kvk: str) -> Correspondent | None:
        """Return an organisation by its number, its accounts newest first; None when it has none or is not there."""
        return next(iter(self._found(municipality, tables.correspondents.c.kvk == kvk)), None)

    def all(self, municipality: MunicipalityCode) -> Sequence[Correspondent]:
        """Return all organisations by number."""
        return self._found(municipality)

    def _found(self, municipality: MunicipalityCode, *wanted: Any) -> list[Correspondent]:
        table = tables.correspondents
        statement = select(table).where(table.c.municipality == municipality, *wanted)
        rows = self._all(statement.order_by(table.c.kvk, table.c.rank))
        return [_correspondent(own) for _, own in groupby(rows, key=lambda row: row.kvk)]


def _correspondent(rows: Iterable[Row[Any]]) -> Correspondent:
    first, *others = rows
    return Correspondent(
        kvk=first.kvk,
        name=first.name,
        accounts=(first.account, *(row.account for row in others)),
        suspended=first.suspended,
    )
