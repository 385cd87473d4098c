"""A list that somebody uploads: read, asked about in the background, and given back with the answers, all in memory."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Protocol

from schuldhulp.domain.access import Actor
from schuldhulp.domain.identifiers import Identifier
from schuldhulp.domain.signal import Signal
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, SchuldhulpError
from schuldhulp.services.creditor_pages.checks import CheckService, Question
from schuldhulp.services.creditor_pages.history import Check
from schuldhulp.services.creditor_pages.reference import LONGEST, check_reference, row_reference

MAX_BYTES: Final = 256 * 1024
"""Size of a file on a page: a few thousand rows, far above what the quota of the pages allows."""

LONGEST_REFERENCE: Final = LONGEST - len(row_reference("", 99_999))
"""Characters of the reference of a list: the number of the line comes behind it."""

KEPT: Final = timedelta(minutes=15)
"""How long the answers to a list stay in memory."""


@dataclass(frozen=True, kw_only=True)
class ListedPerson:
    """One row of a list.

    Attributes:
        line: number of its first line in the file.
        identifier: who, None when the row cannot be read.
        fault: what is wrong with it, None when it can; names the field and repeats nothing.
    """

    line: int
    identifier: Identifier | None = field(default=None, repr=False)
    fault: InvalidInput | None = None


class UploadedList(Protocol):
    """A file with persons that was read."""

    @property
    def people(self) -> Sequence[ListedPerson]:
        """Its rows."""
        ...

    def answered(self, answers: Mapping[int, Mapping[str, Any]]) -> bytes:
        """Write the file with the columns of the answers added.

        Args:
            answers: the columns to fill in, by the number of the line.
        """
        ...


ReadList = Callable[[bytes, MunicipalityCode], UploadedList]
"""Reads a file; raises InvalidInput when it is no list."""


class ListRun:
    """One list that is being asked about. It lives in one visitor's session and nowhere else."""

    def __init__(self, *, asked: UploadedList, reference: str, people: Sequence[ListedPerson]) -> None:
        """Take a list; see `ListService.start`."""
        self.reference = reference
        self.total = len(people)
        self.bad: list[tuple[int, InvalidInput]] = [
            (one.line, one.fault) for one in asked.people if one.fault is not None
        ]
        self.error: SchuldhulpError | None = None
        self.forgotten = False
        self._asked: UploadedList | None = asked
        self._lines = [one.line for one in people]
        self._checks: list[Check] = []
        self._finished = threading.Event()

    @property
    def done(self) -> int:
        """How many persons have an answer."""
        return len(self._checks)

    @property
    def finished(self) -> bool:
        """Whether no more answers come."""
        return self._finished.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has finished; say whether it has."""
        return self._finished.wait(seconds)

    def count(self, signal: Signal) -> int:
        """Return how many persons got this answer."""
        return sum(check.signal is signal for check in self._checks)

    def content(self, words: Callable[[Check], Mapping[str, Any]], problem: Callable[[InvalidInput], str]) -> bytes:
        """Return the file with the answers.

        Args:
            words: the columns of an answer.
            problem: what stands in the column ``error`` of a row that cannot be read.
        """
        if self._asked is None:
            return b""
        answers = {line: words(check) for line, check in zip(self._lines, self._checks, strict=False)}
        return self._asked.answered({**answers, **{line: {"error": problem(fault)} for line, fault in self.bad}})

    def forget(self) -> None:
        """Forget the file and the answers."""
        self._asked, self._checks, self.bad, self.forgotten = None, [], [], True

    def add(self, checks: Sequence[Check]) -> None:
        """Note answers as they come."""
        if not self.forgotten:
            self._checks = [*self._checks, *checks]

    def end(self, error: SchuldhulpError | None) -> None:
        """Note that no more come, and why when that is too early; from now on the answers stay for a while."""
        self.error = error
        self._finished.set()
        timer = threading.Timer(KEPT.total_seconds(), _forget, args=(weakref.ref(self),))
        timer.daemon = True
        timer.start()


def _forget(run: weakref.ref[ListRun]) -> None:
    # A weak reference: a run whose session ended is gone before its time.
    found = run()
    if found is not None:
        found.forget()


class ListService:
    """Asks about lists for organisations."""

    def __init__(self, *, checks: CheckService, read: ReadList, municipality: MunicipalityCode) -> None:
        """Take what it works with.

        Args:
            checks: asks, within the quota.
            read: reads a file.
            municipality: which municipality is asked.
        """
        self._checks = checks
        self._read = read
        self._municipality = municipality

    def start(self, *, actor: Actor, content: bytes, reference: str) -> ListRun:
        """Read a file and begin to ask, in the background.

        Args:
            actor: somebody of an organisation.
            content: the file.
            reference: the organisation's own number for this list.

        Returns:
            The run, to follow and to take the answers from.

        Raises:
            InvalidInput: the file is no list (``field`` is ``file``), has more persons than may be asked about, or the
                reference is no reference.
            NotAllowed: no right to ask.
            Unreachable: the database does not answer.
        """
        desktop = self._checks.desktop(actor=actor)
        checked = check_reference(reference)
        if len(checked) > LONGEST_REFERENCE:
            raise InvalidInput(
                "list_reference_long", "reference: too long for a list", field="reference", limit=LONGEST_REFERENCE
            )
        if len(content) > MAX_BYTES:
            raise InvalidInput("list_too_large", "file: larger than a page takes", field="file")
        asked = self._read(content, self._municipality)
        people = [one for one in asked.people if one.identifier is not None]
        if len(people) > desktop.left:
            raise InvalidInput("list_too_long", "file: more persons than may be asked about", field="file",
                               limit=desktop.left)  # fmt: skip
        if not people and not any(one.fault for one in asked.people):
            raise InvalidInput("list_empty", "file: nobody in it", field="file")
        run = ListRun(asked=asked, reference=checked, people=people)
        if not people:
            run.end(None)
            return run
        questions = [
            Question(identifier=one.identifier, reference=row_reference(checked, one.line))
            for one in people
            if one.identifier is not None
        ]
        threading.Thread(target=self._ask, args=(actor, questions, run), name="page list", daemon=True).start()
        return run

    def _ask(self, actor: Actor, questions: Sequence[Question], run: ListRun) -> None:
        error: SchuldhulpError | None = None
        try:
            self._checks.check_many(actor=actor, questions=questions, answered=run.add)
        except SchuldhulpError as found:
            error = found
        except Exception as found:  # noqa: BLE001 - the thread has nobody to tell, and the page must not wait for ever
            # Not the text of the error: nobody knows what it holds.
            error = SchuldhulpError("list_failed", f"internal error: {type(found).__name__}")
        finally:
            run.end(error)
