"""A stand-in for the services behind a creditor's pages, in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from schuldhulp.domain.access import Actor, Permission, require
from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.signal import Signal
from schuldhulp.errors import SchuldhulpError
from schuldhulp.services.creditor_pages.checks import Desktop, Question
from schuldhulp.services.creditor_pages.history import Check
from schuldhulp.services.processing_log import trace_id

CONTACT = "schuldhulp@example.nl"


def make_check(reference: str, signal: Signal, at: datetime, *, login: str = "0badcafe", contact: str = "") -> Check:
    """Return a check as the history holds it."""
    return Check(
        reference=reference,
        signal=signal,
        checked_at=at,
        check_number="7X2P-QK4M-90ZT-H",
        block_number=321,
        login=login,
        kind=IdentifierKind.NADB,
        contact=contact,
    )


@dataclass
class FakeChecks:
    """Answers what the pages ask; everybody in `known` is green.

    Attributes:
        now: the time.
        known: texts of identifiers that are known.
        asked: the identifiers that were asked about.
        rows: what the history holds, newest first.
        failing: raised by the next check, once.
        after: how many persons of a list get an answer before that.
    """

    now: datetime
    known: set[str] = field(default_factory=set)
    asked: list[Identifier] = field(default_factory=list)
    rows: list[Check] = field(default_factory=list)
    failing: SchuldhulpError | None = None
    after: int = 0
    open: bool = True
    bsn: bool = False
    quota: int = 50
    days: int = 90

    def desktop(self, *, actor: Actor) -> Desktop:
        """Return what the pages offer."""
        require(actor, Permission.ASK_SIGNAL)
        return Desktop(open=self.open, bsn=self.bsn, quota=self.quota, left=max(self.quota - len(self.rows), 0))

    def check(self, *, actor: Actor, identifier: Identifier, reference: str, surname: str = "") -> Check:
        """Answer one check."""
        return self.check_many(actor=actor, questions=[Question(identifier=identifier, reference=reference)])[0]

    def check_many(
        self,
        *,
        actor: Actor,
        questions: Sequence[Question],
        answered: Callable[[Sequence[Check]], None] = lambda checks: None,
    ) -> list[Check]:
        """Answer checks one by one."""
        require(actor, Permission.ASK_SIGNAL)
        done: list[Check] = []
        for question in questions:
            if self.failing is not None and len(done) == self.after:
                failing, self.failing = self.failing, None
                raise failing
            self.asked.append(question.identifier)
            signal = Signal.GREEN if question.identifier.text in self.known else Signal.RED
            check = make_check(
                question.reference,
                signal,
                self.now,
                login=trace_id(actor).hex()[:8],
                contact=CONTACT if signal is Signal.GREEN else "",
            )
            self.rows.insert(0, check)
            done.append(check)
            answered([check])
        return done

    def of(self, *, actor: Actor) -> list[Check]:
        """Return the history."""
        require(actor, Permission.ASK_SIGNAL)
        return list(self.rows)

    def fill(self, count: int) -> None:
        """Put checks in the history, one a day, every third one green."""
        self.rows = [
            make_check(f"K-{number:04}", Signal.RED if number % 3 else Signal.GREEN, self.now - timedelta(days=number))
            for number in range(count)
        ]
