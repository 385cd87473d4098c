"""Records as lines of text, ``field: value``, the way the commands read them from standard input.

Amounts are typed as ``1.234,56`` and dates as ``dd-mm-jjjj``. A part of a part is named with a dot (``creditor.name``),
one of a list with its number (``addresses.1.street``), a list of short texts is one line with semicolons. Personal data
never stand in the arguments of a command, where every user of the machine can read them; hence this form.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from schuldhulp.domain.dates import format_date, parse_date
from schuldhulp.domain.money import format_amount, parse_amount
from schuldhulp.domain.records import (
    RECORD_TYPES,
    Address,
    Confirmation,
    Json,
    Party,
    Record,
    RecordKind,
    from_plain,
    to_plain,
)
from schuldhulp.domain.types import Cents, RecordId
from schuldhulp.errors import InvalidInput

MAX_LINES = 2_000

Plain = dict[str, Json]


def read_lines(text: str) -> dict[str, str]:
    """Split a text into fields.

    Args:
        text: lines ``field: value``; empty lines and lines that start with # do not count.

    Returns:
        Name of each field with its value, stripped; a field may be empty.

    Raises:
        InvalidInput: a line without a colon, a field twice, or too many lines; the number of the line is named.
    """
    return {name: value for name, (_number, value) in read_numbered(text).items()}


def read_numbered(text: str) -> dict[str, tuple[int, str]]:
    """Split a text into fields, each with the number of its line from 1; otherwise as `read_lines`."""
    found: dict[str, tuple[int, str]] = {}
    # Editors put a byte order mark in front, which belongs to no name.
    lines = text.removeprefix("\ufeff").splitlines()
    if len(lines) > MAX_LINES:
        raise InvalidInput("lines_too_many", f"at most {MAX_LINES} lines", limit=MAX_LINES)
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise InvalidInput("line_wrong", f"line {number}: write it as field: value", line=number)
        key = name.strip().lower()
        if key in found:
            raise InvalidInput("field_twice", f"line {number}: this field stands there twice", line=number)
        found[key] = number, value.strip()
    return found


def record_from_lines(
    kind: RecordKind, text: str, *, people: Mapping[str, RecordId], base: Record | None = None
) -> Record:
    """Build a record from lines.

    Args:
        kind: which kind of record.
        text: as `read_lines` takes it.
        people: names by which applicants may be meant (``first``, ``partner``), with their records.
        base: the record that is changed; what no line names stays as it is, an empty line clears a field.

    Returns:
        The record, checked.

    Raises:
        InvalidInput: a line or a value is wrong, a field is unknown or missing; ``field`` names it.
    """
    plain: Plain = to_plain(base) if base is not None else {}
    record_type = RECORD_TYPES[kind]
    for path, value in read_lines(text).items():
        _put(plain, record_type, path, path.split("."), value, people)
    return from_plain(kind, record_type.schema, _without_holes(plain))


def template(kind: RecordKind) -> str:
    """Return the lines of a kind of record without values, each with a hint."""
    return "\n".join(f"# {hint}\n{name}:" for name, hint in _names(RECORD_TYPES[kind], ""))


def lines_from_record(record: Record) -> str:
    """Return a record as lines that `record_from_lines` reads back."""
    return "\n".join(f"{name}: {value}" for name, value in _written(record, ""))


# --- reading ---


def _hints(owner: type) -> dict[str, Any]:
    hints = typing.get_type_hints(owner)
    return {field.name: hints[field.name] for field in dataclasses.fields(owner)}


def _bare(hint: Any) -> Any:
    """Return a hint without ``| None``."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        (hint,) = (option for option in typing.get_args(hint) if option is not type(None))
    return hint


def _part(hint: Any) -> bool:
    """Say whether a hint is a part with fields of its own, such as a party or an address."""
    return hint in (Party, Address, Confirmation)


def _put(
    plain: Plain, owner: type, path: str, names: Sequence[str], value: str, people: Mapping[str, RecordId]
) -> None:
    name, *rest = names
    hints = _hints(owner)
    if name not in hints:
        known = ", ".join(hints)
        raise InvalidInput("field_unknown", f"a field is unknown; known are {known}", field=path[:60])
    hint = _bare(hints[name])
    if typing.get_origin(hint) is tuple and _part(typing.get_args(hint)[0]):
        _put_in_list(plain, name, typing.get_args(hint)[0], path, rest, value, people)
    elif _part(hint):
        if not rest:
            if value:
                raise InvalidInput("type_wrong", f"{path}: name its parts, {path}.name", field=path)
            plain[name] = None
            return
        part = plain.get(name)
        part = part if isinstance(part, dict) else {}
        _put(part, hint, path, rest, value, people)
        plain[name] = part
    elif rest:
        raise InvalidInput("field_unknown", f"{name}: has no parts", field=name)
    elif value:
        plain[name] = _read(hint, value, path, people)
    else:
        plain.pop(name, None)


def _put_in_list(
    plain: Plain, name: str, owner: type, path: str, rest: Sequence[str], value: str, people: Mapping[str, RecordId]
) -> None:
    if not rest or not rest[0].isdecimal() or not 1 <= int(rest[0]) <= 50:
        raise InvalidInput("number_missing", f"{name}: name each by its number, {name}.1", field=name)
    place = int(rest[0]) - 1
    items = plain.setdefault(name, [])
    if not isinstance(items, list):
        raise InvalidInput("type_wrong", f"{name}: list expected", field=name)
    while len(items) <= place:
        items.append({})
    item = items[place]
    if len(rest) == 1:
        if value:
            raise InvalidInput("type_wrong", f"{path}: name its parts", field=path)
        items[place] = {}
    elif isinstance(item, dict):
        _put(item, owner, path, rest[1:], value, people)


def _without_holes(plain: Plain) -> Plain:
    """Drop parts that were cleared."""
    kept: Plain = {}
    for name, value in plain.items():
        if isinstance(value, list):
            kept[name] = [item for item in value if item != {}]
        elif value == {}:
            continue
        else:
            kept[name] = value
    return kept


def _read(hint: Any, value: str, field: str, people: Mapping[str, RecordId]) -> Json:
    if typing.get_origin(hint) is tuple:
        item = typing.get_args(hint)[0]
        names = [part.strip() for part in value.split(";") if part.strip()]
        if item is RecordId and names == ["both"]:
            names = list(people)
        return [_read(item, part, field, people) for part in names]
    if hint is Cents:
        return parse_amount(value, field)
    if hint is RecordId:
        return people[value].hex() if value in people else value
    if hint is bool:
        answers = {"ja": True, "yes": True, "true": True, "nee": False, "no": False, "false": False}
        if value.lower() not in answers:
            raise InvalidInput("choice_unknown", f"{field}: yes or no", field=field, choices="yes, no")
        return answers[value.lower()]
    if hint is int:
        if not value.isdecimal() or len(value) > 9:
            raise InvalidInput("number_wrong", f"{field}: a whole number", field=field)
        return int(value)
    if hint is date:
        return parse_date(value, field).isoformat()
    return value


# --- writing ---


def _names(owner: type, prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, hint in _hints(owner).items():
        bare = _bare(hint)
        item = typing.get_args(bare)[0] if typing.get_origin(bare) is tuple else None
        if item is not None and _part(item):
            found += _names(item, f"{prefix}{name}.1.")
        elif _part(bare):
            found += _names(bare, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", _hint_text(bare, item)))
    return found


def _hint_text(hint: Any, item: Any) -> str:
    kind = item or hint
    several = "; between semicolons" if item is not None else ""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return ", ".join(kind) + several
    if kind is RecordId:
        return "first, partner or both" if item is not None else "first or partner"
    texts = {Cents: "amount, 1.234,56", date: "date, dd-mm-jjjj", bool: "yes or no", int: "whole number"}
    return texts.get(kind, "text") + several


def _written(owner: Any, prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    plain: Mapping[str, Any] = {field.name: getattr(owner, field.name) for field in dataclasses.fields(owner)}
    hints = _hints(type(owner))
    for name, value in plain.items():
        path = f"{prefix}{name}"
        bare = _bare(hints[name])
        item = typing.get_args(bare)[0] if typing.get_origin(bare) is tuple else None
        if value is None or value in ("", ()):
            continue
        if item is not None and _part(item):
            for number, part in enumerate(value, start=1):
                found += _written(part, f"{path}.{number}.")
        elif _part(bare):
            found += _written(value, f"{path}.")
        elif item is not None:
            found.append((path, "; ".join(_text(item, part) for part in value)))
        else:
            found.append((path, _text(bare, value)))
    return found


def _text(hint: Any, value: Any) -> str:
    if hint is Cents:
        return format_amount(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, bytes):
        return value.hex()
    if hint is date:
        return format_date(value)
    if hasattr(value, "digits"):
        return str(value.digits)
    if hasattr(value, "iso"):
        return str(value.iso)
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)
