"""One dossier a person: who is a client already is found by the blind index."""

from __future__ import annotations

from schuldhulp.crypto.blind_index import bsn_index
from schuldhulp.crypto.envelope import unwrap_data_key
from schuldhulp.domain.identifiers import Bsn
from schuldhulp.domain.types import DossierId, MunicipalityCode
from schuldhulp.errors import Conflict, Undecryptable
from schuldhulp.services.ports import UnitOfWork
from schuldhulp.services.record_envelope import open_manifest
from schuldhulp.services.record_keys import RecordKeys


def require_new_client(
    work: UnitOfWork, bsn: Bsn, *, keys: RecordKeys, municipality: MunicipalityCode, besides: DossierId | None = None
) -> None:
    """Refuse somebody who has a dossier in which help goes on.

    Args:
        work: the unit of work that is about to write the person.
        bsn: number of the person.
        keys: keys of record keeping.
        municipality: whose clients.
        besides: the dossier in which the person is about to stand; what it holds itself is no hindrance.

    Raises:
        Conflict: there is another dossier (key ``client_known``, field ``bsn``).
    """
    for entry in work.index.find(bsn_index(keys.index, bsn)):
        row = work.dossiers.get(entry.dossier)
        if row is None or row.municipality != municipality or entry.dossier == besides:
            continue
        if not _has_ended(work, entry.dossier, keys):
            raise Conflict("client_known", "somebody with this BSN has a dossier already", field="bsn")


def _has_ended(work: UnitOfWork, dossier: DossierId, keys: RecordKeys) -> bool:
    """Read the end from the manifest, which nobody can change in the database; what does not open goes on."""
    revision = work.revisions.newest([dossier]).get(dossier)
    wrapped = work.keys.get(dossier)
    if revision is None or wrapped is None:
        return False
    try:
        key = unwrap_data_key(keys.data, dossier, wrapped.wrapped)
        return open_manifest(key, revision).ended_at is not None
    except Undecryptable:
        return False
