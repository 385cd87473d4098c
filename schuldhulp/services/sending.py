"""How a signed transaction gets onto the chain once, whatever happens in between.

A batch is stored with its signed bytes before it is sent. Whoever takes over after a crash, a lost connection or a
receipt that did not come looks up what became of those bytes and sends the same bytes again; the nonce sees to it that
they are carried out once. So a worker may be killed between any two steps.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

from schuldhulp import errors
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.services.ports import (
    ChainReader,
    Clock,
    ContractCall,
    Receipt,
    Store,
    TransactionWriter,
    UnitOfWork,
)
from schuldhulp.services.rows import BatchKind, BatchRow, BatchState

LEASE: Final = timedelta(seconds=90)
"""How long a worker may be silent before another takes over."""

RECEIPT_TIMEOUT: Final = 20.0
"""Seconds that a worker waits for a receipt before it does something else; no failure, it looks again later."""

RECEIPT_POLL: Final = 0.05
"""Seconds between two looks for a receipt."""

FAILURES_IN_A_ROW: Final = 3
"""After so many failed batches of a kind the worker waits between tries."""

PATIENCE: Final = timedelta(minutes=15)
"""How long it then waits."""


REGISTRAR: Final = "REGISTRAR"
REVIEWER: Final = "REVIEWER"

_ROLE_OF: Final = {
    BatchKind.LEDGER: ("ObligationLedger", REGISTRAR),
    BatchKind.ENROL: ("EnrolmentRegistry", REGISTRAR),
    BatchKind.END: ("EnrolmentRegistry", REGISTRAR),
    BatchKind.DECIDE: ("ClaimRegister", REVIEWER),
}
"""Where the account of a batch needs which role."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of batches in one pass.

    Attributes:
        confirmed: ids of batches that were confirmed.
        failed: ids of batches that were reverted, whose nonce something else took, or whose account lost its role
            before they were mined, with the reason.
        waiting: ids of batches that are not mined yet, or reverted in a block that may still go.
        refusals: ids of batches that the node did not take and that are not mined, with what it said.
    """

    confirmed: tuple[int, ...] = ()
    failed: tuple[tuple[int, str], ...] = ()
    waiting: tuple[int, ...] = ()
    refusals: tuple[tuple[int, str], ...] = ()


@dataclass
class _Settled:
    """An `Outcome` in the making."""

    confirmed: list[int] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    refusals: list[tuple[int, str]] = field(default_factory=list)


class BatchOwner(Protocol):
    """The use case that a kind of batch belongs to."""

    def confirm(self, batch: BatchRow) -> Callable[[UnitOfWork], None]:
        """Look at what the chain says of a batch that is on it for good; return what writes that down."""

    def release(self, work: UnitOfWork, batch: BatchRow) -> None:
        """Write down that a batch changed nothing, so that its contents may go into another."""


class LeaseLost(errors.Conflict):
    """Another worker holds the lease of this account."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("worker_elsewhere", "another worker is at work with this account")


@dataclass
class Sender:
    """Sends the batches of one account, one after the other.

    Attributes:
        store: the main database.
        reader: reads the chain.
        writer: signs and sends.
        clock: the time.
        pause: waits a number of seconds.
        confirmations: blocks on top after which a batch counts as confirmed.
        municipality: whose batches are looked after; those of all when None.
        verb: role of the account; what was signed in another role is for another sender.
        receipt_timeout: seconds to wait for a receipt.
        holder: name of this worker in the lease; random.
    """

    store: Store
    reader: ChainReader
    writer: TransactionWriter
    clock: Clock
    pause: Callable[[float], None]
    confirmations: int
    municipality: MunicipalityCode | None = None
    verb: str = REGISTRAR
    receipt_timeout: float = RECEIPT_TIMEOUT
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    _owners: dict[BatchKind, BatchOwner] = field(default_factory=dict)

    def register(self, kind: BatchKind, owner: BatchOwner) -> None:
        """Name the use case that a kind of batch belongs to."""
        self._owners[kind] = owner

    # --- the lease ----------------------------------------------------------------------------------------------------

    def hold_lease(self) -> None:
        """Take or prolong the lease.

        Raises:
            LeaseLost: another worker holds it.
        """
        with self.store.write() as work:
            self._prolong(work)
            work.commit()

    def release_lease(self) -> None:
        """Give the lease back, so that another worker need not wait until it runs out."""
        with self.store.write() as work:
            work.leases.release(self.writer.account, self.holder)
            work.commit()

    def request(self) -> str | None:
        """Return the name of a request to work at once that came to this worker; None when there is none."""
        with self.store.read() as work:
            lease = work.leases.get(self.writer.account)
        return lease.request if lease is not None and lease.holder == self.holder else None

    def answer(self, request: str) -> None:
        """Write down that what a request asked for has been done."""
        with self.store.write() as work:
            work.leases.answer(self.writer.account, request)
            work.commit()

    def _prolong(self, work: UnitOfWork) -> None:
        now = self.clock.now()
        if not work.leases.acquire(self.writer.account, self.holder, now=now, until=now + LEASE):
            raise LeaseLost

    # --- looking after what was signed --------------------------------------------------------------------------------

    def settle(self) -> Outcome:
        """Look up every batch that is not finished, in the order of nonces; send again what is not on the chain.

        Batches of an account that was replaced are looked after too, unless a worker with that account is at work.

        Returns:
            What became of them.

        Raises:
            LeaseLost: another worker holds the lease.
            errors.Unreachable: the chain or the database does not answer; nothing is lost.
            errors.ChainMismatch: another chain answers; nothing was sent.
            errors.Deviation: the chain is shorter than it was when it was last looked at; nothing was sent.
        """
        self.hold_lease()
        with self.store.read() as work:
            batches = [batch for batch in work.batches.unfinished() if self._is_mine(batch)]
            seen = work.chain_watch.get()
        if seen is not None and self.reader.head().number < seen.head_number:
            raise errors.Deviation("chain_behind", "the chain is shorter than it was when it was last looked at")
        done = _Settled()
        # What was signed with a key that was replaced since comes first: the dossiers in it wait for that.
        for account in sorted({batch.account for batch in batches} - {self.writer.account}):
            if self._take_over(account):
                self._settle([batch for batch in batches if batch.account == account], done)
                self._give_back(account)
        self._settle([batch for batch in batches if batch.account == self.writer.account], done)
        return Outcome(
            confirmed=tuple(done.confirmed),
            failed=tuple(done.failed),
            waiting=tuple(done.waiting),
            refusals=tuple(done.refusals),
        )

    def _is_mine(self, batch: BatchRow) -> bool:
        """Tell whether this sender looks after a batch: its account signed it, or one that it replaced may have."""
        if self.municipality not in (None, batch.municipality):
            return False
        # A kind that nobody knows is the registrar's to name, unless another account of today signed it.
        _, verb = _ROLE_OF.get(batch.kind, ("", REGISTRAR))
        return batch.account == self.writer.account or verb == self.verb

    def _take_over(self, account: str) -> bool:
        """Take the lease of an account that was replaced; False while a worker of its own is at work."""
        now = self.clock.now()
        with self.store.write() as work:
            taken = work.leases.acquire(account, self.holder, now=now, until=now + LEASE)
            work.commit()
        return taken

    def _give_back(self, account: str) -> None:
        with self.store.write() as work:
            work.leases.release(account, self.holder)
            work.commit()

    def _settle(self, batches: Sequence[BatchRow], done: _Settled) -> None:
        """Look after the batches of one account, in the order of nonces."""
        for batch in batches:
            if batch.kind not in self._owners:
                # Nobody can say what it would change, so it is not sent and nothing after it can be.
                done.waiting.append(batch.id)
                done.refusals.append((batch.id, f"kind {batch.kind.value}"))
                break
            receipt = self.reader.receipt(batch.tx_hash)
            if receipt is None:
                if self._nonce_is_taken(batch):
                    self._fail(batch)
                    done.failed.append((batch.id, "nonce_taken"))
                    continue
                if self._is_powerless(batch):
                    self._fail(batch)
                    done.failed.append((batch.id, "role_revoked"))
                    continue
                refusal, receipt = self._send_and_wait(batch)
                if receipt is None and refusal:
                    done.refusals.append((batch.id, refusal))
            if receipt is None:
                done.waiting.append(batch.id)
                # What comes after it in the order of nonces cannot be mined either: no use in waiting for that too.
                break
            deep = self._is_deep(receipt)
            if receipt.succeeded and deep:
                self._confirm(batch, receipt)
                done.confirmed.append(batch.id)
            elif receipt.succeeded:
                self._note_block(batch, receipt)
            elif deep:
                self._fail(batch, receipt)
                done.failed.append((batch.id, "reverted"))
            else:
                done.waiting.append(batch.id)

    def _is_powerless(self, batch: BatchRow) -> bool:
        """Tell whether a batch of an account that was replaced can no longer change anything, however it is mined.

        Should the revocation itself be thrown out of the chain again, the batch may still land; what it holds is then
        found on the chain, as after any batch that was lost, since the contracts take nothing twice.
        """
        if batch.account == self.writer.account:
            return False
        contract, verb = _ROLE_OF[batch.kind]
        if self.reader.has_role(contract, verb, batch.municipality, batch.account):
            return False
        # The receipt is asked once more: the batch may have been mined between the first look and the revocation.
        return self.reader.receipt(batch.tx_hash) is None

    def _nonce_is_taken(self, batch: BatchRow) -> bool:
        """Tell whether another transaction was carried out with the nonce of this one, deep enough to stay."""
        if self.reader.nonce_of(batch.account, depth=self.confirmations) <= batch.nonce:
            return False
        # The receipt is asked once more: the batch may have been mined between the first look and the count.
        return self.reader.receipt(batch.tx_hash) is None

    def _send_and_wait(self, batch: BatchRow) -> tuple[str, Receipt | None]:
        self.hold_lease()
        refusal = self.writer.send(batch.raw)
        with self.store.write() as work:
            work.batches.set_state(batch.id, BatchState.SENT)
            work.commit()
        return refusal, self._wait(batch)

    def _wait(self, batch: BatchRow) -> Receipt | None:
        waited = 0.0
        while True:
            receipt = self.reader.receipt(batch.tx_hash)
            if receipt is not None or waited >= self.receipt_timeout:
                return receipt
            self.pause(RECEIPT_POLL)
            waited += RECEIPT_POLL

    def _is_deep(self, receipt: Receipt) -> bool:
        if self.reader.head().number - receipt.block_number < self.confirmations:
            return False
        return self.reader.is_canonical(receipt.block_number, receipt.block_hash)

    def _note_block(self, batch: BatchRow, receipt: Receipt) -> None:
        if (batch.state, batch.block_hash) == (BatchState.MINED, receipt.block_hash):
            return
        with self.store.write() as work:
            work.batches.set_state(
                batch.id, BatchState.MINED, block_number=receipt.block_number, block_hash=receipt.block_hash
            )
            work.commit()

    def _confirm(self, batch: BatchRow, receipt: Receipt) -> None:
        # The chain is asked before the database is locked: a node may take its time.
        write_down = self._owners[batch.kind].confirm(batch)
        with self.store.write() as work:
            write_down(work)
            work.batches.set_state(
                batch.id, BatchState.CONFIRMED, block_number=receipt.block_number, block_hash=receipt.block_hash
            )
            work.commit()

    def _fail(self, batch: BatchRow, receipt: Receipt | None = None) -> None:
        with self.store.write() as work:
            self._owners[batch.kind].release(work, batch)
            work.batches.set_state(
                batch.id,
                BatchState.FAILED,
                block_number=receipt.block_number if receipt else None,
                block_hash=receipt.block_hash if receipt else None,
            )
            work.commit()

    # --- sending something new ----------------------------------------------------------------------------------------

    def may_submit(self, kind: BatchKind) -> bool:
        """Tell whether a new batch may be signed: everything before it is mined, and the kind does not keep failing."""
        with self.store.read() as work:
            if any(batch.state is not BatchState.MINED for batch in self._unfinished(work)):
                return False
            newest = work.batches.of_kind(kind, limit=FAILURES_IN_A_ROW)
        failing = len(newest) == FAILURES_IN_A_ROW and all(
            # What failed with a key that was replaced says nothing about this one.
            batch.state is BatchState.FAILED and batch.account == self.writer.account
            for batch in newest
        )
        return not failing or self.clock.now() - newest[0].created_at >= PATIENCE

    def submit(
        self,
        kind: BatchKind,
        municipality: MunicipalityCode,
        call: ContractCall,
        take: Callable[[UnitOfWork, int], bool],
    ) -> int | None:
        """Sign a batch and store it together with what it takes along; `settle` sends it.

        Args:
            kind: kind of batch.
            municipality: whose batch it is.
            call: the encoded call, known to pass at this moment.
            take: writes in the same transaction that the contents now belong to the batch with this id; returns False
                when they changed meanwhile, and then nothing is stored.

        Returns:
            Id of the batch; None when nothing was stored.

        Raises:
            LeaseLost: another worker holds the lease; nothing was stored.
            errors.Deviation: the chain has carried out fewer transactions than the database knows to be mined.
            errors.Misconfigured: the account has never been used, so that its first transaction could be repeated.
        """
        nonce = self._next_nonce()
        signed = self.writer.sign(call, nonce)
        with self.store.write() as work:
            self._prolong(work)
            if any(batch.nonce >= nonce for batch in self._unfinished(work)):
                return None
            batch = BatchRow(
                id=0,
                municipality=municipality,
                kind=kind,
                account=self.writer.account,
                nonce=nonce,
                raw=signed.raw,
                tx_hash=signed.tx_hash,
                state=BatchState.SIGNED,
                created_at=self.clock.now(),
            )
            number = work.batches.add(batch)
            if not take(work, number):
                return None
            work.commit()
        return number

    def _next_nonce(self) -> int:
        on_chain = self.reader.nonce_of(self.writer.account)
        if on_chain == 0:
            raise errors.Misconfigured(
                "account_unused", "nonce 0 of the signing account was not used up when the contracts were deployed"
            )
        with self.store.read() as work:
            highest = work.batches.highest_nonce(self.writer.account)
        if highest is not None and on_chain <= highest:
            raise errors.Deviation(
                "chain_behind", "the chain has carried out fewer transactions than the database knows of"
            )
        return on_chain

    def _unfinished(self, work: UnitOfWork) -> list[BatchRow]:
        return list(work.batches.unfinished(account=self.writer.account))
