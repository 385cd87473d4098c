"""Who may come into which dossier, and what has to be written down first."""

from __future__ import annotations

from schuldhulp.crypto.envelope import DataKey
from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.checks import check_line
from schuldhulp.domain.types import DossierId
from schuldhulp.errors import InvalidInput, NotAllowed
from schuldhulp.services.ports import Store
from schuldhulp.services.processing_log import ProcessingLog, trace_id
from schuldhulp.services.rows import DossierRow


class Caseload:
    """The rule of the caseload: a caseworker opens her own dossiers; for any other she gives a reason, once a session.

    Every way into a dossier passes here.
    """

    def __init__(self, *, store: Store, log: ProcessingLog) -> None:
        """Take what it works with."""
        self._store = store
        self._log = log

    def admit(
        self,
        dossier: DossierRow,
        *,
        actor: Actor,
        permission: Permission,
        purpose: Purpose,
        key: DataKey | None,
        reason: str | None = None,
    ) -> None:
        """Let somebody into a dossier, and write down that they came: one line a session and purpose.

        Args:
            dossier: where to; its caseworker as the manifest has it (`Assessment.dossier`).
            actor: who.
            permission: to do what.
            purpose: why.
            key: data key of the dossier, where it opens; the reason is encrypted under it.
            reason: why a dossier outside the own caseload; shown to the resident.

        Raises:
            NotAllowed: no right to this here; that is written down too.
            InvalidInput: outside the caseload and no reason given (field ``reason``).
        """
        self.require(dossier.id, actor=actor, permission=permission, purpose=purpose)
        check_line(reason or "", "reason", longest=500)
        trace = trace_id(actor)
        with self._store.read() as work:
            seen = work.log.has(dossier.id, name=LogAction.OPEN.value, trace_id=trace, purpose=purpose.value)
            opened = seen or work.log.has(dossier.id, name=LogAction.OPEN.value, trace_id=trace)
        if seen:
            return
        if not is_own(dossier, actor) and not opened and not (reason or "").strip():
            raise InvalidInput("reason_required", "reason: this dossier is not in your caseload", field="reason")
        with self._store.write() as work:
            self._log.write(
                work,
                actor=actor,
                action=LogAction.OPEN,
                purpose=purpose,
                dossier=dossier.id,
                key=key,
                reason=(reason or "").strip(),
            )
            work.commit()

    def require(self, dossier: DossierId, *, actor: Actor, permission: Permission, purpose: Purpose) -> None:
        """Refuse what an actor may not do in a dossier, and write the refusal down.

        Raises:
            NotAllowed: no right to this here.
        """
        self._log.refuse(actor=actor, permission=permission, purpose=purpose, dossier=dossier)

    def require_opened(self, dossier: DossierRow, *, actor: Actor) -> None:
        """Refuse to change a dossier outside the caseload that was not opened, with a reason, in this session.

        Raises:
            NotAllowed: it was not.
        """
        if is_own(dossier, actor):
            return
        with self._store.read() as work:
            opened = work.log.has(dossier.id, name=LogAction.OPEN.value, trace_id=trace_id(actor))
        if not opened:
            raise NotAllowed("open_first", "this dossier is not in your caseload; open it with a reason first")


def is_own(dossier: DossierRow, actor: Actor) -> bool:
    """Say whether a dossier is somebody's own: the resident's, or in the caseload."""
    if actor.kind == "resident":
        return dossier.id in actor.dossiers
    # Not `actor.dossiers`: that is read from the database alone, and the row may come from a manifest.
    return actor.kind == "staff" and dossier.caseworker is not None and str(dossier.caseworker) == actor.id
