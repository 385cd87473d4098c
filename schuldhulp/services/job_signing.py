"""What the cockpit promises the worker: jobs that only a holder of the job key can have written.

Both sides use these functions, so that they cover the same fields in the same order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from schuldhulp.crypto.jobs import JobKey, job_mac, verify_job_mac
from schuldhulp.crypto.sealed import OpeningKey, open_sealed, seal
from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import Undecryptable
from schuldhulp.services.rows import JobRow, PublicationAction, PublicationRow

_LEDGER: Final = "ledger"
_PUBLICATION: Final = "publication"
_INFO: Final = b"schuldhulp publication v1"
_PADDING: Final = 1_024
"""A sealed message is filled to a multiple of this many bytes, so that its length does not tell of how many names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """What a publication job says once opened.

    Attributes:
        municipality: for which municipality.
        identifiers: to enrol: every name, address and number under which creditors may know the client.
        publications: to end: ids of the publication jobs that are taken back.
    """

    municipality: MunicipalityCode
    identifiers: tuple[Identifier, ...] = ()
    publications: tuple[bytes, ...] = ()


def ledger_job_mac(key: JobKey, job: JobRow) -> bytes:
    """Compute the authentication code of an outbox job, over all that the worker acts on; 32 bytes."""
    return job_mac(key, _LEDGER, *_ledger_fields(job))


def is_ledger_job_valid(key: JobKey, job: JobRow) -> bool:
    """Tell whether an outbox job was written by this system."""
    return verify_job_mac(key, job.mac, _LEDGER, *_ledger_fields(job))


def publication_mac(key: JobKey, row: PublicationRow) -> bytes:
    """Compute the authentication code of a publication job, over its id, action, time and sealed bytes; 32 bytes."""
    return job_mac(key, _PUBLICATION, *_publication_fields(row))


def is_publication_valid(key: JobKey, row: PublicationRow) -> bool:
    """Tell whether a publication job was written by this system; only while its sealed bytes are not erased."""
    return verify_job_mac(key, row.mac, _PUBLICATION, *_publication_fields(row))


def seal_publication(public_key: bytes, job: bytes, action: PublicationAction, message: Publication) -> bytes:
    """Seal what a publication job asks for.

    Args:
        public_key: the worker's publication key (X25519), 32 bytes.
        job: id of the job, 16 bytes.
        action: what it asks for.
        message: its contents.

    Returns:
        The sealed bytes, which open for this job and action only.
    """
    plain = json.dumps(
        {
            "municipality": message.municipality,
            "identifiers": [[int(identifier.kind), identifier.text] for identifier in message.identifiers],
            "publications": [publication.hex() for publication in message.publications],
        }
    ).encode()
    return seal(public_key, plain + b" " * (-len(plain) % _PADDING), _INFO, _place(job, action))


def open_publication(key: OpeningKey, row: PublicationRow) -> Publication:
    """Open a publication job.

    Args:
        key: the worker's publication key.
        row: the job, not yet erased.

    Returns:
        What it asks for.

    Raises:
        Undecryptable: it was sealed to another key or for another job, or is damaged.
    """
    plain = json.loads(open_sealed(key, row.sealed, _INFO, _place(row.id, row.action)))
    try:
        return Publication(
            municipality=MunicipalityCode(int(plain["municipality"])),
            identifiers=tuple(Identifier(IdentifierKind(kind), str(text)) for kind, text in plain["identifiers"]),
            publications=tuple(bytes.fromhex(publication) for publication in plain["publications"]),
        )
    except (KeyError, TypeError, ValueError):
        raise Undecryptable("undecryptable", "the publication job holds something else") from None


def _place(job: bytes, action: PublicationAction) -> bytes:
    return job + action.value.encode()


def _ledger_fields(job: JobRow) -> Sequence[bytes | str | int]:
    return (
        job.dossier,
        job.municipality,
        job.previous_root,
        job.new_root,
        job.revision,
        job.created_at.isoformat(timespec="microseconds"),
    )


def _publication_fields(row: PublicationRow) -> Sequence[bytes | str]:
    return (row.id, row.action.value, row.sealed, row.created_at.isoformat(timespec="microseconds"))
