"""The channel of sealed messages between creditors and the municipality, as Protocols.

A message is sealed by whoever sends it (HPKE) and opened by whoever receives it. The evaluator in between keeps the
ciphertext, says when it came, and hands it out to its addressee; it can read none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from schuldhulp.services.ports import EvaluatedBatch

MUNICIPALITY: Final = "municipality"
"""Name of the municipality as organisation, sender and recipient."""

MAX_CONTENT: Final = 44 * 1024
"""Bytes of a sealed message; in base64, with the rest of its request, it fits in a body of 64 KiB."""

MAX_CLAIM_IDS: Final = 100
"""Blinded elements in one request for claim ids."""

MAX_MESSAGES: Final = 100
"""Messages that are collected or acknowledged in one request."""

MAX_ORGANISATIONS: Final = 100
"""Organisations that are named in one answer."""


class MessageKind(StrEnum):
    """What a message is; each kind goes one way only."""

    CLAIM = "claim"
    """A creditor's claim, sealed to the municipality's claim key."""
    RECEIPT = "receipt"
    """The municipality's receipt of a claim, sealed to the creditor's encryption key on the chain."""
    DECISION = "decision"
    """The municipality's decision on a claim with its reason, sealed in the same way."""
    RENEWAL = "renewal"
    """The municipality's question for a new statement of a claim, sealed in the same way."""
    NOTICE = "notice"
    """The municipality's notice to a creditor that somebody was enrolled, sealed in the same way."""
    ACKNOWLEDGEMENT = "acknowledgement"
    """A creditor's signature under a notice, sealed to the municipality's claim key."""
    STATEMENT = "statement"
    """A party's statement of rent, an advance or a benefit, sealed to the municipality's claim key."""
    STATEMENT_RECEIPT = "statement_receipt"
    """The municipality's signature under a statement, sealed to the party's encryption key on the chain."""


TO_MUNICIPALITY: Final = frozenset({MessageKind.CLAIM, MessageKind.ACKNOWLEDGEMENT, MessageKind.STATEMENT})
"""What a creditor sends, or another admitted party."""

TO_CREDITOR: Final = frozenset(MessageKind) - TO_MUNICIPALITY
"""What the municipality sends."""


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What the evaluator answers to a delivery.

    Attributes:
        message: keccak256 of the content, 32 bytes; the name of the message from now on.
        received_at: when it came in for the first time, UTC.
    """

    message: bytes
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message in the mailbox of its addressee.

    Attributes:
        number: its place in this mailbox, ascending with gaps; once one was seen, nothing comes in below it.
        message: keccak256 of the content, 32 bytes.
        kind: what it is, a `MessageKind`; or the bare name of a kind that only newer software knows.
        subject: what it is about, 32 bytes; a claim id for all that concerns a claim. Not checked by the evaluator.
        sender: checksummed address of the account that sent it, or ``municipality``.
        organisation: KvK number of the sender, or ``municipality``.
        received_at: when it came in, UTC.
        content: the sealed bytes.
    """

    number: int
    message: bytes
    kind: MessageKind | str
    subject: bytes
    sender: str
    organisation: str
    received_at: datetime
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Correspondent:
    """An organisation that was admitted, as the municipality can write to it.

    Attributes:
        kvk: number in the trade register, 8 digits.
        name: its name there.
        accounts: checksummed addresses that belong to it, the one that was admitted last in front.
        suspended: whether it has been shut out; then what is sent to it waits.
    """

    kvk: str
    name: str
    accounts: tuple[str, ...]
    suspended: bool


class Channel(Protocol):
    """The evaluator's channel as one party uses it: an account of a creditor, or the municipality.

    Every method can be repeated after any failure. Every method raises errors.Unreachable when the evaluator does not
    answer (also when it could not reach its chain or database), errors.NotAllowed when it refuses this organisation or
    account, or when a limit was reached (then ``parameters["retry_after"]`` tells the seconds to wait), and
    errors.InvalidInput when the request itself is wrong.
    """

    def claim_ids(self, elements: Sequence[bytes]) -> EvaluatedBatch:
        """Have 1 to 100 blinded elements evaluated under the standing claim-id key; the proof is not checked here.

        Check it (`voprf.finalize`) against the claim-id key of the deployment file.
        """
        ...

    def prepare_claim_ids(self, elements: Sequence[bytes]) -> bytes:
        """Sign what `claim_ids` sends, for `send_claim_ids`; valid for two minutes, and to be repeated for a day."""
        ...

    def send_claim_ids(self, prepared: bytes) -> EvaluatedBatch:
        """Send what was prepared, as `claim_ids`; the same again is answered again and takes no quota again.

        Raises:
            errors.InvalidInput: it has expired and was never answered.
            errors.Conflict: the evaluator does not remember that it answered it.
        """
        ...

    def deliver(self, kind: MessageKind, subject: bytes, recipient: str, content: bytes) -> Delivered:
        """Hand in a sealed message; the same content again gives the answer of the first time.

        Args:
            kind: what it is.
            subject: 32 bytes; the claim id for all that concerns a claim.
            recipient: ``municipality``, or the checksummed address of a creditor's account.
            content: the sealed bytes, at most `MAX_CONTENT`.

        Raises:
            errors.Conflict: the same content was handed in as another kind, about another subject, or by another
                organisation.
        """
        ...

    def collect(self, after: int, limit: int = MAX_MESSAGES) -> list[Message]:
        """Return messages to the caller with a number above ``after``, by number; an empty list is the end.

        A list shorter than ``limit`` is not the end: an answer is limited in bytes too. Messages that were
        acknowledged are given again until their contents are erased, so that a restored database can catch up.
        """
        ...

    def acknowledge(self, messages: Sequence[bytes]) -> None:
        """Say that messages to the caller were stored safely, by their hashes; what is not there is passed over.

        From then on they count no longer against their sender, and their contents are erased after a time.
        """
        ...

    def organisations(self, after: str, limit: int = MAX_ORGANISATIONS) -> list[Correspondent]:
        """Return admitted organisations with a KvK number above ``after``, by number; an empty list is the end.

        For the municipality alone.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Posting:
    """A message as it was handed in, everything about it checked.

    Attributes:
        message: keccak256 of the content, 32 bytes.
        kind: what it is.
        subject: what it is about, 32 bytes.
        sender: checksummed address of the account, or ``municipality``.
        organisation: KvK number, or ``municipality``.
        recipient: checksummed address of an account, or ``municipality``.
        content: the sealed bytes.
    """

    message: bytes
    kind: MessageKind
    subject: bytes
    sender: str
    organisation: str
    recipient: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """How much of one organisation the evaluator holds.

    Attributes:
        waiting: messages that their addressee has not acknowledged.
        waiting_bytes: bytes of those.
        held: messages whose contents are still here, acknowledged or not.
        held_bytes: bytes of those.
    """

    waiting: int
    waiting_bytes: int
    held: int
    held_bytes: int


@dataclass(frozen=True, kw_only=True)
class ClaimIdQuota:
    """For how many claim ids may be asked in a UTC day.

    Attributes:
        organisation: by all accounts of the organisation together.
        account: by the account that asks; None: no limit of its own.
    """

    organisation: int
    account: int | None


class MessageStore(Protocol):
    """The evaluator's own database: messages, and how many claim ids were asked for.

    Each method is one transaction that also notes the nonce of the request, and raises errors.Conflict with key
    ``nonce_used`` when that organisation used it before (then nothing else happens), errors.Unreachable when the
    database does not answer.
    """

    def charge_claim_ids(
        self,
        *,
        organisation: str,
        account: str,
        quota: ClaimIdQuota | None,
        elements: int,
        nonce: bytes,
        at: datetime,
        request: bytes | None = None,
    ) -> bool:
        """Take elements from the quotas of the UTC day (None: no quota); False, and no nonce noted, if one is spent.

        The same request again, by the digest of all that was signed, takes nothing and raises nothing.
        """
        ...

    def was_charged(self, request: bytes) -> bool:
        """Tell by its digest whether a request for claim ids was charged within the last day. Notes no nonce."""
        ...

    def deliver(
        self, posting: Posting, *, allowance: Allowance | None, nonce: bytes, at: datetime, daily: int | None = None
    ) -> Delivered:
        """Store a message under the next number of its mailbox, or find it there; ``daily`` bounds new ones in a day.

        Raises:
            errors.Conflict: ``message_differs``, it is there as another kind, subject or organisation's.
            LimitReached: the organisation would leave more than its allowance (None: no limit), or its bound of the
                day is reached (None: no bound).
        """
        ...

    def collect(
        self, *, organisation: str, recipient: str, after: int, limit: int, size: int, nonce: bytes, at: datetime
    ) -> list[Message]:
        """Return at most ``limit`` messages and, beyond the first, ``size`` bytes of a mailbox, by number."""
        ...

    def acknowledge(
        self, *, organisation: str, recipient: str, hashes: Sequence[bytes], nonce: bytes, at: datetime
    ) -> int:
        """Mark messages of a mailbox as stored by their addressee; return how many of these are marked now."""
        ...

    def organisations(
        self, *, organisation: str, after: str, limit: int, nonce: bytes, at: datetime
    ) -> list[Correspondent]:
        """Return at most ``limit`` organisations with a KvK number above ``after``, by number."""
        ...

    def erase(self, *, fetched_before: datetime, at: datetime) -> int:
        """Empty the contents of messages that were acknowledged before a time; return how many. Notes no nonce."""
        ...
