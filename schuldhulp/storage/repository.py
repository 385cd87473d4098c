"""What all repositories share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Executable, Row, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import CursorResult

from schuldhulp.storage.database import translated

CHUNK: Final = 500
"""How many values stand in one list of a statement."""

_Item = TypeVar("_Item")
_State = TypeVar("_State", bound=StrEnum)


class Repository:
    """Runs statements on the connection of a unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def _is_postgresql(self) -> bool:
        return self._connection.dialect.name == "postgresql"

    def _run(self, statement: Executable, parameters: Sequence[dict[str, Any]] | None = None) -> CursorResult[Any]:
        with translated():
            return self._connection.execute(statement, parameters)

    def _all(self, statement: Executable) -> Sequence[Row[*tuple[Any, ...]]]:
        with translated():
            return self._connection.execute(statement).all()

    def _first(self, statement: Executable) -> Row[*tuple[Any, ...]] | None:
        with translated():
            return self._connection.execute(statement).first()

    @staticmethod
    def _new_id(result: CursorResult[Any]) -> int:
        key = result.inserted_primary_key
        if key is None:
            raise RuntimeError("the database gave no id to a row that it should number")
        return int(key[0])

    def _insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Start an insert that may say what happens on a conflict; both databases spell that alike."""
        return postgresql.insert(table) if self._is_postgresql else sqlite.insert(table)


def chunks(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Cut a long list into pieces that fit one statement."""
    iterator = iter(items)
    while piece := list(islice(iterator, CHUNK)):
        yield piece


def state(kind: type[_State], value: str, otherwise: _State) -> _State:
    """Read a state; a word that is none counts as ``otherwise``."""
    try:
        return kind(value)
    except ValueError:
        return otherwise
