"""Dataclasses as plain values that JSON can hold, and back.

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
from typing import Any

from schuldhulp.domain.checks import as_utc
from schuldhulp.domain.dates import PartialDate, parse_date, parse_partial_date
from schuldhulp.domain.identifiers import Bsn, parse_bsn
from schuldhulp.errors import InvalidInput

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]


def object_to_plain(value: Any) -> dict[str, Json]:
    """Return a dataclass as plain values: dates ISO 8601, bytes hexadecimal, enums their code, amounts cents."""
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
    return object_to_plain(value)


@cache
def _hints(owner: type) -> dict[str, Any]:
    hints = typing.get_type_hints(owner)
    return {field.name: hints[field.name] for field in dataclasses.fields(owner)}


def object_from_plain(owner: type, plain: object, field: str) -> Any:
    """Build a dataclass from plain values; the dataclass is the schema.

    Args:
        owner: the dataclass; it checks its own values.
        plain: what `object_to_plain` gave, or a document from outside; a field with a default may be left out.
        field: name of the whole, for the error.

    Raises:
        InvalidInput: unknown or missing field, or a wrong value; ``field`` names it.
    """
    fields = mapping(plain, field)
    required = {
        entry.name
        for entry in dataclasses.fields(owner)
        if entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING
    }
    hints = _hints(owner)
    check_names(fields, known=set(hints), required=required, field=field)
    return owner(**{name: value_from_plain(hints[name], value, name) for name, value in fields.items()})


def _part_from_plain(owner: type, plain: object, field: str) -> Any:
    try:
        return object_from_plain(owner, plain, field)
    except InvalidInput as error:
        if error.field in (None, field):
            raise
        # Four parties have a name: say whose it is.
        message = f"{field}: {error}"
        raise InvalidInput(error.key, message, field=f"{field}.{error.field}", **error.parameters) from None


def mapping(plain: object, field: str) -> dict[str, object]:
    """Return what is an object of JSON.

    Raises:
        InvalidInput: it is none.
    """
    if not isinstance(plain, dict) or not all(isinstance(name, str) for name in plain):
        raise InvalidInput("type_wrong", f"{field}: object expected", field=field)
    return plain


def check_names(fields: Mapping[str, object], *, known: set[str], required: set[str], field: str) -> None:
    """Check that every required field is there, and none that nobody knows.

    Raises:
        InvalidInput: one is missing, or one is unknown.
    """
    # The unknown name itself is not repeated: it was typed by somebody.
    if set(fields) - known:
        names = ", ".join(sorted(known))
        raise InvalidInput("field_unknown", f"{field}: unknown field; known are {names}", field=field)
    for name in sorted(required - set(fields)):
        raise InvalidInput("required", f"{name}: must be filled in", field=name)


def value_from_plain(hint: Any, plain: object, field: str) -> Any:
    """Build a value of the type that a hint names.

    Raises:
        InvalidInput: it is of another type, or wrong.
    """
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        if plain is None:
            return None
        (hint,) = (option for option in typing.get_args(hint) if option is not type(None))
        origin = typing.get_origin(hint)
    if origin is tuple:
        if not isinstance(plain, list | tuple):
            raise InvalidInput("type_wrong", f"{field}: list expected", field=field)
        return tuple(value_from_plain(typing.get_args(hint)[0], item, field) for item in plain)
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
