"""A stand-in for the services around claims: the same signatures, everything in memory.

It keeps the rules of the real ones that a page must show something for: versions, decisions under way, reasons that
need a text, an objection that waits, a statement that is too old.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from schuldhulp.domain.access import Actor, Permission, require
from schuldhulp.domain.claims import (
    Claim,
    ClaimStatus,
    DecisionReason,
    ReceiptOutcome,
    RefusalReason,
    check_decision,
    check_reason,
    claim_document,
    obligation_from,
    statement_is_old,
)
from schuldhulp.domain.claims.duplicates import Duplicate, duplicates
from schuldhulp.domain.claims.known import KnownDebt, known_debts
from schuldhulp.domain.records import NO_COMMITMENT, ClaimDecisionState, ReceivedClaim
from schuldhulp.domain.types import ClaimId, Commitment, DossierId, MunicipalityCode, RecordId, Salt
from schuldhulp.domain.working_days import ANSWER_DAYS, add_working_days
from schuldhulp.errors import Conflict, InvalidInput, NotFound, SchuldhulpError
from schuldhulp.services.claims.decision_rows import PENDING, DecisionState
from schuldhulp.services.claims.inbox import CLOSED, Answer, Inbox, InboxEntry
from schuldhulp.services.claims.links import Link
from schuldhulp.services.claims.matching import Candidate, signs_of
from schuldhulp.services.claims.opening import OpenedClaim
from schuldhulp.services.claims.ports import Correspondent
from schuldhulp.services.claims.rows import ClaimRow, ContentsState
from schuldhulp.services.claims.told import MadeDecision
from tests.support.claims_stage import contents

HOLDER = "0x" + "11" * 20


@dataclass
class Held:
    """A claim, its place in a dossier and what was decided."""

    row: ClaimRow
    claim: Claim
    organisation: str = "12345678"
    link: Link | None = None
    made: list[MadeDecision] = field(default_factory=list)
    answers: tuple[Answer, ...] = ()
    renewal_asked_at: datetime | None = None


class FakeClaims:
    """Claims in memory, on the dossiers of a fake cockpit.

    Attributes:
        held: the claims, by id.
        loose: contents that no claim on the chain was found for, and claims without contents.
        sent: every call that changed something: its name and what it was given.
        failing: raised by the next call that changes something, once.
    """

    def __init__(self, stored: dict[DossierId, Any], summary: Callable[..., Any], *, now: datetime) -> None:
        self._stored, self._summary, self._now = stored, summary, now
        self.today: date = now.date()
        self.held: dict[ClaimId, Held] = {}
        self.loose: list[InboxEntry] = []
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.failing: SchuldhulpError | None = None
        self.checked_at: datetime | None = now
        self.troubles: tuple[str, ...] = ()
        self.inbox = SimpleNamespace(list=self._list, open=self._open, opened=self._opened, duplicates=self._duplicates)
        self.desk = SimpleNamespace(
            link_of=self._link_of,
            link=self._link,
            include=self._include,
            ask=self._ask,
            decline=self._decline,
            decline_unread=self._decline_unread,
            settle=self._settle,
            take_back=self._take_back,
            unlink=self._unlink,
            note_withdrawal=self._note_withdrawal,
            known_debts=self._known_debts,
        )
        self.matching = SimpleNamespace(candidates=self._candidates)
        self.history = SimpleNamespace(of=self._of)
        self.names: dict[str, str] = {}
        self.correspondents = SimpleNamespace(of=self._correspondent)

    # --- what a test puts there ---------------------------------------------------------------------------------------

    def file(
        self, number: int, *, days: int = 3, status: ClaimStatus = ClaimStatus.FILED, version: int = 1, **changes: Any
    ) -> ClaimId:
        """Put a complete claim into the inbox, handed in some days ago; a higher version takes the place of a lower."""
        claim_id = ClaimId((14).to_bytes(2, "big") + bytes([number]) * 30)
        since = self._now - timedelta(days=days)
        plain = {"municipality": 14, "statement_date": (since - timedelta(days=2)).date().isoformat()}
        commitment = Commitment(bytes([number, version]) * 16)
        claim = Claim(
            claim_id=claim_id,
            version=version,
            replaces=NO_COMMITMENT if version == 1 else Commitment(bytes([number, version - 1]) * 16),
            salt=Salt(bytes(32)),
            contents=contents(**plain | {"sent_at": since.isoformat()} | changes),
        )
        before = self.held.get(claim_id)
        row = ClaimRow(
            claim_id=claim_id,
            municipality=MunicipalityCode(14),
            holder=HOLDER,
            status=status,
            commitment=commitment,
            filed_at=since,
            changed_at=since,
            since=since,
            block_number=1,
            contents=ContentsState.COMPLETE,
            message=bytes([number]) * 32,
        )
        accepted = Answer(outcome=ReceiptOutcome.ACCEPTED, reason=None, signed_at=since, arrived_at=since, trouble="")
        self.held[claim_id] = Held(
            row=row, claim=claim, link=before.link if before else None, answers=(accepted,),
            organisation=claim.contents.holder.kvk,
        )  # fmt: skip
        return claim_id

    def without_contents(self, number: int, state: str, *, reason: RefusalReason | None = None) -> ClaimId:
        """Put a claim into the inbox of which the contents are not here."""
        claim_id = ClaimId((14).to_bytes(2, "big") + bytes([number]) * 30)
        on_chain = state not in ("received", "waiting_for_filing", "refused")
        self.loose.append(
            InboxEntry(
                claim_id=claim_id,
                message=None,
                status=ClaimStatus.FILED if on_chain else ClaimStatus.NONE,
                state=state,
                reason=reason,
                holder=HOLDER,
                organisation="",
                since=self._now - timedelta(days=1),
                version=None,
                unread=state in ("contents_missing", "contents_refused"),
                commitment=Commitment(bytes(32)) if on_chain else None,
            )
        )
        return claim_id

    def put_in(self, claim_id: ClaimId, dossier: DossierId, **more: Any) -> RecordId:
        """Put a claim into a dossier, as the desk does."""
        held = self.held[claim_id]
        record_id = held.link.record if held.link else RecordId(bytes([claim_id[2]]) * 31 + b"c")
        record = ReceivedClaim(
            claim_id=claim_id.hex(),
            commitment=held.row.commitment.hex(),
            claim_version=held.claim.version,
            document=claim_document(held.claim.contents),
            received_at=held.row.since,
        )
        held.link = Link(dossier=dossier, record=record_id)
        self._stored[dossier].put(record_id, replace(record, **more), verified=False)
        return record_id

    # --- the inbox ----------------------------------------------------------------------------------------------------

    def _list(self, *, actor: Actor, closed: bool = False, **more: Any) -> Inbox:
        assert not more, "the page filters by itself"
        require(actor, Permission.DECIDE_CLAIMS)
        entries = [*(self._entry(held) for held in self.held.values()), *self.loose]
        shown = [one for one in entries if closed or one.state != CLOSED or one.to_note]
        return Inbox(
            entries=tuple(sorted(shown, key=lambda one: (one.since, one.claim_id))),
            checked_at=self.checked_at,
            troubles=self.troubles,
        )

    def _entry(self, held: Held) -> InboxEntry:
        row = held.row
        waits = row.status in (ClaimStatus.FILED, ClaimStatus.UNDER_REVIEW)
        answer_by = add_working_days(row.filed_at.date(), ANSWER_DAYS) if waits else None
        record = self._record(held) if held.link else None
        return InboxEntry(
            claim_id=row.claim_id,
            message=row.message,
            status=row.status,
            state=row.contents.value if row.status.is_open else CLOSED,
            reason=None,
            holder=row.holder,
            organisation=held.organisation,
            since=row.filed_at,
            version=held.claim.version,
            answers=held.answers,
            answer_by=answer_by,
            late=answer_by is not None and answer_by < self.today,
            decision=held.made[-1].state if held.made else None,
            linked=held.link is not None,
            dossier=held.link.dossier if held.link else None,
            disputed=record is not None and record.waits_for_answer,
            to_note=row.status is ClaimStatus.WITHDRAWN
            and record is not None
            and record.decision is not ClaimDecisionState.WITHDRAWN,
            commitment=row.commitment,
            renewal_asked_at=held.renewal_asked_at,
        )

    def _get(self, claim_id: ClaimId) -> Held:
        if claim_id not in self.held:
            raise NotFound("claim_contents_absent", "not here", field="claim_id")
        return self.held[claim_id]

    def _opened(self, *, actor: Actor, claim_id: ClaimId) -> OpenedClaim:
        require(actor, Permission.DECIDE_CLAIMS)
        held = self._get(claim_id)
        return OpenedClaim(row=held.row, claim=held.claim, received_at=held.row.since)

    def _open(self, *, actor: Actor, claim_id: ClaimId) -> Claim:
        return self._opened(actor=actor, claim_id=claim_id).claim

    def _duplicates(self, *, actor: Actor, claim_id: ClaimId) -> tuple[Duplicate[ClaimId], ...]:
        require(actor, Permission.DECIDE_CLAIMS)
        known = {one: held.claim.contents for one, held in self.held.items() if held.row.status.is_open}
        return tuple(pair for pair in duplicates(known) if claim_id in (pair.one, pair.other))

    def _candidates(self, *, actor: Actor, claim_id: ClaimId) -> list[Candidate]:
        require(actor, Permission.LIST_DOSSIERS)
        debtor = self._get(claim_id).claim.contents.debtor
        found = []
        for stored in self._stored.values():
            for record_id, versions in stored.records.items():
                record = versions[-1].record
                if record.kind == "applicant" and (signs := signs_of(debtor, record)):
                    found.append(Candidate(dossier=self._summary(stored, actor), applicant=record_id, signs=signs))
        return found

    def _of(self, *, actor: Actor, claim_id: ClaimId) -> list[MadeDecision]:
        require(actor, Permission.DECIDE_CLAIMS)
        return list(self.held[claim_id].made) if claim_id in self.held else []

    def _correspondent(self, kvk: str) -> Correspondent | None:
        name = self.names.get(kvk)
        return Correspondent(kvk=kvk, name=name, accounts=(HOLDER,), suspended=False) if name else None

    # --- the desk -----------------------------------------------------------------------------------------------------

    def _note(self, name: str, **given: Any) -> None:
        require(given["actor"], Permission.DECIDE_CLAIMS)
        if self.failing is not None:
            error, self.failing = self.failing, None
            raise error
        self.sent.append((name, given))

    def _link_of(self, *, actor: Actor, claim_id: ClaimId) -> Link | None:
        require(actor, Permission.DECIDE_CLAIMS)
        return self.held[claim_id].link if claim_id in self.held else None

    def _link(self, *, actor: Actor, claim_id: ClaimId, dossier: DossierId) -> RecordId:
        held = self._get(claim_id)
        if held.link is not None and held.link.dossier != dossier:
            raise Conflict("claim_linked", "linked", field="dossier")
        self._note("link", actor=actor, claim_id=claim_id, dossier=dossier)
        return self.put_in(claim_id, dossier)

    def _include(
        self,
        *,
        actor: Actor,
        claim_id: ClaimId,
        judged: Commitment,
        owed_by: tuple[RecordId, ...],
        known: RecordId | None = None,
        text: str = "",
    ) -> None:
        held = self._judged(claim_id, judged, ClaimStatus.INCLUDED)
        if held.link is None:
            raise Conflict("claim_not_linked", "not linked", field="claim_id")
        if statement_is_old(held.claim.contents.statement_date, self.today):
            raise Conflict("statement_old", "old", field="claim_id")
        record = self._record(held)
        if record.waits_for_answer:
            raise Conflict("resident_unanswered", "unanswered", field="claim_id")
        self._note("include", actor=actor, claim_id=claim_id, owed_by=owed_by, known=known, text=text)
        stored = self._stored[held.link.dossier]
        target = known or record.obligation or RecordId(bytes([claim_id[2]]) * 31 + b"o")
        before = stored.records[target][-1].record if target in stored.records else None
        stored.put(target, obligation_from(held.claim.contents, owed_by, known=before), verified=False)
        self._decided(held, ClaimStatus.INCLUDED, DecisionReason.INCLUDED, text, obligation=target)

    def _ask(self, **given: Any) -> None:
        self._plain("ask", ClaimStatus.ASKED, **given)

    def _decline(self, **given: Any) -> None:
        self._plain("decline", ClaimStatus.DECLINED, **given)

    def _settle(self, **given: Any) -> None:
        self._plain("settle", ClaimStatus.SETTLED, reason=DecisionReason.SETTLED, **given)

    def _plain(
        self,
        name: str,
        status: ClaimStatus,
        *,
        actor: Actor,
        claim_id: ClaimId,
        judged: Commitment,
        reason: DecisionReason,
        text: str = "",
    ) -> None:
        check_reason(status, reason, text)
        held = self._judged(claim_id, judged, status)
        self._note(name, actor=actor, claim_id=claim_id, reason=reason, text=text)
        self._decided(held, status, reason, text)

    def _decline_unread(self, *, actor: Actor, claim_id: ClaimId, judged: Commitment, text: str = "") -> None:
        self._note("decline_unread", actor=actor, claim_id=claim_id, judged=judged, text=text)

    def _take_back(self, *, actor: Actor, claim_id: ClaimId) -> None:
        self._note("take_back", actor=actor, claim_id=claim_id)
        held = self._get(claim_id)
        held.made[-1] = replace(held.made[-1], state=DecisionState.TAKEN_BACK, may_take_back=False)

    def _unlink(self, *, actor: Actor, claim_id: ClaimId, reason: str) -> None:
        if not reason.strip():
            raise InvalidInput("required", "reason: must be filled in", field="reason")
        self._note("unlink", actor=actor, claim_id=claim_id, reason=reason)
        held = self._get(claim_id)
        assert held.link is not None
        stored = self._stored[held.link.dossier]
        stored.put(held.link.record, self._record(held), withdrawn=True, reason=reason, verified=False)
        held.link = None

    def _note_withdrawal(self, *, actor: Actor, claim_id: ClaimId) -> None:
        self._note("note_withdrawal", actor=actor, claim_id=claim_id)
        held = self._get(claim_id)
        assert held.link is not None
        told = {"decision": ClaimDecisionState.WITHDRAWN, "decision_reason": "withdrawn", "decided_at": self._now}
        self._stored[held.link.dossier].put(held.link.record, replace(self._record(held), **told))

    def _known_debts(self, *, actor: Actor, claim_id: ClaimId) -> list[KnownDebt]:
        require(actor, Permission.DECIDE_CLAIMS)
        held = self._get(claim_id)
        if held.link is None:
            return []
        records = self._stored[held.link.dossier].records
        own = self._record(held).obligation
        debts = {
            record_id: versions[-1].record
            for record_id, versions in records.items()
            if versions[-1].record.kind == "obligation" and record_id != own
        }
        return known_debts(held.claim.contents, debts)

    def _judged(self, claim_id: ClaimId, judged: Commitment, status: ClaimStatus) -> Held:
        held = self._get(claim_id)
        if held.row.commitment != judged:
            raise Conflict("claim_changed", "changed", field="judged")
        check_decision(held.row.status, status)
        if held.made and held.made[-1].state in PENDING:
            raise Conflict("decision_waits", "waits", field="claim_id")
        return held

    def _record(self, held: Held) -> ReceivedClaim:
        assert held.link is not None
        record = self._stored[held.link.dossier].records[held.link.record][-1].record
        assert isinstance(record, ReceivedClaim)
        return record

    def _decided(self, held: Held, status: ClaimStatus, reason: DecisionReason, text: str, **more: Any) -> None:
        held.made.append(made(status, reason, text=text, at=self._now))
        if held.link is not None:
            record = replace(
                self._record(held),
                decision=ClaimDecisionState(status.name.lower()),
                decision_reason=reason.value,
                decided_at=self._now,
                **more,
            )
            self._stored[held.link.dossier].put(held.link.record, record, verified=False)


def made(
    status: ClaimStatus,
    reason: DecisionReason | None,
    *,
    text: str = "",
    at: datetime | None = None,
    state: DecisionState = DecisionState.WAITING,
    trouble: str = "",
) -> MadeDecision:
    """Return a decision that was made."""
    return MadeDecision(
        status=status,
        reason=reason,
        text=text,
        decided_at=at or datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
        state=state,
        delivered_at=None,
        trouble=trouble,
        may_take_back=state is DecisionState.WAITING,
    )
