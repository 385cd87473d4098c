"""Reading and writing the two forms of a list: CSV, and JSON lines."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from schuldhulp.creditor.lists.columns import cells_of, field_of, require_person
from schuldhulp.creditor.lists.text import Lines, lines_of
from schuldhulp.errors import InvalidInput

ADDED: Final = ("signal", "municipality", "contact", "checked_at", "check_number", "block", "warning", "error")
"""Columns that the answers add; one whose name is taken is called ``answer_<name>``."""

MAX_LINES: Final = 50
"""Lines that one row may take, by line ends inside quotes; a longer one is a quote that was never closed."""

_SEPARATORS: Final = (";", ",", "\t", "|")
_SEP: Final = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One row of a list.

    Attributes:
        line: number of its first line.
        raw: its text as it stands in the list.
        names: names of its columns.
        values: what stands in them, to be passed on.
        cells: what says whom it is about, by field.
        fault: why it cannot be read; None when it can.
    """

    line: int
    raw: str = field(repr=False)
    names: Sequence[str]
    values: Sequence[Any] = field(repr=False)
    cells: Mapping[str, str] = field(repr=False, default_factory=dict)
    fault: InvalidInput | None = None


class Form(Protocol):
    """A list that is read, in one of the two forms."""

    @property
    def head(self) -> str:
        """What stands before the first row, as it stands there."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """Names of the columns, as far as the first line tells."""
        ...

    def rows(self) -> Iterator[Row]:
        """Read the rows; those that are empty are passed over."""
        ...

    def write_head(self) -> str:
        """Write what stands before the first answer."""
        ...

    def write(self, row: Row, answer: Mapping[str, Any]) -> str:
        """Write a row with the columns of `ADDED`."""
        ...


def open_form(lines: Lines) -> Form:
    """Find out in which form a list is, and read what stands before its first row.

    Args:
        lines: the list, from its beginning.

    Returns:
        The list.

    Raises:
        InvalidInput: it is empty, or its columns do not say whom it is about.
    """
    first = next(lines, None)
    while first is not None and not first.strip(" \r\n\ufeff"):
        first = next(lines, None)
    if first is None:
        raise InvalidInput("list_empty", "the list is empty", field="file")
    lines.give_back([first])
    return JsonLines(lines) if first.lstrip(" \t\ufeff").startswith("{") else Table(lines)


class Table:
    """A list in CSV: a first line with the names of the columns, then a row for each person."""

    def __init__(self, lines: Lines) -> None:
        """Read the names of the columns; see `open_form`."""
        self._lines = lines
        first = next(lines)
        self._sep_line = ""
        self._separator = ""
        if found := _SEP.fullmatch(first.lstrip("\ufeff")):
            self._sep_line, self._separator = first, found[1]
            first = next(lines, "")
        lines.give_back([first])
        self._end = "\r\n" if first.endswith("\r\n") else "\n"
        self._separator = self._separator or _separator_of(first)
        try:
            names, raw = self._record()
        except (csv.Error, StopIteration):
            raise InvalidInput("list_head_invalid", "the first line does not name columns", field="file") from None
        self.head = self._sep_line + raw
        self.names = [name.strip("\ufeff") for name in names]
        self._fields = [field_of(name) for name in self.names]
        require_person(name for name in self._fields if name is not None)
        self.added = added_names(self.names)

    def rows(self) -> Iterator[Row]:
        """Read the rows."""
        while True:
            line = self._lines.number + 1
            try:
                cells, raw = self._record()
            except StopIteration:
                return
            except csv.Error:
                yield self._unreadable(line, next(self._lines))
                continue
            if not any(cell.strip() for cell in cells):
                continue
            width = len(self.names)
            extra = cells[width:]
            if any(cell.strip() for cell in extra) or (len(cells) < width and raw.count("\n") > 1):
                if raw.count("\n") > 1:
                    # A stray quote may have joined lines that are rows of their own.
                    self._lines.give_back(lines_of(raw))
                    raw = next(self._lines)
                yield self._unreadable(line, raw)
                continue
            values = cells[:width] + [""] * (width - len(cells))
            try:
                found, fault = cells_of(zip(self._fields, values, strict=True)), None
            except InvalidInput as error:
                found, fault = {}, error
            yield Row(line=line, raw=raw, names=self.names, values=values, cells=found, fault=fault)

    def write_head(self) -> str:
        """Write the names of the columns, and before them the line ``sep=`` if there was one."""
        return self._sep_line + self._written([*self.names, *self.added])

    def write(self, row: Row, answer: Mapping[str, Any]) -> str:
        """Write a row; text of others in our columns cannot become a formula in a spreadsheet."""
        texts = [self._lines.writable(_defused(str(answer.get(name, "")))) for name in ADDED]
        return self._written([*row.values, *texts])

    def _written(self, cells: Sequence[str]) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=self._separator, lineterminator=self._end).writerow(cells)
        return text.getvalue()

    def _record(self) -> tuple[list[str], str]:
        """Read one row of CSV; after csv.Error the lines that it took can be read again."""
        taken: list[str] = []

        def feed() -> Iterator[str]:
            for line in self._lines:
                taken.append(line)
                if len(taken) > MAX_LINES:
                    raise csv.Error("a quote was not closed")
                yield line

        try:
            cells = next(csv.reader(feed(), delimiter=self._separator, strict=True))
        except csv.Error:
            self._lines.give_back(taken)
            raise
        return cells, "".join(taken)

    def _unreadable(self, line: int, raw: str) -> Row:
        """Make a row of a line that does not fit: what is too much stays in its last column."""
        width = len(self.names)
        cells = raw.rstrip("\r\n").split(self._separator, width - 1)
        fault = InvalidInput(
            "list_row_invalid",
            "row: the cells do not fit the columns; look for a quote or a separator too many",
            field="row",
        )
        return Row(line=line, raw=raw, names=self.names, values=cells + [""] * (width - len(cells)), fault=fault)


class JsonLines:
    """A list of JSON objects, one on each line; a CSV list can be written as one too."""

    def __init__(self, lines: Lines) -> None:
        """Read a list; nothing stands before its first row."""
        self._lines = lines
        self.head = ""
        self.names: Sequence[str] = ()

    def rows(self) -> Iterator[Row]:
        """Read the rows."""
        for raw in self._lines:
            text = raw.strip(" \t\r\n\ufeff")
            if text:
                yield self._row(self._lines.number, raw, text)

    def write_head(self) -> str:
        """Write nothing."""
        return ""

    def write(self, row: Row, answer: Mapping[str, Any]) -> str:
        """Write a row as a JSON object, in ASCII: every encoding has that."""
        plain = dict(zip(_distinct(row.names), row.values, strict=True))
        names = added_names(row.names)
        plain |= {taken: answer[name] for name, taken in zip(ADDED, names, strict=True) if name in answer}
        return json.dumps(plain) + "\n"

    def _row(self, line: int, raw: str, text: str) -> Row:
        try:
            plain = json.loads(text)
        except (ValueError, RecursionError):
            plain = None
        if not isinstance(plain, dict):
            fault = InvalidInput("list_row_invalid", "row: one JSON object a line expected", field="row")
            return Row(line=line, raw=raw, names=["row"], values=[raw.strip()], fault=fault)
        names, values = list(plain), list(plain.values())
        try:
            added_names(names)
            cells = cells_of((field_of(name), _text(name, value)) for name, value in plain.items() if field_of(name))
            require_person(cells)
        except InvalidInput as error:
            return Row(line=line, raw=raw, names=names, values=values, fault=error)
        return Row(line=line, raw=raw, names=names, values=values, cells=cells)


def added_names(names: Sequence[str]) -> list[str]:
    """Return what the columns of `ADDED` are called behind other columns.

    Raises:
        InvalidInput: there is a column ``signal`` already, as in the answers of another day.
    """
    taken = {name.strip().casefold() for name in names}
    if "signal" in taken:
        raise InvalidInput(
            "list_has_signal", "the list has a column signal already; take it out or rename it", field="signal"
        )
    return [f"answer_{name}" if name in taken else name for name in ADDED]


def _separator_of(first: str) -> str:
    """Return the separator with which most columns have a name that is known; the commonest here when all are alike."""

    def score(separator: str) -> tuple[int, int]:
        try:
            cells = next(csv.reader([first], delimiter=separator))
        except (csv.Error, StopIteration):
            return (0, 0)
        return (sum(field_of(cell.strip("\ufeff")) is not None for cell in cells), len(cells))

    return max(_SEPARATORS, key=score)


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        field = field_of(name)
        raise InvalidInput("value_wrong", f"{field}: text or a whole number expected", field=field)
    return str(value)


def _distinct(names: Sequence[str]) -> list[str]:
    """Number names that come more than once: JSON has room for each once."""
    found: list[str] = []
    for name in names:
        number, tried = 1, name
        while tried in found:
            number += 1
            tried = f"{name}_{number}"
        found.append(tried)
    return found


def _defused(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
