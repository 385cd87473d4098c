"""What is stored of claims, row by row: sealed bytes as they came, what the chain said, and what was answered.

Nothing in a row can be read without a key, but for what stands on the chain anyway. Times are aware UTC datetimes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from schuldhulp.domain.claims import ClaimStatus, ReceiptOutcome, RefusalReason
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode


class DeliveryState(StrEnum):
    """Where the contents that somebody delivered stand.

    ``received``: stored, not opened yet. ``waiting_for_filing``: they open and are right, but their commitment is not
    on the chain. ``accepted``: they are what was filed. ``refused``: for the reason of the row; what was refused for
    want of a filing is looked at again when that comes.
    """

    RECEIVED = "received"
    WAITING_FOR_FILING = "waiting_for_filing"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class ContentsState(StrEnum):
    """What is here of the contents of a claim on the chain, as it stands there now.

    ``waiting``: not here yet. ``missing``: not in time; named to the creditor, and healed by a later delivery.
    ``refused``: here, but refused for what they are. ``complete``: here and right.
    """

    WAITING = "waiting_for_contents"
    MISSING = "contents_missing"
    REFUSED = "contents_refused"
    COMPLETE = "complete"


class EventKind(StrEnum):
    """What happened to a claim on the chain."""

    FILED = "filed"
    AMENDED = "amended"
    HANDED_OVER = "handed_over"
    WITHDRAWN = "withdrawn"
    DECIDED = "decided"
    UNKNOWN = "unknown"
    """Never written; stands for a stored word that this system does not know: somebody changed the database."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MailRow:
    """A message from the channel, as it came. ``content`` is emptied when it has been kept long enough.

    ``acknowledged``: the evaluator was told that it is safe here. ``handled_at``: when it was handed to whom its kind
    concerns; None while this version knows nobody.
    """

    message: bytes
    municipality: MunicipalityCode
    number: int
    kind: str
    subject: bytes
    sender: str
    organisation: str
    received_at: datetime
    stored_at: datetime
    content: bytes = field(repr=False)
    acknowledged: bool = False
    handled_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryRow:
    """The contents of a claim that somebody delivered, and what was found in them; the sealed bytes are its mail's.

    ``commitment``, ``replaces`` and ``version`` are what the contents come to, None while they were not opened or do
    not open. ``finding`` is what is wrong with them whatever the chain says; ``reason`` why they are refused now.
    ``mac`` covers what was found, so that nobody without the job key can have other contents accepted. ``renew_at``:
    from when the statement in them is too old; None when that was not looked at. It decides when the contents are
    looked into again, and nothing else.
    """

    message: bytes
    municipality: MunicipalityCode
    claim_id: ClaimId
    sender: str
    organisation: str
    received_at: datetime
    state: DeliveryState
    commitment: Commitment | None = None
    replaces: Commitment | None = None
    version: int | None = None
    finding: RefusalReason | None = None
    reason: RefusalReason | None = None
    decided_at: datetime | None = None
    mac: bytes = b""
    renew_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EventRow:
    """Something that happened to a claim on the chain. ``id`` is 0 until it is stored.

    ``account``: who holds the claim from then on (filed, handed over). ``commitment``: what stands there from then on
    (filed, amended), or stood there (decided). ``previous``: the commitment that was amended. ``status`` and
    ``decision``: of a reviewer's step. ``dropped_at``: when it was found that the chain has thrown the block out.
    """

    id: int
    municipality: MunicipalityCode
    kind: EventKind
    claim_id: ClaimId
    account: str | None
    commitment: Commitment | None
    previous: Commitment | None
    status: ClaimStatus | None
    decision: bytes | None
    block_number: int
    block_hash: bytes
    block_time: datetime
    log_index: int
    dropped_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimRow:
    """A claim as it stands on the chain, by its events, and what is here of its contents.

    ``filed_at``: time of the block in which it was filed (anew, after it was closed). ``since``: of its newest filing,
    amendment or hand-over, from which the wait for contents counts. ``message``: the accepted delivery of what stands
    there now. ``block_number``: of its newest event.
    """

    claim_id: ClaimId
    municipality: MunicipalityCode
    holder: str
    status: ClaimStatus
    commitment: Commitment
    filed_at: datetime
    changed_at: datetime
    since: datetime
    block_number: int
    contents: ContentsState
    message: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiptRow:
    """A receipt: signed in the transaction that decided, sealed once, and sent until it arrives. ``id`` 0: not stored.

    ``message`` is None when the contents never came. ``document`` is the signed receipt as JSON; ``sealed`` empty until
    the creditor's key is known. ``trouble`` is why it could not be sent yet, empty when nothing is in the way.
    """

    id: int
    municipality: MunicipalityCode
    claim_id: ClaimId
    message: bytes | None
    recipient: str
    outcome: ReceiptOutcome
    reason: RefusalReason | None
    document: bytes = field(repr=False)
    created_at: datetime
    sealed: bytes = field(default=b"", repr=False)
    trouble: str = ""
    tried_at: datetime | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowRow:
    """How far the channel and the chain were read. ``block_hash`` empty: nothing of the chain was read yet.

    ``collected``: number of the newest message that is stored. ``trouble``: what kept everything back in the last run,
    empty when nothing did.
    """

    municipality: MunicipalityCode
    collected: int = 0
    block_number: int = 0
    block_hash: bytes = b""
    checked_at: datetime | None = None
    trouble: str = ""
