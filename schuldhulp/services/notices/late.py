"""Which creditors did not sign in time, over a whole caseload: somebody has to call them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.notices import NoticeState
from schuldhulp.domain.records import RecordKind
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossiers import DossierService
from schuldhulp.services.notices.overview import NoticeOverview, NoticeView
from schuldhulp.services.processing_log import ProcessingLog
from schuldhulp.services.views import DossierSummary

_REASON: Final = "notices that nobody signed for in time"
_LATE: Final = frozenset({NoticeState.OVERDUE, NoticeState.LOST})


@dataclass(frozen=True, kw_only=True, slots=True)
class LateNotice:
    """A notice that wants a telephone call, or has to be sent again.

    Attributes:
        dossier: what a list shows of the client.
        notice: the notice; overdue, lost, or still waiting with its term over.
    """

    dossier: DossierSummary
    notice: NoticeView


class LateNotices:
    """Looks through the own dossiers of a caseworker; every look leaves a line in the processing log."""

    def __init__(
        self, *, dossiers: DossierService, reader: DossierReader, overview: NoticeOverview, log: ProcessingLog
    ) -> None:
        """Take what it works with.

        Args:
            dossiers: lists the dossiers.
            reader: opens those with notices, in memory.
            overview: tells where each notice stands.
            log: the processing log.
        """
        self._dossiers = dossiers
        self._reader = reader
        self._overview = overview
        self._log = log

    def of(self, *, actor: Actor) -> list[LateNotice]:
        """Return what is late in the own caseload, the longest overdue first; clients whose help ended are left out.

        Args:
            actor: whose caseload.

        Raises:
            NotAllowed: the actor may not list dossiers.
            Unreachable: the database does not answer.
        """
        self._log.refuse(actor=actor, permission=Permission.LIST_DOSSIERS, purpose=Purpose.ENROLMENT, dossier=None)
        with self._reader.store.write() as work:
            self._log.write(work, actor=actor, action=LogAction.SEARCH, purpose=Purpose.ENROLMENT, reason=_REASON)
            work.commit()
        own = {
            summary.id: summary
            for summary in self._dossiers.list(actor=actor)
            if summary.own and not summary.ended and summary.counts.get(RecordKind.NOTICE)
        }
        found = [
            LateNotice(dossier=own[opened.dossier.id], notice=view)
            for opened in self._reader.read_all(list(own))
            for view in self._overview.views(opened)
            if _is_late(view)
        ]
        return sorted(found, key=lambda one: (one.notice.days_left, one.dossier.file_number, one.notice.record))


def _is_late(view: NoticeView) -> bool:
    return view.state in _LATE or (view.state is NoticeState.WAITING and view.days_left < 0)
