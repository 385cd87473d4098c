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
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.errors import Undecryptable
from schuldhulp.services.rows import JobRow, PublicationAction, PublicationRow, TagHolderRow, TagJobRow

_LEDGER: Final = "ledger"
_PUBLICATION: Final = "publication"
_PREPARED: Final = "prepared publication"
_HOLDER: Final = "tag holder"
_TAG: Final = "tag"
_INFO: Final = b"schuldhulp publication v1"
NO_EPOCH: Final = Epoch(0)
"""What stands for an epoch in a job that is about no single one."""
_PADDING: Final = 1_024
"""A sealed message is filled to a multiple of this many bytes, so that its length does not tell of how many names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fill:
    """What one enrolment needs in another epoch.

    Attributes:
        publications: ids of the publication jobs that carried the enrolment out.
        identifiers: every name, address and number under which creditors may know the client now.
    """

    publications: tuple[bytes, ...]
    identifiers: tuple[Identifier, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """What a publication job says once opened.

    Attributes:
        municipality: for which municipality.
        identifiers: to enrol: every name, address and number under which creditors may know the client.
        publications: to end: ids of the publication jobs that are taken back.
        after: to end: id of the publication job that takes their place and must be prepared first; empty when none.
        epoch: to fill: the epoch that gets tags; 0 for any other job.
        fills: to fill: what each enrolment needs there, in an order that says nothing.
    """

    municipality: MunicipalityCode
    identifiers: tuple[Identifier, ...] = ()
    publications: tuple[bytes, ...] = ()
    after: bytes = b""
    epoch: Epoch = NO_EPOCH
    fills: tuple[Fill, ...] = ()


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


def prepared_mac(key: JobKey, row: PublicationRow, tags: Sequence[Tag]) -> bytes:
    """Compute the authentication code of a publication job whose sealed bytes are erased, over the tags it came to.

    Args:
        key: the job key.
        row: the job.
        tags: all tags that it holds, in any order.

    Returns:
        32 bytes.
    """
    return job_mac(key, _PREPARED, *_prepared_fields(row, tags))


def is_prepared_valid(key: JobKey, row: PublicationRow, tags: Sequence[Tag]) -> bool:
    """Tell whether a publication job was prepared by this system and came to exactly these tags."""
    return verify_job_mac(key, row.mac, _PREPARED, *_prepared_fields(row, tags))


def tag_job_mac(key: JobKey, job: TagJobRow) -> bytes:
    """Compute the authentication code of a tag job, over its number too, so that none counts as newer; 32 bytes."""
    return job_mac(key, _TAG, *_tag_fields(job))


def is_tag_job_valid(key: JobKey, job: TagJobRow) -> bool:
    """Tell whether a tag job was written by this system, under this number."""
    return verify_job_mac(key, job.mac, _TAG, *_tag_fields(job))


def holder_mac(key: JobKey, row: TagHolderRow) -> bytes:
    """Compute the authentication code that a publication holds a tag; 32 bytes."""
    return job_mac(key, _HOLDER, row.tag, row.municipality, row.epoch, row.publication)


def is_holder_valid(key: JobKey, row: TagHolderRow) -> bool:
    """Tell whether this system wrote that a publication holds a tag."""
    return verify_job_mac(key, row.mac, _HOLDER, row.tag, row.municipality, row.epoch, row.publication)


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
            "identifiers": _written(message.identifiers),
            "publications": [publication.hex() for publication in message.publications],
            "after": message.after.hex(),
            "epoch": message.epoch,
            "fills": [
                [[publication.hex() for publication in fill.publications], _written(fill.identifiers)]
                for fill in message.fills
            ],
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
            identifiers=_read(plain["identifiers"]),
            publications=tuple(bytes.fromhex(publication) for publication in plain["publications"]),
            after=bytes.fromhex(plain["after"]),
            # A job that an older version sealed has neither.
            epoch=Epoch(int(plain.get("epoch", 0))),
            fills=tuple(
                Fill(publications=tuple(bytes.fromhex(one) for one in publications), identifiers=_read(identifiers))
                for publications, identifiers in plain.get("fills", ())
            ),
        )
    except (KeyError, TypeError, ValueError):
        raise Undecryptable("undecryptable", "the publication job holds something else") from None


def _written(identifiers: Sequence[Identifier]) -> list[list[int | str]]:
    return [[int(identifier.kind), identifier.text] for identifier in identifiers]


def _read(plain: Sequence[tuple[int, object]]) -> tuple[Identifier, ...]:
    return tuple(Identifier(IdentifierKind(kind), str(text)) for kind, text in plain)


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


def _prepared_fields(row: PublicationRow, tags: Sequence[Tag]) -> Sequence[bytes | str]:
    return (row.id, row.action.value, row.created_at.isoformat(timespec="microseconds"), *sorted(tags))


def _tag_fields(job: TagJobRow) -> Sequence[bytes | str | int]:
    return (job.id, job.publication, job.tag, job.municipality, job.epoch, job.action.value)
