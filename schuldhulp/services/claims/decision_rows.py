"""Decisions that wait for the worker and links between claims and dossiers, as they are stored; and who may use them.

The cockpit writes a decision, the worker carries it out. Nothing in these rows can be read without a key, but for what
stands on the chain anyway. Times are aware UTC datetimes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from schuldhulp.crypto.jobs import JobKey, job_mac, verify_job_mac
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode

_PURPOSE: Final = "claim decision"
_TAKEN_BACK: Final = "claim decision taken back"


class DecisionState(StrEnum):
    """Where a decision stands.

    ``waiting``: for the worker. ``signed``: in a batch that was signed. ``confirmed``: on the chain. ``overtaken``: the
    claim was amended, handed over or closed meanwhile, so that nobody judged what stands there now; back to the
    caseworker. ``refused``: not written by us, or not a step that the contract allows; named in ``trouble``.
    ``taken_back``: by the caseworker, or by the resident's dispute, before it was signed.
    """

    WAITING = "waiting"
    SIGNED = "signed"
    CONFIRMED = "confirmed"
    OVERTAKEN = "overtaken"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"


PENDING: Final = frozenset({DecisionState.WAITING, DecisionState.SIGNED})
"""States in which a claim takes no other decision."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionRow:
    """A decision for the worker. ``mac`` covers everything that the worker acts on, from ``id`` to ``created_at``.

    ``id``: 16 random bytes. ``commitment``: the version that was judged. ``decision``: hash for the chain.
    ``recipient``: account that held the claim. ``sealed``: the decision, sealed to the encryption key that this account
    had when it was first sent; empty until then. The worker, who seals it, authenticates the row anew. ``kept``: the
    same, sealed to the municipality's claim key. ``batch``: the batch it was signed in. ``tried_at`` and
    ``delivered_at``: when the sealed decision was last sent, and when the evaluator took it.
    """

    id: bytes
    municipality: MunicipalityCode
    claim_id: ClaimId
    commitment: Commitment
    status: ClaimStatus
    decision: bytes
    recipient: str
    sealed: bytes = field(repr=False)
    kept: bytes = field(repr=False)
    created_at: datetime
    mac: bytes = field(default=b"", repr=False)
    state: DecisionState = DecisionState.WAITING
    batch: int | None = None
    trouble: str = ""
    tried_at: datetime | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkRow:
    """To which dossier a claim belongs. ``filed_at`` tells an id that was filed anew from its earlier life.

    ``sealed``: dossier and record, encrypted under a key that the cockpit alone holds.
    """

    claim_id: ClaimId
    filed_at: datetime
    sealed: bytes = field(repr=False)
    linked_at: datetime


class DecisionRepository(Protocol):
    """Tables ``claim_decisions`` and ``claim_links``."""

    def add(self, row: DecisionRow) -> None:
        """Store a decision."""

    def get(self, decision: bytes) -> DecisionRow | None:
        """Return the decision with this id."""

    def of_claims(self, claims: Sequence[ClaimId]) -> Sequence[DecisionRow]:
        """Return the decisions on these claims, oldest first."""

    def in_state(
        self, municipality: MunicipalityCode, state: DecisionState, *, limit: int | None = None
    ) -> Sequence[DecisionRow]:
        """Return the decisions in a state, oldest first."""

    def of_batch(self, batch: int) -> Sequence[DecisionRow]:
        """Return the decisions that were signed in a batch, oldest first."""

    def set_state(
        self, decision: bytes, state: DecisionState, *, was: DecisionState, batch: int | None = None, trouble: str = ""
    ) -> bool:
        """Write where a decision stands, its batch and its trouble; False when it was not in the state ``was``."""

    def take_back(self, decision: bytes, *, mac: bytes) -> bool:
        """Take back a decision that waits, under a code that the worker does not carry out; False when it does not."""

    def seal(self, decision: bytes, sealed: bytes, *, mac: bytes) -> bool:
        """Store what is sent of a decision, and its new code; False when that was stored already."""

    def undelivered(self, municipality: MunicipalityCode, *, limit: int) -> Sequence[DecisionRow]:
        """Return confirmed decisions that have not arrived, those that were tried longest ago in front."""

    def note(self, decision: bytes, *, trouble: str, tried_at: datetime) -> None:
        """Write why a decision could not be sent."""

    def arrived(self, decision: bytes, at: datetime) -> None:
        """Write down that a decision was delivered."""

    def put_link(self, row: LinkRow) -> None:
        """Store the link of a claim, in place of an earlier one of the same filing."""

    def remove_link(self, claim: ClaimId, filed_at: datetime) -> None:
        """Forget the link of one filing of a claim."""

    def link(self, claim: ClaimId, filed_at: datetime) -> LinkRow | None:
        """Return the link of one filing of a claim."""

    def links(self) -> Sequence[LinkRow]:
        """Return all links, oldest first."""


def decision_mac(key: JobKey, row: DecisionRow) -> bytes:
    """Compute the authentication code of a decision; 32 bytes."""
    return job_mac(key, _PURPOSE, *_fields(row))


def is_decision_valid(key: JobKey, row: DecisionRow) -> bool:
    """Tell whether a decision was written by a holder of the job key and is unchanged."""
    return verify_job_mac(key, row.mac, _PURPOSE, *_fields(row))


def taken_back_mac(key: JobKey, row: DecisionRow) -> bytes:
    """Compute the code of a decision that was taken back: who may write in the database cannot have it wait again."""
    return job_mac(key, _TAKEN_BACK, *_fields(row))


def is_decision_genuine(key: JobKey, row: DecisionRow) -> bool:
    """Tell whether a decision was written by a holder of the job key, taken back or not."""
    return is_decision_valid(key, row) or (
        row.state is DecisionState.TAKEN_BACK and verify_job_mac(key, row.mac, _TAKEN_BACK, *_fields(row))
    )


def _fields(row: DecisionRow) -> tuple[bytes | str | int, ...]:
    return (
        row.id,
        row.municipality,
        row.claim_id,
        row.commitment,
        int(row.status),
        row.decision,
        row.recipient,
        row.sealed,
        row.kept,
        row.created_at.isoformat(timespec="microseconds"),
    )
