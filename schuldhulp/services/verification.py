"""Checking dossiers against the chain, one or all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.trust import Finding, FindingKind, TrustReport, TrustState, VerificationSummary
from schuldhulp.domain.types import DossierId
from schuldhulp.services.caseload import Caseload
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.processing_log import ProcessingLog
from schuldhulp.services.visibility import Visibility, VisibilityCheck

PIECE: Final = 50
"""Dossiers that are read and asked for at a time."""

Progress = Callable[[int, int], None]
"""Told after each dossier: how many are done, of how many."""


class VerificationService:
    """Recomputes roots and commitments from what is stored and compares them with the chain."""

    def __init__(
        self, *, reader: DossierReader, caseload: Caseload, log: ProcessingLog, log_dossier: DossierId
    ) -> None:
        """Take what it works with.

        Args:
            reader: opens and checks dossiers.
            caseload: lets people in.
            log: the processing log, which is checked too.
            log_dossier: the dossier whose root on the chain is the head of the log.
        """
        self._reader = reader
        self._caseload = caseload
        self._log = log
        self._log_dossier = log_dossier
        self._visibility = VisibilityCheck(reader)

    def dossier(self, *, actor: Actor, dossier: DossierId) -> TrustReport:
        """Check one dossier: every version of every record, every manifest, every job, the root, and who sees it.

        Args:
            actor: who asks.
            dossier: which one.

        Returns:
            The report; it names records by their id and shows nothing of them.

        Raises:
            NotAllowed: no right to this.
            NotFound: there is no such dossier.
            Unreachable: the database does not answer. A chain that does not is part of the report.
        """
        self._caseload.require(dossier, actor=actor, permission=Permission.VERIFY_DOSSIER, purpose=Purpose.VERIFICATION)
        opened = self._reader.read(dossier, whole=True)
        with self._reader.store.write() as work:
            self._log.write(
                work,
                actor=actor,
                action=LogAction.VERIFY,
                purpose=Purpose.VERIFICATION,
                dossier=dossier,
                key=opened.key,
            )
            work.commit()
        return self._visibility.report(opened, self._visibility.of(opened))

    def all(self, *, actor: Actor, progress: Progress | None = None) -> VerificationSummary:
        """Check all dossiers, the tags that creditors can see, and the processing log.

        Args:
            actor: who asks.
            progress: is told after each dossier.

        Returns:
            The reports, in the order of file numbers, and what was found besides.

        Raises:
            NotAllowed: no right to this.
            Unreachable: the database does not answer.
        """
        self._log.refuse(actor=actor, permission=Permission.VERIFY_ALL, purpose=Purpose.VERIFICATION, dossier=None)
        with self._reader.store.write() as work:
            self._log.write(work, actor=actor, action=LogAction.VERIFY, purpose=Purpose.VERIFICATION)
            work.commit()
        with self._reader.store.read() as work:
            dossiers = [row.id for row in work.dossiers.list(self._reader.municipality)]
            orphans = work.dossiers.orphans()
        visibility = self._visibility.all()
        reports: list[TrustReport] = []
        for report in self._reports(dossiers, visibility):
            reports.append(report)
            if progress is not None:
                progress(len(reports), len(dossiers))
        reports += [self._missing(orphan) for orphan in orphans]
        return VerificationSummary(reports=tuple(reports), system=(*self._check_log(), *visibility.findings))

    def _check_log(self) -> tuple[Finding, ...]:
        # The chain is asked first: a line that is committed was in the log before.
        answer = self._reader.answers([self._log_dossier])[self._log_dossier]
        if answer.silence is not None:
            return (Finding(kind=FindingKind.CHAIN_SILENT, detail=answer.silence.value), *self._log.check())
        return self._log.check(committed=answer.root)

    def _missing(self, dossier: DossierId) -> TrustReport:
        """Report a dossier of which only traces are left."""
        finding = Finding(kind=FindingKind.ROOT_DIFFERS, detail="dossier_missing")
        return TrustReport(
            state=TrustState.DEVIATES, findings=(finding,), checked_at=self._reader.clock.now(), dossier=dossier
        )

    def _reports(self, dossiers: list[DossierId], visibility: Visibility) -> Iterator[TrustReport]:
        for start in range(0, len(dossiers), PIECE):
            for opened in self._reader.read_all(dossiers[start : start + PIECE], whole=True):
                yield self._visibility.report(opened, visibility)
