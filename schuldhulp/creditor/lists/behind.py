"""What can be said of the rows behind the place where the quota was spent: whoever costs nothing is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from schuldhulp.creditor.lists.reading import Row
from schuldhulp.domain.signal import SignalAnswer
from schuldhulp.errors import InvalidInput

Found = SignalAnswer | InvalidInput | None
"""What a row gets; None for a row whose person has to be asked about and cannot be now."""


class Behind:
    """The rows that wait for the list to go on: written as far as they are answered, and counted on the way.

    Attributes:
        early: rows that got an answer before their turn, bad ones included.
        waiting: rows whose person has to be asked about when there is quota again.
    """

    def __init__(
        self,
        rows: Iterable[tuple[Row, Found]],
        *,
        write: Callable[[Row, Mapping[str, Any]], bytes],
        words: Callable[[SignalAnswer], Mapping[str, Any]],
    ) -> None:
        """Take the rows; they are read only when they are written.

        Args:
            rows: each with what it gets, in the order of the list.
            write: writes a row with its answer.
            words: makes the columns of an answer.
        """
        self._rows = rows
        self._write = write
        self._words = words
        self.early = 0
        self.waiting = 0

    def __iter__(self) -> Iterator[bytes]:
        """Write the rows that have an answer, in the order of the list; the others are counted alone."""
        for row, found in self._rows:
            if found is None:
                self.waiting += 1
                continue
            self.early += 1
            yield self._write(row, {"error": str(found)} if isinstance(found, InvalidInput) else self._words(found))
