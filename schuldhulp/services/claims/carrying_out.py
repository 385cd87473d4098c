"""Puts decisions on claims on the chain: one transaction a claim, by the reviewer's account.

The contract writes a decision on whatever stands there when it is mined. So a claim is compared with what was judged
right before its transaction is signed, and once more with what the event names; what an amendment overtook goes back to
the caseworker.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from schuldhulp import errors
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.services.claims.decision_outcome import (
    Trouble,
    is_of,
    judged,
    outcome_of,
    overtaken_by,
    refused,
)
from schuldhulp.services.claims.decision_rows import PENDING, DecisionRow, DecisionState, is_decision_valid
from schuldhulp.services.claims.events import ClaimReader
from schuldhulp.services.claims.following import is_as_filed, unread_events
from schuldhulp.services.ports import ChainReader, Clock, ContractCall, Store, TransactionWriter, UnitOfWork
from schuldhulp.services.rows import BatchKind, BatchRow
from schuldhulp.services.sending import Outcome, Sender

AT_ONCE: Final = 10
"""Decisions that one run signs at most; the worker has more to do, and goes on with them at once."""

_ROLE_ERROR: Final = "AccessControlUnauthorizedAccount"


class DecisionWriter(TransactionWriter, Protocol):
    """Encodes decisions beside signing and sending them."""

    def decide_claim(self, claim_id: ClaimId, status: ClaimStatus, decision: bytes) -> ContractCall:
        """Encode a decision on one claim; ``decision`` is its hash."""
        ...


@dataclass(frozen=True, kw_only=True)
class DecisionReport:
    """What one run did.

    Attributes:
        signed: decisions that were signed.
        overtaken: decisions that went back to the caseworker.
        troubles: what keeps others back.
        leftover: whether the next run should come at once.
    """

    signed: int = 0
    overtaken: int = 0
    troubles: tuple[str, ...] = ()
    leftover: bool = False


@dataclass
class _Run:
    signed: int = 0
    overtaken: int = 0
    troubles: set[str] = field(default_factory=set)
    leftover: bool = False

    def report(self) -> DecisionReport:
        return DecisionReport(
            signed=self.signed,
            overtaken=self.overtaken,
            troubles=tuple(sorted(self.troubles)),
            leftover=self.leftover,
        )


class CarryingOut:
    """Carries out the decisions of one municipality. A `BatchOwner`."""

    def __init__(
        self,
        *,
        store: Store,
        chain: ChainReader,
        reader: ClaimReader,
        writer: DecisionWriter,
        sender: Sender,
        clock: Clock,
        job_key: JobKey,
        municipality: MunicipalityCode,
        head_max_age: int,
        draw: random.Random | None = None,
    ) -> None:
        """Take what it works with, and register with the sender.

        Args:
            store: the main database.
            chain: reads the chain.
            reader: reads the ClaimRegister.
            writer: encodes decisions.
            sender: sends in the name of the same account, apart from every other sender.
            clock: the time.
            job_key: tells which decisions the cockpit wrote.
            municipality: whose claims.
            head_max_age: seconds that the newest block may be old.
            draw: draws the order; the system's randomness by default.
        """
        self._store = store
        self._chain = chain
        self._reader = reader
        self._writer = writer
        self._sender = sender
        self._clock = clock
        self._job_key = job_key
        self._municipality = municipality
        self._head_max_age = head_max_age
        self._draw = draw or random.SystemRandom()
        self._until: datetime | None = None
        sender.register(BatchKind.DECIDE, self)

    def settle(self) -> DecisionReport:
        """Look after what was signed before.

        Raises:
            LeaseLost: another worker is at work with this account.
            errors.Unreachable: chain or database do not answer; nothing is lost.
            errors.ChainMismatch: another chain answers.
            errors.Deviation: the chain is behind the database.
        """
        run = _Run()
        self._settle(run)
        return run.report()

    def carry_out(self, *, again: bool = False) -> DecisionReport:
        """Put the decisions that wait on the chain, in an order that says nothing.

        Args:
            again: whether this goes on with a run that left something: what was decided since that one began waits.

        Raises:
            LeaseLost, errors.Unreachable, errors.ChainMismatch, errors.Deviation: as `settle`.
        """
        run = _Run()
        # On a chain that stands still nobody can tell what was amended.
        self._chain.require_fresh_head(self._clock.now(), self._head_max_age)
        self._settle(run)
        if self._until is None or not again:
            self._until = self._clock.now()
        with self._store.read() as work:
            waiting = work.decisions.in_state(self._municipality, DecisionState.WAITING)
        jobs = [row for row in waiting if row.created_at <= self._until]
        self._draw.shuffle(jobs)
        for job in jobs:
            call = self._ready(job, run)
            if call is None:
                continue
            if run.signed == AT_ONCE or not self._sender.may_submit(BatchKind.DECIDE):
                run.leftover = True
                break
            if not self._submit(job, call, run):
                break
        return run.report()

    # --- before it is signed ------------------------------------------------------------------------------------------

    def _ready(self, job: DecisionRow, run: _Run) -> ContractCall | None:
        """Compare a decision with the chain as it is now; return the call when it may go out, else write down why."""
        if not is_decision_valid(self._job_key, job):
            run.troubles.add(Trouble.FORGED)
            self._move(job, DecisionState.REFUSED, Trouble.FORGED)
            return None
        head = self._chain.head()
        filed = self._reader.claims([job.claim_id], head.number)[job.claim_id]
        with self._store.read() as work:
            events = work.claims.events_of([job.claim_id])
            row = work.claims.claim(job.claim_id)
            others = _pending(work, job)
            position = work.mail.follow(self._municipality)
        landed = next((event for event in events if is_of(event, job)), None)
        overtaken = overtaken_by(job, filed)
        followed = row is not None and is_as_filed(row, filed)
        if landed is None and overtaken is not None and not followed:
            unread = unread_events(self._reader, position, head)
            landed = next((event for event in unread or () if is_of(event, job)), None)
            if overtaken is Trouble.STEP or (unread is None and overtaken is not Trouble.UNKNOWN):
                overtaken = None
        if landed is not None:
            # After a database was restored: it was carried out already.
            state, trouble = judged(job, landed)
            self._move(job, state, trouble, run)
            return None
        if overtaken is not None:
            self._move(job, DecisionState.OVERTAKEN, overtaken, run)
            return None
        if not followed or others:
            self._hold(job, Trouble.OTHER_PENDING if others else Trouble.NOT_FOLLOWED, run)
            return None
        call = self._writer.decide_claim(job.claim_id, job.status, job.decision)
        refusal = self._chain.refusal_of(call, self._writer.account)
        if refusal is not None:
            trouble = Trouble.ROLE_MISSING if refusal == _ROLE_ERROR else Trouble.CONTRACT_REFUSES
            self._hold(job, trouble, run)
            return None
        return call

    def _move(self, job: DecisionRow, state: DecisionState, trouble: str, run: _Run | None = None) -> None:
        with self._store.write() as work:
            moved = work.decisions.set_state(job.id, state, was=job.state, batch=job.batch, trouble=trouble)
            work.commit()
        if run is not None and moved and state is DecisionState.OVERTAKEN:
            run.overtaken += 1

    def _hold(self, job: DecisionRow, trouble: Trouble, run: _Run) -> None:
        run.troubles.add(trouble)
        self._note(job, trouble)

    def _note(self, job: DecisionRow, trouble: str) -> None:
        if job.trouble == trouble:
            return
        with self._store.write() as work:
            work.decisions.note(job.id, trouble=trouble, tried_at=self._clock.now())
            work.commit()

    def _submit(self, job: DecisionRow, call: ContractCall, run: _Run) -> bool:
        """Sign and send one decision; say whether the next one may follow."""

        def take(work: UnitOfWork, batch: int) -> bool:
            if work.decisions.get(job.id) != job or _pending(work, job):
                return False
            return work.decisions.set_state(job.id, DecisionState.SIGNED, was=DecisionState.WAITING, batch=batch)

        if self._sender.submit(BatchKind.DECIDE, self._municipality, call, take) is None:
            run.leftover = True
            return True
        run.signed += 1
        outcome = self._settle(run)
        if outcome.waiting or outcome.failed:
            run.leftover = True
            return False
        return True

    # --- what became of it --------------------------------------------------------------------------------------------

    def _settle(self, run: _Run) -> Outcome:
        with self._store.read() as work:
            signed = {row.batch: row for row in work.decisions.in_state(self._municipality, DecisionState.SIGNED)}
        outcome = self._sender.settle()
        said = dict(outcome.refusals)
        troubles: dict[int, str] = dict(outcome.failed)
        for batch in outcome.waiting:
            troubles[batch] = refused(said[batch]) if batch in said else Trouble.NOT_MINED
        for batch, trouble in troubles.items():
            run.troubles.add(trouble)
            if batch in signed:
                self._note(signed[batch], trouble)
        return outcome

    def confirm(self, batch: BatchRow) -> Callable[[UnitOfWork], None]:
        """Find the event of a decision, and see what it was decided on.

        Raises:
            errors.ChainMismatch: the chain changed meanwhile.
        """
        with self._store.read() as work:
            rows = [row for row in work.decisions.of_batch(batch.id) if row.state is DecisionState.SIGNED]
        receipt = self._chain.receipt(batch.tx_hash)
        if receipt is None:
            raise errors.ChainMismatch("chain_changed", "the chain changed while a decision was looked up")
        events = self._reader.events(self._municipality, receipt.block_number, receipt.block_number)
        found = [(row, *outcome_of(row, events)) for row in rows]

        def write_down(work: UnitOfWork) -> None:
            for row, state, trouble in found:
                work.decisions.set_state(row.id, state, was=DecisionState.SIGNED, batch=batch.id, trouble=trouble)

        return write_down

    def release(self, work: UnitOfWork, batch: BatchRow) -> None:
        """Have a decision compared and signed anew whose transaction changed nothing."""
        for row in work.decisions.of_batch(batch.id):
            work.decisions.set_state(
                row.id, DecisionState.WAITING, was=DecisionState.SIGNED, trouble=Trouble.FAILED.value
            )

    def release_lease(self) -> None:
        """Let another worker use the account."""
        self._sender.release_lease()


def _pending(work: UnitOfWork, job: DecisionRow) -> bool:
    return any(row.state in PENDING and row.id != job.id for row in work.decisions.of_claims([job.claim_id]))
