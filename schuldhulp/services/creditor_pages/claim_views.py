"""A claim as a page shows it to the organisation that handed it in, and what such a page works with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from schuldhulp.domain.claims import ClaimContents, ClaimReceipt, ClaimStatus, DecisionReason, ReceiptOutcome
from schuldhulp.domain.notices import Notice
from schuldhulp.domain.types import ClaimId


class Unfinished(StrEnum):
    """A step that was begun and did not come to its end."""

    FILE = "file"
    AMEND = "amend"
    WITHDRAW = "withdraw"
    HAND_OVER = "hand_over"


@dataclass(frozen=True, kw_only=True)
class PageDecision:
    """What the credit bank decided last on a claim.

    Attributes:
        status: where it took the claim.
        reason: why.
        text: sentences for the creditor; may be empty.
        decided_at: when, UTC.
        is_of_present: whether the version that was judged is the one on chain.
        is_current: whether the claim still stands where it was taken.
    """

    status: ClaimStatus
    reason: DecisionReason
    text: str = field(repr=False)
    decided_at: datetime
    is_of_present: bool
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class PageClaim:
    """Where a claim stands. It says nothing about the dossier.

    Attributes:
        claim_id: id on chain.
        reference: the original creditor's reference; empty when this organisation never handed in contents here.
        status: where it stands on chain.
        filed_at: when it was filed last, UTC; None when nothing stands on chain.
        changed_at: when it changed last, UTC; None likewise.
        is_holder: whether the organisation's account of the pages holds it.
        is_current: whether the version on chain is the last one that was handed in here.
        delivered_at: when the contents of that version were taken, UTC; None when they were not.
        unfinished: a step that was begun and is to be finished; None when there is none.
        receipt: the municipality's newest receipt of the version on chain; None while there is none.
        renewal_due: whether the statement is older than six months, or the municipality asks for a new one.
        renewal_asked_at: when the municipality asked for one, UTC; None when it did not.
        decision: the last decision; None while there is none.
        awaits_reason: whether it was decided on and the reason has not come yet.
        problems: keys of what is wrong with messages about this claim.
    """

    claim_id: ClaimId
    reference: str = field(repr=False)
    status: ClaimStatus
    filed_at: datetime | None
    changed_at: datetime | None
    is_holder: bool
    is_current: bool
    delivered_at: datetime | None
    unfinished: Unfinished | None
    receipt: ClaimReceipt | None
    renewal_due: bool
    decision: PageDecision | None = None
    awaits_reason: bool = False
    problems: tuple[str, ...] = ()
    renewal_asked_at: datetime | None = None

    @property
    def may_withdraw(self) -> bool:
        """Whether this organisation can take it back or pass it on."""
        return self.status.is_open and self.is_holder

    @property
    def may_amend(self) -> bool:
        """Whether this organisation can replace what it says."""
        return self.status.is_undecided and self.is_holder


@dataclass(frozen=True, kw_only=True)
class ReceiptFile:
    """A receipt to keep; `schuldhulp claim verify-receipt` checks it.

    Attributes:
        name: name of the file; says nothing about a person.
        outcome: what the intake made of the claim.
        received_at: when the contents came, UTC.
        content: the file.
    """

    name: str
    outcome: ReceiptOutcome
    received_at: datetime
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ClaimDesktop:
    """What the pages offer an organisation now.

    Attributes:
        open: whether the cockpit hands in claims for it.
        bsn: whether it may name a citizen service number.
        account: address of its account here, to which another creditor can hand a claim over; empty when not open.
    """

    open: bool
    bsn: bool
    account: str


@dataclass(frozen=True, kw_only=True)
class ClaimFile:
    """All that a page shows of one claim.

    Attributes:
        claim: where it stands.
        contents: what was handed in last; None when it was handed over to this organisation.
        receipts: the receipts to keep, newest first.
    """

    claim: PageClaim
    contents: ClaimContents | None
    receipts: tuple[ReceiptFile, ...]


@dataclass(frozen=True, kw_only=True)
class PageNotice:
    """A notice that the municipality sent to this organisation: somebody gets help.

    Attributes:
        notice: what it says.
        message: keccak256 of what was delivered, 32 bytes.
        acknowledged_at: when the organisation's account signed that it has it, UTC; None while it did not.
        sent_at: when the municipality's evaluator took that signature, UTC; None while it did not.
        days_left: working days until the organisation should have answered, below zero the days by which it is late.
    """

    notice: Notice = field(repr=False)
    message: bytes
    acknowledged_at: datetime | None
    sent_at: datetime | None
    days_left: int


class Filer(Protocol):
    """Hands in claims with one organisation's account. Every method can be repeated after any failure."""

    def set_up(self) -> None:
        """Make the account ready; what is done already is left."""
        ...

    def file(self, contents: ClaimContents) -> PageClaim:
        """File a claim and deliver its contents."""
        ...

    def amend(self, contents: ClaimContents) -> PageClaim:
        """Replace the contents of an open claim."""
        ...

    def withdraw(self, claim_id: ClaimId) -> PageClaim:
        """Take an open claim back."""
        ...

    def hand_over(self, claim_id: ClaimId, holder: str) -> PageClaim:
        """Pass an open claim on to another account."""
        ...

    def go_on(self, claim_id: ClaimId) -> PageClaim:
        """Finish the step with a claim that was begun."""
        ...

    def list(self) -> Sequence[PageClaim]:
        """Return all claims, in the order in which they were first handed in."""
        ...

    def state(self, claim_id: ClaimId) -> PageClaim:
        """Return one claim."""
        ...

    def known(self) -> Sequence[ClaimId]:
        """Return the ids of all claims; the chain is not asked."""
        ...

    def contents(self, claim_id: ClaimId) -> ClaimContents:
        """Return what was handed in last; raises NotFound when nothing was."""
        ...

    def receipts(self, claim_id: ClaimId) -> Sequence[ReceiptFile]:
        """Return the receipts of a claim, newest first."""
        ...

    def notices(self) -> Sequence[PageNotice]:
        """Return the notices that came, in the order in which they did."""
        ...

    def acknowledge(self, message: bytes) -> PageNotice:
        """Sign for a notice and send that; raises NotFound when no such notice came."""
        ...

    def catch_up(self) -> Sequence[str]:
        """Finish what has left this machine and fetch what the municipality sent; return what stood in the way."""
        ...


OpenFiler = Callable[[str], AbstractContextManager[Filer] | None]
"""Opens the claims of an organisation, None when the pages hand in nothing for it.

Raises Conflict ``journal_in_use`` when another process has them open.
"""
