"""Wishes to enrol or end, and the tags that come of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, update

from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.services.rows import (
    PublicationAction,
    PublicationRow,
    PublicationState,
    TagHolderRow,
    TagJobRow,
    TagState,
)
from schuldhulp.storage import tables
from schuldhulp.storage.repository import Repository, chunks, state

_UNKNOWN = PublicationAction.ENROL
"""What stands for an unknown word. The authentication code covers the action, so only a job that was this is valid."""


class Publications(Repository):
    """Tables ``publication_jobs``, ``spent_publications``, ``tag_holders`` and ``tag_jobs``."""

    def add(self, row: PublicationRow) -> None:
        """Store a publication job."""
        self._run(
            tables.publication_jobs.insert().values(
                id=row.id,
                action=row.action.value,
                sealed=row.sealed,
                created_at=row.created_at,
                mac=row.mac,
                state=row.state.value,
                error=row.error,
            )
        )

    def get(self, publication: bytes) -> PublicationRow | None:
        """Return a publication job."""
        found = self.of([publication])
        return found[0] if found else None

    def of(self, publications: Sequence[bytes]) -> Sequence[PublicationRow]:
        """Return the publication jobs with these ids, oldest first."""
        table = tables.publication_jobs
        found: list[PublicationRow] = []
        for piece in chunks(publications):
            found += [_publication(row) for row in self._all(select(table).where(table.c.id.in_(piece)))]
        return sorted(found, key=lambda row: (row.created_at, row.id))

    def in_state(self, state: PublicationState) -> Sequence[PublicationRow]:
        """Return the jobs in a state, oldest first."""
        table = tables.publication_jobs
        rows = self._all(select(table).where(table.c.state == state.value).order_by(table.c.created_at, table.c.id))
        return [_publication(row) for row in rows]

    def set_state(
        self, publication: bytes, state: PublicationState, *, error: str | None = None, erase: bool = False
    ) -> None:
        """Write a state; with ``erase`` the sealed bytes are emptied for good."""
        values: dict[str, Any] = {"state": state.value, "error": error}
        if erase:
            values["sealed"] = b""
        table = tables.publication_jobs
        self._run(update(table).where(table.c.id == publication).values(**values))

    def set_mac(self, publication: bytes, mac: bytes) -> None:
        """Write another authentication code: of what came of a publication job."""
        table = tables.publication_jobs
        self._run(update(table).where(table.c.id == publication).values(mac=mac))

    def spend(self, publication: bytes) -> None:
        """Store that a publication job was carried out or ended, and must never be carried out again."""
        statement = self._insert(tables.spent_publications).values(publication_id=publication)
        self._run(statement.on_conflict_do_nothing())

    def is_spent(self, publication: bytes) -> bool:
        """Tell whether a publication job was carried out or ended."""
        table = tables.spent_publications
        return bool(self._all(select(table).where(table.c.publication_id == publication)))

    def add_holder(self, row: TagHolderRow) -> None:
        """Store that a publication holds a tag; does nothing when it does so already."""
        statement = self._insert(tables.tag_holders).values(
            tag=row.tag,
            publication_id=row.publication,
            municipality=row.municipality,
            epoch=row.epoch,
            mac=row.mac,
        )
        self._run(statement.on_conflict_do_nothing())

    def remove_holders(self, publication: bytes, *, before: Epoch | None = None) -> Sequence[TagHolderRow]:
        """Take a publication's tags from it and return them; with ``before`` only those of older epochs."""
        held = [row for row in self.holders_of(publication) if before is None or row.epoch < before]
        table = tables.tag_holders
        statement = table.delete().where(table.c.publication_id == publication)
        self._run(statement if before is None else statement.where(table.c.epoch < before))
        return held

    def holding_before(self, municipality: MunicipalityCode, epoch: Epoch) -> Sequence[bytes]:
        """Return the publications that hold tags of epochs before this one, by id."""
        table = tables.tag_holders
        statement = select(table.c.publication_id).where(table.c.municipality == municipality, table.c.epoch < epoch)
        return [row.publication_id for row in self._all(statement.distinct().order_by(table.c.publication_id))]

    def remove_tag_jobs(self, municipality: MunicipalityCode, *, before: Epoch) -> int:
        """Take away the tag jobs of epochs before this one that are not on their way; return how many."""
        table = tables.tag_jobs
        statement = table.delete().where(
            table.c.municipality == municipality, table.c.epoch < before, table.c.state != TagState.SIGNED.value
        )
        return self._run(statement).rowcount

    def holders_of(self, publication: bytes) -> Sequence[TagHolderRow]:
        """Return the tags that a publication holds."""
        table = tables.tag_holders
        rows = self._all(select(table).where(table.c.publication_id == publication).order_by(table.c.tag))
        return [_holder(row) for row in rows]

    def holders(self, tags: Sequence[Tag]) -> Sequence[TagHolderRow]:
        """Return which publications hold these tags."""
        table = tables.tag_holders
        found: list[TagHolderRow] = []
        for piece in chunks(tags):
            found += [_holder(row) for row in self._all(select(table).where(table.c.tag.in_(piece)))]
        return found

    def all_holders(self, municipality: MunicipalityCode) -> Sequence[TagHolderRow]:
        """Return which publications hold which tags of a municipality."""
        table = tables.tag_holders
        return [_holder(row) for row in self._all(select(table).where(table.c.municipality == municipality))]

    def add_tag_job(self, row: TagJobRow) -> int:
        """Store a tag job and return its id."""
        result = self._run(
            tables.tag_jobs.insert().values(
                tag=row.tag,
                municipality=row.municipality,
                epoch=row.epoch,
                action=row.action.value,
                state=row.state.value,
                publication_id=row.publication,
                batch_id=row.batch,
                mac=row.mac,
            )
        )
        return self._new_id(result)

    def set_tag_job_mac(self, job: int, mac: bytes) -> None:
        """Write the authentication code of a tag job, which covers its id."""
        self._run(update(tables.tag_jobs).where(tables.tag_jobs.c.id == job).values(mac=mac))

    def all_tag_jobs(self, municipality: MunicipalityCode) -> Sequence[TagJobRow]:
        """Return all tag jobs of a municipality, oldest first."""
        table = tables.tag_jobs
        rows = self._all(select(table).where(table.c.municipality == municipality).order_by(table.c.id))
        return [_tag_job(row) for row in rows]

    def tag_jobs(self, *, state: TagState, action: PublicationAction | None = None) -> Sequence[TagJobRow]:
        """Return the tag jobs in a state, by tag."""
        table = tables.tag_jobs
        statement = select(table).where(table.c.state == state.value)
        if action is not None:
            statement = statement.where(table.c.action == action.value)
        return [_tag_job(row) for row in self._all(statement.order_by(table.c.tag, table.c.id))]

    def tag_jobs_of(self, tags: Sequence[Tag]) -> Sequence[TagJobRow]:
        """Return all jobs of these tags, oldest first."""
        table = tables.tag_jobs
        found: list[TagJobRow] = []
        for piece in chunks(tags):
            found += [_tag_job(row) for row in self._all(select(table).where(table.c.tag.in_(piece)))]
        return sorted(found, key=lambda row: row.id)

    def tag_jobs_of_batch(self, batch: int) -> Sequence[TagJobRow]:
        """Return the tag jobs of a batch, by tag."""
        table = tables.tag_jobs
        rows = self._all(select(table).where(table.c.batch_id == batch).order_by(table.c.tag, table.c.id))
        return [_tag_job(row) for row in rows]

    def set_tag_jobs(self, jobs: Sequence[int], state: TagState, *, batch: int | None = None) -> None:
        """Write a state, and the batch when one is given."""
        values: dict[str, Any] = {"state": state.value}
        if batch is not None:
            values["batch_id"] = batch
        for piece in chunks(jobs):
            self._run(update(tables.tag_jobs).where(tables.tag_jobs.c.id.in_(piece)).values(**values))


def _publication(row: Row[*tuple[Any, ...]]) -> PublicationRow:
    return PublicationRow(
        id=row.id,
        action=state(PublicationAction, row.action, _UNKNOWN),
        sealed=row.sealed,
        created_at=row.created_at,
        mac=row.mac,
        state=state(PublicationState, row.state, PublicationState.REFUSED),
        error=row.error,
    )


def _holder(row: Row[*tuple[Any, ...]]) -> TagHolderRow:
    return TagHolderRow(
        tag=Tag(row.tag),
        municipality=MunicipalityCode(row.municipality),
        epoch=Epoch(row.epoch),
        publication=row.publication_id,
        mac=row.mac,
    )


def _tag_job(row: Row[*tuple[Any, ...]]) -> TagJobRow:
    return TagJobRow(
        id=row.id,
        tag=Tag(row.tag),
        municipality=MunicipalityCode(row.municipality),
        epoch=Epoch(row.epoch),
        action=state(PublicationAction, row.action, _UNKNOWN),
        state=state(TagState, row.state, TagState.CANCELLED),
        publication=row.publication_id,
        batch=row.batch_id,
        mac=row.mac,
    )
