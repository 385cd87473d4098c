"""Asking on a page: for an organisation, with the account that the cockpit keeps for it.

What is typed is processed for the check and kept nowhere: the processing log says that an organisation asked and about
how many, and the organisation's own history holds its reference and the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, LogStatus, Purpose
from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.signal import SignalAnswer
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, NotAdmitted, NotAllowed, SchuldhulpError
from schuldhulp.services.creditor_pages.desk import Asker, Desk
from schuldhulp.services.creditor_pages.history import Check, CheckHistory
from schuldhulp.services.creditor_pages.reference import check_reference
from schuldhulp.services.ports import Clock, Store
from schuldhulp.services.processing_log import ProcessingLog, trace_id

PIECE: Final = 10
"""Persons of a list that are asked about at a time, so that one sees it get on and loses little by a fault."""

Answered = Callable[[Sequence[Check]], None]
"""Told the answers of a list as they come."""


@dataclass(frozen=True, kw_only=True)
class Desktop:
    """What the pages offer an organisation now.

    Attributes:
        open: whether the cockpit keeps an account for it.
        bsn: whether it may ask by citizen service number.
        quota: persons it may ask about in a day on the pages.
        left: how many of those are left today.
    """

    open: bool
    bsn: bool
    quota: int
    left: int


@dataclass(frozen=True, kw_only=True)
class Question:
    """One person to ask about.

    Attributes:
        identifier: who; never kept.
        reference: the organisation's own number, checked by `check_reference`.
    """

    identifier: Identifier = field(repr=False)
    reference: str


class CheckService:
    """Asks for organisations, and writes down that they did."""

    def __init__(
        self,
        *,
        store: Store,
        log: ProcessingLog,
        history: CheckHistory,
        desk: Desk,
        clock: Clock,
        municipality: MunicipalityCode,
        quota: int,
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            log: the processing log.
            history: what organisations asked before.
            desk: the accounts of organisations.
            clock: the time.
            municipality: which municipality is asked.
            quota: persons an organisation may ask about in a day on the pages.
        """
        self._store = store
        self._log = log
        self._history = history
        self._desk = desk
        self._clock = clock
        self._municipality = municipality
        self._quota = quota

    def desktop(self, *, actor: Actor) -> Desktop:
        """Return what the pages offer an organisation now.

        Raises:
            NotAllowed: the actor does not ask for an organisation.
            Misconfigured: the accounts cannot be read.
            Unreachable: the database does not answer.
        """
        organisation = self._organisation(actor)
        if self._desk.account(organisation) is None:
            return Desktop(open=False, bsn=False, quota=self._quota, left=0)
        try:
            bsn = self._desk.may_use_bsn(organisation)
        except SchuldhulpError:
            # A chain that does not answer gives no right; asking says what is wrong.
            bsn = False
        left = self._quota - self._history.count_today(organisation)
        return Desktop(open=True, bsn=bsn, quota=self._quota, left=max(left, 0))

    def check(self, *, actor: Actor, identifier: Identifier, reference: str, surname: str = "") -> Check:
        """Ask about one person.

        Args:
            actor: somebody of an organisation.
            identifier: who is asked about; forgotten with the answer.
            reference: the organisation's own number for it.
            surname: what was typed, only to see that the reference does not repeat it.

        Returns:
            The answer, as it stands in the organisation's history from now on.

        Raises:
            NotAllowed: no right to ask, or to ask by citizen service number, or the quota is spent.
            NotAdmitted: the pages are not open to this organisation.
            InvalidInput: the reference is no reference.
            schuldhulp.errors.SchuldhulpError: as listed at `SignalService.ask_many`; never red instead.
        """
        self._organisation(actor)
        checked = check_reference(reference, surname=surname)
        return self.check_many(actor=actor, questions=[Question(identifier=identifier, reference=checked)])[0]

    def check_many(
        self, *, actor: Actor, questions: Sequence[Question], answered: Answered = lambda checks: None
    ) -> list[Check]:
        """Ask about persons, a few at a time.

        Args:
            actor: somebody of an organisation.
            questions: who, each with a checked reference.
            answered: is told the answers as they come.

        Returns:
            A check for each question, in the same order. After a fault half-way, what was answered before it stands in
            the history.

        Raises:
            NotAllowed: no right to ask, or to ask by citizen service number, or more persons than the quota has left.
            NotAdmitted: the pages are not open to this organisation.
            InvalidInput: nobody to ask about.
            schuldhulp.errors.SchuldhulpError: as listed at `SignalService.ask_many`; never red instead.
        """
        organisation = self._organisation(actor)
        asker = self._desk.asker(organisation)
        if asker is None:
            raise NotAdmitted("pages_closed", "the pages are not open to this organisation")
        if not questions:
            raise InvalidInput("list_empty", "nobody to ask about", field="file")
        self._require_right(organisation, questions)
        self._note(actor, organisation, len(questions), LogStatus.OK)
        done: list[Check] = []
        try:
            for start in range(0, len(questions), PIECE):
                checks = self._ask(actor, organisation, asker, questions[start : start + PIECE])
                done += checks
                answered(checks)
        except SchuldhulpError:
            self._note(actor, organisation, len(questions) - len(done), LogStatus.ERROR)
            raise
        return done

    def _require_right(self, organisation: str, questions: Sequence[Question]) -> None:
        by_bsn = any(question.identifier.kind is IdentifierKind.BSN for question in questions)
        if by_bsn and not self._desk.may_use_bsn(organisation):
            raise NotAllowed("bsn_not_allowed", "no legal ground for citizen service numbers is recorded", field="bsn")
        left = max(self._quota - self._history.count_today(organisation), 0)
        if len(questions) > left:
            raise NotAllowed(
                "pages_quota_spent",
                f"{left} of {self._quota} persons are left for today on the pages",
                left=left,
                quota=self._quota,
            )

    def _ask(self, actor: Actor, organisation: str, asker: Asker, questions: Sequence[Question]) -> list[Check]:
        answers = asker.signals(
            municipality=self._municipality, identifiers=[question.identifier for question in questions]
        )
        checks = [
            _check(question, answer, login=trace_id(actor).hex()[:8])
            for question, answer in zip(questions, answers, strict=True)
        ]
        # Before anything is shown: what a page said can be looked up afterwards.
        self._history.add(organisation, checks)
        return checks

    def _organisation(self, actor: Actor) -> str:
        self._log.refuse(actor=actor, permission=Permission.ASK_SIGNAL, purpose=Purpose.SIGNAL, dossier=None)
        if actor.kind != "creditor" or not actor.organisation:
            raise NotAllowed("not_allowed", "asks for no organisation", permission=Permission.ASK_SIGNAL.value)
        return actor.organisation

    def _note(self, actor: Actor, organisation: str, count: int, status: LogStatus) -> None:
        with self._store.write() as work:
            self._log.write(
                work,
                actor=actor,
                action=LogAction.ASK_SIGNAL,
                purpose=Purpose.SIGNAL,
                reason=f"organisation {organisation}: {count}",
                status=status,
            )
            work.commit()


def _check(question: Question, answer: SignalAnswer, *, login: str) -> Check:
    at: datetime = answer.checked_at
    return Check(
        reference=question.reference,
        signal=answer.signal,
        checked_at=at,
        check_number=answer.check_number,
        block_number=answer.block_number,
        login=login,
        kind=question.identifier.kind,
        contact=answer.contact,
    )
