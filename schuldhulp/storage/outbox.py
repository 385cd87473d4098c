"""Everything on its way to the chain: jobs, batches, leases, and what was last seen there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, or_, select, update

from schuldhulp.domain.types import DossierId, MunicipalityCode, Root
from schuldhulp.services.rows import BatchKind, BatchRow, BatchState, ChainWatchRow, JobRow, JobState, LeaseRow
from schuldhulp.storage import tables
from schuldhulp.storage.repository import Repository, chunks, state

_LIVE = (JobState.QUEUED.value, JobState.SIGNED.value)
_ANCHORED = (JobState.SIGNED.value, JobState.CONFIRMED.value)
_UNFINISHED = (BatchState.SIGNED.value, BatchState.SENT.value, BatchState.MINED.value)


class Outbox(Repository):
    """Table ``outbox``."""

    def add(self, row: JobRow) -> int:
        """Store a job and return its id."""
        result = self._run(
            tables.outbox.insert().values(
                dossier_id=row.dossier,
                municipality=row.municipality,
                previous_root=row.previous_root,
                new_root=row.new_root,
                revision=row.revision,
                created_at=row.created_at,
                mac=row.mac,
                state=row.state.value,
                batch_id=row.batch,
            )
        )
        return self._new_id(result)

    def of(self, dossier: DossierId) -> Sequence[JobRow]:
        """Return all jobs of a dossier, oldest first."""
        table = tables.outbox.c
        return self._jobs(select(tables.outbox).where(table.dossier_id == dossier).order_by(table.id))

    def live(self, dossiers: Sequence[DossierId]) -> Mapping[DossierId, Sequence[JobRow]]:
        """Return the queued and signed jobs of these dossiers, oldest first."""
        table = tables.outbox.c
        found: dict[DossierId, list[JobRow]] = {}
        for piece in chunks(dossiers):
            statement = select(tables.outbox).where(table.dossier_id.in_(piece), table.state.in_(_LIVE))
            for job in self._jobs(statement.order_by(table.id)):
                found.setdefault(job.dossier, []).append(job)
        return found

    def last_anchored(self, dossier: DossierId) -> JobRow | None:
        """Return the newest job that is signed or confirmed."""
        table = tables.outbox.c
        row = self._first(
            select(tables.outbox)
            .where(table.dossier_id == dossier, table.state.in_(_ANCHORED))
            .order_by(table.revision.desc(), table.id.desc())
            .limit(1)
        )
        return None if row is None else _job(row)

    def in_state(self, state: JobState, *, limit: int | None = None) -> Sequence[JobRow]:
        """Return the jobs in a state, oldest first."""
        table = tables.outbox.c
        return self._jobs(select(tables.outbox).where(table.state == state.value).order_by(table.id).limit(limit))

    def confirmed_roots(self, municipality: MunicipalityCode) -> Mapping[DossierId, Root]:
        """Return for each dossier the root of its newest confirmed job."""
        table = tables.outbox.c
        confirmed = (table.municipality == municipality) & (table.state == JobState.CONFIRMED.value)
        newest = (
            select(table.dossier_id, func.max(table.revision).label("revision"))
            .where(confirmed)
            .group_by(table.dossier_id)
            .subquery()
        )
        statement = (
            select(table.dossier_id, table.new_root)
            .join(newest, (newest.c.dossier_id == table.dossier_id) & (newest.c.revision == table.revision))
            .where(confirmed)
        )
        return {DossierId(row[0]): Root(row[1]) for row in self._all(statement)}

    def of_batch(self, batch: int) -> Sequence[JobRow]:
        """Return the jobs of a batch, by dossier."""
        table = tables.outbox.c
        return self._jobs(select(tables.outbox).where(table.batch_id == batch).order_by(table.dossier_id, table.id))

    def set_state(self, jobs: Sequence[int], state: JobState, *, batch: int | None = None) -> None:
        """Write a state, and the batch when one is given."""
        values: dict[str, Any] = {"state": state.value}
        if batch is not None:
            values["batch_id"] = batch
        for piece in chunks(jobs):
            self._run(update(tables.outbox).where(tables.outbox.c.id.in_(piece)).values(**values))

    def counts(self) -> Mapping[JobState, int]:
        """Return how many jobs are in each state."""
        table = tables.outbox.c
        counts = dict.fromkeys(JobState, 0)
        for row in self._all(select(table.state, func.count()).group_by(table.state)):
            counts[state(JobState, row[0], JobState.REFUSED)] += int(row[1])
        return counts

    def _jobs(self, statement: Any) -> Sequence[JobRow]:
        return [_job(row) for row in self._all(statement)]


class Batches(Repository):
    """Table ``batches``."""

    def add(self, row: BatchRow) -> int:
        """Store a batch and return its id."""
        result = self._run(
            tables.batches.insert().values(
                municipality=row.municipality,
                kind=row.kind.value,
                account=row.account,
                nonce=row.nonce,
                raw=row.raw,
                tx_hash=row.tx_hash,
                state=row.state.value,
                created_at=row.created_at,
                block_number=row.block_number,
                block_hash=row.block_hash,
            )
        )
        return self._new_id(result)

    def get(self, batch: int) -> BatchRow | None:
        """Return a batch."""
        row = self._first(select(tables.batches).where(tables.batches.c.id == batch))
        return None if row is None else _batch(row)

    def unfinished(self, *, account: str | None = None) -> Sequence[BatchRow]:
        """Return the batches that are signed, sent or mined, by account and nonce."""
        table = tables.batches.c
        statement = select(tables.batches).where(table.state.in_(_UNFINISHED))
        if account is not None:
            statement = statement.where(table.account == account)
        return [_batch(row) for row in self._all(statement.order_by(table.account, table.nonce, table.id))]

    def of_kind(self, kind: BatchKind, *, limit: int) -> Sequence[BatchRow]:
        """Return the newest batches of a kind, newest first."""
        table = tables.batches.c
        statement = select(tables.batches).where(table.kind == kind.value).order_by(table.id.desc()).limit(limit)
        return [_batch(row) for row in self._all(statement)]

    def highest_nonce(self, account: str) -> int | None:
        """Return the highest nonce that was ever signed with an account, failed batches included."""
        table = tables.batches.c
        row = self._first(select(func.max(table.nonce)).where(table.account == account))
        return None if row is None or row[0] is None else int(row[0])

    def set_state(
        self, batch: int, state: BatchState, *, block_number: int | None = None, block_hash: bytes | None = None
    ) -> None:
        """Write a state and the block; a batch that is sent again loses its block."""
        self._run(
            update(tables.batches)
            .where(tables.batches.c.id == batch)
            .values(state=state.value, block_number=block_number, block_hash=block_hash)
        )


class Leases(Repository):
    """Table ``worker_leases``: one worker per signing account."""

    def acquire(self, account: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Take or prolong the lease; False when another holder's is still valid at ``now``."""
        table = tables.worker_leases
        statement = (
            self._insert(table)
            .values(account=account, holder=holder, until=until)
            .on_conflict_do_update(
                index_elements=["account"],
                set_={"holder": holder, "until": until},
                where=or_(table.c.holder == holder, table.c.until <= now),
            )
            .returning(table.c.account)
        )
        return self._first(statement) is not None

    def release(self, account: str, holder: str) -> None:
        """Give the lease back; does nothing when it is another's."""
        table = tables.worker_leases
        self._run(table.delete().where(table.c.account == account, table.c.holder == holder))

    def get(self, account: str) -> LeaseRow | None:
        """Return the lease of an account, also one that has run out."""
        row = self._first(select(tables.worker_leases).where(tables.worker_leases.c.account == account))
        if row is None:
            return None
        return LeaseRow(account=row.account, holder=row.holder, until=row.until, request=row.request)

    def ask(self, account: str, request: str) -> None:
        """Ask whoever holds the lease to work at once, by a name; does nothing when there is none."""
        table = tables.worker_leases
        self._run(update(table).where(table.c.account == account).values(request=request))

    def answer(self, account: str, request: str) -> None:
        """Take a request away; does nothing when another has come since."""
        table = tables.worker_leases
        self._run(update(table).where(table.c.account == account, table.c.request == request).values(request=None))


class ChainWatch(Repository):
    """Table ``chain_watch``: one row."""

    def get(self) -> ChainWatchRow | None:
        """Return what was seen last."""
        row = self._first(select(tables.chain_watch).where(tables.chain_watch.c.id == 1))
        if row is None:
            return None
        return ChainWatchRow(
            head_number=row.head_number, head_hash=row.head_hash, checked_at=row.checked_at, finding=row.finding
        )

    def put(self, row: ChainWatchRow) -> None:
        """Write what is seen now."""
        values = {
            "head_number": row.head_number,
            "head_hash": row.head_hash,
            "checked_at": row.checked_at,
            "finding": row.finding,
        }
        statement = self._insert(tables.chain_watch).values(id=1, **values)
        self._run(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def _job(row: Row[*tuple[Any, ...]]) -> JobRow:
    return JobRow(
        id=row.id,
        dossier=DossierId(row.dossier_id),
        municipality=MunicipalityCode(row.municipality),
        previous_root=Root(row.previous_root),
        new_root=Root(row.new_root),
        revision=row.revision,
        created_at=row.created_at,
        mac=row.mac,
        state=state(JobState, row.state, JobState.REFUSED),
        batch=row.batch_id,
    )


def _batch(row: Row[*tuple[Any, ...]]) -> BatchRow:
    return BatchRow(
        id=row.id,
        municipality=MunicipalityCode(row.municipality),
        kind=state(BatchKind, row.kind, BatchKind.UNKNOWN),
        account=row.account,
        nonce=row.nonce,
        raw=row.raw,
        tx_hash=row.tx_hash,
        state=state(BatchState, row.state, BatchState.FAILED),
        created_at=row.created_at,
        block_number=row.block_number,
        block_hash=row.block_hash,
    )
