"""The worker's day: puts what waits on the chain on schedule, looks after what it signed, watches the chain."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Final

from schuldhulp import errors
from schuldhulp.services.anchoring import Anchoring, AnchorReport
from schuldhulp.services.chain_watch import ChainWatch, WatchFinding
from schuldhulp.services.claims.carrying_out import CarryingOut, DecisionReport
from schuldhulp.services.claims.intake import ClaimIntake
from schuldhulp.services.claims.telling import DecisionPost
from schuldhulp.services.ports import Clock
from schuldhulp.services.publication import PublicationReport, Publishing
from schuldhulp.services.schedule import Due, Every, Schedule
from schuldhulp.services.sending import LeaseLost, Sender

LOG: Final = logging.getLogger(__name__)

BETWEEN: Final = 0.5
"""Seconds between two looks at what is due."""

WATCH: Final = Every(seconds=60)
"""How often database and chain are compared (DESIGN 4)."""

PATIENCE: Final = timedelta(seconds=5)
"""Time before something that failed is tried again."""

CLAIMS_PATIENCE: Final = timedelta(seconds=30)
"""The same for claims: an evaluator that is slow to fail must not take the time of what goes on the chain."""


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """What one run did.

    Attributes:
        finding: what the comparison of database and chain found, None when they agree.
        published: what was done with tags.
        anchored: what was done with roots.
    """

    finding: WatchFinding | None
    published: PublicationReport
    anchored: AnchorReport


@dataclass(frozen=True, kw_only=True)
class Chore:
    """Something small that the worker does on a schedule of its own, after what goes on the chain.

    Attributes:
        name: what it is called in the journal of the process; no two have the same.
        schedule: when it is done.
        do: does it, and returns how many things were done, and how many something is in the way of.
        at_once: whether it is done when the worker starts too.
    """

    name: str
    schedule: Schedule
    do: Callable[[], tuple[int, int]]
    at_once: bool = False


@dataclass(kw_only=True)
class Worker:
    """One worker for one signing account.

    Attributes:
        anchoring: puts roots on the chain.
        publishing: puts tags on the chain.
        watch: compares database and chain.
        sender: holds the lease.
        clock: the time.
        ledger_schedule: when ledger batches go out.
        enrolment_schedule: when enrolments and endings go out.
        claims: receives claims; None where that is not wanted.
        claims_schedule: when claims are collected, and receipts and decisions sent.
        decisions: puts decisions on claims on the chain; None where that is not wanted.
        decision_schedule: when that is done.
        post: sends decisions to whom they are for; None likewise.
        chores: what else is done.
    """

    anchoring: Anchoring
    publishing: Publishing
    watch: ChainWatch
    sender: Sender
    clock: Clock
    ledger_schedule: Schedule
    enrolment_schedule: Schedule
    claims: ClaimIntake | None = None
    claims_schedule: Schedule = WATCH
    decisions: CarryingOut | None = None
    decision_schedule: Schedule = WATCH
    post: DecisionPost | None = None
    chores: Sequence[Chore] = ()
    _last: dict[str, str] = field(default_factory=dict)
    _unfinished: bool = False
    _undecided: bool = False

    def run_once(self) -> RunReport:
        """Do everything that waits now, whatever the schedule says.

        Returns:
            What was done and found.

        Raises:
            LeaseLost: another worker is at work.
            errors.Unreachable: chain or database do not answer.
            errors.ChainMismatch: another chain answers.
            errors.Deviation: the chain is behind the database.
        """
        self.sender.hold_lease()
        try:
            return RunReport(
                finding=self.watch.check(),
                published=self.publishing.publish_once(),
                anchored=self.anchoring.anchor_once(),
            )
        finally:
            self.sender.release_lease()

    def run(self, *, wait: Callable[[float], bool]) -> None:
        """Work until asked to stop; nothing that fails ends it, and nothing it was doing is lost when it is killed.

        Args:
            wait: waits a number of seconds, and says whether to stop.
        """
        now = self.clock.now()
        tasks: tuple[tuple[str, Due, Callable[[], object]], ...] = (
            ("watch", Due(WATCH, now, at_once=True), self._watch),
            ("ledger", Due(self.ledger_schedule, now), self._anchor),
            # What the cockpit sealed is opened and erased soon; when it is published is another matter.
            ("preparation", Due(WATCH, now, at_once=True), self._prepare),
            ("publication", Due(self.enrolment_schedule, now), self._publish),
            ("settling", Due(Every(seconds=2), now), self._settle),
            ("request", Due(Every(seconds=1), now), self._answer),
            # Last: what goes on the chain does not wait for it.
            ("claims", Due(self.claims_schedule, now, at_once=True), self._receive),
            ("decisions", Due(self.decision_schedule, now), self._decide),
            ("decided", Due(Every(seconds=2), now), self._settle_decisions),
            ("telling", Due(self.claims_schedule, now), self._tell_decisions),
            *((one.name, Due(one.schedule, now, at_once=one.at_once), partial(self._do, one)) for one in self.chores),
        )
        patient = {"claims", "telling", *(one.name for one in self.chores)}
        retry = {name: now for name, _, _ in tasks}
        try:
            while True:
                for name, due, task in tasks:
                    now = self.clock.now()
                    if now < retry[name]:
                        continue
                    # Also what a command asked for may have left something of a publication.
                    left = {"publication": self._unfinished, "decisions": self._undecided}
                    wanted = due.take(now) or left.get(name, False)
                    if wanted and not self._attempt(name, task):
                        retry[name] = now + (CLAIMS_PATIENCE if name in patient else PATIENCE)
                        due.next = min(due.next, retry[name])
                if wait(BETWEEN):
                    return
        finally:
            self._attempt("ending", self.sender.release_lease)
            if self.decisions is not None:
                self._attempt("ending decisions", self.decisions.release_lease)

    def _attempt(self, name: str, task: Callable[[], object]) -> bool:
        """Do one thing; say whether all of it was done. The same trouble is told once, not every few seconds."""
        try:
            done = task() is not False
        except LeaseLost:
            self._tell(name, "another worker is at work with this account; waiting")
            return False
        except errors.SchuldhulpError as error:
            self._tell(name, str(error))
            return False
        except Exception as error:  # noqa: BLE001 - a worker that ends anchors nothing any more
            # Not the text of the error: nobody knows what it holds.
            self._tell(name, f"internal error: {type(error).__name__}")
            return False
        self._tell(name, "")
        return done

    def _tell(self, name: str, trouble: str) -> None:
        before = self._last.get(name, "")
        self._last[name] = trouble
        if trouble and trouble != before:
            LOG.warning("%s: %s", name, trouble)
        elif before and not trouble:
            LOG.info("%s: goes on", name)

    def _watch(self) -> None:
        finding = self.watch.check()
        text = f"{finding.kind.value} {finding.detail}, {len(finding.dossiers)} dossiers" if finding else ""
        self._tell("comparison", text)

    def _anchor(self) -> None:
        report = self.anchoring.anchor_once()
        if report.signed:
            LOG.info("ledger: %d changes signed", report.signed)
        for finding in report.findings:
            self._tell(f"job {finding.dossier.hex() if finding.dossier else ''}", finding.reason.value)
        for batch, reason in report.failed:
            LOG.error("ledger: batch %d changed nothing (%s)", batch, reason)

    def _prepare(self) -> None:
        self._note(self.publishing.prepare())

    def _publish(self) -> bool:
        again, self._unfinished = self._unfinished, True
        report = self.publishing.publish_once(again=again)
        self._unfinished = report.leftover
        if report.enrolled or report.ended:
            LOG.info("publication: %d tags enrolled, %d ended", report.enrolled, report.ended)
        self._note(report)
        return not report.leftover

    def _note(self, report: PublicationReport) -> None:
        found = {
            f"publication {finding.publication.hex() if finding.publication else ''}": finding
            for finding in report.findings
        }
        for name, finding in found.items():
            self._tell(name, f"{finding.trouble.value} {finding.detail}".strip())

    def _answer(self) -> None:
        """Do at once what waits, when a command asks for it that may not do it itself while this worker runs."""
        request = self.sender.request()
        if request is None:
            return
        self._publish()
        self._anchor()
        self.sender.answer(request)

    def _settle(self) -> None:
        self.anchoring.settle()

    def _receive(self) -> bool:
        if self.claims is None:
            return True
        self.sender.hold_lease()
        report = self.claims.run_once()
        if report.accepted or report.refused or report.missing:
            LOG.info(
                "claims: %d accepted, %d refused, %d without contents", report.accepted, report.refused, report.missing
            )
        self._tell("intake of claims", " ".join(report.troubles))
        self._tell("receipts", f"{report.unsent} wait, see `schuldhulp claims list`" if report.unsent else "")
        return not report.troubles

    def _decide(self) -> bool:
        if self.decisions is None:
            return True
        again, self._undecided = self._undecided, True
        report = self.decisions.carry_out(again=again)
        self._undecided = report.leftover
        if report.signed:
            LOG.info("decisions: %d signed", report.signed)
        self._note_decisions("decisions on claims", report)
        return not report.leftover

    def _settle_decisions(self) -> None:
        if self.decisions is not None:
            self._note_decisions("signed decisions", self.decisions.settle())

    def _tell_decisions(self) -> None:
        if self.post is None:
            return
        sent, unsent = self.post.send()
        if sent:
            LOG.info("decisions: %d delivered", sent)
        self._tell("delivery of decisions", f"{unsent} wait" if unsent else "")

    def _do(self, chore: Chore) -> None:
        done, waiting = chore.do()
        if done:
            LOG.info("%s: %d done", chore.name, done)
        self._tell(f"{chore.name}, what waits", f"{waiting} wait" if waiting else "")

    def _note_decisions(self, name: str, report: DecisionReport) -> None:
        if report.overtaken:
            LOG.warning("decisions: %d overtaken, back to the caseworker", report.overtaken)
        self._tell(name, " ".join(report.troubles))
