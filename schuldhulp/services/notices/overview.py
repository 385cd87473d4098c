"""Who was told what and when: the notices of a dossier with their delivery, and the list of proofs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from schuldhulp.crypto.merkle import DossierTree
from schuldhulp.crypto.notices import read_notice
from schuldhulp.crypto.sendings import sending_signer
from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.notices import Notice, NoticeState, notice_state
from schuldhulp.domain.records import NoticeMeans, ObligationType, RecordVersion, SentNotice
from schuldhulp.domain.records import Obligation as _Obligation
from schuldhulp.domain.types import Commitment, DossierId, RecordId
from schuldhulp.domain.working_days import working_days_left
from schuldhulp.errors import Deviation, InvalidInput, ProofInvalid
from schuldhulp.services.caseload import Caseload
from schuldhulp.services.clock import today
from schuldhulp.services.dossier_checks import StoredVersion
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.notices.parties import current
from schuldhulp.services.notices.proofs import NoticeProof, ProofList
from schuldhulp.services.notices.replies import reply_trouble
from schuldhulp.services.notices.rows import NoticeRow, ReplyRow, is_notice_valid, signed_sending
from schuldhulp.services.processing_log import ProcessingLog


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeView:
    """A notice as people see it.

    Attributes:
        record: its record in the dossier.
        number: what to name it by.
        recipient: who was told.
        kvk: its number in the trade register, or empty.
        reference: under which number it knows the debt, or empty.
        obligation: record of the obligation, None where it is about none.
        type: what is owed there; None where the obligation is not there any more.
        means: how it was sent.
        sent_on: on which day.
        answer_by: last day of the term.
        days_left: working days that are left, below zero the days by which the term is over.
        state: where it stands.
        delivered_at: when the evaluator took it, UTC; None while it waits.
        acknowledged_at: when the creditor says that it signed, UTC; None when it did not.
        acknowledged_by: account that signed, or empty.
        trouble: what is in the way of its delivery, or wrong with an answer; empty when nothing is.
        notice: what was written; None where that cannot be read.
    """

    record: RecordId
    number: str
    recipient: str = field(repr=False)
    kvk: str
    reference: str = field(repr=False)
    obligation: RecordId | None
    type: ObligationType | None
    means: NoticeMeans
    sent_on: date
    answer_by: date
    days_left: int
    state: NoticeState
    delivered_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    trouble: str
    notice: Notice | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Post:
    row: NoticeRow | None
    reply: ReplyRow | None
    trouble: str


class NoticeOverview:
    """Shows the notices of a dossier, and proves them."""

    def __init__(
        self,
        *,
        reader: DossierReader,
        caseload: Caseload,
        log: ProcessingLog,
        chain_id: int,
        claim_register: str,
        ledger: str,
    ) -> None:
        """Take what it works with.

        Args:
            reader: opens and checks dossiers; gives store, keys and clock too.
            caseload: lets people in.
            log: the processing log.
            chain_id: chain that signatures are bound to.
            claim_register: address of the ClaimRegister, likewise.
            ledger: address of the ObligationLedger, on which the root of a dossier stands.
        """
        self._reader = reader
        self._caseload = caseload
        self._log = log
        self._chain_id = chain_id
        self._claim_register = claim_register
        self._ledger = ledger

    def told(self, *, actor: Actor, dossier: DossierId) -> list[NoticeView]:
        """Return who was told about the client of a dossier, newest first.

        Args:
            actor: staff who opened the dossier in this session, or the resident.
            dossier: which one.

        Raises:
            NotAllowed: no right to look into it.
            NotFound: there is no such dossier.
            Unreachable: the database does not answer.
        """
        self._admit(actor, dossier, Permission.OPEN_DOSSIER, Purpose.ENROLMENT)
        return self.views(self._reader.read(dossier))

    def proofs(self, *, actor: Actor, dossier: DossierId) -> ProofList:
        """Make the list of who was told what and when, with everything that proves it.

        Args:
            actor: staff who opened the dossier in this session.
            dossier: which one.

        Raises:
            NotAllowed: no right to take anything out of this dossier.
            NotFound: there is no such dossier.
            Deviation: database and chain do not agree, so that nothing can be proven.
            Unreachable: the database does not answer.
        """
        self._admit(actor, dossier, Permission.EXPORT_DOSSIER, Purpose.EXPORT)
        opened = self._reader.read(dossier)
        if opened.key is None or opened.manifest is None or opened.blocks_writing:
            records = len(opened.report.deviating_records)
            raise Deviation("dossier_deviates", "the dossier deviates; nothing in it can be proven", records=records)
        with self._reader.store.write() as work:
            self._log.write(
                work,
                actor=actor,
                action=LogAction.EXPORT,
                purpose=Purpose.EXPORT,
                dossier=dossier,
                key=opened.key,
                reason="notices",
            )
            work.commit()
        row = opened.snapshot.dossier
        commitments = [entry.commitment for entry in opened.manifest.entries.values()]
        tree = DossierTree.under(
            opened.key, dossier=dossier, revision=row.revision, previous_root=row.previous_root, commitments=commitments
        )
        found = _notices(opened)
        posts = self._posts({record_id: entry.version for record_id, entry in found.items() if entry.version})
        return ProofList(
            municipality=self._reader.municipality,
            chain_id=self._chain_id,
            claim_register=self._claim_register,
            ledger=self._ledger,
            made_at=self._reader.clock.now(),
            dossier=dossier,
            root=tree.root,
            anchored=opened.anchored,
            notices=tuple(
                self._proof(view, found[view.record], posts[view.record], tree) for view in self.views(opened)
            ),
        )

    def _proof(self, view: NoticeView, entry: StoredVersion, post: _Post, tree: DossierTree) -> NoticeProof:
        if entry.version is None:
            raise AssertionError("a view is of a version that opens")
        commitment = Commitment(entry.row.commitment)
        signed = post.reply if view.acknowledged_at is not None else None
        sender = self._sender(post.row) if post.row else ""
        return NoticeProof(
            version=entry.version,
            commitment=commitment,
            proof=tuple(tree.proof(commitment)),
            state=view.state,
            content=post.row.content if post.row else b"",
            recipient=post.row.recipient if post.row else "",
            delivered_at=view.delivered_at,
            acknowledged_at=signed.acknowledged_at if signed else None,
            received_at=signed.received_at if signed else None,
            signature=signed.signature if signed else b"",
            sent_at=post.row.sent_at if sender and post.row else None,
            sender=sender,
            sent_signature=post.row.signature if sender and post.row else b"",
        )

    def _sender(self, row: NoticeRow) -> str:
        """Return which account signed that a notice is sent, as its row has it; empty when none did."""
        try:
            return sending_signer(signed_sending(row), chain_id=self._chain_id, claim_register=self._claim_register)
        except (InvalidInput, ProofInvalid):
            return ""

    def views(self, opened: Assessment) -> list[NoticeView]:
        """Return the notices of a dossier that was read, newest first; whoever calls this let the actor in.

        Args:
            opened: the dossier.

        Raises:
            Unreachable: the database does not answer.
        """
        records = current(opened)
        found = {record_id: entry.version for record_id, entry in _notices(opened).items() if entry.version is not None}
        posts = self._posts(found)
        day = today(self._reader.clock)
        views = []
        for record_id, version in found.items():
            record = version.record
            if not isinstance(record, SentNotice):
                continue
            obligation = records.get(record.obligation) if record.obligation else None
            views.append(self._view(record_id, record, posts[record_id], obligation, day))
        return sorted(views, key=lambda one: (one.sent_on, one.recipient.casefold(), one.record), reverse=True)

    @staticmethod
    def _view(record_id: RecordId, record: SentNotice, post: _Post, obligation: object, day: date) -> NoticeView:
        try:
            notice: Notice | None = read_notice(record.document)
        except InvalidInput:
            notice = None
        answer_by = notice.answer_by if notice else record.sent_on
        delivered = post.row.delivered_at if post.row else None
        return NoticeView(
            record=record_id,
            number=notice.number if notice else "",
            recipient=record.recipient,
            kvk=record.kvk,
            reference=record.reference,
            obligation=record.obligation,
            type=obligation.type if isinstance(obligation, _Obligation) else None,
            means=record.means,
            sent_on=record.sent_on,
            answer_by=answer_by,
            days_left=working_days_left(day, answer_by),
            state=notice_state(
                by_hand=record.means is not NoticeMeans.CHANNEL,
                known=post.row is not None,
                delivered_at=delivered,
                acknowledged=post.reply is not None,
                answer_by=answer_by,
                today=day,
            ),
            delivered_at=delivered,
            acknowledged_at=post.reply.acknowledged_at if post.reply else None,
            acknowledged_by=post.reply.account if post.reply else "",
            trouble=post.trouble,
            notice=notice,
        )

    def _posts(self, found: Mapping[RecordId, RecordVersion]) -> dict[RecordId, _Post]:
        """Return the delivery and the acknowledgement of each notice, everything about them checked."""
        messages = {
            record_id: bytes.fromhex(version.record.message_hash)
            for record_id, version in found.items()
            if isinstance(version.record, SentNotice) and version.record.message_hash
        }
        with self._reader.store.read() as work:
            rows = {row.message: row for row in work.notices.of(sorted(set(messages.values())))}
            replies: dict[bytes, list[ReplyRow]] = {}
            for reply in work.notices.replies_of([row.notice_id for row in rows.values()]):
                replies.setdefault(reply.notice, []).append(reply)
        posts = {}
        for record_id in found:
            row = rows.get(messages.get(record_id, b""))
            if row is None or not is_notice_valid(self._reader.keys.job, row):
                posts[record_id] = _Post(row=None, reply=None, trouble=row.trouble if row else "")
                continue
            checked = [(one, self._trouble(one, row)) for one in replies.get(row.notice_id, ())]
            valid = next((one for one, trouble in checked if not trouble), None)
            wrong = "" if valid else next((trouble for _, trouble in checked if trouble), "")
            posts[record_id] = _Post(row=row, reply=valid, trouble=row.trouble or wrong)
        return posts

    def _trouble(self, reply: ReplyRow, row: NoticeRow) -> str:
        if reply.trouble or reply.acknowledged_at is None:
            # Not opened yet is no trouble of its own, and no acknowledgement either.
            return reply.trouble or "received"
        return reply_trouble(reply, row, chain_id=self._chain_id, claim_register=self._claim_register)

    def _admit(self, actor: Actor, dossier: DossierId, permission: Permission, purpose: Purpose) -> None:
        self._caseload.require(dossier, actor=actor, permission=permission, purpose=purpose)
        with self._reader.store.read() as work:
            row = self._reader.dossier(work, dossier)
        self._caseload.require_opened(row, actor=actor)


def _notices(opened: Assessment) -> dict[RecordId, StoredVersion]:
    return {
        record_id: entry
        for record_id, entry in opened.current.items()
        if entry.version is not None and not entry.version.withdrawn and isinstance(entry.version.record, SentNotice)
    }
