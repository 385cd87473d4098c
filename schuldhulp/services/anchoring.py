"""Puts the roots of dossiers on the chain, in batches that do not show which of their changes are real."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from schuldhulp.crypto.jobs import JobKey
from schuldhulp.domain.types import DossierId, MunicipalityCode, Root
from schuldhulp.services.filling import Filler, FillerChoice, group_of
from schuldhulp.services.job_signing import is_ledger_job_valid, ledger_job_mac
from schuldhulp.services.log_commitment import LogBroken, LogCommitment
from schuldhulp.services.ports import ChainReader, ChainWriter, Clock, ContractCall, RootChange, Store, UnitOfWork
from schuldhulp.services.rows import (
    BatchKind,
    BatchRow,
    BatchState,
    DecoyRow,
    DossierRow,
    JobRow,
    JobState,
    RevisionRow,
    SpareRow,
)
from schuldhulp.services.sending import Outcome, Sender

MAX_CHANGES: Final = 350
"""Changes in a batch, fillers included; with all of them new that is about 9.7 million gas, of the 12 million that fit
a block of Ganache and of the production network."""

TRIES: Final = 10
"""How often a batch is collected again in one run because somebody changed a dossier before it was signed."""


class Reason(StrEnum):
    """Why a job is not on its way."""

    FORGED = "job_invalid"
    """Its authentication code does not hold: this system did not write it. It is refused for good."""
    CHAIN_BEHIND = "chain_behind"
    """The chain has an older root of this dossier: it was rolled back."""
    DATABASE_BEHIND = "database_behind"
    """The chain has a root that the database has never known."""
    REFUSED_BY_CONTRACT = "refused_by_contract"
    """The contract would refuse the whole batch; nothing was sent."""
    REFUSED_BY_NODE = "refused_by_node"
    """The node does not take a signed batch (no money for its gas, say); the same bytes are sent again."""
    LOG_BROKEN = "log_broken"
    """The processing log is not the one whose head is on the chain; its head is not committed any more."""
    CHANGING = "records_changing"
    """However often a batch was collected, something in it changed before it was signed; the next run tries again."""


@dataclass(frozen=True, kw_only=True)
class JobFinding:
    """Something that stops one dossier, or all of them.

    Attributes:
        reason: what it is.
        dossier: the dossier that stops; None when all do.
        detail: name of the contract's error, where there is one.
    """

    reason: Reason
    dossier: DossierId | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class AnchorReport:
    """What one run did.

    Attributes:
        signed: number of real changes that were signed in this run.
        fillers: number of fillers that went with them.
        confirmed: number of batches that were confirmed in this run, of any kind.
        waiting: number of batches that are not confirmed yet.
        queued: number of jobs that still wait for their signature.
        failed: batches that changed nothing, with the reason.
        findings: what stops a dossier, or everything.
    """

    signed: int = 0
    fillers: int = 0
    confirmed: int = 0
    waiting: int = 0
    queued: int = 0
    failed: tuple[tuple[int, str], ...] = ()
    findings: tuple[JobFinding, ...] = ()


@dataclass
class _Pass:
    """What one run has collected so far."""

    signed: int = 0
    fillers: int = 0
    confirmed: int = 0
    failed: list[tuple[int, str]] = field(default_factory=list)
    findings: dict[tuple[Reason, DossierId | None], JobFinding] = field(default_factory=dict)

    def found(self, reason: Reason, dossier: DossierId | None = None, detail: str = "") -> None:
        self.findings[reason, dossier] = JobFinding(reason=reason, dossier=dossier, detail=detail)

    def settled(self, outcome: Outcome) -> None:
        self.confirmed += len(outcome.confirmed)
        self.failed += outcome.failed
        for _, said in outcome.refusals:
            self.found(Reason.REFUSED_BY_NODE, detail=said)


class Anchoring:
    """The ledger's part of the worker."""

    def __init__(
        self,
        *,
        store: Store,
        reader: ChainReader,
        writer: ChainWriter,
        clock: Clock,
        sender: Sender,
        job_key: JobKey,
        municipality: MunicipalityCode,
        fillers: FillerChoice,
        log: LogCommitment | None = None,
    ) -> None:
        """Take what is needed, and register with the sender.

        Args:
            store: the main database.
            reader: reads the chain.
            writer: encodes and signs.
            clock: the time.
            sender: sends the batches of the registrar's account.
            job_key: authenticates jobs.
            municipality: whose dossiers.
            fillers: chooses what batches are filled with.
            log: says when the head of the processing log goes along; None where it never does.
        """
        self._store = store
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._sender = sender
        self._job_key = job_key
        self._municipality = municipality
        self._fillers = fillers
        self._log = log
        sender.register(BatchKind.LEDGER, self)

    def settle(self) -> AnchorReport:
        """Look after what was signed before, and sign nothing new.

        Returns:
            What became of it.
        """
        done = _Pass()
        done.settled(self._sender.settle())
        return self._report(done)

    def anchor_once(self, *, fill: bool = True) -> AnchorReport:
        """Put everything that waits on the chain, and look after what was signed before.

        Args:
            fill: whether batches are filled; also when nothing waits, so that an empty quarter of an hour looks like
                any other.

        Returns:
            What was done and found.

        Raises:
            LeaseLost: another worker is at work; nothing was signed.
            errors.Unreachable: chain or database do not answer; the next run goes on where this one stopped.
            errors.ChainMismatch: another chain answers; nothing was signed.
            errors.Deviation: the chain is behind the database; nothing was signed.
        """
        done = _Pass()
        done.settled(self._sender.settle())
        filled, tries = False, 0
        while self._sender.may_submit(BatchKind.LEDGER):
            jobs = self._collect(done)
            batch = self._first_batch(jobs) if fill else jobs[:MAX_CHANGES]
            fillers = self._choose(batch) if fill and (batch or not filled) else []
            head = None if filled else self._log_head(done)
            if not batch and not fillers and head is None:
                break
            call = self._call(batch, fillers, head, done)
            if call is None:
                break
            if not self._submit(call, batch, fillers, done):
                # Somebody changed one of its dossiers meanwhile. The others must not wait for the next run.
                tries += 1
                if tries == TRIES:
                    done.found(Reason.CHANGING)
                    break
                continue
            if head is not None and self._log is not None:
                self._log.signed()
            filled, tries = True, 0
            outcome = self._sender.settle()
            done.settled(outcome)
            if outcome.waiting or outcome.failed:
                break
            if len(batch) == len(jobs):
                break
        return self._report(done)

    def _log_head(self, done: _Pass) -> RootChange | None:
        """Return the change by which the head of the processing log gets on the chain, when it is time for that."""
        if self._log is None:
            return None
        try:
            return self._log.change()
        except LogBroken:
            # Nobody's dossier has to wait for that.
            done.found(Reason.LOG_BROKEN)
            return None

    def _first_batch(self, jobs: Sequence[JobRow]) -> list[JobRow]:
        """Take as many whole groups from the front as fit one batch when they are filled."""
        if self._fillers.fill == 0:
            return list(jobs[:MAX_CHANGES])
        with self._store.read() as work:
            sizes = self._fillers.sizes(work, [job.dossier for job in jobs])
        taken: set[bytes] = set()
        room = MAX_CHANGES
        for group, size in sorted(sizes.items()):
            if taken and size > room:
                break
            taken.add(group)
            room -= size
        return [job for job in jobs if group_of(job.dossier) in taken][:MAX_CHANGES]

    # --- collecting ---------------------------------------------------------------------------------------------------

    def _collect(self, done: _Pass) -> list[JobRow]:
        """Return one job for each dossier that may go on, by dossier; name the others."""
        with self._store.read() as work:
            queued = work.outbox.in_state(JobState.QUEUED)
            signed = work.outbox.in_state(JobState.SIGNED)
            again, busy, stuck = self._sort_signed(work, signed)
        self._look_again(stuck, done)
        forged = [job for job in (*queued, *again) if not self._is_ours(job)]
        for job in forged:
            done.found(Reason.FORGED, job.dossier)
        self._refuse([job for job in forged if job.state is JobState.QUEUED])
        candidates: dict[DossierId, JobRow] = {}
        refused = {job.id for job in forged}
        # What was signed before goes first, then the older of two revisions.
        for job in sorted((*again, *queued), key=lambda job: (job.state is JobState.QUEUED, job.revision, job.id)):
            if job.id not in refused and job.dossier not in busy:
                candidates.setdefault(job.dossier, job)
        return self._fitting(candidates, done)

    @staticmethod
    def _sort_signed(work: UnitOfWork, signed: Iterable[JobRow]) -> tuple[list[JobRow], set[DossierId], list[JobRow]]:
        """Sort jobs that were signed: to go again, since their batch failed; dossiers that wait; not where expected.

        The last are the jobs of a confirmed batch that did not find their root on the chain.
        """
        states: dict[int | None, BatchState | None] = {None: BatchState.FAILED}
        again: list[JobRow] = []
        busy: set[DossierId] = set()
        stuck: list[JobRow] = []
        for job in signed:
            if job.batch is not None and job.batch not in states:
                batch = work.batches.get(job.batch)
                states[job.batch] = None if batch is None else batch.state
            if states[job.batch] is BatchState.FAILED:
                again.append(job)
            else:
                busy.add(job.dossier)
            if states[job.batch] is BatchState.CONFIRMED:
                stuck.append(job)
        return again, busy, stuck

    def _look_again(self, stuck: Sequence[JobRow], done: _Pass) -> None:
        roots = self._reader.roots_of([job.dossier for job in stuck])
        for job in stuck:
            if roots[job.dossier] != job.new_root:
                done.found(self._deviation(job.dossier, roots[job.dossier]), job.dossier)
        there = [job.id for job in stuck if roots[job.dossier] == job.new_root]
        if there:
            with self._store.write() as work:
                work.outbox.set_state(there, JobState.CONFIRMED)
                work.commit()

    def _is_ours(self, job: JobRow) -> bool:
        return (
            job.municipality == self._municipality
            and int.from_bytes(job.dossier[:2]) == self._municipality
            and any(job.new_root)
            and job.new_root != job.previous_root
            and is_ledger_job_valid(self._job_key, job)
        )

    def _refuse(self, jobs: Sequence[JobRow]) -> None:
        if not jobs:
            return
        with self._store.write() as work:
            work.outbox.set_state([job.id for job in jobs], JobState.REFUSED)
            work.commit()

    def _fitting(self, candidates: dict[DossierId, JobRow], done: _Pass) -> list[JobRow]:
        """Keep the jobs that build on the root that the chain has now: one that does not would stop the whole batch."""
        dossiers = sorted(candidates)
        roots = self._reader.roots_of(dossiers)
        fitting: list[JobRow] = []
        landed: list[JobRow] = []
        for dossier in dossiers:
            job, root = candidates[dossier], roots[dossier]
            if root == job.previous_root:
                fitting.append(job)
            elif root == job.new_root:
                if self._is_deep(job):
                    landed.append(job)
            else:
                done.found(self._deviation(dossier, root), dossier)
        if landed:
            with self._store.write() as work:
                work.outbox.set_state([job.id for job in landed], JobState.CONFIRMED)
                work.commit()
        return fitting

    def _is_deep(self, job: JobRow) -> bool:
        """Tell whether a root that is on the chain already, put there by a batch that is lost, is there to stay."""
        lowest = self._reader.head().number - self._sender.confirmations
        return any(
            commit.change.new_root == job.new_root and commit.block_number <= lowest
            for commit in self._reader.commits_of(job.dossier)
        )

    def _deviation(self, dossier: DossierId, root: Root) -> Reason:
        with self._store.read() as work:
            revisions = work.revisions.of(dossier)
        known = {revision.root for revision in revisions} | {revision.previous_root for revision in revisions}
        return Reason.CHAIN_BEHIND if root in known or not any(root) else Reason.DATABASE_BEHIND

    def _choose(self, jobs: Sequence[JobRow]) -> list[Filler]:
        with self._store.read() as work:
            fillers = self._fillers.choose(work, [job.dossier for job in jobs])
        roots = self._reader.roots_of([filler.dossier for filler in fillers])
        kept: list[Filler] = []
        for filler in fillers:
            if roots[filler.dossier] == filler.previous_root:
                kept.append(filler)
            elif filler.spare is None:
                self._realign(filler.dossier, roots[filler.dossier])
        return kept[: MAX_CHANGES - len(jobs)]

    def _realign(self, decoy: DossierId, root: Root) -> None:
        """Take the chain's word for the root of a decoy: it proves nothing, so nothing can be wrong about it."""
        with self._store.write() as work:
            work.filling.put_decoy(DecoyRow(id=decoy, municipality=self._municipality, root=root))
            work.commit()

    # --- signing ------------------------------------------------------------------------------------------------------

    def _call(
        self, jobs: Sequence[JobRow], fillers: Sequence[Filler], head: RootChange | None, done: _Pass
    ) -> ContractCall | None:
        """Encode a batch; None when the contract would refuse it."""
        changes = [
            *(RootChange(dossier=job.dossier, previous_root=job.previous_root, new_root=job.new_root) for job in jobs),
            *(
                RootChange(dossier=one.dossier, previous_root=one.previous_root, new_root=one.new_root)
                for one in fillers
            ),
            *([head] if head is not None else []),
        ]
        call = self._writer.commit(self._municipality, sorted(changes, key=lambda change: change.dossier))
        refusal = self._reader.refusal_of(call, self._writer.account)
        if refusal is not None:
            # Sending it would only spend the nonce. The next run tries again, with what is true then.
            done.found(Reason.REFUSED_BY_CONTRACT, detail=refusal)
            return None
        return call

    def _submit(self, call: ContractCall, jobs: Sequence[JobRow], fillers: Sequence[Filler], done: _Pass) -> bool:
        """Sign a batch and store it with what it takes along; say whether nothing of that had changed."""

        def take(work: UnitOfWork, batch: int) -> bool:
            # In one order, so that two workers never wait for each other; whoever writes a record takes one lock only.
            for dossier in sorted([*(job.dossier for job in jobs), *_spared(fillers)]):
                work.dossiers.get(dossier, lock=True)
            return self._take_jobs(work, batch, jobs) and self._take_fillers(work, batch, fillers)

        number = self._sender.submit(BatchKind.LEDGER, self._municipality, call, take)
        if number is None:
            return False
        done.signed += len(jobs)
        done.fillers += len(fillers)
        return True

    @staticmethod
    def _take_jobs(work: UnitOfWork, batch: int, jobs: Sequence[JobRow]) -> bool:
        """Mark the jobs as signed, unless one was replaced since it was read."""
        live = work.outbox.live([job.dossier for job in jobs])
        for job in jobs:
            if job not in live.get(job.dossier, ()):
                return False
        work.outbox.set_state([job.id for job in jobs], JobState.SIGNED, batch=batch)
        return True

    def _take_fillers(self, work: UnitOfWork, batch: int, fillers: Sequence[Filler]) -> bool:
        usable = {spare.dossier: spare for spare in work.filling.next_spares(_spared(fillers))}
        busy = work.outbox.live(_spared(fillers))
        for filler in fillers:
            if filler.spare is None:
                if not self._take_decoy(work, batch, filler):
                    return False
            elif (
                usable.get(filler.dossier) != filler.spare
                or filler.dossier in busy
                or not self._use_spare(work, batch, filler.spare)
            ):
                return False
        return True

    def _take_decoy(self, work: UnitOfWork, batch: int, filler: Filler) -> bool:
        row = DecoyRow(
            id=filler.dossier,
            municipality=self._municipality,
            root=filler.previous_root,
            next_root=filler.new_root,
            batch=batch,
        )
        if not filler.is_new:
            return work.filling.sign_decoy(row)
        work.filling.put_decoy(row)
        return True

    def _use_spare(self, work: UnitOfWork, batch: int, spare: SpareRow) -> bool:
        """Make a spare the dossier's newest revision, with a job that is signed from the start."""
        row = work.dossiers.get(spare.dossier, lock=True)
        if row is None or row.root != spare.previous_root:
            return False
        advanced: DossierRow = dataclasses.replace(
            row, revision=spare.revision, root=spare.root, previous_root=spare.previous_root
        )
        if not work.dossiers.advance(advanced, from_revision=spare.revision - 1):
            return False
        work.revisions.add(
            RevisionRow(
                dossier=spare.dossier,
                revision=spare.revision,
                root=spare.root,
                previous_root=spare.previous_root,
                ciphertext=spare.ciphertext,
                created_at=spare.created_at,
            )
        )
        job = JobRow(
            id=0,
            dossier=spare.dossier,
            municipality=self._municipality,
            previous_root=spare.previous_root,
            new_root=spare.root,
            revision=spare.revision,
            created_at=self._clock.now(),
            mac=b"",
            state=JobState.SIGNED,
            batch=batch,
        )
        work.outbox.add(dataclasses.replace(job, mac=ledger_job_mac(self._job_key, job)))
        work.filling.remove_spares(spare.dossier, through=spare.revision)
        return True

    # --- what became of it --------------------------------------------------------------------------------------------

    def confirm(self, batch: BatchRow) -> Callable[[UnitOfWork], None]:
        """See which roots of a batch are on the chain; a job whose root is not there stays signed, and stops."""
        with self._store.read() as work:
            jobs = [job for job in work.outbox.of_batch(batch.id) if job.state is JobState.SIGNED]
        roots = self._reader.roots_of([job.dossier for job in jobs])
        there = [job.id for job in jobs if roots[job.dossier] == job.new_root]

        def write_down(work: UnitOfWork) -> None:
            work.outbox.set_state(there, JobState.CONFIRMED, batch=batch.id)
            work.filling.settle_decoys(batch.id, landed=True)

        return write_down

    def release(self, work: UnitOfWork, batch: BatchRow) -> None:
        """Leave the jobs of a failed batch signed: their roots must not change any more, and they go again as such."""
        work.filling.settle_decoys(batch.id, landed=False)

    def _report(self, done: _Pass) -> AnchorReport:
        with self._store.read() as work:
            waiting = work.batches.unfinished(account=self._writer.account)
            queued = work.outbox.counts()[JobState.QUEUED]
        return AnchorReport(
            signed=done.signed,
            fillers=done.fillers,
            confirmed=done.confirmed,
            waiting=len(waiting),
            queued=queued,
            failed=tuple(done.failed),
            findings=tuple(done.findings.values()),
        )


def _spared(fillers: Sequence[Filler]) -> list[DossierId]:
    return [filler.dossier for filler in fillers if filler.spare is not None]
