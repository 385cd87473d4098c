"""The chain as the municipality reads it and writes to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from schuldhulp.domain.types import DossierId, Epoch, MunicipalityCode, Root, Tag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schuldhulp.domain.identifiers import IdentifierKind


class RootReader(Protocol):
    """The part of `ChainReader` that verification needs.

    Raises Unreachable when no chain answers, ChainMismatch when it is not the one that was deployed to or it is stale.
    """

    def require_fresh_head(self, now: datetime, max_age: int) -> Head:
        """Return the newest block when it is at most `max_age` seconds old at `now`.

        Raises:
            ChainMismatch: key ``chain_stale``: the chain stands still, so what it says may have been true once.
        """
        ...

    def municipality(self, code: MunicipalityCode) -> MunicipalityState:
        """Return what the registry says about a municipality."""
        ...

    def known(self, tags: Sequence[Tag]) -> list[bool]:
        """Answer the signal for many tags, in their order."""
        ...

    def roots_of(self, dossiers: Sequence[DossierId]) -> Mapping[DossierId, Root]:
        """Return the roots on the chain of all these dossiers, NO_ROOT where there is none."""


@dataclass(frozen=True, kw_only=True)
class Head:
    """The newest block of a chain.

    Attributes:
        number: its height.
        hash: its hash, 32 bytes.
        timestamp: its time, UTC.
    """

    number: int
    hash: bytes
    timestamp: datetime


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What became of a transaction that was mined.

    Attributes:
        succeeded: whether it was carried out (status 1) and not reverted.
        block_number: height of its block.
        block_hash: hash of its block, 32 bytes.
        gas_used: gas that it cost.
    """

    succeeded: bool
    block_number: int
    block_hash: bytes
    gas_used: int


@dataclass(frozen=True, kw_only=True)
class MunicipalityState:
    """What the registry says about a municipality.

    Attributes:
        current_epoch: the epoch in which signals count; 0 before the first was opened.
        oldest_epoch: the oldest epoch that still answers.
        announced_epoch: the newest epoch with published keys; equal to the current one when none is announced.
        claim_key: X25519 key that claims are sealed to, 32 bytes.
        receipt_signer: checksummed address that signs receipts.
        contact: where a creditor turns to.
        evaluator_url: address of the evaluator.
    """

    current_epoch: Epoch
    oldest_epoch: Epoch
    announced_epoch: Epoch
    claim_key: bytes
    receipt_signer: str
    contact: str
    evaluator_url: str


@dataclass(frozen=True, kw_only=True)
class RootChange:
    """One dossier's step in a ledger batch.

    Attributes:
        dossier: the dossier.
        previous_root: root that the chain must have now.
        new_root: root that it gets.
    """

    dossier: DossierId
    previous_root: Root
    new_root: Root


@dataclass(frozen=True, kw_only=True)
class RootCommitted:
    """A root as an event of the ledger tells it.

    Attributes:
        change: what was committed.
        block_number: height of the block.
        tx_hash: hash of the transaction, 32 bytes.
    """

    change: RootChange
    block_number: int
    tx_hash: bytes


@dataclass(frozen=True, kw_only=True)
class SignedTransaction:
    """A transaction that can be sent again and again and is carried out once.

    Attributes:
        raw: its bytes.
        tx_hash: its hash, 32 bytes.
        nonce: place in the order of its account.
    """

    raw: bytes
    tx_hash: bytes
    nonce: int


@dataclass(frozen=True, kw_only=True)
class ContractCall:
    """A call that changes state, encoded but not signed.

    Attributes:
        contract: name of the contract.
        data: selector and arguments.
        gas: gas limit that is always enough when the call is accepted.
    """

    contract: str
    data: bytes
    gas: int


class ChainReader(Protocol):
    """Reads the chain that was deployed to, and no other.

    Every method raises errors.Unreachable when the node does not answer and errors.ChainMismatch when another chain,
    other code or a lower head answers.
    """

    def check_identity(self) -> None:
        """Compare chain id, genesis hash, code and instance id of every contract with the deployment file."""
        ...

    def head(self) -> Head:
        """Return the newest block."""
        ...

    def require_fresh_head(self, now: datetime, max_age: int) -> Head:
        """Return the newest block when it is at most `max_age` seconds old at `now`.

        Raises:
            ChainMismatch: key ``chain_stale``: the chain stands still, so what it says may have been true once.
        """
        ...

    def is_canonical(self, number: int, block_hash: bytes) -> bool:
        """Return whether the block at height `number` has this hash."""
        ...

    def root_of(self, dossier: DossierId) -> Root:
        """Return the root on the chain, 32 zero bytes when there is none."""
        ...

    def roots_of(self, dossiers: Sequence[DossierId]) -> dict[DossierId, Root]:
        """Return the roots of many dossiers in few requests."""
        ...

    def commits_of(self, dossier: DossierId) -> list[RootCommitted]:
        """Return every commit of a dossier, oldest first."""
        ...

    def municipality(self, code: MunicipalityCode) -> MunicipalityState:
        """Return what the registry says about a municipality."""
        ...

    def evaluator_key(self, code: MunicipalityCode, epoch: Epoch, kind: IdentifierKind) -> bytes:
        """Return the published key, 32 bytes; zero bytes when there is none."""
        ...

    def has_role(self, contract: str, verb: str, municipality: MunicipalityCode, account: str) -> bool:
        """Return whether an account holds the role of a verb, such as ``REGISTRAR``, in a municipality."""
        ...

    def is_known(self, tag: Tag) -> bool:
        """Answer the signal; errors.Conflict with key ``epoch_not_open`` for a tag of a closed epoch."""
        ...

    def known(self, tags: Sequence[Tag]) -> list[bool]:
        """Answer the signal for many tags, in their order."""
        ...

    def published(self, municipality: MunicipalityCode, tags: Sequence[Tag], registrar: str) -> list[bool]:
        """Return which tags stand on the chain, those of an epoch not open yet included, in their order."""
        ...

    def tags_of(self, municipality: MunicipalityCode) -> Mapping[Epoch, frozenset[Tag]]:
        """Return all tags that stand on the chain by epoch, those included that no view answers about."""
        ...

    def receipt(self, tx_hash: bytes) -> Receipt | None:
        """Return what became of a transaction, None while it is not mined."""
        ...

    def nonce_of(self, account: str, *, depth: int = 0) -> int:
        """Return how many transactions of an account were mined, as of `depth` blocks below the head."""
        ...

    def refusal_of(self, call: ContractCall, account: str) -> str | None:
        """Try a call without sending it; return the name of the error that would stop it, None when it would pass."""
        ...


class TransactionWriter(Protocol):
    """Signs and sends the transactions of one account."""

    @property
    def account(self) -> str:
        """Checksummed address of the signing account."""
        ...

    def sign(self, call: ContractCall, nonce: int) -> SignedTransaction:
        """Sign a call at the price of the moment; nothing is sent."""
        ...

    def send(self, raw: bytes) -> str:
        """Hand a signed transaction to the node; returns its refusal, if any, which alone means nothing.

        Harmless when the node has the transaction already or has carried it out.
        """
        ...


class ChainWriter(TransactionWriter, Protocol):
    """Encodes, signs and sends the registrar's transactions."""

    def commit(self, municipality: MunicipalityCode, changes: Sequence[RootChange]) -> ContractCall:
        """Encode a ledger batch; the dossiers stand in ascending order."""
        ...

    def enrol(self, municipality: MunicipalityCode, epoch: Epoch, tags: Sequence[Tag]) -> ContractCall:
        """Encode the publication of tags, which stand in ascending order."""
        ...

    def end_enrolment(self, municipality: MunicipalityCode, tags: Sequence[Tag]) -> ContractCall:
        """Encode the ending of tags, which stand in ascending order."""
        ...


class ChainAdministrator(Protocol):
    """Grants and takes back the roles of creditors, with the key of the municipality's administrator."""

    def admit_creditor(self, *, municipality: MunicipalityCode, account: str, bsn: bool) -> None:
        """Give CREDITOR in both contracts, and with `bsn` BSN_CREDITOR; else take that one back."""
        ...

    def fund_creditor(self, *, account: str) -> None:
        """Give an account what its transactions cost, where they cost something and it has too little."""
        ...

    def suspend_creditor(self, *, municipality: MunicipalityCode, account: str) -> None:
        """Take every role of a creditor back; what is already so is left."""
        ...
