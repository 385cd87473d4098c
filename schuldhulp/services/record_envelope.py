"""Record versions and manifests, encrypted and bound to the row that they stand in.

The associated data covers every other column of the row, so a ciphertext opens nowhere but in its own row, and a row
with any column changed does not open. What is in it, even its kind, shows in its length only, which is rounded up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from schuldhulp.crypto.commitments import commitment
from schuldhulp.crypto.envelope import DataKey, EncryptionKey, decrypt, encrypt
from schuldhulp.crypto.framing import frame
from schuldhulp.domain.records import (
    Applicant,
    Enrolment,
    Obligation,
    RecordKind,
    RecordVersion,
    version_from_plain,
    version_to_plain,
)
from schuldhulp.domain.types import Commitment, RecordId
from schuldhulp.errors import InvalidInput, Undecryptable
from schuldhulp.services.rows import RecordRow, RevisionRow

_PADDING: Final = 256
"""Plaintexts are filled with spaces to a multiple of this many bytes."""


def seal_version(key: DataKey, version: RecordVersion, *, author: str, created_at: datetime) -> RecordRow:
    """Encrypt a version for its row.

    Args:
        key: data key of the dossier.
        version: the version.
        author: ``<function>/<id>`` of who made it.
        created_at: when, UTC.

    Returns:
        The row, with the commitment computed.
    """
    row = RecordRow(
        dossier=version.dossier,
        record=version.record_id,
        version=version.version,
        schema=version.schema,
        ciphertext=b"",
        commitment=commitment(version),
        replaces=version.replaces,
        author=author,
        created_at=created_at,
    )
    plain = _padded(version_to_plain(version))
    return replace(row, ciphertext=encrypt(key, plain, _record_place(row)))


def open_version(key: DataKey, row: RecordRow) -> RecordVersion:
    """Decrypt a version and check that it is what its row says.

    Args:
        key: data key of the dossier.
        row: as it is stored.

    Returns:
        The version; its commitment, recomputed, is the one of the row.

    Raises:
        Undecryptable: the row was changed or belongs elsewhere (key ``undecryptable``), or it opens and holds something
            else than its commitment (key ``commitment_differs``).
    """
    plain = decrypt(key, row.ciphertext, _record_place(row))
    try:
        version = version_from_plain(json.loads(plain))
    except (InvalidInput, ValueError):
        raise Undecryptable("commitment_differs", "a record holds something that is no record") from None
    place = (version.dossier, version.record_id, version.version, version.schema, version.replaces)
    if place != (row.dossier, row.record, row.version, row.schema, row.replaces) or (
        commitment(version) != row.commitment
    ):
        raise Undecryptable("commitment_differs", "a record is not what its commitment says")
    return version


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """The current version of a record in a manifest."""

    version: int
    commitment: Commitment


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplicantDigest:
    """What a list shows of an applicant. ``surnames``: all in use, for searching."""

    record: RecordId
    name: str
    surnames: tuple[str, ...]
    birth_date: str
    position: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Digest:
    """What a list shows of a dossier, kept in the manifest so that a list need not open every record.

    Attributes:
        applicants: first applicant first.
        creditors: names of creditors, collectors and bailiffs, each once.
        counts: number of records of each kind, withdrawn ones left out.
        enrolled: whether an enrolment lasts.
    """

    applicants: tuple[ApplicantDigest, ...]
    creditors: tuple[str, ...]
    counts: dict[RecordKind, int]
    enrolled: bool

    @classmethod
    def of(cls, current: list[RecordVersion], *, today: date) -> Digest:
        """Summarise the current versions of a dossier's records.

        Args:
            current: the newest version of each record.
            today: an enrolment that ends later than this still lasts.
        """
        records = [version for version in current if not version.withdrawn]
        applicants = [version for version in records if isinstance(version.record, Applicant)]
        applicants.sort(key=lambda version: (version.record.position != "first", version.record_id))  # type: ignore[union-attr]
        creditors = {
            party.name
            for version in records
            if isinstance(version.record, Obligation)
            for party in (
                version.record.creditor,
                version.record.original_creditor,
                version.record.collector,
                version.record.bailiff,
            )
            if party is not None
        }
        counts = dict.fromkeys(RecordKind, 0)
        for version in records:
            counts[version.record.kind] += 1
        enrolled = any(
            isinstance(version.record, Enrolment) and (version.record.end is None or version.record.end > today)
            for version in records
        )
        return cls(
            applicants=tuple(_applicant_digest(version) for version in applicants),
            creditors=tuple(sorted(creditors)),
            counts=counts,
            enrolled=enrolled,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """The list of current records of one revision.

    Attributes:
        entries: version and commitment of each record, withdrawn ones included.
        file_number: of the dossier, so that a changed dossier row is seen.
        opened_at: when the dossier was made, for the same reason.
        caseworker: whose caseload it is in, for the same reason: it decides who is asked for a reason.
        ended_at: when the help ended, for the same reason.
        digest: what a list shows.
    """

    entries: dict[RecordId, Entry]
    file_number: str
    opened_at: datetime
    caseworker: int | None
    ended_at: datetime | None
    digest: Digest

    @property
    def commitments(self) -> list[Commitment]:
        """Commitments of the current versions."""
        return [entry.commitment for entry in self.entries.values()]


def seal_manifest(key: DataKey, manifest: Manifest, row: RevisionRow) -> RevisionRow:
    """Encrypt a manifest for its row; return the row with its ciphertext."""
    digest = manifest.digest
    plain = _padded(
        {
            "records": [
                [record.hex(), entry.version, entry.commitment.hex()] for record, entry in manifest.entries.items()
            ],
            "file_number": manifest.file_number,
            "opened_at": manifest.opened_at.isoformat(),
            "caseworker": manifest.caseworker,
            "ended_at": manifest.ended_at.isoformat() if manifest.ended_at else None,
            "applicants": [
                [person.record.hex(), person.name, list(person.surnames), person.birth_date, person.position]
                for person in digest.applicants
            ],
            "creditors": list(digest.creditors),
            "counts": {kind.value: count for kind, count in digest.counts.items()},
            "enrolled": digest.enrolled,
        }
    )
    return replace(row, ciphertext=encrypt(key, plain, _manifest_place(row)))


def open_manifest(key: DataKey, row: RevisionRow) -> Manifest:
    """Decrypt the manifest of a revision.

    Raises:
        Undecryptable: the row was changed or belongs elsewhere.
    """
    plain = json.loads(decrypt(key, row.ciphertext, _manifest_place(row)))
    counts = dict.fromkeys(RecordKind, 0)
    counts.update((RecordKind(kind), int(count)) for kind, count in plain["counts"].items())
    return Manifest(
        entries={
            RecordId(bytes.fromhex(record)): Entry(version=version, commitment=Commitment(bytes.fromhex(committed)))
            for record, version, committed in plain["records"]
        },
        file_number=plain["file_number"],
        opened_at=datetime.fromisoformat(plain["opened_at"]),
        caseworker=plain["caseworker"],
        ended_at=datetime.fromisoformat(plain["ended_at"]) if plain["ended_at"] else None,
        digest=Digest(
            applicants=tuple(
                ApplicantDigest(
                    record=RecordId(bytes.fromhex(record)),
                    name=name,
                    surnames=tuple(surnames),
                    birth_date=birth_date,
                    position=position,
                )
                for record, name, surnames, birth_date, position in plain["applicants"]
            ),
            creditors=tuple(plain["creditors"]),
            counts=counts,
            enrolled=plain["enrolled"],
        ),
    )


def seal_text(key: EncryptionKey, text: str, place: bytes) -> bytes:
    """Encrypt a short text, such as the reason in a line of the log; empty stays empty."""
    return encrypt(key, text.encode(), place) if text else b""


def open_text(key: EncryptionKey, ciphertext: bytes, place: bytes) -> str:
    """Decrypt what `seal_text` made.

    Raises:
        Undecryptable: it was changed or belongs elsewhere.
    """
    return decrypt(key, ciphertext, place).decode() if ciphertext else ""


def _applicant_digest(version: RecordVersion) -> ApplicantDigest:
    person = version.record
    assert isinstance(person, Applicant)  # noqa: S101 - the caller has sorted them out
    prefixed = f"{person.prefix} {person.surname}".strip()
    return ApplicantDigest(
        record=version.record_id,
        name=person.full_name,
        surnames=(prefixed, *person.other_surnames),
        birth_date=person.birth_date.iso,
        position=person.position.value,
    )


def _padded(value: Any) -> bytes:
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return plain + b" " * (-len(plain) % _PADDING)


def _record_place(row: RecordRow) -> bytes:
    return frame(
        "record",
        row.dossier,
        row.record,
        row.version,
        row.schema,
        row.commitment,
        row.replaces,
        row.author,
        row.created_at.isoformat(timespec="microseconds"),
    )


def _manifest_place(row: RevisionRow) -> bytes:
    return frame(
        "manifest",
        row.dossier,
        row.revision,
        row.root,
        row.previous_root,
        row.created_at.isoformat(timespec="microseconds"),
    )
