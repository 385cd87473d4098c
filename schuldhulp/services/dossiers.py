"""Finding and opening dossiers."""

from __future__ import annotations

import re
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Final

from schuldhulp.crypto.envelope import unwrap_data_key
from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, LogLine, Purpose
from schuldhulp.domain.cockpit import overview
from schuldhulp.domain.records import Enrolment, RecordKind
from schuldhulp.domain.types import DossierId, Root
from schuldhulp.errors import NotFound, Undecryptable
from schuldhulp.services.caseload import Caseload, is_own
from schuldhulp.services.clock import today
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.dossier_writer import Change, DossierWriter
from schuldhulp.services.enrolment_state import state_of
from schuldhulp.services.processing_log import ProcessingLog
from schuldhulp.services.record_envelope import Digest, open_manifest
from schuldhulp.services.rows import DossierRow, KeyRow, RevisionRow, StaffRow
from schuldhulp.services.views import DossierSummary, DossierView, RecordView

CACHED: Final = 10_000
"""Summaries that one process remembers, in memory only, so that a search while typing need not decrypt them again."""

_IDENTIFIER: Final = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_NO_DIGEST: Final = Digest(applicants=(), creditors=(), counts={}, enrolled=False)
_Listed = tuple[Digest, int | None, datetime | None]
"""What a manifest tells a list: digest, caseworker, end."""

_ORDER: Final = {kind: position for position, kind in enumerate(RecordKind)}


class DossierService:
    """Lists, searches and opens dossiers."""

    def __init__(self, *, reader: DossierReader, writer: DossierWriter, log: ProcessingLog, caseload: Caseload) -> None:
        """Take what it works with.

        Args:
            reader: opens and checks dossiers.
            writer: writes to them.
            log: the processing log.
            caseload: lets people in.
        """
        self._reader = reader
        self._writer = writer
        self._store = reader.store
        self._log = log
        self._caseload = caseload
        self._listed: OrderedDict[tuple[DossierId, int, Root], _Listed] = OrderedDict()
        self._searched: OrderedDict[tuple[str, str], None] = OrderedDict()
        # A cockpit serves many people from threads of one process.
        self._guard = Lock()

    def list(self, *, actor: Actor, search: str = "") -> list[DossierSummary]:
        """Return the dossiers of the municipality; a resident's own for a resident.

        Args:
            actor: who asks.
            search: words of which each must occur: part of a surname, birth date (``dd-mm-jjjj`` or ``jjjj-mm-dd``),
                file number, name of a creditor, collector or bailiff. Searching is done in memory, after decryption.

        Returns:
            Summaries, by file number.

        Raises:
            NotAllowed: the actor may not list dossiers.
            Unreachable: the database does not answer.
        """
        if actor.kind == "resident":
            self._log.refuse(actor=actor, permission=Permission.OPEN_DOSSIER, purpose=Purpose.OWN_VIEW, dossier=None)
        else:
            self._log.refuse(actor=actor, permission=Permission.LIST_DOSSIERS, purpose=Purpose.SEARCH, dossier=None)
            self._note_search(actor, search)
        with self._store.read() as work:
            rows = work.dossiers.list(self._reader.municipality)
            if actor.kind == "resident":
                rows = [row for row in rows if row.id in actor.dossiers]
            known = {row.id: self._listed.get((row.id, row.revision, row.root)) for row in rows}
            missing = [dossier for dossier, listed in known.items() if listed is None]
            revisions = work.revisions.newest(missing)
            keys = work.keys.of(missing)
            staff = {member.id: member for member in work.staff.list()}
        words = _folded(search).split()
        found = []
        for row in rows:
            listed = known[row.id] or self._open_list(row, revisions.get(row.id), keys.get(row.id))
            digest = listed[0] if listed else None
            if all(_matches(word, row, digest) for word in words):
                found.append(_summary(_as_listed(row, listed), digest, staff, actor))
        return found

    def open(self, *, actor: Actor, dossier: DossierId, purpose: Purpose, reason: str | None = None) -> DossierView:
        """Open a dossier: let in, written down, decrypted and checked against the chain.

        Args:
            actor: who.
            dossier: which one.
            purpose: why.
            reason: why a dossier outside the own caseload; needed once a session.

        Returns:
            The dossier with its trust report.

        Raises:
            NotAllowed: no right to open it.
            InvalidInput: a reason is needed (field ``reason``).
            NotFound: there is no such dossier.
            Unreachable: the database does not answer. A chain that does not is part of the trust report.
        """
        return self._view(self._admit(actor, dossier, Permission.OPEN_DOSSIER, purpose, reason), actor)

    def find(self, *, actor: Actor, name: str) -> DossierId:
        """Return the dossier that is meant by a file number or an identifier (64 hexadecimal digits).

        Raises:
            NotAllowed: the actor may not list dossiers.
            NotFound: there is no such dossier.
        """
        self._log.refuse(actor=actor, permission=Permission.LIST_DOSSIERS, purpose=Purpose.SEARCH, dossier=None)
        wanted = name.strip()
        with self._store.read() as work:
            row = work.dossiers.find(self._reader.municipality, wanted)
            if row is None and _IDENTIFIER.fullmatch(wanted):
                row = work.dossiers.get(DossierId(bytes.fromhex(wanted.removeprefix("0x"))))
        if row is None or row.municipality != self._reader.municipality:
            raise NotFound("dossier_unknown", "there is no such dossier", field="dossier")
        return row.id

    def file_numbers(self) -> dict[DossierId, str]:
        """Return the file number of each dossier."""
        with self._store.read() as work:
            return {row.id: row.file_number for row in work.dossiers.list(self._reader.municipality)}

    def assign(self, *, actor: Actor, dossier: DossierId, caseworker: int | None, reason: str | None = None) -> None:
        """Give a dossier to another caseworker.

        It makes a revision, so that the chain answers for whose caseload a dossier is in.

        Args:
            actor: a team leader.
            dossier: which one.
            caseworker: who gets it; None for nobody.
            reason: why, as in `open`; the resident sees it.

        Raises:
            NotAllowed: the actor does not divide the work.
            InvalidInput: a reason is needed (field ``reason``).
            NotFound: there is no such dossier or caseworker.
            Deviation, ChainMismatch, Unreachable: as for any change; nothing was written.
        """
        if caseworker is not None:
            with self._store.read() as work:
                if work.staff.get(caseworker) is None:
                    raise NotFound("staff_unknown", "there is no such member of staff", field="caseworker")
        self._admit(actor, dossier, Permission.ASSIGN_CASELOAD, Purpose.SUPERVISION, reason)
        self._change(actor, dossier, Purpose.SUPERVISION, lambda row: replace(row, caseworker=caseworker))

    def end(
        self, *, actor: Actor, dossier: DossierId, ended_at: datetime | None, access_reason: str | None = None
    ) -> None:
        """Write down that the help ended, or that it goes on (None). It makes a revision, as `assign` does.

        Args:
            actor: who.
            dossier: which one.
            ended_at: when, UTC.
            access_reason: why a dossier outside the own caseload, when it was not opened before.

        Raises:
            NotAllowed: no right to change this dossier.
            InvalidInput: a reason is needed (field ``reason``).
            NotFound: there is no such dossier.
            Deviation, ChainMismatch, Unreachable: as for any change; nothing was written.
        """
        self._admit(actor, dossier, Permission.CHANGE_RECORDS, Purpose.DEBT_HELP, access_reason)
        self._change(actor, dossier, Purpose.DEBT_HELP, lambda row: replace(row, ended_at=ended_at))

    def log(
        self, *, actor: Actor, dossier: DossierId, purpose: Purpose | None = None, reason: str | None = None
    ) -> Sequence[LogLine]:
        """Return who looked into a dossier, changed it or was refused, and why; newest first.

        Args:
            actor: who.
            dossier: which one.
            purpose: why; a resident's own view, or for staff the daily work, when left out.
            reason: as in `open`.

        Raises:
            NotAllowed: no right to open it.
            InvalidInput: a reason is needed (field ``reason``).
            NotFound: there is no such dossier.
        """
        usual = Purpose.OWN_VIEW if actor.kind == "resident" else Purpose.DEBT_HELP
        self._admit(actor, dossier, Permission.OPEN_DOSSIER, purpose or usual, reason)
        return self._log.of_dossier(dossier)

    def _admit(
        self, actor: Actor, dossier: DossierId, permission: Permission, purpose: Purpose, reason: str | None
    ) -> Assessment:
        """Let somebody in by the rule of the caseload; the right comes first, so that a stranger learns nothing."""
        self._caseload.require(dossier, actor=actor, permission=permission, purpose=purpose)
        opened = self._reader.read(dossier)
        self._caseload.admit(
            opened.dossier, actor=actor, permission=permission, purpose=purpose, key=opened.key, reason=reason
        )
        return opened

    def _change(
        self, actor: Actor, dossier: DossierId, purpose: Purpose, changed: Callable[[DossierRow], DossierRow]
    ) -> None:
        self._writer.change(
            dossier,
            lambda opened: Change(drafts=(), row=changed(opened.snapshot.dossier)),
            actor=actor,
            action=LogAction.CHANGE,
            purpose=purpose,
        )

    def _view(self, opened: Assessment, actor: Actor) -> DossierView:
        row = opened.dossier
        versions = {
            record: (entry.row, entry.version) for record, entry in opened.current.items() if entry.version is not None
        }
        views = [
            RecordView.of(stored, version, verified=opened.is_verified(stored)) for stored, version in versions.values()
        ]
        views.sort(key=lambda view: (_ORDER[view.record.kind], view.created_at, view.record_id))
        records = {record: version.record for record, (_, version) in versions.items() if not version.withdrawn}
        date = today(self._reader.clock)
        enrolments = [view for view in views if isinstance(view.record, Enrolment)]
        with self._store.read() as work:
            staff = {member.id: member for member in work.staff.list()}
            enrolment = state_of(work, enrolments, self._reader.keys.job)
        digest = Digest.of([version for _, version in versions.values()], today=date)
        return DossierView(
            summary=_summary(row, digest, staff, actor),
            records=views,
            trust=opened.report,
            enrolment=enrolment,
            overview=overview(records, today=date),
        )

    def _open_list(self, row: DossierRow, revision: RevisionRow | None, wrapped: KeyRow | None) -> _Listed | None:
        if revision is None or wrapped is None:
            return None
        try:
            key = unwrap_data_key(self._reader.keys.data, row.id, wrapped.wrapped)
            manifest = open_manifest(key, revision)
        except Undecryptable:
            return None
        listed = (manifest.digest, manifest.caseworker, manifest.ended_at)
        with self._guard:
            self._listed[row.id, row.revision, row.root] = listed
            while len(self._listed) > CACHED:
                self._listed.popitem(last=False)
        return listed

    def _note_search(self, actor: Actor, search: str) -> None:
        """Write one line a session for each search, and one for the whole list; a page drawn again adds none."""
        search = search.strip()
        place = (actor.session, search)
        if actor.session and place in self._searched:
            return
        action = LogAction.SEARCH if search else LogAction.LIST
        with self._store.write() as work:
            self._log.write(work, actor=actor, action=action, purpose=Purpose.SEARCH)
            work.commit()
        with self._guard:
            self._searched[place] = None
            while len(self._searched) > CACHED:
                self._searched.popitem(last=False)


def _summary(row: DossierRow, digest: Digest | None, staff: Mapping[int, StaffRow], actor: Actor) -> DossierSummary:
    shown = digest or _NO_DIGEST
    caseworker = staff.get(row.caseworker) if row.caseworker is not None else None
    return DossierSummary(
        id=row.id,
        file_number=row.file_number,
        names=tuple(person.name for person in shown.applicants),
        birth_dates=tuple(person.birth_date for person in shown.applicants),
        caseworker=caseworker.name if caseworker else None,
        own=is_own(row, actor),
        counts=shown.counts,
        enrolled=shown.enrolled,
        created_at=row.created_at,
        ended_at=row.ended_at,
        readable=digest is not None,
        creditors=shown.creditors,
    )


def _as_listed(row: DossierRow, listed: _Listed | None) -> DossierRow:
    """Give a row the caseworker and the end that the manifest tells; what does not open is in nobody's caseload."""
    if listed is None:
        return replace(row, caseworker=None)
    _, caseworker, ended_at = listed
    return replace(row, caseworker=caseworker, ended_at=ended_at)


def _matches(word: str, row: DossierRow, digest: Digest | None) -> bool:
    texts = [row.file_number]
    for person in (digest or _NO_DIGEST).applicants:
        year, month, day = person.birth_date.split("-")
        texts += [person.name, *person.surnames, person.birth_date, f"{day}-{month}-{year}"]
    texts += (digest or _NO_DIGEST).creditors
    return any(word in _folded(text) for text in texts)


def _folded(text: str) -> str:
    """Bring text to a spelling without accents and capitals, for searching."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
