"""A record and a manifest open in their own row and nowhere else."""

from __future__ import annotations

import secrets
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from schuldhulp.crypto.envelope import DataKey
from schuldhulp.domain.records import NO_COMMITMENT, RecordKind, RecordVersion
from schuldhulp.domain.types import Commitment, DossierId, RecordId, Root, Salt
from schuldhulp.errors import Undecryptable
from schuldhulp.services.record_envelope import (
    Digest,
    Entry,
    Manifest,
    open_manifest,
    open_text,
    open_version,
    seal_manifest,
    seal_text,
    seal_version,
)
from schuldhulp.services.rows import RecordRow, RevisionRow
from tests.support.factories import make_applicant, make_obligation

KEY = DataKey.generate()
DOSSIER = DossierId(b"\x26\xad" + bytes(29) + b"\x01")
RECORD = RecordId(b"\x02" * 32)
NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


def make_version(record: Any = None, **changes: Any) -> RecordVersion:
    values: dict[str, Any] = {
        "dossier": DOSSIER,
        "record_id": RECORD,
        "version": 1,
        "replaces": NO_COMMITMENT,
        "salt": Salt(secrets.token_bytes(32)),
        "schema": 1,
        "record": record or make_applicant(),
    }
    return RecordVersion(**values | changes)


def make_row(version: RecordVersion | None = None) -> RecordRow:
    return seal_version(KEY, version or make_version(), author="caseworker/1", created_at=NOW)


def make_manifest() -> Manifest:
    return Manifest(
        entries={RECORD: Entry(version=3, commitment=Commitment(b"\x04" * 32))},
        file_number="2026-00001",
        opened_at=NOW,
        caseworker=7,
        ended_at=NOW,
        digest=Digest.of([make_version()], today=date(2026, 11, 23)),
    )


def make_revision() -> RevisionRow:
    row = RevisionRow(
        dossier=DOSSIER, revision=1, root=Root(b"\x05" * 32), previous_root=Root(bytes(32)), ciphertext=b"",
        created_at=NOW,
    )  # fmt: skip
    return seal_manifest(KEY, make_manifest(), row)


def _changed(value: Any) -> Any:
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    return value + 1 if isinstance(value, int) else f"{value}x"


def test_open_version_returns_what_was_sealed() -> None:
    version = make_version()
    assert open_version(KEY, make_row(version)) == version


def test_open_version_refuses_each_changed_byte_of_the_ciphertext() -> None:
    row = make_row()
    for place in range(len(row.ciphertext)):
        damaged = bytearray(row.ciphertext)
        damaged[place] ^= 0x40
        with pytest.raises(Undecryptable):
            open_version(KEY, replace(row, ciphertext=bytes(damaged)))


@pytest.mark.parametrize("column", [field.name for field in fields(RecordRow)])
def test_open_version_refuses_a_row_with_any_column_changed(column: str) -> None:
    row = make_row()
    with pytest.raises(Undecryptable):
        open_version(KEY, replace(row, **{column: _changed(getattr(row, column))}))


def test_open_version_refuses_another_key() -> None:
    with pytest.raises(Undecryptable):
        open_version(DataKey.generate(), make_row())


def test_seal_version_does_not_show_kind_or_small_differences_in_length() -> None:
    lengths = {
        len(make_row(make_version(make_obligation(RECORD, note="x" * length))).ciphertext) for length in range(100)
    }
    assert len(lengths) <= 2
    assert all((length - 28) % 256 == 0 for length in lengths)


def test_seal_version_gives_another_ciphertext_each_time() -> None:
    version = make_version()
    assert make_row(version).ciphertext != make_row(version).ciphertext
    assert make_row(version).commitment == make_row(version).commitment


def test_open_manifest_returns_what_was_sealed() -> None:
    assert open_manifest(KEY, make_revision()) == make_manifest()


@pytest.mark.parametrize("column", [field.name for field in fields(RevisionRow)])
def test_open_manifest_refuses_a_row_with_any_column_changed(column: str) -> None:
    row = make_revision()
    with pytest.raises(Undecryptable):
        open_manifest(KEY, replace(row, **{column: _changed(getattr(row, column))}))


def test_digest_counts_what_is_not_withdrawn_and_names_every_party() -> None:
    person = make_version(make_applicant(surname="Smit", prefix="de", other_surnames=("Bakker",)))
    debt = make_version(make_obligation(RECORD), record_id=RecordId(b"\x03" * 32))
    gone = make_version(make_obligation(RECORD), record_id=RecordId(b"\x04" * 32), withdrawn=True, reason="dubbel")
    digest = Digest.of([person, debt, gone], today=date(2026, 11, 23))
    assert digest.counts[RecordKind.OBLIGATION] == 1
    assert digest.counts[RecordKind.INCOME] == 0
    assert digest.creditors == ("Stroom en Gas BV",)
    assert digest.applicants[0].surnames == ("de Smit", "Bakker")
    assert digest.applicants[0].birth_date == "1980-02-00"
    assert not digest.enrolled


def test_open_text_returns_what_was_sealed_in_its_own_place_only() -> None:
    sealed = seal_text(KEY, "waarneming", b"here")
    assert open_text(KEY, sealed, b"here") == "waarneming"
    with pytest.raises(Undecryptable):
        open_text(KEY, sealed, b"there")
    assert seal_text(KEY, "", b"here") == b""
    assert open_text(KEY, b"", b"here") == ""
