"""What is stored, row by row: plain values that pass between the use cases and the storage adapter.

A row holds ciphertext, keyed hashes and bookkeeping; nothing in it is readable without a key, except names of staff.
Times are aware UTC datetimes with microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from schuldhulp.domain.types import Commitment, DossierId, Epoch, MunicipalityCode, RecordId, Root, Tag


class JobState(StrEnum):
    """Where an outbox job stands. ``queued`` may still be replaced; ``signed`` and ``confirmed`` never change root."""

    QUEUED = "queued"
    SIGNED = "signed"
    CONFIRMED = "confirmed"
    REPLACED = "replaced"
    REFUSED = "refused"


class BatchKind(StrEnum):
    """Which contract call a batch makes."""

    LEDGER = "ledger"
    ENROL = "enrol"
    END = "end"
    DECIDE = "decide"
    UNKNOWN = "unknown"
    """Never written; stands for a stored word that this system does not know: somebody changed the database."""


class BatchState(StrEnum):
    """Where a batch stands: its bytes are stored before they are sent, and sent again after any doubt."""

    SIGNED = "signed"
    SENT = "sent"
    MINED = "mined"
    CONFIRMED = "confirmed"
    FAILED = "failed"


class PublicationAction(StrEnum):
    """What a publication job asks for."""

    ENROL = "enrol"
    END = "end"
    FILL = "fill"
    """Give publications that were carried out tags of another epoch too. Never the action of a tag job."""


class PublicationState(StrEnum):
    """Where a publication job stands.

    ``waiting``: sealed, not yet opened by the worker. ``prepared``: tags computed, sealed bytes erased. ``published``:
    on chain and confirmed; of an end job: the tags are off it. ``ended``: an enrolment that an end job took back.
    ``refused``: without a valid HMAC, or it cannot be done.
    """

    WAITING = "waiting"
    PREPARED = "prepared"
    PUBLISHED = "published"
    ENDED = "ended"
    REFUSED = "refused"


class TagState(StrEnum):
    """Where one tag of a publication stands."""

    QUEUED = "queued"
    SIGNED = "signed"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class DossierRow:
    """A dossier. ``revision`` 0 with ``root`` and ``previous_root`` zero means that nothing was written yet."""

    id: DossierId
    municipality: MunicipalityCode
    file_number: str
    created_at: datetime
    caseworker: int | None
    ended_at: datetime | None
    revision: int
    root: Root
    previous_root: Root


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyRow:
    """A dossier's data key, wrapped under the key-encryption key that ``key_id`` names."""

    dossier: DossierId
    wrapped: bytes
    key_id: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordRow:
    """One version of one record. ``author`` is ``<function>/<id>``; every column is bound to the ciphertext."""

    dossier: DossierId
    record: RecordId
    version: int
    schema: int
    ciphertext: bytes
    commitment: Commitment
    replaces: Commitment
    author: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RevisionRow:
    """One revision of a dossier: its root, and the encrypted list of the current records.

    ``ciphertext`` is empty where only the chain of roots was asked for.
    """

    dossier: DossierId
    revision: int
    root: Root
    previous_root: Root
    ciphertext: bytes
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRow:
    """A root that waits to be, or has been, put on the chain. ``id`` is 0 until it is stored."""

    id: int
    dossier: DossierId
    municipality: MunicipalityCode
    previous_root: Root
    new_root: Root
    revision: int
    created_at: datetime
    mac: bytes
    state: JobState
    batch: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchRow:
    """A signed transaction; ``raw`` are the very bytes that are sent, and sent again. ``id`` is 0 until stored."""

    id: int
    municipality: MunicipalityCode
    kind: BatchKind
    account: str
    nonce: int
    raw: bytes
    tx_hash: bytes
    state: BatchState
    created_at: datetime
    block_number: int | None = None
    block_hash: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicationRow:
    """A wish to enrol or to end, sealed to the worker. ``id`` are 16 random bytes; ``sealed`` is emptied once used."""

    id: bytes
    action: PublicationAction
    sealed: bytes
    created_at: datetime
    mac: bytes
    state: PublicationState
    error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TagHolderRow:
    """That a publication holds a tag; a tag may have several holders (twins), and ends on chain with the last."""

    tag: Tag
    municipality: MunicipalityCode
    epoch: Epoch
    publication: bytes
    mac: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class TagJobRow:
    """A tag that waits to be, or has been, enrolled or ended on chain. ``id`` is 0 until it is stored.

    ``publication`` is the publication job that asked for it; empty for a tag of nobody.
    """

    id: int
    tag: Tag
    municipality: MunicipalityCode
    epoch: Epoch
    action: PublicationAction
    state: TagState
    publication: bytes = b""
    batch: int | None = None
    mac: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpareRow:
    """A header-only revision that the cockpit made in advance, for the worker to fill a ledger batch with."""

    dossier: DossierId
    revision: int
    root: Root
    previous_root: Root
    ciphertext: bytes
    created_at: datetime
    mac: bytes = b""


@dataclass(frozen=True, kw_only=True, slots=True)
class DecoyRow:
    """A dossier that is nobody's: a random id and random roots, which only this table can tell from a real one.

    ``next_root`` and ``batch`` are set while a batch with its next root is on its way.
    """

    id: DossierId
    municipality: MunicipalityCode
    root: Root
    next_root: Root | None = None
    batch: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StaffRow:
    """A member of staff. ``roles`` are the values of domain.access.Role. ``id`` is 0 until it is stored."""

    id: int
    login: str = field(repr=False)
    name: str = field(repr=False)
    function: str
    roles: tuple[str, ...]
    active: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CreditorRow:
    """A creditor that may log in. ``kvk``: 8 digits."""

    kvk: str
    name: str
    active: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexRow:
    """Entry of the blind index: HMAC of a BSN, and the applicant record that it belongs to."""

    index: bytes
    dossier: DossierId
    record: RecordId


@dataclass(frozen=True, kw_only=True, slots=True)
class LogRow:
    """One line of the processing log (fields of the Dutch standard Logboek Dataverwerkingen, and who and why).

    ``trace_id`` is the same for everything that one session does. ``subject`` and ``reason`` are encrypted under the
    dossier's data key, empty where there is none. ``hash`` covers every other field and the ``previous`` hash.
    ``sequence`` counts from 1 without gaps.
    """

    sequence: int
    municipality: MunicipalityCode
    trace_id: bytes
    span_id: bytes
    parent_span_id: bytes
    status: str
    name: str
    start_time: datetime
    end_time: datetime
    activity: str
    subject: bytes
    subject_type: str
    dossier: DossierId | None
    actor: str
    function: str
    purpose: str
    reason: bytes
    previous: bytes
    hash: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class LeaseRow:
    """Which worker works with an account, until when, and who asked it to work at once. ``request`` None: nobody."""

    account: str
    holder: str
    until: datetime
    request: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainWatchRow:
    """The newest head of the chain that was seen, and what the last comparison found. ``finding`` empty: nothing."""

    head_number: int
    head_hash: bytes
    checked_at: datetime
    finding: str
