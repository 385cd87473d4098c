"""Records as plain values that JSON can hold, and back.

The dataclass is the schema: nothing is described twice. What comes from outside is checked against it field by field;
an unknown field is refused, because it would be lost in silence otherwise.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final

from schuldhulp.domain.checks import as_utc
from schuldhulp.domain.dates import PartialDate, parse_date, parse_partial_date
from schuldhulp.domain.identifiers import Bsn, parse_bsn
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

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

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
    return _object_to_plain(record)


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
    record: Record = _object_from_plain(record_type, plain, "record")
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
    fields = _mapping(plain, "version")
    names = {"dossier", "record_id", "version", "replaces", "salt", "kind", "schema", "withdrawn", "reason", "record"}
    _check_names(fields, known=names, required=names, field="version")
    kind: RecordKind = _value_from_plain(RecordKind, fields["kind"], "kind")
    schema: int = _value_from_plain(int, fields["schema"], "schema")
    return RecordVersion(
        dossier=DossierId(_value_from_plain(bytes, fields["dossier"], "dossier")),
        record_id=RecordId(_value_from_plain(bytes, fields["record_id"], "record_id")),
        version=_value_from_plain(int, fields["version"], "version"),
        replaces=Commitment(_value_from_plain(bytes, fields["replaces"], "replaces")),
        salt=Salt(_value_from_plain(bytes, fields["salt"], "salt")),
        schema=schema,
        withdrawn=_value_from_plain(bool, fields["withdrawn"], "withdrawn"),
        reason=_value_from_plain(str, fields["reason"], "reason"),
        record=from_plain(kind, schema, fields["record"]),
    )


def _object_to_plain(value: Any) -> dict[str, Json]:
    return {field.name: _value_to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}


def _value_to_plain(value: object) -> Json:
    match value:
        case None | bool():
            return value
        case StrEnum():
            return value.value
        case str() | int():
            return value
        case Bsn():
            return value.digits
        case PartialDate():
            return value.iso
        case datetime():
            return as_utc(value).isoformat()
        case date():
            return value.isoformat()
        case bytes():
            return value.hex()
        case tuple():
            return [_value_to_plain(item) for item in value]
    return _object_to_plain(value)


@cache
def _hints(owner: type) -> dict[str, Any]:
    hints = typing.get_type_hints(owner)
    return {field.name: hints[field.name] for field in dataclasses.fields(owner)}


def _object_from_plain(owner: type, plain: object, field: str) -> Any:
    fields = _mapping(plain, field)
    required = {
        entry.name
        for entry in dataclasses.fields(owner)
        if entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING
    }
    hints = _hints(owner)
    _check_names(fields, known=set(hints), required=required, field=field)
    return owner(**{name: _value_from_plain(hints[name], value, name) for name, value in fields.items()})


def _part_from_plain(owner: type, plain: object, field: str) -> Any:
    try:
        return _object_from_plain(owner, plain, field)
    except InvalidInput as error:
        if error.field in (None, field):
            raise
        # Four parties have a name: say whose it is.
        message = f"{field}: {error}"
        raise InvalidInput(error.key, message, field=f"{field}.{error.field}", **error.parameters) from None


def _mapping(plain: object, field: str) -> dict[str, object]:
    if not isinstance(plain, dict) or not all(isinstance(name, str) for name in plain):
        raise InvalidInput("type_wrong", f"{field}: object expected", field=field)
    return plain


def _check_names(fields: Mapping[str, object], *, known: set[str], required: set[str], field: str) -> None:
    # The unknown name itself is not repeated: it was typed by somebody.
    if set(fields) - known:
        names = ", ".join(sorted(known))
        raise InvalidInput("field_unknown", f"{field}: unknown field; known are {names}", field=field)
    for name in sorted(required - set(fields)):
        raise InvalidInput("required", f"{name}: must be filled in", field=name)


def _value_from_plain(hint: Any, plain: object, field: str) -> Any:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        if plain is None:
            return None
        (hint,) = (option for option in typing.get_args(hint) if option is not type(None))
        origin = typing.get_origin(hint)
    if origin is tuple:
        if not isinstance(plain, list | tuple):
            raise InvalidInput("type_wrong", f"{field}: list expected", field=field)
        return tuple(_value_from_plain(typing.get_args(hint)[0], item, field) for item in plain)
    # A NewType is its supertype at run time.
    hint = getattr(hint, "__supertype__", hint)
    if hint in (bool, int, str):
        # type() and not isinstance(): True is an int to isinstance.
        if type(plain) is not hint:
            raise InvalidInput("type_wrong", f"{field}: another type of value expected", field=field)
        return plain
    if dataclasses.is_dataclass(hint) and hint not in (Bsn, PartialDate):
        return _part_from_plain(typing.cast("type", hint), plain, field)
    if not isinstance(plain, str):
        raise InvalidInput("type_wrong", f"{field}: text expected", field=field)
    return _text_from_plain(hint, plain, field)


def _text_from_plain(hint: Any, text: str, field: str) -> Any:
    if hint is Bsn:
        return parse_bsn(text, field)
    if hint is PartialDate:
        return parse_partial_date(text, field)
    if hint is date:
        return parse_date(text, field)
    try:
        if hint is bytes:
            return bytes.fromhex(text)
        if hint is datetime:
            return _moment(text, field)
        return hint(text)
    except (ValueError, OverflowError):
        if issubclass(hint, StrEnum):
            choices = ", ".join(hint)
            message = f"{field}: choose one of {choices}"
            raise InvalidInput("choice_unknown", message, field=field, choices=choices) from None
        raise InvalidInput("type_wrong", f"{field}: cannot be read", field=field) from None


def _moment(text: str, field: str) -> datetime:
    moment = datetime.fromisoformat(text)
    # Without a zone it would be taken as the time of this machine, wherever that stands.
    if moment.utcoffset() is None:
        raise InvalidInput("time_not_utc", f"{field}: time with a zone expected", field=field)
    return as_utc(moment)
