"""What fills ledger batches up: spare revisions of real dossiers, and dossiers that are nobody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, and_, func, select, update

from schuldhulp.domain.types import DossierId, MunicipalityCode, Root
from schuldhulp.services.rows import DecoyRow, JobState, SpareRow
from schuldhulp.storage import tables
from schuldhulp.storage.repository import Repository, chunks

_LIVE = (JobState.QUEUED.value, JobState.SIGNED.value)


class Fillings(Repository):
    """Tables ``spare_revisions`` and ``decoys``."""

    def spare_counts(self, municipality: MunicipalityCode) -> Mapping[DossierId, int]:
        """Return for each dossier with a root how many spares follow on its present revision."""
        spare, owner = tables.spare_revisions.c, tables.dossiers.c
        following = (
            select(spare.dossier_id)
            .join_from(tables.spare_revisions, tables.dossiers, owner.id == spare.dossier_id)
            .where(spare.revision == owner.revision + 1, spare.previous_root == owner.root)
            .subquery()
        )
        statement = (
            select(owner.id, func.count(spare.revision))
            .select_from(
                tables.dossiers.outerjoin(following, following.c.dossier_id == owner.id).outerjoin(
                    tables.spare_revisions,
                    and_(spare.dossier_id == following.c.dossier_id, spare.revision > owner.revision),
                )
            )
            .where(owner.municipality == municipality, owner.revision > 0)
            .group_by(owner.id)
        )
        return {DossierId(row[0]): int(row[1]) for row in self._all(statement)}

    def usable(self, municipality: MunicipalityCode) -> Sequence[DossierId]:
        """Return the dossiers that have a spare for their next revision, and nothing on its way to the chain."""
        spare, owner, job = tables.spare_revisions.c, tables.dossiers.c, tables.outbox.c
        live = select(job.id).where(job.dossier_id == owner.id, job.state.in_(_LIVE)).exists()
        statement = (
            select(owner.id)
            .join_from(tables.spare_revisions, tables.dossiers, owner.id == spare.dossier_id)
            .where(
                owner.municipality == municipality,
                spare.revision == owner.revision + 1,
                spare.previous_root == owner.root,
                ~live,
            )
            .order_by(owner.id)
        )
        return [DossierId(row[0]) for row in self._all(statement)]

    def next_spares(self, dossiers: Sequence[DossierId]) -> Sequence[SpareRow]:
        """Return of each of these dossiers the spare that follows on its present revision."""
        spare, owner = tables.spare_revisions.c, tables.dossiers.c
        found: list[SpareRow] = []
        for piece in chunks(dossiers):
            statement = (
                select(tables.spare_revisions)
                .join_from(tables.spare_revisions, tables.dossiers, owner.id == spare.dossier_id)
                .where(owner.id.in_(piece), spare.revision == owner.revision + 1, spare.previous_root == owner.root)
            )
            found += [_spare(row) for row in self._all(statement)]
        return found

    def replace_spares(self, dossier: DossierId, spares: Sequence[SpareRow]) -> None:
        """Throw the spares of a dossier away and store others."""
        table = tables.spare_revisions
        self._run(table.delete().where(table.c.dossier_id == dossier))
        if spares:
            self._run(
                table.insert(),
                [
                    {
                        "dossier_id": spare.dossier,
                        "revision": spare.revision,
                        "root": spare.root,
                        "previous_root": spare.previous_root,
                        "ciphertext": spare.ciphertext,
                        "created_at": spare.created_at,
                        "mac": spare.mac,
                    }
                    for spare in spares
                ],
            )

    def remove_spares(self, dossier: DossierId, *, through: int) -> None:
        """Throw the spares of a dossier away up to a revision, that one included."""
        table = tables.spare_revisions
        self._run(table.delete().where(table.c.dossier_id == dossier, table.c.revision <= through))

    def decoys(self, municipality: MunicipalityCode) -> Sequence[DecoyRow]:
        """Return the decoys that are in no batch, by id."""
        table = tables.decoys
        statement = select(table).where(table.c.municipality == municipality, table.c.batch_id.is_(None))
        return [_decoy(row) for row in self._all(statement.order_by(table.c.id))]

    def all_decoys(self, municipality: MunicipalityCode) -> Sequence[DecoyRow]:
        """Return all decoys, those in a batch included, by id."""
        table = tables.decoys
        statement = select(table).where(table.c.municipality == municipality).order_by(table.c.id)
        return [_decoy(row) for row in self._all(statement)]

    def sign_decoy(self, row: DecoyRow) -> bool:
        """Write the next root and batch of a decoy that has this root and is in no batch; say whether it was there."""
        table = tables.decoys
        result = self._run(
            update(table)
            .where(table.c.id == row.id, table.c.root == row.root, table.c.batch_id.is_(None))
            .values(next_root=row.next_root, batch_id=row.batch)
        )
        return result.rowcount == 1

    def put_decoy(self, row: DecoyRow) -> None:
        """Store a decoy, or write its roots and batch."""
        values: dict[str, Any] = {"root": row.root, "next_root": row.next_root, "batch_id": row.batch}
        statement = self._insert(tables.decoys).values(id=row.id, municipality=row.municipality, **values)
        self._run(statement.on_conflict_do_update(index_elements=["id"], set_=values))

    def remove_decoy(self, dossier: DossierId) -> bool:
        """Take away a decoy that is in no batch, since it becomes a client's dossier; say whether it was there."""
        table = tables.decoys
        return self._run(table.delete().where(table.c.id == dossier, table.c.batch_id.is_(None))).rowcount == 1

    def settle_decoys(self, batch: int, *, landed: bool) -> None:
        """Take the decoys of a batch out of it: with their next root when it landed, else with the root they had."""
        table = tables.decoys
        values: dict[str, Any] = {"next_root": None, "batch_id": None}
        if landed:
            values["root"] = table.c.next_root
        self._run(update(table).where(table.c.batch_id == batch).values(**values))


def _spare(row: Row[*tuple[Any, ...]]) -> SpareRow:
    return SpareRow(
        dossier=DossierId(row.dossier_id),
        revision=row.revision,
        root=Root(row.root),
        previous_root=Root(row.previous_root),
        ciphertext=row.ciphertext,
        created_at=row.created_at,
        mac=row.mac,
    )


def _decoy(row: Row[*tuple[Any, ...]]) -> DecoyRow:
    return DecoyRow(
        id=DossierId(row.id),
        municipality=MunicipalityCode(row.municipality),
        root=Root(row.root),
        next_root=None if row.next_root is None else Root(row.next_root),
        batch=row.batch_id,
    )
