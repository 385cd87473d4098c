"""A list that was uploaded to a page, read by the same rules as the command reads a file."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

from schuldhulp.creditor.lists import Lines, encoding_of, open_form
from schuldhulp.creditor.lists.columns import asked_of
from schuldhulp.creditor.lists.reading import Row
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput
from schuldhulp.services.creditor_pages.lists import ListedPerson

MAX_ROWS: Final = 5_000
"""Rows that are read; the quota of the pages stops earlier."""


class PageList:
    """Implements `services.creditor_pages.lists.UploadedList`; holds the file in memory."""

    def __init__(self, content: bytes, municipality: MunicipalityCode) -> None:
        """Read a file.

        Args:
            content: the file.
            municipality: CBS code of the one municipality that a page asks.

        Raises:
            InvalidInput: it is no list, or has too many rows.
        """
        self._lines = Lines(io.BytesIO(content), encoding=encoding_of(io.BytesIO(content)))
        self._form = open_form(self._lines)
        self._rows: list[Row] = []
        for row in self._form.rows():
            if len(self._rows) == MAX_ROWS:
                raise InvalidInput("list_too_long", "file: too many rows", field="file", limit=MAX_ROWS)
            self._rows.append(row)
        self.people = [_person(row, municipality) for row in self._rows]

    def answered(self, answers: Mapping[int, Mapping[str, Any]]) -> bytes:
        """Write the file with the columns of the answers added, in its own encoding.

        Args:
            answers: the columns to fill in, by the number of the line.
        """
        written = [self._form.write_head(), *(self._form.write(row, answers.get(row.line, {})) for row in self._rows)]
        return self._lines.mark + b"".join(self._lines.encode(text) for text in written)


def _person(row: Row, municipality: MunicipalityCode) -> ListedPerson:
    if row.fault is not None:
        return ListedPerson(line=row.line, fault=row.fault)
    try:
        asked = asked_of(row.cells, municipality)
        if asked.municipality != municipality:
            raise InvalidInput(
                "municipality_other", "municipality: a page asks its own municipality only", field="municipality"
            )
    except InvalidInput as error:
        return ListedPerson(line=row.line, fault=error)
    return ListedPerson(line=row.line, identifier=asked.identifier)
