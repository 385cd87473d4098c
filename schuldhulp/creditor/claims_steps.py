"""The steps a creditor takes with its claims, and what it received, as its journal keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from schuldhulp.domain.claims import Claim
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.services.ports import SignedTransaction


class StepKind(StrEnum):
    """What a creditor does with a claim."""

    FILE = "file"
    AMEND = "amend"
    WITHDRAW = "withdraw"
    HAND_OVER = "hand_over"

    @property
    def has_contents(self) -> bool:
        """Whether sealed contents go with it."""
        return self in (StepKind.FILE, StepKind.AMEND)


class StepState(StrEnum):
    """How far a step is. Each is kept before the next one begins."""

    BEGUN = "begun"
    SIGNED = "signed"
    """The signed transaction is kept; it may have been sent."""
    MINED = "mined"
    """It stands on chain; contents may still have to be delivered."""
    DONE = "done"
    FAILED = "failed"
    """The chain refused it; nothing came of it."""

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do."""
        return self in (StepState.DONE, StepState.FAILED)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing done with a claim.

    Attributes:
        number: order of steps.
        kind: what is done.
        state: how far it is.
        claim_id: with which claim.
        began_at: when, UTC.
        claim: the version that is filed, None for a step without contents.
        commitment: of that version.
        holder: checksummed address of who is to hold it from now on, for a hand-over.
        transaction: signed bytes, None until signed.
        block_number: block in which it stands.
        sealed: the contents as they are delivered.
        sealed_to: key of the municipality they are sealed to.
        message: keccak256 of the sealed contents, once delivered.
        delivered_at: when the evaluator acknowledged it, UTC.
        failure: key of the error, for a failed step.
    """

    number: int
    kind: StepKind
    state: StepState
    claim_id: ClaimId
    began_at: datetime
    claim: Claim | None = field(default=None, repr=False)
    commitment: Commitment | None = None
    holder: str | None = None
    transaction: SignedTransaction | None = field(default=None, repr=False)
    block_number: int | None = None
    sealed: bytes | None = field(default=None, repr=False)
    sealed_to: bytes | None = None
    message: bytes | None = None
    delivered_at: datetime | None = None
    failure: str | None = None


@dataclass(frozen=True, kw_only=True)
class KeptMessage:
    """A message from the municipality that was collected.

    Attributes:
        message: keccak256 of the sealed bytes.
        municipality: whose mailbox it lay in.
        claim_id: what it is about; of a notice or a statement the 32 bytes that its sender gave it.
        number: its place in the mailbox.
        problem: key of what is wrong with it, None when nothing is.
        content: the sealed bytes.
        document: what is kept of it opened, as JSON text: of a receipt all of it, checked; None when nothing is.
        kind: what it is; empty for what a version that kept no kinds did not know.
    """

    message: bytes
    municipality: MunicipalityCode
    claim_id: ClaimId
    number: int
    problem: str | None
    content: bytes = field(repr=False)
    document: str | None
    kind: str = ""
