"""Checking a list: read a window of rows, ask about everybody in it, write the answers, and so on to the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from typing import Any, Final, Protocol

from schuldhulp.creditor.lists.behind import Behind, Found
from schuldhulp.creditor.lists.columns import Asked, asked_of
from schuldhulp.creditor.lists.journal import Answers, Progress
from schuldhulp.creditor.lists.patience import Patience
from schuldhulp.creditor.lists.reading import Form, Row
from schuldhulp.crypto.framing import Field
from schuldhulp.domain.identifiers import Identifier
from schuldhulp.domain.signal import Signal, SignalAnswer
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import Conflict, InvalidInput, NotFound, SchuldhulpError
from schuldhulp.services.tags import QUOTA_SPENT

WINDOW: Final = 4_000
"""Rows that are asked about at once: four questions to the evaluator, which works on one while the next is blinded and
the one before it finished."""


class Asker(Protocol):
    """Asks for signals, as `schuldhulp.creditor.Client` does."""

    def signals(self, *, municipality: MunicipalityCode, identifiers: Sequence[Identifier]) -> list[SignalAnswer]:
        """Answer about persons."""
        ...

    def kept_signals(
        self, *, municipality: MunicipalityCode, identifiers: Sequence[Identifier]
    ) -> list[SignalAnswer | None]:
        """Answer about those whose tags are kept."""
        ...


class Fingerprint(Protocol):
    """Recognises the rows of a list without keeping them; a keyed hash."""

    def update(self, content: bytes, /) -> None:
        """Add rows."""
        ...

    def copy(self) -> Fingerprint:
        """Return another one that goes on from here."""
        ...

    def hexdigest(self) -> str:
        """Return what was added so far, hexadecimal."""
        ...


class Watcher(Protocol):
    """Whoever looks on."""

    def advanced(self, progress: Progress) -> None:
        """So many rows are done."""
        ...

    def found_bad(self, line: int, fault: InvalidInput) -> None:
        """A row cannot be read; the fault never repeats what stands in it."""
        ...


@dataclass(frozen=True, kw_only=True)
class ListCheck:
    """How lists are checked.

    Attributes:
        asker: asks for signals.
        municipality: CBS code for rows that name none.
        fingerprint: begins the fingerprint of a list from what else the answers depend on.
        patience: what to do when somebody does not answer.
        watcher: whoever looks on.
        words: makes the columns of an answer.
        window: rows that are asked about at once.
    """

    asker: Asker
    municipality: MunicipalityCode
    fingerprint: Callable[..., Fingerprint]
    patience: Patience
    watcher: Watcher
    words: Callable[[SignalAnswer], Mapping[str, Any]]
    window: int = WINDOW

    def run(
        self,
        form: Form,
        answers: Answers,
        *,
        write: Callable[[Row, Mapping[str, Any]], bytes],
        head: Callable[[], bytes],
        of: Sequence[Field] = (),
    ) -> Progress:
        """Check a list to its end, or go on where an earlier run stopped.

        Args:
            form: the list.
            answers: where the answers go.
            write: writes a row with its answer.
            head: writes what stands before the first row.
            of: whatever else the answers depend on, such as the organisation.

        Returns:
            How it ended.

        Raises:
            Conflict: what an earlier run left belongs to another list or question.
            schuldhulp.errors.SchuldhulpError: somebody refused, or did not answer in time. What was answered is
                written, and the same call goes on from there. When the quota is spent, who costs nothing is answered
                all the same, apart (`Answers.set_aside`).
        """
        print_ = self.fingerprint("list", form.head, self.municipality, *of)
        rows = form.rows()
        done = answers.progress
        if done is None:
            done = answers.add(head(), Progress(fingerprint=print_.hexdigest()))
        else:
            self._pass_over(rows, print_, done)
        self.watcher.advanced(done)
        while window := list(islice(rows, self.window)):
            found, stop = self._ask(window)
            content = bytearray()
            answered = list(takewhile(lambda answer: answer is not None, found))
            for row, answer in zip(window, _whole(answered), strict=False):
                print_.update(_framed(row))
                content += write(row, self._told(row, answer))
                done = _counted(done, answer)
            done = answers.add(bytes(content), replace(done, fingerprint=print_.copy().hexdigest()))
            self.watcher.advanced(done)
            if stop is not None:
                if stop.key in QUOTA_SPENT:
                    here = list(zip(window, found, strict=True))[len(answered) :]
                    answers.set_aside(head(), Behind(self._behind(here, rows), write=write, words=self.words))
                raise stop
        answers.finish()
        return done

    def _pass_over(self, rows: Iterator[Row], print_: Fingerprint, done: Progress) -> None:
        count = 0
        for row in islice(rows, done.rows):
            print_.update(_framed(row))
            count += 1
        if count != done.rows or print_.copy().hexdigest() != done.fingerprint:
            raise Conflict(
                "list_changed",
                "the answers that were begun belong to another list or question; give that, or begin anew (--restart)",
                field="out",
            )

    def _behind(self, here: Sequence[tuple[Row, Found]], rows: Iterator[Row]) -> Iterator[tuple[Row, Found]]:
        """Yield the rows from where a list stopped to its end; None for who waits for new quota."""
        yield from here
        while window := list(islice(rows, self.window)):
            found, groups = self._read_all(window)
            for municipality, people in groups.items():
                for place, answer in zip(people, self._kept(municipality, list(people.values())), strict=True):
                    found[place] = answer
            yield from zip(window, found, strict=True)

    def _ask(self, window: Sequence[Row]) -> tuple[list[Found], SchuldhulpError | None]:
        """Return what each row of a window gets; None with the error that stands in the way of an answer."""
        found, groups = self._read_all(window)
        stop: SchuldhulpError | None = None
        for municipality, people in groups.items():
            identifiers = list(people.values())
            if stop is None:
                answers, stop = self._ask_municipality(municipality, identifiers)
            else:
                answers = self._kept(municipality, identifiers)
            for place, answer in zip(people, answers, strict=True):
                found[place] = answer
        return found, stop

    def _read_all(self, window: Sequence[Row]) -> tuple[list[Found], dict[MunicipalityCode, dict[int, Identifier]]]:
        """Return the faults of rows, and for each municipality whom to ask about by place in the window."""
        found: list[Found] = [None] * len(window)
        groups: dict[MunicipalityCode, dict[int, Identifier]] = {}
        for place, row in enumerate(window):
            asked = self._read(row)
            if isinstance(asked, InvalidInput):
                found[place] = asked
            else:
                groups.setdefault(asked.municipality, {})[place] = asked.identifier
        return found, groups

    def _ask_municipality(
        self, municipality: MunicipalityCode, people: Sequence[Identifier]
    ) -> tuple[Sequence[SignalAnswer | InvalidInput | None], SchuldhulpError | None]:
        """Return answers, or the error with what can be answered all the same."""
        try:
            return self.patience.have(lambda: self.asker.signals(municipality=municipality, identifiers=people)), None
        except NotFound as error:
            if error.key != "municipality_unknown":
                return self._kept(municipality, people), error
            fault = InvalidInput("municipality_unknown", "municipality: it gives no signals", field="municipality")
            return [fault] * len(people), None
        except SchuldhulpError as error:
            return self._kept(municipality, people), error

    def _kept(self, municipality: MunicipalityCode, people: Sequence[Identifier]) -> list[SignalAnswer | None]:
        try:
            return self.asker.kept_signals(municipality=municipality, identifiers=people)
        except SchuldhulpError:
            return [None] * len(people)

    def _read(self, row: Row) -> Asked | InvalidInput:
        if row.fault is not None:
            return row.fault
        try:
            return asked_of(row.cells, self.municipality)
        except InvalidInput as error:
            return error

    def _told(self, row: Row, answer: SignalAnswer | InvalidInput) -> Mapping[str, Any]:
        if isinstance(answer, InvalidInput):
            self.watcher.found_bad(row.line, answer)
            return {"error": str(answer)}
        return self.words(answer)


def _whole(found: Sequence[Found]) -> list[SignalAnswer | InvalidInput]:
    return [answer for answer in found if answer is not None]


def _framed(row: Row) -> bytes:
    text = row.raw.encode("utf-8", "surrogatepass")
    return len(text).to_bytes(8, "big") + text


def _counted(done: Progress, answer: SignalAnswer | InvalidInput) -> Progress:
    if isinstance(answer, InvalidInput):
        return replace(done, rows=done.rows + 1, bad=done.bad + 1)
    if answer.signal is Signal.GREEN:
        return replace(done, rows=done.rows + 1, green=done.green + 1)
    return replace(done, rows=done.rows + 1, red=done.red + 1)
