"""Records as plain values that JSON can hold, and back."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Final

from schuldhulp.domain.plain import (
    Json,
    check_names,
    mapping,
    object_from_plain,
    object_to_plain,
    value_from_plain,
)
from schuldhulp.domain.records.agreement import Agreement
from schuldhulp.domain.records.applicant import Applicant
from schuldhulp.domain.records.common import RecordKind
from schuldhulp.domain.records.consent import Consent
from schuldhulp.domain.records.enrolment import Enrolment
from schuldhulp.domain.records.household import Expense, Income
from schuldhulp.domain.records.obligation import Obligation
from schuldhulp.domain.records.received_claim import ReceivedClaim
from schuldhulp.domain.records.sent_notice import SentNotice
from schuldhulp.domain.records.version import Record, RecordVersion
from schuldhulp.domain.types import Commitment, DossierId, RecordId, Salt
from schuldhulp.errors import InvalidInput

RECORD_TYPES: Final[Mapping[RecordKind, type[Record]]] = types.MappingProxyType(
    {
        RecordKind.APPLICANT: Applicant,
        RecordKind.OBLIGATION: Obligation,
        RecordKind.INCOME: Income,
        RecordKind.EXPENSE: Expense,
        RecordKind.AGREEMENT: Agreement,
        RecordKind.ENROLMENT: Enrolment,
        RecordKind.CLAIM: ReceivedClaim,
        RecordKind.NOTICE: SentNotice,
        RecordKind.CONSENT: Consent,
    }
)


def to_plain(record: Record) -> dict[str, Json]:
    """Return a record as plain values: dates ISO 8601, bytes hexadecimal, enums their code, amounts cents."""
    return object_to_plain(record)


def from_plain(kind: RecordKind, schema: int, plain: object) -> Record:
    """Build a record from plain values.

    Args:
        kind: which kind of record.
        schema: which version of its shape.
        plain: what `to_plain` gave, or a document from outside; a field with a default may be left out.

    Returns:
        The record, checked.

    Raises:
        InvalidInput: unknown schema, unknown or missing field, or a wrong value; ``field`` names it.
    """
    record_type = RECORD_TYPES[kind]
    if schema != record_type.schema:
        raise InvalidInput("schema_unknown", "schema: not known", field="schema")
    record: Record = object_from_plain(record_type, plain, "record")
    return record


def version_to_plain(version: RecordVersion) -> dict[str, Json]:
    """Return a version with its kind and record as plain values; this is what is encrypted."""
    return {
        "dossier": version.dossier.hex(),
        "record_id": version.record_id.hex(),
        "version": version.version,
        "replaces": version.replaces.hex(),
        "salt": version.salt.hex(),
        "kind": version.record.kind.value,
        "schema": version.schema,
        "withdrawn": version.withdrawn,
        "reason": version.reason,
        "record": to_plain(version.record),
    }


def version_from_plain(plain: object) -> RecordVersion:
    """Build a version from what `version_to_plain` gave.

    Raises:
        InvalidInput: as `from_plain`.
    """
    fields = mapping(plain, "version")
    names = {"dossier", "record_id", "version", "replaces", "salt", "kind", "schema", "withdrawn", "reason", "record"}
    check_names(fields, known=names, required=names, field="version")
    kind: RecordKind = value_from_plain(RecordKind, fields["kind"], "kind")
    schema: int = value_from_plain(int, fields["schema"], "schema")
    return RecordVersion(
        dossier=DossierId(value_from_plain(bytes, fields["dossier"], "dossier")),
        record_id=RecordId(value_from_plain(bytes, fields["record_id"], "record_id")),
        version=value_from_plain(int, fields["version"], "version"),
        replaces=Commitment(value_from_plain(bytes, fields["replaces"], "replaces")),
        salt=Salt(value_from_plain(bytes, fields["salt"], "salt")),
        schema=schema,
        withdrawn=value_from_plain(bool, fields["withdrawn"], "withdrawn"),
        reason=value_from_plain(str, fields["reason"], "reason"),
        record=from_plain(kind, schema, fields["record"]),
    )
