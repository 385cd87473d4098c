"""What a list of claims shows of each, and which of them are wanted. Nothing of their contents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from schuldhulp.domain.claims import ClaimStatus, ReceiptOutcome, RefusalReason
from schuldhulp.domain.types import ClaimId, Commitment, DossierId
from schuldhulp.services.claims.decision_rows import DecisionState

CLOSED: Final = "closed"
"""State of a claim that was withdrawn, declined or settled."""

RETURNED: Final = frozenset({DecisionState.OVERTAKEN, DecisionState.REFUSED})
"""States of a decision that has to be made anew."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A receipt that was signed.

    Attributes:
        outcome: accepted or refused.
        reason: why it was refused; None when it was not.
        signed_at: when it was signed, UTC.
        arrived_at: when the evaluator took it for the creditor, UTC; None while it waits.
        trouble: why it waits; empty when nothing is known to be in the way.
    """

    outcome: ReceiptOutcome
    reason: RefusalReason | None
    signed_at: datetime
    arrived_at: datetime | None
    trouble: str


@dataclass(frozen=True, kw_only=True)
class InboxEntry:
    """A claim on the chain, or contents that no claim on the chain was found for.

    Attributes:
        claim_id: the claim.
        message: hash of the contents, None where there are none.
        status: where it stands on the chain; NONE when it is not there.
        state: ``complete``, ``waiting_for_contents``, ``contents_missing``, ``contents_refused`` or ``closed`` of a
            claim on the chain; ``received``, ``waiting_for_filing`` or ``refused`` of contents.
        reason: why contents are refused; None when they are not.
        holder: account that holds the claim, or that sent the contents.
        organisation: KvK number of who sent the contents; empty where nothing came.
        since: when it was filed, or came in, UTC; its age counts from here.
        version: number of the version of the contents; None where it is not known.
        answers: receipts about it, oldest first.
        answer_by: last of the ten working days in which the creditor should hear something, counted from the day on
            which both filing and contents were there; None where the creditor is not waiting.
        late: whether that day has passed.
        decision: how far the newest decision got; None where none was made.
        linked: whether it was put into a dossier.
        dossier: which one; None where it belongs to none.
        disputed: whether the resident disputes it and nobody answered yet.
        to_note: whether its creditor withdrew it and its dossier does not say so yet (`ClaimDesk.note_withdrawal`).
        unread: whether its contents never came or cannot be read, so that it can be declined for that
            (`ClaimDesk.decline_unread`).
        commitment: of what stands on the chain; None when nothing does.
        renewal_asked_at: when its holder was asked for a new statement of what stands on the chain, UTC; None when not.
    """

    claim_id: ClaimId
    message: bytes | None
    status: ClaimStatus
    state: str
    reason: RefusalReason | None
    holder: str
    organisation: str
    since: datetime
    version: int | None
    answers: tuple[Answer, ...] = ()
    answer_by: date | None = None
    late: bool = False
    decision: DecisionState | None = None
    linked: bool = False
    dossier: DossierId | None = None
    disputed: bool = False
    to_note: bool = False
    unread: bool = False
    commitment: Commitment | None = None
    renewal_asked_at: datetime | None = None

    @property
    def returned(self) -> bool:
        """Whether the newest decision was overtaken or refused, so that somebody has to decide anew."""
        return self.decision in RETURNED and self.state != CLOSED


@dataclass(frozen=True, kw_only=True)
class InboxFilter:
    """Which entries are wanted: those for which all of this holds. What is left at its default asks nothing.

    Attributes:
        states: one of these values of `InboxEntry.state`.
        late: the day to answer by has passed.
        older_than: it came in at least so many days ago.
        disputed: the resident disputes it and waits for an answer.
        returned: a decision came back and has to be made anew.
        to_note: its creditor withdrew it and the dossier does not say so yet.
        linked: whether it belongs to a dossier.
        dossiers: it belongs to one of these.
        organisation: KvK number of who sent the contents.
    """

    states: frozenset[str] = frozenset()
    late: bool = False
    older_than: int = 0
    disputed: bool = False
    returned: bool = False
    to_note: bool = False
    linked: bool | None = None
    dossiers: frozenset[DossierId] | None = None
    organisation: str = ""

    def wants(self, entry: InboxEntry, now: datetime) -> bool:
        """Say whether an entry is wanted at this time."""
        return (
            (not self.states or entry.state in self.states)
            and (entry.late or not self.late)
            and (now - entry.since).days >= self.older_than
            and (entry.disputed or not self.disputed)
            and (entry.returned or not self.returned)
            and (entry.to_note or not self.to_note)
            and self.linked in (None, entry.linked)
            and (self.dossiers is None or entry.dossier in self.dossiers)
            and self.organisation in ("", entry.organisation)
        )


ALL: Final = InboxFilter()


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """What came in, or one page of what is wanted of it.

    Attributes:
        entries: oldest first.
        checked_at: when the worker last looked, UTC; None when it never did.
        troubles: keys of what kept it back then.
        total: how many are wanted, on all pages.
        page: which page this is, from 1; the last one where a later one was asked for.
        pages: how many there are, at least 1.
        counts: how many there are of each state before anything was filtered, and under ``late``, ``disputed``,
            ``returned`` and ``to_note`` of how many that holds.
    """

    entries: tuple[InboxEntry, ...]
    checked_at: datetime | None
    troubles: tuple[str, ...]
    total: int = 0
    page: int = 1
    pages: int = 1
    counts: Mapping[str, int] = field(default_factory=dict)
